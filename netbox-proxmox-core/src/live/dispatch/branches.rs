//! What is done for a branch's merge is noted for those who planned it; what they agreed to, no brake holds.

use super::{Answer, Dispatcher};
use crate::apply::Applied;
use crate::executor::Outcome;
use crate::guest::RecordId;
use crate::live::branch::{IGNORED, essence};
use crate::live::inbox::{Did, InboxError, KeptBranch, StoredEvent};

impl Dispatcher {
    /// Notes what came of events, if they are those of a merge whose plan was shown.
    pub(super) async fn note_for_branches(
        &self,
        record: RecordId,
        events: &[StoredEvent],
        answer: &Answer,
    ) -> Result<(), InboxError> {
        for (branch, _, of_it) in self.branches_of(record, events).await? {
            let did = Did { times: of_it.iter().map(|event| event.change.time).collect(), ..did(answer) };
            self.inner.bridge.inbox.add_did(branch, record, did).await?;
        }
        Ok(())
    }

    /// Whether another person has agreed to the plan of the merge whose events these are.
    pub(super) async fn is_approved(&self, events: &[StoredEvent]) -> Result<bool, InboxError> {
        let Some(first) = events.first() else { return Ok(false) };
        let of = self.branches_of(first.change.record, events).await?;
        // What was heard of the same changes while they were made in the branch is none of somebody else.
        let is_all = |kept: &KeptBranch| events.iter().all(|event| is_of(kept, event));
        Ok(of.iter().any(|(_, kept, _)| kept.approved && is_all(kept)))
    }

    /// The branches whose changes these are, with those that are.
    async fn branches_of<'a>(
        &self,
        record: RecordId,
        events: &'a [StoredEvent],
    ) -> Result<Vec<(u64, KeptBranch, Vec<&'a StoredEvent>)>, InboxError> {
        let inbox = &self.inner.bridge.inbox;
        let mut found = Vec::new();
        for branch in inbox.branches_of(record).await? {
            let Some(kept) = inbox.branch(branch).await? else { continue };
            let is_its = |event: &&StoredEvent| {
                let is_later = event.change.time.is_none() || event.change.time > kept.after;
                is_later && is_of(&kept, event)
            };
            let of_it: Vec<&StoredEvent> = events.iter().filter(is_its).collect();
            if !of_it.is_empty() {
                found.push((branch, kept, of_it));
            }
        }
        Ok(found)
    }
}

/// Whether an event is of a change that was made in a branch: there, or by its merge.
fn is_of(kept: &KeptBranch, event: &StoredEvent) -> bool {
    event.change.request.as_ref().is_some_and(|request| kept.requests.contains(request))
}

fn did(answer: &Answer) -> Did {
    let steps = |applied: &Applied| -> Vec<String> {
        let done =
            applied.done.iter().filter(|(_, outcome)| !matches!(outcome, Outcome::Skipped | Outcome::Deferred(_)));
        done.flat_map(|(action, _)| essence(action)).collect()
    };
    match answer {
        Answer::Ignored(why) => Did { why: Some(format!("{IGNORED}{why}")), ..Did::default() },
        Answer::Parked(report) => Did { why: Some(format!("waits for a person: {}", report.text)), ..Did::default() },
        Answer::Held(held) => Did { why: Some(held.reason()), ..Did::default() },
        Answer::Applied(applied) => {
            let deferred = applied.done.iter().any(|(_, outcome)| matches!(outcome, Outcome::Deferred(_)));
            let why = deferred.then(|| "put off by the policy".to_owned());
            Did { steps: steps(applied), why, ..Did::default() }
        }
        Answer::Failed { applied, failure, again } => {
            Did { steps: steps(applied), why: Some(failure.why.clone()), again: again.is_some(), ..Did::default() }
        }
    }
}
