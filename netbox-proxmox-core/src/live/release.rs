//! A person agrees that what is parked is tried again.

use std::collections::BTreeSet;

use super::bridge::now;
use super::inbox::{EventState, Inbox, InboxError, StoredEvent};
use crate::guest::RecordId;

/// What was released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Released {
    /// How many events.
    pub events: u64,
    /// Whether NetBox, which seemed to be another one, is taken for the one it was.
    pub agreed: bool,
}

/// Releases everything that is parked.
///
/// # Errors
/// The inbox failed.
pub async fn all(inbox: &Inbox) -> Result<Released, InboxError> {
    let events = inbox.store().release(None, now()).await?;
    let agreed = inbox.restored().await?.is_some();
    if agreed {
        inbox.put_restored(None).await?;
    }
    Ok(Released { events, agreed })
}

/// Releases what is parked of a virtual machine, which is given by its name or its id: it may be gone from NetBox. None: nothing is.
///
/// # Errors
/// The inbox failed.
pub async fn of(inbox: &Inbox, vm: &str) -> Result<Option<Released>, InboxError> {
    let parked = inbox.store().events(Some(EventState::Parked), u32::MAX).await?;
    let records: BTreeSet<RecordId> =
        parked.iter().filter(|event| is_of(event, vm)).map(|event| event.change.record).collect();
    if records.is_empty() {
        return Ok(None);
    }
    let mut events = 0;
    for record in records {
        events += inbox.store().release(Some(record), now()).await?;
    }
    Ok(Some(Released { events, agreed: false }))
}

/// Whether an event is of a virtual machine, which is given by its name or its id.
pub fn is_of(event: &StoredEvent, vm: &str) -> bool {
    event.change.name == vm || vm.parse().is_ok_and(|id| event.change.record == RecordId(id))
}
