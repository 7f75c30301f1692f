//! High availability.

use super::Error;
use super::scope::{Scope, collection};
use crate::answers::{HaGroup, HaMove, HaResource, HaRule, HaStatus};
use crate::params::{HaGroupParams, HaResourceParams, HaRuleParams, Params};
use crate::types::NodeName;

/// Requests under `/cluster/ha`.
#[derive(Clone, Debug)]
pub struct HaHandle {
    pub(super) at: Scope,
}

impl HaHandle {
    /// The guests that HA manages.
    pub fn resources(&self) -> HaResourcesHandle {
        HaResourcesHandle { at: self.at.below("/resources", &[]) }
    }

    /// The groups of nodes; of clusters before Proxmox VE 9.
    pub fn groups(&self) -> HaGroupsHandle {
        HaGroupsHandle { at: self.at.below("/groups", &[]) }
    }

    /// The rules for where HA puts guests; since Proxmox VE 9.
    pub fn rules(&self) -> HaRulesHandle {
        HaRulesHandle { at: self.at.below("/rules", &[]) }
    }

    /// What HA does now.
    ///
    /// # Errors
    /// As every request.
    pub async fn status(&self) -> Result<Vec<HaStatus>, Error> {
        self.at.get("/status/current", &[]).list().await
    }
}

collection! {
    /// Requests under `/cluster/ha/resources`: each is known by its `sid`, such as `vm:100`.
    HaResourcesHandle, "/{sid}": HaResource, HaResourceParams
}

impl HaResourcesHandle {
    /// Asks HA to move a guest while it runs.
    ///
    /// # Errors
    /// As every request; whether it moved, its state says.
    pub async fn migrate(&self, sid: &str, node: &NodeName) -> Result<Option<HaMove>, Error> {
        self.at.post("/{sid}/migrate", &[sid]).with(Params::from([("node", node)])).read().await
    }

    /// Asks HA to stop a guest and start it on another node.
    ///
    /// # Errors
    /// As every request; whether it moved, its state says.
    pub async fn relocate(&self, sid: &str, node: &NodeName) -> Result<Option<HaMove>, Error> {
        self.at.post("/{sid}/relocate", &[sid]).with(Params::from([("node", node)])).read().await
    }
}

collection! {
    /// Requests under `/cluster/ha/groups`.
    HaGroupsHandle, "/{group}": HaGroup, HaGroupParams
}

collection! {
    /// Requests under `/cluster/ha/rules`. A change says the rule's `type` again.
    HaRulesHandle, "/{rule}": HaRule, HaRuleParams
}
