//! The interfaces of a record and their addresses.

use std::collections::BTreeSet;

use ipnet::IpNet;
use netbox_api::{Choice, IpAddress, VmInterface};

use super::{Reader, Related};
use crate::guest::{Blocks, GuestInterface, Vlans};
use crate::part::Part;

impl Reader<'_> {
    /// The interfaces that may be network cards: a child of another one, and a bridge of others, exist within the guest
    /// only. Which of them are cards the planner says.
    pub(super) fn interfaces(&mut self, interfaces: &[VmInterface], related: &Related<'_>) -> Vec<GuestInterface> {
        let bridges: BTreeSet<u64> = interfaces.iter().filter_map(|it| Some(it.bridge.as_ref()?.id)).collect();
        let may_be = |it: &&VmInterface| it.parent.is_none() && !bridges.contains(&it.id);
        let mut cards: Vec<&VmInterface> = interfaces.iter().filter(may_be).collect();
        cards.sort_by_key(|interface| interface.id);
        cards.into_iter().map(|interface| self.interface(interface, related)).collect()
    }

    fn interface(&mut self, interface: &VmInterface, related: &Related<'_>) -> GuestInterface {
        let field = format!("interface {}", interface.name);
        let named = GuestInterface { id: interface.id, name: interface.name.clone(), ..GuestInterface::default() };
        let name = self.fields.bridge.clone();
        let bridge = self.custom(&interface.custom_fields, &name, Blocks::Part, bridge).given().cloned();
        let of_vlan = || related.bridges?.get(&interface.untagged_vlan.as_ref()?.id).cloned();
        let mtu = interface.mtu.and_then(|mtu| match u32::try_from(mtu) {
            Ok(mtu @ 576..=65520) => Some(mtu),
            _ => {
                let why = "Proxmox takes an MTU of 576 to 65520. Correct it, or clear it";
                self.problem(&format!("{field} MTU"), &mtu.to_string(), why, Blocks::Part);
                None
            }
        });
        let mac = interface.mac_address.as_ref().map(|mac| mac.to_ascii_uppercase()).filter(|mac| {
            let fits = is_unicast(mac);
            if !fits {
                let why = "this is no MAC address of a network card: six bytes, of which the first is even. Correct it";
                self.problem(&named.mac_field(), mac, why, Blocks::Part);
            }
            fits
        });
        let on_it = |address: &&IpAddress| address.assigned_object_id == Some(interface.id);
        let mut addresses: Vec<&IpAddress> = related.addresses.iter().filter(on_it).collect();
        addresses.sort_by_key(|address| address.id);
        GuestInterface {
            enabled: interface.enabled,
            mac,
            mtu,
            bridge: bridge.or_else(of_vlan),
            vlans: vlans(interface),
            addresses: addresses.into_iter().filter_map(|address| self.on_card(&field, address)).collect(),
            ..named
        }
    }

    /// An address that is for the card to have, by its status and its role in NetBox.
    fn on_card(&mut self, field: &str, address: &IpAddress) -> Option<IpNet> {
        let value = |choice: &Option<Choice>| choice.as_ref().map(|choice| choice.value.clone()).unwrap_or_default();
        let (status, role) = (value(&address.status), value(&address.role));
        let why = match (status.as_str(), role.as_str()) {
            // What a person has made primary is to be set.
            _ if self.primary.contains(&address.id) => return address.network(),
            _ if address.network().is_none() => "this cannot be read as an address. Correct it".to_owned(),
            ("deprecated" | "reserved" | "dhcp" | "slaac", _) => {
                format!("it was not set, as its status in NetBox is {status}. Set its status to Active to have it set")
            }
            (_, "vip" | "vrrp" | "hsrp" | "glbp" | "carp" | "anycast" | "loopback") => format!(
                "it was not set, as its role in NetBox is {role}: software within the guest has it. Clear its role to have it \
                 set"
            ),
            _ if address.nat_inside.is_some() => {
                let inside = address.nat_inside.as_ref().map(|inside| inside.address.as_str()).unwrap_or_default();
                format!("it was not set, as it is translated to {inside} (NAT): assign that one to the interface")
            }
            _ => return address.network(),
        };
        let is = match (status.as_str(), role.as_str()) {
            ("active", "") => "NAT".to_owned(),
            ("active", _) => role,
            _ => status,
        };
        let found = format!("{} ({is})", address.address);
        self.problem(&format!("{field} address"), &found, &why, Blocks::Part);
        None
    }
}

/// Whether it is a MAC address that Proxmox gives a card: not one of a group (refused by Proxmox VE 9.1).
fn is_unicast(mac: &str) -> bool {
    let bytes: Vec<Option<u8>> = mac.split(':').map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
    bytes.len() == 6 && bytes.iter().all(Option::is_some) && bytes[0].is_some_and(|first| first & 1 == 0)
}

/// The VLANs that an interface's mode means. `tagged-all` is a card without a VLAN filter.
fn vlans(interface: &VmInterface) -> Part<Vlans> {
    let vid = |vlan: &netbox_api::VlanBrief| vlan.vid.and_then(|vid| u16::try_from(vid).ok());
    let untagged = interface.untagged_vlan.as_ref().and_then(vid);
    match interface.mode.as_ref().map(|mode| mode.value.as_str()) {
        Some("access") => Part::Given(Vlans { untagged, tagged: Vec::new() }),
        Some("tagged") => {
            let mut tagged: Vec<u16> = interface.tagged_vlans.iter().filter_map(vid).collect();
            tagged.sort_unstable();
            Part::Given(Vlans { untagged, tagged })
        }
        Some("tagged-all") => Part::Given(Vlans::default()),
        _ => Part::Unknown,
    }
}

fn bridge(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if text.len() <= 15 && text.chars().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err("this is not the name of a bridge, such as vmbr0. Correct it, or clear it".into())
    }
}
