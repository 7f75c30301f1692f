//! What is known of NetBox's branches: the plan that each shows, and what was done for its merge. What a branch's records are is
//! kept under each record, so that whoever answers one asks a single question.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{BRANCH, BRANCH_DID, BRANCH_PLAN, BRANCH_RECORD, Inbox, InboxError, decode, encode};
use crate::guest::RecordId;
use crate::live::branch::BranchPlan;
use crate::moment::Moment;

/// A branch whose plan was shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct KeptBranch {
    /// The digest that stands on the branch.
    pub(crate) digest: String,
    /// The last entry of main's change log before the plan.
    pub(crate) main: Option<u64>,
    /// The requests that made its changes: the merge makes them again under the same.
    pub(crate) requests: Vec<String>,
    /// Who made them.
    pub(crate) authors: Vec<String>,
    /// When the last of them was made, or all of them were last reverted.
    pub(crate) after: Option<Moment>,
    /// Whether another person has agreed to this plan.
    pub(crate) approved: bool,
    /// Its merge, once that was seen.
    pub(crate) merged: Option<Merged>,
}

/// A merge that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Merged {
    /// When it was made, as NetBox says it.
    pub(crate) at: String,
    /// When it was first seen, in seconds since 1970.
    pub(crate) seen: u64,
    /// Whether it was said on the branch what was done.
    pub(crate) told: bool,
}

/// What was done when changes of a branch were answered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Did {
    /// When the changes were made.
    pub(crate) times: Vec<Option<Moment>>,
    /// The steps that were done, in the words in which plans are compared.
    pub(crate) steps: Vec<String>,
    /// Why something was not done; none: all of it was.
    pub(crate) why: Option<String>,
    /// Whether it is tried again by itself, or put off.
    pub(crate) again: bool,
}

fn key(branch: u64) -> String {
    branch.to_string()
}

fn of_record(record: RecordId, branch: u64) -> String {
    format!("{record}/{branch}")
}

impl Inbox {
    /// The branches whose plans were shown, by id.
    pub(crate) async fn branches(&self) -> Result<Vec<(u64, KeptBranch)>, InboxError> {
        let mut branches = Vec::new();
        for (key, kept) in self.store.all(BRANCH, "").await? {
            if let Ok(id) = key.parse() {
                branches.push((id, decode(&kept)?));
            }
        }
        Ok(branches)
    }

    /// What is known of a branch.
    pub(crate) async fn branch(&self, id: u64) -> Result<Option<KeptBranch>, InboxError> {
        self.read(BRANCH, &key(id)).await
    }

    /// Remembers it.
    pub(crate) async fn put_branch(&self, id: u64, kept: &KeptBranch) -> Result<(), InboxError> {
        self.write(BRANCH, &key(id), kept).await
    }

    /// The plan that a branch shows.
    pub(crate) async fn branch_plan(&self, id: u64) -> Result<Option<BranchPlan>, InboxError> {
        self.read(BRANCH_PLAN, &key(id)).await
    }

    /// Remembers it, and under each record of it that its changes are waited for.
    pub(crate) async fn put_branch_plan(&self, plan: &BranchPlan) -> Result<(), InboxError> {
        let text = encode(plan)?;
        let former = self.store.get(BRANCH_PLAN, &key(plan.id)).await?;
        if former.as_ref() == Some(&text) {
            return Ok(());
        }
        let former: Option<BranchPlan> = former.as_deref().map(decode).transpose()?;
        let records = |plan: &BranchPlan| plan.records.iter().map(|planned| planned.record).collect::<BTreeSet<_>>();
        let (former, now) = (former.as_ref().map(records).unwrap_or_default(), records(plan));
        for record in now.difference(&former) {
            self.store.put(BRANCH_RECORD, &of_record(*record, plan.id), "").await?;
        }
        for record in former.difference(&now) {
            self.store.delete(BRANCH_RECORD, &of_record(*record, plan.id)).await?;
        }
        self.store.put(BRANCH_PLAN, &key(plan.id), &text).await
    }

    /// The branches whose plans are about a record.
    pub(crate) async fn branches_of(&self, record: RecordId) -> Result<Vec<u64>, InboxError> {
        let all = self.store.all(BRANCH_RECORD, &format!("{record}/")).await?;
        Ok(all.iter().filter_map(|(key, _)| key.rsplit_once('/')?.1.parse().ok()).collect())
    }

    /// What was done of a branch, by record, in order.
    pub(crate) async fn did(&self, branch: u64) -> Result<Vec<(RecordId, Vec<Did>)>, InboxError> {
        let all = self.store.all(BRANCH_DID, &format!("{branch}/")).await?;
        let read = |(key, value): &(String, String)| {
            let record = key.rsplit_once('/')?.1.parse().ok()?;
            Some(decode(value).map(|did| (RecordId(record), did)))
        };
        all.iter().filter_map(read).collect()
    }

    /// Remembers what was done of a branch for a record. Whoever calls has the record's lease.
    pub(crate) async fn add_did(&self, branch: u64, record: RecordId, did: Did) -> Result<(), InboxError> {
        let key = format!("{branch}/{record}");
        let mut all: Vec<Did> = self.read(BRANCH_DID, &key).await?.unwrap_or_default();
        // What is tried again and again is one line.
        match all.last_mut().filter(|last| last.again && last.steps.is_empty()) {
            Some(last) => *last = did,
            None => all.push(did),
        }
        self.write(BRANCH_DID, &key, &all).await
    }

    /// Forgets what was done of a branch: it was reverted.
    pub(crate) async fn forget_did(&self, branch: u64) -> Result<(), InboxError> {
        for (key, _) in self.store.all(BRANCH_DID, &format!("{branch}/")).await? {
            self.store.delete(BRANCH_DID, &key).await?;
        }
        Ok(())
    }

    /// Forgets a branch that NetBox does not have any more, or of which everything was said.
    pub(crate) async fn forget_branch(&self, id: u64) -> Result<(), InboxError> {
        if let Some(plan) = self.branch_plan(id).await? {
            for planned in &plan.records {
                self.store.delete(BRANCH_RECORD, &of_record(planned.record, id)).await?;
            }
        }
        self.forget_did(id).await?;
        self.store.delete(BRANCH_PLAN, &key(id)).await?;
        self.store.delete(BRANCH, &key(id)).await
    }
}
