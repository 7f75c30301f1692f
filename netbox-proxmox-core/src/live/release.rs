//! A person agrees that what is parked is tried again.

use std::collections::BTreeSet;

use super::bridge::now;
use super::inbox::{Brake, EventState, Inbox, InboxError, StoredEvent};
use crate::guest::RecordId;

/// What was released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Released {
    /// How many events.
    pub events: u64,
    /// Whether NetBox, which seemed to be another one, is taken for the one it was.
    pub agreed: bool,
}

/// Releases everything that is parked. `by`: who does, as people are told of guests whose destruction waits for another person.
///
/// # Errors
/// The inbox failed.
pub async fn all(inbox: &Inbox, by: &str) -> Result<Released, InboxError> {
    keep(inbox, &inbox.store().events(Some(EventState::Parked), u32::MAX).await?, Some(by)).await?;
    let events = inbox.store().release(None, now()).await?;
    let agreed = inbox.restored().await?.is_some();
    if agreed {
        inbox.put_restored(None).await?;
    }
    Ok(Released { events, agreed })
}

/// Releases what is parked of a virtual machine, which is given by its name or its id: it may be gone from NetBox. None: nothing is.
/// `by`: as of [`all`]; of none it is not known that it is another person, and what waits for one is looked at anew, and goes on
/// waiting.
///
/// # Errors
/// The inbox failed.
pub async fn of(inbox: &Inbox, vm: &str, by: Option<&str>) -> Result<Option<Released>, InboxError> {
    let mut parked = inbox.store().events(Some(EventState::Parked), u32::MAX).await?;
    parked.retain(|event| is_of(event, vm));
    let records: BTreeSet<RecordId> = parked.iter().map(|event| event.change.record).collect();
    if records.is_empty() {
        return Ok(None);
    }
    let mut events = keep(inbox, &parked, by).await?;
    for record in records {
        events += inbox.store().release(Some(record), now()).await?;
    }
    Ok(Some(Released { events, agreed: false }))
}

/// Keeps who agrees to what waits for another person; says how many events are looked at anew instead.
async fn keep(inbox: &Inbox, parked: &[StoredEvent], by: Option<&str>) -> Result<u64, InboxError> {
    let mut lifted = 0;
    for event in parked.iter().filter(|event| event.brake == Some(Brake::Agreement)) {
        match by {
            Some(by) => inbox.put_released_by(event.change.record, by).await?,
            None => lifted += inbox.store().lift(&event.key, Brake::Agreement, now()).await?,
        }
    }
    Ok(lifted)
}

/// Whether an event is of a virtual machine, which is given by its name or its id.
pub fn is_of(event: &StoredEvent, vm: &str) -> bool {
    event.change.name == vm || vm.parse().is_ok_and(|id| event.change.record == RecordId(id))
}
