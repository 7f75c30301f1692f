//! `DELETE` of a guest.

use super::Params;

/// How to remove a guest. It must not run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DestroyParams {
    /// Also remove it from backup jobs, replication and HA.
    pub purge: Option<bool>,
    /// Also remove volumes of its VMID that its configuration does not name. On a storage that several clusters share
    /// this reaches other guests' volumes.
    pub destroy_unreferenced_disks: Option<bool>,
    /// Containers only: also when it runs.
    pub force: Option<bool>,
}

setters! {
    DestroyParams {
        purge: bool, destroy_unreferenced_disks: bool, force: bool
    }
}

impl DestroyParams {
    /// What is sent, in the query.
    pub fn to_params(&self) -> Params {
        let mut params = Params::new();
        params
            .set_opt("purge", &self.purge)
            .set_opt("destroy-unreferenced-disks", &self.destroy_unreferenced_disks)
            .set_opt("force", &self.force);
        params
    }
}
