//! The desired state of a guest, in Proxmox's terms with NetBox's identity.

use std::fmt;

use ipnet::IpNet;
use proxmox_api::{DiskSlot, GuestType, MiB, NodeName, SshKeys, StorageId, Vmid};
use serde::{Deserialize, Serialize};

use crate::address::GatewayRule;
use crate::moment::Moment;
use crate::option::GuestOptions;
use crate::part::Part;
use crate::units::Megabytes;

/// The id of a VirtualMachine in NetBox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordId(pub u64);

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A record by which a guest is owned. An id can come again, once NetBox was restored: the birth tells the two apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Owner {
    /// The record's id.
    pub record: RecordId,
    /// When the record was created.
    pub birth: Moment,
}

/// As in the marker; the inbox keeps what it knows of a record under it.
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.record, self.birth)
    }
}

/// A cluster in NetBox. It is known by its id: its name may change, and another cluster may have the same one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cluster {
    /// Its id.
    pub id: u64,
    /// Its name, for people.
    pub name: String,
}

impl fmt::Display for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The status of a record in NetBox.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Status {
    /// Being prepared: configuration is applied, the power state is left alone.
    Staged,
    /// Running.
    Active,
    /// Shut down.
    Offline,
    /// Suspended.
    Paused,
    /// Any other (planned, failed, decommissioning, a site's own): the guest is left alone.
    Other(String),
}

impl Status {
    /// Whether a guest should exist in this status (P in the mission's table).
    pub fn wants_guest(&self) -> bool {
        !matches!(self, Self::Other(_))
    }
}

impl From<String> for Status {
    fn from(value: String) -> Self {
        match value.as_str() {
            "staged" => Self::Staged,
            "active" => Self::Active,
            "offline" => Self::Offline,
            "paused" => Self::Paused,
            _ => Self::Other(value),
        }
    }
}

impl From<&str> for Status {
    fn from(value: &str) -> Self {
        value.to_owned().into()
    }
}

impl From<Status> for String {
    fn from(value: Status) -> Self {
        value.to_string()
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Staged => "staged",
            Self::Active => "active",
            Self::Offline => "offline",
            Self::Paused => "paused",
            Self::Other(other) => other,
        })
    }
}

/// What a guest is made from. In JSON its VMID, or the text that a record says.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged, from = "Written")]
pub enum Template {
    /// Clone the guest with this VMID.
    Guest(Vmid),
    /// Create a container from this volume (`store:vztmpl/…`).
    Volume(String),
    /// Clone the template that has this name in Proxmox.
    Named(String),
}

/// A template as JSON has it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Vmid(Vmid),
    Text(String),
}

impl From<Written> for Template {
    fn from(written: Written) -> Self {
        match written {
            Written::Vmid(vmid) => Self::Guest(vmid),
            Written::Text(text) => Self::from(text.as_str()),
        }
    }
}

/// A number is a VMID, what has a colon a volume, all else a name.
impl From<&str> for Template {
    fn from(text: &str) -> Self {
        match text.parse() {
            Ok(vmid) => Self::Guest(vmid),
            Err(_) if text.contains(':') => Self::Volume(text.to_owned()),
            Err(_) => Self::Named(text.to_owned()),
        }
    }
}

/// Something in NetBox that cannot be done as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// The field, or the disk, named as in NetBox.
    pub field: String,
    /// What NetBox has there.
    pub found: String,
    /// Why it cannot be used, and what to do.
    pub why: String,
    /// What it keeps from being done.
    pub blocks: Blocks,
}

/// How far a [`Problem`] reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blocks {
    /// Only the part that it names.
    Part,
    /// The creation of the guest.
    Creation,
    /// Everything: it is not known which guest is meant.
    Everything,
}

/// A virtual disk in NetBox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestDisk {
    /// The id of the VirtualDisk.
    pub id: u64,
    /// Where it is attached; its name in NetBox.
    pub slot: DiskSlot,
    /// Its size.
    pub size: Megabytes,
    /// Its storage; not given means that of the root disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<StorageId>,
    /// Where a container mounts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// A network interface in NetBox.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GuestInterface {
    /// The id of the VMInterface.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Whether its cable is plugged in; not known if NetBox does not say.
    pub enabled: Option<bool>,
    /// Its MAC address; none = the one that Proxmox gives it is recorded.
    pub mac: Option<String>,
    /// Its MTU; none = that of the guest is left.
    pub mtu: Option<u32>,
    /// The bridge, where NetBox names one; a new interface without gets the policy's.
    pub bridge: Option<String>,
    /// The VLANs it is in; unknown where NetBox gives it no mode.
    #[serde(skip_serializing_if = "Part::is_unknown")]
    pub vlans: Part<Vlans>,
    /// Its addresses with their prefix lengths, in NetBox's order of creation.
    pub addresses: Vec<IpNet>,
}

impl GuestInterface {
    /// What its MAC address is called for people.
    pub(crate) fn mac_field(&self) -> String {
        format!("interface {} MAC address", self.name)
    }
}

/// The VLANs of an interface. None at all is an interface without VLANs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Vlans {
    /// The untagged one: Proxmox's `tag`.
    pub untagged: Option<u16>,
    /// The tagged ones: Proxmox's `trunks`.
    pub tagged: Vec<u16>,
}

impl Vlans {
    /// Reads Proxmox's `tag` and `trunks` (`2;3-5`).
    pub(crate) fn of(tag: Option<u16>, trunks: &str) -> Self {
        let range = |text: &str| match text.split_once('-') {
            Some((first, last)) => first.trim().parse().ok()..=last.trim().parse().ok(),
            None => text.trim().parse().ok()..=text.trim().parse().ok(),
        };
        let ranges = trunks.split(';').map(range).filter_map(|range| Some(((*range.start())?, (*range.end())?)));
        Self { untagged: tag, tagged: ranges.flat_map(|(first, last): (u16, u16)| first..=last).collect() }
    }

    /// The tagged ones as Proxmox's `trunks`; none if there are none.
    pub(crate) fn trunks(&self) -> Option<String> {
        let tagged: Vec<String> = self.tagged.iter().map(ToString::to_string).collect();
        (!tagged.is_empty()).then(|| tagged.join(";"))
    }
}

/// What NetBox says a guest should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guest {
    /// The record's id.
    pub record: RecordId,
    /// When the record was created; not known where NetBox does not say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth: Option<Moment>,
    /// The record's name. It need not be one that Proxmox accepts: see [`Guest::proxmox_name`].
    pub name: String,
    /// The record's NetBox cluster.
    pub cluster: Option<Cluster>,
    /// The record's status.
    pub status: Status,
    /// VM or container; `None` means that the record is not managed.
    pub kind: Option<GuestType>,
    /// The VMID; none = allocate one.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub vmid: Part<Vmid>,
    /// The node to run on; none = the template's.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub node: Part<NodeName>,
    /// The storage of the root disk; none = the template's.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub storage: Part<StorageId>,
    /// What to make the guest from.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub template: Part<Template>,
    /// Number of virtual CPUs, over all sockets.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub vcpus: Part<u32>,
    /// Memory; NetBox's MB are taken as MiB.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub memory: Part<MiB>,
    /// SSH keys: for cloud-init, or of a container's root when it is created.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub ssh_keys: Part<SshKeys>,
    /// The primary IPv4 address with its prefix length.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub ipv4: Part<IpNet>,
    /// The primary IPv6 address with its prefix length.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub ipv6: Part<IpNet>,
    /// Where the gateway is, when the record says otherwise than the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<GatewayRule>,
    /// The record's network interfaces, in NetBox's order of creation.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub interfaces: Part<Vec<GuestInterface>>,
    /// The size of the root disk as the record itself gives it, where it has no virtual disks.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub root_size: Part<Megabytes>,
    /// The record's virtual disks.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub disks: Part<Vec<GuestDisk>>,
    /// Its tags, as Proxmox writes them.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub tags: Part<Vec<String>>,
    /// One line about it.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub description: Part<String>,
    /// Whether it starts with its node.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub onboot: Part<bool>,
    /// Options that have a custom field of their own.
    #[serde(default, skip_serializing_if = "GuestOptions::is_empty")]
    pub options: GuestOptions,
    /// What cannot be done as it is written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

impl Guest {
    /// A guest of which only the identity is known.
    pub fn new(record: RecordId, name: impl Into<String>, status: Status) -> Self {
        Self {
            record,
            birth: None,
            name: name.into(),
            cluster: None,
            status,
            kind: Some(GuestType::Qemu),
            vmid: Part::Unknown,
            node: Part::Unknown,
            storage: Part::Unknown,
            template: Part::Unknown,
            vcpus: Part::Unknown,
            memory: Part::Unknown,
            ssh_keys: Part::Unknown,
            ipv4: Part::Unknown,
            ipv6: Part::Unknown,
            gateway: None,
            interfaces: Part::Unknown,
            root_size: Part::Unknown,
            disks: Part::Unknown,
            tags: Part::Unknown,
            description: Part::Unknown,
            onboot: Part::Unknown,
            options: GuestOptions::new(),
            problems: Vec::new(),
        }
    }

    /// Who owns the guest.
    pub fn owner(&self) -> Option<Owner> {
        Some(Owner { record: self.record, birth: self.birth? })
    }

    /// The name, if Proxmox accepts it: it wants a DNS name, NetBox allows spaces and more.
    pub fn proxmox_name(&self) -> Option<&str> {
        is_dns_name(&self.name).then_some(self.name.as_str())
    }

    /// The disk that the record has at a slot.
    pub fn disk(&self, slot: DiskSlot) -> Option<&GuestDisk> {
        self.disks.given()?.iter().find(|disk| disk.slot == slot)
    }

    /// Whether NetBox has a MAC address for an interface that cannot be used.
    pub(crate) fn has_bad_mac(&self, interface: &GuestInterface) -> bool {
        let field = interface.mac_field();
        self.problems.iter().any(|problem| problem.field == field)
    }

    /// Whether a problem reaches at least as far as `reach`.
    pub fn blocked(&self, reach: Blocks) -> bool {
        self.problems.iter().any(|problem| problem.blocks >= reach)
    }
}

/// Whether Proxmox takes this as the name of a guest (its format `dns-name`).
fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trunks_are_read_as_proxmox_writes_them() {
        let vlans = Vlans::of(Some(5), "2;4-6;x");
        assert_eq!((vlans.untagged, vlans.tagged.as_slice()), (Some(5), [2, 4, 5, 6].as_slice()));
        assert_eq!(vlans.trunks().as_deref(), Some("2;4;5;6"));
        assert_eq!(Vlans::of(None, "").trunks(), None);
    }

    #[test]
    fn a_name_must_be_a_dns_name() {
        for name in ["web01", "web-01.example.org", "1", "A"] {
            assert!(is_dns_name(name), "{name}");
        }
        for name in ["", "web 01", "web_01", "-web", "web-", "a..b", "wéb", "web."] {
            assert!(!is_dns_name(name), "{name}");
        }
    }
}
