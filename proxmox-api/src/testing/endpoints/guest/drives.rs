//! Drives of a configuration: allocating, attaching, detaching.

use crate::testing::formats::{self, GIB, MIB};
use crate::testing::guest::{Guest, Place, is_cloudinit};
use crate::testing::options;
use crate::testing::reply::ApiError;
use crate::testing::storage::{Allocation, size_text, storage_of};
use crate::testing::world::World;

/// What a drive's value asks for.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::testing::endpoints) enum Wanted {
    /// `storage:GiB`, in bytes.
    New { storage: String, size: u64 },
    /// `storage:cloudinit`
    CloudInit { storage: String },
    /// `none` or `cdrom`
    Empty,
    /// An existing volume.
    Volume(String),
    /// An absolute path.
    Path(String),
}

/// Reads the head of a drive's value.
pub(in crate::testing::endpoints) fn wanted(head: &str) -> Wanted {
    if matches!(head, "none" | "cdrom") {
        return Wanted::Empty;
    }
    if head.starts_with('/') {
        return Wanted::Path(head.into());
    }
    match head.split_once(':') {
        Some((storage, "cloudinit")) => Wanted::CloudInit { storage: storage.into() },
        Some((storage, size)) if formats::scale(size, GIB).is_some() => {
            Wanted::New { storage: storage.into(), size: formats::scale(size, GIB).unwrap_or_default() }
        }
        _ => Wanted::Volume(head.into()),
    }
}

/// What is checked before anything is locked or changed: the storages of the drives exist and may hold them.
pub(in crate::testing::endpoints) fn check(
    world: &World,
    place: &Place,
    slot: &str,
    value: &str,
) -> Result<(), ApiError> {
    let (node, kind) = (place.node.as_str(), place.kind);
    let drive = options::parse_drive(value);
    match wanted(drive.head.as_deref().unwrap_or_default()) {
        Wanted::New { storage, .. } => {
            let storage = world.storage_on(&storage, node)?;
            if !storage.holds(kind.content()) {
                let id = &storage.id;
                let vm = format!("storage '{id}' does not support vm images");
                let ct = format!("storage '{id}' does not allow content type 'rootdir' (Container)");
                return Err(kind.of(ApiError::parameter("storage", vm), ApiError::internal(ct)));
            }
        }
        Wanted::CloudInit { storage } => {
            world.storage_on(&storage, node)?;
            let guest = world.guest_on(place).ok();
            let other = guest.and_then(Guest::cloudinit_slot).filter(|s| s != slot);
            if let Some(other) = other {
                return Err(ApiError::internal(format!("{slot} - cloud-init drive is already attached at '{other}'")));
            }
        }
        Wanted::Path(path) => {
            let vm = ApiError::parameter(slot, format!("unable to associate path '{path}' to any storage"));
            // Not even a token of root@pam may name one.
            let ct = "Permission check failed (mount point type bind is only allowed for root@pam)";
            return Err(kind.of(vm, ApiError::Plain(403, ct.into())));
        }
        Wanted::Volume(volid) => {
            world.storage_on(storage_of(&volid).unwrap_or(&volid), node)?;
            if world.volume(&volid, node).is_none() && drive.get("media") != Some("cdrom") {
                return Err(ApiError::internal(format!("volume '{volid}' does not exist")));
            }
        }
        Wanted::Empty => {}
    }
    Ok(())
}

/// The storage on which a value allocates something.
pub(in crate::testing::endpoints) fn allocates_on(value: &str) -> Option<String> {
    match wanted(options::parse_drive(value).head.as_deref().unwrap_or_default()) {
        Wanted::New { storage, .. } | Wanted::CloudInit { storage } => Some(storage),
        _ => None,
    }
}

/// Does what a drive's value asks for and gives the value to be written.
pub(in crate::testing::endpoints) fn realise(
    world: &mut World,
    place: &Place,
    slot: &str,
    value: &str,
    log: &mut Vec<String>,
) -> Result<String, ApiError> {
    let node = place.node.as_str();
    let mut drive = options::parse_drive(value);
    match wanted(drive.head.as_deref().unwrap_or_default()) {
        Wanted::New { storage, size } => {
            let format = drive.take("format");
            let size = match drive.take("import-from") {
                Some(source) => world.volume(&source, node).map_or(GIB, |v| v.size),
                // EFI variables and TPM state have their own fixed size, whatever was asked for.
                None if slot.starts_with("efidisk") || slot.starts_with("tpmstate") => 4 * MIB,
                None => size,
            };
            let wanted = Allocation { storage: &storage, place, size, format: format.as_deref() };
            let volid = world.allocate(&wanted)?;
            drive.head = Some(volid);
            drive.set("size", size_text(size));
            log.push(format!("{slot}: successfully created disk '{}'", drive.print_sorted()));
        }
        Wanted::CloudInit { storage } => {
            let format = drive.take("format");
            let wanted = Allocation { storage: &storage, place, size: 0, format: format.as_deref() };
            drive.head = Some(world.allocate_cloudinit(&wanted)?);
            drive.take("size");
            drive.set("media", "cdrom");
            log.push(format!("{slot}: successfully created disk '{}'", drive.print_sorted()));
        }
        Wanted::Volume(volid) => {
            if let Some(volume) = world.volume(&volid, node) {
                let size = size_text(volume.size);
                drive.set("size", size);
            }
        }
        Wanted::Empty | Wanted::Path(_) => {}
    }
    Ok(drive.print_sorted())
}

/// Takes a drive out of the configuration. Its volume becomes the lowest free `unusedN` (without its size), or
/// is destroyed if `force`, or if it is a cloud-init image.
pub(in crate::testing::endpoints) fn detach(
    world: &mut World,
    place: &Place,
    slot: &str,
    force: bool,
) -> Result<(), String> {
    let guest = world.guest_mut(place)?;
    let Some(value) = guest.config.remove(slot) else { return Ok(()) };
    guest.pending.remove(slot);
    register_unused(world, place, &value, force)
}

/// What becomes of a volume whose drive is gone.
pub(in crate::testing::endpoints) fn register_unused(
    world: &mut World,
    place: &Place,
    value: &str,
    force: bool,
) -> Result<(), String> {
    let guest = world.guest_mut(place)?;
    if !force && !is_cloudinit(value) {
        guest.keep_unused(value);
        return Ok(());
    }
    let volid = value.split(',').next().unwrap_or_default();
    let still_used = guest.drives().iter().any(|(_, v)| v.split(',').next() == Some(volid));
    if !still_used {
        world.remove_volume(volid, &place.node);
    }
    Ok(())
}
