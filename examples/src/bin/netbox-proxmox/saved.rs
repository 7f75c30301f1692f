//! A plan in a file: made now, carried out later, and refused if the world has moved on meanwhile. That of a branch is only compared
//! with a later one.

use std::path::Path;

use netbox_proxmox_core::live::Bridge;
use netbox_proxmox_core::live::branch::BranchPlan;
use netbox_proxmox_core::{Action, Event, RecordId, plan_with};
use netbox_proxmox_examples::{Exit, Problem};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::look;

/// What a plan was made from, and the plan.
#[derive(Serialize, Deserialize)]
pub(crate) struct Saved {
    /// The record.
    pub(crate) record: RecordId,
    event: Event,
    plan: Vec<Action>,
}

impl Saved {
    /// A plan, with both sides as they were.
    pub(crate) fn new(record: RecordId, event: &Event, plan: &[Action]) -> Self {
        Self { record, event: timeless(event), plan: plan.to_vec() }
    }

    /// Writes it to a file.
    pub(crate) fn write(&self, file: &Path) -> Result<(), Problem> {
        write(self, file)
    }

    /// Reads it from a file.
    pub(crate) fn read(file: &Path) -> Result<Self, Problem> {
        if let Ok(SavedBranch { branch }) = SavedBranch::read(file) {
            let name = &branch.name;
            let text = format!(
                "{}: this is the plan of branch {name}, which the server carries out once NetBox has merged it; `netbox-proxmox \
                 plan --branch {name} --compare FILE` says how it stands now",
                file.display()
            );
            return Err(Problem::new(Exit::Usage, text));
        }
        read(file, "a plan of `plan --out`")
    }

    /// Refuses it if either side, or the policy, is not as it was.
    pub(crate) async fn check(&self, bridge: &Bridge) -> Result<(), Problem> {
        let same = match look::up(bridge, self.record).await? {
            Ok((event, _)) => timeless(&event) == self.event && plan_with(&event, &bridge.policy) == self.plan,
            Err(_) => false,
        };
        if same {
            return Ok(());
        }
        let text =
            format!("virtual machine {}: the world has moved on since this plan was made; plan again", self.record);
        Err(Problem::new(Exit::Conflict, text))
    }
}

/// What merging a branch does, as it was planned.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedBranch {
    branch: BranchPlan,
}

impl SavedBranch {
    /// A plan.
    pub(crate) fn of(branch: &BranchPlan) -> Self {
        Self { branch: branch.clone() }
    }

    /// Writes it to a file.
    pub(crate) fn write(&self, file: &Path) -> Result<(), Problem> {
        write(self, file)
    }

    /// Reads it from a file.
    pub(crate) fn read(file: &Path) -> Result<Self, Problem> {
        read(file, "a plan of `plan --branch --out`")
    }

    /// The plan, if it is that of the same branch.
    pub(crate) fn earlier_than(&self, now: &BranchPlan) -> Result<&BranchPlan, Problem> {
        if self.branch.id == now.id && self.branch.schema_id == now.schema_id {
            return Ok(&self.branch);
        }
        let text = format!("the saved plan is of branch {}, not of {}", self.branch.name, now.name);
        Err(Problem::new(Exit::Usage, text))
    }
}

fn write(saved: &impl Serialize, file: &Path) -> Result<(), Problem> {
    let text = serde_json::to_string_pretty(saved).map_err(std::io::Error::from)?;
    let failed = |error| Problem::new(Exit::Failed, format!("{}: {error}", file.display()));
    std::fs::write(file, text + "\n").map_err(failed)
}

fn read<T: DeserializeOwned>(file: &Path, what: &str) -> Result<T, Problem> {
    let wrong = |why: String| Problem::new(Exit::Usage, format!("{}: {why}", file.display()));
    let text = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_slice(&text).map_err(|error| wrong(format!("not {what}: {error}")))
}

/// The time of a look-up is no part of what was found.
fn timeless(event: &Event) -> Event {
    let mut event = event.clone();
    event.context.now = None;
    event
}
