//! The virtual disks of a record.

use netbox_api::VirtualDisk;
use proxmox_api::{DiskSlot, DriveSlot, GuestType, MountSlot};

use super::{Reader, storage_id};
use crate::guest::{Blocks, GuestDisk};
use crate::units::Megabytes;

impl Reader<'_> {
    pub(super) fn disks(&mut self, disks: &[VirtualDisk], kind: Option<GuestType>) -> Vec<GuestDisk> {
        disks.iter().filter_map(|disk| self.disk(disk, kind.unwrap_or(GuestType::Qemu))).collect()
    }

    fn disk(&mut self, disk: &VirtualDisk, kind: GuestType) -> Option<GuestDisk> {
        let slot = match kind {
            GuestType::Qemu => disk.name.parse().map(DriveSlot::into),
            GuestType::Lxc => disk.name.parse().map(MountSlot::into),
        };
        let Ok(slot) = slot else {
            // Proxmox's own: what the firmware keeps goes with the template.
            let of_firmware = ["efidisk0", "tpmstate0"].contains(&disk.name.as_str());
            let why = match kind {
                GuestType::Qemu if of_firmware => {
                    "Proxmox's disks of the firmware come with the template and are not managed from here: it is only a \
                     record in NetBox"
                }
                GuestType::Qemu => {
                    "its name must be where Proxmox attaches it: scsi0 to scsi30, virtio0 to virtio15, sata0 to sata5 or \
                     ide0 to ide3. Rename the disk in NetBox"
                }
                GuestType::Lxc => {
                    "its name must be where Proxmox attaches it to a container: rootfs, or mp0 to mp255. Rename the disk \
                     in NetBox"
                }
            };
            self.problem(&format!("disk {}", disk.name), &disk.name, why, Blocks::Part);
            return None;
        };
        if disk.size == 0 {
            self.problem(
                &format!("disk {}", disk.name),
                "0 MB",
                "Proxmox has no disk without a size: set one in NetBox",
                Blocks::Part,
            );
            return None;
        }
        let storage = self.custom_of_disk(disk, &self.fields.disk_storage.clone(), storage_id);
        Some(GuestDisk { id: disk.id, slot, size: Megabytes(disk.size), storage, path: self.mount_path(disk, slot) })
    }

    fn mount_path(&mut self, disk: &VirtualDisk, slot: DiskSlot) -> Option<String> {
        let DiskSlot::Mount(MountSlot::Mp(_)) = slot else { return None };
        self.custom_of_disk(disk, &self.fields.mount_path.clone(), mount_path)
    }

    /// A custom field of a disk; a problem with it names the disk, too.
    fn custom_of_disk<T: Clone>(
        &mut self,
        disk: &VirtualDisk,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let before = self.problems.len();
        let value = self.custom(&disk.custom_fields, name, Blocks::Part, parse).given().cloned();
        for problem in &mut self.problems[before..] {
            problem.field = format!("disk {} {name}", disk.name);
        }
        value
    }
}

/// A comma would end the path in Proxmox's property strings, and `..` leads out of what was meant.
fn mount_path(text: &str) -> Result<String, String> {
    let clean = |part: &str| !matches!(part, "." | "..") && !part.contains([',', '\n', '\r']);
    if text.len() > 1 && text.starts_with('/') && text.split('/').all(clean) {
        Ok(text.to_owned())
    } else {
        Err("this is not where a container can mount a disk, such as /srv/data. Correct it".into())
    }
}
