//! Starting, stopping and what lies between.

use super::{Ctx, cloudinit};
use crate::testing::endpoints::guest::power::{allowed, halt, may_halt, missing_bridge, overrule_shutdowns, run};
use crate::testing::guest::{Guest, Place, Power};
use crate::testing::reply::{ApiError, ApiResult};
use crate::testing::tasks::Job;
use crate::testing::world::{World, check_lock};

/// Refuses a stopped guest at once (reset, reboot, suspend, resume).
fn must_run(ctx: &Ctx<'_>) -> Result<(), ApiError> {
    let guest = ctx.world.guest_on(&ctx.place())?;
    if guest.is_running() { Ok(()) } else { Err(ApiError::internal(format!("VM {} not running", ctx.vmid))) }
}

/// `POST status/start`: nearly everything is checked in the task.
pub(super) fn start(ctx: &mut Ctx<'_>) -> ApiResult {
    allowed(ctx)?;
    let (place, skiplock) = (ctx.place(), ctx.skips_lock());
    let job = Job::new("qmstart", ctx.vmid, move |world, log| run_start(world, &place, skiplock, log));
    ctx.spawn_by_ha("hastart", job)
}

pub(super) fn run_start(world: &mut World, place: &Place, skiplock: bool, log: &mut Vec<String>) -> Result<(), String> {
    let guest = world.guest_mut(place)?;
    if guest.is_template() {
        return Err("you can't start a vm if it's a template".into());
    }
    if !skiplock {
        check_lock(guest)?;
    }
    if guest.is_running() {
        return Err(format!("VM {} already running", place.vmid));
    }
    guest.apply_pending();
    if cloudinit::note_cloudinit_size(guest) {
        log.push("generating cloud-init ISO".into());
    }
    if let Some(missing) = missing_bridge(world, place) {
        return Err(format!("bridge '{missing}' does not exist"));
    }
    check_topology(world.guest_mut(place)?, log)?;
    run(world, place);
    Ok(())
}

/// Processors to begin with that the machine has no room for: the configuration takes them, QEMU does not.
fn check_topology(guest: &Guest, log: &mut Vec<String>) -> Result<(), String> {
    let number = |option: &str| guest.get(option).and_then(|value| value.parse::<u64>().ok());
    let (sockets, cores) = (number("sockets").unwrap_or(1), number("cores").unwrap_or(1));
    let Some(vcpus) = number("vcpus").filter(|vcpus| *vcpus > sockets * cores) else { return Ok(()) };
    log.push(format!(
        "kvm: Invalid CPU topology: maxcpus must be equal to or greater than smp: sockets ({sockets}) * dies (1) * \
         modules (1) * cores ({cores}) * threads (1) == maxcpus ({}) < smp_cpus ({vcpus})",
        sockets * cores
    ));
    Err("start failed: QEMU exited with code 1".into())
}

pub(super) fn stop(ctx: &mut Ctx<'_>) -> ApiResult {
    allowed(ctx)?;
    let (place, skiplock) = (ctx.place(), ctx.skips_lock());
    if ctx.flag("overrule-shutdown") {
        overrule_shutdowns(ctx);
    }
    let job = Job::new("qmstop", ctx.vmid, move |world, _| {
        if may_halt(world, &place, skiplock)? {
            halt(world, &place)?;
        }
        Ok(())
    });
    ctx.spawn_by_ha("hastop", job)
}

pub(super) fn shutdown(ctx: &mut Ctx<'_>) -> ApiResult {
    allowed(ctx)?;
    let (place, skiplock, force) = (ctx.place(), ctx.skips_lock(), ctx.flag("forceStop"));
    let paused = ctx.world.guests.get(&ctx.vmid).is_some_and(|g| g.power == Power::Paused);
    if paused && !force {
        return Err(ApiError::internal("VM is paused - cannot shutdown"));
    }
    let job = Job::new("qmshutdown", ctx.vmid, move |world, log| {
        if !may_halt(world, &place, skiplock)? {
            return Ok(());
        }
        if paused || world.guest_mut(&place)?.ignores_shutdown {
            if !force {
                return Err("VM quit/powerdown failed - got timeout".into());
            }
            log.push("VM still running - terminating now with SIGTERM".into());
        }
        halt(world, &place)
    });
    ctx.spawn_by_ha("hastop", job)
}

pub(super) fn reboot(ctx: &mut Ctx<'_>) -> ApiResult {
    allowed(ctx)?;
    must_run(ctx)?;
    let place = ctx.place();
    ctx.spawn(Job::new("qmreboot", ctx.vmid, move |world, log| {
        if !may_halt(world, &place, false)? {
            return Ok(());
        }
        if world.guest_mut(&place)?.ignores_shutdown {
            return Err("VM quit/powerdown failed - got timeout".into());
        }
        halt(world, &place)?;
        run_start(world, &place, false, log)
    }))
}

pub(super) fn reset(ctx: &mut Ctx<'_>) -> ApiResult {
    allowed(ctx)?;
    must_run(ctx)?;
    let (place, skiplock) = (ctx.place(), ctx.skips_lock());
    ctx.spawn(Job::new("qmreset", ctx.vmid, move |world, _| may_halt(world, &place, skiplock).map(|_| ())))
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
    let (place, skiplock) = (ctx.place(), ctx.skips_lock());
    ctx.spawn(Job::new(kind, ctx.vmid, move |world, _| {
        if !may_halt(world, &place, skiplock)? {
            return Err(format!("VM {} not running", place.vmid));
        }
        world.guest_mut(&place)?.power = power;
        Ok(())
    }))
}
