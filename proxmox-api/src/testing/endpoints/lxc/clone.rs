//! Cloning: the VMID is taken and the configuration written before the answer, the task copies the volumes.

use super::Ctx;
use crate::testing::endpoints::guest::copy::{check_volumes, copy_volume, destination, undo};
use crate::testing::endpoints::guest::create::exists;
use crate::testing::endpoints::guest::update;
use crate::testing::guest::{Guest, Place};
use crate::testing::options;
use crate::testing::reply::{ApiError, ApiResult};
use crate::testing::tasks::Job;
use crate::testing::world::{World, check_lock};

pub(super) fn clone(ctx: &mut Ctx<'_>) -> ApiResult {
    let to = destination(ctx)?;
    let source = ctx.place();
    let template = ctx.world.guest_on(&source)?.clone();
    check_lock(&template).map_err(ApiError::internal)?;
    if let Some(other) = ctx.world.guests.get(&to.newid) {
        return Err(ApiError::internal(exists(&other.place())));
    }
    // Without `full`, a template is cloned linked and everything else full.
    let full = ctx.params.get("full").map_or(!template.is_template(), |f| f == "1");
    if to.storage.is_some() && !full {
        return Err(ApiError::internal("parameter 'storage' not allowed for linked clones"));
    }
    if let Some(name) = ctx.param("snapname") {
        return Err(ApiError::internal(format!("snapshot '{name}' does not exist")));
    }
    if full && template.is_running() {
        return Err(ApiError::internal("Full clone of a running container is only possible from a snapshot"));
    }
    check_volumes(ctx, &template, &to, full)?;

    let place = Place { vmid: to.newid, ..source.clone() };
    let mut clone = Guest::new(&place);
    clone.config = template.config.clone();
    clone.config.retain(|k, _| k != "template" && !options::is_unused(k) && !options::is_drive(k));
    clone.ignores_shutdown = template.ignores_shutdown;
    for (name, value) in &mut clone.config {
        if options::is_net(name) {
            *value = options::with_new_mac(place.kind, value, || ctx.world.next_mac());
        }
    }
    for option in ["hostname", "description"] {
        if let Some(value) = ctx.param(option).filter(|value| !value.is_empty()) {
            clone.set(option, value);
        }
    }
    clone.set("lock", "create");
    ctx.world.add(clone, to.pool.as_deref());
    set_lock(ctx.world, &source, Some("disk"));

    let (from, clone, storage) = (source.clone(), place.clone(), to.storage.clone());
    let copy = move |world: &mut World, log: &mut Vec<String>| {
        log.push(format!("creating a clone of container {} with ID {}", from.vmid, clone.vmid));
        for (slot, value) in template.drives() {
            let volume = value.split(',').next().unwrap_or_default();
            log.push(match full {
                true => format!("create full clone of mountpoint {slot} ({volume})"),
                false => format!("create linked clone of mount point {slot} ({volume})"),
            });
            let copy = copy_volume(world, &clone, &value, full, storage.as_deref(), None).map_err(update::text)?;
            world.guest_mut(&clone)?.set(&slot, copy);
        }
        Ok(())
    };
    let (from, target, newid) = (source.clone(), to.target, to.newid);
    let finish = move |world: &mut World, _: &mut Vec<String>| {
        set_lock(world, &from, None);
        set_lock(world, &place, None);
        if let Some(target) = target {
            world.guest_mut(&place)?.node = target;
        }
        Ok(())
    };
    ctx.spawn(Job {
        kind: "vzclone",
        id: source.vmid.to_string(),
        locks: Some(newid),
        steps: vec![Box::new(copy), Box::new(finish)],
        cleanup: Some(Box::new(move |world, _| {
            undo(world, newid);
            set_lock(world, &source, None);
            Ok(())
        })),
    })
}

fn set_lock(world: &mut World, place: &Place, lock: Option<&str>) {
    if let Ok(guest) = world.guest_mut(place) {
        match lock {
            Some(lock) => guest.set("lock", lock),
            None => guest.unset("lock"),
        }
    }
}
