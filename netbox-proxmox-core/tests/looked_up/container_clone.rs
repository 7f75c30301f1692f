//! Row 1 of a container whose template is a container: it is cloned, and its keys stay the template's.

use netbox_proxmox_core::{GuestType, Megabytes, MiB, Part, Template};

use crate::case::{Case, VZTMPL, disk, disk_at, mounted, template};
use crate::cause;
use crate::common::{ALICE, keys, node, slot, storage, vmid};

fn created() -> Case {
    Case::container_to_clone().cause(cause::created("active"))
}

const CLONE: &str = "clone web01 (VMID to be allocated) from template 9100 on pve01 storage local-lvm full";

#[test]
fn a_container_is_recorded_cloned_configured_grown_started_and_marked_ready_in_this_order() {
    created().expect(
        "record web01: a free VMID
         clone web01 (VMID to be allocated) from template 9100 on pve01 storage local-lvm full
         configure web01 (VMID to be allocated): cores=2 memory=2048 ipconfig0.ip=192.0.2.10/24,gw=192.0.2.1 tag=netbox
         resize-disk web01 (VMID to be allocated): rootfs to 20G
         start web01 (VMID to be allocated)
         report created
         configure web01 (VMID to be allocated): marker=ready",
    );
}

#[test]
fn keys_in_netbox_are_reported_and_never_sent() {
    let case = created().desired(|guest| guest.ssh_keys = Part::Given(keys(ALICE)));
    let reports = case.reports();
    assert_eq!(reports.len(), 1, "{:#?}", case.text());
    assert_eq!(reports[0].field, "SSH keys");
    assert!(case.text().contains(&CLONE.to_owned()));
    assert!(!case.text().iter().any(|line| line.contains("sshkeys")), "{:#?}", case.text());
}

#[test]
fn an_empty_node_and_storage_are_the_templates_and_the_node_is_written_back() {
    let case = created().desired(|guest| {
        guest.node = Part::None;
        guest.storage = Part::None;
    });
    let plan = case.text();
    assert_eq!(plan[1], "clone web01 (VMID to be allocated) from template 9100 full");
    assert_eq!(plan.last().unwrap(), "record web01 (VMID to be allocated): node pve01");
}

#[test]
fn what_the_clone_inherits_is_taken_back() {
    let case = created().container_template(|facts| {
        facts.config.protection = Part::Given(true);
        facts.config.onboot = Part::Given(true);
        facts.config.ipconfig = Part::Given([(0, "ip=203.0.113.5/24,gw=203.0.113.1".parse().unwrap())].into());
    });
    let case = case.desired(|guest| {
        guest.ipv4 = Part::None;
        guest.onboot = Part::Given(false);
    });
    assert_eq!(
        case.text()[2],
        "configure web01 (VMID to be allocated): cores=2 memory=2048 ipconfig0.ip=cleared onboot=0 protection=0 tag=netbox"
    );
}

#[test]
fn an_address_by_dhcp_stays_and_the_swap_is_the_templates_unless_the_policy_says_so() {
    let case = created().desired(|guest| guest.ipv4 = Part::None);
    assert_eq!(case.text()[2], "configure web01 (VMID to be allocated): cores=2 memory=2048 tag=netbox");
    let swap = |size| case.clone().policy(move |policy| policy.containers.swap = Some(MiB(size)));
    assert_eq!(swap(0).text()[2], "configure web01 (VMID to be allocated): cores=2 memory=2048 swap=0 tag=netbox");
    assert_eq!(swap(512).text()[2], "configure web01 (VMID to be allocated): cores=2 memory=2048 tag=netbox");
}

#[test]
fn mount_points_are_added_and_those_of_the_template_are_its_own() {
    let case = created().disks(vec![
        disk(1, "rootfs", 20_000),
        disk_at(2, "mp0", 5_000, "/srv"),
        disk_at(3, "mp1", 6_000, "/var/log"),
    ]);
    let case = case.container_template(|facts| {
        let Part::Given(disks) = &mut facts.config.disks else { panic!() };
        disks.insert(slot("mp0"), mounted("local-lvm:base-9100-disk-1", 2_048, "/srv"));
    });
    case.expect(
        "record web01: a free VMID
         clone web01 (VMID to be allocated) from template 9100 on pve01 storage local-lvm full
         configure web01 (VMID to be allocated): cores=2 memory=2048 ipconfig0.ip=192.0.2.10/24,gw=192.0.2.1 tag=netbox
         resize-disk web01 (VMID to be allocated): rootfs to 20G
         resize-disk web01 (VMID to be allocated): mp0 to 5G
         add-disk web01 (VMID to be allocated): mp1 6G at /var/log on local-lvm
         start web01 (VMID to be allocated)
         report created
         configure web01 (VMID to be allocated): marker=ready",
    );
}

#[test]
fn a_root_size_is_reached_before_it_is_recorded_and_a_smaller_one_reported() {
    let sized = |size| created().disks(vec![]).desired(move |guest| guest.root_size = Part::Given(Megabytes(size)));
    let plan = sized(32_000).text();
    let at = |text: &str| plan.iter().position(|line| line.ends_with(text)).unwrap();
    assert!(at("the root disk to 32G") < at("its root disk"), "{plan:#?}");
    let reports = sized(5_000).reports();
    assert!(reports.len() == 1 && reports[0].text.contains("shrink"), "{:#?}", sized(5_000).text());
    sized(5_000).expect_no("resize-disk");
}

#[test]
fn an_address_for_a_card_that_the_template_does_not_have_is_reported() {
    let case = created().container_template(|facts| {
        facts.config.interfaces = Part::Given([].into());
        facts.config.ipconfig = Part::Given([].into());
    });
    assert_eq!(case.text()[2..4].iter().filter(|line| line.contains("ipconfig0")).count(), 0, "{:#?}", case.text());
    let fields: Vec<String> = case.reports().into_iter().map(|report| report.field).collect();
    assert_eq!(fields, ["interface net0"], "{:#?}", case.text());
}

// What stands in the way.

#[test]
fn a_template_of_the_other_kind_is_refused() {
    let case = created().desired(|guest| guest.template = Part::Given(Template::Guest(vmid(9000))));
    let case = case.context(|context| context.template = Part::Given(template()));
    case.expect_report(&["9000", "virtual machine (vm)", "container (lxc)"]);
    let machine = Case::absent().cause(cause::created("active"));
    let of_container = machine.desired(|guest| guest.template = Part::Given(Template::Guest(vmid(9100))));
    of_container.container_template(|_| {}).expect_report(&["9100", "virtual machine (vm)", "container (lxc)"]);
}

#[test]
fn a_virtual_machine_is_not_created_from_a_template_volume() {
    let machine = Case::absent().cause(cause::created("active"));
    let from_volume = machine.desired(|guest| guest.template = Part::Given(Template::Volume(VZTMPL.into())));
    from_volume.clone().expect_report(&["template"]);
    from_volume
        .context(|context| {
            context.template = Part::Unknown;
            context.volume_nodes = Part::Given(vec![node("pve01")]);
        })
        .expect_report(&["template"]);
}

#[test]
fn a_template_that_is_missing_or_none_is_refused() {
    created().context(|context| context.template = Part::None).expect_report(&["9100"]);
    created().container_template(|facts| facts.config.template = false).expect_report(&["9100", "no template"]);
}

#[test]
fn a_storage_that_takes_no_containers_is_refused() {
    for unusable in ["vm-store", "iso", "nosuch"] {
        let wanted = storage(unusable);
        created().desired(|guest| guest.storage = Part::Given(wanted)).expect_report(&[unusable]);
    }
}

#[test]
fn a_template_on_local_storage_is_cloned_where_it_is_and_migrated_before_the_first_start() {
    let case = created().desired(|guest| guest.node = Part::Given(node("pve02")));
    let plan = case.text();
    let at = |text: &str| plan.iter().position(|line| line.starts_with(text)).unwrap();
    assert_eq!(plan[at("migrate")], "migrate web01 (VMID to be allocated): to node pve02");
    assert!(at("clone") < at("migrate") && at("migrate") < at("start"), "{plan:#?}");
}

#[test]
fn every_action_is_for_a_container() {
    for action in created().plan() {
        assert_eq!(action.target().map_or(GuestType::Lxc, |guest| guest.kind), GuestType::Lxc, "{action}");
    }
}
