//! The pending events of a record are answered together, under its lease, and settled.

use std::time::Duration;

use super::lease::Taken;
use super::told::told;
use super::{Answer, Dispatcher};
use crate::executor::Outcome;
use crate::guest::RecordId;
use crate::live::bridge::now;
use crate::live::inbox::{EventState, InboxError, Settlement, StoredEvent};
use crate::live::look_up::ignored::Ignored;

/// How often the events of a record are answered together with newer ones, rather than tell a person that nobody did
/// what these are about.
const PATIENCE: u32 = 10;

impl Dispatcher {
    /// Answers what is due of a record, under its lease.
    pub(super) async fn answer(&self, record: RecordId) -> Result<(), InboxError> {
        let inner = &self.inner;
        let store = inner.bridge.inbox.store();
        if inner.leases.take(store, record).await? != Taken::Yes {
            // Another instance works on it, and settles the events.
            tokio::time::sleep(Duration::from_secs(1)).await;
            return Ok(());
        }
        let result = tokio::select! {
            result = self.answer_leased(record) => result,
            // The inbox failed, or this process slept, for longer than a lease lasts.
            () = inner.leases.keep(store, record) => {
                Err(InboxError::new("keep a lease", "another instance may work on the record"))
            }
        };
        inner.leases.give_up(store, record).await?;
        result
    }

    async fn answer_leased(&self, record: RecordId) -> Result<(), InboxError> {
        // A change that comes while another one is answered may be what the answer says that nobody did.
        for _ in 0..PATIENCE {
            if self.answer_pending(record, true).await? {
                return Ok(());
            }
        }
        self.answer_pending(record, false).await.map(drop)
    }

    /// Answers the pending events of a record, all together; says whether it did, rather than find that more are coming.
    /// `heed`: look for those before a person is told that nobody did something.
    async fn answer_pending(&self, record: RecordId, heed: bool) -> Result<bool, InboxError> {
        let inner = &self.inner;
        let events = inner.bridge.inbox.store().pending(record).await?;
        if events.is_empty() {
            return Ok(true);
        }
        inner.observer.begin(record, &events);
        let (echoes, events) = self.split_echoes(events).await?;
        self.settle(&echoes, EventState::Ignored, Some(Ignored::Echo.to_string()), now(), false).await?;
        if events.is_empty() {
            inner.observer.end(record, &Answer::Ignored(Ignored::Echo));
            return Ok(true);
        }
        let Some(answer) = self.work(record, &events, heed).await else { return Ok(false) };
        let answer = match answer {
            Answer::Ignored(why) => {
                self.settle(&events, EventState::Ignored, Some(why.to_string()), now(), false).await?;
                Answer::Ignored(why)
            }
            Answer::Parked(report) => {
                self.settle(&events, EventState::Parked, Some(report.text.clone()), now(), true).await?;
                Answer::Parked(report)
            }
            Answer::Held(held) => {
                let ids: Vec<i64> = events.iter().map(|event| event.id).collect();
                let (state, reason, brake) = (EventState::Parked, Some(held.reason()), Some(held.brake));
                let settlement = Settlement { state, reason, brake, due: now(), attempted: false };
                inner.bridge.inbox.store().settle(&ids, &settlement).await?;
                Answer::Held(held)
            }
            Answer::Applied(applied) => {
                match applied.done.iter().find_map(|(_, outcome)| deferred(outcome)) {
                    Some(due) => {
                        let reason = Some("put off by the policy".into());
                        self.settle(&events, EventState::Pending, reason, due, false).await?;
                    }
                    None => self.settle(&events, EventState::Done, told(&applied), now(), true).await?,
                }
                Answer::Applied(applied)
            }
            Answer::Failed { applied, failure, again } => {
                let state = if again.is_some() { EventState::Pending } else { EventState::Parked };
                let due = again.unwrap_or_else(now);
                self.settle(&events, state, Some(failure.why.clone()), due, true).await?;
                Answer::Failed { applied, failure, again }
            }
        };
        inner.observer.end(record, &answer);
        Ok(true)
    }

    async fn split_echoes(&self, events: Vec<StoredEvent>) -> Result<(Vec<StoredEvent>, Vec<StoredEvent>), InboxError> {
        let (mut echoes, mut others) = (Vec::new(), Vec::new());
        for event in events {
            let echo = match &event.change.request {
                Some(request) => self.inner.bridge.inbox.is_own_request(request).await?,
                None => false,
            };
            if echo { echoes.push(event) } else { others.push(event) }
        }
        Ok((echoes, others))
    }

    pub(super) async fn settle(
        &self,
        events: &[StoredEvent],
        state: EventState,
        reason: Option<String>,
        due: u64,
        attempted: bool,
    ) -> Result<(), InboxError> {
        if events.is_empty() {
            return Ok(());
        }
        let ids: Vec<i64> = events.iter().map(|event| event.id).collect();
        let settlement = Settlement { state, reason, brake: None, due, attempted };
        self.inner.bridge.inbox.store().settle(&ids, &settlement).await
    }
}

fn deferred(outcome: &Outcome) -> Option<u64> {
    match outcome {
        Outcome::Deferred(due) => Some(*due),
        _ => None,
    }
}
