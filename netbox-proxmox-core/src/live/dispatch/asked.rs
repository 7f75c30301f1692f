//! What a person asks for by hand, who has changed nothing in NetBox: it is answered like an event, within the same limits, under
//! the same lease and before the same brakes.

use std::time::Duration;

use netbox_api::ObjectType;
use tokio::time::{Instant, sleep};

use super::Dispatcher;
use crate::event::{Change, Changed};
use crate::guest::RecordId;
use crate::live::clock;
use crate::live::inbox::{InboxError, NewEvent, StoredEvent};

/// How often it is looked whether an event was answered.
const LOOK: Duration = Duration::from_millis(100);

/// Among how many of the newest events one that was answered is looked for.
const NEWEST: u32 = 1000;

impl Dispatcher {
    /// Has a record answered for a user of NetBox; gives the key of the event.
    ///
    /// # Errors
    /// It could not be stored.
    pub async fn ask_for(&self, record: RecordId, name: &str, user: &str) -> Result<String, InboxError> {
        let change = Change { user: Some(user.to_owned()), ..Change::unmade(record, name, Changed::Asked) };
        // Whoever asks again means it.
        let key = format!("asked/{}/{record}@{}", ObjectType::VIRTUAL_MACHINE, clock::nanoseconds());
        let _ = self.store(&[NewEvent { key: key.clone(), change, held: None }]).await?;
        Ok(key)
    }

    /// What came of an event of a record, once it was answered or tried, or as it stands after so long; none if there is no such
    /// event.
    ///
    /// # Errors
    /// The inbox cannot be read.
    pub async fn came_of(
        &self,
        record: RecordId,
        key: &str,
        patience: Duration,
    ) -> Result<Option<StoredEvent>, InboxError> {
        let (store, begun) = (self.bridge().inbox.store(), Instant::now());
        loop {
            match store.pending(record).await?.into_iter().find(|event| event.key == key) {
                Some(event) if event.attempts > 0 || begun.elapsed() >= patience => return Ok(Some(event)),
                Some(_) => sleep(LOOK).await,
                None => break,
            }
        }
        Ok(store.events(None, NEWEST).await?.into_iter().find(|event| event.key == key))
    }
}
