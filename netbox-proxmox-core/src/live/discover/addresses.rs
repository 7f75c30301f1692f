//! The addresses of a guest's cards: those that are on them while it runs, and those that they are configured with.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;
use netbox_api::IpAddress;
use proxmox_api::{Cidr, InnerInterface, IpSetting, Vmid};

use super::found::{Found, Inner};
use crate::policy::Policy;

/// How many addresses of one card are taken: more are more likely what software makes.
const MOST: usize = 16;

/// An address of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Address {
    /// With its prefix length.
    pub(super) address: IpNet,
    /// How it came there, as NetBox's status says it: `active`, `dhcp` or `slaac`.
    pub(super) status: &'static str,
    /// Whether the card is configured with it, and with a gateway.
    pub(super) routed: bool,
}

/// The addresses of the card with this index: those within the running guest; where nobody tells, those it is configured with.
pub(super) fn addresses_of(guest: &Found, index: u8, policy: &Policy) -> Vec<Address> {
    let config = guest.current.ipconfig.given().and_then(|all| all.get(&index)).cloned().unwrap_or_default();
    let setting = |v4: bool| if v4 { &config.ip } else { &config.ip6 };
    let gateway = |v4: bool| if v4 { config.gw } else { config.gw6 };
    let of = |address: IpNet| {
        let v4 = address.addr().is_ipv4();
        let (status, configured) = match setting(v4) {
            Some(IpSetting::Dhcp) => ("dhcp", false),
            Some(IpSetting::Auto) => ("slaac", false),
            Some(IpSetting::Static(cidr)) => ("active", net(*cidr) == Some(address)),
            Some(IpSetting::Other(_)) | None => ("active", false),
        };
        Address { address, status, routed: configured && gateway(v4).is_some() }
    };
    let mac = guest.current.interfaces.given().and_then(|all| all.get(&index)?.mac.as_deref());
    let mut found: Vec<IpNet> = match (&guest.inner, mac) {
        (Inner::Told(inner), Some(mac)) => within(inner, mac, policy),
        _ => Vec::new(),
    };
    if found.is_empty() {
        let configured = [&config.ip, &config.ip6].into_iter().flatten().filter_map(IpSetting::cidr);
        found = configured.filter_map(net).filter(is_of_network).collect();
    }
    found.truncate(MOST);
    found.into_iter().map(of).collect()
}

/// Those on the interface that is this card; VLANs upon it have its MAC address, too.
fn within(inner: &[InnerInterface], mac: &str, policy: &Policy) -> Vec<IpNet> {
    let is_it = |interface: &&InnerInterface| {
        let same = interface.mac.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(mac));
        let ignored =
            policy.ignored_interfaces.iter().any(|begin| begin != "bond" && interface.name.starts_with(begin));
        same && !ignored && !interface.name.contains(['.', '@'])
    };
    let mut found: Vec<IpNet> = Vec::new();
    for address in inner.iter().filter(is_it).flat_map(|interface| &interface.addresses).filter_map(|it| net(*it)) {
        if is_of_network(&address) && !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

fn net(cidr: Cidr) -> Option<IpNet> {
    IpNet::new(cidr.address, cidr.prefix).ok()
}

/// Not one that every interface has by itself.
fn is_of_network(address: &IpNet) -> bool {
    let address = address.addr();
    let local = match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    !local && !address.is_loopback() && !address.is_multicast() && !address.is_unspecified()
}

/// The addresses that NetBox has, by host, and those that guests of this run were given.
pub(super) struct Taken<'a> {
    known: BTreeMap<IpAddr, Vec<&'a IpAddress>>,
    given: BTreeMap<IpAddr, Vmid>,
}

/// What becomes of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is on the interface already.
    There(u64),
    /// NetBox has it, on nothing.
    Free(u64),
    /// NetBox does not have it.
    New,
    /// It cannot be the interface's: why, and what to do.
    Another(String),
}

impl<'a> Taken<'a> {
    pub(super) fn new(addresses: &'a [IpAddress]) -> Self {
        let mut known: BTreeMap<IpAddr, Vec<&IpAddress>> = BTreeMap::new();
        for address in addresses {
            if let Some(net) = address.network() {
                known.entry(net.addr()).or_default().push(address);
            }
        }
        Self { known, given: BTreeMap::new() }
    }

    /// What becomes of an address of a guest, on an interface that NetBox has or not.
    pub(super) fn fate(&mut self, address: IpNet, interface: Option<u64>, vmid: Vmid) -> Fate {
        if let Some(other) = self.given.insert(address.addr(), vmid).filter(|other| *other != vmid) {
            self.given.insert(address.addr(), other);
            return Fate::Another(format!(
                "{address} is guest {other}'s, too: it was left there. Correct one of the two"
            ));
        }
        let all = self.known.get(&address.addr()).map_or(&[][..], Vec::as_slice);
        let is_here = |it: &&&IpAddress| {
            interface.is_some() && it.assigned_object_id == interface && it.virtual_machine().is_some()
        };
        if let Some(here) = all.iter().find(is_here) {
            return Fate::There(here.id);
        }
        match all {
            [] => Fate::New,
            [free] if free.assigned_object_id.is_none() => match free.network() == Some(address) {
                true => Fate::Free(free.id),
                false => Fate::Another(format!(
                    "NetBox has {} with another prefix length, and the guest {address}: correct one of them",
                    free.address
                )),
            },
            several => Fate::Another(format!(
                "{address} is {} in NetBox, and was left there. If it is this guest's, take it from there",
                places(several)
            )),
        }
    }
}

/// Where addresses are, for people.
fn places(all: &[&IpAddress]) -> String {
    let place = |address: &&IpAddress| match &address.assigned_object {
        Some(object) => {
            let of = object.virtual_machine.as_ref().map(|machine| format!("virtual machine {}", machine.name));
            let of = of.or_else(|| object.device.as_ref().map(|device| format!("device {}", device.name)));
            format!("on interface {} of {}", object.name, of.unwrap_or_else(|| "another object".to_owned()))
        }
        None if address.assigned_object_id.is_some() => "on another object".to_owned(),
        None => "there without an interface".to_owned(),
    };
    let mut places: Vec<String> = all.iter().map(place).collect();
    places.dedup();
    places.join(" and ")
}
