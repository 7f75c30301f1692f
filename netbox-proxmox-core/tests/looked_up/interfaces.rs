//! Row 13: network cards, and the addresses of each.

use std::collections::BTreeMap;

use netbox_proxmox_core::event::KnownInterface;
use netbox_proxmox_core::{Changed, CurrentInterface, GuestInterface, Part, Vlans};

use crate::case::{Case, card};
use crate::cause;

const A: &str = "BC:24:11:00:00:10";
const B: &str = "BC:24:11:00:00:11";

/// An interface in NetBox, enabled, with the MAC address that its card has.
pub(crate) fn interface(id: u64, name: &str, mac: &str) -> GuestInterface {
    GuestInterface { id, name: name.into(), enabled: Some(true), mac: Some(mac.into()), ..GuestInterface::default() }
}

/// One interface, which holds the primary address.
pub(crate) fn holding(name: &str) -> Part<Vec<GuestInterface>> {
    let addresses = vec!["192.0.2.10/24".parse().unwrap()];
    Part::Given(vec![GuestInterface { addresses, ..interface(201, name, "BC:24:11:00:00:12") }])
}

pub(crate) fn cards(all: &[(u8, &str)]) -> Part<BTreeMap<u8, CurrentInterface>> {
    Part::Given(all.iter().map(|(index, mac)| (*index, card(mac))).collect())
}

/// A staged guest with one interface, as it should be.
fn one() -> Case {
    with(vec![interface(201, "eth0", A)])
}

fn with(interfaces: Vec<GuestInterface>) -> Case {
    Case::staged().desired(|guest| guest.interfaces = Part::Given(interfaces))
}

fn changed(change: impl FnOnce(&mut GuestInterface)) -> Case {
    let mut it = interface(201, "eth0", A);
    change(&mut it);
    with(vec![it])
}

#[test]
fn a_card_that_is_as_netbox_says_is_left() {
    one().expect("");
    changed(|it| it.mac = Some(A.to_ascii_lowercase())).expect("");
    Case::staged().desired(|guest| guest.interfaces = Part::Given(vec![])).expect("");
}

#[test]
fn each_part_of_a_card_follows_netbox() {
    changed(|it| it.mac = Some(B.into())).expect(&format!("configure web01 (VMID 101): net0=mac={B}"));
    changed(|it| it.bridge = Some("vmbr1".into())).expect("configure web01 (VMID 101): net0=bridge=vmbr1");
    changed(|it| it.mtu = Some(9000)).expect("configure web01 (VMID 101): net0=mtu=9000");
    changed(|it| it.enabled = Some(false)).expect("configure web01 (VMID 101): net0=link_down=1");
    let access = Vlans { untagged: Some(20), tagged: vec![] };
    changed(|it| it.vlans = Part::Given(access)).expect("configure web01 (VMID 101): net0=tag=20");
    let tagged = Vlans { untagged: None, tagged: vec![5, 6] };
    changed(|it| it.vlans = Part::Given(tagged)).expect("configure web01 (VMID 101): net0=tag=none,trunks=5;6");
}

#[test]
fn what_netbox_does_not_say_stays_as_it_is() {
    let odd = CurrentInterface {
        bridge: Some("vmbr7".into()),
        vlans: Vlans { untagged: Some(99), tagged: vec![] },
        mtu: Some(1400),
        link_down: true,
        ..card(A)
    };
    changed(|it| it.enabled = None)
        .current(|guest| guest.interfaces = Part::Given(BTreeMap::from([(0, odd)])))
        .expect("");
}

#[test]
fn cards_are_gated() {
    let case = changed(|it| it.mtu = Some(9000)).status("active").power("running");
    case.expect("report interface eth0: wanted mtu=9000, found not set");
}

#[test]
fn a_new_interface_is_a_new_card_on_the_default_bridge() {
    let two = || with(vec![interface(201, "eth0", A), interface(202, "eth1", B)]);
    two().expect(&format!("configure web01 (VMID 101): net1=name=eth1,mac={B},bridge=vmbr0"));
    two()
        .policy(|policy| policy.bridge = "vmbr9".into())
        .expect(&format!("configure web01 (VMID 101): net1=name=eth1,mac={B},bridge=vmbr9"));
}

#[test]
fn what_exists_within_the_guest_only_is_no_card() {
    for name in ["lo", "docker0", "br-1234", "wg0", "bond0"] {
        with(vec![interface(201, "eth0", A), interface(202, name, B)]).expect("");
    }
}

#[test]
fn a_mac_address_that_netbox_lacks_is_recorded() {
    changed(|it| it.mac = None).expect("record web01 (VMID 101): the MAC address of net0");
    // Also while nothing may reach into the guest: it is NetBox that is written.
    let case = changed(|it| it.mac = None).status("active").power("running");
    case.expect("record web01 (VMID 101): the MAC address of net0");
}

// Which card an interface is.

#[test]
fn a_card_is_known_by_name_then_by_mac_then_by_memory_then_by_order() {
    let both = |first: GuestInterface, second: GuestInterface| {
        with(vec![first, second]).current(|guest| guest.interfaces = cards(&[(0, A), (1, B)]))
    };
    let muted = |it: GuestInterface| GuestInterface { enabled: Some(false), ..it };
    let off = |index: u8| format!("configure web01 (VMID 101): net{index}=link_down=1");
    // By name, whatever the order.
    both(muted(interface(1, "net1", B)), interface(2, "net0", A)).expect(&off(1));
    // By MAC address.
    both(muted(interface(1, "lan", B)), interface(2, "wan", A)).expect(&off(1));
    both(interface(1, "eth0", B), muted(interface(2, "eth1", A))).expect(&off(0));
    // By memory, when its MAC address was changed.
    both(interface(1, "lan", A), interface(2, "wan", "BC:24:11:00:00:99"))
        .context(|context| context.known_interfaces = vec![KnownInterface { id: 2, index: 1 }])
        .expect("configure web01 (VMID 101): net1=mac=BC:24:11:00:00:99");
    // By order.
    both(interface(1, "lan", "BC:24:11:00:00:98"), interface(2, "wan", B))
        .expect("configure web01 (VMID 101): net0=mac=BC:24:11:00:00:98");
}

// Removal needs a cause.

#[test]
fn a_card_without_an_interface_is_left_and_reported() {
    let case = one().current(|guest| guest.interfaces = cards(&[(0, A), (1, B)]));
    case.expect("report interface net1: wanted , found in Proxmox only");
}

#[test]
fn addresses_that_are_deleted_with_their_interface_announce_it_and_nothing_is_said_yet() {
    let case = one().current(|guest| guest.interfaces = cards(&[(0, A), (1, B)]));
    case.cause(cause::address_deleted()).expect("");
}

#[test]
fn a_card_whose_interface_was_deleted_is_removed() {
    let case = || one().current(|guest| guest.interfaces = cards(&[(0, A), (1, B)]));
    case().cause(cause::interface_deleted(202, "eth1")).expect("configure web01 (VMID 101): net1=removed");
    // Its name says nothing, the memory does.
    case()
        .context(|context| context.known_interfaces = vec![KnownInterface { id: 202, index: 1 }])
        .cause(cause::interface_deleted(202, "wan"))
        .expect("configure web01 (VMID 101): net1=removed");
    // Nobody knows which card that was.
    case().cause(cause::interface_deleted(202, "wan")).expect("report interface net1: wanted , found in Proxmox only");
}

#[test]
fn the_last_interface_too_is_removed_for_its_cause_only() {
    let none = || with(vec![]).current(|guest| guest.interfaces = cards(&[(0, A)]));
    none().expect("");
    none().cause(cause::interface_deleted(201, "eth0")).expect("configure web01 (VMID 101): net0=removed");
}

#[test]
fn a_card_is_kept_while_nothing_may_reach_into_the_guest() {
    let case = one().status("active").power("running").current(|guest| guest.interfaces = cards(&[(0, A), (1, B)]));
    case.cause(cause::interface_deleted(202, "eth1")).expect_report(&["net1", B, "kept", "Staged"]);
}

// Addresses.

#[test]
fn every_interface_gets_its_address_and_the_primary_one_a_gateway() {
    let mut second = interface(202, "eth1", B);
    second.addresses = vec!["198.51.100.7/24".parse().unwrap(), "2001:db8:1::7/64".parse().unwrap()];
    let mut first = interface(201, "eth0", A);
    first.addresses = vec!["192.0.2.10/24".parse().unwrap()];
    with(vec![first, second])
        .current(|guest| guest.interfaces = cards(&[(0, A), (1, B)]))
        .expect("configure web01 (VMID 101): ipconfig1.ip=198.51.100.7/24 ipconfig1.ip6=2001:db8:1::7/64");
}

#[test]
fn each_family_goes_to_the_interface_that_holds_it() {
    let mut first = interface(201, "eth0", A);
    first.addresses = vec!["192.0.2.10/24".parse().unwrap()];
    let mut second = interface(202, "eth1", B);
    second.addresses = vec!["2001:db8::10/64".parse().unwrap()];
    with(vec![first, second])
        .desired(|guest| guest.ipv6 = Part::Given("2001:db8::10/64".parse().unwrap()))
        .current(|guest| guest.interfaces = cards(&[(0, A), (1, B)]))
        .expect("configure web01 (VMID 101): ipconfig1.ip6=2001:db8::10/64,gw=2001:db8::1");
}

#[test]
fn a_second_address_of_a_family_is_reported_to_whoever_assigned_it() {
    let more = || changed(|it| it.addresses = vec!["192.0.2.10/24".parse().unwrap(), "192.0.2.11/24".parse().unwrap()]);
    more().expect("");
    more().cause(cause::address_saved()).expect_report(&["192.0.2.11/24", "eth0", "within the guest"]);
    // While no address is the primary one the first is set, without a gateway.
    let none = more().desired(|guest| guest.ipv4 = Part::None).cause(cause::address_saved());
    none.expect(
        "report interface eth0: wanted 192.0.2.11/24, found one of each family
         configure web01 (VMID 101): ipconfig0.ip=192.0.2.10/24",
    );
}

#[test]
fn an_only_address_of_the_first_card_counts_as_the_primary_one_until_somebody_takes_it() {
    let only =
        || changed(|it| it.addresses = vec!["192.0.2.20/24".parse().unwrap()]).desired(|it| it.ipv4 = Part::None);
    only().cause(cause::address_saved()).expect("configure web01 (VMID 101): ipconfig0.ip=192.0.2.20/24,gw=192.0.2.1");
    // Without a cause what is there is left.
    only().expect("");
    let primary = |id| cause::facts_with(|facts| facts.primary = [id, None]);
    let cleared = cause::updated(Some(primary(Some(1))), primary(None));
    only().cause(cleared).expect("configure web01 (VMID 101): ipconfig0.ip=cleared");
}

#[test]
fn a_card_that_is_not_the_deleted_interface_stays_whatever_that_was_called() {
    let with_mac = |mac: Part<&str>, name: &str| {
        let mut change = cause::interface_deleted(77, name);
        if let Changed::Interface { before: Some(facts), .. } = &mut change.what {
            facts.mac = match mac {
                Part::Given(mac) => Part::Given(mac.to_owned()),
                Part::None => Part::None,
                Part::Unknown => Part::Unknown,
            };
        }
        let two = BTreeMap::from([(0, card("BC:24:11:00:00:10")), (1, card("BC:24:11:00:00:11"))]);
        let case = Case::staged().current(|guest| guest.interfaces = Part::Given(two));
        case.desired(|guest| guest.interfaces = Part::Given(vec![])).cause(change)
    };
    let removed = |index: u8| format!("configure web01 (VMID 101): net{index}=removed");
    with_mac(Part::Given("bc:24:11:00:00:11"), "eth0").expect(&removed(1));
    with_mac(Part::Given("BC:24:11:00:00:10"), "eth0").expect(&removed(0));
    with_mac(Part::Given("BC:24:11:00:00:99"), "eth0").expect("");
    with_mac(Part::None, "eth0").expect(&removed(0));
    // The change log does not say which MAC address it had.
    with_mac(Part::Unknown, "eth0").expect("");
    with_mac(Part::Unknown, "net0").expect(&removed(0));
}
