//! Stops a guest and removes it with its disks.

use proxmox_api::{DestroyParams, Phase, StorageId};

use super::step::{Step, refused};
use crate::action::Target;
use crate::executor::{Failure, FailureKind, Outcome};
use crate::live::bridge::now;
use crate::live::guests::{At, Observed};
use crate::live::inbox::Removal;
use crate::live::look_up::LookUp;

impl Step<'_> {
    pub(super) async fn destroy(
        &self,
        guest: &Target,
        not_before: Option<u64>,
        deletion: Option<&str>,
        backup: Option<&StorageId>,
    ) -> Result<Outcome, Failure> {
        let (owner, vmid) = (self.owner(guest)?, self.vmid(guest)?);
        let (inbox, cluster) = (&self.bridge.inbox, self.cluster.netbox_cluster.id);
        if let Some(due) = not_before.filter(|due| *due > now()) {
            let removal = Removal { due, vmid, cluster, deletion: deletion.map(str::to_owned) };
            inbox.put_removal(owner, &removal).await?;
            return Ok(Outcome::Deferred(due));
        }
        let observed = match self.at(guest.kind, vmid).await? {
            At::Nothing => {
                inbox.forget(owner).await?;
                return Ok(Outcome::Unchanged);
            }
            At::Guest(observed) => self.check(guest, *observed)?,
        };
        removable(&observed)?;
        let was_off = self.power_off(&observed, 0).await? == Outcome::Unchanged;
        if let Some(storage) = backup {
            self.back_up(guest, &observed, storage, deletion, was_off).await?;
        }
        // That may take minutes, a backup hours: whether the record is gone, who owns the guest, and whether it may go, is
        // read again.
        if !LookUp::new(self.bridge).is_gone(guest.record).await? {
            let why = format!("virtual machine {} is in NetBox again", guest.record);
            return Err(Failure::new(FailureKind::Conflict, why));
        }
        let observed = self.check(guest, self.again(&observed).await?)?;
        removable(&observed)?;
        // Before it is free: another one must not get it at once.
        inbox.put_rested(cluster, vmid, now()).await?;
        // `purge` also takes it out of backup jobs, replication and HA. Not the option for unreferenced disks: on
        // storage shared by clusters it reaches other guests' volumes.
        let params = DestroyParams { purge: Some(true), ..DestroyParams::default() };
        let outcome = match observed.handle(self.client()).destroy(&params).await {
            Ok(task) => self.finish(&task).await?,
            Err(error) if error.is_not_found() || error.phase() == Phase::Ambiguous => {
                match self.at(guest.kind, vmid).await? {
                    At::Nothing => Outcome::Done,
                    At::Guest(_) => return Err(error.into()),
                }
            }
            Err(error) => return Err(error.into()),
        };
        inbox.forget(owner).await?;
        Ok(outcome)
    }
}

fn removable(observed: &Observed) -> Result<(), Failure> {
    let vmid = observed.vmid;
    match (observed.config.template(), observed.config.protection()) {
        (true, _) => Err(refused(format!("guest {vmid} is a template"))),
        (_, true) => Err(refused(format!("guest {vmid} is protected"))),
        _ => Ok(()),
    }
}
