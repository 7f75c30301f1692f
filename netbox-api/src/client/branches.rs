//! What is done with a branch of netbox-branching (seen: 1.2.2): each is a job that NetBox's worker does later.

use serde::Serialize;
use serde_json::{Value, json};

use super::call::Reply;
use super::{Branch, Endpoint, Job};
use crate::error::Error;

/// How a sync, merge or revert is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BranchAction {
    /// Whether it is kept. Without, everything is done and then undone: no events, and the job's log says what it would do.
    pub commit: bool,
    /// Whether what was changed on both sides is overwritten: by a sync in the branch, by a merge in main.
    pub acknowledge_conflicts: bool,
}

impl BranchAction {
    /// Done and kept, unless there are conflicts.
    #[must_use]
    pub fn commit() -> Self {
        Self { commit: true, acknowledge_conflicts: false }
    }

    /// Tried and undone.
    #[must_use]
    pub fn dry_run() -> Self {
        Self { commit: false, acknowledge_conflicts: false }
    }

    /// Also where both sides changed the same.
    #[must_use]
    pub fn acknowledge_conflicts(mut self) -> Self {
        self.acknowledge_conflicts = true;
        self
    }
}

impl Endpoint<Branch> {
    /// Takes main's changes into the branch. Its answer is the job, which [`Endpoint::<Job>::ended`] waits for.
    ///
    /// # Errors
    /// Of kind `Conflict` for what both sides changed, also of a dry run: see [`Error::items`]. Else any [`Error`] of a request.
    pub async fn sync(&self, id: u64, how: BranchAction) -> Result<Job, Error> {
        self.act(id, "sync", json!(how)).await?.decode()
    }

    /// Takes the branch's changes into main, where they are delivered again. By REST always change by change; the browser may squash
    /// them. A merge that a validator refuses is a job that ends as `errored`.
    ///
    /// # Errors
    /// As [`sync`](Self::sync).
    pub async fn merge(&self, id: u64, how: BranchAction) -> Result<Job, Error> {
        self.act(id, "merge", json!(how)).await?.decode()
    }

    /// Undoes a merge in main. The branch is then ready again.
    ///
    /// # Errors
    /// As [`sync`](Self::sync).
    pub async fn revert(&self, id: u64, how: BranchAction) -> Result<Job, Error> {
        self.act(id, "revert", json!(how)).await?.decode()
    }

    /// Drops the rows of a merged branch; its changes stay listed.
    ///
    /// # Errors
    /// Any [`Error`] of a request; 400 for one that is not merged.
    pub async fn archive(&self, id: u64) -> Result<Branch, Error> {
        self.act(id, "archive", json!({})).await?.decode()
    }

    async fn act(&self, id: u64, verb: &str, body: Value) -> Result<Reply, Error> {
        let call = self.below("POST", id, verb)?;
        self.client.send(call.body(body)).await
    }
}
