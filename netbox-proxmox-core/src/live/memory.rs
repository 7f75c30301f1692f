//! An inbox in memory: for tests and demos. Nothing survives the process.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::inbox::{EventState, InboxError, NewEvent, Settlement, Store, StoredEvent};
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
    leases: BTreeMap<RecordId, (String, u64)>,
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
            state.events.push(StoredEvent { id, key, change, state: stands, attempts: 0, due, reason: held, received });
            true
        };
        Ok(events.iter().map(&mut insert).collect())
    }

    async fn due(&self, now: u64) -> Result<(Vec<RecordId>, Option<u64>), InboxError> {
        let state = self.state();
        let pending = || state.events.iter().filter(|event| event.state == EventState::Pending);
        let mut records: Vec<RecordId> = Vec::new();
        for event in pending().filter(|event| event.due <= now) {
            if !records.contains(&event.change.record) {
                records.push(event.change.record);
            }
        }
        let next = pending().map(|event| event.due).filter(|due| *due > now).min();
        Ok((records, next))
    }

    async fn pending(&self, record: RecordId) -> Result<Vec<StoredEvent>, InboxError> {
        let state = self.state();
        let waits = |event: &&StoredEvent| event.state == EventState::Pending && event.change.record == record;
        Ok(state.events.iter().filter(waits).cloned().collect())
    }

    async fn known(&self, keys: &[String]) -> Result<Vec<bool>, InboxError> {
        let state = self.state();
        Ok(keys.iter().map(|key| state.events.iter().any(|event| event.key == *key)).collect())
    }

    async fn settle(&self, ids: &[i64], settlement: &Settlement) -> Result<(), InboxError> {
        for event in self.state().events.iter_mut().filter(|event| ids.contains(&event.id)) {
            event.state = settlement.state;
            event.reason.clone_from(&settlement.reason);
            event.due = settlement.due;
            event.attempts += u32::from(settlement.attempted);
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

    async fn events(&self, wanted: Option<EventState>, limit: u32) -> Result<Vec<StoredEvent>, InboxError> {
        let state = self.state();
        let matching = state.events.iter().rev().filter(|event| wanted.is_none_or(|wanted| wanted == event.state));
        Ok(matching.take(limit as usize).cloned().collect())
    }

    async fn lease(&self, record: RecordId, owner: &str, now: u64, until: u64) -> Result<bool, InboxError> {
        let mut state = self.state();
        if state.leases.get(&record).is_some_and(|(holder, held)| holder != owner && *held > now) {
            return Ok(false);
        }
        state.leases.insert(record, (owner.to_owned(), until));
        Ok(true)
    }

    async fn unlease(&self, record: Option<RecordId>, owner: &str) -> Result<(), InboxError> {
        let ends = |held: &RecordId, holder: &str| holder == owner && record.is_none_or(|record| record == *held);
        self.state().leases.retain(|held, (holder, _)| !ends(held, holder));
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

    async fn all(&self, kind: &'static str) -> Result<Vec<(String, String)>, InboxError> {
        let state = self.state();
        let of_kind = state.facts.iter().filter(|((of, _), _)| *of == kind);
        Ok(of_kind.map(|((_, key), value)| (key.clone(), value.clone())).collect())
    }
}
