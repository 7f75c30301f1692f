//! What performs an action: a trait, so that a dry run, a recorder and the live one are interchangeable.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use proxmox_api::Vmid;
use serde::{Deserialize, Serialize};

use crate::action::{Action, RecordValue, VmidSource};

/// Performs one action.
#[async_trait]
pub trait Executor: Send + Sync {
    /// Performs the action, which has the VMID of its guest unless nothing could know it yet. Doing it twice does no
    /// more than doing it once.
    ///
    /// # Errors
    /// It was not done, or it is not known whether it was.
    async fn execute(&self, action: &Action, progress: &dyn Progress) -> Result<Outcome, Failure>;
}

/// How an action ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was done, and this VMID was chosen.
    Allocated(Vmid),
    /// It was so already.
    Unchanged,
    /// It was done, and Proxmox warned of something.
    Warned(String),
    /// It is stored, and due at this time, in seconds since 1970.
    Deferred(u64),
    /// Nothing was done, because this is a dry run.
    Skipped,
}

/// Why an action was not done, or not surely done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{why}")]
pub struct Failure {
    /// What follows from it.
    pub kind: FailureKind,
    /// What happened, in Proxmox's or NetBox's own words where there are any.
    pub why: String,
}

impl Failure {
    /// A failure.
    pub fn new(kind: FailureKind, why: impl Into<String>) -> Self {
        Self { kind, why: why.into() }
    }
}

/// What follows from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The other side could not be reached, or asked for time: again later, by a new plan.
    Retry,
    /// It is not known whether it was done: looked up, then again.
    Ambiguous,
    /// The guest is locked by something else: again once that is over.
    Locked,
    /// The world is not what the plan was made for: a new plan at once.
    Conflict,
    /// The token may not do it: parked until a person acts.
    Permission,
    /// It cannot be done as it is written: parked and reported.
    Refused,
}

impl FailureKind {
    /// Whether an event whose plan failed so is tried again by itself, rather than parked until a person acts.
    pub fn is_tried_again(self) -> bool {
        match self {
            Self::Retry | Self::Ambiguous | Self::Locked | Self::Conflict => true,
            Self::Permission | Self::Refused => false,
        }
    }
}

/// Is told how a plan proceeds. All methods have an empty default.
pub trait Progress: Send + Sync {
    /// An action begins.
    fn begin(&self, _action: &Action) {}
    /// Something worth a line happened within it: a task began, a task's last log line.
    fn note(&self, _action: &Action, _text: &str) {}
    /// It ended.
    fn end(&self, _action: &Action, _result: &Result<Outcome, Failure>) {}
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {}

/// Does nothing: what a plan would do is shown by its progress.
#[derive(Debug, Clone, Copy, Default)]
pub struct DryRun;

#[async_trait]
impl Executor for DryRun {
    async fn execute(&self, _action: &Action, _progress: &dyn Progress) -> Result<Outcome, Failure> {
        Ok(Outcome::Skipped)
    }
}

/// Records what it is asked to do and answers that it was done; for tests.
#[derive(Default)]
pub struct Recording {
    actions: Mutex<Vec<Action>>,
    allocate: Option<Vmid>,
    fail: Option<(usize, Failure)>,
}

impl Recording {
    /// Answers a `record` that allocates with this VMID.
    #[must_use]
    pub fn allocating(mut self, vmid: Vmid) -> Self {
        self.allocate = Some(vmid);
        self
    }

    /// Fails the action with this index, counted from 0.
    #[must_use]
    pub fn failing(mut self, index: usize, failure: Failure) -> Self {
        self.fail = Some((index, failure));
        self
    }

    /// What it was asked to do so far.
    pub fn actions(&self) -> Vec<Action> {
        self.actions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.actions()).finish()
    }
}

#[async_trait]
impl Executor for Recording {
    async fn execute(&self, action: &Action, _progress: &dyn Progress) -> Result<Outcome, Failure> {
        let mut actions = self.actions.lock().unwrap_or_else(PoisonError::into_inner);
        actions.push(action.clone());
        match (&self.fail, action, self.allocate) {
            (Some((index, failure)), _, _) if actions.len() == index + 1 => Err(failure.clone()),
            (_, Action::Record { value: RecordValue::Vmid(VmidSource::Allocate), .. }, Some(vmid)) => {
                Ok(Outcome::Allocated(vmid))
            }
            _ => Ok(Outcome::Done),
        }
    }
}
