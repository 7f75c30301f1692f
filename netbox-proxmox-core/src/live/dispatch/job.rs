//! A record that is worked on, as the schedule sees it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use netbox_api::VirtualMachine;
use proxmox_api::NodeName;

use super::Dispatcher;
use super::schedule::{Place, Share};
use crate::action::Action;
use crate::executor::{Failure, FailureKind, Outcome, Progress};
use crate::guest::RecordId;
use crate::live::look_up::Way;
use crate::state::Said;

/// The work on one record.
pub(super) struct Job {
    dispatcher: Dispatcher,
    record: RecordId,
    /// What NetBox says of how the record stands, once it was read.
    said: Mutex<Option<Said>>,
}

impl Job {
    pub(super) fn new(dispatcher: Dispatcher, record: RecordId) -> Self {
        Self { dispatcher, record, said: Mutex::default() }
    }

    pub(super) fn record(&self) -> RecordId {
        self.record
    }

    /// What NetBox says of how the record stands; none where it was not read, or NetBox has no field for it.
    pub(super) fn said(&self) -> Option<Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// NetBox says this of how the record stands.
    pub(super) fn says(&self, said: Option<Said>) {
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = said;
    }

    /// What is due of the record is about to be read: only what comes from now on is new.
    pub(super) fn reads(&self) {
        self.dispatcher.inner.schedule().read(self.record);
    }

    /// Whether it has to end, and waits for a place.
    pub(super) fn is_postponed(&self) -> bool {
        self.dispatcher.inner.schedule().lacks(self.record)
    }

    /// Whether a plan that copies through these may begin now.
    pub(super) fn may_copy(&self, shares: &BTreeSet<Share>) -> bool {
        let may = self.dispatcher.inner.schedule().copy(self.record, shares);
        self.dispatcher.inner.wake.notify_one();
        may
    }
}

impl Way for Job {
    fn enter(&self, cluster: u64, node: Option<&NodeName>) -> Result<(), Failure> {
        let inner = &self.dispatcher.inner;
        let place = Place { cluster, node: node.cloned() };
        let entered = inner.schedule().enter(self.record, &place, inner.time());
        inner.wake.notify_one();
        if entered {
            return Ok(());
        }
        let why = match node {
            Some(node) => format!("node {node} is busy with other guests"),
            None => "the cluster is busy with other guests".to_owned(),
        };
        Err(Failure::new(FailureKind::Retry, why))
    }

    fn read(&self, machine: &VirtualMachine) {
        self.says(Said::of(&machine.custom_fields, &self.dispatcher.inner.bridge.fields));
    }
}

/// Follows a plan, and gives back what its copies went through once the last of them has ended.
pub(super) struct Copying<'a> {
    job: &'a Job,
    progress: Box<dyn Progress>,
    left: AtomicUsize,
}

impl<'a> Copying<'a> {
    pub(super) fn new(job: &'a Job, plan: &[Action], progress: Box<dyn Progress>) -> Self {
        Self { job, progress, left: AtomicUsize::new(plan.iter().filter(|action| copies(action)).count()) }
    }
}

impl Progress for Copying<'_> {
    fn begin(&self, action: &Action) {
        self.progress.begin(action);
    }

    fn note(&self, action: &Action, text: &str) {
        self.progress.note(action, text);
    }

    fn end(&self, action: &Action, result: &Result<Outcome, Failure>) {
        self.progress.end(action, result);
        if copies(action) && self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            let inner = &self.job.dispatcher.inner;
            inner.schedule().copied(self.job.record);
            inner.wake.notify_one();
        }
    }
}

fn copies(action: &Action) -> bool {
    action.creates() || matches!(action, Action::Migrate { .. } | Action::Destroy { backup: Some(_), .. })
}
