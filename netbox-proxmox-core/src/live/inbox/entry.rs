//! What an inbox holds, piece by piece: for copies of it.

use serde::{Deserialize, Serialize};

use super::{InboxError, KINDS, StoredEvent};

/// A piece of an inbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// An event, with its number.
    Event(Box<StoredEvent>),
    /// The key of an event that is not kept any more: should it come again, it is not new.
    Key {
        /// The key.
        key: String,
        /// When it arrived, in seconds since 1970.
        received: u64,
    },
    /// A fact.
    Fact {
        /// Its kind.
        kind: String,
        /// Its key within the kind.
        key: String,
        /// Its value.
        value: String,
        /// When it was stored, in seconds since 1970.
        stored: u64,
    },
}

/// The kind of facts of a name.
pub(super) fn kind(name: &str) -> Result<&'static str, InboxError> {
    let known = KINDS.into_iter().find(|kind| *kind == name);
    known.ok_or_else(|| InboxError::new("store a fact", format!("this version knows none of the kind {name}")))
}
