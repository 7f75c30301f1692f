//! What concerns one node.

use super::error::Attempt;
use super::scope::Scope;
use super::{
    Client, Error, FirewallHandle, GuestHandle, LxcHandle, NetworkHandle, NodeReplicationHandle, QemuHandle,
    ServicesHandle, StorageHandle, Task,
};
use crate::answers::{Console, GuestSummary, NodeDns, NodeStatus, NodeStorage, NodeTime, TaskSummary, UrlInfo};
use crate::params::{
    BackupParams, ConfigUpdate, LxcCreateParams, LxcRestoreParams, Params, QemuRestoreParams, TaskFilter,
};
use crate::types::{GuestType, NodeName, StorageId, Vmid};

/// Requests under `/nodes/{node}`. Of a node that does not exist they give
/// [`NotFound`](super::ErrorKind::NotFound), of one that is down [`Unavailable`](super::ErrorKind::Unavailable).
#[derive(Clone, Debug)]
pub struct NodeHandle {
    pub(super) client: Client,
    pub(super) node: NodeName,
}

impl NodeHandle {
    /// The name of the node.
    pub fn name(&self) -> &NodeName {
        &self.node
    }

    /// Its tasks, newest first. Of other users only with `Sys.Audit`; another token of the same user counts as another.
    ///
    /// # Errors
    /// As every request.
    pub async fn tasks(&self, filter: &TaskFilter) -> Result<Vec<TaskSummary>, Error> {
        self.client.list(self.get("/nodes/{node}/tasks"), &filter.to_params()).await
    }

    /// Its storages.
    ///
    /// # Errors
    /// As every request.
    pub async fn storages(&self) -> Result<Vec<NodeStorage>, Error> {
        self.client.list(self.get("/nodes/{node}/storage"), &Params::new()).await
    }

    /// One of its storages.
    pub fn storage(&self, storage: &StorageId) -> StorageHandle {
        StorageHandle { client: self.client.clone(), node: self.node.clone(), storage: storage.clone() }
    }

    /// Its virtual machines, as far as whoever asks may see them. Up to some ten seconds old.
    ///
    /// # Errors
    /// As every request.
    pub async fn qemu_list(&self) -> Result<Vec<GuestSummary>, Error> {
        self.client.list(self.get("/nodes/{node}/qemu"), &Params::new()).await
    }

    /// Its containers, as far as whoever asks may see them. Up to some ten seconds old.
    ///
    /// # Errors
    /// As every request.
    pub async fn lxc_list(&self) -> Result<Vec<GuestSummary>, Error> {
        self.client.list(self.get("/nodes/{node}/lxc"), &Params::new()).await
    }

    /// One of its virtual machines.
    pub fn qemu(&self, vmid: Vmid) -> QemuHandle {
        QemuHandle::new(self.client.clone(), self.node.clone(), vmid)
    }

    /// One of its containers.
    pub fn lxc(&self, vmid: Vmid) -> LxcHandle {
        LxcHandle::new(self.client.clone(), self.node.clone(), vmid)
    }

    /// One of its guests, for what both kinds have.
    pub fn guest(&self, kind: GuestType, vmid: Vmid) -> GuestHandle {
        GuestHandle::new(self.client.clone(), self.node.clone(), kind, vmid)
    }

    /// Creates a container.
    ///
    /// # Errors
    /// [`AlreadyExists`](super::ErrorKind::AlreadyExists), [`InvalidParameter`](super::ErrorKind::InvalidParameter) …
    pub async fn create_lxc(&self, params: &LxcCreateParams) -> Result<Task, Error> {
        let attempt = Attempt::new("POST", "/nodes/{node}/lxc", &[self.node.as_str()]);
        self.client.start_task(attempt, &params.to_params()).await
    }

    /// Makes a virtual machine of a backup.
    ///
    /// # Errors
    /// [`AlreadyExists`](super::ErrorKind::AlreadyExists) …
    pub async fn restore_qemu(&self, params: &QemuRestoreParams) -> Result<Task, Error> {
        self.scope().post("/qemu", &[]).with(params.to_params()).task().await
    }

    /// Makes a container of a backup.
    ///
    /// # Errors
    /// [`AlreadyExists`](super::ErrorKind::AlreadyExists) …
    pub async fn restore_lxc(&self, params: &LxcRestoreParams) -> Result<Task, Error> {
        self.scope().post("/lxc", &[]).with(params.to_params()).task().await
    }

    /// Backs up guests that are on it.
    ///
    /// # Errors
    /// As every request; what went wrong with one guest is in the log of the task, which then fails.
    pub async fn backup(&self, params: &BackupParams) -> Result<Task, Error> {
        self.scope().post("/vzdump", &[]).with(params.to_params()).task().await
    }

    /// The configuration of the guest in a backup, as the text of its file.
    ///
    /// # Errors
    /// As every request.
    pub async fn backup_config(&self, volume: &str) -> Result<String, Error> {
        self.scope().get("/vzdump/extractconfig", &[]).with(Params::from([("volume", volume)])).read().await
    }

    /// What is behind an address, before it is fetched with [`StorageHandle::download`].
    ///
    /// # Errors
    /// As every request.
    pub async fn url_info(&self, url: &str) -> Result<UrlInfo, Error> {
        self.scope().get("/query-url-metadata", &[]).with(Params::from([("url", url)])).read().await
    }

    /// Its firewall.
    pub fn firewall(&self) -> FirewallHandle {
        FirewallHandle { at: self.scope().below("/firewall", &[]) }
    }

    /// Its network.
    pub fn network(&self) -> NetworkHandle {
        NetworkHandle { at: self.scope().below("/network", &[]) }
    }

    /// How replication of the guests on it fares.
    pub fn replication(&self) -> NodeReplicationHandle {
        NodeReplicationHandle { at: self.scope().below("/replication", &[]) }
    }

    /// Its services.
    pub fn services(&self) -> ServicesHandle {
        ServicesHandle { at: self.scope().below("/services", &[]) }
    }

    /// Load, memory, versions.
    ///
    /// # Errors
    /// As every request.
    pub async fn status(&self) -> Result<NodeStatus, Error> {
        self.scope().get("/status", &[]).read().await
    }

    /// Its clock.
    ///
    /// # Errors
    /// As every request.
    pub async fn time(&self) -> Result<NodeTime, Error> {
        self.scope().get("/time", &[]).read().await
    }

    /// Sets its time zone.
    ///
    /// # Errors
    /// As every request.
    pub async fn set_timezone(&self, timezone: &str) -> Result<(), Error> {
        self.scope().put("/time", &[]).with(Params::from([("timezone", timezone)])).run().await
    }

    /// Its DNS servers.
    ///
    /// # Errors
    /// As every request.
    pub async fn dns(&self) -> Result<NodeDns, Error> {
        self.scope().get("/dns", &[]).read().await
    }

    /// Sets its DNS servers `dns1` to `dns3` and `search`, which is needed; what is not said is removed.
    ///
    /// # Errors
    /// As every request.
    pub async fn set_dns(&self, update: &ConfigUpdate) -> Result<(), Error> {
        self.scope().put("/dns", &[]).with(update.to_params()).run().await
    }

    /// A ticket for a shell on it.
    ///
    /// # Errors
    /// As every request.
    pub async fn terminal(&self) -> Result<Console, Error> {
        self.scope().post("/termproxy", &[]).read().await
    }

    fn scope(&self) -> Scope {
        Scope::new(&self.client, "/nodes/{node}", &[self.node.as_str()])
    }

    fn get(&self, template: &'static str) -> Attempt {
        Attempt::new("GET", template, &[self.node.as_str()])
    }
}
