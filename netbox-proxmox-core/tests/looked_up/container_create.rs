//! Row 1 of a container: it is created from a template volume, where and as NetBox says.

use netbox_proxmox_core::event::StorageFacts;
use netbox_proxmox_core::{Action, GuestType, Megabytes, MiB, Part, StorageId, Template, Vlans};

use crate::case::{Case, VZTMPL, disk, disk_at, disk_on, intent, store};
use crate::cause;
use crate::common::{ALICE, BOB, keys, node, storage, vmid};
use crate::interfaces::interface;

const MAC: &str = "BC:24:11:00:00:10";

fn created() -> Case {
    Case::absent_container().cause(cause::created("active"))
}

/// What is created, from the node on.
fn made(case: &Case) -> String {
    let plan = case.text();
    let lines: Vec<&str> = plan.iter().filter_map(|line| line.strip_prefix("create-container ")).collect();
    let [line] = lines[..] else { panic!("one container is created: {plan:#?}") };
    let (_, line) = line.split_once(&format!("(VMID to be allocated) from {VZTMPL} ")).unwrap();
    line.to_owned()
}

/// The parts of one container's configuration that are given when it is created.
fn set(case: &Case) -> String {
    made(case).split_once(": ").unwrap().1.to_owned()
}

#[track_caller]
fn expect_made(case: &Case, expected: &str) {
    assert_eq!(made(case), expected);
}

#[track_caller]
fn expect_set(case: &Case, expected: &str) {
    assert_eq!(set(case), expected);
}

#[test]
fn a_container_is_recorded_created_started_and_marked_ready_in_this_order() {
    created().expect(
        "record web01: a free VMID
         create-container web01 (VMID to be allocated) from local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst on pve01 \
         storage local-lvm rootfs 20G unprivileged features nesting=1: cores=2 memory=2048 net0=name=eth0,bridge=vmbr0 \
         ipconfig0.ip=192.0.2.10/24,gw=192.0.2.1 tag=netbox
         start web01 (VMID to be allocated)
         report created
         configure web01 (VMID to be allocated): marker=ready",
    );
}

#[test]
fn its_mount_points_come_before_the_start_and_what_only_proxmox_knows_is_recorded() {
    created()
        .disks(vec![disk_at(2, "mp0", 5_000, "/srv/data"), disk_at(3, "mp7", 6_000, "/var/log")])
        .desired(|guest| {
            guest.node = Part::None;
            guest.interfaces = Part::Given(vec![netbox_proxmox_core::GuestInterface {
                mac: None,
                ..interface(201, "eth0", MAC)
            }]);
        })
        .expect(
            "record web01: a free VMID
             create-container web01 (VMID to be allocated) from local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst \
             on pve01 storage local-lvm unprivileged features nesting=1: cores=2 memory=2048 net0=name=eth0,bridge=vmbr0 \
             ipconfig0.ip=192.0.2.10/24,gw=192.0.2.1 tag=netbox
             add-disk web01 (VMID to be allocated): mp0 5G at /srv/data on local-lvm
             add-disk web01 (VMID to be allocated): mp7 6G at /var/log on local-lvm
             record web01 (VMID to be allocated): its root disk
             start web01 (VMID to be allocated)
             report created
             configure web01 (VMID to be allocated): marker=ready
             record web01 (VMID to be allocated): node pve01
             record web01 (VMID to be allocated): the MAC address of net0",
        );
}

#[test]
fn every_action_is_for_a_container() {
    for action in created().disks(vec![disk_at(2, "mp0", 5_000, "/srv")]).plan() {
        assert_eq!(action.target().map_or(GuestType::Lxc, |guest| guest.kind), GuestType::Lxc, "{action}");
    }
}

#[test]
fn without_a_cause_the_plan_is_the_same() {
    assert_eq!(Case::absent_container().plan(), created().plan());
}

#[test]
fn only_active_starts() {
    for status in ["staged", "offline"] {
        let case = Case::absent_container().status(status).cause(cause::created(status));
        made(&case);
        case.expect_no("start");
        case.expect_no("shutdown");
    }
}

#[test]
fn paused_is_created_and_the_pause_reported() {
    let case = Case::absent_container().status("paused").cause(cause::created("paused"));
    made(&case);
    case.expect_no("suspend");
    assert!(case.reports().iter().any(|report| report.text.contains("paused")), "{:?}", case.text());
}

#[test]
fn a_status_that_wants_no_guest_makes_none() {
    Case::absent_container().status("planned").cause(cause::created("planned")).expect("");
}

// Which VMID.

#[test]
fn a_typed_vmid_is_created_when_the_cause_made_moved_or_first_set_it() {
    let typed = || Case::absent_container().desired(|guest| guest.vmid = Part::Given(vmid(101)));
    for cause in
        [cause::created_with(cause::facts("active")), cause::status("planned", "active"), cause::typed_vmid("active")]
    {
        let case = typed().cause(cause);
        assert_eq!(case.plan()[0].name(), "create-container", "{:?}", case.text());
        assert!(case.plan().iter().filter_map(Action::target).all(|guest| guest.vmid == Some(vmid(101))));
    }
    typed().expect_report(&["101", "vanished"]);
    typed().cause(cause::saved("active")).expect_report(&["101", "vanished"]);
}

#[test]
fn an_intent_is_resumed_with_its_vmid() {
    let plan = Case::absent_container().context(|context| context.intent = Some(intent(105, None))).text();
    assert_eq!(plan[0], "record web01: VMID 105");
    assert!(plan[1].starts_with("create-container web01 (VMID 105) from"), "{}", plan[1]);
}

#[test]
fn other_guests_stop_the_creation() {
    created().context(|context| context.elsewhere = Some(vmid(150))).expect_report(&["150"]);
    created().context(|context| context.same_name = vec![vmid(140)]).expect_report(&["140", "dopt"]);
}

// How large its root disk is.

fn root_size(case: Case, size: u64) -> Case {
    case.disks(vec![]).desired(move |guest| guest.root_size = Part::Given(Megabytes(size)))
}

#[test]
fn the_root_disk_is_as_large_as_its_virtual_disk_or_the_record_says() {
    let rootfs = "on pve01 storage local-lvm rootfs 32G unprivileged features nesting=1: cores=2 memory=2048 \
                  net0=name=eth0,bridge=vmbr0 ipconfig0.ip=192.0.2.10/24,gw=192.0.2.1 tag=netbox";
    expect_made(&created().disks(vec![disk(1, "rootfs", 32_000)]), rootfs);
    expect_made(&root_size(created(), 32_000), rootfs);
    // The first virtual disk has overwritten the record's own size.
    let overwritten = || Case::absent_container().disks(vec![disk_at(2, "mp0", 5_000, "/srv")]);
    expect_made(&overwritten().cause(cause::created_with_root("active", 32_000)), rootfs);
    let begun = overwritten().context(|context| context.intent = Some(intent(105, Some(32_000))));
    assert!(begun.text()[1].contains(" storage local-lvm rootfs 32G unprivileged "), "{:#?}", begun.text());
    // Proxmox's default.
    expect_made(&created().disks(vec![]), &rootfs.replace(" rootfs 32G", ""));
    expect_made(&overwritten(), &rootfs.replace(" rootfs 32G", ""));
}

#[test]
fn a_root_disk_that_netbox_lacks_is_recorded_and_never_grown_afterwards() {
    for case in [root_size(created(), 32_000), created().disks(vec![])] {
        case.expect_no("resize-disk");
        let recorded = case.text().iter().filter(|line| line.ends_with("its root disk")).count();
        assert_eq!(recorded, 1, "{:#?}", case.text());
    }
    assert!(!created().text().iter().any(|line| line.ends_with("its root disk")));
}

// Where it goes.

#[test]
fn an_empty_node_is_one_that_has_the_template() {
    let case = created().desired(|guest| guest.node = Part::None);
    let case = case.context(|context| context.volume_nodes = Part::Given(vec![node("pve02")]));
    assert!(made(&case).starts_with("on pve02 storage local-lvm "), "{}", made(&case));
    let last = case.text().pop().unwrap();
    assert_eq!(last, "record web01 (VMID to be allocated): node pve02");
}

#[test]
fn an_empty_node_is_one_that_has_the_storage_too() {
    let case = created().desired(|guest| {
        guest.node = Part::None;
        guest.storage = Part::Given(storage("fast02"));
    });
    let case = case.context(|context| {
        context.volume_nodes = Part::Given(vec![node("pve01"), node("pve02")]);
        let Part::Given(storages) = &mut context.storages else { panic!() };
        storages.push(store("fast02", false, &["pve02"], true));
    });
    assert!(made(&case).starts_with("on pve02 storage fast02 "), "{}", made(&case));
}

/// The same template, on a storage that takes volumes of containers.
fn template_on_ct_store() -> Case {
    created().desired(|guest| {
        guest.storage = Part::None;
        guest.template = Part::Given(Template::Volume("ct-store:vztmpl/alpine.tar.xz".into()));
    })
}

#[test]
fn an_empty_storage_is_the_templates_if_that_takes_containers() {
    let plan = template_on_ct_store().plan();
    let Action::CreateContainer { storage: on, .. } = &plan[1] else { panic!("{plan:?}") };
    assert_eq!(on, &storage("ct-store"));
    let report = created().desired(|guest| guest.storage = Part::None).expect_report(&["no storage is set", "local"]);
    assert_eq!(report.field, "storage");
}

#[test]
fn a_storage_that_takes_only_containers_will_do() {
    let case = created().desired(|guest| guest.storage = Part::Given(storage("ct-store")));
    assert!(made(&case).starts_with("on pve01 storage ct-store "));
}

// What stands in the way: one report, and nothing else.

fn from(template: &str) -> Case {
    let template = Template::Volume(template.into());
    created().desired(|guest| guest.template = Part::Given(template))
}

#[test]
fn a_creation_needs_a_template_that_is_there() {
    created().desired(|guest| guest.template = Part::None).expect_report(&["no template", "Choose one"]);
    for odd in ["local:", ":vztmpl/x.tar.zst"] {
        from(odd).expect_report(&["no template of a container"]);
    }
    created().context(|context| context.volume_nodes = Part::None).expect_report(&[VZTMPL, "no node has"]);
    created().context(|context| context.volume_nodes = Part::Given(vec![])).expect_report(&[VZTMPL]);
}

#[test]
fn a_creation_needs_a_node_that_has_the_template() {
    let on = |name: &str| {
        let wanted = node(name);
        created().desired(|guest| guest.node = Part::Given(wanted))
    };
    on("pve02").expect_report(&["pve02", VZTMPL, "pve01"]);
    on("pve09").expect_report(&["no node pve09"]);
}

#[test]
fn a_creation_needs_a_storage_that_takes_containers_there() {
    let on = |name: &str| {
        let wanted: StorageId = storage(name);
        created().desired(|guest| guest.storage = Part::Given(wanted))
    };
    for unusable in ["nosuch", "iso", "vm-store"] {
        on(unusable).expect_report(&[unusable]);
    }
    let far = on("fast01").desired(|guest| guest.node = Part::Given(node("pve02")));
    far.context(|context| context.volume_nodes = Part::Given(vec![node("pve02")])).expect_report(&["fast01", "pve02"]);
}

#[test]
fn nothing_that_stands_in_the_way_is_told_twice() {
    created().context(|context| context.volume_nodes = Part::None).expect_no_news_once_answered();
    created().desired(|guest| guest.storage = Part::None).expect_no_news_once_answered();
    from("debian-12").expect_no_news_once_answered();
}

// What it is like.

#[test]
fn the_policy_says_what_netbox_has_no_field_for() {
    let with = |unprivileged, features: Option<&str>, swap: Option<u64>| {
        let features = features.map(str::to_owned);
        created().policy(move |policy| {
            policy.containers.unprivileged = unprivileged;
            policy.containers.features = features;
            policy.containers.swap = swap.map(MiB);
        })
    };
    let rest = "net0=name=eth0,bridge=vmbr0 ipconfig0.ip=192.0.2.10/24,gw=192.0.2.1 tag=netbox";
    let begin = "on pve01 storage local-lvm rootfs 20G";
    expect_made(&with(false, Some("nesting=1"), None), &format!("{begin} privileged: cores=2 memory=2048 {rest}"));
    expect_made(
        &with(true, Some("nesting=1,keyctl=1"), Some(0)),
        &format!("{begin} unprivileged features nesting=1,keyctl=1: cores=2 memory=2048 swap=0 {rest}"),
    );
    expect_made(&with(true, None, Some(1024)), &format!("{begin} unprivileged: cores=2 memory=2048 swap=1024 {rest}"));
}

#[test]
fn keys_tags_description_and_start_on_boot_are_given_at_once() {
    let case = created().desired(|guest| {
        guest.ssh_keys = Part::Given(keys(&format!("{ALICE}\n{BOB}")));
        guest.tags = Part::Given(vec!["web".into(), "shop".into()]);
        guest.description = Part::Given("name  server".into());
        guest.onboot = Part::Given(true);
    });
    expect_set(
        &case,
        "cores=2 memory=2048 sshkeys=2 key(s) net0=name=eth0,bridge=vmbr0 ipconfig0.ip=192.0.2.10/24,gw=192.0.2.1 \
         onboot=1 description=\"name server\" tag=netbox;shop;web",
    );
    let configured: Vec<String> = case.text().into_iter().filter(|line| line.starts_with("configure")).collect();
    assert_eq!(configured, ["configure web01 (VMID to be allocated): marker=ready"]);
    assert!(case.reports().is_empty(), "{:?}", case.text());
}

#[test]
fn what_netbox_does_not_say_is_left_to_proxmox() {
    let case = created().policy(|policy| policy.tag = None).desired(|guest| {
        guest.vcpus = Part::None;
        guest.memory = Part::Unknown;
        guest.ipv4 = Part::None;
        guest.onboot = Part::Given(false);
    });
    expect_set(&case, "net0=name=eth0,bridge=vmbr0");
}

// Its network.

#[test]
fn without_an_interface_in_netbox_it_has_one_on_the_default_bridge() {
    for interfaces in [Part::Unknown, Part::None, Part::Given(vec![])] {
        let case = created().policy(|policy| policy.bridge = "vmbr9".into());
        let case = case.desired(|guest| {
            guest.interfaces = interfaces;
            guest.ipv4 = Part::None;
        });
        expect_set(&case, "cores=2 memory=2048 net0=name=eth0,bridge=vmbr9 tag=netbox");
    }
}

/// An interface that exists within the container only is none that it is created with.
#[test]
fn the_default_card_is_not_reported_once_it_is_there() {
    let inner_only = |case: Case| {
        case.desired(|guest| {
            guest.interfaces = Part::Given(vec![interface(201, "lo", MAC)]);
            guest.ipv4 = Part::None;
        })
    };
    let made = set(&inner_only(created())).contains("net0=name=eth0,bridge=vmbr0");
    let later = inner_only(Case::container()).current(|guest| guest.ipconfig = Part::Given([].into()));
    assert!(!made || later.plan().is_empty(), "made by us, and then {:#?}", later.text());
}

#[test]
fn an_interface_is_called_within_the_container_as_in_netbox() {
    let named = |name: &str| {
        let one = interface(201, name, MAC);
        created().desired(|guest| {
            guest.interfaces = Part::Given(vec![one]);
            guest.ipv4 = Part::None;
        })
    };
    let text = |name: &str| format!("cores=2 memory=2048 net0=name={name},mac={MAC},bridge=vmbr0 tag=netbox");
    expect_set(&named("eth0"), &text("eth0"));
    expect_set(&named("lan"), &text("lan"));
    expect_set(&named("net0"), &text("eth0"));
}

#[test]
fn interfaces_have_their_parts_and_addresses_and_the_primary_one_a_gateway() {
    let mut first = interface(201, "eth0", MAC);
    first.addresses = vec!["192.0.2.10/24".parse().unwrap(), "2001:db8::10/64".parse().unwrap()];
    first.bridge = Some("vmbr1".into());
    first.mtu = Some(1400);
    let mut second = interface(202, "net1", "BC:24:11:00:00:11");
    second.addresses = vec!["198.51.100.7/24".parse().unwrap()];
    second.vlans = Part::Given(Vlans { untagged: Some(20), tagged: vec![] });
    second.enabled = Some(false);
    let case = created().desired(|guest| {
        guest.interfaces = Part::Given(vec![first, second, interface(203, "lo", "BC:24:11:00:00:12")]);
        guest.ipv6 = Part::Given("2001:db8::10/64".parse().unwrap());
    });
    expect_set(
        &case,
        "cores=2 memory=2048 net0=name=eth0,mac=BC:24:11:00:00:10,bridge=vmbr1,mtu=1400 \
         ipconfig0.ip=192.0.2.10/24,gw=192.0.2.1 ipconfig0.ip6=2001:db8::10/64,gw=2001:db8::1 \
         net1=name=eth1,mac=BC:24:11:00:00:11,bridge=vmbr0,tag=20,link_down=1 ipconfig1.ip=198.51.100.7/24 tag=netbox",
    );
}

#[test]
fn an_address_that_no_card_takes_is_reported_and_the_container_is_created() {
    // The primary address is on an interface that exists within the container only.
    let mut inner = interface(202, "lo", "BC:24:11:00:00:11");
    inner.addresses = vec!["192.0.2.10/24".parse().unwrap()];
    let case =
        created().desired(|guest| guest.interfaces = Part::Given(vec![interface(201, "net1", MAC), inner.clone()]));
    expect_set(&case, &format!("cores=2 memory=2048 net1=name=eth1,mac={MAC},bridge=vmbr0 tag=netbox"));
    let fields: Vec<String> = case.reports().into_iter().map(|report| report.field).collect();
    assert_eq!(fields, ["interface net0"], "{:#?}", case.text());
}

// Its mount points.

#[test]
fn a_mount_point_has_its_own_storage_and_one_without_a_path_is_reported() {
    let at = |on: &str| netbox_proxmox_core::GuestDisk { path: Some("/srv".into()), ..disk_on(2, "mp0", 5_000, on) };
    let added = |case: &Case| case.text().into_iter().filter(|line| line.starts_with("add-disk")).collect::<Vec<_>>();
    let root = || disk(1, "rootfs", 20_000);
    assert_eq!(
        added(&created().disks(vec![root(), at("ceph-pool")])),
        ["add-disk web01 (VMID to be allocated): mp0 5G at /srv on ceph-pool"]
    );
    for disk in [at("vm-store"), at("iso"), disk(2, "mp0", 5_000)] {
        let case = created().disks(vec![root(), disk]);
        assert_eq!(added(&case), [""; 0]);
        made(&case);
        assert_eq!(case.reports().len(), 1, "{:#?}", case.text());
        let text = &case.reports()[0].text;
        assert!(text.contains("mp0"), "{text}");
    }
}

#[test]
fn facts_about_storages_that_nobody_looked_up_stop_nothing() {
    let mut case = created();
    case.event.context = netbox_proxmox_core::Context::default();
    made(&case);
    // A storage that takes containers on no node.
    let nowhere = created().context(|context| {
        context.storages = Part::Given(vec![StorageFacts { rootdir: true, ..store("local-lvm", false, &[], false) }]);
    });
    nowhere.expect_report(&["local-lvm"]);
}

#[test]
fn no_two_cards_of_a_container_have_one_name() {
    let interface =
        |id: u64, name: &str| netbox_proxmox_core::GuestInterface { id, name: name.into(), ..Default::default() };
    let case = Case::absent_container().desired(|guest| {
        guest.interfaces = Part::Given(vec![interface(1, "net1"), interface(2, "eth1")]);
    });
    let plan = case.text().join("\n");
    assert!(plan.matches("name=eth1").count() == 1 && plan.contains("name=eth0"), "{plan}");
}
