//! `POST …/clone`.

use super::Params;
use crate::types::{NodeName, StorageId, Vmid};

/// How to clone a virtual machine.
///
/// The clone takes over protection, onboot, sockets, balloon and tags of its source; `tags` cannot be given (Proxmox
/// VE 9.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloneParams {
    /// VMID of the clone; required. Taken already: an error "already exists", at once or from the task.
    pub newid: Option<Vmid>,
    /// Its name; default `Copy-of-VM-` and the source's.
    pub name: Option<String>,
    /// Its description, in place of the source's.
    pub description: Option<String>,
    /// Copy the disks. Without it a template's clone is linked, another's is full.
    pub full: Option<bool>,
    /// Where the disks go; only for a full clone. Default: where the source's are.
    pub storage: Option<StorageId>,
    /// Another node to put it on; the source's disks must be on shared storage.
    pub target: Option<NodeName>,
    /// Format of the disks (`raw`, `qcow2`, `vmdk`), only for a full clone to a directory-like storage.
    pub format: Option<String>,
    /// Pool to add it to.
    pub pool: Option<String>,
    /// Snapshot to clone from.
    pub snapname: Option<String>,
    /// Limit in KiB/s.
    pub bwlimit: Option<u64>,
}

setters! {
    CloneParams {
        name: String, description: String, full: bool, storage: StorageId, target: NodeName, format: String,
        pool: String, snapname: String, bwlimit: u64
    }
}

impl CloneParams {
    /// A clone with this VMID, everything else as Proxmox has it by default.
    pub fn new(newid: Vmid) -> Self {
        Self { newid: Some(newid), ..Self::default() }
    }

    /// What is sent.
    pub fn to_params(&self) -> Params {
        let mut params = Params::new();
        params
            .set_opt("newid", &self.newid)
            .set_opt("name", &self.name)
            .set_opt("description", &self.description)
            .set_opt("full", &self.full)
            .set_opt("storage", &self.storage)
            .set_opt("target", &self.target)
            .set_opt("format", &self.format)
            .set_opt("pool", &self.pool)
            .set_opt("snapname", &self.snapname)
            .set_opt("bwlimit", &self.bwlimit);
        params
    }
}
