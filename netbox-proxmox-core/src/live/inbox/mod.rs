//! The server's durable memory: events with their causes, and what it knows of each guest.
//!
//! A store has two parts. The *queue* holds changes until they are done; the *facts* are small JSON documents by kind
//! and key. [`Inbox`] gives the facts their types, so that a store is little more than two tables. What is known of a
//! record is kept under its id and its birth, as an id can come again.

#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
mod arrivals;
mod branches;
mod entry;
mod event;
mod fence;
mod guests;
pub mod memory;
mod netbox;
#[cfg(feature = "inbox-postgres")]
pub mod postgres;
mod reports;
pub mod retention;
#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
mod rows;
#[cfg(feature = "inbox-sqlite")]
pub mod sqlite;
mod store;

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use self::branches::{Did, KeptBranch, Merged};
pub use self::entry::Entry;
pub(crate) use self::event::time_of;
pub use self::event::{Brake, EventCounts, EventState, Held, NewEvent, Settlement, StoredEvent};
pub use self::fence::{Fence, Lease, Leasing, Work};
pub use self::guests::{Removal, Seen};
pub use self::memory::MemoryStore;
pub use self::netbox::LogPosition;
#[cfg(feature = "inbox-postgres")]
pub use self::postgres::PostgresStore;
pub use self::reports::Reported;
pub use self::retention::{Aged, Retention};
#[cfg(feature = "inbox-sqlite")]
pub use self::sqlite::SqliteStore;
pub use self::store::Store;

/// The inbox could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the inbox cannot {doing}: {why}")]
pub struct InboxError {
    /// What was attempted.
    pub doing: &'static str,
    /// Why it failed.
    pub why: String,
}

impl InboxError {
    /// An error of the store.
    pub fn new(doing: &'static str, why: impl ToString) -> Self {
        Self { doing, why: why.to_string() }
    }
}

/// The durable memory, over any store.
#[derive(Clone)]
pub struct Inbox {
    store: Arc<dyn Store>,
}

const INTENT: &str = "intent";
const SEEN: &str = "seen";
const REPORT: &str = "report";
const OWN_REQUEST: &str = "own-request";
const REMOVAL: &str = "removal";
const CHANGE_LOG: &str = "change-log";
const FIRST_START: &str = "first-start";
const RESTORED: &str = "restored";
const CLUSTER: &str = "cluster";
const RESTED: &str = "rested";
const DESTROYED: &str = "destroyed";
const DISCOVERED: &str = "discovered";
const GONE: &str = "gone";
const TRIED: &str = "tried";
const NONCE: &str = "nonce";
const BRANCH: &str = "branch";
const BRANCH_PLAN: &str = "branch-plan";
const BRANCH_RECORD: &str = "branch-record";
const BRANCH_DID: &str = "branch-did";
const CHOSEN: &str = "chosen";
const RELEASED: &str = "released";

/// All kinds of facts.
const KINDS: [&str; 21] = [
    INTENT,
    SEEN,
    REPORT,
    OWN_REQUEST,
    REMOVAL,
    CHANGE_LOG,
    FIRST_START,
    RESTORED,
    CLUSTER,
    RESTED,
    DESTROYED,
    DISCOVERED,
    GONE,
    TRIED,
    NONCE,
    BRANCH,
    BRANCH_PLAN,
    BRANCH_RECORD,
    BRANCH_DID,
    CHOSEN,
    RELEASED,
];

impl Inbox {
    /// Over a store.
    pub fn new(store: impl Store + 'static) -> Self {
        Self { store: Arc::new(store) }
    }

    /// The store: the queue is used directly.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Tries whether it can be written: a fact is stored and removed.
    ///
    /// # Errors
    /// It cannot.
    pub async fn try_writing(&self) -> Result<(), InboxError> {
        self.store.put(TRIED, "write", "").await?;
        self.store.delete(TRIED, "write").await
    }

    /// Stores changes that NetBox delivered; says for each whether it is new. A deletion that comes after all is not one
    /// that was not delivered: what held it is lifted.
    ///
    /// # Errors
    /// The store failed; so for all methods.
    pub async fn accept(&self, events: &[NewEvent], now: u64) -> Result<Vec<bool>, InboxError> {
        let new = self.store.insert(events, now).await?;
        for event in events.iter().filter(|event| event.change.deleted_record()) {
            self.store.lift(event.prefix(), Brake::Undelivered, now).await?;
        }
        Ok(new)
    }

    /// Whether it holds nothing.
    pub async fn is_empty(&self) -> Result<bool, InboxError> {
        for kind in KINDS {
            if !self.store.all(kind, "").await?.is_empty() {
                return Ok(false);
            }
        }
        Ok(self.store.events(None, 1).await?.is_empty())
    }

    /// Takes a number that may be used once; says whether it is the first time, for all who share the inbox.
    ///
    /// # Errors
    /// The store failed.
    pub async fn spend(&self, nonce: &str) -> Result<bool, InboxError> {
        self.store.replace(NONCE, nonce, None, "").await
    }

    async fn read<T: DeserializeOwned>(&self, kind: &'static str, key: &str) -> Result<Option<T>, InboxError> {
        self.store.get(kind, key).await?.as_deref().map(decode).transpose()
    }

    async fn write<T: Serialize + ?Sized>(&self, kind: &'static str, key: &str, value: &T) -> Result<(), InboxError> {
        self.store.put(kind, key, &encode(value)?).await
    }
}

pub(crate) fn encode<T: Serialize + ?Sized>(value: &T) -> Result<String, InboxError> {
    serde_json::to_string(value).map_err(|error| InboxError::new("encode a fact", error))
}

pub(crate) fn decode<T: DeserializeOwned>(text: &str) -> Result<T, InboxError> {
    serde_json::from_str(text).map_err(|error| InboxError::new("decode what it holds", error))
}
