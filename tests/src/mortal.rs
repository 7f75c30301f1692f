//! A store that a test can cut off: what happens to a process that is killed, as far as its memory goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use netbox_proxmox_core::RecordId;
use netbox_proxmox_core::live::inbox::Lease;
use netbox_proxmox_core::live::{Brake, EventState, InboxError, MemoryStore, NewEvent, Settlement, Store, StoredEvent};

/// Hands everything to a store that outlives it, until it dies: then no call returns any more.
#[derive(Clone)]
pub struct Mortal {
    store: Arc<MemoryStore>,
    dead: Arc<AtomicBool>,
}

impl Mortal {
    /// A life over a store.
    pub fn new(store: Arc<MemoryStore>) -> Self {
        Self { store, dead: Arc::new(AtomicBool::new(false)) }
    }

    /// Ends this life.
    pub fn die(&self) {
        self.dead.store(true, Ordering::SeqCst);
    }

    /// Whether it has ended.
    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    async fn alive(&self) -> &MemoryStore {
        if self.is_dead() {
            std::future::pending::<()>().await;
        }
        &self.store
    }
}

#[async_trait]
impl Store for Mortal {
    async fn insert(&self, events: &[NewEvent], now: u64) -> Result<Vec<bool>, InboxError> {
        self.alive().await.insert(events, now).await
    }

    async fn due(&self, now: u64, limit: usize) -> Result<(Vec<RecordId>, Option<u64>), InboxError> {
        self.alive().await.due(now, limit).await
    }

    async fn pending(&self, record: RecordId) -> Result<Vec<StoredEvent>, InboxError> {
        self.alive().await.pending(record).await
    }

    async fn known(&self, prefixes: &[String]) -> Result<Vec<Vec<String>>, InboxError> {
        self.alive().await.known(prefixes).await
    }

    async fn settle(&self, ids: &[i64], settlement: &Settlement) -> Result<(), InboxError> {
        self.alive().await.settle(ids, settlement).await
    }

    async fn confirm(&self, ids: &[i64]) -> Result<(), InboxError> {
        self.alive().await.confirm(ids).await
    }

    async fn lift(&self, prefix: &str, brake: Brake, now: u64) -> Result<u64, InboxError> {
        self.alive().await.lift(prefix, brake, now).await
    }

    async fn release(&self, record: Option<RecordId>, now: u64) -> Result<u64, InboxError> {
        self.alive().await.release(record, now).await
    }

    async fn events(&self, state: Option<EventState>, limit: u32) -> Result<Vec<StoredEvent>, InboxError> {
        self.alive().await.events(state, limit).await
    }

    async fn lease(&self, record: RecordId, owner: &str, ended: Option<&Lease>) -> Result<Option<Lease>, InboxError> {
        self.alive().await.lease(record, owner, ended).await
    }

    async fn unlease(&self, record: Option<RecordId>, owner: &str) -> Result<(), InboxError> {
        self.alive().await.unlease(record, owner).await
    }

    async fn get(&self, kind: &'static str, key: &str) -> Result<Option<String>, InboxError> {
        self.alive().await.get(kind, key).await
    }

    async fn put(&self, kind: &'static str, key: &str, value: &str) -> Result<(), InboxError> {
        self.alive().await.put(kind, key, value).await
    }

    async fn delete(&self, kind: &'static str, key: &str) -> Result<(), InboxError> {
        self.alive().await.delete(kind, key).await
    }

    async fn all(&self, kind: &'static str, prefix: &str) -> Result<Vec<(String, String)>, InboxError> {
        self.alive().await.all(kind, prefix).await
    }
}
