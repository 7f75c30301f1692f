//! The store beneath the inbox: a queue of changes, small facts by kind and key, and leases.

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::{
    Aged, Brake, Entry, EventCounts, EventState, InboxError, Lease, Leasing, NewEvent, Settlement, StoredEvent, Work,
};
use crate::guest::RecordId;

/// What a store must do. All writes are durable when the call returns. Under a [`Fence`](super::Fence) whose lease is lost, `settle`,
/// `confirm`, `put`, `replace` and `delete` are refused.
#[async_trait]
pub trait Store: Send + Sync {
    /// Stores events as pending; says for each whether it is new.
    async fn insert(&self, events: &[NewEvent], now: u64) -> Result<Vec<bool>, InboxError>;
    /// The records that have pending events due by `now`, those first that have been due longest, at most `limit` of them;
    /// and when the first of those is due that is not due yet.
    async fn due(&self, now: u64, limit: usize) -> Result<(Vec<RecordId>, Option<u64>), InboxError>;
    /// All pending events of a record, in order of arrival: once one is due, all are answered together, so that a new
    /// one is not answered without the causes of one that waits to be tried again.
    async fn pending(&self, record: RecordId) -> Result<Vec<StoredEvent>, InboxError>;
    /// For each of these, the keys of stored events that begin with it.
    async fn known(&self, prefixes: &[String]) -> Result<Vec<Vec<String>>, InboxError>;
    /// Settles events.
    async fn settle(&self, ids: &[i64], settlement: &Settlement) -> Result<(), InboxError>;
    /// Keeps of events that NetBox's change log has been seen to have their changes.
    async fn confirm(&self, ids: &[i64]) -> Result<(), InboxError>;
    /// Makes parked events pending again, of one record or of all; says how many.
    async fn release(&self, record: Option<RecordId>, now: u64) -> Result<u64, InboxError>;
    /// Makes the parked events whose keys begin so and which this brake holds pending again, as if it had not; says how many.
    async fn lift(&self, prefix: &str, brake: Brake, now: u64) -> Result<u64, InboxError>;
    /// Events with numbers below `before`, if one is given: newest first, of a state if one is given.
    async fn page(
        &self,
        state: Option<EventState>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, InboxError>;
    /// The newest events, newest first, of a state if one is given.
    async fn events(&self, state: Option<EventState>, limit: u32) -> Result<Vec<StoredEvent>, InboxError> {
        self.page(state, None, limit).await
    }
    /// How many events stand where. It costs the same however many there are.
    async fn counts(&self) -> Result<EventCounts, InboxError>;
    /// Takes or renews a lease. It is not to be had where somebody else has it, unless that is still exactly the lease that is
    /// known to have ended.
    async fn lease(&self, work: Work, owner: &str, ended: Option<&Lease>) -> Result<Leasing, InboxError>;
    /// Gives up a lease, or all leases of an owner.
    async fn unlease(&self, work: Option<Work>, owner: &str) -> Result<(), InboxError>;
    /// A fact.
    async fn get(&self, kind: &'static str, key: &str) -> Result<Option<String>, InboxError>;
    /// Stores a fact.
    async fn put(&self, kind: &'static str, key: &str, value: &str) -> Result<(), InboxError>;
    /// Stores a fact if its value is the expected one, or it is not there as expected; says whether.
    async fn replace(
        &self,
        kind: &'static str,
        key: &str,
        expected: Option<&str>,
        value: &str,
    ) -> Result<bool, InboxError>;
    /// Removes a fact.
    async fn delete(&self, kind: &'static str, key: &str) -> Result<(), InboxError>;
    /// All facts of a kind whose keys begin so.
    async fn all(&self, kind: &'static str, prefix: &str) -> Result<Vec<(String, String)>, InboxError>;
    /// Waits until another process stored or released events. A store that cannot hear of it waits for ever.
    async fn changed(&self) {
        std::future::pending().await
    }
    /// The keys of facts of a kind that were last stored before a time, those first that were stored first.
    async fn aged(&self, kind: &'static str, before: u64, limit: u32) -> Result<Vec<String>, InboxError>;
    /// Removes what is older than a time, the oldest first, at most `limit` of it; says how many. Of an event its key stays:
    /// one that comes again is not new. Events go in the order of their numbers: after a clock was set back, one may wait
    /// for a younger one.
    async fn prune(&self, what: Aged, before: u64, limit: u32) -> Result<u64, InboxError>;
    /// How many there are that [`prune`](Self::prune) would remove, without a limit.
    async fn prunable(&self, what: Aged, before: u64) -> Result<u64, InboxError>;
    /// How much room all of it takes, in bytes; what was removed, and is used again, does not count.
    async fn size(&self) -> Result<u64, InboxError>;
    /// Sends all that it holds as it is at one moment, but for leases; ends early if nobody receives any more.
    async fn export(&self, to: mpsc::Sender<Entry>) -> Result<(), InboxError>;
    /// Stores what was exported where nothing of it is.
    async fn import(&self, entries: &[Entry]) -> Result<(), InboxError>;
}
