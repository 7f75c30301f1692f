//! Cloning: what is refused at once, what fails in the task, what a clone inherits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Ctx, update};
use crate::testing::formats::Properties;
use crate::testing::guest::{Guest, is_cloudinit};
use crate::testing::options;
use crate::testing::reply::{ApiError, ApiResult};
use crate::testing::storage::{Allocation, size_text, storage_of};
use crate::testing::tasks::Job;
use crate::testing::world::{World, check_lock, no_vm};

/// What a clone is made of, once it was accepted.
#[derive(Debug, Clone)]
struct Plan {
    source: u32,
    node: String,
    newid: u32,
    name: String,
    description: Option<String>,
    full: bool,
    storage: Option<String>,
    format: Option<String>,
    target: Option<String>,
    pool: Option<String>,
}

/// What stands in the description while the worker has copied no disk yet.
const TEMPORARY: &str = " qmclone temporary file";

pub(super) fn clone(ctx: &mut Ctx<'_>) -> ApiResult {
    let plan = checked(ctx)?;
    let created = Arc::new(AtomicBool::new(false));
    let (skeleton, fill, finish, undo) = (plan.clone(), plan.clone(), plan.clone(), plan.newid);
    let (mine, mine_too) = (Arc::clone(&created), created);
    ctx.spawn(Job {
        kind: "qmclone",
        id: plan.source.to_string(),
        locks: Some(plan.newid),
        steps: vec![
            Box::new(move |world, log| {
                begin(world, &skeleton, log)?;
                mine.store(true, Ordering::Relaxed);
                Ok(())
            }),
            Box::new(move |world, log| copy(world, &fill, log)),
            Box::new(move |world, _| finish_up(world, &finish)),
        ],
        cleanup: Some(Box::new(move |world, _| {
            // The loser of a race for a VMID must not remove what the winner made.
            if mine_too.load(Ordering::Relaxed) {
                world.volumes.retain(|v| v.vmid != undo);
                world.forget(undo);
            }
            Ok(())
        })),
    })
}

fn checked(ctx: &mut Ctx<'_>) -> Result<Plan, ApiError> {
    let newid = ctx.number("newid").and_then(|id| u32::try_from(id).ok()).unwrap_or_default();
    ctx.check_vm(&["VM.Clone"])?;
    let pool = ctx.param("pool").map(str::to_owned);
    match &pool {
        Some(pool) if !ctx.world.pools.contains_key(pool) => {
            let text = format!("Permission check failed (pool '{pool}' does not exist)");
            return Err(ApiError::Plain(403, text));
        }
        Some(pool) if ctx.caller.has(&format!("/pool/{pool}"), "VM.Allocate") => {}
        _ => ctx.caller.check(&format!("/vms/{newid}"), &["VM.Allocate"])?,
    }
    let target = ctx.param("target").filter(|t| *t != ctx.node && *t != "localhost").map(str::to_owned);
    if let Some(target) = target.as_ref().filter(|t| ctx.world.node(t).is_none()) {
        return Err(ApiError::internal(format!("no such cluster node '{target}'")));
    }
    let source = ctx
        .world
        .guests
        .get(&ctx.vmid)
        .filter(|g| g.node == ctx.node)
        .ok_or_else(|| ApiError::internal(no_vm(ctx.vmid, &ctx.node)))?;
    let storage = ctx.param("storage").map(str::to_owned);
    if let Some(id) = &storage {
        ctx.world.storage_on(id, &ctx.node)?;
        if let Some(target) = &target {
            let there = ctx.world.storage_on(id, target)?;
            if !there.shared {
                return Err(ApiError::internal(format!("can't clone to non-shared storage '{id}'")));
            }
        }
    }
    check_lock(source).map_err(ApiError::internal)?;
    if let Some(name) = ctx.param("snapname") {
        return Err(ApiError::internal(format!("snapshot '{name}' does not exist")));
    }
    // Without `full`, a template is cloned linked and everything else full.
    let full = ctx.params.get("full").map_or(!source.is_template(), |f| f == "1");
    for (name, given) in [("storage", storage.is_some()), ("format", ctx.params.contains_key("format"))] {
        if given && !full {
            return Err(ApiError::internal(format!("parameter '{name}' not allowed for linked clones")));
        }
    }
    check_drives(ctx, source, full, storage.as_deref(), target.as_deref())?;
    for (_, net) in source.config.iter().filter(|(k, _)| options::is_net(k)) {
        update::check_bridge(ctx, net)?;
    }
    if ctx.world.guests.contains_key(&newid) {
        return Err(ApiError::internal(exists(newid)));
    }
    let name = ctx.param("name").map(str::to_owned).unwrap_or_else(|| match source.name() {
        Some(name) => format!("Copy-of-VM-{name}"),
        None => format!("Copy-of-VM-{}", source.vmid),
    });
    Ok(Plan {
        source: ctx.vmid,
        node: ctx.node.clone(),
        newid,
        name,
        description: ctx.param("description").filter(|d| !d.is_empty()).map(str::to_owned),
        full,
        storage,
        format: ctx.param("format").map(str::to_owned),
        target,
        pool,
    })
}

fn exists(newid: u32) -> String {
    format!("unable to create VM {newid}: config file already exists")
}

/// Rights on the target storages, shared storages for another node, base volumes for a linked clone.
fn check_drives(
    ctx: &Ctx<'_>,
    source: &Guest,
    full: bool,
    storage: Option<&str>,
    target: Option<&str>,
) -> Result<(), ApiError> {
    let mut all_shared = true;
    for (slot, value) in source.drives() {
        let drive = Properties::parse(&value);
        let Some(volid) = drive.head.as_deref() else { continue };
        let Some(own) = storage_of(volid) else { continue };
        all_shared &= ctx.world.storage(own)?.shared;
        if drive.get("media") == Some("cdrom") {
            continue;
        }
        ctx.caller.check(&format!("/storage/{}", storage.unwrap_or(own)), &["Datastore.AllocateSpace"])?;
        if !full && !volid.contains("base-") {
            let text = format!("Linked clone feature is not supported for '{volid}' ({slot})");
            return Err(ApiError::internal(text));
        }
    }
    match target {
        Some(target) if !all_shared => {
            Err(ApiError::internal(format!("can't clone VM to node '{target}' (VM uses local storage)")))
        }
        _ => Ok(()),
    }
}

/// The worker's first step: the VMID is taken now and not before, so a race is decided here.
fn begin(world: &mut World, plan: &Plan, log: &mut Vec<String>) -> Result<(), String> {
    if world.guests.contains_key(&plan.newid) {
        log.extend(["trying to acquire lock...".into(), " OK".into()]);
        return Err(exists(plan.newid));
    }
    log.push(format!("creating a clone of VM {} with ID {}", plan.source, plan.newid));
    let mut guest = Guest::new(plan.newid, &plan.node);
    guest.set("lock", "clone");
    guest.set("description", TEMPORARY);
    world.guests.insert(plan.newid, guest);
    if let Some(members) = plan.pool.as_ref().and_then(|pool| world.pools.get_mut(pool)) {
        members.insert(plan.newid);
    }
    Ok(())
}

/// The worker's second step: the disks, and with the first of them the whole configuration, still locked.
fn copy(world: &mut World, plan: &Plan, log: &mut Vec<String>) -> Result<(), String> {
    let source = world.guests.get(&plan.source).cloned().ok_or_else(|| no_vm(plan.source, &plan.node))?;
    let mut config = source.config.clone();
    config.retain(|k, _| !matches!(k.as_str(), "template" | "lock" | "digest" | "parent") && !options::is_unused(k));
    for (slot, value) in source.drives() {
        let value = copy_drive(world, plan, &slot, &value, log).map_err(update::text)?;
        config.insert(slot, value);
    }
    for (name, value) in &mut config {
        if options::is_net(name) {
            let mut net = Properties::parse(value);
            if let Some(at) = net.rest.iter().position(|(k, _)| options::MODELS.contains(&k.as_str())) {
                net.rest[at].1 = world.next_mac();
            }
            *value = options::print_net(&net.print_sorted(), String::new);
        }
    }
    if let Some(smbios) = config.get_mut("smbios1") {
        let mut parts = Properties::parse(smbios);
        parts.set("uuid", world.next_uuid());
        *smbios = parts.print_sorted();
    }
    if config.contains_key("vmgenid") {
        config.insert("vmgenid".into(), world.next_uuid());
    }
    config.insert("name".into(), plan.name.clone());
    if let Some(description) = &plan.description {
        config.insert("description".into(), description.clone());
    }
    config.insert("lock".into(), "clone".into());
    let guest = world.guests.get_mut(&plan.newid).ok_or_else(|| no_vm(plan.newid, &plan.node))?;
    guest.config = config;
    guest.ignores_shutdown = source.ignores_shutdown;
    Ok(())
}

fn copy_drive(
    world: &mut World,
    plan: &Plan,
    slot: &str,
    value: &str,
    log: &mut Vec<String>,
) -> Result<String, ApiError> {
    let mut drive = Properties::parse(value);
    let volid = drive.head.clone().unwrap_or_default();
    let Some(own) = storage_of(&volid).map(str::to_owned) else { return Ok(value.into()) };
    let cloudinit = is_cloudinit(value);
    if drive.get("media") == Some("cdrom") && !cloudinit {
        return Ok(value.into());
    }
    let volume = world.volume(&volid, &plan.node).cloned();
    let Some(volume) = volume else {
        return Err(ApiError::internal(format!("clone failed: volume '{volid}' does not exist")));
    };
    let storage = plan.storage.clone().unwrap_or_else(|| own.clone());
    // Another storage than the source's gets its own default format.
    let format = plan.format.clone().or_else(|| (storage == own).then(|| volume.format.clone()));
    let wanted = Allocation {
        storage: &storage,
        node: &plan.node,
        vmid: plan.newid,
        size: volume.size,
        format: format.as_deref(),
    };
    let new = if cloudinit {
        log.push(format!("create full clone of drive {slot} ({volid})"));
        world.allocate_cloudinit(&wanted)?
    } else if plan.full {
        log.push(format!("create full clone of drive {slot} ({volid})"));
        world.allocate(&wanted)?
    } else {
        log.push(format!("create linked clone of drive {slot} ({volid})"));
        world.allocate_linked(&wanted, &volid)?
    };
    log.push(format!("allocated target volume '{new}'"));
    drive.head = Some(new);
    drive.set("size", size_text(volume.size));
    Ok(drive.print_sorted())
}

/// The worker's last step: the lock goes, the configuration moves to its node.
fn finish_up(world: &mut World, plan: &Plan) -> Result<(), String> {
    let guest = world.guests.get_mut(&plan.newid).ok_or_else(|| no_vm(plan.newid, &plan.node))?;
    guest.unset("lock");
    if let Some(target) = &plan.target {
        guest.node.clone_from(target);
    }
    Ok(())
}
