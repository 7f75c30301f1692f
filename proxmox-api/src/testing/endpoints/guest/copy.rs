//! What cloning is for both kinds: rights, where the clone may go, and the copy of a volume.

use std::collections::BTreeMap;

use super::Ctx;
use crate::testing::endpoints::guest::update;
use crate::testing::formats::{Properties, parse_size};
use crate::testing::guest::{Guest, GuestKind, Place, is_cloudinit};
use crate::testing::options;
use crate::testing::reply::{ApiError, ApiResult};
use crate::testing::storage::{Allocation, size_text, storage_of};
use crate::testing::world::World;

/// Where a clone goes.
#[derive(Debug, Clone)]
pub(in crate::testing::endpoints) struct Destination {
    pub(in crate::testing::endpoints) newid: u32,
    pub(in crate::testing::endpoints) storage: Option<String>,
    /// Another node than the source's.
    pub(in crate::testing::endpoints) target: Option<String>,
    pub(in crate::testing::endpoints) pool: Option<String>,
}

/// Checks the rights to clone, and that pool, node and storage exist.
pub(in crate::testing::endpoints) fn destination(ctx: &Ctx<'_>) -> ApiResult<Destination> {
    let newid = ctx.number("newid").and_then(|id| u32::try_from(id).ok()).unwrap_or_default();
    ctx.check_vm(&["VM.Clone"])?;
    let pool = ctx.param("pool").map(str::to_owned);
    match &pool {
        Some(pool) if !ctx.world.pools.contains_key(pool) => {
            let text = format!("Permission check failed (pool '{pool}' does not exist)");
            return Err(ApiError::Plain(403, text));
        }
        Some(pool) if ctx.caller.has(&format!("/pool/{pool}"), "VM.Allocate") => {}
        _ if ctx.caller.has(&format!("/vms/{newid}"), "VM.Allocate") => {}
        // Either of the two would do, so none is named.
        _ => return Err(ApiError::Plain(403, "Permission check failed".into())),
    }
    let target = ctx.param("target").filter(|t| *t != ctx.node && *t != "localhost").map(str::to_owned);
    if let Some(target) = target.as_ref().filter(|t| ctx.world.node(t).is_none()) {
        return Err(ApiError::internal(format!("no such cluster node '{target}'")));
    }
    let storage = ctx.param("storage").map(str::to_owned);
    if let Some(id) = &storage {
        ctx.world.storage_on(id, &ctx.node)?;
        if let Some(target) = &target
            && !ctx.world.storage_on(id, target)?.shared
        {
            return Err(ApiError::internal(format!("can't clone to non-shared storage '{id}'")));
        }
    }
    Ok(Destination { newid, storage, target, pool })
}

/// Rights on the target storages and bridges, shared storages for another node, volumes that can be cloned linked.
pub(in crate::testing::endpoints) fn check_volumes(
    ctx: &Ctx<'_>,
    source: &Guest,
    to: &Destination,
    full: bool,
) -> Result<(), ApiError> {
    let mut all_shared = true;
    for (slot, value) in source.drives() {
        let drive = Properties::parse(&value);
        let Some(volid) = drive.head.as_deref() else { continue };
        let Some(own) = storage_of(volid) else { continue };
        let storage = ctx.world.storage(own)?;
        all_shared &= storage.shared;
        if drive.get("media") == Some("cdrom") {
            continue;
        }
        ctx.caller
            .check(&format!("/storage/{}", to.storage.as_deref().unwrap_or(own)), &["Datastore.AllocateSpace"])?;
        if full {
            continue;
        }
        let text = match source.kind {
            GuestKind::Qemu => format!("Linked clone feature is not supported for '{volid}' ({slot})"),
            GuestKind::Lxc => format!("Linked clone feature for '{volid}' is not available"),
        };
        // A container's volume is no qcow2 file: it cannot refer to a base.
        let raw_file = source.kind == GuestKind::Lxc && storage.has_files();
        if !volid.contains("base-") || raw_file {
            return Err(ApiError::internal(text));
        }
    }
    for (_, net) in source.config.iter().filter(|(k, _)| options::is_net(k)) {
        update::check_bridge(ctx, net)?;
    }
    match &to.target {
        Some(target) if !all_shared => {
            let guest = source.kind.word();
            Err(ApiError::internal(format!("can't clone {guest} to node '{target}' ({guest} uses local storage)")))
        }
        _ => Ok(()),
    }
}

/// Copies a volume, or makes a linked clone of it, and gives the value of the clone's drive.
pub(in crate::testing::endpoints) fn copy_volume(
    world: &mut World,
    clone: &Place,
    value: &str,
    full: bool,
    storage: Option<&str>,
    format: Option<&str>,
) -> ApiResult<String> {
    let mut drive = Properties::parse(value);
    let volid = drive.head.clone().unwrap_or_default();
    let Some(own) = storage_of(&volid) else { return Ok(value.into()) };
    let cloudinit = is_cloudinit(value);
    if drive.get("media") == Some("cdrom") && !cloudinit {
        return Ok(value.into());
    }
    let Some(volume) = world.volume(&volid, &clone.node).cloned() else {
        return Err(ApiError::internal(format!("clone failed: volume '{volid}' does not exist")));
    };
    let storage = storage.unwrap_or(own);
    // A file on another storage keeps its format, too (believed).
    let format = format.or(Some(volume.format.as_str()));
    let wanted = Allocation { storage, place: clone, size: volume.size, format };
    let new = if cloudinit {
        world.allocate_cloudinit(&wanted)?
    } else if full {
        world.allocate(&wanted)?
    } else {
        world.allocate_linked(&wanted, &volid)?
    };
    drive.head = Some(new);
    drive.set("size", size_text(volume.size));
    Ok(drive.print_sorted())
}

/// Removes what a clone that failed has made.
pub(in crate::testing::endpoints) fn undo(world: &mut World, vmid: u32) {
    world.volumes.retain(|v| v.vmid != vmid || v.content == "backup");
    world.forget(vmid);
}

/// The configuration of a guest from a backup, with new volumes for those that it had.
pub(in crate::testing::endpoints) fn restored(
    world: &mut World,
    place: &Place,
    kept: &Guest,
    storage: Option<&str>,
    unique: bool,
) -> Result<BTreeMap<String, String>, String> {
    let mut config = kept.config.clone();
    config.retain(|name, _| !matches!(name.as_str(), "lock" | "parent" | "template") && !options::is_unused(name));
    for (name, value) in &mut config {
        if options::is_drive(name) {
            let mut drive = Properties::parse(value);
            let Some(own) = drive.head.as_deref().and_then(storage_of) else { continue };
            let size = drive.get("size").and_then(parse_size).unwrap_or_default();
            let wanted = Allocation { storage: storage.unwrap_or(own), place, size, format: None };
            let new = if is_cloudinit(value) { world.allocate_cloudinit(&wanted) } else { world.allocate(&wanted) };
            drive.head = Some(new.map_err(update::text)?);
            *value = drive.print_sorted();
        } else if unique && options::is_net(name) {
            *value = options::with_new_mac(place.kind, value, || world.next_mac());
        }
    }
    Ok(config)
}
