//! What is said of disks and mount points.

use proxmox_api::{DiskSlot, StorageId};

use super::{Report, Reporter};
use crate::guest::RecordId;
use crate::units::Megabytes;

impl Reporter {
    /// A disk that NetBox wants smaller than it is.
    pub fn shrink(&self, disk: DiskSlot, wanted: Megabytes, found: Megabytes) -> Report {
        let text = format!(
            "{}: disk {disk} is {found} in Proxmox and {wanted} in NetBox. Proxmox cannot shrink a disk; nothing was \
             changed. Set the size in NetBox to {} or more.",
            self.name, found.0
        );
        self.report(&format!("disk {disk}"), format!("shrink to {wanted}"), found, text)
    }

    /// A root disk that is wanted smaller than the template's.
    pub fn root_smaller_than_template(&self, wanted: Megabytes, found: Megabytes) -> Report {
        let text = format!(
            "{}: disk {wanted} is smaller than the template's root disk, {found}. Proxmox cannot shrink a disk; the \
             guest has the template's size, and NetBox is told so.",
            self.name
        );
        self.report("disk", format!("shrink to {wanted}"), found, text).remark()
    }

    /// A disk that NetBox has and Proxmox has not, without a change that created it.
    pub fn missing_disk(&self, disk: DiskSlot, size: Megabytes) -> Report {
        let text = format!(
            "{}: disk {disk} ({size}) is missing in Proxmox and was not added, because nobody just created it in NetBox. \
             Delete it in NetBox and create it again to have it added.",
            self.name
        );
        self.report(&format!("disk {disk}"), size, "missing", text).claiming_no_cause()
    }

    /// A disk that Proxmox has and NetBox has not, without a change that deleted it.
    pub fn orphaned_disk(&self, disk: DiskSlot, volume: &str) -> Report {
        let text = format!(
            "{}: disk {disk} ({volume}) is in Proxmox and not in NetBox. It was left, as nobody deleted it in NetBox: \
             create it there, or remove it in Proxmox.",
            self.name
        );
        self.report(&format!("disk {disk}"), "", "in Proxmox only", text).claiming_no_cause()
    }

    /// A disk for a slot that something else is attached to.
    pub fn occupied_slot(&self, disk: DiskSlot) -> Report {
        let text = format!(
            "{}: disk {disk} was not added: the guest's CD-ROM or cloud-init drive is attached there. \
             Use another name in NetBox.",
            self.name
        );
        self.report(&format!("disk {disk}"), "a disk", "another drive", text)
    }

    /// A disk whose storage is another one in NetBox than in Proxmox.
    pub fn other_storage(&self, disk: DiskSlot, wanted: &StorageId, found: &StorageId) -> Report {
        let text = format!(
            "{}: disk {disk} is on storage {found}, NetBox says {wanted}. Disks are not moved: move it in Proxmox, or \
             correct NetBox.",
            self.name
        );
        self.report(&format!("disk {disk}"), format!("storage {wanted}"), format!("storage {found}"), text)
    }

    /// A disk that was renamed in NetBox.
    pub fn renamed_disk(&self, before: &str, after: &str) -> Report {
        let text = format!(
            "{}: disk {before} was renamed {after} in NetBox. A disk is not moved to another slot: rename it back, or \
             move it in Proxmox.",
            self.name
        );
        self.report(&format!("disk {after}"), after, before, text)
    }

    /// A disk that was given to another virtual machine, or taken from one.
    pub fn moved_disk(&self, disk: &str, from: RecordId, to: RecordId) -> Report {
        let text = format!(
            "{}: disk {disk} was moved from virtual machine {from} to {to} in NetBox. Disks are not moved between \
             guests: move it in Proxmox, or move it back in NetBox.",
            self.name
        );
        self.report(
            &format!("disk {disk}"),
            format!("of virtual machine {to}"),
            format!("of virtual machine {from}"),
            text,
        )
    }

    /// The root disk was deleted in NetBox.
    pub fn root_disk_kept(&self, disk: DiskSlot) -> Report {
        let text = format!(
            "{}: disk {disk} was deleted in NetBox and kept in Proxmox: the guest boots from it. \
             Delete the virtual machine to have the guest removed.",
            self.name
        );
        self.report(&format!("disk {disk}"), "removed", "the root disk", text)
    }

    /// A deleted disk whose slot now holds another volume.
    pub fn other_volume(&self, disk: DiskSlot, known: &str, found: &str) -> Report {
        let text = format!(
            "{}: disk {disk} was deleted in NetBox and not removed: it was {known}, and now {found} is attached there. \
             Remove it in Proxmox if it is not needed.",
            self.name
        );
        self.report(&format!("disk {disk}"), format!("removed: {known}"), found, text)
    }

    /// A deleted disk that a running container still has mounted.
    pub fn removed_at_stop(&self, disk: DiskSlot) -> Report {
        let text = format!(
            "{}: disk {disk} was deleted in NetBox and is removed once the container has stopped: Proxmox does not take a \
             mount point from a running one. To keep it, revert its removal in Proxmox and create it in NetBox again.",
            self.name
        );
        self.report(&format!("disk {disk}"), "removed", "still mounted", text)
    }

    /// A disk of a container that NetBox does not say where to mount.
    pub fn no_mount_path(&self, disk: DiskSlot, field: &str) -> Report {
        let text = format!(
            "{}: disk {disk} was not added, as NetBox does not say where the container mounts it. Write the path, such as \
             /srv/data, into its field {field}.",
            self.name
        );
        self.report(&format!("disk {disk}"), "a disk", "no mount path", text)
    }

    /// A disk of a container that is mounted elsewhere than NetBox says.
    pub fn other_path(&self, disk: DiskSlot, wanted: &str, found: &str) -> Report {
        let text = format!(
            "{}: disk {disk} is mounted at {found}, NetBox says {wanted}. It is not moved: change the mount point in \
             Proxmox, or correct NetBox.",
            self.name
        );
        self.report(&format!("disk {disk} mount path"), wanted, found, text)
    }
}
