//! Migration between nodes. Its texts are Proxmox VE's own, but the paths were not observed on a real cluster.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Ctx, power};
use crate::testing::guest::{Guest, GuestKind};
use crate::testing::options;
use crate::testing::reply::{ApiError, ApiResult};
use crate::testing::storage::storage_of;
use crate::testing::tasks::Job;
use crate::testing::world::{World, check_lock};

/// Moves a guest's configuration to another node; its volumes on local storages go along.
pub(in crate::testing) fn move_guest(world: &mut World, vmid: u32, node: &str) {
    let Some(guest) = world.guests.get_mut(&vmid) else { return };
    let from = std::mem::replace(&mut guest.node, node.to_owned());
    for volume in world.volumes.iter_mut().filter(|v| v.vmid == vmid && v.node.as_ref() == Some(&from)) {
        volume.node = Some(node.to_owned());
    }
}

/// Volumes of a guest that lie on one node only: slot-independent, with their sizes.
fn local_disks(world: &World, guest: &Guest) -> Vec<(String, u64)> {
    guest
        .config
        .iter()
        .filter(|(k, _)| options::is_drive(k) || options::is_unused(k))
        .filter_map(|(_, v)| v.split(',').next())
        .filter_map(|volid| world.volume(volid, &guest.node))
        .filter(|v| v.node.is_some())
        .map(|v| (v.volid.clone(), v.size))
        .collect()
}

pub(in crate::testing::endpoints) fn preconditions(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Migrate"])?;
    let guest = ctx.world.guest_on(&ctx.place())?;
    if guest.kind == GuestKind::Lxc {
        // Nodes are listed for the affinity rules of HA only.
        return Ok(json!({ "running": u8::from(guest.is_running()) }).into());
    }
    let disks: Vec<Value> = local_disks(ctx.world, guest)
        .into_iter()
        .map(|(volid, size)| json!({"volid": volid, "size": size, "cdrom": u8::from(volid.contains("cloudinit"))}))
        .collect();
    let mut check = json!({"running": u8::from(guest.is_running()), "local_disks": disks, "local_resources": []});
    if !guest.is_running() {
        // Asked of a stopped guest only: a running one's disks may go to another storage.
        let storages: BTreeSet<&str> = disks.iter().filter_map(|disk| storage_of(disk["volid"].as_str()?)).collect();
        let others = ctx.world.nodes.iter().filter(|node| node.name != ctx.node);
        let lacking = others.map(|node| {
            let lacks = |id: &&&str| ctx.world.storage_on(id, &node.name).is_err();
            (node.name.clone(), storages.iter().filter(lacks).collect::<Vec<_>>())
        });
        let (not, allowed): (Vec<_>, Vec<_>) = lacking.partition(|(_, lacks)| !lacks.is_empty());
        let not: serde_json::Map<String, Value> =
            not.into_iter().map(|(node, lacks)| (node, json!({ "unavailable_storages": lacks }))).collect();
        check["allowed_nodes"] = allowed.into_iter().map(|(node, _)| node).collect();
        check["not_allowed_nodes"] = Value::Object(not);
    }
    Ok(check.into())
}

pub(in crate::testing::endpoints) fn migrate(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Migrate"])?;
    let target = ctx.param("target").unwrap_or_default().to_owned();
    if target == ctx.node {
        return Err(ApiError::parameter("target", "target is local node."));
    }
    if ctx.world.node(&target).is_none() {
        return Err(ApiError::internal(format!("no such cluster node '{target}'")));
    }
    let place = ctx.place();
    let guest = ctx.world.guest_on(&place)?;
    check_lock(guest).map_err(ApiError::internal)?;
    let (online, restart) = (ctx.flag("online"), ctx.flag("restart"));
    if guest.is_running() && !online && !restart {
        let vm = "can't migrate running VM without --online";
        return Err(ApiError::internal(
            place.kind.of(vm, "can't migrate running container without --online or --restart"),
        ));
    }
    let with_local = ctx.flag("with-local-disks");
    let (begin, locked) = (place.clone(), place.clone());
    let mut job = Job::new(place.kind.of("qmigrate", "vzmigrate"), place.vmid, move |world, _| {
        world.guest_mut(&begin)?.set("lock", "migrate");
        Ok(())
    });
    job.steps.push(Box::new(move |world, log| {
        let guest = world.guest_mut(&place)?.clone();
        log.push(format!("starting migration of {} to node '{target}'", place.label()));
        let disks = local_disks(world, &guest);
        match place.kind {
            GuestKind::Qemu if guest.is_running() && !with_local => check_attached(&disks, log)?,
            GuestKind::Lxc if guest.is_running() && !restart => {
                return Err("lxc live migration is currently not implemented".into());
            }
            _ => {}
        }
        for (volid, _) in &disks {
            let storage = storage_of(volid).unwrap_or_default();
            world.storage_on(storage, &target).map_err(super::update::text)?;
        }
        if !world.node(&target).is_some_and(|n| n.online) {
            return Err(format!("unable to connect to node '{target}'"));
        }
        let restarts = place.kind == GuestKind::Lxc && guest.is_running();
        if restarts {
            log.push(format!("shutdown {}", place.label()));
            power::halt(world, &place)?;
        }
        move_guest(world, place.vmid, &target);
        let there = place.on(&target);
        world.guest_mut(&there)?.unset("lock");
        if restarts {
            log.push(format!("start container on target node '{target}'"));
            power::run(world, &there);
        }
        Ok(())
    }));
    job.cleanup = Some(Box::new(move |world, _| {
        world.guest_mut(&locked)?.unset("lock");
        Ok(())
    }));
    ctx.spawn_by_ha("hamigrate", job)
}

/// Without the option for them, the disks of a running machine must be on shared storage.
fn check_attached(disks: &[(String, u64)], log: &mut Vec<String>) -> Result<(), String> {
    let Some((volid, _)) = disks.iter().find(|(v, _)| !v.contains("cloudinit")) else { return Ok(()) };
    log.push(format!(
        "can't migrate local disk '{volid}': can't live migrate attached local disks without with-local-disks option"
    ));
    Err("Problem found while scanning volumes - can't migrate VM - check log".into())
}
