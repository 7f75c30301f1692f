//! Snapshots: the configuration is kept and comes back; what is on disks is not modelled.

use serde_json::{Value, json};

use super::Ctx;
use super::config::as_json;
use crate::testing::guest::{Guest, GuestKind, Place, Power, Snapshot};
use crate::testing::reply::{ApiError, ApiResult, nothing};
use crate::testing::storage::storage_of;
use crate::testing::tasks::Job;
use crate::testing::world::{World, check_lock};

pub(in crate::testing::endpoints) fn list(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Audit"])?;
    let guest = ctx.world.guest_on(&ctx.place())?;
    let mut items: Vec<Value> = guest.snapshots.iter().map(|snapshot| shown(guest.kind, snapshot)).collect();
    let mut current = json!({
        "name": "current", "description": "You are here!", "running": u8::from(guest.is_running()), "digest": guest.digest(),
    });
    if let Some(parent) = guest.get("parent") {
        current["parent"] = json!(parent);
    }
    items.push(current);
    Ok(Value::Array(items).into())
}

fn shown(kind: GuestKind, snapshot: &Snapshot) -> Value {
    let mut item = json!({"name": snapshot.name, "description": snapshot.description, "snaptime": snapshot.snaptime});
    if kind == GuestKind::Qemu {
        item["vmstate"] = json!(u8::from(snapshot.vmstate));
    }
    if let Some(parent) = snapshot.config.get("parent") {
        item["parent"] = json!(parent);
    }
    item
}

fn missing(name: &str) -> String {
    format!("snapshot '{name}' does not exist")
}

pub(super) fn find<'a>(guest: &'a Guest, name: &str) -> Result<&'a Snapshot, String> {
    guest.snapshots.iter().find(|snapshot| snapshot.name == name).ok_or_else(|| missing(name))
}

/// The parts of one; believed.
pub(in crate::testing::endpoints) fn index(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Snapshot", "VM.Snapshot.Rollback", "VM.Audit"])?;
    Ok(json!([{"cmd": "rollback"}, {"cmd": "config"}]).into())
}

pub(in crate::testing::endpoints) fn config(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Snapshot", "VM.Snapshot.Rollback", "VM.Audit"])?;
    let guest = ctx.world.guest_on(&ctx.place())?;
    let snapshot = find(guest, &ctx.path[5]).map_err(ApiError::internal)?;
    let mut config = as_json(guest.kind, &snapshot.config);
    config.insert("snaptime".into(), json!(snapshot.snaptime));
    config.insert("description".into(), json!(snapshot.description));
    Ok(Value::Object(config).into())
}

pub(in crate::testing::endpoints) fn describe(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Snapshot"])?;
    let (place, name) = (ctx.place(), ctx.path[5].clone());
    let description = ctx.param("description").map(str::to_owned);
    ctx.world.guest_on(&place)?;
    let guest = ctx.world.guest_mut(&place).map_err(ApiError::internal)?;
    let snapshot = guest.snapshots.iter_mut().find(|snapshot| snapshot.name == name);
    let snapshot = snapshot.ok_or_else(|| ApiError::internal(missing(&name)))?;
    snapshot.description = description.unwrap_or_default();
    nothing()
}

pub(in crate::testing::endpoints) fn create(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Snapshot"])?;
    let place = ctx.place();
    let guest = ctx.world.guest_on(&place)?;
    if guest.is_template() {
        return Err(ApiError::internal(format!("{} is a template", place.label())));
    }
    let name = ctx.param("snapname").unwrap_or_default().to_owned();
    let description = ctx.param("description").unwrap_or_default().to_owned();
    let memory = ctx.flag("vmstate");
    ctx.spawn(Job::new(place.kind.of("qmsnapshot", "vzsnapshot"), place.vmid, move |world, log| {
        let snaptime = world.now();
        let guest = world.guest_mut(&place)?.clone();
        check_lock(&guest)?;
        if find(&guest, &name).is_ok() {
            return Err(format!("snapshot name '{name}' already used"));
        }
        check_feature(world, &guest)?;
        let vmstate = memory && guest.is_running();
        for (slot, drive) in
            guest.drives().iter().filter(|(_, drive)| place.kind == GuestKind::Qemu && !drive.contains("media=cdrom"))
        {
            log.push(format!("snapshotting 'drive-{slot}' ({})", drive.split(',').next().unwrap_or_default()));
        }
        let snapshot = Snapshot { name: name.clone(), description, snaptime, vmstate, config: guest.config.clone() };
        let guest = world.guest_mut(&place)?;
        guest.snapshots.push(snapshot);
        guest.set("parent", name);
        Ok(())
    }))
}

/// Volumes that are raw files cannot; seen of a container in a directory.
fn check_feature(world: &World, guest: &Guest) -> Result<(), String> {
    for (_, drive) in guest.drives().iter().filter(|(_, drive)| !drive.contains("media=cdrom")) {
        let volid = drive.split(',').next().unwrap_or_default();
        let in_files = storage_of(volid).and_then(|id| world.storage(id).ok()).is_some_and(|it| it.has_files());
        let raw = world.volume(volid, &guest.node).is_some_and(|volume| volume.format == "raw");
        if in_files && raw {
            return Err("snapshot feature is not available".into());
        }
    }
    Ok(())
}

pub(in crate::testing::endpoints) fn delete(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Snapshot"])?;
    let (place, name) = (ctx.place(), ctx.path[5].clone());
    ctx.world.guest_on(&place)?;
    ctx.spawn(Job::new(place.kind.of("qmdelsnapshot", "vzdelsnapshot"), place.vmid, move |world, _| {
        let guest = world.guest_mut(&place)?;
        check_lock(guest)?;
        let gone = find(guest, &name)?.config.get("parent").cloned();
        guest.snapshots.retain(|snapshot| snapshot.name != name);
        // Whose parent it was has its parent.
        let orphans = guest.snapshots.iter_mut().map(|snapshot| &mut snapshot.config).chain([&mut guest.config]);
        for config in orphans.filter(|config| config.get("parent") == Some(&name)) {
            match &gone {
                Some(parent) => config.insert("parent".into(), parent.clone()),
                None => config.remove("parent"),
            };
        }
        Ok(())
    }))
}

pub(in crate::testing::endpoints) fn rollback(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Snapshot", "VM.Snapshot.Rollback"])?;
    let (place, name, start) = (ctx.place(), ctx.path[5].clone(), ctx.flag("start"));
    ctx.world.guest_on(&place)?;
    ctx.spawn(Job::new(place.kind.of("qmrollback", "vzrollback"), place.vmid, move |world, _| {
        let pid = world.next_process().0;
        let guest = world.guest_mut(&place)?;
        check_lock(guest)?;
        let snapshot = find(guest, &name)?.clone();
        set_back(guest, &place, snapshot, start, pid);
        Ok(())
    }))
}

/// A machine runs afterwards if its memory was in the snapshot, any guest if that was asked for.
fn set_back(guest: &mut Guest, place: &Place, snapshot: Snapshot, start: bool, pid: u32) {
    let runs = start || (place.kind == GuestKind::Qemu && snapshot.vmstate);
    guest.config = snapshot.config;
    guest.set("parent", snapshot.name);
    guest.pending.clear();
    guest.power = if runs { Power::Running } else { Power::Stopped };
    guest.pid = runs.then_some(pid);
}
