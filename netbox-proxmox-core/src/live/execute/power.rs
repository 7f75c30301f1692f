//! Starts and shuts down. The state decides, not the task alone: under HA a task only asks for it.

use std::time::Duration;

use proxmox_api::{PowerState, ShutdownParams, StartParams, StopParams, SuspendParams, Task};

use super::step::Step;
use crate::action::Target;
use crate::executor::{Failure, FailureKind, Outcome};
use crate::live::guests::Observed;

/// How long HA may take, beyond the limit of the guest, to do what its task asked for.
const HA_LIMIT: u64 = 120;

impl Step<'_> {
    pub(super) async fn start(&self, guest: &Target) -> Result<Outcome, Failure> {
        let observed = self.ours_of_late(guest).await?;
        let vm = observed.handle(self.client());
        if self.known.made(observed.vmid) {
            // It is stopped, and HA does not know it: the task that ends well has started it.
            let task = vm.start(&StartParams::default()).await?;
            return match self.finish(&task).await {
                Ok(outcome) => Ok(outcome),
                Err(_) => self.reach(&observed, &task, PowerState::Running, 0).await,
            };
        }
        let task = match vm.status().await?.power_state() {
            PowerState::Running => return Ok(Outcome::Unchanged),
            PowerState::Paused => vm.resume().await?,
            _ => vm.start(&StartParams::default()).await?,
        };
        self.reach(&observed, &task, PowerState::Running, 0).await
    }

    pub(super) async fn suspend(&self, guest: &Target) -> Result<Outcome, Failure> {
        let observed = self.ours(guest).await?;
        let vm = observed.handle(self.client());
        if vm.status().await?.power_state() == PowerState::Paused {
            return Ok(Outcome::Unchanged);
        }
        let task = vm.suspend(&SuspendParams::default()).await?;
        self.reach(&observed, &task, PowerState::Paused, 0).await
    }

    pub(super) async fn resume(&self, guest: &Target) -> Result<Outcome, Failure> {
        self.start(guest).await
    }

    pub(super) async fn shutdown(&self, guest: &Target, limit: u32) -> Result<Outcome, Failure> {
        let observed = self.ours(guest).await?;
        self.power_off(&observed, limit).await
    }

    /// Asks the guest, and stops it after a limit in seconds; 0 stops it at once.
    pub(super) async fn power_off(&self, observed: &Observed, limit: u32) -> Result<Outcome, Failure> {
        let vm = observed.handle(self.client());
        if vm.status().await?.power_state() == PowerState::Stopped {
            return Ok(Outcome::Unchanged);
        }
        let task = if limit == 0 {
            vm.stop(&StopParams::default()).await?
        } else {
            vm.shutdown(&ShutdownParams { timeout: Some(limit), force_stop: Some(true) }).await?
        };
        self.reach(observed, &task, PowerState::Stopped, limit).await
    }

    /// Waits for the task, then for the state.
    async fn reach(
        &self,
        observed: &Observed,
        task: &Task,
        wanted: PowerState,
        limit: u32,
    ) -> Result<Outcome, Failure> {
        let result = self.finish(task).await;
        let vm = observed.handle(self.client());
        let end = tokio::time::Instant::now() + Duration::from_secs(HA_LIMIT + u64::from(limit));
        loop {
            let status = vm.status().await;
            match (status, &result) {
                (Ok(status), Ok(outcome)) if status.power_state() == wanted => return Ok(outcome.clone()),
                // Somebody else was faster: "already running".
                (Ok(status), Err(_)) if status.power_state() == wanted => return Ok(Outcome::Unchanged),
                (_, Err(failure)) => return Err(failure.clone()),
                (Ok(status), Ok(_)) if status.ha_managed() && tokio::time::Instant::now() < end => {
                    self.note("waiting for HA");
                }
                (Ok(status), Ok(_)) => {
                    let found = status.power_state();
                    let why = format!("the task ended, but guest {} is {found}, not {wanted}", observed.vmid);
                    return Err(Failure::new(FailureKind::Retry, why));
                }
                // HA may have moved it to start it.
                (Err(error), Ok(_)) if error.is_not_found() => {
                    return Err(Failure::new(FailureKind::Conflict, format!("Proxmox: {error}")));
                }
                (Err(error), Ok(_)) => return Err(error.into()),
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}
