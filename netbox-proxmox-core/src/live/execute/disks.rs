//! Adds and grows disks.

use proxmox_api::{ConfigUpdate, Configuration, DiskSlot, Drive, ErrorKind, MiB, Phase, ResizeParams, StorageId};

use super::step::{Step, TRIES, refused};
use crate::action::{DiskRef, Target};
use crate::executor::{Failure, FailureKind, Outcome};
use crate::live::guests::Observed;

impl Step<'_> {
    pub(super) async fn add_disk(
        &self,
        guest: &Target,
        slot: DiskSlot,
        storage: Option<&StorageId>,
        size: MiB,
        options: &[(&str, &Option<String>)],
    ) -> Result<Outcome, Failure> {
        let mut observed = self.ours(guest).await?;
        for _ in 0..TRIES {
            if observed.config.disk(slot).is_some() {
                return Ok(Outcome::Unchanged);
            }
            let of_root = || observed.config.disk(observed.config.root_disk()?)?.storage();
            let storage = storage.cloned().or_else(of_root);
            let storage =
                storage.ok_or_else(|| refused(format!("it is not known on which storage {slot} shall be")))?;
            let mut drive = Drive::allocate(&storage, size);
            for (name, value) in options {
                if let Some(value) = value {
                    drive = drive.with(*name, value);
                }
            }
            if drive.get("mp").is_some() {
                // Of a container only the root disk is in its backups unless it is said so.
                drive = drive.with("backup", "1");
            }
            let update = observed.under_digest(ConfigUpdate::new().set(slot.to_string(), &drive));
            match self.attach(&observed, &update).await {
                Ok(outcome) => return outcome,
                Err(error) if *error.cause() == ErrorKind::DigestMismatch || error.phase() == Phase::Ambiguous => {}
                Err(error) => return Err(error.into()),
            }
            observed = self.check(guest, self.again(&observed).await?)?;
        }
        Err(Failure::new(FailureKind::Conflict, format!("the configuration of guest {} keeps changing", observed.vmid)))
    }

    /// Allocating may take longer than a request: of a VM it is a task, a container has none for it.
    async fn attach(
        &self,
        observed: &Observed,
        update: &ConfigUpdate,
    ) -> Result<Result<Outcome, Failure>, proxmox_api::Error> {
        match observed.config {
            Configuration::Qemu(_) => {
                let task = self.client().node(&observed.node).qemu(observed.vmid).set_config_async(update).await?;
                Ok(self.finish(&task).await)
            }
            Configuration::Lxc(_) => {
                observed.handle(self.client()).set_config(update).await.map(|()| Ok(Outcome::Done))
            }
        }
    }

    pub(super) async fn resize_disk(&self, guest: &Target, disk: DiskRef, size: MiB) -> Result<Outcome, Failure> {
        let observed = self.ours(guest).await?;
        let slot = match disk {
            DiskRef::Slot(slot) => Some(slot),
            DiskRef::Root => observed.config.root_disk(),
        };
        let Some((slot, drive)) = slot.and_then(|slot| Some((slot, observed.config.disk(slot)?))) else {
            return Err(Failure::new(FailureKind::Conflict, format!("{disk} does not exist any more")));
        };
        // A size that was reached by a former try is left; a larger one is never shrunk.
        if drive.size().is_some_and(|present| present >= size) {
            return Ok(Outcome::Unchanged);
        }
        let params = ResizeParams { digest: observed.config.digest.clone(), ..ResizeParams::to(slot, size) };
        match observed.handle(self.client()).resize(&params).await? {
            Some(task) => self.finish(&task).await,
            None => Ok(Outcome::Done),
        }
    }
}
