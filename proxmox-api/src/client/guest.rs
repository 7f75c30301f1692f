//! What concerns one guest, whichever kind it is.

use serde_json::Value;

use super::error::Attempt;
use super::scope::Scope;
use super::{Client, ConfigView, Error, FirewallHandle, Task};
use crate::answers::{GuestStatus, MigrationCheck, Pending};
use crate::params::{
    ConfigUpdate, DestroyParams, MigrateParams, Params, ResizeParams, ShutdownParams, StartParams, StopParams,
    SuspendParams,
};
use crate::types::{Configuration, GuestType, LxcConfig, NodeName, QemuConfig, Upid, Vmid};

/// Requests that `/nodes/{node}/qemu/{vmid}` and `/nodes/{node}/lxc/{vmid}` share.
///
/// Of a guest that is not on this node they give [`NotFound`](super::ErrorKind::NotFound), at once or (start, stop)
/// from the task: see [`Error::cause`].
#[derive(Clone, Debug)]
pub struct GuestHandle {
    pub(super) client: Client,
    node: NodeName,
    kind: GuestType,
    vmid: Vmid,
    number: String,
}

/// The path of a guest's kind, with what follows.
macro_rules! path {
    ($guest:expr, $rest:literal) => {
        match $guest.kind {
            GuestType::Qemu => concat!("/nodes/{node}/qemu/{vmid}", $rest),
            GuestType::Lxc => concat!("/nodes/{node}/lxc/{vmid}", $rest),
        }
    };
}

impl GuestHandle {
    pub(super) fn new(client: Client, node: NodeName, kind: GuestType, vmid: Vmid) -> Self {
        Self { client, node, kind, vmid, number: vmid.to_string() }
    }

    /// Virtual machine or container.
    pub fn kind(&self) -> GuestType {
        self.kind
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
    pub async fn config(&self, view: ConfigView) -> Result<Configuration, Error> {
        let attempt = self.attempt("GET", path!(self, "/config"));
        let params = view.to_params();
        Ok(match self.kind {
            GuestType::Qemu => self.client.request::<QemuConfig>(attempt, &params).await?.into(),
            GuestType::Lxc => self.client.request::<LxcConfig>(attempt, &params).await?.into(),
        })
    }

    /// Changes the configuration at once; of a container it also allocates volumes. What a running guest cannot take
    /// waits for its next restart.
    ///
    /// # Errors
    /// [`DigestMismatch`](super::ErrorKind::DigestMismatch), [`Locked`](super::ErrorKind::Locked),
    /// [`LockTimeout`](super::ErrorKind::LockTimeout), [`InvalidParameter`](super::ErrorKind::InvalidParameter) …
    pub async fn set_config(&self, update: &ConfigUpdate) -> Result<(), Error> {
        self.client.run(self.attempt("PUT", path!(self, "/config")), &update.to_params()).await
    }

    /// Each key with its value now and after the next restart.
    ///
    /// # Errors
    /// As every request.
    pub async fn pending(&self) -> Result<Vec<Pending>, Error> {
        self.client.list(self.attempt("GET", path!(self, "/pending")), &Params::new()).await
    }

    /// Grows a disk. A task since Proxmox VE 9; on 8 it is done when this returns.
    ///
    /// # Errors
    /// [`Shrink`](super::ErrorKind::Shrink) and a missing disk come from the task.
    pub async fn resize(&self, params: &ResizeParams) -> Result<Option<Task>, Error> {
        let attempt = self.attempt("PUT", path!(self, "/resize"));
        let answer: Value = self.client.request(attempt, &params.to_params()).await?;
        let upid = answer.as_str().and_then(|upid| upid.parse::<Upid>().ok());
        Ok(upid.map(|upid| self.client.task(upid)))
    }

    /// What it does now.
    ///
    /// # Errors
    /// As every request.
    pub async fn status(&self) -> Result<GuestStatus, Error> {
        self.client.request(self.attempt("GET", path!(self, "/status/current")), &Params::new()).await
    }

    /// Starts it.
    ///
    /// # Errors
    /// [`AlreadyRunning`](super::ErrorKind::AlreadyRunning), [`IsTemplate`](super::ErrorKind::IsTemplate) and others
    /// come from the task.
    pub async fn start(&self, params: &StartParams) -> Result<Task, Error> {
        self.task("POST", path!(self, "/status/start"), &params.to_params()).await
    }

    /// Asks its operating system to shut down. A stopped one is shut down already.
    ///
    /// # Errors
    /// [`ShutdownTimeout`](super::ErrorKind::ShutdownTimeout) comes from the task.
    pub async fn shutdown(&self, params: &ShutdownParams) -> Result<Task, Error> {
        self.task("POST", path!(self, "/status/shutdown"), &params.to_params()).await
    }

    /// Stops it hard. A stopped one is stopped already.
    ///
    /// # Errors
    /// As every request.
    pub async fn stop(&self, params: &StopParams) -> Result<Task, Error> {
        self.task("POST", path!(self, "/status/stop"), &params.to_params()).await
    }

    /// Pauses it, or writes it to disk; of a container it is experimental and takes no parameters.
    ///
    /// # Errors
    /// [`NotRunning`](super::ErrorKind::NotRunning).
    pub async fn suspend(&self, params: &SuspendParams) -> Result<Task, Error> {
        self.task("POST", path!(self, "/status/suspend"), &params.to_params()).await
    }

    /// Ends a pause.
    ///
    /// # Errors
    /// As every request.
    pub async fn resume(&self) -> Result<Task, Error> {
        self.task("POST", path!(self, "/status/resume"), &Params::new()).await
    }

    /// What a migration to a node has to deal with. The answer is about every other node, whatever the target (seen on
    /// Proxmox VE 9.1.7).
    ///
    /// # Errors
    /// As every request.
    pub async fn migration_check(&self, target: &NodeName) -> Result<MigrationCheck, Error> {
        let params = Params::from([("target", target.to_string())]);
        self.client.request(self.attempt("GET", path!(self, "/migrate")), &params).await
    }

    /// Moves it to another node. Under HA the task ends before the move: wait for the state.
    ///
    /// # Errors
    /// As every request.
    pub async fn migrate(&self, params: &MigrateParams) -> Result<Task, Error> {
        self.task("POST", path!(self, "/migrate"), &params.to_params(self.kind)).await
    }

    /// Removes it with its disks. It must not run.
    ///
    /// # Errors
    /// [`StillRunning`](super::ErrorKind::StillRunning), [`Protected`](super::ErrorKind::Protected);
    /// [`InUse`](super::ErrorKind::InUse) and [`Locked`](super::ErrorKind::Locked) from the task.
    pub async fn destroy(&self, params: &DestroyParams) -> Result<Task, Error> {
        self.task("DELETE", path!(self, ""), &params.to_params()).await
    }

    /// Its firewall.
    pub fn firewall(&self) -> FirewallHandle {
        FirewallHandle { at: self.scope().below("/firewall", &[]) }
    }

    pub(super) fn scope(&self) -> Scope {
        Scope::new(&self.client, path!(self, ""), &[self.node.as_str(), &self.number])
    }

    pub(super) fn attempt(&self, method: &'static str, template: &'static str) -> Attempt {
        Attempt::new(method, template, &[self.node.as_str(), &self.number])
    }

    pub(super) async fn task(
        &self,
        method: &'static str,
        template: &'static str,
        params: &Params,
    ) -> Result<Task, Error> {
        self.client.start_task(self.attempt(method, template), params).await
    }
}
