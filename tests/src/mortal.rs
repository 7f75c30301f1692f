//! A store that a test can cut off: what happens to a process that is killed, as far as its memory goes. It counts what
//! it is asked.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use netbox_proxmox_core::RecordId;
use netbox_proxmox_core::live::inbox::{Aged, Entry, EventCounts, Lease, Leasing, Work};
use netbox_proxmox_core::live::{Brake, EventState, InboxError, MemoryStore, NewEvent, Settlement, Store, StoredEvent};
use tokio::sync::mpsc::Sender;

/// Hands everything to a store that outlives it, until it dies: then no call returns any more.
#[derive(Clone)]
pub struct Mortal {
    store: Arc<MemoryStore>,
    dead: Arc<AtomicBool>,
    calls: Arc<Mutex<BTreeMap<&'static str, usize>>>,
}

impl Mortal {
    /// A life over a store.
    pub fn new(store: Arc<MemoryStore>) -> Self {
        Self { store, dead: Arc::default(), calls: Arc::default() }
    }

    /// Ends this life.
    pub fn die(&self) {
        self.dead.store(true, Ordering::SeqCst);
    }

    /// Whether it has ended.
    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// How often it was called so far, by the name of the call.
    pub fn calls(&self) -> BTreeMap<&'static str, usize> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn alive(&self, call: &'static str) -> &MemoryStore {
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner).entry(call).or_default() += 1;
        if self.is_dead() {
            std::future::pending::<()>().await;
        }
        &self.store
    }
}

#[async_trait]
impl Store for Mortal {
    async fn insert(&self, events: &[NewEvent], now: u64) -> Result<Vec<bool>, InboxError> {
        self.alive("insert").await.insert(events, now).await
    }

    async fn due(&self, now: u64, limit: usize) -> Result<(Vec<RecordId>, Option<u64>), InboxError> {
        self.alive("due").await.due(now, limit).await
    }

    async fn pending(&self, record: RecordId) -> Result<Vec<StoredEvent>, InboxError> {
        self.alive("pending").await.pending(record).await
    }

    async fn known(&self, prefixes: &[String]) -> Result<Vec<Vec<String>>, InboxError> {
        self.alive("known").await.known(prefixes).await
    }

    async fn settle(&self, ids: &[i64], settlement: &Settlement) -> Result<(), InboxError> {
        self.alive("settle").await.settle(ids, settlement).await
    }

    async fn confirm(&self, ids: &[i64]) -> Result<(), InboxError> {
        self.alive("confirm").await.confirm(ids).await
    }

    async fn lift(&self, prefix: &str, brake: Brake, now: u64) -> Result<u64, InboxError> {
        self.alive("lift").await.lift(prefix, brake, now).await
    }

    async fn release(&self, record: Option<RecordId>, now: u64) -> Result<u64, InboxError> {
        self.alive("release").await.release(record, now).await
    }

    async fn page(
        &self,
        state: Option<EventState>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, InboxError> {
        self.alive("page").await.page(state, before, limit).await
    }

    async fn counts(&self) -> Result<EventCounts, InboxError> {
        self.alive("counts").await.counts().await
    }

    async fn lease(&self, work: Work, owner: &str, ended: Option<&Lease>) -> Result<Leasing, InboxError> {
        self.alive("lease").await.lease(work, owner, ended).await
    }

    async fn unlease(&self, work: Option<Work>, owner: &str) -> Result<(), InboxError> {
        self.alive("unlease").await.unlease(work, owner).await
    }

    async fn get(&self, kind: &'static str, key: &str) -> Result<Option<String>, InboxError> {
        self.alive("get").await.get(kind, key).await
    }

    async fn put(&self, kind: &'static str, key: &str, value: &str) -> Result<(), InboxError> {
        self.alive("put").await.put(kind, key, value).await
    }

    async fn replace(
        &self,
        kind: &'static str,
        key: &str,
        expected: Option<&str>,
        value: &str,
    ) -> Result<bool, InboxError> {
        self.alive("replace").await.replace(kind, key, expected, value).await
    }

    async fn delete(&self, kind: &'static str, key: &str) -> Result<(), InboxError> {
        self.alive("delete").await.delete(kind, key).await
    }

    async fn all(&self, kind: &'static str, prefix: &str) -> Result<Vec<(String, String)>, InboxError> {
        self.alive("all").await.all(kind, prefix).await
    }

    async fn aged(&self, kind: &'static str, before: u64, limit: u32) -> Result<Vec<String>, InboxError> {
        self.alive("aged").await.aged(kind, before, limit).await
    }

    async fn prune(&self, what: Aged, before: u64, limit: u32) -> Result<u64, InboxError> {
        self.alive("prune").await.prune(what, before, limit).await
    }

    async fn prunable(&self, what: Aged, before: u64) -> Result<u64, InboxError> {
        self.alive("prunable").await.prunable(what, before).await
    }

    async fn size(&self) -> Result<u64, InboxError> {
        self.alive("size").await.size().await
    }

    async fn export(&self, to: Sender<Entry>) -> Result<(), InboxError> {
        self.alive("export").await.export(to).await
    }

    async fn import(&self, entries: &[Entry]) -> Result<(), InboxError> {
        self.alive("import").await.import(entries).await
    }
}
