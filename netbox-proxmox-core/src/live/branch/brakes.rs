//! What the brakes will hold once a branch is merged: by the dispatcher's own rule, over what it has counted so far.

use serde::{Deserialize, Serialize};

use super::Planned;
use crate::executor::Failure;
use crate::guest::RecordId;
use crate::live::bridge::{Bridge, now};
use crate::live::dispatch::brakes::{Counted, DESTROYS_PER_HOUR, Destruction, OfLate};
use crate::live::inbox::Brake;
use crate::live::sweep::restored;

/// What will wait for a person once a branch is merged.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Brakes {
    /// How many guests may be destroyed within an hour.
    pub limit: usize,
    /// How many were within the last hour, whatever asked for it.
    pub destroyed: usize,
    /// What is held, in the branch's order. Beyond the limit as many wait; which ones their deliveries decide.
    pub held: Vec<HeldRecord>,
    /// What was seen of a NetBox that was restored or exchanged, for which all that destroys is held.
    pub restored: Option<String>,
    /// Whether a person has agreed to what is held.
    pub approved: bool,
}

/// A record whose changes will wait for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRecord {
    /// The record.
    pub record: RecordId,
    /// Its name.
    pub name: String,
    /// What holds them.
    pub brake: Brake,
}

impl Brakes {
    /// Another person agrees to the plan, or does not any more. What a NetBox that was restored holds, only a release lets go.
    pub(super) fn agree(&mut self, agreed: bool) {
        self.approved = agreed && self.restored.is_none();
    }

    /// What they hold of these records, each with what its plan destroys.
    pub(super) async fn of(bridge: &Bridge, records: &[(Planned, Option<Destruction>)]) -> Result<Self, Failure> {
        let mut of_late = OfLate::of(&bridge.inbox.destroyed().await?, now());
        let mut brakes = Self { limit: DESTROYS_PER_HOUR, destroyed: of_late.len(), ..Self::default() };
        if records.iter().all(|(_, destruction)| destruction.is_none()) {
            return Ok(brakes);
        }
        brakes.restored = restored::shown(bridge).await?;
        for (planned, destruction) in records {
            let Some(destruction) = destruction else { continue };
            let mut is_one_more = |guest: &str| matches!(of_late.count(guest, now(), false), Counted::TooMany { .. });
            let brake = match destruction {
                _ if brakes.restored.is_some() => Brake::Restored,
                Destruction::Guest { counted, .. } if is_one_more(counted) => Brake::Destroys,
                Destruction::Guest { approve: true, .. } => Brake::Agreement,
                _ => continue,
            };
            brakes.held.push(HeldRecord { record: planned.record, name: planned.name.clone(), brake });
        }
        Ok(brakes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_restored_netbox_holds_nobody_agrees_to() {
        let agreed = |restored: Option<&str>| {
            let mut brakes = Brakes { restored: restored.map(str::to_owned), ..Brakes::default() };
            brakes.agree(true);
            brakes.approved
        };
        assert!(agreed(None) && !agreed(Some("its newest entry is older than one that was read")));
    }
}
