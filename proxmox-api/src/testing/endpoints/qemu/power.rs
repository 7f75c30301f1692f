//! Starting, stopping and what lies between.

use super::{Ctx, config};
use crate::testing::formats::Properties;
use crate::testing::guest::Power;
use crate::testing::options;
use crate::testing::reply::{ApiError, ApiResult};
use crate::testing::tasks::Job;
use crate::testing::world::{World, check_lock, no_vm};

fn allowed(ctx: &Ctx<'_>) -> Result<(), ApiError> {
    ctx.check_vm(&["VM.PowerMgmt"])?;
    ctx.check_skiplock()
}

/// Refuses a stopped guest at once (reset, reboot, suspend, resume).
fn must_run(ctx: &Ctx<'_>) -> Result<(), ApiError> {
    let guest = ctx.world.guest_on(ctx.vmid, &ctx.node)?;
    if guest.is_running() { Ok(()) } else { Err(ApiError::internal(format!("VM {} not running", ctx.vmid))) }
}

/// `POST status/start`: nearly everything is checked in the task.
pub(super) fn start(ctx: &mut Ctx<'_>) -> ApiResult {
    allowed(ctx)?;
    let (vmid, node, skiplock) = (ctx.vmid, ctx.node.clone(), ctx.skips_lock());
    ctx.spawn_by_ha(
        "hastart",
        Job::new("qmstart", vmid, move |world, log| run_start(world, &node, vmid, skiplock, log)),
    )
}

pub(super) fn run_start(
    world: &mut World,
    node: &str,
    vmid: u32,
    skiplock: bool,
    log: &mut Vec<String>,
) -> Result<(), String> {
    let guest = world.guest_mut(vmid, node)?;
    if guest.is_template() {
        return Err("you can't start a vm if it's a template".into());
    }
    if !skiplock {
        check_lock(guest)?;
    }
    if guest.is_running() {
        return Err(format!("VM {vmid} already running"));
    }
    guest.apply_pending();
    if config::note_cloudinit_size(guest) {
        log.push("generating cloud-init ISO".into());
    }
    let nets: Vec<Properties> =
        guest.config.iter().filter(|(k, _)| options::is_net(k)).map(|(_, v)| Properties::parse(v)).collect();
    let bridges = world.node(node).map(|n| n.bridges.clone()).unwrap_or_default();
    if let Some(missing) = nets.iter().filter_map(|n| n.get("bridge")).find(|b| !bridges.contains(*b)) {
        return Err(format!("bridge '{missing}' does not exist"));
    }
    let pid = world.next_process().0;
    let guest = world.guest_mut(vmid, node)?;
    guest.power = Power::Running;
    guest.pid = Some(pid);
    Ok(())
}

/// Takes the process away and lets pending changes become effective.
fn halt(world: &mut World, node: &str, vmid: u32) -> Result<(), String> {
    let guest = world.guest_mut(vmid, node)?;
    guest.power = Power::Stopped;
    guest.pid = None;
    guest.apply_pending();
    Ok(())
}

/// Stop and shutdown of a stopped guest succeed, even of a locked one.
fn may_halt(world: &World, node: &str, vmid: u32, skiplock: bool) -> Result<bool, String> {
    let guest = world.guests.get(&vmid).filter(|g| g.node == node).ok_or_else(|| no_vm(vmid, node))?;
    if !guest.is_running() {
        return Ok(false);
    }
    if !skiplock {
        check_lock(guest)?;
    }
    Ok(true)
}

pub(super) fn stop(ctx: &mut Ctx<'_>) -> ApiResult {
    allowed(ctx)?;
    let (vmid, node, skiplock) = (ctx.vmid, ctx.node.clone(), ctx.skips_lock());
    if ctx.flag("overrule-shutdown") {
        let id = vmid.to_string();
        for at in 0..ctx.world.tasks.len() {
            if ctx.world.tasks[at].kind == "qmshutdown" && ctx.world.tasks[at].id == id {
                ctx.world.interrupt_task(at);
            }
        }
    }
    ctx.spawn_by_ha(
        "hastop",
        Job::new("qmstop", vmid, move |world, _| {
            if may_halt(world, &node, vmid, skiplock)? {
                halt(world, &node, vmid)?;
            }
            Ok(())
        }),
    )
}

pub(super) fn shutdown(ctx: &mut Ctx<'_>) -> ApiResult {
    allowed(ctx)?;
    let (vmid, node, skiplock) = (ctx.vmid, ctx.node.clone(), ctx.skips_lock());
    let force = ctx.flag("forceStop");
    let paused = ctx.world.guests.get(&vmid).is_some_and(|g| g.power == Power::Paused);
    if paused && !force {
        return Err(ApiError::internal("VM is paused - cannot shutdown"));
    }
    ctx.spawn_by_ha(
        "hastop",
        Job::new("qmshutdown", vmid, move |world, log| {
            if !may_halt(world, &node, vmid, skiplock)? {
                return Ok(());
            }
            if paused || world.guest_mut(vmid, &node)?.ignores_shutdown {
                if !force {
                    return Err("VM quit/powerdown failed - got timeout".into());
                }
                log.push("VM still running - terminating now with SIGTERM".into());
            }
            halt(world, &node, vmid)
        }),
    )
}

pub(super) fn reboot(ctx: &mut Ctx<'_>) -> ApiResult {
    allowed(ctx)?;
    must_run(ctx)?;
    let (vmid, node) = (ctx.vmid, ctx.node.clone());
    ctx.spawn(Job::new("qmreboot", vmid, move |world, log| {
        if !may_halt(world, &node, vmid, false)? {
            return Ok(());
        }
        if world.guest_mut(vmid, &node)?.ignores_shutdown {
            return Err("VM quit/powerdown failed - got timeout".into());
        }
        halt(world, &node, vmid)?;
        run_start(world, &node, vmid, false, log)
    }))
}

pub(super) fn reset(ctx: &mut Ctx<'_>) -> ApiResult {
    allowed(ctx)?;
    must_run(ctx)?;
    let (vmid, node, skiplock) = (ctx.vmid, ctx.node.clone(), ctx.skips_lock());
    ctx.spawn(Job::new("qmreset", vmid, move |world, _| may_halt(world, &node, vmid, skiplock).map(|_| ())))
}

pub(super) fn suspend(ctx: &mut Ctx<'_>) -> ApiResult {
    set_power(ctx, "qmpause", Power::Paused)
}

pub(super) fn resume(ctx: &mut Ctx<'_>) -> ApiResult {
    set_power(ctx, "qmresume", Power::Running)
}

fn set_power(ctx: &mut Ctx<'_>, kind: &'static str, power: Power) -> ApiResult {
    allowed(ctx)?;
    must_run(ctx)?;
    let (vmid, node, skiplock) = (ctx.vmid, ctx.node.clone(), ctx.skips_lock());
    ctx.spawn(Job::new(kind, vmid, move |world, _| {
        if !may_halt(world, &node, vmid, skiplock)? {
            return Err(format!("VM {vmid} not running"));
        }
        world.guest_mut(vmid, &node)?.power = power;
        Ok(())
    }))
}
