//! What the queue holds: changes that were stored, and where each stands.

use netbox_api::{Delivery, DeliveryKey};
use serde::{Deserialize, Serialize};

use crate::delivery::NotAnEvent;
use crate::event::Change;
use crate::guest::RecordId;
use crate::moment::Moment;
use crate::record::FieldNames;

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventState {
    /// It waits, or is being worked on.
    Pending,
    /// It was answered.
    Done,
    /// It concerns nothing of ours.
    Ignored,
    /// It waits for a person; `reason` says why.
    Parked,
}

impl EventState {
    /// Its name, as the stores keep it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Ignored => "ignored",
            Self::Parked => "parked",
        }
    }

    /// The state of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Pending, Self::Done, Self::Ignored, Self::Parked].into_iter().find(|state| state.as_str() == name)
    }
}

/// How many events stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EventCounts {
    /// They wait, or are being worked on.
    pub pending: u64,
    /// They were answered, and all of it was done.
    pub done: u64,
    /// They were answered, and something of them could only be reported.
    pub reported: u64,
    /// They concern nothing of ours.
    pub ignored: u64,
    /// They wait for a person.
    pub parked: u64,
}

impl EventCounts {
    /// From how many stand where by [`StoredEvent::stands`].
    pub(crate) fn of(counted: impl IntoIterator<Item = (impl AsRef<str>, u64)>) -> Self {
        let mut counts = Self::default();
        for (stands, events) in counted {
            match stands.as_ref() {
                "pending" => counts.pending += events,
                "done" => counts.done += events,
                "reported" => counts.reported += events,
                "ignored" => counts.ignored += events,
                "parked" => counts.parked += events,
                _ => {}
            }
        }
        counts
    }
}

/// What holds an event until a person agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Brake {
    /// Many deletions had not been delivered. A delivery that comes after all lifts it.
    Undelivered,
    /// Many guests were destroyed within an hour.
    Destroys,
    /// One comparison would create many guests.
    Creations,
    /// NetBox seems to have been restored or exchanged.
    Restored,
    /// Another person than the one who deleted has not agreed yet. An agreement in NetBox lifts it.
    Agreement,
}

impl Brake {
    const ALL: [Self; 5] = [Self::Undelivered, Self::Destroys, Self::Creations, Self::Restored, Self::Agreement];

    /// Its name, as the stores keep it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Undelivered => "undelivered",
            Self::Destroys => "destroys",
            Self::Creations => "creations",
            Self::Restored => "restored",
            Self::Agreement => "agreement",
        }
    }

    /// The brake of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|brake| brake.as_str() == name)
    }
}

/// A brake, and what a person is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// What holds the event.
    pub brake: Brake,
    /// Why, and what to do.
    pub why: String,
}

impl Held {
    /// As the reason of an event.
    pub fn reason(&self) -> String {
        format!("held: {}", self.why)
    }
}

/// A change to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// Identity: a change that comes twice has the same key and is stored once.
    pub key: String,
    /// The change.
    pub change: Change,
    /// Why it is parked from the start: it waits for a person.
    pub held: Option<Held>,
}

impl NewEvent {
    /// The changes of a delivery, one for each virtual machine that it concerns.
    ///
    /// # Errors
    /// The delivery concerns no virtual machine, or is not true yet.
    pub fn from_delivery(delivery: &Delivery, fields: &FieldNames) -> Result<Vec<Self>, NotAnEvent> {
        let changes = Change::from_delivery(delivery, fields)?;
        let key = |change: &Change| prefix(&delivery.key(), change.record) + &delivery.timestamp;
        Ok(changes.into_iter().map(|change| Self { key: key(&change), change, held: None }).collect())
    }

    /// A change of an entry of NetBox's change log.
    pub(crate) fn of_log(identity: &DeliveryKey, change: Change) -> Self {
        let time = change.time.map(|time| time.to_string()).unwrap_or_default();
        Self { key: prefix(identity, change.record) + &time, change, held: None }
    }

    /// What its key begins with, up to the time: what its delivery and its entry in the change log have in common. A change
    /// in a branch, its merge, its revert and a second merge share it, too (seen on netbox-branching 1.2.2).
    pub(crate) fn prefix(&self) -> &str {
        self.key.rfind('@').map_or(&self.key, |at| &self.key[..=at])
    }
}

fn prefix(identity: &DeliveryKey, record: RecordId) -> String {
    format!("{identity}/{record}@")
}

/// The time in a key.
pub(crate) fn time_of(key: &str) -> Option<Moment> {
    key.rsplit_once('@')?.1.parse().ok()
}

/// A stored change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredEvent {
    /// Its number, in the order of arrival.
    pub id: i64,
    /// Its identity.
    pub key: String,
    /// The change.
    pub change: Change,
    /// Where it stands.
    pub state: EventState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is due, in seconds since 1970.
    pub due: u64,
    /// Why it was tried in vain, ignored or parked; of one that is done, what could only be reported.
    pub reason: Option<String>,
    /// What holds it or, once it is pending again, held it: a person has agreed then.
    pub brake: Option<Brake>,
    /// When it arrived, in seconds since 1970.
    pub received: u64,
}

impl StoredEvent {
    /// Whether it is done, and something of it could only be reported.
    pub fn is_reported(&self) -> bool {
        self.state == EventState::Done && self.reason.is_some()
    }

    /// Where it stands, for a person: its state, or `reported`.
    pub fn stands(&self) -> &'static str {
        if self.is_reported() { "reported" } else { self.state.as_str() }
    }

    /// What happened, for a person: `virtualmachine 7 updated`.
    pub fn what(&self) -> String {
        let object = self.key.split('/').find(|part| part.contains('.')).unwrap_or_default();
        format!("{} {} {}", object.rsplit('.').next().unwrap_or_default(), self.change.object, self.change.event)
    }
}

/// How events are settled after a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    /// Their new state.
    pub state: EventState,
    /// Why.
    pub reason: Option<String>,
    /// What holds them. Of what stays pending it is kept: a person who has agreed has agreed to each try.
    pub brake: Option<Brake>,
    /// When they are due again, if they stay pending.
    pub due: u64,
    /// Whether this counts as an attempt.
    pub attempted: bool,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn two_changes_of_one_request_are_told_apart_by_their_times() {
        let key = |time: &str, request: &str| {
            let body = format!(
                r#"{{"event": "updated", "timestamp": "{time}", "object_type": "virtualization.virtualmachine",
                "data": {{"id": 7, "name": "web01"}}, "request": {request}}}"#
            );
            let delivery: Delivery = serde_json::from_str(&body).unwrap();
            NewEvent::from_delivery(&delivery, &FieldNames::default()).unwrap()[0].key.clone()
        };
        let request = r#"{"id": "abc"}"#;
        assert_eq!(key("1", request), key("1", request), "a copy");
        assert_ne!(key("1", request), key("2", request), "in a branch, and its merge");
        assert_ne!(key("1", "null"), key("2", "null"));
        assert_eq!(key("1", "null"), key("1", "null"));
    }
}
