//! What concerns one container.

use std::ops::Deref;

use super::{Client, ConfigView, Error, GuestHandle, SnapshotsHandle, Task};
use crate::answers::{Console, InnerInterface, SpiceConsole};
use crate::params::{LxcCloneParams, MoveVolumeParams, Params};
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

    /// Its snapshots.
    pub fn snapshots(&self) -> SnapshotsHandle {
        SnapshotsHandle { at: self.scope().below("/snapshot", &[]), kind: GuestType::Lxc }
    }

    /// Moves a volume to another storage, or to another container. It must not run.
    ///
    /// # Errors
    /// As every request.
    pub async fn move_volume(&self, params: &MoveVolumeParams) -> Result<Task, Error> {
        self.scope().post("/move_volume", &[]).with(params.to_params()).task().await
    }

    /// A ticket for its console as a screen; with `websocket` for a browser's.
    ///
    /// # Errors
    /// As every request.
    pub async fn vnc(&self, websocket: bool) -> Result<Console, Error> {
        let params = if websocket { Params::from([("websocket", true)]) } else { Params::new() };
        self.scope().post("/vncproxy", &[]).with(params).read().await
    }

    /// A ticket for its console.
    ///
    /// # Errors
    /// As every request.
    pub async fn terminal(&self) -> Result<Console, Error> {
        self.scope().post("/termproxy", &[]).read().await
    }

    /// What a SPICE client opens its console with.
    ///
    /// # Errors
    /// As every request.
    pub async fn spice(&self) -> Result<SpiceConsole, Error> {
        self.scope().post("/spiceproxy", &[]).read().await
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
