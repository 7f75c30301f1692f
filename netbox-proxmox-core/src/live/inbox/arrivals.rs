//! Events that wait to be stored together: a commit costs the same for one as for many.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::json;
use tokio::sync::oneshot;

use super::rows::signed;
use super::{Brake, EventState, Held, InboxError, NewEvent, encode};

/// A database that stores events.
#[async_trait]
pub(super) trait Commit: Clone + Send + Sync + 'static {
    /// Stores rows durably, in their order, by as few statements as can be: each is a way to the database and back. They are a
    /// JSON array of arrays: key, record, change, state, when it came, reason, brake. Gives the keys of those that are new.
    async fn commit(&self, rows: &str) -> Result<Vec<String>, InboxError>;
}

/// Where events wait while others are committed. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Arrivals {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    waiting: Mutex<Vec<Waiting>>,
    committing: tokio::sync::Mutex<()>,
}

/// Events to be stored, and who waits to hear which of them are new.
#[derive(Debug)]
struct Waiting {
    keys: Vec<String>,
    rows: Vec<serde_json::Value>,
    stored: oneshot::Sender<Result<Vec<bool>, String>>,
}

impl Arrivals {
    /// Stores events together with all others that come meanwhile; says of each whether it is new.
    pub(super) async fn store(
        &self,
        database: &impl Commit,
        events: &[NewEvent],
        now: u64,
    ) -> Result<Vec<bool>, InboxError> {
        let (stored, heard) = oneshot::channel();
        let keys = events.iter().map(|event| event.key.clone()).collect();
        let rows = events.iter().map(|event| row(event, now)).collect::<Result<_, _>>()?;
        self.waiting().push(Waiting { keys, rows, stored });
        // A task of its own: a caller that goes away must not take along those who wait with it.
        let (arrivals, database) = (self.clone(), database.clone());
        tokio::spawn(async move { arrivals.store_all(&database).await });
        match heard.await {
            Ok(Ok(new)) => Ok(new),
            Ok(Err(why)) => Err(InboxError::new("store an event", why)),
            Err(_) => Err(InboxError::new("store an event", "the commit did not end")),
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.inner.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores all that waits, of several callers, at once, and answers them.
    async fn store_all(&self, database: &impl Commit) {
        let _committing = self.inner.committing.lock().await;
        let mut batch = std::mem::take(&mut *self.waiting());
        if batch.is_empty() {
            return;
        }
        let rows: Vec<_> = batch.iter_mut().flat_map(|waiting| std::mem::take(&mut waiting.rows)).collect();
        let rows = serde_json::Value::Array(rows).to_string();
        let new = database.commit(&rows).await.map_err(|error| error.why);
        let mut new = new.map(|keys| keys.into_iter().collect::<HashSet<_>>());
        for Waiting { keys, stored, .. } in batch {
            // Of two with the same key the first is new.
            let answer = match &mut new {
                Ok(new) => Ok(keys.iter().map(|key| new.remove(key)).collect()),
                Err(why) => Err(why.clone()),
            };
            // A caller that went away does not need to know.
            let _ = stored.send(answer);
        }
    }
}

/// The values of an event's columns.
fn row(event: &NewEvent, now: u64) -> Result<serde_json::Value, InboxError> {
    let NewEvent { key, change, held } = event;
    let state = if held.is_some() { EventState::Parked } else { EventState::Pending };
    let (reason, brake) = (held.as_ref().map(Held::reason), held.as_ref().map(|held| Brake::as_str(held.brake)));
    Ok(json!([key, signed(change.record.0), encode(change)?, state.as_str(), signed(now), reason, brake]))
}
