//! Looks up, plans and applies.

use std::pin::pin;

use futures_util::future::{Either, join, select};
use tokio::time::sleep;

use super::job::{Copying, Job};
use super::remember::{remember, remember_said};
use super::schedule::shares;
use super::told::{TOLD_AFTER, failed_report};
use super::{Answer, Dispatcher, log_error, over};
use crate::action::Action;
use crate::apply::{Applied, apply};
use crate::event::{Change, Event};
use crate::executor::{Executor, FailureKind, Progress};
use crate::guest::RecordId;
use crate::live::bridge::now;
use crate::live::execute::LiveExecutor;
use crate::live::inbox::{EventState, InboxError, StoredEvent};
use crate::live::look_up::{LookUp, Looked, Unjudged};
use crate::plan::{plan_with, refused_creation};
use crate::state::Standing;

/// How often a plan is made anew at once, because the world was not as it had been looked up.
const REPLANS: u32 = 5;

/// What came of the work on the events of a record.
#[allow(clippy::large_enum_variant)]
pub(super) enum Worked {
    /// They were answered.
    Answered(Answer),
    /// More events of the record are coming, or some of these wait for a person now: it is planned anew.
    Again,
    /// There is no place where it would be worked on: the record waits for one.
    Postponed,
}

impl Dispatcher {
    /// Looks up, plans and applies; again at once where the world was not as it had been looked up.
    pub(super) async fn work(&self, job: &Job, events: &[StoredEvent], heed: bool) -> Worked {
        let (bridge, record) = (&self.inner.bridge, job.record());
        let cause: Vec<Change> = events.iter().map(|event| event.change.clone()).collect();
        let attempts = events.iter().map(|event| event.attempts).max().unwrap_or_default() + 1;
        match self.inner.foreign.why(bridge, record, &cause).await {
            Ok(Some(why)) => return Worked::Answered(Answer::Ignored(why)),
            Ok(None) => {}
            Err(error) => log_error::<(), _>(Err(error)),
        }
        let mut replans = 0;
        loop {
            let looked = match LookUp::by(bridge, job).record(record, cause.clone()).await {
                Ok(looked) => looked,
                Err(_) if job.is_postponed() => return Worked::Postponed,
                Err(failure) => {
                    return Worked::Answered(self.not_looked_up(record, &cause, failure, attempts).await);
                }
            };
            let (event, cluster, read) = match looked {
                Looked::Event { event, cluster, unjudged, read } => {
                    if !unjudged.is_empty() {
                        log_error(self.park(events, unjudged, cluster).await);
                        return Worked::Again;
                    }
                    (event, cluster, read)
                }
                Looked::Ignored(why) => {
                    self.inner.foreign.learn(record, Some(&why));
                    return Worked::Answered(Answer::Ignored(why));
                }
                Looked::Parked(report) => {
                    if let Some(cluster) = self.cluster_of(report.cluster) {
                        self.tell(cluster, (*report).clone()).await;
                    }
                    return Worked::Answered(Answer::Parked(report));
                }
            };
            self.inner.foreign.learn(record, None);
            log_error(self.keep_confirmations(events, &event).await);
            let Some(cluster) = bridge.cluster(cluster) else { return Worked::Again };
            let plan = plan_with(&event, &bridge.policy);
            if heed && self.more_is_coming(record, events, &plan).await {
                return Worked::Again;
            }
            if !job.may_copy(&shares(cluster.netbox_cluster.id, &event, &plan)) {
                return Worked::Postponed;
            }
            self.inner.observer.planned(record, &event, &plan);
            match self.held(events, &event, &plan, cluster).await {
                Ok(None) => {}
                Ok(Some(held)) => return Worked::Answered(Answer::Held(held)),
                Err(failure) => {
                    return Worked::Answered(self.not_looked_up(record, &cause, failure, attempts).await);
                }
            }
            let progress = Copying::new(job, &plan, self.inner.observer.progress(record));
            let executor = LiveExecutor::of(bridge, cluster, &event).knowing(&event, read, &plan);
            if let Some(intent) = refused_creation(&event, &plan) {
                log_error(bridge.inbox.put_intent(&intent).await);
            }
            let applied = self.performed(job, plan, &executor, &progress).await;
            if applied.failed.is_some() {
                log_error(remember_said(bridge, &event, &applied, &executor).await);
            }
            let moved_on = match &applied.failed {
                Some((_, failure)) if replans < REPLANS => match failure.kind {
                    FailureKind::Conflict | FailureKind::Ambiguous => true,
                    FailureKind::Refused => self.is_gone(&event, record).await,
                    _ => false,
                },
                _ => false,
            };
            match applied.failed.clone() {
                None => {
                    log_error(remember(bridge, cluster, &event, &applied, &executor).await);
                    log_error(over::tell_and_forget(bridge, &event, &applied, &executor).await);
                    log_error(self.performed_stands(job, &event).await);
                    return Worked::Answered(Answer::Applied(applied));
                }
                Some((_, failure)) if moved_on => {
                    tracing::info!(%record, why = %failure.why, "planning again");
                    replans += 1;
                }
                Some((action, failure)) => {
                    let again = failure.kind.is_tried_again().then(|| now() + bridge.backoff.delay(attempts, record));
                    // What is tried again for long is told once, too.
                    if again.is_none() || attempts == TOLD_AFTER {
                        let report = failed_report(&event, record, &action, &failure, again.is_some());
                        log_error(executor.execute(&Action::Report(report), &progress).await);
                    }
                    return Worked::Answered(Answer::Failed { applied, failure, again });
                }
            }
        }
    }

    /// Performs a plan; one that takes long is said in NetBox.
    async fn performed(
        &self,
        job: &Job,
        plan: Vec<Action>,
        executor: &LiveExecutor<'_>,
        progress: &dyn Progress,
    ) -> Applied {
        let Some(said) = job.said() else { return apply(plan, executor, progress).await };
        let standing = Standing::working(steps(&plan));
        let performing = pin!(apply(plan, executor, progress));
        match select(performing, pin!(sleep(self.inner.bridge.working_after))).await {
            Either::Left((applied, _)) => applied,
            Either::Right(((), performing)) => {
                let (applied, says) = join(performing, executor.says(job.record(), &standing, &said)).await;
                match says {
                    Ok(true) => job.says(Some(said.after(&standing))),
                    Ok(false) => {}
                    Err(failure) => tracing::warn!(record = %job.record(), why = %failure.why, "not said in NetBox"),
                }
                applied
            }
        }
    }

    /// Whether the record was deleted since it was looked up. What is refused then, such as a journal entry on it, is nothing
    /// that waits for a person.
    async fn is_gone(&self, event: &Event, record: RecordId) -> bool {
        event.desired.is_some() && LookUp::new(&self.inner.bridge).is_gone(record).await.is_ok_and(|gone| gone)
    }

    /// That NetBox's change log has been seen to have a deletion is kept: the log is pruned, and it may be due later.
    async fn keep_confirmations(&self, events: &[StoredEvent], event: &Event) -> Result<(), InboxError> {
        let confirmed = |change: &Change| {
            let same = |it: &Change| it.object == change.object && it.event == change.event && it.time == change.time;
            !change.confirmed && event.caused(|it| it.confirmed && same(it))
        };
        let ids: Vec<i64> = events.iter().filter(|event| confirmed(&event.change)).map(|event| event.id).collect();
        if ids.is_empty() { Ok(()) } else { self.inner.bridge.inbox.store().confirm(&ids).await }
    }

    /// Changes that cannot be judged wait for a person, who is told; the others are answered without them.
    async fn park(&self, events: &[StoredEvent], unjudged: Vec<Unjudged>, cluster: u64) -> Result<(), InboxError> {
        for Unjudged { change, report } in unjudged {
            let of_it: Vec<StoredEvent> = events.iter().filter(|event| event.change == change).cloned().collect();
            let why = report.text.clone();
            let parked = Answer::Parked(Box::new(report.clone()));
            self.note_for_branches(change.record, &of_it, &parked).await?;
            if let Some(cluster) = self.cluster_of(Some(cluster)) {
                self.tell(cluster, report).await;
            }
            self.settle(&of_it, EventState::Parked, Some(why), now(), true).await?;
        }
        Ok(())
    }
}

/// The steps of a plan that change something in Proxmox, for a glance.
fn steps(plan: &[Action]) -> String {
    let mut steps: Vec<&str> = plan
        .iter()
        .filter(|action| !matches!(action, Action::Record { .. } | Action::Report(_)))
        .map(Action::name)
        .collect();
    steps.dedup();
    steps.join(", ")
}
