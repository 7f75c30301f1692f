//! What concerns one virtual machine.

use std::fmt;

use serde_json::Value;

use super::error::Attempt;
use super::{Client, Error, Task};
use crate::answers::{GuestStatus, MigrationCheck, Pending};
use crate::params::{
    CloneParams, ConfigUpdate, DestroyParams, MigrateParams, Params, ResizeParams, ShutdownParams, StartParams,
    StopParams, SuspendParams,
};
use crate::types::{NodeName, QemuConfig, Upid, Vmid};

/// Which configuration of a running machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConfigView {
    /// With what waits for the next restart.
    #[default]
    Pending,
    /// What it runs with.
    Current,
}

/// Requests under `/nodes/{node}/qemu/{vmid}`.
///
/// Of a machine that is not on this node they give [`NotFound`](super::ErrorKind::NotFound), at once or (start, stop)
/// from the task: see [`Error::cause`].
#[derive(Clone, Debug)]
pub struct QemuHandle {
    client: Client,
    node: NodeName,
    vmid: Vmid,
    number: String,
}

impl QemuHandle {
    pub(super) fn new(client: Client, node: NodeName, vmid: Vmid) -> Self {
        Self { client, node, vmid, number: vmid.to_string() }
    }

    /// The node that is asked.
    pub fn node(&self) -> &NodeName {
        &self.node
    }

    /// The VMID.
    pub fn vmid(&self) -> Vmid {
        self.vmid
    }

    /// The configuration.
    ///
    /// # Errors
    /// As every request.
    pub async fn config(&self, view: ConfigView) -> Result<QemuConfig, Error> {
        let mut params = Params::new();
        if view == ConfigView::Current {
            params.set("current", true);
        }
        self.client.request(self.attempt("GET", "/nodes/{node}/qemu/{vmid}/config"), &params).await
    }

    /// Each key with its value now and after the next restart.
    ///
    /// # Errors
    /// As every request.
    pub async fn pending(&self) -> Result<Vec<Pending>, Error> {
        self.client.list(self.attempt("GET", "/nodes/{node}/qemu/{vmid}/pending"), &Params::new()).await
    }

    /// Changes the configuration at once. What a running machine cannot take waits for its next restart.
    ///
    /// # Errors
    /// [`DigestMismatch`](super::ErrorKind::DigestMismatch), [`Locked`](super::ErrorKind::Locked),
    /// [`LockTimeout`](super::ErrorKind::LockTimeout), [`InvalidParameter`](super::ErrorKind::InvalidParameter) …
    pub async fn set_config(&self, update: &ConfigUpdate) -> Result<(), Error> {
        self.client.run(self.attempt("PUT", "/nodes/{node}/qemu/{vmid}/config"), &update.to_params()).await
    }

    /// Changes the configuration in a task: for what takes long, such as allocating a disk.
    ///
    /// # Errors
    /// As for [`set_config`](Self::set_config).
    pub async fn set_config_async(&self, update: &ConfigUpdate) -> Result<Task, Error> {
        self.task("POST", "/nodes/{node}/qemu/{vmid}/config", &update.to_params()).await
    }

    /// Clones it. Of several who clone to one VMID, some fail at once and some in their task with
    /// [`AlreadyExists`](super::ErrorKind::AlreadyExists); one succeeds.
    ///
    /// # Errors
    /// As every request.
    pub async fn clone_to(&self, params: &CloneParams) -> Result<Task, Error> {
        self.task("POST", "/nodes/{node}/qemu/{vmid}/clone", &params.to_params()).await
    }

    /// Grows a disk. A task since Proxmox VE 9; on 8 it is done when this returns.
    ///
    /// # Errors
    /// [`Shrink`](super::ErrorKind::Shrink) and a missing disk come from the task.
    pub async fn resize(&self, params: &ResizeParams) -> Result<Option<Task>, Error> {
        let attempt = self.attempt("PUT", "/nodes/{node}/qemu/{vmid}/resize");
        let answer: Value = self.client.request(attempt, &params.to_params()).await?;
        let upid = answer.as_str().and_then(|upid| upid.parse::<Upid>().ok());
        Ok(upid.map(|upid| self.client.task(upid)))
    }

    /// Detaches disks (`scsi1`) or removes unused ones (`unused0`); with `force` their volumes are destroyed, too, also
    /// while it runs. Takes no digest: read the configuration just before.
    ///
    /// # Errors
    /// [`Protected`](super::ErrorKind::Protected) …
    pub async fn unlink<D: fmt::Display>(&self, disks: &[D], force: bool) -> Result<(), Error> {
        let ids: Vec<String> = disks.iter().map(ToString::to_string).collect();
        let mut params = Params::from([("idlist", ids.join(","))]);
        if force {
            params.set("force", true);
        }
        self.client.run(self.attempt("PUT", "/nodes/{node}/qemu/{vmid}/unlink"), &params).await
    }

    /// Writes the cloud-init drive anew from the configuration.
    ///
    /// # Errors
    /// As every request.
    pub async fn regenerate_cloudinit(&self) -> Result<(), Error> {
        self.client.run(self.attempt("PUT", "/nodes/{node}/qemu/{vmid}/cloudinit"), &Params::new()).await
    }

    /// What it does now.
    ///
    /// # Errors
    /// As every request.
    pub async fn status(&self) -> Result<GuestStatus, Error> {
        self.client.request(self.attempt("GET", "/nodes/{node}/qemu/{vmid}/status/current"), &Params::new()).await
    }

    /// Starts it.
    ///
    /// # Errors
    /// [`AlreadyRunning`](super::ErrorKind::AlreadyRunning), [`IsTemplate`](super::ErrorKind::IsTemplate) and others
    /// come from the task.
    pub async fn start(&self, params: &StartParams) -> Result<Task, Error> {
        self.task("POST", "/nodes/{node}/qemu/{vmid}/status/start", &params.to_params()).await
    }

    /// Asks its operating system to shut down. A stopped one is shut down already.
    ///
    /// # Errors
    /// [`ShutdownTimeout`](super::ErrorKind::ShutdownTimeout) comes from the task.
    pub async fn shutdown(&self, params: &ShutdownParams) -> Result<Task, Error> {
        self.task("POST", "/nodes/{node}/qemu/{vmid}/status/shutdown", &params.to_params()).await
    }

    /// Stops it hard. A stopped one is stopped already.
    ///
    /// # Errors
    /// As every request.
    pub async fn stop(&self, params: &StopParams) -> Result<Task, Error> {
        self.task("POST", "/nodes/{node}/qemu/{vmid}/status/stop", &params.to_params()).await
    }

    /// Pauses it, or writes it to disk.
    ///
    /// # Errors
    /// [`NotRunning`](super::ErrorKind::NotRunning).
    pub async fn suspend(&self, params: &SuspendParams) -> Result<Task, Error> {
        self.task("POST", "/nodes/{node}/qemu/{vmid}/status/suspend", &params.to_params()).await
    }

    /// Ends a pause.
    ///
    /// # Errors
    /// As every request.
    pub async fn resume(&self) -> Result<Task, Error> {
        self.task("POST", "/nodes/{node}/qemu/{vmid}/status/resume", &Params::new()).await
    }

    /// What a migration to a node has to deal with.
    ///
    /// # Errors
    /// As every request.
    pub async fn migration_check(&self, target: &NodeName) -> Result<MigrationCheck, Error> {
        let params = Params::from([("target", target.to_string())]);
        self.client.request(self.attempt("GET", "/nodes/{node}/qemu/{vmid}/migrate"), &params).await
    }

    /// Moves it to another node. Under HA the task ends before the move: wait for the state.
    ///
    /// # Errors
    /// As every request.
    pub async fn migrate(&self, params: &MigrateParams) -> Result<Task, Error> {
        self.task("POST", "/nodes/{node}/qemu/{vmid}/migrate", &params.to_params()).await
    }

    /// Removes it with its disks. It must not run.
    ///
    /// # Errors
    /// [`StillRunning`](super::ErrorKind::StillRunning), [`Protected`](super::ErrorKind::Protected);
    /// [`InUse`](super::ErrorKind::InUse) and [`Locked`](super::ErrorKind::Locked) from the task.
    pub async fn destroy(&self, params: &DestroyParams) -> Result<Task, Error> {
        self.task("DELETE", "/nodes/{node}/qemu/{vmid}", &params.to_params()).await
    }

    fn attempt(&self, method: &'static str, template: &'static str) -> Attempt {
        Attempt::new(method, template, &[self.node.as_str(), &self.number])
    }

    async fn task(&self, method: &'static str, template: &'static str, params: &Params) -> Result<Task, Error> {
        self.client.start_task(self.attempt(method, template), params).await
    }
}
