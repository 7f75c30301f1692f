//! Moving a disk to another storage, or to another guest of the node.

use super::guest::update::check_digest;
use super::{Ctx, Route};
use crate::testing::guest::{GuestKind, Place};
use crate::testing::options;
use crate::testing::reply::{ApiError, ApiResult};
use crate::testing::sources::Source::{Believed, Recorded};
use crate::testing::storage::{Allocation, size_text, storage_of};
use crate::testing::tasks::Job;
use crate::testing::world::{World, check_lock};

pub(super) const ROUTES: &[Route] = &[
    Route::by_schema("POST", "/nodes/{node}/qemu/{vmid}/move_disk", Recorded, move_disk)
        .except("to another machine, and all refusals; its log is shorter, and a running machine's is the same"),
    Route::by_schema("POST", "/nodes/{node}/lxc/{vmid}/move_volume", Believed, move_disk)
        .except("its log, and all refusals"),
];

/// What a request asks for, checked.
struct Move {
    place: Place,
    disk: String,
    digest: Option<String>,
    delete: bool,
    format: Option<String>,
    to: To,
}

enum To {
    Storage(String),
    Guest(Place, String),
}

fn move_disk(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Config.Disk"])?;
    let place = ctx.place();
    let text = |name: &str| ctx.param(name).map(str::to_owned);
    let (disk, target) = place.kind.of(("disk", "target-disk"), ("volume", "target-volume"));
    let disk = text(disk).unwrap_or_default();
    let to = match (text("storage"), ctx.number("target-vmid")) {
        (Some(storage), None) => {
            ctx.caller.check(&format!("/storage/{storage}"), &["Datastore.AllocateSpace"])?;
            ctx.world.storage_on(&storage, &place.node)?;
            To::Storage(storage)
        }
        (None, Some(vmid)) => {
            let vmid = u32::try_from(vmid).unwrap_or_default();
            ctx.caller.check(&format!("/vms/{vmid}"), &["VM.Config.Disk"])?;
            let other = Place { vmid, ..place.clone() };
            ctx.world.guest_on(&other)?;
            To::Guest(other, text(target).unwrap_or_else(|| disk.clone()))
        }
        _ => return Err(ApiError::parameter("storage", "give either a storage or another guest".to_owned())),
    };
    let guest = ctx.world.guest_on(&place)?;
    if guest.get(&disk).is_none() {
        return Err(ApiError::internal(format!("disk '{disk}' does not exist")));
    }
    if guest.is_running() && place.kind == GuestKind::Lxc {
        return Err(ApiError::internal("cannot move volumes of a running container"));
    }
    let kind = place.kind.of("qmmove", "move_volume");
    let wanted = Move {
        disk,
        digest: text("digest"),
        delete: ctx.flag("delete"),
        format: text("format"),
        to,
        place: place.clone(),
    };
    ctx.spawn(Job::new(kind, place.vmid, move |world, log| wanted.carry_out(world, log)))
}

impl Move {
    fn carry_out(self, world: &mut World, log: &mut Vec<String>) -> Result<(), String> {
        let guest = world.guest_mut(&self.place)?;
        check_lock(guest)?;
        check_digest(guest, self.digest.as_deref())?;
        let value = guest.get(&self.disk).ok_or_else(|| format!("disk '{}' does not exist", self.disk))?.to_owned();
        let mut drive = options::parse_drive(&value);
        if drive.get("media") == Some("cdrom") {
            return Err("you can't move a cdrom".into());
        }
        let from = drive.head.clone().unwrap_or_default();
        let here = storage_of(&from).unwrap_or_default().to_owned();
        let (size, format) = match world.volume(&from, &self.place.node) {
            Some(volume) => (volume.size, volume.format.clone()),
            None => return Err(format!("volume '{from}' does not exist")),
        };
        let (storage, to, slot) = match &self.to {
            To::Storage(storage) => (storage, &self.place, &self.disk),
            To::Guest(other, slot) => (&here, other, slot),
        };
        match &self.to {
            To::Storage(storage) if *storage == here && self.format.as_ref().is_none_or(|wanted| *wanted == format) => {
                return Err("you can't move to the same storage with same format".into());
            }
            To::Guest(other, slot) if world.guest_mut(other)?.get(slot).is_some() => {
                return Err(format!("{slot} of guest {} is in use", other.vmid));
            }
            _ => {}
        }
        log.push(format!("copying volume '{from}' from current storage '{here}' to target storage '{storage}'"));
        let wanted = Allocation { storage, place: to, size, format: self.format.as_deref() };
        let made = world.allocate(&wanted).map_err(super::guest::update::text)?;
        log.push(format!("allocated target volume '{made}'"));
        drive.head = Some(made);
        drive.set("size", size_text(size));
        let moved = matches!(self.to, To::Guest(..));
        if moved {
            world.guest_mut(&self.place)?.unset(&self.disk);
        }
        world.guest_mut(to)?.set(slot, drive.print_sorted());
        if self.delete || moved {
            log.push(format!("removing source volume '{from}'"));
            world.remove_volume(&from, &self.place.node);
        } else {
            world.guest_mut(&self.place)?.keep_unused(&from);
        }
        Ok(())
    }
}
