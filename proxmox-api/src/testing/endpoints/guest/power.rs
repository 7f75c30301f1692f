//! What starting and stopping do, whichever the kind and the method.

use super::Ctx;
use crate::testing::formats::Properties;
use crate::testing::guest::{Place, Power};
use crate::testing::options;
use crate::testing::reply::ApiError;
use crate::testing::world::{World, check_lock};

/// Whether whoever asks may do anything to the guest's power.
pub(in crate::testing::endpoints) fn allowed(ctx: &Ctx<'_>) -> Result<(), ApiError> {
    ctx.check_vm(&["VM.PowerMgmt"])?;
    ctx.check_skiplock()
}

/// Gives it a process.
pub(in crate::testing::endpoints) fn run(world: &mut World, place: &Place) {
    let pid = world.next_process().0;
    if let Ok(guest) = world.guest_mut(place) {
        guest.power = Power::Running;
        guest.pid = Some(pid);
    }
}

/// Takes the process away and lets pending changes become effective.
pub(in crate::testing::endpoints) fn halt(world: &mut World, place: &Place) -> Result<(), String> {
    let guest = world.guest_mut(place)?;
    guest.power = Power::Stopped;
    guest.pid = None;
    guest.apply_pending();
    Ok(())
}

/// Whether it runs and so can be stopped. Stop and shutdown of a stopped virtual machine succeed, even of a locked one.
pub(in crate::testing::endpoints) fn may_halt(world: &World, place: &Place, skiplock: bool) -> Result<bool, String> {
    let guest = world.guests.get(&place.vmid).filter(|guest| place.holds(guest)).ok_or_else(|| place.no_vm())?;
    if !guest.is_running() {
        return Ok(false);
    }
    if !skiplock {
        check_lock(guest)?;
    }
    Ok(true)
}

/// A bridge of its network devices that the node lacks.
pub(in crate::testing::endpoints) fn missing_bridge(world: &World, place: &Place) -> Option<String> {
    let guest = world.guests.get(&place.vmid)?;
    let there = &world.node(&place.node)?.bridges;
    let nets = guest.config.iter().filter(|(option, _)| options::is_net(option));
    let bridges = nets.filter_map(|(_, value)| Properties::parse(value).get("bridge").map(str::to_owned));
    bridges.into_iter().find(|bridge| !there.contains(bridge))
}

/// Ends the shutdowns of the guest that are still waiting.
pub(in crate::testing::endpoints) fn overrule_shutdowns(ctx: &mut Ctx<'_>) {
    let (kind, id) = (ctx.kind.of("qmshutdown", "vzshutdown"), ctx.vmid.to_string());
    for at in 0..ctx.world.tasks.len() {
        if ctx.world.tasks[at].kind == kind && ctx.world.tasks[at].id == id {
            ctx.world.interrupt_task(at);
        }
    }
}
