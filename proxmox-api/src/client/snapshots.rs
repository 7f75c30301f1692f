//! Snapshots of a guest.

use std::ops::Deref;

use super::scope::Scope;
use super::{Error, Task};
use crate::answers::Snapshot;
use crate::params::{Params, QemuSnapshotParams, SnapshotParams};
use crate::types::{Configuration, GuestType, LxcConfig, QemuConfig};

/// Requests under `…/snapshot` that both kinds of guests have. A snapshot is known by its name.
#[derive(Clone, Debug)]
pub struct SnapshotsHandle {
    pub(super) at: Scope,
    pub(super) kind: GuestType,
}

impl SnapshotsHandle {
    /// The snapshots, and last `current`: the guest as it is now, which is none.
    ///
    /// # Errors
    /// As every request.
    pub async fn list(&self) -> Result<Vec<Snapshot>, Error> {
        self.at.get("", &[]).list().await
    }

    /// The configuration that the guest had.
    ///
    /// # Errors
    /// As every request.
    pub async fn config(&self, name: &str) -> Result<Configuration, Error> {
        let request = self.at.get("/{snapname}/config", &[name]);
        Ok(match self.kind {
            GuestType::Qemu => request.read::<QemuConfig>().await?.into(),
            GuestType::Lxc => request.read::<LxcConfig>().await?.into(),
        })
    }

    /// Takes one, without the memory of a virtual machine.
    ///
    /// # Errors
    /// As every request; a name that is taken, and a storage that cannot, fail in the task.
    pub async fn create(&self, params: &SnapshotParams) -> Result<Task, Error> {
        self.at.post("", &[]).with(params.to_params()).task().await
    }

    /// Changes its description.
    ///
    /// # Errors
    /// As every request.
    pub async fn describe(&self, name: &str, description: &str) -> Result<(), Error> {
        let params = Params::from([("description", description)]);
        self.at.put("/{snapname}/config", &[name]).with(params).run().await
    }

    /// Sets the guest back to it; with `start` it runs afterwards, with whatever memory the snapshot has.
    ///
    /// # Errors
    /// As every request.
    pub async fn rollback(&self, name: &str, start: bool) -> Result<Task, Error> {
        let params = if start { Params::from([("start", true)]) } else { Params::new() };
        self.at.post("/{snapname}/rollback", &[name]).with(params).task().await
    }

    /// Removes it; with `force` also from the configuration when a volume's cannot be removed.
    ///
    /// # Errors
    /// As every request; one that is not there fails in the task, whose error [`is_not_found`](super::Error::is_not_found).
    pub async fn delete(&self, name: &str, force: bool) -> Result<Task, Error> {
        let params = if force { Params::from([("force", true)]) } else { Params::new() };
        self.at.delete("/{snapname}", &[name]).with(params).task().await
    }
}

/// Requests under `/nodes/{node}/qemu/{vmid}/snapshot`. Those that a container has too are [`SnapshotsHandle`]'s.
#[derive(Clone, Debug)]
pub struct QemuSnapshotsHandle(pub(super) SnapshotsHandle);

impl Deref for QemuSnapshotsHandle {
    type Target = SnapshotsHandle;

    fn deref(&self) -> &SnapshotsHandle {
        &self.0
    }
}

impl QemuSnapshotsHandle {
    /// Takes one, with the memory of the machine where `vmstate` says so.
    ///
    /// # Errors
    /// As for [`SnapshotsHandle::create`].
    pub async fn create(&self, params: &QemuSnapshotParams) -> Result<Task, Error> {
        self.0.at.post("", &[]).with(params.to_params()).task().await
    }
}
