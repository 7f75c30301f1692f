//! Rows 2 to 4, 8 to 15 and the gate for a container that exists.

use netbox_proxmox_core::policy::{ConfigureWhen, DestroyWhen, ReconcilePower};
use netbox_proxmox_core::{CurrentInterface, GuestInterface, GuestType, MiB, Part, Vlans};

use crate::case::{Case, card, disk, disk_at};
use crate::cause;
use crate::common::{ALICE, BOB, keys, node};
use crate::interfaces::{cards, interface};

const A: &str = "BC:24:11:00:00:10";
const B: &str = "BC:24:11:00:00:11";

/// Every part that the gate guards differs.
fn everything_differs(case: Case) -> Case {
    case.desired(|guest| {
        guest.vcpus = Part::Given(4);
        guest.memory = Part::Given(MiB(4096));
        guest.ipv4 = Part::Given("192.0.2.11/24".parse().unwrap());
        guest.ipv6 = Part::Given("2001:db8::11/64".parse().unwrap());
        guest.interfaces = Part::Given(vec![GuestInterface { mtu: Some(1400), ..interface(201, "eth0", A) }]);
        guest.disks = Part::Given(vec![disk(1, "rootfs", 30_000)]);
    })
}

#[test]
fn nothing_to_change_is_an_empty_plan() {
    for (status, power) in [("active", "running"), ("offline", "stopped"), ("staged", "running"), ("staged", "stopped")]
    {
        Case::container().status(status).power(power).expect("");
    }
}

// The gate.

#[test]
fn a_closed_gate_reports_each_difference_with_what_was_wanted_and_found() {
    for (status, power) in [("active", "running"), ("offline", "stopped")] {
        everything_differs(Case::container()).status(status).power(power).expect(
            "report vcpus: wanted 4, found 2
             report memory: wanted 4096 MiB, found 2048 MiB
             report interface eth0: wanted mtu=1400, found not set
             report primary IPv4: wanted 192.0.2.11/24,gw=192.0.2.1, found 192.0.2.10/24,gw=192.0.2.1
             report primary IPv6: wanted 2001:db8::11/64,gw=2001:db8::1, found not set
             report disk rootfs: wanted 30000 MB, found 20000 MB",
        );
    }
}

#[test]
fn staged_opens_the_gate_and_a_running_container_takes_it_at_once() {
    let applied =
        "configure web01 (VMID 101): cores=4 memory=4096 net0=mtu=1400 ipconfig0.ip=192.0.2.11/24,gw=192.0.2.1 \
         ipconfig0.ip6=2001:db8::11/64,gw=2001:db8::1
         resize-disk web01 (VMID 101): rootfs to 30G";
    everything_differs(Case::staged_container()).expect(applied);
    everything_differs(Case::staged_container()).power("running").expect(applied);
    let always = everything_differs(Case::container()).policy(|policy| policy.configure = ConfigureWhen::Always);
    always.expect(applied);
}

#[test]
fn the_creating_marker_opens_the_gate_in_every_status() {
    let applied =
        "configure web01 (VMID 101): cores=4 memory=4096 net0=mtu=1400 ipconfig0.ip=192.0.2.11/24,gw=192.0.2.1 \
         ipconfig0.ip6=2001:db8::11/64,gw=2001:db8::1
         resize-disk web01 (VMID 101): rootfs to 30G";
    let ready = "report created\nconfigure web01 (VMID 101): marker=ready";
    let cut_short = |status| everything_differs(Case::container()).creating().status(status).power("stopped");
    cut_short("offline").expect(&format!("{applied}\n{ready}"));
    cut_short("active").expect(&format!("{applied}\nstart web01 (VMID 101)\n{ready}"));
}

// Row 2.

#[test]
fn cpus_and_memory_are_configured() {
    let wanted = |cpus, memory| {
        Case::staged_container().desired(move |guest| {
            guest.vcpus = Part::Given(cpus);
            guest.memory = Part::Given(MiB(memory));
        })
    };
    wanted(4, 2048).expect("configure web01 (VMID 101): cores=4");
    wanted(2, 1024).expect("configure web01 (VMID 101): memory=1024");
    // A container without a limit of its own has all CPUs of its node.
    wanted(2, 2048).current(|guest| guest.cores = Part::None).expect("configure web01 (VMID 101): cores=2");
}

#[test]
fn the_swap_of_a_container_that_exists_is_its_own() {
    Case::staged_container().policy(|policy| policy.containers.swap = Some(MiB(0))).expect("");
}

// Row 3.

#[test]
fn keys_that_somebody_changed_later_are_reported() {
    for case in [Case::container(), Case::staged_container()] {
        let status = case.event.desired.as_ref().unwrap().status.to_string();
        let has = || case.clone().desired(|guest| guest.ssh_keys = Part::Given(keys(BOB)));
        let report = "report SSH keys: wanted set, found no way to set them";
        has().cause(cause::changed_keys(&status, Some(ALICE), BOB)).expect(report);
        has().cause(cause::changed_keys(&status, None, BOB)).expect(report);
        // Nobody sees the keys in a container: without a cause there is no difference.
        has().expect("");
        has().cause(cause::saved(&status)).expect("");
        has().cause(cause::changed_keys(&status, Some(BOB), BOB)).expect("");
        has().cause(cause::created(&status)).expect_no("report");
    }
}

#[test]
fn keys_that_were_cleared_are_reported_and_not_sent() {
    let case = Case::staged_container().cause(cause::cleared_keys("staged"));
    assert!(case.plan().iter().all(|action| action.name() == "report"), "{:#?}", case.text());
    assert_eq!(case.reports().len(), 1, "{:#?}", case.text());
}

#[test]
fn keys_that_were_given_with_the_creation_are_not_reported_when_it_was_cut_short() {
    let case = Case::container().creating().desired(|guest| guest.ssh_keys = Part::Given(keys(ALICE)));
    case.cause(cause::created("active")).expect("report created\nconfigure web01 (VMID 101): marker=ready");
}

// Row 4.

fn found(text: &str) -> Case {
    let found = text.parse().unwrap();
    Case::staged_container().current(|guest| guest.ipconfig = Part::Given([(0, found)].into()))
}

#[test]
fn the_address_of_net0_is_set_changed_and_cleared() {
    for other in ["", "ip=dhcp", "ip=manual", "ip=192.0.2.77/24", "ip=192.0.2.10/25,gw=192.0.2.1", "ip6=auto"] {
        found(other).expect("configure web01 (VMID 101): ipconfig0.ip=192.0.2.10/24,gw=192.0.2.1");
    }
    let cleared = |text: &str| found(text).desired(|guest| guest.ipv4 = Part::None);
    cleared("ip=192.0.2.10/24,gw=192.0.2.1,ip6=auto").expect("configure web01 (VMID 101): ipconfig0.ip=cleared");
    cleared("ip=dhcp,ip6=2001:db8::1/64").expect("configure web01 (VMID 101): ipconfig0.ip6=cleared");
    for stays in ["ip=dhcp,ip6=auto", "ip=dhcp,ip6=dhcp", "ip=manual"] {
        cleared(stays).expect("");
    }
}

#[test]
fn an_address_for_a_card_that_does_not_exist_is_reported() {
    let without = Case::staged_container().current(|guest| {
        guest.interfaces = Part::Given([].into());
        guest.ipconfig = Part::Given([].into());
    });
    without.expect("report interface net0: wanted 192.0.2.10/24, found missing");
    // With its interface in NetBox the card is made.
    let made = without.desired(|guest| {
        let addresses = vec!["192.0.2.10/24".parse().unwrap()];
        guest.interfaces = Part::Given(vec![GuestInterface { addresses, ..interface(201, "eth0", A) }]);
    });
    made.expect(
        "configure web01 (VMID 101): net0=name=eth0,mac=BC:24:11:00:00:10,bridge=vmbr0 \
         ipconfig0.ip=192.0.2.10/24,gw=192.0.2.1",
    );
}

// Row 13.

fn with(interfaces: Vec<GuestInterface>) -> Case {
    Case::staged_container().desired(|guest| guest.interfaces = Part::Given(interfaces))
}

fn changed(change: impl FnOnce(&mut GuestInterface)) -> Case {
    let mut it = interface(201, "eth0", A);
    change(&mut it);
    with(vec![it])
}

#[test]
fn each_part_of_net0_is_changed_in_place() {
    changed(|_| {}).expect("");
    changed(|it| it.mac = Some(B.into())).expect(&format!("configure web01 (VMID 101): net0=mac={B}"));
    changed(|it| it.bridge = Some("vmbr1".into())).expect("configure web01 (VMID 101): net0=bridge=vmbr1");
    changed(|it| it.mtu = Some(1400)).expect("configure web01 (VMID 101): net0=mtu=1400");
    changed(|it| it.enabled = Some(false)).expect("configure web01 (VMID 101): net0=link_down=1");
    let access = Vlans { untagged: Some(20), tagged: vec![] };
    changed(|it| it.vlans = Part::Given(access)).expect("configure web01 (VMID 101): net0=tag=20");
    let tagged = Vlans { untagged: None, tagged: vec![5, 6] };
    changed(|it| it.vlans = Part::Given(tagged)).expect("configure web01 (VMID 101): net0=tag=none,trunks=5;6");
    changed(|it| it.mac = None).expect("record web01 (VMID 101): the MAC address of net0");
}

#[test]
fn what_netbox_does_not_say_of_a_card_stays() {
    let odd = CurrentInterface { bridge: Some("vmbr7".into()), mtu: Some(1400), link_down: true, ..card(A) };
    changed(|it| it.enabled = None).current(|guest| guest.interfaces = Part::Given([(0, odd)].into())).expect("");
}

#[test]
fn a_new_interface_is_a_new_card_with_its_address() {
    for (name, within) in [("eth1", "eth1"), ("net1", "eth1"), ("lan", "lan")] {
        let mut second = interface(202, name, B);
        second.addresses = vec!["198.51.100.7/24".parse().unwrap()];
        with(vec![interface(201, "eth0", A), second]).expect(&format!(
            "configure web01 (VMID 101): net1=name={within},mac={B},bridge=vmbr0 ipconfig1.ip=198.51.100.7/24"
        ));
    }
    with(vec![interface(201, "eth0", A), interface(202, "docker0", B)]).expect("");
}

#[test]
fn a_card_is_removed_for_a_cause_only() {
    let case = || with(vec![interface(201, "eth0", A)]).current(|guest| guest.interfaces = cards(&[(0, A), (1, B)]));
    case().expect("report interface net1: wanted , found in Proxmox only");
    case().cause(cause::interface_deleted(202, "eth1")).expect("configure web01 (VMID 101): net1=removed");
    let active = case().status("active").power("running").cause(cause::interface_deleted(202, "eth1"));
    active.expect_report(&["net1", B, "kept"]);
}

// Rows 8, 9 and 15.

#[test]
fn a_changed_status_starts_and_shuts_down() {
    Case::container().power("stopped").cause(cause::status("offline", "active")).expect("start web01 (VMID 101)");
    let off = Case::container().status("offline").cause(cause::status("active", "offline"));
    off.expect("shutdown web01 (VMID 101): stop after 180 s");
    Case::container().power("stopped").expect("report status: wanted active, found stopped");
    let repair = Case::container().power("stopped").policy(|policy| policy.reconcile_power = ReconcilePower::Repair);
    repair.expect("start web01 (VMID 101)");
}

#[test]
fn a_paused_container_is_reported_and_left() {
    for power in ["running", "stopped"] {
        for causes in [vec![], vec![cause::status("active", "paused")], vec![cause::created("paused")]] {
            for policy in [ReconcilePower::Report, ReconcilePower::Repair] {
                let mut case = Case::container().status("paused").power(power);
                case.policy.reconcile_power = policy;
                case.event.cause = causes.clone();
                case.expect_report(&["paused", "cannot be suspended", "Active", "Offline"]);
            }
        }
    }
}

/// A frozen container, which somebody suspended by hand.
#[test]
fn a_container_is_never_resumed() {
    let case = Case::container().power("paused").cause(cause::status("paused", "active"));
    case.expect_no("resume");
    case.expect_no("suspend");
}

#[test]
fn staged_changes_no_power_state() {
    for power in ["running", "stopped"] {
        Case::container().status("staged").power(power).cause(cause::status("active", "staged")).expect("");
    }
}

// Rows 10, 11, 12 and 14.

fn gone() -> Case {
    let mut case = Case::container().cause(cause::deleted_with(netbox_proxmox_core::event::RecordFacts {
        kind: Some(GuestType::Lxc),
        ..cause::facts("active")
    }));
    case.event.desired = None;
    case.event.context.deletion = Some(netbox_proxmox_core::event::Deletion::Confirmed);
    case
}

#[test]
fn a_deleted_record_destroys_its_container() {
    gone().expect("destroy web01 (VMID 101)");
    assert_eq!(gone().plan()[0].target().map(|guest| guest.kind), Some(GuestType::Lxc));
    gone().unmarked().expect_report(&["101", "kept", "no marker"]);
    gone().current(|guest| guest.protection = Part::Given(true)).expect_report(&["101", "kept", "protect"]);
    gone().current(|guest| guest.template = true).expect_report(&["101", "kept", "template"]);
    let later = gone().policy(|policy| policy.destroy = DestroyWhen::After(3600).into()).plan();
    for action in later.iter().filter_map(netbox_proxmox_core::Action::target) {
        assert_eq!(action.kind, GuestType::Lxc);
    }
}

#[test]
fn a_node_that_somebody_changed_is_followed_and_the_power_state_comes_after() {
    let wanted = || Case::container().desired(|guest| guest.node = Part::Given(node("pve02")));
    wanted().cause(cause::moved_to("pve02")).expect("migrate web01 (VMID 101): to node pve02");
    wanted().power("stopped").cause(cause::moved_to("pve02")).cause(cause::status("offline", "active")).expect(
        "migrate web01 (VMID 101): to node pve02
         start web01 (VMID 101)",
    );
    // Found elsewhere without a change in NetBox.
    let elsewhere = Case::container().current(|guest| guest.node = Part::Given(node("pve02")));
    elsewhere.expect("record web01 (VMID 101): node pve02");
}

#[test]
fn a_rename_is_not_gated() {
    for case in [Case::container(), Case::staged_container()] {
        case.desired(|guest| guest.name = "web02".into()).expect("configure web02 (VMID 101): name=web02");
    }
}

#[test]
fn tags_description_and_start_on_boot_are_not_gated() {
    let case = Case::container().desired(|guest| {
        guest.tags = Part::Given(vec!["web".into()]);
        guest.description = Part::Given("name server".into());
        guest.onboot = Part::Given(true);
    });
    case.expect("configure web01 (VMID 101): onboot=1 description=\"name server\" tag=web");
}

// Whose it is.

#[test]
fn a_container_that_is_not_ours_gives_one_report_that_names_adopt() {
    let differing = || everything_differs(Case::staged_container()).cause(cause::typed_vmid("staged"));
    differing().unmarked().expect_report(&["101", "adopt"]);
    differing().of_another().expect_report(&["101", "record 7", "adopt"]);
    Case::container().unmarked().expect("");
}

#[test]
fn a_creation_that_was_killed_under_its_lock_is_reported_with_how_to_unlock() {
    for lock in ["create", "clone"] {
        let case = Case::container().creating().power("stopped").current(|guest| guest.lock = Some(lock.into()));
        let case = case.context(|context| context.intent = Some(crate::case::intent(101, None)));
        case.expect_report(&["pct unlock 101", lock]);
    }
}

// The kind, changed in NetBox.

#[test]
fn a_guest_is_not_turned_from_one_kind_into_the_other() {
    let changed = |case: Case, kind| {
        let case = case.desired(|guest| {
            guest.kind = Some(kind);
            guest.name = "web02".into();
            guest.memory = Part::Given(MiB(4096));
            guest.node = Part::Given(node("pve02"));
        });
        let case = case.cause(cause::status("active", "staged")).cause(cause::moved_to("pve02"));
        case.cause(cause::disk_deleted(2, "mp0")).cause(cause::disk_deleted(3, "scsi1"))
    };
    let was_container =
        || Case::staged_container().with_volume("mp0", crate::case::mounted("local-lvm:vm-101-disk-1", 5_120, "/srv"));
    changed(was_container(), GuestType::Qemu).expect_report(&["101", "is a container (lxc)", "virtual machine (vm)"]);
    let with_removal = changed(was_container(), GuestType::Qemu).removal(9, "mp9", "local-lvm:vm-101-disk-9");
    with_removal.unused("local-lvm:vm-101-disk-9").expect_report(&["101"]);
    let was_machine = || Case::staged().with_volume("scsi1", crate::case::volume("local-lvm:vm-101-disk-1", 5_120));
    changed(was_machine(), GuestType::Lxc).expect_report(&["101", "is a virtual machine (vm)", "container (lxc)"]);
    let with_disks =
        changed(was_machine(), GuestType::Lxc).disks(vec![disk(1, "rootfs", 1), disk_at(2, "mp1", 1, "/x")]);
    with_disks.cause(cause::disk_created(2, "mp1")).expect_report(&["101", "Correct the type"]);
}
