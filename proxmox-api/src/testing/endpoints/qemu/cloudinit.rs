//! The cloud-init drive and its settings.

use serde_json::Value;

use super::Ctx;
use crate::testing::endpoints::guest::config::row;
use crate::testing::guest::{Guest, is_cloudinit};
use crate::testing::options;
use crate::testing::reply::{ApiError, ApiResult, nothing};
use crate::testing::world::check_lock;

pub(super) fn cloudinit(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Audit"])?;
    let guest = ctx.world.guest_on(&ctx.place())?;
    let rows = guest.config.keys().filter(|k| options::qemu::is_cloudinit(k)).map(|k| row(guest, k));
    Ok(rows.collect::<Value>().into())
}

pub(super) fn regenerate_cloudinit(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Config.Cloudinit"])?;
    let place = ctx.place();
    let guest = ctx.world.guest_mut(&place).map_err(ApiError::internal)?;
    check_lock(guest).map_err(ApiError::internal)?;
    note_cloudinit_size(guest);
    nothing()
}

/// Writing the cloud-init image also writes the drive's size, which is absent after it was attached.
pub(super) fn note_cloudinit_size(guest: &mut Guest) -> bool {
    let Some(slot) = guest.cloudinit_slot() else { return false };
    let Some(drive) = guest.get(&slot).filter(|d| is_cloudinit(d)) else { return false };
    let mut drive = options::parse_drive(drive);
    drive.set("size", "4M");
    guest.set(&slot, drive.print_sorted());
    true
}
