//! Starting and stopping. Unlike a virtual machine's, the state is checked before there is a task.

use super::Ctx;
use crate::testing::endpoints::guest::power::{allowed, halt, may_halt, missing_bridge, overrule_shutdowns, run};
use crate::testing::guest::Place;
use crate::testing::reply::{ApiError, ApiResult};
use crate::testing::tasks::Job;
use crate::testing::world::{World, check_lock};

fn runs(ctx: &Ctx<'_>) -> bool {
    let place = ctx.place();
    ctx.world.guests.get(&ctx.vmid).is_some_and(|guest| place.holds(guest) && guest.is_running())
}

fn must_run(ctx: &Ctx<'_>) -> Result<(), ApiError> {
    if runs(ctx) { Ok(()) } else { Err(ApiError::internal(format!("CT {} not running", ctx.vmid))) }
}

fn must_not_run(ctx: &Ctx<'_>) -> Result<(), ApiError> {
    if runs(ctx) { Err(ApiError::internal(format!("CT {} already running", ctx.vmid))) } else { Ok(()) }
}

pub(super) fn start(ctx: &mut Ctx<'_>) -> ApiResult {
    allowed(ctx)?;
    must_not_run(ctx)?;
    let (place, skiplock) = (ctx.place(), ctx.skips_lock());
    ctx.spawn_by_ha("hastart", start_job(place, skiplock))
}

/// What starts a container.
pub(super) fn start_job(place: Place, skiplock: bool) -> Job {
    Job::new("vzstart", place.vmid, move |world, log| run_start(world, &place, skiplock, log))
}

fn run_start(world: &mut World, place: &Place, skiplock: bool, log: &mut Vec<String>) -> Result<(), String> {
    let guest = world.guest_mut(place)?;
    if guest.is_template() {
        return Err("you can't start a CT if it's a template".into());
    }
    if !skiplock {
        check_lock(guest)?;
    }
    if guest.is_running() {
        return Err(format!("CT {} already running", place.vmid));
    }
    guest.apply_pending();
    if let Some(missing) = missing_bridge(world, place) {
        log.push(format!("bridge '{missing}' does not exist"));
        return Err(format!("startup for container '{}' failed", place.vmid));
    }
    run(world, place);
    Ok(())
}

pub(super) fn stop(ctx: &mut Ctx<'_>) -> ApiResult {
    allowed(ctx)?;
    must_run(ctx)?;
    let (place, skiplock) = (ctx.place(), ctx.skips_lock());
    if ctx.flag("overrule-shutdown") {
        overrule_shutdowns(ctx);
    }
    let job = Job::new("vzstop", ctx.vmid, move |world, _| {
        if may_halt(world, &place, skiplock)? {
            halt(world, &place)?;
        }
        Ok(())
    });
    ctx.spawn_by_ha("hastop", job)
}

pub(super) fn shutdown(ctx: &mut Ctx<'_>) -> ApiResult {
    allowed(ctx)?;
    must_run(ctx)?;
    let (place, force) = (ctx.place(), ctx.flag("forceStop"));
    let job = Job::new("vzshutdown", ctx.vmid, move |world, _| {
        if !may_halt(world, &place, false)? {
            return Ok(());
        }
        if world.guest_mut(&place)?.ignores_shutdown && !force {
            return Err("container did not stop".into());
        }
        halt(world, &place)
    });
    ctx.spawn_by_ha("hastop", job)
}

/// A container that does not shut down in time is killed for a reboot.
pub(super) fn reboot(ctx: &mut Ctx<'_>) -> ApiResult {
    allowed(ctx)?;
    if !runs(ctx) {
        // Its own words, unlike those of the other methods.
        return Err(ApiError::internal(format!("VM {} not running", ctx.vmid)));
    }
    let place = ctx.place();
    ctx.spawn(Job::new("vzreboot", ctx.vmid, move |world, log| {
        if !may_halt(world, &place, false)? {
            return Ok(());
        }
        halt(world, &place)?;
        run_start(world, &place, false, log)
    }))
}

/// Needs a program that Proxmox VE does not install.
pub(super) fn suspend(ctx: &mut Ctx<'_>) -> ApiResult {
    allowed(ctx)?;
    must_run(ctx)?;
    let vmid = ctx.vmid;
    ctx.spawn(Job::new("vzsuspend", vmid, move |_, log| {
        log.push("execing criu failed, is it installed?".into());
        Err(format!("command 'lxc-checkpoint -n {vmid} -s -D /var/lib/vz/dump' failed: exit code 1"))
    }))
}

/// The same: there is never anything to resume.
pub(super) fn resume(ctx: &mut Ctx<'_>) -> ApiResult {
    allowed(ctx)?;
    must_not_run(ctx)?;
    let vmid = ctx.vmid;
    ctx.spawn(Job::new("vzresume", vmid, move |_, _| {
        Err(format!("command 'lxc-checkpoint -n {vmid} -r --foreground -D /var/lib/vz/dump' failed: exit code 1"))
    }))
}
