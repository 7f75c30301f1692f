//! Destroying.

use super::Ctx;
use crate::testing::guest::Guest;
use crate::testing::options;
use crate::testing::reply::{ApiError, ApiResult};
use crate::testing::tasks::Job;
use crate::testing::world::{World, check_lock};

pub(super) fn destroy(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Allocate"])?;
    ctx.check_skiplock()?;
    let vmid = ctx.vmid;
    let guest = ctx.world.guest_on(vmid, &ctx.node)?;
    if guest.flag("protection") {
        return Err(ApiError::internal(format!("can't remove VM {vmid} - protection mode enabled")));
    }
    if guest.is_running() {
        return Err(ApiError::internal(running(vmid)));
    }
    if ctx.world.ha.contains(&vmid) && !ctx.flag("purge") {
        let text = format!("unable to remove VM {vmid} - used in HA resources and purge parameter not set.");
        return Err(ApiError::internal(text));
    }
    let (purge, unreferenced, skiplock) = (ctx.flag("purge"), ctx.flag("destroy-unreferenced-disks"), ctx.skips_lock());
    let node = ctx.node.clone();
    ctx.spawn(Job::new("qmdestroy", vmid, move |world, log| {
        let guest = world.guest_mut(vmid, &node)?.clone();
        if !skiplock {
            check_lock(&guest)?;
        }
        if guest.is_running() {
            return Err(running(vmid));
        }
        check_linked(world, &guest)?;
        for volid in volumes(&guest) {
            // Only what the guest owns by name: an attached foreign volume stays.
            if world.volume(&volid, &node).is_some_and(|v| v.vmid == vmid) {
                world.remove_volume(&volid, &node);
            }
        }
        if unreferenced {
            world.volumes.retain(|v| v.vmid != vmid || v.node.as_deref().is_some_and(|n| n != node));
        }
        world.forget(vmid);
        if purge {
            log.push(format!("purging VM {vmid} from related configurations.."));
        }
        Ok(())
    }))
}

fn running(vmid: u32) -> String {
    format!("VM {vmid} is running - destroy failed")
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
