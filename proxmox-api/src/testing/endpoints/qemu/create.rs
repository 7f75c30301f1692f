//! Creating a virtual machine, and making one a template.

use super::{Ctx, power};
use crate::testing::endpoints::backup;
use crate::testing::endpoints::guest::copy::undo;
use crate::testing::endpoints::guest::create::{make_template, new_guest};
use crate::testing::endpoints::guest::{drives, update};
use crate::testing::guest::{Guest, Place};
use crate::testing::options;
use crate::testing::reply::{ApiError, ApiResult};
use crate::testing::schema::Params;
use crate::testing::tasks::Job;
use crate::testing::world::World;

/// Parameters of `POST qemu` that are no options of the configuration.
const NOT_CONFIG: &[&str] = &[
    "vmid",
    "archive",
    "bwlimit",
    "force",
    "ha-managed",
    "import-working-storage",
    "live-restore",
    "pool",
    "start",
    "storage",
    "unique",
];

pub(super) fn create(ctx: &mut Ctx<'_>) -> ApiResult {
    if let Some(archive) = ctx.param("archive").map(str::to_owned) {
        return backup::restore(ctx, &archive);
    }
    let (place, pool) = new_guest(ctx)?;
    let start = ctx.flag("start");
    let mut config = ctx.params.clone();
    config.retain(|k, _| !NOT_CONFIG.contains(&k.as_str()));
    for (name, value) in &config {
        if options::is_drive(name) {
            drives::check(ctx.world, &place, name, value)?;
            if let Some(storage) = drives::allocates_on(value) {
                ctx.caller.check(&format!("/storage/{storage}"), &["Datastore.AllocateSpace"])?;
            }
        }
        if options::is_net(name) {
            update::check_bridge(ctx, value)?;
        }
    }
    // The VMID is taken before the answer here, so of parallel creations only one gets a UPID.
    let mut guest = Guest::new(&place);
    guest.set("lock", "create");
    ctx.world.add(guest, pool.as_deref());
    let vmid = place.vmid;
    let mut job = Job::new("qmcreate", vmid, move |world, log| {
        fill(world, &place, &config, log).map_err(update::text)?;
        if start {
            power::run_start(world, &place, false, log)?;
        }
        Ok(())
    });
    job.cleanup = Some(Box::new(move |world, _| {
        undo(world, vmid);
        Ok(())
    }));
    ctx.spawn(job)
}

fn fill(world: &mut World, place: &Place, config: &Params, log: &mut Vec<String>) -> Result<(), ApiError> {
    let mut filled = Guest::new(place);
    for (name, value) in config {
        let value = if options::is_drive(name) {
            drives::realise(world, place, name, value, log)?
        } else if options::is_net(name) {
            options::print_net(place.kind, value, || world.next_mac())
        } else {
            value.clone()
        };
        filled.set(name, value);
    }
    if filled.get("smbios1").is_none() {
        filled.set("smbios1", format!("uuid={}", world.next_uuid()));
    }
    if filled.get("vmgenid").is_none() {
        filled.set("vmgenid", world.next_uuid());
    }
    filled.set("meta", format!("creation-qemu=10.0.13,ctime={}", world.now()));
    world.guest_mut(place).map_err(ApiError::internal)?.config = filled.config;
    Ok(())
}

pub(super) fn template(ctx: &mut Ctx<'_>) -> ApiResult {
    let job = make_template(ctx)?;
    ctx.spawn(job)
}
