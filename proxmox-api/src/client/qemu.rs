//! What concerns one virtual machine.

use std::fmt;
use std::ops::Deref;

use super::{Client, Error, GuestHandle, Task};
use crate::answers::{AgentAnswer, InnerInterface};
use crate::params::{CloneParams, ConfigUpdate, Params};
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
        let attempt = self.attempt("GET", "/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces");
        Ok(self.client.request::<AgentAnswer>(attempt, &Params::new()).await?.result.0)
    }

    /// Writes the cloud-init drive anew from the configuration.
    ///
    /// # Errors
    /// As every request.
    pub async fn regenerate_cloudinit(&self) -> Result<(), Error> {
        self.client.run(self.attempt("PUT", "/nodes/{node}/qemu/{vmid}/cloudinit"), &Params::new()).await
    }
}
