//! The loop: what is due goes to the schedule, and what that says begins.

use std::collections::HashMap;
use std::time::Duration;

use tokio::task::{Id, JoinSet};

use super::job::Job;
use super::{Dispatcher, log_error};
use crate::guest::RecordId;
use crate::live::bridge::now;

/// How long a record rests after the inbox failed, or after a bug.
const PAUSE: Duration = Duration::from_secs(5);

/// How many records at most are read from the inbox to wait in memory; more are read once half of them have begun.
const HELD: usize = 1 << 16;

/// How the work on a record ended.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ended {
    /// When its events are due again, in seconds since 1970.
    pub(super) due: Option<u64>,
    /// How long it rests before it is begun again.
    pub(super) rest: Option<Duration>,
}

/// What the inbox said when it was last looked at.
#[derive(Debug, Clone, Copy, Default)]
struct Looked {
    /// When the next events are due.
    next: Option<u64>,
    /// Whether it has more due than are held.
    more: bool,
}

impl Dispatcher {
    /// Answers events until told to stop; then finishes what is in hand.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let inner = &self.inner;
        // Leases of a former life, where its name is the same.
        log_error(inner.bridge.inbox.store().unlease(None, inner.leases.owner()).await);
        let mut tasks: JoinSet<Ended> = JoinSet::new();
        let mut busy: HashMap<Id, RecordId> = HashMap::new();
        let mut stop = std::pin::pin!(stop);
        let mut looked = self.look().await;
        loop {
            let asked = inner.rounds.borrow().asked;
            let is_due = looked.next.is_some_and(|next| next <= now());
            if inner.is_asked() || is_due || looked.more && inner.schedule().waits() < HELD / 2 {
                looked = self.look().await;
            }
            self.begin(&mut tasks, &mut busy);
            if inner.schedule().is_idle() && !looked.more && looked.next.is_none_or(|next| next > now()) {
                inner.rounds.send_modify(|rounds| rounds.answered = asked);
            }
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(ended) = tasks.join_next_with_id(), if !tasks.is_empty() => {
                    let (task, ended) = ended.unwrap_or_else(|error| {
                        // A bug. The record rests, so that it does not take all the time there is.
                        tracing::error!(%error, "answering an event ended in a panic");
                        (error.id(), Ended { due: None, rest: Some(PAUSE) })
                    });
                    if let Some(record) = busy.remove(&task) {
                        inner.schedule().end(record, inner.time(), ended.rest);
                    }
                    looked.next = looked.next.into_iter().chain(ended.due).min();
                }
                () = inner.wake.notified() => {}
                () = tokio::time::sleep(self.until(looked.next)) => {}
            }
        }
        tasks.join_all().await;
    }

    /// Hands what is due to the schedule.
    async fn look(&self) -> Looked {
        let inner = &self.inner;
        match inner.bridge.inbox.store().due(now(), HELD).await {
            Ok((due, next)) => {
                let mut schedule = inner.schedule();
                let time = inner.time();
                due.iter().for_each(|record| schedule.known(*record, time));
                Looked { next, more: due.len() >= HELD && schedule.waits() >= HELD / 2 }
            }
            Err(error) => {
                tracing::error!(%error, "the inbox cannot be read");
                Looked { next: Some(now() + PAUSE.as_secs()), more: false }
            }
        }
    }

    /// Begins what may begin.
    fn begin(&self, tasks: &mut JoinSet<Ended>, busy: &mut HashMap<Id, RecordId>) {
        let mut schedule = self.inner.schedule();
        while let Some(record) = schedule.start(self.inner.time()) {
            let dispatcher = self.clone();
            let task = tasks.spawn(async move {
                let job = Job::new(dispatcher.clone(), record);
                dispatcher.answer(&job).await.unwrap_or_else(|error| {
                    tracing::error!(%record, %error, "not answered");
                    Ended { due: None, rest: Some(PAUSE) }
                })
            });
            busy.insert(task.id(), record);
        }
    }

    /// How long nothing can begin, unless something happens.
    fn until(&self, next: Option<u64>) -> Duration {
        let due = next.map_or(3600, |next| next.saturating_sub(now()).clamp(1, 3600));
        let wakes = self.inner.schedule().wakes().map(|at| at.saturating_sub(self.inner.time()));
        wakes.into_iter().chain([Duration::from_secs(due)]).min().unwrap_or_default()
    }
}
