//! Growing disks.

use crate::testing::formats;
use crate::testing::guest::{GuestKind, Place};
use crate::testing::options;
use crate::testing::storage::{size_text, storage_of};
use crate::testing::world::World;

/// What a wanted size (`20G`, `+5G`) means for a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::testing::endpoints) enum Growth {
    /// It has that size.
    Same,
    /// It would become smaller.
    Shrink,
    /// It is to have that many bytes.
    To(u64),
}

/// What a wanted size means, or why the disk cannot be resized.
pub(in crate::testing::endpoints) fn growth(
    world: &World,
    place: &Place,
    disk: &str,
    size: &str,
) -> Result<Growth, String> {
    let guest = world.guests.get(&place.vmid).filter(|guest| place.holds(guest)).ok_or_else(|| place.no_config())?;
    let value = guest.get(disk).ok_or_else(|| format!("disk '{disk}' does not exist"))?;
    let drive = options::parse_drive(value);
    if drive.get("media") == Some("cdrom") {
        return Err("you can't resize a cdrom".into());
    }
    let volid = drive.head.filter(|v| storage_of(v).is_some()).unwrap_or_default();
    let volume = world.volume(&volid, &place.node).ok_or_else(|| format!("volume '{volid}' does not exist"))?;
    let wanted = formats::parse_size(size.trim_start_matches('+')).unwrap_or_default();
    let wanted = if size.starts_with('+') { volume.size + wanted } else { wanted };
    Ok(match wanted.cmp(&volume.size) {
        std::cmp::Ordering::Less => Growth::Shrink,
        std::cmp::Ordering::Equal => Growth::Same,
        std::cmp::Ordering::Greater => Growth::To(wanted),
    })
}

/// Gives a disk its new size, in the storage and in the configuration.
pub(in crate::testing::endpoints) fn grow(
    world: &mut World,
    place: &Place,
    disk: &str,
    bytes: u64,
    log: &mut Vec<String>,
) -> Result<(), String> {
    let guest = world.guest_mut(place)?;
    // A running virtual machine resizes its disk itself.
    let by_machine = guest.is_running() && guest.kind == GuestKind::Qemu;
    let mut drive = options::parse_drive(guest.get(disk).unwrap_or_default());
    drive.set("size", size_text(bytes));
    guest.set(disk, drive.print_sorted());
    if let Some(volume) = world.volume_mut(drive.head.as_deref().unwrap_or_default(), &place.node) {
        volume.size = bytes;
    }
    if !by_machine {
        log.push("Image resized.".into());
    }
    Ok(())
}
