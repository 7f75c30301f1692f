//! A plan in a file: made now, carried out later, and refused if the world has moved on meanwhile.

use std::path::Path;

use netbox_proxmox_core::live::Bridge;
use netbox_proxmox_core::{Action, Event, RecordId, plan_with};
use netbox_proxmox_examples::{Exit, Problem};
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
        let text = serde_json::to_string_pretty(self).map_err(std::io::Error::from)?;
        let failed = |error| Problem::new(Exit::Failed, format!("{}: {error}", file.display()));
        std::fs::write(file, text + "\n").map_err(failed)
    }

    /// Reads it from a file.
    pub(crate) fn read(file: &Path) -> Result<Self, Problem> {
        let wrong = |why: String| Problem::new(Exit::Usage, format!("{}: {why}", file.display()));
        let text = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
        serde_json::from_slice(&text).map_err(|error| wrong(format!("not a plan of `plan --out`: {error}")))
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

/// The time of a look-up is no part of what was found.
fn timeless(event: &Event) -> Event {
    let mut event = event.clone();
    event.context.now = None;
    event
}
