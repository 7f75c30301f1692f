//! Remembers what the dispatcher did, for the page to show.

use std::sync::{Arc, Mutex, PoisonError};

use netbox_proxmox_core::live::{Answer, Observer};
use netbox_proxmox_core::{Action, Event, Failure, Outcome, Progress, RecordId};
use netbox_proxmox_examples::observe::upid;

/// What the dispatcher did since somebody looked last.
#[derive(Default)]
pub(super) struct Seen {
    /// Actions that were performed, with how they ended.
    pub(super) actions: Vec<String>,
    /// Tasks that ran: the UPID.
    pub(super) tasks: Vec<String>,
    /// Events that were ignored, or answered by an empty plan: why.
    pub(super) nothing: Vec<String>,
}

#[derive(Clone, Default)]
pub(super) struct Watch(Arc<Mutex<Seen>>);

impl Watch {
    /// What happened since this was asked last.
    pub(super) fn take(&self) -> Seen {
        self.with(std::mem::take)
    }

    fn with<R>(&self, act: impl FnOnce(&mut Seen) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Watch {
    fn planned(&self, _record: RecordId, _event: &Event, plan: &[Action]) {
        if plan.is_empty() {
            self.with(|seen| seen.nothing.push("nothing to do".to_owned()));
        }
    }

    fn progress(&self, _record: RecordId) -> Box<dyn Progress> {
        Box::new(self.clone())
    }

    fn end(&self, _record: RecordId, answer: &Answer) {
        if let Answer::Ignored(why) = answer {
            self.with(|seen| seen.nothing.push(why.to_string()));
        }
    }
}

impl Progress for Watch {
    fn note(&self, _action: &Action, text: &str) {
        if let Some(upid) = upid(text) {
            self.with(|seen| seen.tasks.push(upid.to_owned()));
        }
    }

    fn end(&self, action: &Action, result: &Result<Outcome, Failure>) {
        let text = match action {
            // The journal has the words.
            Action::Report(report) => format!("report {}: {}", report.name, report.field),
            action => action.to_string(),
        };
        let ended = match result {
            Ok(Outcome::Unchanged) => format!("{text} (already so)"),
            Ok(Outcome::Warned(why)) => format!("{text} (warning: {why})"),
            Ok(_) => text,
            Err(failure) => format!("{text} (FAILED: {failure})"),
        };
        self.with(|seen| seen.actions.push(ended));
    }
}
