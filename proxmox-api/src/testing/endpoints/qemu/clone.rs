//! Cloning: what is refused at once, what fails in the task, what a clone inherits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Ctx;
use crate::testing::endpoints::guest::copy::{Destination, check_volumes, copy_volume, destination, undo};
use crate::testing::endpoints::guest::update;
use crate::testing::formats::Properties;
use crate::testing::guest::{Guest, GuestKind, Place};
use crate::testing::options;
use crate::testing::reply::{ApiError, ApiResult};
use crate::testing::tasks::Job;
use crate::testing::world::{World, check_lock};

/// What a clone is made of, once it was accepted.
#[derive(Debug, Clone)]
struct Plan {
    source: Place,
    clone: Place,
    to: Destination,
    name: String,
    description: Option<String>,
    full: bool,
    format: Option<String>,
}

/// What stands in the description while the worker has copied no disk yet.
const TEMPORARY: &str = " qmclone temporary file";

pub(super) fn clone(ctx: &mut Ctx<'_>) -> ApiResult {
    let plan = checked(ctx)?;
    let created = Arc::new(AtomicBool::new(false));
    let (skeleton, fill, finish, newid) = (plan.clone(), plan.clone(), plan.clone(), plan.clone.vmid);
    let (mine, mine_too) = (Arc::clone(&created), created);
    ctx.spawn(Job {
        kind: "qmclone",
        id: plan.source.vmid.to_string(),
        locks: Some(newid),
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
                undo(world, newid);
            }
            Ok(())
        })),
    })
}

fn checked(ctx: &mut Ctx<'_>) -> ApiResult<Plan> {
    let to = destination(ctx)?;
    let place = ctx.place();
    let source = ctx.world.guests.get(&ctx.vmid).filter(|guest| place.holds(guest));
    let source = source.ok_or_else(|| ApiError::internal(place.no_vm()))?;
    check_lock(source).map_err(ApiError::internal)?;
    if let Some(name) = ctx.param("snapname") {
        return Err(ApiError::internal(format!("snapshot '{name}' does not exist")));
    }
    // Without `full`, a template is cloned linked and everything else full.
    let full = ctx.params.get("full").map_or(!source.is_template(), |f| f == "1");
    for (name, given) in [("storage", to.storage.is_some()), ("format", ctx.params.contains_key("format"))] {
        if given && !full {
            return Err(ApiError::internal(format!("parameter '{name}' not allowed for linked clones")));
        }
    }
    check_volumes(ctx, source, &to, full)?;
    if ctx.world.guests.get(&to.newid).is_some_and(|guest| guest.kind == GuestKind::Qemu) {
        return Err(ApiError::internal(exists(to.newid)));
    }
    let name = ctx.param("name").map(str::to_owned).unwrap_or_else(|| match source.name() {
        Some(name) => format!("Copy-of-VM-{name}"),
        None => format!("Copy-of-VM-{}", source.vmid),
    });
    Ok(Plan {
        clone: Place { vmid: to.newid, ..place.clone() },
        source: place,
        name,
        description: ctx.param("description").filter(|d| !d.is_empty()).map(str::to_owned),
        full,
        format: ctx.param("format").map(str::to_owned),
        to,
    })
}

fn exists(newid: u32) -> String {
    format!("unable to create VM {newid}: config file already exists")
}

/// The worker's first step: the VMID is taken now and not before, so a race is decided here.
fn begin(world: &mut World, plan: &Plan, log: &mut Vec<String>) -> Result<(), String> {
    let Place { vmid, node, .. } = &plan.clone;
    let creating = format!("creating a clone of VM {} with ID {vmid}", plan.source.vmid);
    match world.guests.get(vmid).map(|guest| guest.kind) {
        Some(GuestKind::Qemu) => {
            log.extend(["trying to acquire lock...".into(), " OK".into()]);
            return Err(exists(*vmid));
        }
        Some(GuestKind::Lxc) => {
            log.push(creating);
            let file = format!("/etc/pve/nodes/{node}/qemu-server/{vmid}.conf");
            return Err(format!("close (rename) atomic file '{file}' failed: File exists"));
        }
        None => log.push(creating),
    }
    let mut guest = Guest::new(&plan.clone);
    guest.set("lock", "clone");
    guest.set("description", TEMPORARY);
    world.add(guest, plan.to.pool.as_deref());
    Ok(())
}

/// The worker's second step: the disks, and with the first of them the whole configuration, still locked.
fn copy(world: &mut World, plan: &Plan, log: &mut Vec<String>) -> Result<(), String> {
    let source = world.guests.get(&plan.source.vmid).cloned().ok_or_else(|| plan.source.no_vm())?;
    let mut config = source.config.clone();
    config.retain(|k, _| !matches!(k.as_str(), "template" | "lock" | "digest" | "parent") && !options::is_unused(k));
    for (slot, value) in source.drives() {
        let (storage, format) = (plan.to.storage.as_deref(), plan.format.as_deref());
        let copy = copy_volume(world, &plan.clone, &value, plan.full, storage, format).map_err(update::text)?;
        let volume = |drive: &str| drive.split(',').next().unwrap_or_default().to_owned();
        if volume(&copy) != volume(&value) {
            let how = if plan.full || value.contains("cloudinit") { "full" } else { "linked" };
            log.push(format!("create {how} clone of drive {slot} ({})", volume(&value)));
            log.push(format!("allocated target volume '{}'", volume(&copy)));
        }
        config.insert(slot, copy);
    }
    for (name, value) in &mut config {
        if options::is_net(name) {
            *value = options::with_new_mac(GuestKind::Qemu, value, || world.next_mac());
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
    let guest = world.guests.get_mut(&plan.clone.vmid).ok_or_else(|| plan.clone.no_vm())?;
    guest.config = config;
    guest.ignores_shutdown = source.ignores_shutdown;
    Ok(())
}

/// The worker's last step: the lock goes, the configuration moves to its node.
fn finish_up(world: &mut World, plan: &Plan) -> Result<(), String> {
    let guest = world.guests.get_mut(&plan.clone.vmid).ok_or_else(|| plan.clone.no_vm())?;
    guest.unset("lock");
    if let Some(target) = &plan.to.target {
        guest.node.clone_from(target);
    }
    Ok(())
}
