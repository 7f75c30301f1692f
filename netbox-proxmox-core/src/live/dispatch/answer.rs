//! The pending events of a record are answered together, under its lease, and settled.

use std::time::Duration;

use super::job::Job;
use super::run::Ended;
use super::told::told;
use super::work::Worked;
use super::{Answer, Dispatcher, log_error};
use crate::executor::Outcome;
use crate::live::bridge::now;
use crate::live::inbox::{EventState, InboxError, Settlement, StoredEvent};
use crate::live::look_up::ignored::Ignored;
use crate::state::Standing;

/// How often the events of a record are answered together with newer ones, rather than tell a person that nobody did
/// what these are about.
const PATIENCE: u32 = 10;

/// How long a record rests that another instance works on.
const OTHERS: Duration = Duration::from_secs(1);

impl Dispatcher {
    /// Answers what is due of a record, under its lease.
    pub(super) async fn answer(&self, job: &Job) -> Result<Ended, InboxError> {
        let (inner, record) = (&self.inner, job.record());
        let answered = inner.leases.alone(inner.bridge.inbox.store(), record, self.answer_leased(job)).await?;
        // Another instance works on it, and settles the events.
        answered.unwrap_or(Ok(Ended { due: None, rest: Some(OTHERS) }))
    }

    async fn answer_leased(&self, job: &Job) -> Result<Ended, InboxError> {
        // A change that comes while another one is answered may be what the answer says that nobody did.
        for _ in 0..PATIENCE {
            if let Some(ended) = self.answer_pending(job, true).await? {
                return Ok(ended);
            }
        }
        Ok(self.answer_pending(job, false).await?.unwrap_or_default())
    }

    /// Answers the pending events of a record, all together. `None`: it found that more are coming. `heed`: look for those
    /// before a person is told that nobody did something.
    async fn answer_pending(&self, job: &Job, heed: bool) -> Result<Option<Ended>, InboxError> {
        let (inner, record) = (&self.inner, job.record());
        job.reads();
        let events = inner.bridge.inbox.store().pending(record).await?;
        if events.is_empty() {
            return Ok(Some(Ended::default()));
        }
        inner.observer.begin(record, &events);
        let (echoes, events) = self.split_echoes(events).await?;
        self.settle(&echoes, EventState::Ignored, Some(Ignored::Echo.to_string()), now(), false).await?;
        if events.is_empty() {
            inner.observer.end(record, &Answer::Ignored(Ignored::Echo));
            return Ok(Some(Ended::default()));
        }
        let answer = match self.work(job, &events, heed).await {
            Worked::Answered(answer) => answer,
            Worked::Again => return Ok(None),
            // The schedule knows what it waits for.
            Worked::Postponed => {
                self.job_stands(job, Standing::waiting("its turn: others are worked on first"));
                return Ok(Some(Ended::default()));
            }
        };
        if let Some(standing) = unperformed(&answer) {
            self.job_stands(job, standing);
        }
        // Before they are settled: one that is answered twice is noted twice, which changes nothing.
        log_error(self.note_for_branches(record, &events, &answer).await);
        let due = self.settle_as(&events, &answer).await?;
        inner.observer.end(record, &answer);
        Ok(Some(Ended { due, rest: None }))
    }

    /// Settles events by their answer; gives when they are due again, if they are.
    async fn settle_as(&self, events: &[StoredEvent], answer: &Answer) -> Result<Option<u64>, InboxError> {
        let (state, reason, due, attempted) = match answer {
            Answer::Ignored(why) => (EventState::Ignored, Some(why.to_string()), None, false),
            Answer::Parked(report) => (EventState::Parked, Some(report.text.clone()), None, true),
            Answer::Held(held) => {
                let ids: Vec<i64> = events.iter().map(|event| event.id).collect();
                let (state, reason, brake) = (EventState::Parked, Some(held.reason()), Some(held.brake));
                let settlement = Settlement { state, reason, brake, due: now(), attempted: false };
                self.inner.bridge.inbox.store().settle(&ids, &settlement).await?;
                return Ok(None);
            }
            Answer::Applied(applied) => match applied.done.iter().find_map(|(_, outcome)| deferred(outcome)) {
                Some(due) => (EventState::Pending, Some("put off by the policy".into()), Some(due), false),
                None => (EventState::Done, told(applied), None, true),
            },
            Answer::Failed { failure, again, .. } => {
                let state = if again.is_some() { EventState::Pending } else { EventState::Parked };
                (state, Some(failure.why.clone()), *again, true)
            }
        };
        self.settle(events, state, reason, due.unwrap_or_else(now), attempted).await?;
        Ok(due)
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

/// How a record stands whose events were answered without a plan that went through.
fn unperformed(answer: &Answer) -> Option<Standing> {
    match answer {
        Answer::Ignored(_) | Answer::Applied(_) => None,
        Answer::Parked(report) => Some(Standing::refused(&report.text)),
        Answer::Held(held) => Some(Standing::waiting(held.reason())),
        Answer::Failed { failure, again: Some(_), .. } => Some(Standing::waiting(&failure.why)),
        Answer::Failed { failure, again: None, .. } => Some(Standing::refused(&failure.why)),
    }
}

fn deferred(outcome: &Outcome) -> Option<u64> {
    match outcome {
        Outcome::Deferred(due) => Some(*due),
        _ => None,
    }
}
