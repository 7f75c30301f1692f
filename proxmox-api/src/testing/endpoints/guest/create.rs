//! What making a guest, and making a template of one, are for both kinds.

use super::Ctx;
use crate::testing::guest::Place;
use crate::testing::options;
use crate::testing::reply::{ApiError, ApiResult};
use crate::testing::storage::storage_of;
use crate::testing::tasks::Job;
use crate::testing::world::check_lock;

/// Where the guest of a creation will be, and its pool: whoever asks may make it, and the VMID is free.
pub(in crate::testing::endpoints) fn new_guest(ctx: &Ctx<'_>) -> ApiResult<(Place, Option<String>)> {
    let vmid = ctx.number("vmid").and_then(|id| u32::try_from(id).ok()).unwrap_or_default();
    let place = Place { vmid, ..ctx.place() };
    let pool = ctx.param("pool").map(str::to_owned);
    let allowed = ctx.caller.has(&format!("/vms/{vmid}"), "VM.Allocate")
        || pool.as_ref().is_some_and(|p| ctx.caller.has(&format!("/pool/{p}"), "VM.Allocate"));
    if !allowed {
        return Err(ApiError::Plain(403, "Permission check failed".into()));
    }
    if let Some(pool) = pool.as_ref().filter(|p| !ctx.world.pools.contains_key(*p)) {
        return Err(ApiError::Plain(403, format!("Permission check failed (pool '{pool}' does not exist)")));
    }
    match ctx.world.guests.get(&vmid) {
        Some(other) => {
            let text = format!("unable to create {} - {}", place.label(), exists(&other.place()));
            Err(ApiError::internal(text))
        }
        None => Ok((place, pool)),
    }
}

/// `CT 203 already exists on node 'pve'`
pub(in crate::testing::endpoints) fn exists(place: &Place) -> String {
    format!("{} already exists on node '{}'", place.label(), place.node)
}

/// What makes the guest of the path a template.
pub(in crate::testing::endpoints) fn make_template(ctx: &Ctx<'_>) -> ApiResult<Job> {
    ctx.check_vm(&["VM.Allocate"])?;
    let place = ctx.place();
    let guest = ctx.world.guest_on(&place)?;
    check_lock(guest).map_err(ApiError::internal)?;
    if guest.is_template() {
        return Err(ApiError::internal("you can't convert a template to a template"));
    }
    if guest.is_running() {
        let vm = "you can't convert a VM to template if VM is running";
        return Err(ApiError::internal(place.kind.of(vm, "you can't convert a CT to template if the CT is running")));
    }
    let kind = place.kind.of("qmtemplate", "vztemplate");
    Ok(Job::new(kind, place.vmid, move |world, _| {
        for (slot, value) in world.guest_mut(&place)?.drives() {
            let mut drive = options::parse_drive(&value);
            let Some(volid) = drive.head.clone().filter(|v| storage_of(v).is_some()) else { continue };
            if drive.get("media") == Some("cdrom") {
                continue;
            }
            drive.head = Some(world.make_base(&volid, &place.node));
            world.guest_mut(&place)?.set(&slot, drive.print_sorted());
        }
        world.guest_mut(&place)?.set("template", "1");
        Ok(())
    }))
}
