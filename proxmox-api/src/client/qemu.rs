//! What concerns one virtual machine.

use std::fmt;
use std::ops::Deref;

use super::{AgentHandle, Client, Error, GuestHandle, QemuSnapshotsHandle, SnapshotsHandle, Task};
use crate::answers::{Console, InnerInterface, SpiceConsole};
use crate::params::{CloneParams, ConfigUpdate, MoveDiskParams, Params};
use crate::types::{GuestType, NodeName, QemuConfig, Vmid};

/// Which configuration of a running guest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConfigView {
    /// With what waits for the next restart.
    #[default]
    Pending,
    /// What it runs with.
    Current,
}

impl ConfigView {
    pub(super) fn to_params(self) -> Params {
        let mut params = Params::new();
        if self == Self::Current {
            params.set("current", true);
        }
        params
    }
}

/// Requests under `/nodes/{node}/qemu/{vmid}`. Those that a container has too are [`GuestHandle`]'s.
#[derive(Clone, Debug)]
pub struct QemuHandle(GuestHandle);

impl Deref for QemuHandle {
    type Target = GuestHandle;

    fn deref(&self) -> &GuestHandle {
        &self.0
    }
}

impl QemuHandle {
    pub(super) fn new(client: Client, node: NodeName, vmid: Vmid) -> Self {
        Self(GuestHandle::new(client, node, GuestType::Qemu, vmid))
    }

    /// The configuration.
    ///
    /// # Errors
    /// As every request.
    pub async fn config(&self, view: ConfigView) -> Result<QemuConfig, Error> {
        self.client.request(self.attempt("GET", "/nodes/{node}/qemu/{vmid}/config"), &view.to_params()).await
    }

    /// Changes the configuration in a task: for what takes long, such as allocating a disk.
    ///
    /// # Errors
    /// As for [`set_config`](GuestHandle::set_config).
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

    /// The interfaces within it, as its guest agent says. Needs `VM.GuestAgent.Audit`; before Proxmox VE 9 `VM.Monitor`.
    ///
    /// # Errors
    /// As every request; where no agent answers that takes Proxmox 3 s (seen on Proxmox VE 9.1).
    pub async fn agent_interfaces(&self) -> Result<Vec<InnerInterface>, Error> {
        self.agent().interfaces().await
    }

    /// Its guest agent.
    pub fn agent(&self) -> AgentHandle {
        AgentHandle { at: self.scope().below("/agent", &[]) }
    }

    /// Its snapshots.
    pub fn snapshots(&self) -> QemuSnapshotsHandle {
        QemuSnapshotsHandle(SnapshotsHandle { at: self.scope().below("/snapshot", &[]), kind: GuestType::Qemu })
    }

    /// Moves a disk to another storage, while the machine runs or not; or to another machine.
    ///
    /// # Errors
    /// As every request; a disk that is not there fails in the task.
    pub async fn move_disk(&self, params: &MoveDiskParams) -> Result<Task, Error> {
        self.scope().post("/move_disk", &[]).with(params.to_params()).task().await
    }

    /// Makes it a template. It must not run.
    ///
    /// # Errors
    /// [`IsTemplate`](super::ErrorKind::IsTemplate) …
    pub async fn template(&self) -> Result<Task, Error> {
        self.scope().post("/template", &[]).task().await
    }

    /// A ticket for its screen; with `websocket` for a browser's.
    ///
    /// # Errors
    /// As every request.
    pub async fn vnc(&self, websocket: bool) -> Result<Console, Error> {
        let params = if websocket { Params::from([("websocket", true)]) } else { Params::new() };
        self.scope().post("/vncproxy", &[]).with(params).read().await
    }

    /// A ticket for its serial console.
    ///
    /// # Errors
    /// As every request.
    pub async fn terminal(&self) -> Result<Console, Error> {
        self.scope().post("/termproxy", &[]).read().await
    }

    /// What a SPICE client opens its screen with.
    ///
    /// # Errors
    /// As every request.
    pub async fn spice(&self) -> Result<SpiceConsole, Error> {
        self.scope().post("/spiceproxy", &[]).read().await
    }

    /// Writes the cloud-init drive anew from the configuration.
    ///
    /// # Errors
    /// As every request.
    pub async fn regenerate_cloudinit(&self) -> Result<(), Error> {
        self.client.run(self.attempt("PUT", "/nodes/{node}/qemu/{vmid}/cloudinit"), &Params::new()).await
    }
}
