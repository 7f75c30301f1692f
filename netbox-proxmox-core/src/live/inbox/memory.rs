//! An inbox in memory: for tests and demos. Nothing survives the process.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::entry::kind;
use super::fence::lost;
use super::{
    Aged, Brake, Entry, EventCounts, EventState, Fence, Held, InboxError, Lease, Leasing, NewEvent, Settlement, Store,
    StoredEvent, Work,
};
use crate::guest::RecordId;
use crate::live::bridge::now as clock;

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    events: BTreeMap<i64, StoredEvent>,
    last: i64,
    /// Numbers by key.
    keys: BTreeMap<String, i64>,
    /// When the events arrived of which only the keys are kept.
    spent: BTreeMap<String, u64>,
    /// Pending events: when they are due, and their numbers.
    due: BTreeSet<(u64, i64)>,
    /// Pending and parked events of each record.
    open: HashMap<RecordId, BTreeSet<i64>>,
    /// Facts, and when they were stored.
    facts: BTreeMap<(&'static str, String), (String, u64)>,
    leases: BTreeMap<Work, (Lease, Fence)>,
    /// How many leases were taken.
    taken: u64,
}

impl State {
    /// Stores an event with its number.
    fn store(&mut self, event: StoredEvent) {
        self.last = self.last.max(event.id);
        self.keys.insert(event.key.clone(), event.id);
        self.index(&event);
        self.events.insert(event.id, event);
    }

    fn index(&mut self, event: &StoredEvent) {
        if event.state == EventState::Pending {
            self.due.insert((event.due, event.id));
        }
        if matches!(event.state, EventState::Pending | EventState::Parked) {
            self.open.entry(event.change.record).or_default().insert(event.id);
        }
    }

    /// Takes an event out.
    fn take(&mut self, id: i64) -> Option<StoredEvent> {
        let event = self.events.remove(&id)?;
        self.keys.remove(&event.key);
        self.due.remove(&(event.due, id));
        if let Some(open) = self.open.get_mut(&event.change.record) {
            open.remove(&id);
            if open.is_empty() {
                self.open.remove(&event.change.record);
            }
        }
        Some(event)
    }

    /// Changes events.
    fn change(&mut self, ids: impl IntoIterator<Item = i64>, change: impl Fn(&mut StoredEvent)) {
        for id in ids {
            if let Some(mut event) = self.take(id) {
                change(&mut event);
                self.store(event);
            }
        }
    }

    /// The numbers of the events of a record in a state, in order of arrival.
    fn of(&self, record: RecordId, state: EventState) -> Vec<i64> {
        let open = self.open.get(&record).into_iter().flatten().copied();
        open.filter(|id| self.events.get(id).is_some_and(|event| event.state == state)).collect()
    }

    /// What is old: events by their numbers, all else by keys, the oldest first.
    fn old(&self, what: Aged, before: u64) -> Old {
        let oldest = |mut aged: Vec<(u64, String)>| {
            aged.retain(|(stored, _)| *stored < before);
            aged.sort();
            Old::Keys(aged.into_iter().map(|(_, key)| key).collect())
        };
        match what {
            Aged::Events(state) => {
                let old = |event: &&StoredEvent| event.state == state && event.received < before;
                Old::Events(self.events.values().filter(old).map(|event| event.id).collect())
            }
            Aged::Keys => oldest(self.spent.iter().map(|(key, received)| (*received, key.clone())).collect()),
            Aged::Facts(kind) => {
                let of_kind = self.facts.iter().filter(|((of, _), _)| *of == kind);
                oldest(of_kind.map(|((_, key), (_, stored))| (*stored, key.clone())).collect())
            }
        }
    }
}

enum Old {
    Events(Vec<i64>),
    Keys(Vec<String>),
}

impl MemoryStore {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same for a write, if the lease is held that it is made under.
    fn fenced(&self, doing: &'static str) -> Result<MutexGuard<'_, State>, InboxError> {
        let state = self.state();
        let held = |fence: Fence| state.leases.get(&fence.work).is_some_and(|(_, held)| *held == fence);
        if Fence::present().is_none_or(held) { Ok(state) } else { Err(lost(doing)) }
    }
}

/// The entries of a map whose keys begin so.
fn beginning<'a, V>(map: &'a BTreeMap<String, V>, prefix: &'a str) -> impl Iterator<Item = &'a String> {
    map.range(prefix.to_owned()..).map(|(key, _)| key).take_while(move |key| key.starts_with(prefix))
}

#[async_trait]
impl Store for MemoryStore {
    async fn insert(&self, events: &[NewEvent], now: u64) -> Result<Vec<bool>, InboxError> {
        let mut state = self.state();
        let mut insert = |event: &NewEvent| {
            if state.keys.contains_key(&event.key) || state.spent.contains_key(&event.key) {
                return false;
            }
            let id = state.last + 1;
            let NewEvent { key, change, held } = event.clone();
            let stands = if held.is_some() { EventState::Parked } else { EventState::Pending };
            let (due, received) = (now, now);
            let (reason, brake) = (held.as_ref().map(Held::reason), held.map(|held| held.brake));
            let attempts = 0;
            state.store(StoredEvent { id, key, change, state: stands, attempts, due, reason, brake, received });
            true
        };
        Ok(events.iter().map(&mut insert).collect())
    }

    async fn due(&self, now: u64, limit: usize) -> Result<(Vec<RecordId>, Option<u64>), InboxError> {
        let state = self.state();
        let mut known = HashSet::new();
        let due = state.due.range(..=(now, i64::MAX)).filter_map(|(_, id)| state.events.get(id));
        let records = due.map(|event| event.change.record).filter(|record| known.insert(*record));
        let records = records.take(limit).collect();
        let next = state.due.range((Excluded((now, i64::MAX)), Unbounded)).next().map(|(due, _)| *due);
        Ok((records, next))
    }

    async fn pending(&self, record: RecordId) -> Result<Vec<StoredEvent>, InboxError> {
        let state = self.state();
        let ids = state.of(record, EventState::Pending);
        Ok(ids.iter().filter_map(|id| state.events.get(id)).cloned().collect())
    }

    async fn known(&self, prefixes: &[String]) -> Result<Vec<Vec<String>>, InboxError> {
        let state = self.state();
        let known = |prefix: &String| {
            let mut keys: Vec<_> =
                beginning(&state.keys, prefix).chain(beginning(&state.spent, prefix)).cloned().collect();
            keys.sort();
            keys
        };
        Ok(prefixes.iter().map(known).collect())
    }

    async fn settle(&self, ids: &[i64], settlement: &Settlement) -> Result<(), InboxError> {
        self.fenced("settle events")?.change(ids.iter().copied(), |event| {
            event.state = settlement.state;
            event.reason.clone_from(&settlement.reason);
            if settlement.state != EventState::Pending {
                event.brake = settlement.brake;
            }
            event.due = settlement.due;
            event.attempts += u32::from(settlement.attempted);
        });
        Ok(())
    }

    async fn confirm(&self, ids: &[i64]) -> Result<(), InboxError> {
        self.fenced("confirm events")?.change(ids.iter().copied(), |event| event.change.confirmed = true);
        Ok(())
    }

    async fn release(&self, record: Option<RecordId>, now: u64) -> Result<u64, InboxError> {
        let mut state = self.state();
        let records = record.map_or_else(|| state.open.keys().copied().collect(), |record| vec![record]);
        let parked: Vec<i64> = records.into_iter().flat_map(|record| state.of(record, EventState::Parked)).collect();
        let released = parked.len() as u64;
        state.change(parked, |event| (event.state, event.due, event.attempts) = (EventState::Pending, now, 0));
        Ok(released)
    }

    async fn lift(&self, prefix: &str, brake: Brake, now: u64) -> Result<u64, InboxError> {
        let mut state = self.state();
        let ids = beginning(&state.keys, prefix).filter_map(|key| state.keys.get(key)).copied();
        let is_held = |event: &StoredEvent| event.state == EventState::Parked && event.brake == Some(brake);
        let held: Vec<i64> = ids.filter(|id| state.events.get(id).is_some_and(is_held)).collect();
        let lifted = held.len() as u64;
        state.change(held, |event| {
            (event.state, event.due, event.brake, event.reason) = (EventState::Pending, now, None, None);
        });
        Ok(lifted)
    }

    async fn page(
        &self,
        wanted: Option<EventState>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, InboxError> {
        let state = self.state();
        let older = state.events.range(..before.unwrap_or(i64::MAX)).rev().map(|(_, event)| event);
        let matching = older.filter(|event| wanted.is_none_or(|wanted| wanted == event.state));
        Ok(matching.take(limit as usize).cloned().collect())
    }

    async fn counts(&self) -> Result<EventCounts, InboxError> {
        Ok(EventCounts::of(self.state().events.values().map(|event| (event.stands(), 1))))
    }

    async fn lease(&self, work: Work, owner: &str, ended: Option<&Lease>) -> Result<Leasing, InboxError> {
        let mut state = self.state();
        let present = state.leases.get(&work).cloned();
        let (renewals, fence) = match present {
            Some((lease, fence)) if lease.owner == owner => (lease.renewals + 1, fence),
            Some((lease, _)) if Some(&lease) != ended => return Ok(Leasing::Held(lease)),
            _ => {
                state.taken += 1;
                (0, Fence { work, token: state.taken })
            }
        };
        state.leases.insert(work, (Lease { owner: owner.to_owned(), renewals }, fence));
        Ok(Leasing::Taken(fence))
    }

    async fn unlease(&self, work: Option<Work>, owner: &str) -> Result<(), InboxError> {
        let ends = |held: &Work, lease: &Lease| lease.owner == owner && work.is_none_or(|work| work == *held);
        self.state().leases.retain(|held, (lease, _)| !ends(held, lease));
        Ok(())
    }

    async fn get(&self, kind: &'static str, key: &str) -> Result<Option<String>, InboxError> {
        Ok(self.state().facts.get(&(kind, key.to_owned())).map(|(value, _)| value.clone()))
    }

    async fn put(&self, kind: &'static str, key: &str, value: &str) -> Result<(), InboxError> {
        let mut state = self.fenced("store a fact")?;
        state.facts.insert((kind, key.to_owned()), (value.to_owned(), clock()));
        Ok(())
    }

    async fn replace(
        &self,
        kind: &'static str,
        key: &str,
        expected: Option<&str>,
        value: &str,
    ) -> Result<bool, InboxError> {
        let mut state = self.fenced("store a fact")?;
        let key = (kind, key.to_owned());
        let as_expected = state.facts.get(&key).map(|(value, _)| value.as_str()) == expected;
        if as_expected {
            state.facts.insert(key, (value.to_owned(), clock()));
        }
        Ok(as_expected)
    }

    async fn delete(&self, kind: &'static str, key: &str) -> Result<(), InboxError> {
        self.fenced("remove a fact")?.facts.remove(&(kind, key.to_owned()));
        Ok(())
    }

    async fn all(&self, kind: &'static str, prefix: &str) -> Result<Vec<(String, String)>, InboxError> {
        let state = self.state();
        let from = state.facts.range((kind, prefix.to_owned())..);
        let of_kind = from.take_while(|((of, key), _)| *of == kind && key.starts_with(prefix));
        Ok(of_kind.map(|((_, key), (value, _))| (key.clone(), value.clone())).collect())
    }

    async fn aged(&self, kind: &'static str, before: u64, limit: u32) -> Result<Vec<String>, InboxError> {
        match self.state().old(Aged::Facts(kind), before) {
            Old::Keys(keys) => Ok(keys.into_iter().take(limit as usize).collect()),
            Old::Events(_) => Ok(Vec::new()),
        }
    }

    async fn prune(&self, what: Aged, before: u64, limit: u32) -> Result<u64, InboxError> {
        let mut state = self.state();
        let mut removed = 0;
        match state.old(what, before) {
            Old::Events(ids) => {
                for event in ids.into_iter().take(limit as usize).filter_map(|id| state.take(id)).collect::<Vec<_>>() {
                    state.spent.insert(event.key, event.received);
                    removed += 1;
                }
            }
            Old::Keys(keys) => {
                for key in keys.into_iter().take(limit as usize) {
                    match what {
                        Aged::Facts(kind) => drop(state.facts.remove(&(kind, key))),
                        _ => drop(state.spent.remove(&key)),
                    }
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }

    async fn prunable(&self, what: Aged, before: u64) -> Result<u64, InboxError> {
        Ok(match self.state().old(what, before) {
            Old::Events(ids) => ids.len() as u64,
            Old::Keys(keys) => keys.len() as u64,
        })
    }

    async fn size(&self) -> Result<u64, InboxError> {
        Ok(0)
    }

    async fn export(&self, to: mpsc::Sender<Entry>) -> Result<(), InboxError> {
        let entries: Vec<Entry> = {
            let state = self.state();
            let events = state.events.values().map(|event| Entry::Event(Box::new(event.clone())));
            let keys = state.spent.iter().map(|(key, received)| Entry::Key { key: key.clone(), received: *received });
            let facts = state.facts.iter().map(|((kind, key), (value, stored))| {
                let (kind, key, value) = ((*kind).to_owned(), key.clone(), value.clone());
                Entry::Fact { kind, key, value, stored: *stored }
            });
            events.chain(keys).chain(facts).collect()
        };
        for entry in entries {
            if to.send(entry).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    async fn import(&self, entries: &[Entry]) -> Result<(), InboxError> {
        let mut state = self.state();
        for entry in entries {
            match entry.clone() {
                Entry::Event(event) => state.store(*event),
                Entry::Key { key, received } => drop(state.spent.insert(key, received)),
                Entry::Fact { kind: of, key, value, stored } => {
                    state.facts.insert((kind(&of)?, key), (value, stored));
                }
            }
        }
        Ok(())
    }
}
