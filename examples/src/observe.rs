//! Tells the log and the metrics what the dispatcher does. Every line names the guest, its record and, where they are
//! known, its VMID and the task's UPID.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use netbox_proxmox_core::live::{Answer, Observer, StoredEvent};
use netbox_proxmox_core::{Action, Event, Failure, Outcome, Progress, RecordId, Vmid};
use tracing::field::display;

use crate::metrics::Metrics;

/// What is known of a guest while its events are answered.
#[derive(Debug, Clone)]
struct Guest {
    name: String,
    vmid: Option<Vmid>,
    begun: Instant,
}

/// Writes the log and the metrics.
#[derive(Debug, Default)]
pub struct Watch {
    metrics: Arc<Metrics>,
    guests: Mutex<HashMap<RecordId, Guest>>,
}

impl Watch {
    /// With these figures.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics, guests: Mutex::default() }
    }

    fn with<R>(&self, act: impl FnOnce(&mut HashMap<RecordId, Guest>) -> R) -> R {
        act(&mut self.guests.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Watch {
    fn begin(&self, record: RecordId, events: &[StoredEvent]) {
        let name = events.first().map(|event| event.change.name.clone()).unwrap_or_default();
        tracing::info!(guest = %name, %record, events = events.len(), "answering");
        self.with(|guests| guests.insert(record, Guest { name, vmid: None, begun: Instant::now() }));
    }

    fn planned(&self, record: RecordId, event: &Event, plan: &[Action]) {
        let current = event.current.as_ref().and_then(|current| current.vmid);
        let vmid = plan.iter().find_map(|action| action.target()?.vmid).or(current);
        let name = event.desired.as_ref().map(|guest| guest.name.clone());
        let name = self.with(|guests| {
            let guest = guests.get_mut(&record)?;
            guest.vmid = vmid;
            if let Some(name) = name {
                guest.name = name;
            }
            Some(guest.name.clone())
        });
        let actions: Vec<&str> = plan.iter().map(Action::name).collect();
        let (guest, vmid) = (name.unwrap_or_default(), vmid.map(display));
        tracing::info!(%guest, %record, vmid, plan = actions.join(" "), "planned");
    }

    fn progress(&self, record: RecordId) -> Box<dyn Progress> {
        let guest = self.with(|guests| guests.get(&record).cloned());
        let name = guest.map(|guest| guest.name).unwrap_or_default();
        Box::new(Steps { metrics: Arc::clone(&self.metrics), record, name, begun: Mutex::new(Instant::now()) })
    }

    fn end(&self, record: RecordId, answer: &Answer) {
        let known = self.with(|guests| guests.remove(&record));
        let took = known.as_ref().map(|guest| guest.begun.elapsed()).unwrap_or_default();
        let vmid = known.as_ref().and_then(|guest| guest.vmid).map(display);
        let guest = known.as_ref().map(|guest| guest.name.as_str()).unwrap_or_default();
        let outcome = match answer {
            Answer::Ignored(why) => {
                tracing::info!(guest, %record, %why, "ignored");
                "ignored"
            }
            Answer::Parked(report) => {
                tracing::warn!(%record, why = %report.text, "waits for a person");
                "parked"
            }
            Answer::Held(held) => {
                tracing::warn!(%record, why = %held.reason(), "waits for a person");
                "held"
            }
            Answer::Applied(applied) => {
                let vmid =
                    applied.done.iter().rev().find_map(|(action, _)| action.target()?.vmid).map(display).or(vmid);
                tracing::info!(guest, %record, vmid, actions = applied.done.len(), "answered");
                "done"
            }
            Answer::Failed { failure, again: Some(again), .. } => {
                tracing::warn!(guest, %record, vmid, why = %failure.why, again, "failed; it is tried again");
                "failed"
            }
            Answer::Failed { failure, again: None, .. } => {
                tracing::error!(guest, %record, vmid, why = %failure.why, "failed; parked until it is released");
                "parked"
            }
        };
        self.metrics.answer(outcome, took);
    }
}

/// The actions of one plan.
struct Steps {
    metrics: Arc<Metrics>,
    record: RecordId,
    name: String,
    begun: Mutex<Instant>,
}

impl Steps {
    fn vmid(action: &Action) -> Option<tracing::field::DisplayValue<Vmid>> {
        action.target().and_then(|target| target.vmid).map(display)
    }
}

impl Progress for Steps {
    fn begin(&self, action: &Action) {
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        let (guest, record, vmid) = (&self.name, self.record, Self::vmid(action));
        tracing::debug!(guest, %record, vmid, action = action.name(), "begins");
    }

    fn note(&self, action: &Action, text: &str) {
        let (guest, record, vmid, upid) = (&self.name, self.record, Self::vmid(action), upid(text));
        tracing::info!(guest, %record, vmid, action = action.name(), upid, "{}", if upid.is_some() { "task" } else { text });
    }

    fn end(&self, action: &Action, result: &Result<Outcome, Failure>) {
        let took = self.begun.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
        let (guest, record, vmid, name) = (&self.name, self.record, Self::vmid(action), action.name());
        let outcome = match result {
            Ok(outcome) => {
                let allocated = match outcome {
                    Outcome::Allocated(vmid) => Some(display(*vmid)),
                    _ => None,
                };
                let outcome = outcome_name(outcome);
                tracing::info!(guest, %record, vmid = allocated.or(vmid), action = name, outcome, "{action}");
                outcome
            }
            Err(failure) => {
                tracing::warn!(guest, %record, vmid, action = name, why = %failure.why, "failed: {action}");
                "failed"
            }
        };
        self.metrics.action(name, outcome, took);
    }
}

/// The UPID in a note, if it has one.
pub fn upid(text: &str) -> Option<&str> {
    text.split_whitespace().find(|word| word.starts_with("UPID:"))
}

/// The name of an outcome.
pub fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done | Outcome::Allocated(_) => "done",
        Outcome::Unchanged => "unchanged",
        Outcome::Warned(_) => "warned",
        Outcome::Deferred(_) => "deferred",
        Outcome::Skipped => "skipped",
    }
}

/// Two observers, both told.
pub struct Both<A, B>(pub A, pub B);

struct BothProgress(Box<dyn Progress>, Box<dyn Progress>);

impl<A: Observer, B: Observer> Observer for Both<A, B> {
    fn begin(&self, record: RecordId, events: &[StoredEvent]) {
        self.0.begin(record, events);
        self.1.begin(record, events);
    }

    fn planned(&self, record: RecordId, event: &Event, plan: &[Action]) {
        self.0.planned(record, event, plan);
        self.1.planned(record, event, plan);
    }

    fn progress(&self, record: RecordId) -> Box<dyn Progress> {
        Box::new(BothProgress(self.0.progress(record), self.1.progress(record)))
    }

    fn end(&self, record: RecordId, answer: &Answer) {
        self.0.end(record, answer);
        self.1.end(record, answer);
    }
}

impl Progress for BothProgress {
    fn begin(&self, action: &Action) {
        self.0.begin(action);
        self.1.begin(action);
    }

    fn note(&self, action: &Action, text: &str) {
        self.0.note(action, text);
        self.1.note(action, text);
    }

    fn end(&self, action: &Action, result: &Result<Outcome, Failure>) {
        self.0.end(action, result);
        self.1.end(action, result);
    }
}
