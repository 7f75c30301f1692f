//! Rows 2, 3, 4 and 12, and the gate before the first three.

use netbox_proxmox_core::address::GatewayRule;
use netbox_proxmox_core::policy::ConfigureWhen;
use netbox_proxmox_core::{MiB, Part};

use crate::case::{Case, disk};
use crate::cause;
use crate::common::{ALICE, BOB, keys};
use crate::interfaces::{cards, holding};

/// Every part that the gate guards differs.
fn everything_differs(case: Case) -> Case {
    case.desired(|guest| {
        guest.vcpus = Part::Given(4);
        guest.memory = Part::Given(MiB(4096));
        guest.ssh_keys = Part::Given(keys(ALICE));
        guest.ipv4 = Part::Given("192.0.2.11/24".parse().unwrap());
        guest.ipv6 = Part::Given("2001:db8::11/64".parse().unwrap());
        guest.disks = Part::Given(vec![disk(1, "scsi0", 30_000)]);
    })
}

#[test]
fn nothing_to_change_is_an_empty_plan() {
    for (status, power) in [("active", "running"), ("offline", "stopped"), ("staged", "running"), ("paused", "paused")]
    {
        Case::existing().status(status).power(power).expect("");
    }
}

// The gate.

#[test]
fn a_closed_gate_reports_each_difference_with_what_was_wanted_and_found() {
    let expected = "report vcpus: wanted 4, found 2
         report memory: wanted 4096 MiB, found 2048 MiB
         report SSH keys: wanted 1 key(s), found no keys
         report primary IPv4: wanted 192.0.2.11/24,gw=192.0.2.1, found 192.0.2.10/24,gw=192.0.2.1
         report primary IPv6: wanted 2001:db8::11/64,gw=2001:db8::1, found not set
         report disk scsi0: wanted 30000 MB, found 20000 MB";
    for (status, power) in [("active", "running"), ("offline", "stopped"), ("paused", "paused")] {
        let case = everything_differs(Case::existing()).status(status).power(power);
        case.expect(expected);
        for report in case.reports() {
            assert!(report.text.contains("Staged"), "what to do about it: {}", report.text);
        }
    }
}

#[test]
fn the_cause_does_not_open_the_gate() {
    let case = everything_differs(Case::existing())
        .cause(cause::saved("active"))
        .cause(cause::disk_renamed(1, "scsi0", "scsi0"));
    assert!(case.plan().iter().all(|action| action.name() == "report"), "{:?}", case.plan());
}

#[test]
fn staged_opens_the_gate() {
    everything_differs(Case::staged()).expect(
        "configure web01 (VMID 101): cores=4 memory=4096 sshkeys=1 key(s) ipconfig0.ip=192.0.2.11/24,gw=192.0.2.1 \
         ipconfig0.ip6=2001:db8::11/64,gw=2001:db8::1
         resize-disk web01 (VMID 101): scsi0 to 30G",
    );
}

#[test]
fn the_creating_marker_opens_the_gate_in_every_status_that_wants_a_guest() {
    let applied = "configure web01 (VMID 101): cores=4 memory=4096 sshkeys=1 key(s) \
         ipconfig0.ip=192.0.2.11/24,gw=192.0.2.1 ipconfig0.ip6=2001:db8::11/64,gw=2001:db8::1 protection=0
         resize-disk web01 (VMID 101): scsi0 to 30G";
    let cut_short = |status| {
        let case = everything_differs(Case::existing()).creating().status(status).power("stopped");
        case.current(|guest| guest.protection = Part::Given(true))
    };
    let ready = "report created\nconfigure web01 (VMID 101): marker=ready";
    cut_short("offline").expect(&format!("{applied}\n{ready}"));
    cut_short("staged").expect(&format!("{applied}\n{ready}"));
    cut_short("active").expect(&format!("{applied}\nstart web01 (VMID 101)\n{ready}"));
    // Started before it was cut short: the rest is applied, and Proxmox takes some of it at the next start.
    Case::existing().creating().desired(|guest| guest.memory = Part::Given(MiB(4096))).expect(
        "report memory: wanted at the next start, found running
         configure web01 (VMID 101): memory=4096
         report created
         configure web01 (VMID 101): marker=ready",
    );
}

#[test]
fn a_policy_opens_the_gate() {
    Case::existing()
        .desired(|guest| guest.vcpus = Part::Given(4))
        .status("offline")
        .power("stopped")
        .policy(|policy| policy.configure = ConfigureWhen::Always)
        .expect("configure web01 (VMID 101): cores=4");
}

#[test]
fn what_a_running_guest_takes_only_at_its_next_start_is_applied_and_reported() {
    Case::staged()
        .power("running")
        .desired(|guest| {
            guest.vcpus = Part::Given(4);
            guest.memory = Part::Given(MiB(4096));
        })
        .expect(
            "report vcpus, memory: wanted at the next start, found running
             configure web01 (VMID 101): cores=4 memory=4096",
        );
}

// Row 2.

#[test]
fn cpus_are_shared_by_the_sockets() {
    let two = Case::staged().current(|guest| guest.sockets = Part::Given(2));
    two.clone().desired(|guest| guest.vcpus = Part::Given(8)).expect("configure web01 (VMID 101): cores=4");
    two.clone().desired(|guest| guest.vcpus = Part::Given(4)).expect("");
    // The guest has 2 × 2.
    two.status("active")
        .power("running")
        .desired(|guest| guest.vcpus = Part::Given(8))
        .expect("report vcpus: wanted 8, found 4");
}

#[test]
fn cpus_that_the_sockets_cannot_share_evenly_are_reported_and_left() {
    Case::staged()
        .current(|guest| guest.sockets = Part::Given(2))
        .desired(|guest| guest.vcpus = Part::Given(3))
        .expect("report vcpus: wanted 3, found 2 sockets");
}

#[test]
fn cpus_of_any_number_give_a_plan() {
    let absurd = Case::staged().current(|guest| {
        guest.sockets = Part::Given(u32::MAX);
        guest.cores = Part::Given(u32::MAX);
    });
    absurd.desired(|guest| guest.vcpus = Part::Given(0)).plan();
}

#[test]
fn the_balloon_is_lowered_with_the_memory() {
    let large = |balloon| {
        Case::staged().current(move |guest| {
            guest.memory = Part::Given(MiB(4096));
            guest.balloon = Part::Given(MiB(balloon));
        })
    };
    large(2048)
        .desired(|guest| guest.memory = Part::Given(MiB(1024)))
        .expect("configure web01 (VMID 101): memory=1024 balloon=1024");
    large(1024)
        .desired(|guest| guest.memory = Part::Given(MiB(1024)))
        .expect("configure web01 (VMID 101): memory=1024");
    large(2048)
        .desired(|guest| guest.memory = Part::Given(MiB(8192)))
        .expect("configure web01 (VMID 101): memory=8192");
}

#[test]
fn what_netbox_does_not_say_is_left() {
    Case::staged()
        .desired(|guest| {
            guest.vcpus = Part::Unknown;
            guest.memory = Part::Unknown;
            guest.ipv4 = Part::Unknown;
            guest.ipv6 = Part::Unknown;
        })
        .current(|guest| guest.ssh_keys = Part::Given(keys(BOB)))
        .expect("");
}

// Row 3.

#[test]
fn keys_are_set_and_changed() {
    let alice = |case: Case| case.desired(|guest| guest.ssh_keys = Part::Given(keys(ALICE)));
    alice(Case::staged()).expect("configure web01 (VMID 101): sshkeys=1 key(s)");
    alice(Case::staged().current(|guest| guest.ssh_keys = Part::Given(keys(BOB))))
        .expect("configure web01 (VMID 101): sshkeys=1 key(s)");
    alice(Case::staged().current(|guest| guest.ssh_keys = Part::Given(keys(ALICE)))).expect("");
}

#[test]
fn keys_are_cleared_only_because_somebody_cleared_them() {
    let has = || Case::staged().current(|guest| guest.ssh_keys = Part::Given(keys(ALICE)));
    has().expect("");
    has().cause(cause::saved("staged")).expect("");
    has().cause(cause::cleared_keys("staged")).expect("configure web01 (VMID 101): sshkeys=cleared");
    Case::staged().cause(cause::cleared_keys("staged")).expect("");
    has()
        .cause(cause::cleared_keys("active"))
        .status("active")
        .power("running")
        .expect("report SSH keys: wanted no keys, found 1 key(s)");
}

#[test]
fn keys_that_are_none_are_cleared_when_somebody_cleared_them() {
    Case::staged()
        .current(|guest| guest.ssh_keys = Part::Given(keys(ALICE)))
        .desired(|guest| guest.ssh_keys = Part::None)
        .cause(cause::cleared_keys("staged"))
        .expect("configure web01 (VMID 101): sshkeys=cleared");
}

// Row 4.

fn ipconfig(case: Case, index: u8, text: &str) -> Case {
    let text = text.to_owned();
    case.current(move |guest| guest.ipconfig = Part::Given([(index, text.parse().unwrap())].into()))
}

#[test]
fn an_address_replaces_whatever_was_there() {
    for found in ["ip=dhcp", "ip=192.0.2.77/24", "ip=192.0.2.10/25,gw=192.0.2.1", "ip6=auto"] {
        ipconfig(Case::staged(), 0, found)
            .expect("configure web01 (VMID 101): ipconfig0.ip=192.0.2.10/24,gw=192.0.2.1");
    }
}

#[test]
fn a_cleared_static_address_goes_and_dhcp_and_auto_stay() {
    let cleared = |found: &str| {
        ipconfig(Case::staged(), 0, found).desired(|guest| {
            guest.ipv4 = Part::None;
            guest.ipv6 = Part::None;
        })
    };
    cleared("ip=192.0.2.10/24,gw=192.0.2.1,ip6=auto").expect("configure web01 (VMID 101): ipconfig0.ip=cleared");
    cleared("ip=dhcp,ip6=2001:db8::1/64").expect("configure web01 (VMID 101): ipconfig0.ip6=cleared");
    cleared("ip=dhcp,ip6=auto").expect("");
    cleared("ip=dhcp,ip6=dhcp").expect("");
}

#[test]
fn addresses_go_to_the_interface_that_holds_them() {
    ipconfig(Case::staged(), 0, "ip=192.0.2.10/24,gw=192.0.2.1")
        .desired(|guest| guest.interfaces = holding("net2"))
        .current(|guest| guest.interfaces = cards(&[(2, "BC:24:11:00:00:12")]))
        .expect("configure web01 (VMID 101): ipconfig2.ip=192.0.2.10/24,gw=192.0.2.1");
    ipconfig(Case::staged(), 2, "ip=192.0.2.10/24,gw=192.0.2.1")
        .desired(|guest| guest.interfaces = holding("net2"))
        .current(|guest| guest.interfaces = cards(&[(2, "BC:24:11:00:00:12")]))
        .expect("");
}

#[test]
fn the_gateway_is_computed_from_the_prefix() {
    let address = |text: &str| {
        let text = text.to_owned();
        Case::staged().desired(move |guest| guest.ipv4 = Part::Given(text.parse().unwrap()))
    };
    address("10.1.5.30/22").expect("configure web01 (VMID 101): ipconfig0.ip=10.1.5.30/22,gw=10.1.4.1");
    address("192.0.2.200/25").expect("configure web01 (VMID 101): ipconfig0.ip=192.0.2.200/25,gw=192.0.2.129");
}

#[test]
fn an_address_without_room_for_a_gateway_is_told_unless_there_is_another_route() {
    let address = |text: &str| {
        let text = text.to_owned();
        Case::staged().desired(move |guest| guest.ipv4 = Part::Given(text.parse().unwrap()))
    };
    let set = |text: &str| format!("configure web01 (VMID 101): ipconfig0.ip={text}");
    for text in ["192.0.2.8/31", "192.0.2.8/32"] {
        let case = address(text);
        assert_eq!(case.text(), [format!("report gateway: wanted {text}, found none"), set(text)]);
        assert!(case.reports()[0].text.contains("proxmox_gateway"), "{:?}", case.reports());
        case.desired(|guest| guest.gateway = Some(GatewayRule::None)).expect(&set(text));
    }
    let routed = address("192.0.2.8/32").desired(|guest| guest.ipv6 = Part::Given("2001:db8::8/64".parse().unwrap()));
    assert!(routed.reports().is_empty(), "{:?}", routed.text());
    address("192.0.2.8/32")
        .desired(|guest| guest.gateway = Some("10.0.0.1".parse().unwrap()))
        .expect("configure web01 (VMID 101): ipconfig0.ip=192.0.2.8/32,gw=10.0.0.1");
}

#[test]
fn what_cicustom_hides_is_set_and_told() {
    let case = Case::staged()
        .current(|guest| guest.cicustom = vec!["user".into()])
        .desired(|guest| guest.ipv4 = Part::Given("192.0.2.11/24".parse().unwrap()));
    case.clone().expect("configure web01 (VMID 101): ipconfig0.ip=192.0.2.11/24,gw=192.0.2.1");
    let both = case.current(|guest| guest.cicustom.push("network".into()));
    both.expect(
        "report addresses: wanted set, found cicustom
         configure web01 (VMID 101): ipconfig0.ip=192.0.2.11/24,gw=192.0.2.1",
    );
}

#[test]
fn the_gateway_rule_is_the_policys_unless_the_record_has_its_own() {
    let last = Case::staged().policy(|policy| policy.gateway = GatewayRule::Last);
    last.clone().expect("configure web01 (VMID 101): ipconfig0.ip=192.0.2.10/24,gw=192.0.2.254");
    last.desired(|guest| guest.gateway = Some(GatewayRule::First)).expect("");
    Case::staged()
        .desired(|guest| guest.gateway = Some(GatewayRule::None))
        .expect("configure web01 (VMID 101): ipconfig0.ip=192.0.2.10/24");
}

// and its key does not change with the gateway.
#[test]
fn a_gateway_that_differs_is_reported_as_such() {
    let case = Case::existing().policy(|policy| policy.gateway = GatewayRule::Last);
    let report = case.expect_report(&["192.0.2.254"]);
    assert_ne!(report.wanted, report.found);
}

#[test]
fn without_a_cloud_init_drive_addresses_and_keys_are_reported_and_not_set() {
    Case::staged()
        .current(|guest| guest.cloud_init = Part::Given(false))
        .desired(|guest| {
            guest.vcpus = Part::Given(4);
            guest.ssh_keys = Part::Given(keys(ALICE));
            guest.ipv4 = Part::Given("192.0.2.11/24".parse().unwrap());
        })
        .expect(
            "report SSH keys: wanted 1 key(s), found no cloud-init drive
             report primary IPv4: wanted 192.0.2.11/24,gw=192.0.2.1, found no cloud-init drive
             configure web01 (VMID 101): cores=4",
        );
}
