//! Runs a plan.

use proxmox_api::Vmid;
use serde::{Deserialize, Serialize};

use crate::action::{Action, RecordValue, VmidSource};
use crate::executor::{Executor, Failure, Outcome, Progress};

/// What became of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Applied {
    /// The actions that were performed, in order, with how they ended.
    pub done: Vec<(Action, Outcome)>,
    /// The action that failed.
    pub failed: Option<(Action, Failure)>,
    /// The actions that were not reached.
    pub left: Vec<Action>,
}

impl Applied {
    /// Whether the whole plan was performed.
    pub fn is_complete(&self) -> bool {
        self.failed.is_none()
    }
}

/// Runs a plan in order and stops at the first failure; a report that cannot be delivered stops nothing, and counts as
/// the failure if there is no other. The VMID that its `record` allocates is given to the actions
/// that wait for it.
pub async fn apply(plan: Vec<Action>, executor: &dyn Executor, progress: &dyn Progress) -> Applied {
    let mut applied = Applied::default();
    let mut vmid: Option<Vmid> = None;
    let mut untold: Option<(Action, Failure)> = None;
    let mut actions = plan.into_iter();
    for action in actions.by_ref() {
        let action = match vmid {
            Some(vmid) => action.with_vmid(vmid),
            None => action,
        };
        progress.begin(&action);
        let result = executor.execute(&action, progress).await;
        progress.end(&action, &result);
        match result {
            Ok(outcome) => {
                match (&action, &outcome) {
                    (_, Outcome::Allocated(chosen)) => vmid = Some(*chosen),
                    (Action::Record { value: RecordValue::Vmid(VmidSource::Chosen(chosen)), .. }, _) => {
                        vmid = Some(*chosen);
                    }
                    _ => {}
                }
                applied.done.push((action, outcome));
            }
            Err(failure) if matches!(action, Action::Report(_)) => {
                untold.get_or_insert((action, failure));
            }
            Err(failure) => {
                applied.failed = Some((action, failure));
                break;
            }
        }
    }
    applied.left = actions.collect();
    applied.failed = applied.failed.or(untold);
    applied
}
