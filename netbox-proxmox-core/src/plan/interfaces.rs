//! Row 13, and row 4 for every interface: which `netN` an interface of NetBox is, its card and its addresses.
//!
//! An interface is the `netN` it is named after, the one that has its MAC address, the one that it was before, the N
//! of an `ethN`, or else the first that is left, in NetBox's order of creation.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use netbox_api::EventKind;
use proxmox_api::{GuestType, IpSetting};

use super::addresses::{Holder, address};
use super::draft::Draft;
use crate::action::{Action, RecordValue};
use crate::current::{Current, CurrentInterface};
#[cfg(feature = "live")]
use crate::event::KnownInterface;
use crate::event::{Aspect, Change, Changed, Event};
use crate::guest::{Guest, GuestInterface};
use crate::part::Part;
use crate::policy::Policy;
use crate::settings::{Card, CardSettings, Settings};

/// Plans the cards and the addresses; gives the interfaces whose MAC addresses NetBox lacks.
pub(super) fn plan(draft: &mut Draft<'_>, set: &mut Settings) -> Vec<Action> {
    let assigned = assign(draft.event, draft.guest, draft.current, draft.policy);
    cards(draft, set, &assigned);
    default_card(draft, set, &assigned);
    removed(draft, set, &assigned);
    addresses(draft, set, &assigned);
    set.interfaces.retain(|interface| !interface.is_empty());
    let lacking = assigned.iter().filter(|(index, interface)| {
        let has = |found: &CurrentInterface| found.mac.is_some() || draft.event.current.is_none();
        let found = draft.current.interfaces.given().and_then(|all| all.get(*index));
        // What is only about to be made has no address yet: it is read then.
        let made = || set.interfaces.iter().any(|it| it.index == **index && matches!(it.card, Card::Set(_)));
        interface.mac.is_none() && !draft.guest.has_bad_mac(interface) && (found.is_some_and(has) || made())
    });
    let guest = || draft.target.clone();
    lacking
        .map(|(index, it)| Action::Record {
            guest: guest(),
            value: RecordValue::Mac { interface: it.id, index: *index },
        })
        .collect()
}

/// A way to tell which `netN` an interface is.
type Rule<'a> = &'a dyn Fn(&GuestInterface) -> Option<u8>;

/// Which `netN` each network card of NetBox is.
fn assign<'a>(event: &Event, guest: &'a Guest, current: &Current, policy: &Policy) -> BTreeMap<u8, &'a GuestInterface> {
    let mut left = super::cards::of(event, guest, policy);
    let found = current.interfaces.given();
    let numbered = |name: &str, prefix: &str| name.strip_prefix(prefix)?.parse::<u8>().ok().filter(|index| *index < 32);
    let by_mac = |mac: &str| {
        let same = |it: &CurrentInterface| it.mac.as_deref().is_some_and(|found| found.eq_ignore_ascii_case(mac));
        found?.iter().find(|(_, it)| same(it)).map(|(index, _)| *index)
    };
    let known = |id: u64| event.context.known_interfaces.iter().find(|known| known.id == id).map(|it| it.index);
    let rules: [Rule<'_>; 4] =
        [&|it| numbered(&it.name, "net"), &|it| by_mac(it.mac.as_deref()?), &|it| known(it.id), &|it| {
            numbered(&it.name, "eth")
        }];
    let mut assigned = BTreeMap::new();
    for rule in rules {
        left.retain(|interface| match rule(interface).filter(|index| !assigned.contains_key(index)) {
            Some(index) => assigned.insert(index, *interface).is_some(),
            None => true,
        });
    }
    for interface in left {
        if let Some(free) = (0..32).find(|index| !assigned.contains_key(index)) {
            assigned.insert(free, interface);
        }
    }
    assigned
}

/// What is to be remembered of the interfaces.
#[cfg(feature = "live")]
pub(super) fn known(event: &Event, policy: &Policy) -> Vec<KnownInterface> {
    let (Some(guest), Some(current)) = (&event.desired, &event.current) else { return Vec::new() };
    let assigned = assign(event, guest, current, policy);
    let there = |index: &u8| current.interfaces.given().is_some_and(|all| all.contains_key(index));
    let gone = event.context.known_interfaces.iter().filter(|it| !assigned.contains_key(&it.index) && there(&it.index));
    let present = assigned.iter().map(|(index, interface)| KnownInterface { id: interface.id, index: *index });
    present.chain(gone.copied()).collect()
}

fn cards(draft: &mut Draft<'_>, set: &mut Settings, assigned: &BTreeMap<u8, &GuestInterface>) {
    let Some(found) = draft.current.interfaces.given() else { return };
    let mut names: BTreeSet<String> = found.values().filter_map(|card| card.name.clone()).collect();
    let more = assigned.keys().filter(|index| !found.contains_key(index)).count();
    let many = more > draft.policy.cards_at_once;
    if many {
        let report = draft.reporter.many_cards(more, draft.policy.cards_at_once);
        draft.report(report);
    }
    for (index, interface) in assigned {
        if many && !found.contains_key(index) {
            continue;
        }
        let card = match found.get(index) {
            Some(found) => changed(interface, found),
            None => added(draft, *index, interface, &mut names),
        };
        if card == CardSettings::default() {
            continue;
        }
        let shown = found.get(index).map_or_else(|| "missing".to_owned(), |found| shown(&card, found));
        let field = format!("interface {}", interface.name);
        draft.gated(Aspect::Interface(interface.id), &field, card.clone(), shown, |_| {
            set.interface(*index).card = Card::Set(card)
        });
    }
}

/// A container that is created from a template volume gets a card, as a template of a VM has one, whether NetBox has an
/// interface or not.
fn default_card(draft: &Draft<'_>, set: &mut Settings, assigned: &BTreeMap<u8, &GuestInterface>) {
    if draft.made_from_volume() && assigned.is_empty() {
        let bridge = Some(draft.policy.bridge.clone());
        let card = CardSettings { name: Some("eth0".into()), bridge, ..CardSettings::default() };
        set.interface(0).card = Card::Set(card);
    }
}

/// What of a card is not as NetBox says.
fn changed(interface: &GuestInterface, found: &CurrentInterface) -> CardSettings {
    let differs = |mac: &&String| found.mac.as_ref().is_none_or(|found| !found.eq_ignore_ascii_case(mac));
    CardSettings {
        name: None,
        mac: interface.mac.as_ref().filter(differs).cloned(),
        bridge: interface.bridge.clone().filter(|bridge| found.bridge.as_ref() != Some(bridge)),
        vlans: interface.vlans.given().filter(|vlans| **vlans != found.vlans).cloned(),
        mtu: interface.mtu.filter(|mtu| found.mtu != Some(*mtu)),
        link_down: interface.enabled.map(|enabled| !enabled).filter(|down| *down != found.link_down),
    }
}

/// The same parts as they are now, for people.
fn shown(card: &CardSettings, found: &CurrentInterface) -> String {
    let there = CardSettings {
        name: None,
        mac: card.mac.as_ref().and(found.mac.clone()),
        bridge: card.bridge.as_ref().and(found.bridge.clone()),
        vlans: card.vlans.as_ref().map(|_| found.vlans.clone()),
        mtu: card.mtu.and(found.mtu),
        link_down: card.link_down.map(|_| found.link_down),
    };
    if there == CardSettings::default() { "not set".to_owned() } else { there.to_string() }
}

fn added(draft: &Draft<'_>, index: u8, interface: &GuestInterface, names: &mut BTreeSet<String>) -> CardSettings {
    let name = match draft.current.kind {
        GuestType::Qemu => interface.name.clone(),
        GuestType::Lxc => name_within(index, &interface.name, names),
    };
    names.insert(name.clone());
    CardSettings {
        name: Some(name),
        mac: interface.mac.clone(),
        bridge: interface.bridge.clone().or_else(|| Some(draft.policy.bridge.clone())),
        vlans: interface.vlans.given().cloned(),
        mtu: interface.mtu,
        link_down: interface.enabled.filter(|enabled| !enabled).map(|_| true),
    }
}

/// What an interface is called within a container: as in NetBox, unless that is Proxmox's word for the card, no name that
/// Linux takes, or another card's.
fn name_within(index: u8, name: &str, others: &BTreeSet<String>) -> String {
    let fits = name.len() <= 15 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
    let is_proxmoxs = name.strip_prefix("net").is_some_and(|rest| rest.parse::<u8>().is_ok());
    let own = Some(name.to_owned()).filter(|_| fits && !is_proxmoxs);
    let numbered = std::iter::once(index).chain(0..=u8::MAX).map(|number| format!("eth{number}"));
    own.into_iter().chain(numbered).find(|name| !others.contains(name)).unwrap_or_else(|| format!("eth{index}"))
}

/// Cards that NetBox has no interface for: removed for a cause that deleted it, otherwise left and reported. A record
/// without an interface that is a card says nothing about cards.
fn removed(draft: &mut Draft<'_>, set: &mut Settings, assigned: &BTreeMap<u8, &GuestInterface>) {
    let Some(found) = draft.current.interfaces.given().filter(|_| !draft.guest.interfaces.is_unknown()) else { return };
    let deleted = |change: &Change| Some((deleted(draft, change)?, change.object));
    let deleted: BTreeMap<u8, u64> = draft.event.cause.iter().filter_map(deleted).collect();
    for (index, card) in found.iter().filter(|(index, _)| !assigned.contains_key(index)) {
        let mac = card.mac.clone();
        let shown = mac.clone().unwrap_or_else(|| "a card".to_owned());
        if let Some(id) = deleted.get(index) {
            if draft.gate_open(Aspect::Interface(*id)) {
                set.interface(*index).card = Card::Remove { mac };
            } else {
                let report = draft.reporter.interface_kept(*index, &shown, &draft.guest.status);
                draft.report(report);
            }
        } else if !assigned.is_empty() && !draft.event.caused(announces_deletion) {
            let report = draft.reporter.orphaned_interface(*index, &shown);
            draft.report(report);
        }
    }
}

/// The addresses of an interface that is deleted are deleted with it, and NetBox says so first (seen on 4.7.3).
fn announces_deletion(change: &Change) -> bool {
    change.event == EventKind::Deleted && matches!(change.what, Changed::Address | Changed::MacAddress)
}

/// The N of the interface that a change deleted: that of the card it was, of the one with its MAC address, or the one it
/// is named after; never of a card that has another MAC address than it had.
fn deleted(draft: &Draft<'_>, change: &Change) -> Option<u8> {
    let Changed::Interface { before: Some(facts), after: None } = &change.what else { return None };
    if facts.record.is_some_and(|record| record != draft.guest.record) {
        return None;
    }
    let known = draft.event.context.known_interfaces.iter().find(|known| known.id == change.object);
    // What its MAC address was, the change log does not say; then `eth0` may be any card.
    let prefixes: &[&str] = if facts.mac.is_unknown() { &["net"] } else { &["net", "eth"] };
    let named = prefixes.iter().find_map(|prefix| facts.name.strip_prefix(prefix)?.parse().ok());
    let cards = draft.current.interfaces.given();
    let has = |card: &CurrentInterface, mac: &str| card.mac.as_ref().is_some_and(|it| it.eq_ignore_ascii_case(mac));
    let with_mac = facts.mac.given().and_then(|mac| cards?.iter().find(|(_, it)| has(it, mac)).map(|(n, _)| *n));
    let is_another = |index: &u8| {
        let card = cards.and_then(|cards| cards.get(index)).filter(|card| card.mac.is_some());
        facts.mac.given().is_some_and(|mac| card.is_some_and(|card| !has(card, mac)))
    };
    [known.map(|known| known.index), with_mac, named].into_iter().flatten().find(|index| !is_another(index))
}

/// The primary addresses go to the interfaces that hold them, to `net0` if none is known to; every other interface
/// gets its own first address of each family, without a gateway.
fn addresses(draft: &mut Draft<'_>, set: &mut Settings, assigned: &BTreeMap<u8, &GuestInterface>) {
    let (ipv4, ipv6) = (draft.guest.ipv4, draft.guest.ipv6);
    let holder = |ip: Part<IpNet>| {
        let holds = |it: &&GuestInterface| ip.given().is_some_and(|ip| it.addresses.contains(ip));
        assigned.iter().find(|(_, interface)| holds(interface)).map(|(index, _)| *index)
    };
    let first = holder(ipv4).or_else(|| holder(ipv6)).unwrap_or(0);
    let second = holder(ipv6).unwrap_or(first);
    // A static address of the template is not for each of its clones.
    let inherited = draft.current.ipconfig.given().filter(|_| draft.creating).into_iter().flat_map(BTreeMap::keys);
    let indexes: BTreeSet<u8> = assigned.keys().chain(inherited).copied().chain([first, second]).collect();
    for index in indexes {
        let interface = assigned.get(&index).copied();
        let own = |v4: bool| {
            if interface.is_none() && draft.creating {
                return Part::None;
            }
            let is_primary = |ip: &&IpNet| Part::Given(**ip) == ipv4 || Part::Given(**ip) == ipv6;
            let mut all = interface.into_iter().flat_map(|it| &it.addresses).filter(|ip| ip.addr().is_ipv4() == v4);
            interface.map(|_| Part::known(all.find(|ip| !is_primary(ip)).copied())).unwrap_or_default()
        };
        let holder = |is_primary: bool, primary: Part<IpNet>, v4: bool| match primary {
            Part::None if is_primary => unassigned_primary(draft, index, own(v4), interface, v4),
            primary if is_primary => Holder::Primary(primary),
            _ => Holder::Other(own(v4)),
        };
        let (v4, v6) = (holder(index == first, ipv4, true), holder(index == second, ipv6, false));
        let name = interface.map_or_else(|| format!("net{index}"), |interface| interface.name.clone());
        if draft.current.kind == GuestType::Lxc && lacks_card(draft, set, index) {
            if let Some(address) = v4.wanted().given().or(v6.wanted().given()).filter(|_| interface.is_none()) {
                let report = draft.reporter.no_card(index, address);
                draft.report(report);
            }
            continue;
        }
        let change = (address(draft, index, &name, true, v4), address(draft, index, &name, false, v6));
        let to = set.interface(index);
        (to.ipv4, to.ipv6) = change;
        interface.into_iter().for_each(|it| more(draft, it, [v4.wanted(), v6.wanted()]));
    }
}

/// What a card has of a family where the record has no primary address of it: an only address counts as the primary one,
/// of several the first is set. It is set where somebody gave it, or while the guest is made; one that somebody took from
/// being the primary one goes, and what is there without a cause is left.
fn unassigned_primary(
    draft: &Draft<'_>,
    index: u8,
    own: Part<IpNet>,
    interface: Option<&GuestInterface>,
    v4: bool,
) -> Holder {
    let Part::Given(address) = own else { return Holder::Primary(Part::None) };
    if draft.event.caused(|change| change.cleared_primary(v4)) {
        return Holder::Primary(Part::None);
    }
    let given = draft.event.caused(|change| matches!(change.what, Changed::Address | Changed::Interface { .. }));
    let found = draft.current.ipconfig.given().and_then(|all| all.get(&index));
    let setting = found.and_then(|found| if v4 { found.ip.as_ref() } else { found.ip6.as_ref() });
    let is_there = setting.and_then(IpSetting::cidr).is_some_and(|cidr| cidr.to_string() == address.to_string());
    if !draft.creating && !given && !is_there {
        return Holder::Primary(Part::Unknown);
    }
    let of_family = |ip: &&IpNet| ip.addr().is_ipv4() == v4;
    let only = interface.into_iter().flat_map(|it| &it.addresses).filter(of_family).count() == 1;
    if only { Holder::Primary(own) } else { Holder::Other(own) }
}

/// Whether a container has no card that could hold an address, and is given none.
fn lacks_card(draft: &Draft<'_>, set: &Settings, index: u8) -> bool {
    let absent = draft.current.interfaces.given().is_some_and(|all| !all.contains_key(&index));
    let given = set.interfaces.iter().any(|it| it.index == index && matches!(it.card, Card::Set(_)));
    absent && !given
}

/// Proxmox takes one address of each family for an interface: whoever assigns another is told. Where none is taken, the
/// record has no primary address yet.
fn more(draft: &mut Draft<'_>, interface: &GuestInterface, taken: [Part<IpNet>; 2]) {
    if draft.creating || draft.event.caused(|change| matches!(change.what, Changed::Address)) {
        let another = |ip: &&IpNet| {
            let of_family = taken.iter().filter_map(Part::given).find(|it| it.addr().is_ipv4() == ip.addr().is_ipv4());
            of_family.is_some_and(|it| it != *ip)
        };
        for other in interface.addresses.iter().filter(another) {
            let report = draft.reporter.another_address(&interface.name, other);
            draft.report(report);
        }
    }
}
