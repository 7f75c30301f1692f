//! Growing the root disk and mount points.

use std::collections::BTreeMap;

use super::Ctx;
use crate::testing::endpoints::guest::disks::{Growth, grow, growth};
use crate::testing::endpoints::guest::update::check_digest;
use crate::testing::reply::{ApiError, ApiResult};
use crate::testing::tasks::Job;
use crate::testing::world::check_lock;

/// `PUT resize`: everything is checked before there is a task. Its first step gives the volume and the configuration the
/// new size, the second one the file system.
pub(super) fn resize(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Config.Disk"])?;
    let place = ctx.place();
    let text = |name: &str| ctx.param(name).unwrap_or_default().to_owned();
    let (disk, size) = (text("disk"), text("size"));
    let guest = ctx.world.guest_on(&place)?;
    check_lock(guest).map_err(ApiError::internal)?;
    check_digest(guest, ctx.param("digest")).map_err(ApiError::internal)?;
    if guest.get(&disk).is_none() {
        let missing = |part: &str| (part.to_owned(), "property is missing and it is not optional".to_owned());
        return Err(ApiError::Format(BTreeMap::from([missing("mp"), missing("volume")])));
    }
    let bytes = match growth(ctx.world, &place, &disk, &size).map_err(ApiError::internal)? {
        Growth::Same => return Err(ApiError::internal("disk is already at specified size")),
        Growth::Shrink => return Err(ApiError::internal("unable to shrink disk size")),
        Growth::To(bytes) => bytes,
    };
    let mut job = Job::new("resize", place.vmid, move |world, log| grow(world, &place, &disk, bytes, log));
    job.steps.push(Box::new(|_, log| {
        log.push("resize2fs 1.47.2 (1-Jan-2025)".into());
        Ok(())
    }));
    ctx.spawn(job)
}
