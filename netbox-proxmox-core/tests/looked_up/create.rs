//! Row 1: an absent guest is cloned, once, where and as NetBox says.

use netbox_proxmox_core::event::StorageFacts;
use netbox_proxmox_core::guest::{Blocks, Problem};
use netbox_proxmox_core::policy::CloneMode;
use netbox_proxmox_core::{Action, MiB, Part, Template};

use crate::case::{Case, disk, disk_on, intent, store, volume};
use crate::cause;
use crate::common::{ALICE, BOB, keys, node, slot, storage, vmid};

fn created() -> Case {
    Case::absent().cause(cause::created("active"))
}

fn typed(number: u32) -> Case {
    Case::absent().desired(move |guest| guest.vmid = Part::Given(vmid(number)))
}

fn clones(case: &Case) -> bool {
    case.plan().iter().any(|action| action.name() == "clone")
}

#[test]
fn a_guest_is_recorded_cloned_configured_grown_started_and_marked_ready_in_this_order() {
    created().expect(
        "record web01: a free VMID
         clone web01 (VMID to be allocated) from template 9000 on pve01 storage local-lvm full
         configure web01 (VMID to be allocated): cores=2 memory=2048 ipconfig0.ip=192.0.2.10/24,gw=192.0.2.1 tag=netbox
         resize-disk web01 (VMID to be allocated): scsi0 to 20G
         start web01 (VMID to be allocated)
         report created
         configure web01 (VMID to be allocated): marker=ready",
    );
}

#[test]
fn a_further_disk_has_the_format_that_the_copy_of_the_templates_disk_will_have() {
    let with = |moved_to: &str| {
        let files = |id| StorageFacts { files: true, ..store(id, false, &["pve01", "pve02"], true) };
        let case = created()
            .template(|template| {
                let disk = volume("local:9000/base-9000-disk-0.qcow2", 20_480);
                template.config.disks = Part::Given([(slot("scsi0"), disk)].into());
                template.storages = vec![storage("local")];
            })
            .context(|context| {
                context.storages = Part::Given(vec![files("local"), store("lvm", false, &["pve01"], true)])
            })
            .desired(|guest| guest.storage = Part::Given(storage(moved_to)))
            .disks(vec![disk(1, "scsi0", 20_000), disk_on(2, "scsi1", 5_000, "local")]);
        case.text().into_iter().find(|step| step.starts_with("add-disk")).unwrap_or_default()
    };
    assert!(with("local").ends_with("scsi1 5G qcow2 on local"), "{}", with("local"));
    assert!(with("lvm").ends_with("scsi1 5G raw on local"), "{}", with("lvm"));
}

#[test]
fn without_a_cause_the_plan_is_the_same() {
    assert_eq!(Case::absent().plan(), created().plan());
}

#[test]
fn only_active_starts() {
    for status in ["staged", "offline"] {
        let case = Case::absent().status(status).cause(cause::created(status));
        assert!(clones(&case));
        case.expect_no("start");
        case.expect_no("shutdown");
    }
}

#[test]
fn paused_is_created_started_and_suspended() {
    let case = Case::absent().status("paused").cause(cause::created("paused"));
    assert!(clones(&case));
    let names: Vec<&str> = case.plan().iter().map(Action::name).collect();
    assert_eq!(names[names.len() - 4..], ["start", "suspend", "report", "configure"], "{:?}", case.text());
}

#[test]
fn an_empty_node_and_storage_are_the_templates_and_the_node_is_written_back() {
    let case = created().desired(|guest| {
        guest.node = Part::None;
        guest.storage = Part::None;
    });
    case.expect(
        "record web01: a free VMID
         clone web01 (VMID to be allocated) from template 9000 full
         configure web01 (VMID to be allocated): cores=2 memory=2048 ipconfig0.ip=192.0.2.10/24,gw=192.0.2.1 tag=netbox
         resize-disk web01 (VMID to be allocated): scsi0 to 20G
         start web01 (VMID to be allocated)
         report created
         configure web01 (VMID to be allocated): marker=ready
         record web01 (VMID to be allocated): node pve01",
    );
}

#[test]
fn the_clone_says_where_its_template_is() {
    let plan = created().template(|facts| facts.node = node("pve01")).plan();
    let Action::Clone { template_node, .. } = &plan[1] else { panic!("{plan:?}") };
    assert_eq!(*template_node, Some(node("pve01")));
}

// Which VMID.

#[test]
fn a_typed_vmid_is_created_when_the_cause_made_moved_or_first_set_it() {
    for cause in
        [cause::created_with(cause::facts("active")), cause::status("planned", "active"), cause::typed_vmid("active")]
    {
        let case = typed(101).cause(cause);
        assert_eq!(case.plan()[0].name(), "clone", "{:?}", case.plan());
        assert!(case.plan().iter().filter_map(Action::target).all(|guest| guest.vmid == Some(vmid(101))));
    }
}

#[test]
fn a_recorded_guest_that_is_absent_has_vanished_and_is_not_created_again() {
    for causes in [
        vec![],
        vec![cause::saved("active")],
        vec![cause::status("offline", "active")],
        vec![cause::moved_to("pve02")],
        vec![cause::disk_created(2, "scsi1")],
    ] {
        let mut case = typed(101);
        case.event.cause = causes;
        case.expect_report(&["101", "vanished"]);
    }
}

#[test]
fn an_update_that_does_not_say_what_was_before_brings_back_no_vanished_guest() {
    typed(101).cause(cause::updated(None, cause::facts("active"))).expect_report(&["101", "vanished"]);
}

#[test]
fn an_intent_is_resumed_with_its_vmid() {
    let open = |case: Case| case.context(|context| context.intent = Some(intent(105, None)));
    let plan = open(Case::absent()).plan();
    assert_eq!(plan[0].to_string(), "record web01: VMID 105");
    assert_eq!(plan[1].to_string(), "clone web01 (VMID 105) from template 9000 on pve01 storage local-lvm full");
    assert!(plan.iter().filter_map(Action::target).all(|guest| guest.vmid == Some(vmid(105))));
    // NetBox has it already: no cause is needed to go on.
    let plan = open(typed(105)).plan();
    assert_eq!(plan[0].to_string(), "clone web01 (VMID 105) from template 9000 on pve01 storage local-lvm full");
}

#[test]
fn a_creation_that_was_begun_goes_on_under_the_vmid_that_a_person_typed_since() {
    let plan = typed(101).context(|context| context.intent = Some(intent(105, None))).plan();
    assert_eq!(plan[0].to_string(), "clone web01 (VMID 101) from template 9000 on pve01 storage local-lvm full");
}

#[test]
fn a_typed_vmid_that_was_cleared_is_not_written_back() {
    let typed = netbox_proxmox_core::Intent { allocated: false, ..intent(105, None) };
    let plan = Case::absent().context(|context| context.intent = Some(typed)).plan();
    assert_eq!(plan[0].to_string(), "record web01: a free VMID");
}

// What stands in the way.

#[test]
fn the_guest_under_another_vmid_stops_every_creation() {
    let elsewhere = |case: Case| case.context(|context| context.elsewhere = Some(vmid(150)));
    elsewhere(typed(101).cause(cause::typed_vmid("active"))).expect_report(&["101", "150"]);
    elsewhere(created()).expect_report(&["150"]);
    elsewhere(typed(101).context(|context| context.intent = Some(intent(101, None)))).expect_report(&["101", "150"]);
}

#[test]
fn a_guest_of_the_same_name_stops_a_creation() {
    let case = created().context(|context| context.same_name = vec![vmid(140), vmid(141)]);
    case.expect_report(&["140", "141", "dopt"]);
}

#[test]
fn a_creation_needs_a_template() {
    created().desired(|guest| guest.template = Part::None).expect_report(&["template"]);
    created().context(|context| context.template = Part::None).expect_report(&["9000"]);
    created().template(|facts| facts.config.template = false).expect_report(&["9000", "no template"]);
}

#[test]
fn a_template_may_be_named() {
    let named = |case: Case| case.desired(|guest| guest.template = Part::Given(Template::Named("debian".into())));
    assert_eq!(named(created()).plan(), created().plan());
    let unknown = named(created()).context(|context| context.template = Part::None);
    unknown.clone().expect_report(&["no template of the name", "debian", "Choose another"]);
    let several = unknown.context(|context| context.same_template = vec![vmid(9000), vmid(9001)]);
    several.expect_report(&["several", "debian", "9000, 9001", "by its VMID"]);
    named(created()).context(|context| context.template = Part::Unknown).expect_report(&["needs a look-up"]);
}

#[test]
fn a_creation_needs_a_node_and_a_storage_that_are_there() {
    created().desired(|guest| guest.node = Part::Given(node("pve09"))).expect_report(&["pve09"]);
    created().desired(|guest| guest.storage = Part::Given(storage("nosuch"))).expect_report(&["nosuch"]);
    created().desired(|guest| guest.storage = Part::Given(storage("iso"))).expect_report(&["iso"]);
    let on_pve02 = created().template(|facts| facts.node = node("pve02")).desired(|guest| {
        guest.node = Part::Given(node("pve02"));
        guest.storage = Part::Given(storage("fast01"));
    });
    on_pve02.expect_report(&["fast01", "pve02"]);
}

#[test]
fn a_name_or_a_vmid_that_cannot_be_used_stops_a_creation() {
    for (field, blocks) in [("name", Blocks::Creation), ("proxmox_vmid", Blocks::Everything)] {
        let problem = Problem { field: field.into(), found: "x y".into(), why: "no".into(), blocks };
        created().desired(|guest| guest.problems = vec![problem]).expect_report(&[field, "x y"]);
    }
}

// A template on another node.

fn on_pve02(template_on: &str) -> Case {
    let id = storage(template_on);
    created()
        .template(|facts| {
            facts.storages = vec![id.clone()];
            facts.config.disks =
                Part::Given([(slot("scsi0"), volume(&format!("{id}:base-9000-disk-0"), 10_240))].into());
        })
        .desired(|guest| {
            guest.node = Part::Given(node("pve02"));
            guest.storage = Part::Given(storage("ceph-pool"));
        })
}

#[test]
fn a_template_on_shared_storage_is_cloned_to_the_wanted_node_directly() {
    let plan = on_pve02("ceph-pool").plan();
    let Action::Clone { template_node, node: wanted, .. } = &plan[1] else { panic!("{plan:?}") };
    assert_eq!((template_node.clone(), wanted.clone()), (Some(node("pve01")), Some(node("pve02"))));
}

/// Proxmox: "can't clone to non-shared storage".
#[test]
fn a_template_on_local_storage_is_cloned_where_it_is_and_migrated_before_the_first_start() {
    let steps = |storage: &str, onto: &str| {
        format!(
            "record web01: a free VMID
             clone web01 (VMID to be allocated) from template 9000 on pve01 storage {storage} full
             configure web01 (VMID to be allocated): cores=2 memory=2048 ipconfig0.ip=192.0.2.10/24,gw=192.0.2.1 tag=netbox
             migrate web01 (VMID to be allocated): to node pve02{onto}
             resize-disk web01 (VMID to be allocated): scsi0 to 20G
             start web01 (VMID to be allocated)
             report created
             configure web01 (VMID to be allocated): marker=ready"
        )
    };
    on_pve02("local-lvm").expect(&steps("ceph-pool", ""));
    // A cloud-init drive is enough to keep a template on its node.
    let mut case = on_pve02("ceph-pool");
    let Part::Given(facts) = &mut case.event.context.template else { panic!() };
    facts.storages.push(storage("local-lvm"));
    case.expect(&steps("ceph-pool", ""));
    // A storage that only the wanted node has is where the migration leads.
    let case = on_pve02("local-lvm").desired(|guest| guest.storage = Part::Given(storage("fast02")));
    let case = case.context(|context| {
        let Part::Given(storages) = &mut context.storages else { panic!() };
        storages.push(store("fast02", false, &["pve02"], true));
    });
    case.expect(&steps("", ", storage fast02").replace(" storage  full", " full"));
}

#[test]
fn a_template_whose_storage_the_wanted_node_lacks_is_reported_unless_another_is_wanted() {
    let case = on_pve02("fast01").desired(|guest| guest.storage = Part::None);
    case.expect_report(&["pve01", "pve02", "fast01"]);
}

#[test]
fn a_linked_clone_stays_with_its_template() {
    let case = on_pve02("local-lvm").policy(|policy| policy.clone = CloneMode::Linked);
    case.expect_report(&["pve01", "pve02", "local-lvm"]);
}

#[test]
fn shared_storage_that_the_wanted_node_does_not_have_is_reported() {
    let case = on_pve02("nfs01").context(|context| {
        let Part::Given(storages) = &mut context.storages else { panic!() };
        storages.push(store("nfs01", true, &["pve01"], true));
    });
    let case = case.desired(|guest| guest.storage = Part::None);
    case.expect_report(&["nfs01", "pve02"]);
}

// What a clone inherits.

#[test]
fn protection_is_cleared() {
    let plan = created().template(|facts| facts.config.protection = Part::Given(true)).plan();
    assert_eq!(
        plan[2].to_string(),
        "configure web01 (VMID to be allocated): cores=2 memory=2048 ipconfig0.ip=192.0.2.10/24,gw=192.0.2.1 \
         protection=0 tag=netbox"
    );
}

#[test]
fn the_templates_sockets_and_balloon_count() {
    let plan = created()
        .template(|facts| {
            facts.config.sockets = Part::Given(2);
            facts.config.cores = Part::Given(4);
            facts.config.memory = Part::Given(MiB(8192));
            facts.config.balloon = Part::Given(MiB(4096));
        })
        .plan();
    assert_eq!(
        plan[2].to_string(),
        "configure web01 (VMID to be allocated): cores=1 memory=2048 balloon=2048 \
         ipconfig0.ip=192.0.2.10/24,gw=192.0.2.1 tag=netbox"
    );
}

#[test]
fn a_static_address_of_the_template_goes_and_dhcp_stays() {
    let no_address = |found: &str| {
        let found = found.to_owned();
        created()
            .desired(|guest| {
                guest.ipv4 = Part::None;
                guest.vcpus = Part::Unknown;
                guest.memory = Part::Unknown;
            })
            .template(move |facts| facts.config.ipconfig = Part::Given([(0, found.parse().unwrap())].into()))
    };
    assert_eq!(
        no_address("ip=203.0.113.5/24,gw=203.0.113.1").plan()[2].to_string(),
        "configure web01 (VMID to be allocated): ipconfig0.ip=cleared tag=netbox"
    );
    assert_eq!(
        no_address("ip=dhcp,ip6=auto").plan()[2].to_string(),
        "configure web01 (VMID to be allocated): tag=netbox"
    );
}

#[test]
fn keys_of_the_template_stay_until_netbox_has_some() {
    let has_bob = || created().template(|facts| facts.config.ssh_keys = Part::Given(keys(BOB)));
    let text = |case: Case| case.plan()[2].to_string();
    assert!(!text(has_bob()).contains("sshkeys"));
    assert!(text(has_bob().desired(|guest| guest.ssh_keys = Part::Given(keys(ALICE)))).contains("sshkeys=1 key(s)"));
}

#[test]
fn without_a_cloud_init_drive_the_address_is_reported_and_the_guest_is_created() {
    let case = created().template(|facts| facts.config.cloud_init = Part::Given(false));
    let fields: Vec<String> = case.reports().into_iter().map(|report| report.field).collect();
    assert_eq!(fields, ["primary IPv4"]);
    assert!(clones(&case));
}

#[test]
fn a_tag_that_the_template_has_is_not_added_again() {
    let plan = created().template(|facts| facts.config.tags = Part::Given(vec!["netbox".into()])).plan();
    assert!(!plan[2].to_string().contains("tag="), "{}", plan[2]);
    let none = created().policy(|policy| policy.tag = None).plan();
    assert!(!none[2].to_string().contains("tag="), "{}", none[2]);
}

// Disks of a creation.

#[test]
fn every_disk_of_the_record_is_made_without_a_cause_of_its_own() {
    let disks = vec![disk(1, "scsi0", 20_000), disk(2, "scsi1", 5_000), disk_on(3, "virtio3", 6_000, "ceph-pool")];
    let plan = created().disks(disks).plan();
    let added: Vec<String> =
        plan.iter().filter(|action| action.name() == "add-disk").map(ToString::to_string).collect();
    assert_eq!(
        added,
        [
            "add-disk web01 (VMID to be allocated): scsi1 5G on local-lvm",
            "add-disk web01 (VMID to be allocated): virtio3 6G on ceph-pool"
        ]
    );
}

#[test]
fn a_record_without_disks_has_the_root_disk_recorded() {
    let case = created().disks(vec![]).desired(|guest| guest.root_size = Part::Unknown);
    let plan: Vec<String> = case.plan().iter().map(ToString::to_string).collect();
    assert!(plan.contains(&"record web01 (VMID to be allocated): its root disk".to_owned()), "{plan:?}");
    case.expect_no("resize-disk");
}

#[test]
fn the_root_size_of_the_record_is_reached_before_it_is_recorded() {
    let case = created().disks(vec![]).desired(|guest| {
        guest.root_size = Part::Given(netbox_proxmox_core::Megabytes(32_000));
    });
    let plan: Vec<String> = case.plan().iter().map(ToString::to_string).collect();
    let at = |text: &str| plan.iter().position(|line| line.contains(text)).unwrap();
    assert!(at("the root disk to 32G") < at("its root disk"), "{plan:?}");
    let Action::Clone { root_size, .. } = &case.plan()[1] else { panic!() };
    assert_eq!(*root_size, Some(netbox_proxmox_core::Megabytes(32_000)), "kept with the intent");
}

#[test]
fn the_root_size_is_taken_from_the_creating_cause_and_from_the_intent() {
    // The first virtual disk has overwritten the record's own size.
    let overwritten = || Case::absent().disks(vec![disk(2, "scsi1", 5_000)]);
    let grown = |case: Case| case.plan().iter().any(|action| action.to_string().contains("the root disk to 32G"));
    assert!(grown(overwritten().cause(cause::created_with_root("active", 32_000))));
    assert!(grown(overwritten().context(|context| context.intent = Some(intent(105, Some(32_000))))));
    assert!(!grown(overwritten()));
}

#[test]
fn a_root_size_smaller_than_the_templates_is_reported_and_the_templates_recorded() {
    let case = created().disks(vec![]).desired(|guest| {
        guest.root_size = Part::Given(netbox_proxmox_core::Megabytes(5_000));
    });
    let reports = case.reports();
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(reports[0].text.contains("shrink"), "{}", reports[0].text);
    case.expect_no("resize-disk");
    assert!(case.plan().iter().any(|action| action.to_string().ends_with("its root disk")));
}

#[test]
fn a_root_disk_smaller_than_the_templates_is_reported() {
    let case = created().disks(vec![disk(1, "scsi0", 5_000)]);
    let reports = case.reports();
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(reports[0].text.contains("shrink") && reports[0].text.contains("scsi0"), "{}", reports[0].text);
    case.expect_no("resize-disk");
}

/// A template that boots from the network.
#[test]
fn a_guest_without_a_root_disk_has_none_recorded() {
    let diskless = created().disks(vec![]).template(|facts| {
        facts.config.root = Part::None;
        facts.config.disks = Part::Given([].into());
    });
    assert!(clones(&diskless));
    let recorded = diskless.plan().into_iter().find(|action| action.to_string().ends_with("its root disk"));
    assert_eq!(recorded, None);
}

/// Nobody saw a volume of a guest that is still to be made; the template's is not it. What the clone inherits there is
/// removed, as the disk was deleted.
#[test]
fn a_disk_deleted_before_the_guest_existed_names_no_volume_of_the_template() {
    let case = created().cause(cause::disk_deleted(2, "scsi1")).template(|facts| {
        let Part::Given(disks) = &mut facts.config.disks else { panic!() };
        disks.insert(slot("scsi1"), volume("local-lvm:base-9000-disk-1", 5_120));
    });
    let removed: Vec<_> = case.plan().into_iter().filter(|action| action.name() == "remove-disk").collect();
    assert!(matches!(removed.as_slice(), [Action::RemoveDisk { volume: None, .. }]), "{removed:?}");
}

// Linked clones.

#[test]
fn a_linked_clone_stays_on_its_templates_storage() {
    let linked = created().policy(|policy| policy.clone = CloneMode::Linked);
    assert_eq!(linked.plan()[1].to_string(), "clone web01 (VMID to be allocated) from template 9000 on pve01 linked");
}
