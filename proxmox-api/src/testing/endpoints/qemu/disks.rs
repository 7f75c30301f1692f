//! Growing disks, and detaching them by list.

use super::Ctx;
use crate::testing::endpoints::guest::disks::{Growth, grow, growth};
use crate::testing::endpoints::guest::update::{self, Update, check_digest, names};
use crate::testing::options;
use crate::testing::reply::{ApiError, ApiResult, nothing};
use crate::testing::tasks::Job;
use crate::testing::world::check_lock;

/// `PUT resize`: since Proxmox VE 9 a task, in which everything but the parameters' form is checked.
pub(super) fn resize(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Config.Disk"])?;
    ctx.check_skiplock()?;
    let (place, skiplock) = (ctx.place(), ctx.skips_lock());
    let text = |name: &str| ctx.param(name).unwrap_or_default().to_owned();
    let (disk, size, digest) = (text("disk"), text("size"), ctx.param("digest").map(str::to_owned));
    ctx.spawn(Job::new("resize", place.vmid, move |world, log| {
        let guest = world.guest_mut(&place)?;
        check_digest(guest, digest.as_deref())?;
        if !skiplock {
            check_lock(guest)?;
        }
        match growth(world, &place, &disk, &size)? {
            Growth::Same => Ok(()),
            Growth::Shrink => Err("shrinking disks is not supported".into()),
            Growth::To(bytes) => grow(world, &place, &disk, bytes, log),
        }
    }))
}

/// `PUT unlink`: the same as deleting the slots in a `PUT config`, with `force` including their volumes.
pub(super) fn unlink(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Config.Disk"])?;
    let slots = names(ctx.param("idlist").unwrap_or_default());
    if let Some(bad) = slots.iter().find(|s| !options::is_option(ctx.kind, s)) {
        return Err(ApiError::parameter("delete", format!("unknown option '{bad}'")));
    }
    let force = ctx.flag("force");
    let update = Update { delete: slots, force, ..Update::default() };
    update::apply(ctx.world, &ctx.place(), &update, &mut Vec::new())?;
    nothing()
}
