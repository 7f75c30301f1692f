//! Migrates a guest. The state decides, not the task alone: under HA a task only asks for it.

use std::time::Duration;

use proxmox_api::{ErrorKind, MigrateParams, MigrationCheck, NodeName, PowerState, StorageId};

use super::step::{Step, refused};
use crate::action::Target;
use crate::executor::{Failure, FailureKind, Outcome};
use crate::live::guests::At;
use crate::live::look_up::listing::Listing;

/// How long HA may take, in seconds, beyond the task that asked it.
const HA_LIMIT: u64 = 3600;

impl Step<'_> {
    pub(super) async fn migrate(
        &self,
        guest: &Target,
        to: &NodeName,
        storage: Option<&StorageId>,
    ) -> Result<Outcome, Failure> {
        let observed = self.ours(guest).await?;
        if observed.node == *to {
            return Ok(Outcome::Unchanged);
        }
        if !Listing::of(self.client()).await?.is_online(to) {
            return Err(Failure::new(FailureKind::Retry, format!("node {to}, where it is to go, is down")));
        }
        let vm = observed.handle(self.client());
        let check = match vm.migration_check(to).await {
            // Proxmox VE 8 cannot say it of a container; then the task does.
            Err(error) if *error.kind() == ErrorKind::NotImplemented => MigrationCheck::default(),
            check => check?,
        };
        // Disks that go to another storage need not have theirs there.
        let refusal = match storage {
            Some(_) => check.refusal_with_targetstorage(to),
            None => check.refusal(to),
        };
        if let Some(why) = refusal {
            return Err(refused(format!("guest {} cannot be migrated to node {to}: {why}", observed.vmid)));
        }
        if !check.local_resources.0.is_empty() {
            let bound = check.local_resources.0.join(", ");
            let why = format!("guest {} is bound to node {} by {bound}", observed.vmid, observed.node);
            return Err(refused(why));
        }
        let status = vm.status().await?;
        let running = status.power_state() != PowerState::Stopped;
        let params = MigrateParams {
            online: running.then_some(true),
            restart: running.then_some(true),
            with_local_disks: running.then_some(true),
            targetstorage: storage.cloned(),
            ..MigrateParams::new(to.clone())
        };
        let task = vm.migrate(&params).await?;
        let outcome = self.finish(&task).await?;
        let end = tokio::time::Instant::now() + Duration::from_secs(HA_LIMIT);
        loop {
            match self.look_for(observed.vmid).await? {
                At::Guest(now) if now.node == *to => {
                    self.seen_on(to);
                    return Ok(outcome);
                }
                _ if status.ha_managed() && tokio::time::Instant::now() < end => self.note("waiting for HA"),
                _ => {
                    let why = format!("the task ended, but guest {} is not on node {to}", observed.vmid);
                    return Err(Failure::new(FailureKind::Retry, why));
                }
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}
