//! What concerns one container.

use std::ops::Deref;

use super::{Client, ConfigView, Error, GuestHandle, Task};
use crate::answers::InnerInterface;
use crate::params::{LxcCloneParams, Params};
use crate::types::{GuestType, LxcConfig, NodeName, Vmid};

/// Requests under `/nodes/{node}/lxc/{vmid}`. Those that a virtual machine has too are [`GuestHandle`]'s.
#[derive(Clone, Debug)]
pub struct LxcHandle(GuestHandle);

impl Deref for LxcHandle {
    type Target = GuestHandle;

    fn deref(&self) -> &GuestHandle {
        &self.0
    }
}

impl LxcHandle {
    pub(super) fn new(client: Client, node: NodeName, vmid: Vmid) -> Self {
        Self(GuestHandle::new(client, node, GuestType::Lxc, vmid))
    }

    /// The configuration.
    ///
    /// # Errors
    /// As every request.
    pub async fn config(&self, view: ConfigView) -> Result<LxcConfig, Error> {
        self.client.request(self.attempt("GET", "/nodes/{node}/lxc/{vmid}/config"), &view.to_params()).await
    }

    /// Clones it. A running one only from a snapshot; linked only where its storage can.
    ///
    /// # Errors
    /// [`AlreadyExists`](super::ErrorKind::AlreadyExists), [`Unsupported`](super::ErrorKind::Unsupported) …
    pub async fn clone_to(&self, params: &LxcCloneParams) -> Result<Task, Error> {
        self.task("POST", "/nodes/{node}/lxc/{vmid}/clone", &params.to_params()).await
    }

    /// The interfaces within it, while it runs.
    ///
    /// # Errors
    /// As every request.
    pub async fn interfaces(&self) -> Result<Vec<InnerInterface>, Error> {
        self.client.list(self.attempt("GET", "/nodes/{node}/lxc/{vmid}/interfaces"), &Params::new()).await
    }

    /// Makes it a template. The work goes on in the background after the answer (Proxmox VE 9.1): the configuration
    /// says `template` a moment later.
    ///
    /// # Errors
    /// As every request.
    pub async fn template(&self) -> Result<(), Error> {
        self.client.run(self.attempt("POST", "/nodes/{node}/lxc/{vmid}/template"), &Params::new()).await
    }
}
