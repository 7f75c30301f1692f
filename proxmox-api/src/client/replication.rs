//! Replication of guests' volumes between nodes.

use super::scope::{Scope, collection};
use super::{Error, Task};
use crate::answers::{LogLine, ReplicationJob, ReplicationStatus};
use crate::params::ReplicationParams;

collection! {
    /// Requests under `/cluster/replication`: the jobs.
    ReplicationHandle, "/{id}": ReplicationJob, ReplicationParams
}

/// Requests under `/nodes/{node}/replication`: how jobs fare on the node that their guests are on.
#[derive(Clone, Debug)]
pub struct NodeReplicationHandle {
    pub(super) at: Scope,
}

impl NodeReplicationHandle {
    /// All jobs of the node.
    ///
    /// # Errors
    /// As every request.
    pub async fn list(&self) -> Result<Vec<ReplicationStatus>, Error> {
        self.at.get("", &[]).list().await
    }

    /// One of them.
    ///
    /// # Errors
    /// As every request.
    pub async fn status(&self, id: &str) -> Result<ReplicationStatus, Error> {
        self.at.get("/{id}/status", &[id]).read().await
    }

    /// The log of the last run.
    ///
    /// # Errors
    /// As every request.
    pub async fn log(&self, id: &str) -> Result<Vec<LogLine>, Error> {
        self.at.get("/{id}/log", &[id]).list().await
    }

    /// Runs it as soon as possible.
    ///
    /// # Errors
    /// As every request.
    pub async fn schedule_now(&self, id: &str) -> Result<Task, Error> {
        self.at.post("/{id}/schedule_now", &[id]).task().await
    }
}
