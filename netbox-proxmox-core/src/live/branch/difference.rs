//! How the plan of a branch differs from an earlier one, such as one that somebody has approved.

use serde::{Deserialize, Serialize};

use super::{BranchPlan, HeldRecord, Overlap, Planned, PlannedAnswer};
use crate::action::Action;
use crate::guest::RecordId;

/// What an earlier plan has that the present one lacks, and the other way round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta<T> {
    /// What is not planned any more.
    pub gone: Vec<T>,
    /// What is planned now.
    pub new: Vec<T>,
}

/// How two plans of a branch differ. What main wants without it is no part of that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Of what something else is planned, in the order of the present plan; what only the earlier one has comes last.
    pub records: Vec<RecordDifference>,
    /// What both sides changed.
    pub conflicts: Delta<Overlap>,
    /// What main has changed that the branch changes, too.
    pub behind: Delta<RecordId>,
    /// What will wait for a person.
    pub held: Delta<HeldRecord>,
}

/// How the steps of a record differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordDifference {
    /// The record.
    pub record: RecordId,
    /// Its name.
    pub name: String,
    /// The steps, what a person will be told among them; all of them, if only their order differs.
    #[serde(flatten)]
    pub steps: Delta<Action>,
    /// Why nothing can be said of it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

impl Difference {
    /// Whether the plans are the same.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.conflicts.is_empty() && self.behind.is_empty() && self.held.is_empty()
    }
}

impl BranchPlan {
    /// How it differs from an earlier plan of the same branch.
    pub fn difference(&self, earlier: &Self) -> Difference {
        let then = |record: RecordId| earlier.records.iter().find(|planned| planned.record == record);
        let is_gone = |planned: &&Planned| self.records.iter().all(|now| now.record != planned.record);
        let kept = self.records.iter().filter_map(|now| RecordDifference::between(now, then(now.record), Some(now)));
        let gone = earlier.records.iter().filter(is_gone);
        Difference {
            records: kept.chain(gone.filter_map(|then| RecordDifference::between(then, Some(then), None))).collect(),
            conflicts: Delta::between(&earlier.conflicts, &self.conflicts),
            behind: Delta::between(&earlier.behind.records, &self.behind.records),
            held: Delta::between(&earlier.brakes.held, &self.brakes.held),
        }
    }
}

impl RecordDifference {
    fn between(either: &Planned, earlier: Option<&Planned>, now: Option<&Planned>) -> Option<Self> {
        let (then, now_said) = (earlier.map(said).unwrap_or_default(), now.map(said).unwrap_or_default());
        let failed = match now.map(|now| &now.answer) {
            Some(PlannedAnswer::Failed { why }) => Some(why.clone()),
            _ => None,
        };
        if then == now_said && failed.is_none() {
            return None;
        }
        let mut steps = Delta::between(&then, &now_said);
        if steps.is_empty() {
            steps = Delta { gone: then, new: now_said };
        }
        Some(Self { record: either.record, name: either.name.clone(), steps, failed })
    }
}

/// What a plan says of a record, wherever a removal that is put off would end: that moves with the time of the plan.
fn said(planned: &Planned) -> Vec<Action> {
    let mut said: Vec<Action> = match &planned.answer {
        PlannedAnswer::Parked { reports } => reports.iter().cloned().map(Action::Report).collect(),
        _ => planned.steps().into_iter().cloned().collect(),
    };
    for action in &mut said {
        if let Action::Destroy { not_before: Some(due), .. } = action {
            *due = 0;
        }
    }
    said
}

impl<T: PartialEq + Clone> Delta<T> {
    fn between(earlier: &[T], now: &[T]) -> Self {
        Self { gone: without(earlier, now), new: without(now, earlier) }
    }

    fn is_empty(&self) -> bool {
        self.gone.is_empty() && self.new.is_empty()
    }
}

/// Each as often as it is among `all` more than among the `others`.
fn without<T: PartialEq + Clone>(all: &[T], others: &[T]) -> Vec<T> {
    let (mut left, mut others) = (all.to_vec(), others.to_vec());
    left.retain(|it| match others.iter().position(|other| other == it) {
        Some(index) => {
            others.swap_remove(index);
            false
        }
        None => true,
    });
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_twice_and_was_once_is_new_once() {
        let delta = Delta::between(&["a", "b", "b"], &["b", "a", "a", "c"]);
        assert_eq!((delta.gone, delta.new), (vec!["b"], vec!["a", "c"]));
    }
}
