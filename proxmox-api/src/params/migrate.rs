//! `POST …/migrate` of a virtual machine.

use super::Params;
use crate::types::{NodeName, StorageId};

/// How to migrate a virtual machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrateParams {
    /// Where to; required.
    pub target: Option<NodeName>,
    /// While it runs. A running guest is refused without it.
    pub online: Option<bool>,
    /// Also disks on storage that is not shared.
    pub with_local_disks: Option<bool>,
    /// Where those disks go.
    pub targetstorage: Option<StorageId>,
    /// Limit in KiB/s.
    pub bwlimit: Option<u64>,
}

impl MigrateParams {
    /// A migration to this node, everything else as Proxmox has it by default.
    pub fn new(target: NodeName) -> Self {
        Self { target: Some(target), ..Self::default() }
    }

    /// What is sent.
    pub fn to_params(&self) -> Params {
        let mut params = Params::new();
        params
            .set_opt("target", &self.target)
            .set_opt("online", &self.online)
            .set_opt("with-local-disks", &self.with_local_disks)
            .set_opt("targetstorage", &self.targetstorage)
            .set_opt("bwlimit", &self.bwlimit);
        params
    }
}
