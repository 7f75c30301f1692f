//! The closed set of steps a plan is made of. Each says what must hold before, what holds after, and what doing it
//! twice does; doing a step twice never does more than doing it once.

use std::fmt;

use proxmox_api::{DiskSlot, GuestType, MiB, NodeName, StorageId, Vmid};
use serde::{Deserialize, Serialize};

use crate::guest::{Guest, Owner, RecordId};
use crate::moment::Moment;
use crate::report::Report;
use crate::settings::Settings;
use crate::units::Megabytes;

/// The guest an action is for. It is also the action's precondition: a guest at this VMID must carry the marker of
/// this record, with its id and its birth, or nothing is done to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The record whose marker the guest must carry.
    pub record: RecordId,
    /// When that record was created. Without it nothing is done to any guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth: Option<Moment>,
    /// The record's name, for people.
    pub name: String,
    /// VM or container.
    pub kind: GuestType,
    /// The VMID. `None`: the one that the plan's `record` allocates.
    pub vmid: Option<Vmid>,
}

impl Target {
    /// The guest of a record.
    pub fn of(guest: &Guest, kind: GuestType, vmid: Option<Vmid>) -> Self {
        Self { record: guest.record, birth: guest.birth, name: guest.name.clone(), kind, vmid }
    }

    /// Who must own the guest.
    pub fn owner(&self) -> Option<Owner> {
        Some(Owner { record: self.record, birth: self.birth? })
    }
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
        /// The resource pool it is made in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pool: Option<String>,
    },
    /// Creates a container from a template volume.
    ///
    /// Before: the VMID is free and recorded. After: a stopped container with the record's marker, state `creating`,
    /// configured as `set` says. Twice: as a clone.
    CreateContainer {
        /// The new guest.
        guest: Target,
        /// The template volume, `store:vztmpl/…`.
        template: String,
        /// The node it shall be on; `None`: one that has the template volume.
        node: Option<NodeName>,
        /// The storage of its root disk.
        storage: StorageId,
        /// The size of its root disk; `None`: Proxmox's default of 4 GiB.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        root_size: Option<MiB>,
        /// Whether its root is an ordinary user of the node.
        unprivileged: bool,
        /// The resource pool it is made in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pool: Option<String>,
        /// Proxmox's `features`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        features: Option<String>,
        /// What is configured at once. SSH keys can be set only now.
        #[serde(flatten)]
        set: Settings,
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
        slot: DiskSlot,
        /// Where it is allocated; `None`: on the storage of the root disk.
        storage: Option<StorageId>,
        /// How large it is.
        size: MiB,
        /// The format of its file; `None`: what the storage has by default, or the only one it has.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        format: Option<String>,
        /// Where a container mounts it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<String>,
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
    /// Before: the slot holds exactly this volume, it is not the root disk, and the record no longer names the slot; or the
    /// removal of this volume was begun, and the container has given it up.
    /// After: slot and volume are gone; a running container gives its volume up when it stops, and it is removed by the
    /// next plan. Twice: an empty slot is left.
    RemoveDisk {
        /// The guest.
        guest: Target,
        /// The slot.
        slot: DiskSlot,
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
    /// Suspends the guest to its memory. After: it is paused. Twice: a paused guest is left. VMs only.
    Suspend {
        /// The guest.
        guest: Target,
    },
    /// Lets a suspended guest go on. After: it runs. Twice: a running guest is left. VMs only.
    Resume {
        /// The guest.
        guest: Target,
    },
    /// Moves the guest to another node: a running VM goes on running, a running container is restarted.
    ///
    /// Before: the guest is ours, and Proxmox says that it can go there. After: it is there. Twice: a guest that is
    /// there is left.
    Migrate {
        /// The guest.
        guest: Target,
        /// The node it goes to.
        node: NodeName,
        /// The storage that its disks go to; `None`: the one of the same name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        storage: Option<StorageId>,
    },
    /// Stops the guest and removes it with its disks and its entries in jobs and HA.
    ///
    /// Before: the guest is ours, is no template and has no protection, and there is a backup where one is wanted: made in
    /// this step, once the guest is off. After: the VMID is free. Twice: an absent guest is left, and a backup that was made
    /// for this deletion is not made again.
    Destroy {
        /// The guest.
        guest: Target,
        /// When, in seconds since 1970; before it the executor stores the removal and answers deferred.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        not_before: Option<u64>,
        /// Which deletion asks for it, where it is put off or backed up: a later one waits its full time again, and has a
        /// backup of its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deletion: Option<String>,
        /// The storage on which the guest is backed up first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        backup: Option<StorageId>,
        /// Whether another person than the one who deleted has to agree first: whoever performs plans holds it until then.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        approve: bool,
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
    /// The MAC address that Proxmox gave a card, on its interface.
    Mac {
        /// The id of the VMInterface.
        interface: u64,
        /// The N of `netN`.
        index: u8,
    },
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
    Slot(DiskSlot),
}

/// The guest of an action, of a reference of either kind.
macro_rules! guest_of {
    ($action:expr) => {
        match $action {
            Action::Record { guest, .. }
            | Action::Clone { guest, .. }
            | Action::CreateContainer { guest, .. }
            | Action::Configure { guest, .. }
            | Action::AddDisk { guest, .. }
            | Action::ResizeDisk { guest, .. }
            | Action::RemoveDisk { guest, .. }
            | Action::Start { guest }
            | Action::Shutdown { guest, .. }
            | Action::Suspend { guest }
            | Action::Resume { guest }
            | Action::Migrate { guest, .. }
            | Action::Destroy { guest, .. } => Some(guest),
            Action::Report(_) => None,
        }
    };
}

impl Action {
    /// Its name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Record { .. } => "record",
            Self::Clone { .. } => "clone",
            Self::CreateContainer { .. } => "create-container",
            Self::Configure { .. } => "configure",
            Self::AddDisk { .. } => "add-disk",
            Self::ResizeDisk { .. } => "resize-disk",
            Self::RemoveDisk { .. } => "remove-disk",
            Self::Start { .. } => "start",
            Self::Shutdown { .. } => "shutdown",
            Self::Suspend { .. } => "suspend",
            Self::Resume { .. } => "resume",
            Self::Migrate { .. } => "migrate",
            Self::Destroy { .. } => "destroy",
            Self::Report(_) => "report",
        }
    }

    /// Whether it makes a guest.
    pub fn creates(&self) -> bool {
        matches!(self, Self::Clone { .. } | Self::CreateContainer { .. })
    }

    /// The guest it is for; a report is for a reader.
    pub fn target(&self) -> Option<&Target> {
        guest_of!(self)
    }

    /// The same with the VMID that the plan's `record` allocated, where it waits for one.
    #[must_use]
    pub fn with_vmid(mut self, vmid: Vmid) -> Self {
        if let Self::Report(report) = self {
            return Self::Report(report.with_vmid(vmid));
        }
        if let Some(guest) = guest_of!(&mut self) {
            guest.vmid.get_or_insert(vmid);
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
                RecordValue::Mac { index, .. } => write!(f, " {guest}: the MAC address of net{index}"),
            },
            Self::Clone { guest, template, node, storage, full, pool, .. } => {
                write!(f, " {guest} from template {template}")?;
                if let Some(node) = node {
                    write!(f, " on {node}")?;
                }
                if let Some(storage) = storage {
                    write!(f, " storage {storage}")?;
                }
                if let Some(pool) = pool {
                    write!(f, " pool {pool}")?;
                }
                f.write_str(if *full { " full" } else { " linked" })
            }
            Self::CreateContainer { guest, template, node, storage, root_size, unprivileged, features, pool, set } => {
                write!(f, " {guest} from {template}")?;
                if let Some(node) = node {
                    write!(f, " on {node}")?;
                }
                write!(f, " storage {storage}")?;
                if let Some(size) = root_size {
                    write!(f, " rootfs {size}")?;
                }
                if let Some(pool) = pool {
                    write!(f, " pool {pool}")?;
                }
                f.write_str(if *unprivileged { " unprivileged" } else { " privileged" })?;
                if let Some(features) = features {
                    write!(f, " features {features}")?;
                }
                write!(f, ":{set}")
            }
            Self::Configure { guest, set } => write!(f, " {guest}:{set}"),
            Self::AddDisk { guest, slot, storage, size, format, path } => {
                write!(f, " {guest}: {slot} {size}")?;
                if let Some(format) = format {
                    write!(f, " {format}")?;
                }
                if let Some(path) = path {
                    write!(f, " at {path}")?;
                }
                match storage {
                    Some(storage) => write!(f, " on {storage}"),
                    None => f.write_str(" on the storage of the root disk"),
                }
            }
            Self::ResizeDisk { guest, disk, size } => write!(f, " {guest}: {disk} to {size}"),
            Self::RemoveDisk { guest, slot, volume } => {
                write!(f, " {guest}: {slot} {}", volume.as_deref().unwrap_or("(as cloned)"))
            }
            Self::Start { guest } | Self::Suspend { guest } | Self::Resume { guest } => write!(f, " {guest}"),
            Self::Migrate { guest, node, storage } => {
                write!(f, " {guest}: to node {node}")?;
                match storage {
                    Some(storage) => write!(f, ", storage {storage}"),
                    None => Ok(()),
                }
            }
            Self::Shutdown { guest, limit: 0 } => write!(f, " {guest}: stop at once"),
            Self::Shutdown { guest, limit } => write!(f, " {guest}: stop after {limit} s"),
            Self::Destroy { guest, not_before, backup, approve, .. } => {
                write!(f, " {guest}")?;
                let first = [
                    not_before.map(|time| format!("not before {time}")),
                    approve.then(|| "once another person agrees".to_owned()),
                    backup.as_ref().map(|storage| format!("after a backup to {storage}")),
                ];
                let first: Vec<String> = first.into_iter().flatten().collect();
                if first.is_empty() { Ok(()) } else { write!(f, ": {}", first.join(", ")) }
            }
            Self::Report(report) => write!(f, " {}", report.text),
        }
    }
}
