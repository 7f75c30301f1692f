//! What a server knows of itself, written by whatever runs and read by whoever asks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::live::checks::{Check, blocking};
use crate::live::status::Status;

/// What is known of a server without asking anybody. Cheap to clone: all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Board {
    known: Arc<Mutex<Known>>,
    look: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Known {
    status: Status,
    checks: Vec<Check>,
    waits_for: Option<String>,
}

impl Board {
    /// That begins with this.
    pub fn new(status: Status) -> Self {
        let board = Self::default();
        board.note(|known| *known = status);
        board
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known, changed.
    pub fn note(&self, change: impl FnOnce(&mut Status)) {
        change(&mut self.known().status);
    }

    /// What is known. What stands in the inbox, and whether all is ready, is not in it: that is asked for.
    pub fn status(&self) -> Status {
        self.known().status.clone()
    }

    /// Checks were made.
    pub fn checked(&self, checks: Vec<Check>) {
        let mut known = self.known();
        known.status.judge(&checks);
        known.checks = checks;
    }

    /// What the checks found that keeps everything from being managed.
    pub fn blocking(&self) -> Vec<String> {
        blocking(&self.known().checks)
    }

    /// What is waited for before anything can be answered.
    pub fn waits_for(&self) -> Option<String> {
        self.known().waits_for.clone()
    }

    /// Something is waited for, or nothing any more.
    pub fn wait_for(&self, what: Option<String>) {
        self.known().waits_for = what;
    }

    /// The checks are to be made again, as something has changed.
    pub fn look_again(&self) {
        self.look.notify_one();
    }

    pub(super) async fn is_to_look_again(&self) {
        self.look.notified().await;
    }
}
