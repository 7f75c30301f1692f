//! `POST …/migrate`.

use super::Params;
use crate::types::{GuestType, NodeName, StorageId};

/// How to migrate a guest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrateParams {
    /// Where to; required.
    pub target: Option<NodeName>,
    /// Virtual machines: while it runs. A running one is refused without it.
    pub online: Option<bool>,
    /// Containers: a running one is shut down, moved and started again. A running one is refused without it.
    pub restart: Option<bool>,
    /// Containers: how long that shutdown may take, in seconds.
    pub timeout: Option<u32>,
    /// Virtual machines: also disks on storage that is not shared.
    pub with_local_disks: Option<bool>,
    /// Where those disks go.
    pub targetstorage: Option<StorageId>,
    /// Limit in KiB/s.
    pub bwlimit: Option<u64>,
}

setters! {
    MigrateParams {
        online: bool, restart: bool, timeout: u32, with_local_disks: bool, targetstorage: StorageId, bwlimit: u64
    }
}

impl MigrateParams {
    /// A migration to this node, everything else as Proxmox has it by default.
    pub fn new(target: NodeName) -> Self {
        Self { target: Some(target), ..Self::default() }
    }

    /// What is sent for a guest of this kind: what the other kind takes is left out, as Proxmox refuses it.
    pub fn to_params(&self, kind: GuestType) -> Params {
        let mut params = Params::new();
        params.set_opt("target", &self.target).set_opt("bwlimit", &self.bwlimit);
        match kind {
            GuestType::Qemu => params
                .set_opt("online", &self.online)
                .set_opt("with-local-disks", &self.with_local_disks)
                .set_opt("targetstorage", &self.targetstorage),
            GuestType::Lxc => params
                .set_opt("restart", &self.restart)
                .set_opt("timeout", &self.timeout)
                .set_opt("target-storage", &self.targetstorage),
        };
        params
    }
}
