//! What is said of network cards and addresses.

use ipnet::IpNet;

use super::{Report, Reporter};
use crate::guest::Status;

impl Reporter {
    /// An address for a container that has no card to hold it.
    pub fn no_card(&self, index: u8, address: &IpNet) -> Report {
        let text = format!(
            "{}: {address} was not set, because the container has no net{index}. Create the interface in NetBox and assign \
             the address to it.",
            self.name
        );
        self.report(&format!("interface net{index}"), address, "missing", text)
    }

    /// A primary address whose prefix has no room for a gateway.
    pub fn no_gateway(&self, field: &str, address: &IpNet, gateway: &str) -> Report {
        let text = format!(
            "{}: {field} {address} was set without a gateway, as its prefix has no other host, and nothing else gives the \
             guest a default route. Write the gateway into {gateway}, or `none` if there shall be none.",
            self.name
        );
        self.report("gateway", address, "none", text).remark()
    }

    /// A network card that NetBox has no interface for, though nobody deleted it there.
    pub fn orphaned_interface(&self, index: u8, found: &str) -> Report {
        let text = format!(
            "{}: net{index} ({found}) is in Proxmox and has no interface in NetBox. It was left, as nobody deleted it in \
             NetBox: create it there (net{index}, with this MAC address), or remove it in Proxmox.",
            self.name
        );
        // Keyed without its MAC address, which a clone has only once it is made.
        self.report(&format!("interface net{index}"), "", "in Proxmox only", text).claiming_no_cause()
    }

    /// More network cards than one plan may add.
    pub fn many_cards(&self, more: usize, most: usize) -> Report {
        let text = format!(
            "{}: {more} network cards would be added, more than {most} at once, so none was: these may be interfaces that \
             software made within the guest. Delete those in NetBox, name what they begin with in `[policy] \
             ignored_interfaces`, or raise `[policy] cards_at_once`.",
            self.name
        );
        self.report("interfaces", more, "too many at once", text)
    }

    /// A network card whose interface was deleted in NetBox while nothing may reach into the guest.
    pub fn interface_kept(&self, index: u8, found: &str, status: &Status) -> Report {
        let text = format!(
            "{}: the interface of net{index} ({found}) was deleted in NetBox while the status is {status}; the card was \
             kept. Remove it in Proxmox, or set the status to Staged before deleting an interface.",
            self.name
        );
        // The same difference as of a card that nobody deleted, which it is from the next look on.
        self.report(&format!("interface net{index}"), "", "in Proxmox only", text)
    }

    /// An address beyond the one of its family that an interface takes.
    pub fn another_address(&self, interface: &str, address: &IpNet) -> Report {
        let text = format!(
            "{}: {address} on interface {interface} was not set: Proxmox takes one IPv4 and one IPv6 address for an \
             interface. Set it within the guest.",
            self.name
        );
        self.report(&format!("interface {interface}"), address, "one of each family", text)
    }

    /// The MAC address of a card that NetBox does not take.
    pub fn mac_not_recorded(&self, index: u8, why: &str) -> Report {
        let text = format!(
            "{}: the MAC address of net{index} could not be written to its interface. Let the token of the server add MAC \
             addresses and change interfaces, then save the virtual machine. {why}",
            self.name
        );
        self.report(&format!("net{index} MAC address"), "recorded", why, text)
    }
}
