//! The closed set of steps a plan is made of. Each says what must hold before, what holds after, and what doing it
//! twice does; doing a step twice never does more than doing it once.

use std::fmt;

use ipnet::IpNet;
use proxmox_api::{DriveSlot, GuestType, MiB, NodeName, SshKeys, StorageId, Vmid};
use serde::{Deserialize, Serialize};

use crate::guest::RecordId;
use crate::marker::MarkerState;
use crate::part::Part;
use crate::report::Report;
use crate::units::Megabytes;

/// The guest an action is for. It is also the action's precondition: a guest at this VMID must carry the marker of
/// this record, or nothing is done to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The record whose marker the guest must carry.
    pub record: RecordId,
    /// The record's name, for people.
    pub name: String,
    /// VM or container.
    pub kind: GuestType,
    /// The VMID. `None`: the one that the plan's `record` allocates.
    pub vmid: Option<Vmid>,
}

/// One step towards the desired state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
#[allow(clippy::large_enum_variant)]
pub enum Action {
    /// Writes back to NetBox what only Proxmox knows.
    ///
    /// Before: the record exists. After: the record says so. Twice: a value that is already there is not written.
    /// Allocating a VMID stores the intent durably before NetBox hears of it; twice: the stored one is used.
    Record {
        /// The record's guest.
        guest: Target,
        /// What to write.
        value: RecordValue,
    },
    /// Clones a template.
    ///
    /// Before: the VMID is free and recorded. After: a stopped guest with the record's marker, state `creating`.
    /// Twice: a guest with our marker is left as it is; one that is still being copied is waited for.
    Clone {
        /// The new guest.
        guest: Target,
        /// VMID of the template.
        template: Vmid,
        /// The node the template is on, if somebody looked.
        template_node: Option<NodeName>,
        /// The node the guest shall be on; `None`: the template's.
        node: Option<NodeName>,
        /// The storage of its disks; `None`: the template's.
        storage: Option<StorageId>,
        /// Whether all disks are copied.
        full: bool,
        /// The wanted size of the root disk, kept with the intent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        root_size: Option<Megabytes>,
    },
    /// Changes the guest's configuration.
    ///
    /// Before: the guest is ours. After: it says so; a running guest takes some of it at its next start. Twice: what
    /// is already so is not written.
    Configure {
        /// The guest.
        guest: Target,
        /// What to change.
        #[serde(flatten)]
        set: Settings,
    },
    /// Allocates a volume and attaches it.
    ///
    /// Before: the slot is empty. After: a disk of at least this size is there. Twice: an occupied slot is left.
    AddDisk {
        /// The guest.
        guest: Target,
        /// Where it is attached.
        slot: DriveSlot,
        /// Where it is allocated; `None`: on the storage of the root disk.
        storage: Option<StorageId>,
        /// How large it is.
        size: MiB,
    },
    /// Grows a disk.
    ///
    /// Before: the disk is there. After: it has at least this size. Twice: a disk that is large enough is left.
    ResizeDisk {
        /// The guest.
        guest: Target,
        /// The disk.
        disk: DiskRef,
        /// Its new size.
        size: MiB,
    },
    /// Detaches a disk and destroys its volume.
    ///
    /// Before: the slot holds exactly this volume, it is not the root disk, and the record no longer names the slot.
    /// After: slot and volume are gone. Twice: an empty slot is left.
    RemoveDisk {
        /// The guest.
        guest: Target,
        /// The slot.
        slot: DriveSlot,
        /// The volume seen at the look-up. `None`: the copy of the template's disk in a guest that this plan creates;
        /// of any other guest nothing is removed then.
        volume: Option<String>,
    },
    /// Starts the guest. After: it runs. Twice: a running guest is left.
    Start {
        /// The guest.
        guest: Target,
    },
    /// Shuts the guest down, and stops it after a limit. After: it is stopped. Twice: a stopped guest is left.
    Shutdown {
        /// The guest.
        guest: Target,
        /// How long the guest may take, in seconds; 0: it is stopped at once.
        limit: u32,
    },
    /// Stops the guest and removes it with its disks and its entries in jobs and HA.
    ///
    /// Before: the guest is ours, is no template and has no protection. After: the VMID is free. Twice: an absent
    /// guest is left.
    Destroy {
        /// The guest.
        guest: Target,
        /// When, in seconds since 1970; before it the executor stores the removal and answers deferred.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        not_before: Option<u64>,
    },
    /// Tells a person, in a journal entry on the record. Twice: a report that was delivered is not repeated.
    Report(Report),
}

/// What is written back to NetBox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordValue {
    /// The VMID.
    Vmid(VmidSource),
    /// The node the guest is on.
    Node(NodeName),
    /// The root disk, as a VirtualDisk, with the size and storage that Proxmox says.
    RootDisk,
}

/// Where a VMID that is written back comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VmidSource {
    /// A free one is chosen.
    Allocate,
    /// It was chosen before.
    Chosen(Vmid),
}

/// A disk of a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiskRef {
    /// The disk it boots from, whatever its slot.
    Root,
    /// The disk at this slot.
    Slot(DriveSlot),
}

/// An address with its gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addressing {
    /// The address with its prefix length.
    pub address: IpNet,
    /// The gateway.
    pub gateway: Option<std::net::IpAddr>,
}

/// Changes of a configuration. An unknown part is left alone, one that is none is removed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// `name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `cores`, of each socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<u32>,
    /// `memory`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<MiB>,
    /// `balloon`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balloon: Option<MiB>,
    /// `sshkeys`.
    #[serde(skip_serializing_if = "Part::is_unknown")]
    pub ssh_keys: Part<SshKeys>,
    /// Index of the `ipconfigN` that `ipv4` and `ipv6` go to.
    #[serde(skip_serializing_if = "is_zero")]
    pub interface: u8,
    /// `ip` and `gw` of it; none: a static one goes, `dhcp` stays.
    #[serde(skip_serializing_if = "Part::is_unknown")]
    pub ipv4: Part<Addressing>,
    /// `ip6` and `gw6` of it; none: a static one goes, `dhcp` and `auto` stay.
    #[serde(skip_serializing_if = "Part::is_unknown")]
    pub ipv6: Part<Addressing>,
    /// `protection`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protection: Option<bool>,
    /// A tag to add to those it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add_tag: Option<String>,
    /// The state its marker shall say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marker: Option<MarkerState>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes a reference
fn is_zero(value: &u8) -> bool {
    *value == 0
}

impl Settings {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        Self { interface: 0, ..self.clone() } == Self::default()
    }
}

impl Action {
    /// Its name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Record { .. } => "record",
            Self::Clone { .. } => "clone",
            Self::Configure { .. } => "configure",
            Self::AddDisk { .. } => "add-disk",
            Self::ResizeDisk { .. } => "resize-disk",
            Self::RemoveDisk { .. } => "remove-disk",
            Self::Start { .. } => "start",
            Self::Shutdown { .. } => "shutdown",
            Self::Destroy { .. } => "destroy",
            Self::Report(_) => "report",
        }
    }

    /// The guest it is for; a report is for a reader.
    pub fn target(&self) -> Option<&Target> {
        match self {
            Self::Record { guest, .. }
            | Self::Clone { guest, .. }
            | Self::Configure { guest, .. }
            | Self::AddDisk { guest, .. }
            | Self::ResizeDisk { guest, .. }
            | Self::RemoveDisk { guest, .. }
            | Self::Start { guest }
            | Self::Shutdown { guest, .. }
            | Self::Destroy { guest, .. } => Some(guest),
            Self::Report(_) => None,
        }
    }

    /// The same with the VMID that the plan's `record` allocated, where it waits for one.
    #[must_use]
    pub fn with_vmid(mut self, vmid: Vmid) -> Self {
        match &mut self {
            Self::Record { guest, .. }
            | Self::Clone { guest, .. }
            | Self::Configure { guest, .. }
            | Self::AddDisk { guest, .. }
            | Self::ResizeDisk { guest, .. }
            | Self::RemoveDisk { guest, .. }
            | Self::Start { guest }
            | Self::Shutdown { guest, .. }
            | Self::Destroy { guest, .. } => {
                guest.vmid.get_or_insert(vmid);
            }
            Self::Report(_) => {}
        }
        self
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.vmid {
            Some(vmid) => write!(f, "{} (VMID {vmid})", self.name),
            None => write!(f, "{} (VMID to be allocated)", self.name),
        }
    }
}

impl fmt::Display for DiskRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("the root disk"),
            Self::Slot(slot) => slot.fmt(f),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name())?;
        match self {
            Self::Record { guest, value } => match value {
                RecordValue::Vmid(VmidSource::Allocate) => write!(f, " {}: a free VMID", guest.name),
                RecordValue::Vmid(VmidSource::Chosen(vmid)) => write!(f, " {}: VMID {vmid}", guest.name),
                RecordValue::Node(node) => write!(f, " {guest}: node {node}"),
                RecordValue::RootDisk => write!(f, " {guest}: its root disk"),
            },
            Self::Clone { guest, template, node, storage, full, .. } => {
                write!(f, " {guest} from template {template}")?;
                if let Some(node) = node {
                    write!(f, " on {node}")?;
                }
                if let Some(storage) = storage {
                    write!(f, " storage {storage}")?;
                }
                f.write_str(if *full { " full" } else { " linked" })
            }
            Self::Configure { guest, set } => write!(f, " {guest}:{set}"),
            Self::AddDisk { guest, slot, storage, size } => {
                write!(f, " {guest}: {slot} {size}")?;
                match storage {
                    Some(storage) => write!(f, " on {storage}"),
                    None => f.write_str(" on the storage of the root disk"),
                }
            }
            Self::ResizeDisk { guest, disk, size } => write!(f, " {guest}: {disk} to {size}"),
            Self::RemoveDisk { guest, slot, volume } => {
                write!(f, " {guest}: {slot} {}", volume.as_deref().unwrap_or("(as cloned)"))
            }
            Self::Start { guest } => write!(f, " {guest}"),
            Self::Shutdown { guest, limit: 0 } => write!(f, " {guest}: stop at once"),
            Self::Shutdown { guest, limit } => write!(f, " {guest}: stop after {limit} s"),
            Self::Destroy { guest, not_before: None } => write!(f, " {guest}"),
            Self::Destroy { guest, not_before: Some(time) } => write!(f, " {guest}: not before {time}"),
            Self::Report(report) => write!(f, " {}", report.text),
        }
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut item = |name: &str, value: Option<String>| match value {
            Some(value) => write!(f, " {name}={value}"),
            None => Ok(()),
        };
        let address = |part: &Part<Addressing>| match part {
            Part::Unknown => None,
            Part::None => Some("cleared".to_owned()),
            Part::Given(Addressing { address, gateway: Some(gateway) }) => Some(format!("{address},gw={gateway}")),
            Part::Given(Addressing { address, gateway: None }) => Some(address.to_string()),
        };
        item("name", self.name.clone())?;
        item("cores", self.cores.map(|cores| cores.to_string()))?;
        item("memory", self.memory.map(|memory| memory.0.to_string()))?;
        item("balloon", self.balloon.map(|balloon| balloon.0.to_string()))?;
        item(
            "sshkeys",
            match &self.ssh_keys {
                Part::Unknown => None,
                Part::None => Some("cleared".to_owned()),
                Part::Given(keys) => Some(format!("{} key(s)", keys.keys().len())),
            },
        )?;
        item(&format!("ipconfig{}.ip", self.interface), address(&self.ipv4))?;
        item(&format!("ipconfig{}.ip6", self.interface), address(&self.ipv6))?;
        item("protection", self.protection.map(|on| u8::from(on).to_string()))?;
        item("tag", self.add_tag.clone())?;
        item(
            "marker",
            self.marker.map(|state| match state {
                MarkerState::Creating => "creating".to_owned(),
                MarkerState::Ready => "ready".to_owned(),
            }),
        )
    }
}
