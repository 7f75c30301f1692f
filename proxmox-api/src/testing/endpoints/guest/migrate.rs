//! `POST migrate`: a guest goes to another node.

use super::migration_check::{LocalDisk, devices, local_disks};
use super::{Ctx, power, update};
use crate::testing::formats::print_time;
use crate::testing::guest::{GuestKind, Place};
use crate::testing::options;
use crate::testing::reply::{ApiError, ApiResult};
use crate::testing::storage::{Allocation, storage_of};
use crate::testing::tasks::Job;
use crate::testing::world::{World, check_lock};

/// Moves a guest's configuration to another node; its volumes on local storages go along.
pub(in crate::testing) fn move_guest(world: &mut World, vmid: u32, node: &str) {
    let Some(guest) = world.guests.get_mut(&vmid) else { return };
    let from = std::mem::replace(&mut guest.node, node.to_owned());
    for volume in
        world.volumes.iter_mut().filter(|v| v.vmid == vmid && v.content != "backup" && v.node.as_ref() == Some(&from))
    {
        volume.node = Some(node.to_owned());
    }
}

/// A migration that was accepted.
#[derive(Debug, Clone)]
struct Migration {
    place: Place,
    target: String,
    /// The address of the target, which the log names.
    address: String,
    restart: bool,
    with_local_disks: bool,
    /// `storage`, `1` (each to itself) or `from:to` pairs.
    storages: Option<String>,
    /// When it was asked for, of the fake's clock.
    begun: u64,
}

pub(in crate::testing::endpoints) fn migrate(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Migrate"])?;
    let migration = accepted(ctx)?;
    let (first, second, third) = (migration.clone(), migration.clone(), migration);
    let place = &third.place;
    let mut job = Job::new(place.kind.of("qmigrate", "vzmigrate"), place.vmid, move |world, log| {
        let Migration { place, target, address, .. } = &first;
        world.guest_mut(place)?.set("lock", "migrate");
        first.say(world, log, &format!("starting migration of {} to node '{target}' ({address})", place.label()));
        Ok(())
    });
    job.steps.push(Box::new(move |world, log| match second.run(world, log) {
        Ok(()) => {
            second.say(world, log, &format!("migration finished successfully (duration {})", second.duration(world)));
            Ok(())
        }
        Err(why) => {
            let text = format!("ERROR: migration aborted (duration {}): {why}", second.duration(world));
            second.say(world, log, &text);
            Err("migration aborted".into())
        }
    }));
    job.cleanup = Some(Box::new(move |world, _| {
        world.guest_mut(&third.place)?.unset("lock");
        Ok(())
    }));
    ctx.spawn_by_ha("hamigrate", job)
}

/// What is refused before there is a task.
fn accepted(ctx: &Ctx<'_>) -> ApiResult<Migration> {
    let target = ctx.param("target").unwrap_or_default().to_owned();
    if target == ctx.node {
        return Err(ApiError::parameter("target", "target is local node."));
    }
    let Some(address) = ctx.world.address(&target) else {
        return Err(ApiError::internal(format!("no such cluster node '{target}'")));
    };
    let place = ctx.place();
    let guest = ctx.world.guest_on(&place)?;
    check_lock(guest).map_err(ApiError::internal)?;
    let (online, restart) = (ctx.flag("online"), ctx.flag("restart"));
    if guest.is_running() && !online && !restart {
        let vm = "can't migrate running VM without --online";
        return Err(ApiError::internal(
            place.kind.of(vm, "can't migrate running container without --online or --restart"),
        ));
    }
    let storages = ctx.param(place.kind.of("targetstorage", "target-storage")).map(str::to_owned);
    for storage in storages.iter().flat_map(|pairs| pairs.split(',')).filter(|pair| *pair != "1") {
        let storage = storage.rsplit(':').next().unwrap_or_default();
        ctx.world.storage_on(storage, &target)?;
        ctx.caller.check(&format!("/storage/{storage}"), &["Datastore.AllocateSpace"])?;
    }
    Ok(Migration {
        place,
        target,
        address,
        restart,
        with_local_disks: ctx.flag("with-local-disks"),
        storages,
        begun: ctx.world.now(),
    })
}

impl Migration {
    /// A line of the log. Unlike those of other tasks they begin with the time.
    fn say(&self, world: &World, log: &mut Vec<String>, text: &str) {
        log.push(format!("{} {text}", print_time(world.now())));
    }

    fn duration(&self, world: &World) -> String {
        let seconds = world.now().saturating_sub(self.begun);
        format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }

    /// Copies and moves; gives why it cannot.
    fn run(&self, world: &mut World, log: &mut Vec<String>) -> Result<(), String> {
        let Self { place, target, .. } = self;
        let guest = world.guest_mut(place)?.clone();
        if !world.node(target).is_some_and(|node| node.online) {
            return Err(format!("Can't connect to destination address using public key of node '{target}'"));
        }
        let (local, _) = devices(&guest);
        if place.kind == GuestKind::Qemu && !local.is_empty() {
            return Err(format!("can't migrate VM which uses local devices: {}", local.join(", ")));
        }
        if place.kind == GuestKind::Lxc && guest.is_running() && !self.restart {
            return Err("lxc live migration is currently not implemented".into());
        }
        let disks = local_disks(world, &guest);
        for disk in &disks {
            self.say(world, log, &self.found(disk));
        }
        self.check_disks(world, log, &disks, guest.is_running())?;
        let restarts = place.kind == GuestKind::Lxc && guest.is_running();
        if restarts {
            self.say(world, log, &format!("shutdown {}", place.label()));
            power::halt(world, place)?;
        }
        if !disks.is_empty() {
            self.say(world, log, place.kind.of("copying local disk images", "copying local volumes"));
        }
        move_guest(world, place.vmid, target);
        let there = place.on(target);
        for disk in &disks {
            let volid = self.place_disk(world, &there, disk)?;
            self.say(world, log, &format!("volume '{}' is '{volid}' on the target", disk.volid));
        }
        world.guest_mut(&there)?.unset("lock");
        if restarts {
            self.say(world, log, "start container on target node");
            power::run(world, &there);
        }
        Ok(())
    }

    fn found(&self, disk: &LocalDisk) -> String {
        let LocalDisk { volid, .. } = disk;
        match self.place.kind {
            GuestKind::Lxc => format!("found local volume '{volid}' (in current VM config)"),
            GuestKind::Qemu if disk.cloudinit => format!("found generated disk '{volid}' (in current VM config)"),
            GuestKind::Qemu if disk.is_unused() => format!("found local disk '{volid}' (unused)"),
            GuestKind::Qemu => format!("found local disk '{volid}' (attached)"),
        }
    }

    /// The disks may go along, and their storages are there.
    fn check_disks(
        &self,
        world: &World,
        log: &mut Vec<String>,
        disks: &[LocalDisk],
        running: bool,
    ) -> Result<(), String> {
        let attached = disks.iter().find(|disk| !disk.cloudinit && !disk.is_unused());
        if let Some(disk) = attached
            && self.place.kind == GuestKind::Qemu
            && running
            && !self.with_local_disks
        {
            let why = "can't live migrate attached local disks without with-local-disks option";
            self.say(world, log, &format!("ERROR: can't migrate local disk '{}': {why}", disk.volid));
            return Err("Problem found while scanning volumes - can't migrate VM - check log".into());
        }
        for disk in disks {
            world.storage_on(self.storage_for(disk), &self.target).map_err(update::text)?;
        }
        Ok(())
    }

    /// The storage that a disk goes to.
    fn storage_for<'a>(&'a self, disk: &'a LocalDisk) -> &'a str {
        let own = storage_of(&disk.volid).unwrap_or_default();
        let pairs = self.storages.as_deref().unwrap_or("1");
        let mapped = pairs.split(',').find_map(|pair| match pair.split_once(':') {
            Some((from, to)) => (from == own).then_some(to),
            None => (pair != "1").then_some(pair),
        });
        mapped.unwrap_or(own)
    }

    /// Gives a volume that has moved along the storage it is wanted on, and its volume id there.
    fn place_disk(&self, world: &mut World, there: &Place, disk: &LocalDisk) -> Result<String, String> {
        let storage = self.storage_for(disk).to_owned();
        if storage_of(&disk.volid) == Some(&storage) {
            return Ok(disk.volid.clone());
        }
        let size = world.volume(&disk.volid, &there.node).map_or(0, |volume| volume.size);
        let wanted = Allocation { storage: &storage, place: there, size, format: None };
        let allocated = if disk.cloudinit { world.allocate_cloudinit(&wanted) } else { world.allocate(&wanted) };
        let volid = allocated.map_err(update::text)?;
        world.remove_volume(&disk.volid, &there.node);
        let guest = world.guest_mut(there)?;
        let value = guest.get(&disk.slot).unwrap_or_default().to_owned();
        let mut drive = options::parse_drive(&value);
        drive.head = Some(volid.clone());
        guest.set(&disk.slot, drive.print_sorted());
        Ok(volid)
    }
}
