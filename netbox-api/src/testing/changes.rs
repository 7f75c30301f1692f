//! What one request did, in the order in which it touched its objects.
//!
//! An object appears once: where it was touched first, with what it became last; an update followed by a delete is a delete (seen: 4.7.3).

use serde_json::Value;

use super::schema::Kind;

/// What was done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Create,
    Update,
    Delete,
}

/// One object, once.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) kind: Kind,
    pub(super) id: u64,
    pub(super) action: Action,
    /// The snapshot before; null for a creation.
    pub(super) before: Value,
    /// Of a deleted object: its representation and its name, taken while everything it refers to still existed.
    pub(super) last_seen: Option<(Value, String)>,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes(Vec<Change>);

impl Changes {
    pub(super) fn created(&mut self, kind: Kind, id: u64) {
        self.0.push(Change { kind, id, action: Action::Create, before: Value::Null, last_seen: None });
    }

    pub(super) fn updated(&mut self, kind: Kind, id: u64, before: Value) {
        if self.find(kind, id).is_none() {
            self.0.push(Change { kind, id, action: Action::Update, before, last_seen: None });
        }
    }

    pub(super) fn deleted(&mut self, kind: Kind, id: u64, before: Value, last_seen: (Value, String)) {
        match self.find(kind, id) {
            Some(change) => {
                change.action = Action::Delete;
                change.last_seen = Some(last_seen);
            }
            None => self.0.push(Change { kind, id, action: Action::Delete, before, last_seen: Some(last_seen) }),
        }
    }

    fn find(&mut self, kind: Kind, id: u64) -> Option<&mut Change> {
        self.0.iter_mut().find(|change| change.kind == kind && change.id == id)
    }

    /// What that was done to.
    pub(super) fn with(&self, action: Action) -> Vec<(Kind, u64)> {
        self.0.iter().filter(|change| change.action == action).map(|change| (change.kind, change.id)).collect()
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = Change> {
        self.0.into_iter()
    }
}
