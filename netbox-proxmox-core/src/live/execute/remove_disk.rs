//! Removes a disk with its volume, if it is the one that was looked at.

use netbox_api::client::VirtualDiskFilter;
use proxmox_api::{ConfigUpdate, DiskSlot, Drive, DriveSlot, Phase, PowerState, VolumeId};

use super::step::{Step, refused};
use crate::action::Target;
use crate::event::{KnownDisk, Ownership};
use crate::executor::{Failure, FailureKind, Outcome};
use crate::live::failure::of_record;
use crate::live::guests::{self, Observed};
use crate::live::inbox::Seen;
use crate::marker::MarkerState;

impl Step<'_> {
    pub(super) async fn remove_disk(
        &self,
        guest: &Target,
        slot: DiskSlot,
        volume: Option<&str>,
    ) -> Result<Outcome, Failure> {
        let named = self.is_named(guest, slot).await?;
        // Unlink takes no digest: the guest is read just before.
        let observed = self.ours(guest).await?;
        if let Some(volume) = volume
            && self.finish_removal(guest, &observed, volume).await?
        {
            return Ok(Outcome::Done);
        }
        let Some(drive) = observed.config.disk(slot) else { return Ok(Outcome::Unchanged) };
        if named {
            return Err(Failure::new(FailureKind::Conflict, format!("NetBox has a disk {slot} again")));
        }
        self.check_removable(guest, &observed, slot, &drive, volume)?;
        match slot {
            DiskSlot::Drive(slot) => self.unlink(&observed, slot).await,
            DiskSlot::Mount(_) => self.unmount(guest, observed, slot, drive.volume()).await,
        }
    }

    /// Whether the record has a disk at the slot.
    async fn is_named(&self, guest: &Target, slot: DiskSlot) -> Result<bool, Failure> {
        let filter = VirtualDiskFilter {
            virtual_machine_id: vec![guest.record.0],
            name: vec![slot.to_string()],
            ..Default::default()
        };
        Ok(!self.bridge.netbox.virtual_disks().all(&filter).await.map_err(of_record)?.is_empty())
    }

    fn check_removable(
        &self,
        guest: &Target,
        observed: &Observed,
        slot: DiskSlot,
        found: &Drive,
        wanted: Option<&str>,
    ) -> Result<(), Failure> {
        if observed.config.root_disk() == Some(slot) {
            return Err(refused(format!("{slot} is the disk that guest {} starts from", observed.vmid)));
        }
        let creating = Ownership::Ours { state: MarkerState::Creating };
        match wanted {
            Some(wanted) if wanted != found.volume() => {
                Err(refused(format!("{slot} was {wanted} and is now {}", found.volume())))
            }
            None if observed.ownership(self.owner(guest)?, &self.bridge.identities) != creating => {
                Err(refused(format!("nobody has looked which volume is at {slot}")))
            }
            _ => Ok(()),
        }
    }

    /// Of a VM it is one request, also while it runs.
    async fn unlink(&self, observed: &Observed, slot: DriveSlot) -> Result<Outcome, Failure> {
        match self.client().node(&observed.node).qemu(observed.vmid).unlink(&[slot], true).await {
            Ok(()) => Ok(Outcome::Done),
            Err(error) if error.phase() == Phase::Ambiguous => {
                match self.again(observed).await?.config.disk(slot.into()) {
                    None => Ok(Outcome::Done),
                    Some(_) => Err(error.into()),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Of a container it is two: the mount point goes, at once or when it stops, and its volume becomes an unused one,
    /// which is removed. The intent is remembered first, or a crash between the two would leave the volume for ever.
    async fn unmount(
        &self,
        guest: &Target,
        observed: Observed,
        slot: DiskSlot,
        volume: &str,
    ) -> Result<Outcome, Failure> {
        let mut seen = self.seen(guest, &observed).await?;
        if !seen.removals.iter().any(|removal| removal.volume == volume) {
            let id = seen.disks.iter().find(|disk| disk.slot == slot).map_or(0, |disk| disk.id);
            seen.removals.push(KnownDisk { id, slot, volume: volume.to_owned() });
            self.bridge.inbox.put_seen(self.owner(guest)?, &seen).await?;
        }
        let update = observed.under_digest(ConfigUpdate::new().delete(slot));
        observed.handle(self.client()).set_config(&update).await?;
        let now = self.check(guest, self.again(&observed).await?)?;
        if self.finish_removal(guest, &now, volume).await? {
            return Ok(Outcome::Done);
        }
        match guests::power(self.client(), &now).await? {
            PowerState::Stopped => {
                let why = format!("{slot} of container {} is gone, and its volume {volume} with it", now.vmid);
                Err(Failure::new(FailureKind::Conflict, why))
            }
            _ => Ok(Outcome::Warned(format!("{slot} is removed once the container has stopped"))),
        }
    }

    /// Removes a volume whose removal was begun and that the guest has given up; says whether it had.
    async fn finish_removal(&self, guest: &Target, observed: &Observed, volume: &str) -> Result<bool, Failure> {
        let seen = self.bridge.inbox.seen(self.owner(guest)?).await?.filter(|seen| seen.vmid == observed.vmid);
        let begun = |seen: &Seen| seen.removals.iter().any(|removal| removal.volume == volume);
        let Some(mut seen) = seen.filter(begun) else {
            return Ok(false);
        };
        let is_it = |(_, found): &(u8, VolumeId)| found.to_string() == volume;
        let Some((index, _)) = observed.config.unused().into_iter().find(is_it) else { return Ok(false) };
        let update = observed.under_digest(ConfigUpdate::new().delete(format!("unused{index}")));
        observed.handle(self.client()).set_config(&update).await?;
        seen.removals.retain(|removal| removal.volume != volume);
        self.bridge.inbox.put_seen(self.owner(guest)?, &seen).await?;
        Ok(true)
    }

    async fn seen(&self, guest: &Target, observed: &Observed) -> Result<Seen, Failure> {
        let seen = self.bridge.inbox.seen(self.owner(guest)?).await?.filter(|seen| seen.vmid == observed.vmid);
        Ok(seen.unwrap_or_else(|| Seen::new(observed.vmid, &observed.node, self.cluster.netbox_cluster.id)))
    }
}
