//! Adds, grows and removes disks.

use netbox_api::client::VirtualDiskFilter;
use proxmox_api::{ConfigUpdate, Drive, DriveSlot, ErrorKind, MiB, Phase, ResizeParams, StorageId};

use super::step::{Step, TRIES, refused};
use crate::action::{DiskRef, Target};
use crate::event::Ownership;
use crate::executor::{Failure, FailureKind, Outcome};
use crate::marker::MarkerState;

impl Step<'_> {
    pub(super) async fn add_disk(
        &self,
        guest: &Target,
        slot: DriveSlot,
        storage: Option<&StorageId>,
        size: MiB,
    ) -> Result<Outcome, Failure> {
        let mut observed = self.ours(guest).await?;
        for _ in 0..TRIES {
            if observed.config.drive(slot).is_some() {
                return Ok(Outcome::Unchanged);
            }
            let of_root = || observed.config.drive(observed.config.boot_disk()?)?.storage();
            let storage = storage.cloned().or_else(of_root);
            let storage =
                storage.ok_or_else(|| refused(format!("it is not known on which storage {slot} shall be")))?;
            let update = ConfigUpdate::new().drive(slot, &Drive::allocate(&storage, size));
            let update = observed.under_digest(update);
            let vm = self.client().node(&observed.node).qemu(observed.vmid);
            // As a task: allocating may take longer than a request.
            match vm.set_config_async(&update).await {
                Ok(task) => return self.finish(&task).await,
                Err(error) if *error.cause() == ErrorKind::DigestMismatch || error.phase() == Phase::Ambiguous => {}
                Err(error) => return Err(error.into()),
            }
            observed = self.check(guest, self.again(&observed).await?)?;
        }
        Err(Failure::new(FailureKind::Conflict, format!("the configuration of guest {} keeps changing", observed.vmid)))
    }

    pub(super) async fn resize_disk(&self, guest: &Target, disk: DiskRef, size: MiB) -> Result<Outcome, Failure> {
        let observed = self.ours(guest).await?;
        let slot = match disk {
            DiskRef::Slot(slot) => Some(slot),
            DiskRef::Root => observed.config.boot_disk(),
        };
        let Some((slot, drive)) = slot.and_then(|slot| Some((slot, observed.config.drive(slot)?))) else {
            return Err(Failure::new(FailureKind::Conflict, format!("{disk} does not exist any more")));
        };
        // A size that was reached by a former try is left; a larger one is never shrunk.
        if drive.size().is_some_and(|present| present >= size) {
            return Ok(Outcome::Unchanged);
        }
        let params = ResizeParams { digest: observed.config.digest.clone(), ..ResizeParams::to(slot, size) };
        match self.client().node(&observed.node).qemu(observed.vmid).resize(&params).await? {
            Some(task) => self.finish(&task).await,
            None => Ok(Outcome::Done),
        }
    }

    pub(super) async fn remove_disk(
        &self,
        guest: &Target,
        slot: DriveSlot,
        volume: Option<&str>,
    ) -> Result<Outcome, Failure> {
        let filter = VirtualDiskFilter {
            virtual_machine_id: vec![guest.record.0],
            name: vec![slot.to_string()],
            ..Default::default()
        };
        if !self.bridge.netbox.virtual_disks().all(&filter).await?.is_empty() {
            return Err(Failure::new(FailureKind::Conflict, format!("NetBox has a disk {slot} again")));
        }
        // Unlink takes no digest: the guest is read just before.
        let observed = self.ours(guest).await?;
        let Some(drive) = observed.config.drive(slot) else { return Ok(Outcome::Unchanged) };
        if observed.config.boot_disk() == Some(slot) {
            return Err(refused(format!("{slot} is the disk that guest {} boots from", observed.vmid)));
        }
        let creating = Ownership::Ours { state: MarkerState::Creating };
        match volume {
            Some(volume) if volume != drive.volume() => {
                return Err(refused(format!("{slot} was {volume} and is now {}", drive.volume())));
            }
            None if observed.ownership(guest.record, &self.bridge.identities) != creating => {
                return Err(refused(format!("nobody has looked which volume is at {slot}")));
            }
            _ => {}
        }
        match self.client().node(&observed.node).qemu(observed.vmid).unlink(&[slot], true).await {
            Ok(()) => Ok(Outcome::Done),
            Err(error) if error.phase() == Phase::Ambiguous => match self.again(&observed).await?.config.drive(slot) {
                None => Ok(Outcome::Done),
                Some(_) => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        }
    }
}
