//! What concerns one node.

use super::error::Attempt;
use super::{Client, Error, GuestHandle, LxcHandle, QemuHandle, StorageHandle, Task};
use crate::answers::{GuestSummary, NodeStorage, TaskSummary};
use crate::params::{LxcCreateParams, Params, TaskFilter};
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

    fn get(&self, template: &'static str) -> Attempt {
        Attempt::new("GET", template, &[self.node.as_str()])
    }
}
