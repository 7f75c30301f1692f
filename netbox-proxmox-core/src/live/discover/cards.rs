//! A guest's network cards: its interfaces in NetBox with their MAC addresses, VLANs, bridges and addresses.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;
use netbox_api::client::{CustomFieldsPatch, Field, NewVmInterface, VmInterfacePatch};
use netbox_api::{CustomFields, ObjectType, Vlan, VmInterface};
use serde_json::Value;

use super::addresses::{Address, Fate, Taken, addresses_of};
use super::draft::Draft;
use super::machine::given;
use super::plan::{AddressPlan, AddressWrite, InterfacePlan, MacPlan, World, Write};
use super::{Found, Record, RemarkKind};
use crate::current::CurrentInterface;
use crate::live::proposed::{Attribute, Proposed, Verb};

type Said = Vec<(RemarkKind, String)>;

/// What Proxmox takes as the MTU of a card; 1 stands for its bridge's.
const MTU: std::ops::RangeInclusive<u32> = 576..=65520;

/// The cards of a guest.
#[derive(Debug, Default)]
pub(super) struct Cards {
    pub(super) interfaces: Vec<InterfacePlan>,
    pub(super) proposed: Vec<Proposed>,
    /// What becomes the record's primary addresses, IPv4 and IPv6.
    pub(super) primary: [Option<IpNet>; 2],
    /// The gateway, where the policy would give another one.
    pub(super) gateway: Option<String>,
}

pub(super) fn cards(
    world: &World<'_>,
    guest: &Found,
    known: Option<&Record>,
    taken: &mut Taken<'_>,
    said: &mut Said,
) -> Cards {
    let mut cards = Cards::default();
    let mut candidates: Vec<(usize, usize, Address)> = Vec::new();
    let mut addressed: Vec<Proposed> = Vec::new();
    let assigned = assigned(guest, known);
    for (index, card) in guest.current.interfaces.given().into_iter().flatten() {
        let has = assigned.get(index).copied();
        let mut plan = interface(world, guest, *index, card, has, said, &mut cards.proposed);
        for found in addresses_of(guest, *index, world.policy) {
            let write = match taken.fate(found.address, has.map(|it| it.id), guest.observed.vmid) {
                Fate::There(id) => AddressWrite::Keep(id),
                Fate::Free(id) => AddressWrite::Assign(id),
                Fate::New => AddressWrite::Create { status: found.status },
                Fate::Another(why) => {
                    said.push((RemarkKind::Left, why));
                    continue;
                }
            };
            addressed.extend(shown(&write, &found, &name_of(*index, card, has), &guest.name()));
            candidates.push((cards.interfaces.len(), plan.addresses.len(), found));
            plan.addresses.push(AddressPlan { address: found.address, write, primary: false });
        }
        cards.interfaces.push(plan);
    }
    cards.proposed.extend(addressed);
    let machine = known.map(|record| &record.machine);
    let has = [
        machine.is_some_and(|machine| machine.primary_ip4.is_some()),
        machine.is_some_and(|machine| machine.primary_ip6.is_some()),
    ];
    for family in (0..2).filter(|family| !has[*family]) {
        let of_family = |it: &&(usize, usize, Address)| it.2.address.addr().is_ipv4() == (family == 0);
        // One that a server lent is none that the guest is to be set to.
        let usable = || candidates.iter().filter(of_family).filter(|it| it.2.status == "active");
        if let Some((at, which, found)) = usable().find(|it| it.2.routed).or_else(|| usable().next()) {
            cards.interfaces[*at].addresses[*which].primary = true;
            cards.primary[family] = Some(found.address);
        }
    }
    cards.gateway = gateway(world, guest, cards.primary);
    cards
}

/// Whether an interface is the card with an index.
type Rule<'a> = &'a dyn Fn(&VmInterface, u8, &CurrentInterface) -> bool;

/// Which interface each card is: the one with its MAC address, else the one of its name.
fn assigned<'a>(guest: &Found, known: Option<&'a Record>) -> BTreeMap<u8, &'a VmInterface> {
    let mut left: Vec<&VmInterface> = known.into_iter().flat_map(|record| &record.interfaces).collect();
    let has_mac = |it: &VmInterface, _: u8, card: &CurrentInterface| {
        let same = |mac: &str| card.mac.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(mac));
        it.mac_address.as_deref().is_some_and(same) || it.mac_addresses.iter().any(|mac| same(&mac.mac_address))
    };
    let named = |it: &VmInterface, index: u8, card: &CurrentInterface| {
        it.name == format!("net{index}") || card.name.as_ref() == Some(&it.name)
    };
    let rules: [Rule<'_>; 2] = [&has_mac, &named];
    let mut assigned = BTreeMap::new();
    for rule in rules {
        for (index, card) in guest.current.interfaces.given().into_iter().flatten() {
            let found = left.iter().position(|it| !assigned.contains_key(index) && rule(it, *index, card));
            assigned.extend(found.map(|at| (*index, left.remove(at))));
        }
    }
    assigned
}

fn name_of(index: u8, card: &CurrentInterface, has: Option<&VmInterface>) -> String {
    let own = || card.name.clone().unwrap_or_else(|| format!("net{index}"));
    has.map_or_else(own, |interface| interface.name.clone())
}

fn interface(
    world: &World<'_>,
    guest: &Found,
    index: u8,
    card: &CurrentInterface,
    has: Option<&VmInterface>,
    said: &mut Said,
    proposed: &mut Vec<Proposed>,
) -> InterfacePlan {
    let fields = &world.known.fields;
    let none = CustomFields::default();
    let custom = has.map_or(&none, |interface| &interface.custom_fields);
    let mut draft = Draft::new(fields, ObjectType::VM_INTERFACE, false);
    let enabled = draft.set("enabled", has.and_then(|it| it.enabled.as_ref()), Some(!card.link_down));
    let mtu = card.mtu.filter(|mtu| MTU.contains(mtu)).map(u64::from);
    let mtu = draft.set("mtu", has.and_then(|it| it.mtu.as_ref()), mtu);
    let custom_fields = draft.custom(CustomFieldsPatch::new(), &fields.names().bridge, custom, card.bridge.as_deref());
    let mac = mac(card, has, &mut draft);
    let (mut mode, mut untagged_vlan, mut tagged_vlans) = (Field::Leave, Field::Leave, Field::Leave);
    match vlans(world, card, has) {
        Ok(None) => {}
        Ok(Some(wanted)) => {
            let text = has.and_then(|it| Some(it.mode.as_ref()?.value.clone()));
            mode = draft.set("mode", text.as_ref(), Some(wanted.mode.to_owned()));
            let vid = has.and_then(|it| it.untagged_vlan.as_ref()?.vid);
            untagged_vlan = draft.set_as("untagged_vlan", vid.as_ref(), wanted.untagged);
            let vids = has.map(|it| it.tagged_vlans.iter().filter_map(|vlan| vlan.vid).collect::<Vec<_>>());
            let vids = vids.map(|mut vids| {
                vids.sort_unstable();
                vids
            });
            let tagged: (Vec<u64>, Vec<u64>) = wanted.tagged.into_iter().unzip();
            tagged_vlans = draft.set_as(
                "tagged_vlans",
                vids.as_ref().filter(|it| !it.is_empty()),
                Some(tagged).filter(|it| !it.0.is_empty()),
            );
        }
        Err(why) => said.push((RemarkKind::Left, format!("net{index}: {why}"))),
    }
    said.extend(draft.refused.drain(..).map(|why| (RemarkKind::Left, why)));
    let name = name_of(index, card, has);
    let called = format!("{name} of {}", guest.name());
    let write = match has {
        None => {
            let new = NewVmInterface {
                name,
                enabled: given(enabled),
                mtu: given(mtu),
                mode: given(mode),
                untagged_vlan: given(untagged_vlan),
                tagged_vlans: given(tagged_vlans),
                custom_fields,
                ..NewVmInterface::default()
            };
            proposed.extend(draft.proposed(Verb::Create, "interface", called));
            Write::Create(new)
        }
        Some(interface) => {
            let patch = VmInterfacePatch {
                enabled,
                mtu,
                mode,
                untagged_vlan,
                tagged_vlans,
                custom_fields,
                ..VmInterfacePatch::default()
            };
            proposed.extend(draft.proposed(Verb::Change, "interface", called));
            match patch == VmInterfacePatch::default() {
                true => Write::Keep(interface.id),
                false => Write::Change(interface.id, patch),
            }
        }
    };
    InterfacePlan { write, mac, addresses: Vec::new() }
}

fn mac(card: &CurrentInterface, has: Option<&VmInterface>, draft: &mut Draft<'_>) -> MacPlan {
    let Some(mac) = card.mac.as_ref().map(|mac| mac.to_ascii_uppercase()) else { return MacPlan::Keep };
    let primary = has.and_then(|it| it.mac_address.as_ref()).map(|mac| mac.to_ascii_uppercase());
    if draft.set("mac_address", primary.as_ref(), Some(mac.clone())).is_leave() {
        return MacPlan::Keep;
    }
    let of_it = has.and_then(|it| it.mac_addresses.iter().find(|it| it.mac_address.eq_ignore_ascii_case(&mac)));
    of_it.map_or(MacPlan::Make(mac), |it| MacPlan::Use(it.id))
}

/// The VLANs of a card as NetBox says them, each with its number and its id.
struct WantedVlans {
    mode: &'static str,
    untagged: Option<(u64, u64)>,
    tagged: Vec<(u64, u64)>,
}

/// None for a card without VLANs: what NetBox says of those stays.
fn vlans(world: &World<'_>, card: &CurrentInterface, has: Option<&VmInterface>) -> Result<Option<WantedVlans>, String> {
    let vlans = &card.vlans;
    let pick = |vid: u16| {
        let vid = u64::from(vid);
        let of_it = has.into_iter().flat_map(|it| it.untagged_vlan.iter().chain(&it.tagged_vlans));
        match of_it.clone().find(|vlan| vlan.vid == Some(vid)) {
            Some(vlan) => Ok((vid, vlan.id)),
            None => vlan(world, vid, card.bridge.as_deref()).map(|id| (vid, id)),
        }
    };
    let untagged = vlans.untagged.map(pick).transpose()?;
    let mut tagged = vlans.tagged.iter().map(|vid| pick(*vid)).collect::<Result<Vec<_>, _>>()?;
    tagged.sort_unstable();
    Ok(match (untagged, tagged.is_empty()) {
        (None, true) => None,
        (untagged, true) => Some(WantedVlans { mode: "access", untagged, tagged }),
        (untagged, false) => Some(WantedVlans { mode: "tagged", untagged, tagged }),
    })
}

/// The one VLAN with a number that can be on a bridge, by the groups that the policy gives a bridge.
fn vlan(world: &World<'_>, vid: u64, bridge: Option<&str>) -> Result<u64, String> {
    let bridge_of = |vlan: &Vlan| world.policy.vlan_group_bridges.get(&vlan.group.as_ref()?.name).map(String::as_str);
    let all = || world.known.vlans.iter().filter(|vlan| vlan.vid == Some(vid));
    let here: Vec<&Vlan> = all().filter(|vlan| bridge.is_some() && bridge_of(vlan) == bridge).collect();
    let perhaps: Vec<&Vlan> = all().filter(|vlan| bridge_of(vlan).is_none()).collect();
    match (here.as_slice(), perhaps.as_slice()) {
        ([vlan], _) | ([], [vlan]) => Ok(vlan.id),
        ([], []) => Err(format!("NetBox has no VLAN {vid} for it: make it, then discover again")),
        _ => Err(format!(
            "NetBox has several VLANs {vid}: give their groups bridges ([policy] vlan_group_bridges), or choose one in NetBox"
        )),
    }
}

/// An address as it is shown, if it is written.
fn shown(write: &AddressWrite, found: &Address, interface: &str, guest: &str) -> Option<Proposed> {
    let attribute = |name: &str, new: &str| Attribute { name: name.to_owned(), old: Value::Null, new: new.into() };
    let on = attribute("assigned_object", &format!("{interface} of {guest}"));
    let (verb, attributes) = match write {
        AddressWrite::Keep(_) => return None,
        AddressWrite::Assign(_) => (Verb::Change, vec![on]),
        AddressWrite::Create { .. } => (Verb::Create, vec![on, attribute("status", found.status)]),
    };
    Some(Proposed { verb, kind: "IP address".to_owned(), name: found.address.to_string(), attributes })
}

/// What the gateway field has to say for NetBox to mean the gateway that the guest has.
fn gateway(world: &World<'_>, guest: &Found, primary: [Option<IpNet>; 2]) -> Option<String> {
    let configs = guest.current.ipconfig.given()?;
    let mut own: Vec<Option<IpAddr>> = Vec::new();
    let mut differs = false;
    for address in primary.into_iter().flatten() {
        let is = |setting: &proxmox_api::IpSetting| {
            setting.cidr().is_some_and(|cidr| cidr.to_string() == address.to_string())
        };
        // Of what the guest has set itself nobody knows.
        let of_it = configs.values().find(|config| [&config.ip, &config.ip6].into_iter().flatten().any(is));
        let Some(config) = of_it else { continue };
        let gateway = if address.addr().is_ipv4() { config.gw } else { config.gw6 };
        differs |= gateway != world.policy.gateway.gateway(&address);
        own.push(gateway);
    }
    let texts: Vec<String> = own.iter().flatten().map(ToString::to_string).collect();
    match (differs, texts.len() == own.len(), texts.is_empty()) {
        (false, ..) => None,
        (true, _, true) => Some("none".to_owned()),
        (true, true, false) => Some(texts.join(" ")),
        // One family with and one without a gateway: the field cannot say that.
        (true, false, false) => None,
    }
}
