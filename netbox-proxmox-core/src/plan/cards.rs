//! Which interfaces of NetBox are network cards, in which order.
//!
//! An interface is a card if it is named like one, has a bridge, VLANs or a MAC address of its own, was one before, or is the
//! only one. What software makes within a guest (bridges, tunnels, networks of containers) is none.

use crate::event::Event;
use crate::guest::{Guest, GuestInterface};
use crate::policy::Policy;

/// How the names of network cards begin, before a number or the place of the card: Linux, BSD, Windows, Proxmox.
const NAMED_LIKE_CARDS: [&str; 14] =
    ["net", "eth", "ens", "enp", "eno", "enx", "em", "nic", "vtnet", "vmx", "xn", "hn", "ethernet", "network adapter"];

/// The cards, by the numbers in their names where they have any, else as they were created.
pub(super) fn of<'a>(event: &Event, guest: &'a Guest, policy: &Policy) -> Vec<&'a GuestInterface> {
    let ignored = |name: &str| policy.ignored_interfaces.iter().any(|prefix| name.starts_with(prefix.as_str()));
    let all = guest.interfaces.given().into_iter().flatten();
    let mut cards: Vec<&GuestInterface> = all.filter(|interface| !ignored(&interface.name)).collect();
    let only = cards.len() == 1;
    let was = |id: u64| event.context.known_interfaces.iter().any(|known| known.id == id);
    cards.retain(|it| only || is_card(it) || was(it.id));
    cards.sort_by_cached_key(|interface| (numbers(&interface.name), interface.id));
    cards
}

fn is_card(interface: &GuestInterface) -> bool {
    let of_its_own = interface.mac.is_some() || interface.bridge.is_some() || !interface.vlans.is_unknown();
    of_its_own || is_named_like_one(&interface.name)
}

fn is_named_like_one(name: &str) -> bool {
    let name = name.trim().to_ascii_lowercase();
    // `eth0.100` is a VLAN upon a card, `eth0:1` a second name of it.
    let is_of_another = name.contains(['.', ':', '@']);
    let begins = |prefix: &str| name.strip_prefix(prefix).is_some_and(|rest| rest.chars().any(|c| c.is_ascii_digit()));
    !is_of_another && (NAMED_LIKE_CARDS.iter().any(|prefix| begins(prefix)) || name == "ethernet")
}

/// What orders names as people do: `eth2` before `eth10`. Names without a number come last, all alike.
fn numbers(name: &str) -> (bool, Vec<(String, u64)>) {
    let mut parts: Vec<(String, u64)> = Vec::new();
    let mut rest = name;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (text, tail) = rest.split_at(at);
        let end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        parts.push((text.to_ascii_lowercase(), tail[..end].parse().unwrap_or(u64::MAX)));
        rest = &tail[end..];
    }
    (parts.is_empty(), parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_like_a_card() {
        for name in [
            "net0",
            "eth0",
            "ens18",
            "enp6s18",
            "eno1",
            "enx00e04c",
            "em1",
            "vtnet0",
            "Ethernet 2",
            "Network adapter 1",
        ] {
            assert!(is_named_like_one(name), "{name}");
        }
        for name in
            ["lo", "cali3f1a2b4c5d6", "flannel.1", "cni0", "kube-ipvs0", "mgmt", "eth0.100", "eth0:1", "vlan10", "net"]
        {
            assert!(!is_named_like_one(name), "{name}");
        }
    }

    #[test]
    fn cards_are_in_the_order_of_their_numbers() {
        let mut names = ["lan", "eth10", "eth2", "wan", "eth1"];
        names.sort_by_cached_key(|name| numbers(name));
        assert_eq!(names, ["eth1", "eth2", "eth10", "lan", "wan"]);
    }
}
