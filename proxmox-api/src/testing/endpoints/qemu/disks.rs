//! Growing disks, and detaching them by list.

use super::Ctx;
use super::update::{self, Update, names};
use crate::testing::formats;
use crate::testing::options;
use crate::testing::reply::{ApiError, ApiResult, nothing};
use crate::testing::storage::{size_text, storage_of};
use crate::testing::tasks::Job;
use crate::testing::world::{World, check_lock};

/// `PUT resize`: since Proxmox VE 9 a task, in which everything but the parameters' form is checked.
pub(super) fn resize(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Config.Disk"])?;
    ctx.check_skiplock()?;
    let (vmid, node, skiplock) = (ctx.vmid, ctx.node.clone(), ctx.skips_lock());
    let text = |name: &str| ctx.param(name).unwrap_or_default().to_owned();
    let (disk, size, digest) = (text("disk"), text("size"), ctx.param("digest").map(str::to_owned));
    ctx.spawn(Job::new("resize", vmid, move |world, log| {
        let guest = world.guest_mut(vmid, &node)?;
        if digest.is_some_and(|d| d != guest.digest()) {
            return Err("checksum mismatch (file change by other user?)".into());
        }
        if !skiplock {
            check_lock(guest)?;
        }
        grow(world, &node, vmid, &disk, &size, log)
    }))
}

fn grow(world: &mut World, node: &str, vmid: u32, disk: &str, size: &str, log: &mut Vec<String>) -> Result<(), String> {
    let guest = world.guest_mut(vmid, node)?;
    let running = guest.is_running();
    let value = guest.get(disk).ok_or_else(|| format!("disk '{disk}' does not exist"))?;
    let mut drive = options::parse_drive(value);
    if drive.get("media") == Some("cdrom") {
        return Err("you can't resize a cdrom".into());
    }
    let volid = drive.head.clone().filter(|v| storage_of(v).is_some()).unwrap_or_default();
    let volume = world.volume_mut(&volid, node).ok_or_else(|| format!("volume '{volid}' does not exist"))?;
    let relative = size.starts_with('+');
    let wanted = formats::parse_size(size.trim_start_matches('+')).unwrap_or_default();
    let wanted = if relative { volume.size + wanted } else { wanted };
    if wanted < volume.size {
        return Err("shrinking disks is not supported".into());
    }
    if wanted == volume.size {
        return Ok(());
    }
    volume.size = wanted;
    drive.set("size", size_text(wanted));
    world.guest_mut(vmid, node)?.set(disk, drive.print_sorted());
    if !running {
        log.push("Image resized.".into());
    }
    Ok(())
}

/// `PUT unlink`: the same as deleting the slots in a `PUT config`, with `force` including their volumes.
pub(super) fn unlink(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Config.Disk"])?;
    let slots = names(ctx.param("idlist").unwrap_or_default());
    if let Some(bad) = slots.iter().find(|s| !options::is_option(s)) {
        return Err(ApiError::parameter("delete", format!("unknown option '{bad}'")));
    }
    let force = ctx.flag("force");
    let (vmid, node) = (ctx.vmid, ctx.node.clone());
    let update = Update { delete: slots, force, ..Update::default() };
    update::apply(ctx.world, &node, vmid, &update, &mut Vec::new())?;
    nothing()
}
