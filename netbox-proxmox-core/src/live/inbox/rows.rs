//! An event as a row of a database, and what both databases have in common.

use super::{Brake, EventState, InboxError, StoredEvent, decode};

/// A row of the table of events.
#[derive(sqlx::FromRow)]
pub(super) struct EventRow {
    id: i64,
    key: String,
    change: String,
    state: String,
    attempts: i64,
    due: i64,
    reason: Option<String>,
    brake: Option<String>,
    received: i64,
}

impl TryFrom<EventRow> for StoredEvent {
    type Error = InboxError;

    fn try_from(row: EventRow) -> Result<Self, InboxError> {
        let EventRow { id, key, change, state, attempts, due, reason, brake, received } = row;
        Ok(Self {
            id,
            key,
            change: decode(&change)?,
            state: EventState::from_name(&state).ok_or_else(|| InboxError::new("read an event", state))?,
            attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
            due: unsigned(due),
            reason,
            brake: brake.as_deref().and_then(Brake::from_name),
            received: unsigned(received),
        })
    }
}

/// The events of rows.
pub(super) fn events(rows: Vec<EventRow>) -> Result<Vec<StoredEvent>, InboxError> {
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The keys that begin with a text lie between these: it, and it with what comes after every character.
pub(super) fn range(prefix: &str) -> (String, String) {
    (prefix.to_owned(), format!("{prefix}{}", char::MAX))
}

pub(super) fn failed(doing: &'static str) -> impl FnOnce(sqlx::Error) -> InboxError {
    move |error| InboxError::new(doing, error)
}

/// The integers of databases are signed.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}
