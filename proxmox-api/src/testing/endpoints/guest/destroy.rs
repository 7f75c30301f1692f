//! Destroying.

use super::Ctx;
use crate::testing::guest::{Guest, GuestKind, Place};
use crate::testing::options;
use crate::testing::reply::{ApiError, ApiResult};
use crate::testing::tasks::Job;
use crate::testing::world::{World, check_lock};

pub(in crate::testing::endpoints) fn destroy(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Allocate"])?;
    ctx.check_skiplock()?;
    let place = ctx.place();
    let (vmid, label) = (place.vmid, place.label());
    let guest = ctx.world.guest_on(&place)?;
    if guest.flag("protection") {
        return Err(ApiError::internal(format!("can't remove {label} - protection mode enabled")));
    }
    let (purge, unreferenced, skiplock) = (ctx.flag("purge"), ctx.flag("destroy-unreferenced-disks"), ctx.skips_lock());
    // Of a virtual machine found out by the task.
    if place.kind == GuestKind::Lxc {
        check_lock(guest).map_err(ApiError::internal)?;
    }
    let force = ctx.flag("force");
    if guest.is_running() && !force {
        return Err(ApiError::internal(running(&place)));
    }
    if ctx.world.ha.contains(&vmid) && !purge {
        let text = format!("unable to remove {label} - used in HA resources and purge parameter not set.");
        return Err(ApiError::internal(text));
    }
    let kind = place.kind.of("qmdestroy", "vzdestroy");
    ctx.spawn(Job::new(kind, vmid, move |world, log| {
        let guest = world.guest_mut(&place)?.clone();
        if !skiplock {
            check_lock(&guest)?;
        }
        if guest.is_running() && !force {
            return Err(running(&place));
        }
        if guest.is_running() {
            log.push(format!("forced to stop {label} before destroying!"));
        }
        check_linked(world, &guest)?;
        for volid in volumes(&guest) {
            // Only what the guest owns by name: an attached foreign volume stays.
            if world.volume(&volid, &place.node).is_some_and(|v| v.vmid == vmid) {
                world.remove_volume(&volid, &place.node);
            }
        }
        if unreferenced {
            world.volumes.retain(|v| {
                v.vmid != vmid || v.content == "backup" || v.node.as_deref().is_some_and(|n| n != place.node)
            });
        }
        world.forget(vmid);
        if purge {
            log.push(format!("purging {label} from related configurations.."));
        }
        Ok(())
    }))
}

fn running(place: &Place) -> String {
    let label = place.label();
    let vm = format!("{label} is running - destroy failed");
    place.kind.of(vm, format!("unable to destroy {label} - container is running"))
}

/// Volumes a configuration names, in slots, as unused, and in pending changes.
fn volumes(guest: &Guest) -> Vec<String> {
    let pending = guest.pending.iter().filter_map(|(k, v)| v.as_ref().map(|v| (k, v)));
    guest
        .config
        .iter()
        .chain(pending)
        .filter(|(k, _)| options::is_drive(k) || options::is_unused(k))
        .filter_map(|(_, v)| v.split(',').next().map(str::to_owned))
        .collect()
}

fn check_linked(world: &World, guest: &Guest) -> Result<(), String> {
    for volid in volumes(guest) {
        if world.volumes.iter().any(|v| v.base.as_deref() == Some(&volid)) {
            return Err(format!("base volume '{volid}' is still in use by linked cloned"));
        }
    }
    Ok(())
}
