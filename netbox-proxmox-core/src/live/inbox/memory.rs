//! An inbox in memory: for tests and demos. Nothing survives the process.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{Brake, EventState, Held, InboxError, Lease, NewEvent, Settlement, Store, StoredEvent};
use crate::guest::RecordId;

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    events: Vec<StoredEvent>,
    facts: BTreeMap<(&'static str, String), String>,
    leases: BTreeMap<RecordId, Lease>,
}

impl MemoryStore {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn insert(&self, events: &[NewEvent], now: u64) -> Result<Vec<bool>, InboxError> {
        let mut state = self.state();
        let mut insert = |event: &NewEvent| {
            if state.events.iter().any(|stored| stored.key == event.key) {
                return false;
            }
            let id = i64::try_from(state.events.len()).unwrap_or(i64::MAX - 1) + 1;
            let NewEvent { key, change, held } = event.clone();
            let stands = if held.is_some() { EventState::Parked } else { EventState::Pending };
            let (due, received) = (now, now);
            let (reason, brake) = (held.as_ref().map(Held::reason), held.map(|held| held.brake));
            let attempts = 0;
            state.events.push(StoredEvent { id, key, change, state: stands, attempts, due, reason, brake, received });
            true
        };
        Ok(events.iter().map(&mut insert).collect())
    }

    async fn due(&self, now: u64, limit: usize) -> Result<(Vec<RecordId>, Option<u64>), InboxError> {
        let state = self.state();
        let pending = || state.events.iter().filter(|event| event.state == EventState::Pending);
        let mut due: Vec<_> = pending().filter(|event| event.due <= now).collect();
        due.sort_by_key(|event| (event.due, event.id));
        let mut known = HashSet::new();
        let records = due.iter().map(|event| event.change.record).filter(|record| known.insert(*record));
        let records = records.take(limit).collect();
        let next = pending().map(|event| event.due).filter(|due| *due > now).min();
        Ok((records, next))
    }

    async fn pending(&self, record: RecordId) -> Result<Vec<StoredEvent>, InboxError> {
        let state = self.state();
        let waits = |event: &&StoredEvent| event.state == EventState::Pending && event.change.record == record;
        Ok(state.events.iter().filter(waits).cloned().collect())
    }

    async fn known(&self, prefixes: &[String]) -> Result<Vec<Vec<String>>, InboxError> {
        let state = self.state();
        let keys = || state.events.iter().map(|event| &event.key);
        Ok(prefixes.iter().map(|prefix| keys().filter(|key| key.starts_with(prefix)).cloned().collect()).collect())
    }

    async fn settle(&self, ids: &[i64], settlement: &Settlement) -> Result<(), InboxError> {
        for event in self.state().events.iter_mut().filter(|event| ids.contains(&event.id)) {
            event.state = settlement.state;
            event.reason.clone_from(&settlement.reason);
            if settlement.state != EventState::Pending {
                event.brake = settlement.brake;
            }
            event.due = settlement.due;
            event.attempts += u32::from(settlement.attempted);
        }
        Ok(())
    }

    async fn confirm(&self, ids: &[i64]) -> Result<(), InboxError> {
        for event in self.state().events.iter_mut().filter(|event| ids.contains(&event.id)) {
            event.change.confirmed = true;
        }
        Ok(())
    }

    async fn release(&self, record: Option<RecordId>, now: u64) -> Result<u64, InboxError> {
        let mut released = 0;
        for event in &mut self.state().events {
            if event.state == EventState::Parked && record.is_none_or(|record| record == event.change.record) {
                (event.state, event.due, event.attempts) = (EventState::Pending, now, 0);
                released += 1;
            }
        }
        Ok(released)
    }

    async fn lift(&self, prefix: &str, brake: Brake, now: u64) -> Result<u64, InboxError> {
        let mut lifted = 0;
        for event in &mut self.state().events {
            let held = event.state == EventState::Parked && event.brake == Some(brake);
            if held && event.key.starts_with(prefix) {
                (event.state, event.due, event.brake, event.reason) = (EventState::Pending, now, None, None);
                lifted += 1;
            }
        }
        Ok(lifted)
    }

    async fn events(&self, wanted: Option<EventState>, limit: u32) -> Result<Vec<StoredEvent>, InboxError> {
        let state = self.state();
        let matching = state.events.iter().rev().filter(|event| wanted.is_none_or(|wanted| wanted == event.state));
        Ok(matching.take(limit as usize).cloned().collect())
    }

    async fn lease(&self, record: RecordId, owner: &str, ended: Option<&Lease>) -> Result<Option<Lease>, InboxError> {
        let mut state = self.state();
        let present = state.leases.get(&record);
        if let Some(other) = present.filter(|lease| lease.owner != owner && Some(*lease) != ended) {
            return Ok(Some(other.clone()));
        }
        let renewals = present.filter(|lease| lease.owner == owner).map_or(0, |lease| lease.renewals + 1);
        state.leases.insert(record, Lease { owner: owner.to_owned(), renewals });
        Ok(None)
    }

    async fn unlease(&self, record: Option<RecordId>, owner: &str) -> Result<(), InboxError> {
        let ends = |held: &RecordId, lease: &Lease| lease.owner == owner && record.is_none_or(|record| record == *held);
        self.state().leases.retain(|held, lease| !ends(held, lease));
        Ok(())
    }

    async fn get(&self, kind: &'static str, key: &str) -> Result<Option<String>, InboxError> {
        Ok(self.state().facts.get(&(kind, key.to_owned())).cloned())
    }

    async fn put(&self, kind: &'static str, key: &str, value: &str) -> Result<(), InboxError> {
        self.state().facts.insert((kind, key.to_owned()), value.to_owned());
        Ok(())
    }

    async fn delete(&self, kind: &'static str, key: &str) -> Result<(), InboxError> {
        self.state().facts.remove(&(kind, key.to_owned()));
        Ok(())
    }

    async fn all(&self, kind: &'static str, prefix: &str) -> Result<Vec<(String, String)>, InboxError> {
        let state = self.state();
        let of_kind = state.facts.iter().filter(|((of, key), _)| *of == kind && key.starts_with(prefix));
        Ok(of_kind.map(|((_, key), value)| (key.clone(), value.clone())).collect())
    }
}
