//! The server's durable memory: events with their causes, and what it knows of each guest.
//!
//! A store has two parts. The *queue* holds changes until they are done; the *facts* are small JSON documents by kind
//! and key. [`Inbox`] gives the facts their types, so that a store is little more than two tables.

use std::sync::Arc;

use async_trait::async_trait;
use netbox_api::Delivery;
use proxmox_api::{NodeName, SshKeys, Vmid};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::delivery::NotAnEvent;
use crate::event::{Change, Intent, KnownDisk, KnownInterface};
use crate::guest::RecordId;
use crate::part::Part;
use crate::record::FieldNames;
use crate::report::ReportKey;

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

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventState {
    /// It waits, or is being worked on.
    Pending,
    /// It was answered.
    Done,
    /// It concerns nothing of ours.
    Ignored,
    /// It waits for a person; `reason` says why.
    Parked,
}

impl EventState {
    /// Its name, as the stores keep it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Ignored => "ignored",
            Self::Parked => "parked",
        }
    }

    /// The state of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Pending, Self::Done, Self::Ignored, Self::Parked].into_iter().find(|state| state.as_str() == name)
    }
}

/// A change to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// Identity: a change that comes twice has the same key and is stored once.
    pub key: String,
    /// The change.
    pub change: Change,
    /// Why it is parked from the start: it waits for a person.
    pub held: Option<String>,
}

impl NewEvent {
    /// The changes of a delivery, one for each virtual machine that it concerns.
    ///
    /// # Errors
    /// The delivery concerns no virtual machine, or is not true yet.
    pub fn from_delivery(delivery: &Delivery, fields: &FieldNames) -> Result<Vec<Self>, NotAnEvent> {
        let mut identity = delivery.key().to_string();
        if delivery.request.id.is_none() {
            // A job or script has no request: then only the time tells two saves of one object apart.
            identity = format!("{identity}@{}", delivery.timestamp);
        }
        let changes = Change::from_delivery(delivery, fields)?;
        Ok(changes.into_iter().map(|change| Self::of(&identity, change)).collect())
    }

    /// A change of a delivery, or of the change-log entry that is the same event: both have the same identity.
    pub(crate) fn of(identity: &str, change: Change) -> Self {
        Self { key: format!("{identity}/{}", change.record), change, held: None }
    }
}

/// A stored change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredEvent {
    /// Its number, in the order of arrival.
    pub id: i64,
    /// Its identity.
    pub key: String,
    /// The change.
    pub change: Change,
    /// Where it stands.
    pub state: EventState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is due, in seconds since 1970.
    pub due: u64,
    /// Why it was tried in vain, ignored or parked.
    pub reason: Option<String>,
    /// When it arrived, in seconds since 1970.
    pub received: u64,
}

/// How events are settled after a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    /// Their new state.
    pub state: EventState,
    /// Why.
    pub reason: Option<String>,
    /// When they are due again, if they stay pending.
    pub due: u64,
    /// Whether this counts as an attempt.
    pub attempted: bool,
}

/// What a store must do. All writes are durable when the call returns.
#[async_trait]
pub trait Store: Send + Sync {
    /// Stores events as pending; says for each whether it is new.
    async fn insert(&self, events: &[NewEvent], now: u64) -> Result<Vec<bool>, InboxError>;
    /// The records that have pending events due by `now`, and when the next ones are due.
    async fn due(&self, now: u64) -> Result<(Vec<RecordId>, Option<u64>), InboxError>;
    /// All pending events of a record, in order of arrival: once one is due, all are answered together, so that a new
    /// one is not answered without the causes of one that waits to be tried again.
    async fn pending(&self, record: RecordId) -> Result<Vec<StoredEvent>, InboxError>;
    /// Says for each key whether an event of it is stored.
    async fn known(&self, keys: &[String]) -> Result<Vec<bool>, InboxError>;
    /// Settles events.
    async fn settle(&self, ids: &[i64], settlement: &Settlement) -> Result<(), InboxError>;
    /// Makes parked events pending again, of one record or of all; says how many.
    async fn release(&self, record: Option<RecordId>, now: u64) -> Result<u64, InboxError>;
    /// The newest events, newest first, of a state if one is given.
    async fn events(&self, state: Option<EventState>, limit: u32) -> Result<Vec<StoredEvent>, InboxError>;
    /// Takes or renews the lease on a record until a time; says whether it was to be had.
    async fn lease(&self, record: RecordId, owner: &str, now: u64, until: u64) -> Result<bool, InboxError>;
    /// Gives up the lease on a record, or all leases of an owner.
    async fn unlease(&self, record: Option<RecordId>, owner: &str) -> Result<(), InboxError>;
    /// A fact.
    async fn get(&self, kind: &'static str, key: &str) -> Result<Option<String>, InboxError>;
    /// Stores a fact.
    async fn put(&self, kind: &'static str, key: &str, value: &str) -> Result<(), InboxError>;
    /// Removes a fact.
    async fn delete(&self, kind: &'static str, key: &str) -> Result<(), InboxError>;
    /// All facts of a kind.
    async fn all(&self, kind: &'static str) -> Result<Vec<(String, String)>, InboxError>;
}

/// A guest as it was last seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its VMID.
    pub vmid: Vmid,
    /// Its node.
    pub node: NodeName,
    /// Its NetBox cluster.
    pub cluster: String,
    /// The node that NetBox said, and the guest was on, when the record was last answered.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub agreed_node: Part<NodeName>,
    /// Where its virtual disks were.
    pub disks: Vec<KnownDisk>,
    /// Virtual disks whose creation was seen, and that it lacks.
    #[serde(default)]
    pub wanted: Vec<u64>,
    /// Which `netN` its interfaces were.
    #[serde(default)]
    pub interfaces: Vec<KnownInterface>,
    /// Volumes whose removal was begun: a running container gives them up when it stops.
    #[serde(default)]
    pub removals: Vec<KnownDisk>,
    /// The SSH keys that a container was created with.
    #[serde(default)]
    pub keys: Option<SshKeys>,
}

impl Seen {
    /// A guest of which nothing is known yet but where it is.
    pub fn new(vmid: Vmid, node: &NodeName, cluster: &str) -> Self {
        let (node, cluster) = (node.clone(), cluster.to_owned());
        let (disks, wanted, interfaces, removals, keys) = Default::default();
        Self { vmid, node, cluster, agreed_node: Part::Unknown, disks, wanted, interfaces, removals, keys }
    }
}

/// How far a report has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reported {
    /// It is being written: perhaps NetBox has it.
    Begun,
    /// NetBox has it.
    Delivered,
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

impl Inbox {
    /// Over a store.
    pub fn new(store: impl Store + 'static) -> Self {
        Self { store: Arc::new(store) }
    }

    /// The store: the queue is used directly.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// The creation that was begun for a record.
    ///
    /// # Errors
    /// The store failed; so for all methods.
    pub async fn intent(&self, record: RecordId) -> Result<Option<Intent>, InboxError> {
        self.read(INTENT, &record.to_string()).await
    }

    /// All creations that were begun.
    pub async fn intents(&self) -> Result<Vec<Intent>, InboxError> {
        let all = self.store.all(INTENT).await?;
        all.iter().map(|(_, value)| decode(value)).collect()
    }

    /// Stores a creation before anything of it happens, and again once its task has a name.
    pub async fn put_intent(&self, intent: &Intent) -> Result<(), InboxError> {
        self.write(INTENT, &intent.record.to_string(), intent).await
    }

    /// Forgets a creation that was reached or given up.
    pub async fn close_intent(&self, record: RecordId) -> Result<(), InboxError> {
        self.store.delete(INTENT, &record.to_string()).await
    }

    /// The guest of a record as it was last seen.
    pub async fn seen(&self, record: RecordId) -> Result<Option<Seen>, InboxError> {
        self.read(SEEN, &record.to_string()).await
    }

    /// Remembers a guest.
    pub async fn put_seen(&self, record: RecordId, seen: &Seen) -> Result<(), InboxError> {
        self.write(SEEN, &record.to_string(), seen).await
    }

    /// Forgets a guest that was destroyed.
    pub async fn forget(&self, record: RecordId) -> Result<(), InboxError> {
        let key = record.to_string();
        self.store.delete(INTENT, &key).await?;
        self.store.delete(REMOVAL, &key).await?;
        self.store.delete(SEEN, &key).await
    }

    /// Whether a report was delivered, or begun.
    pub async fn reported(&self, key: &ReportKey) -> Result<Option<Reported>, InboxError> {
        Ok(self.reports(key.record).await?.into_iter().find(|(made, _)| made == key).map(|(_, state)| state))
    }

    /// Remembers how far a report has come.
    pub async fn put_reported(&self, key: &ReportKey, state: Reported) -> Result<(), InboxError> {
        let mut reports = self.reports(key.record).await?;
        reports.retain(|(made, _)| made != key);
        reports.push((key.clone(), state));
        self.write(REPORT, &key.record.to_string(), &reports).await
    }

    /// Forgets the reports of a record's plans whose cause is over: should it return, it is reported again.
    pub async fn retain_reports(&self, record: RecordId, still_true: &[ReportKey]) -> Result<(), InboxError> {
        self.retain(record, |key| key.is_of_orphan() || still_true.contains(key)).await
    }

    /// The same for reports on guests that carry the record's marker, and that no record names.
    pub async fn retain_orphans(&self, record: RecordId, still_true: &[ReportKey]) -> Result<(), InboxError> {
        self.retain(record, |key| !key.is_of_orphan() || still_true.contains(key)).await
    }

    async fn retain(&self, record: RecordId, keep: impl Fn(&ReportKey) -> bool) -> Result<(), InboxError> {
        let mut reports = self.reports(record).await?;
        let before = reports.len();
        reports.retain(|(made, _)| keep(made));
        if reports.len() == before {
            return Ok(());
        }
        self.write(REPORT, &record.to_string(), &reports).await
    }

    async fn reports(&self, record: RecordId) -> Result<Vec<(ReportKey, Reported)>, InboxError> {
        Ok(self.read(REPORT, &record.to_string()).await?.unwrap_or_default())
    }

    /// Whether a request to NetBox was ours: what it causes is an echo.
    pub async fn is_own_request(&self, request: &str) -> Result<bool, InboxError> {
        Ok(self.store.get(OWN_REQUEST, request).await?.is_some())
    }

    /// Remembers a request of ours.
    pub async fn put_own_request(&self, request: &str) -> Result<(), InboxError> {
        self.store.put(OWN_REQUEST, request, "").await
    }

    /// When the guest of a deleted record is to be destroyed, in seconds since 1970.
    pub async fn removal_due(&self, record: RecordId) -> Result<Option<u64>, InboxError> {
        self.read(REMOVAL, &record.to_string()).await
    }

    /// Stores a removal that is due later.
    pub async fn put_removal(&self, record: RecordId, due: u64) -> Result<(), InboxError> {
        self.write(REMOVAL, &record.to_string(), &due).await
    }

    /// The entry of NetBox's change log where reading began, and the last one that was read.
    pub async fn change_log(&self) -> Result<Option<(u64, u64)>, InboxError> {
        self.read(CHANGE_LOG, "read").await
    }

    /// Remembers how far the change log was read.
    pub async fn put_change_log(&self, read: (u64, u64)) -> Result<(), InboxError> {
        self.write(CHANGE_LOG, "read", &read).await
    }

    /// When the server first read NetBox's change log, as NetBox writes times; by its clock, if there was an entry.
    pub async fn first_start(&self) -> Result<Option<String>, InboxError> {
        self.read(FIRST_START, "netbox").await
    }

    /// Remembers when the server first read NetBox's change log.
    pub async fn put_first_start(&self, time: &str) -> Result<(), InboxError> {
        self.write(FIRST_START, "netbox", &time).await
    }

    async fn read<T: DeserializeOwned>(&self, kind: &'static str, key: &str) -> Result<Option<T>, InboxError> {
        self.store.get(kind, key).await?.as_deref().map(decode).transpose()
    }

    async fn write<T: Serialize>(&self, kind: &'static str, key: &str, value: &T) -> Result<(), InboxError> {
        self.store.put(kind, key, &encode(value)?).await
    }
}

pub(crate) fn encode<T: Serialize>(value: &T) -> Result<String, InboxError> {
    serde_json::to_string(value).map_err(|error| InboxError::new("encode a fact", error))
}

pub(crate) fn decode<T: DeserializeOwned>(text: &str) -> Result<T, InboxError> {
    serde_json::from_str(text).map_err(|error| InboxError::new("decode what it holds", error))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_change_without_a_request_is_known_by_its_time() {
        let key = |time: &str, request: &str| {
            let body = format!(
                r#"{{"event": "updated", "timestamp": "{time}", "object_type": "virtualization.virtualmachine",
                "data": {{"id": 7, "name": "web01"}}, "request": {request}}}"#
            );
            let delivery: Delivery = serde_json::from_str(&body).unwrap();
            NewEvent::from_delivery(&delivery, &FieldNames::default()).unwrap()[0].key.clone()
        };
        assert_eq!(key("1", r#"{"id": "abc"}"#), key("2", r#"{"id": "abc"}"#));
        assert_ne!(key("1", "null"), key("2", "null"));
        assert_eq!(key("1", "null"), key("1", "null"));
    }
}
