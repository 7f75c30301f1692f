//! The server's durable memory: events with their causes, and what it knows of each guest.
//!
//! A store has two parts. The *queue* holds changes until they are done; the *facts* are small JSON documents by kind
//! and key. [`Inbox`] gives the facts their types, so that a store is little more than two tables. What is known of a
//! record is kept under its id and its birth, as an id can come again.

pub mod memory;
#[cfg(feature = "inbox-sqlite")]
pub mod sqlite;
mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proxmox_api::{NodeName, SshKeys, Vmid};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use self::memory::MemoryStore;
#[cfg(feature = "inbox-sqlite")]
pub use self::sqlite::SqliteStore;
pub(crate) use self::store::time_of;
pub use self::store::{Brake, EventState, Held, Lease, NewEvent, Settlement, Store, StoredEvent};
use crate::event::{Intent, KnownDisk, KnownInterface};
use crate::guest::{Cluster, Owner, RecordId};
use crate::moment::Moment;
use crate::part::Part;
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

/// A guest as it was last seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its VMID.
    pub vmid: Vmid,
    /// Its node.
    pub node: NodeName,
    /// The id of its NetBox cluster.
    pub cluster: u64,
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
    pub fn new(vmid: Vmid, node: &NodeName, cluster: u64) -> Self {
        let node = node.clone();
        let (disks, wanted, interfaces, removals, keys) = Default::default();
        Self { vmid, node, cluster, agreed_node: Part::Unknown, disks, wanted, interfaces, removals, keys }
    }
}

/// The guest of a deleted record that is to be destroyed later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// When, in seconds since 1970.
    pub due: u64,
    /// Its VMID.
    pub vmid: Vmid,
    /// The id of its NetBox cluster.
    pub cluster: u64,
    /// The deletion that asked for it: a later one waits its full time.
    pub deletion: Option<String>,
}

/// How far NetBox's change log was read, and its last entry that is known: a NetBox that was restored has another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPosition {
    /// The entry where reading began.
    pub first: u64,
    /// The last one that was read.
    pub last: u64,
    /// An entry that is known: its id, its time and its request.
    pub known: (u64, String, String),
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
const RESTORED: &str = "restored";
const CLUSTER: &str = "cluster";
const RESTED: &str = "rested";
const DESTROYED: &str = "destroyed";
const DISCOVERED: &str = "discovered";
const TRIED: &str = "tried";

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

    /// The creation that was begun for a record.
    pub async fn intent(&self, owner: Owner) -> Result<Option<Intent>, InboxError> {
        self.read(INTENT, &owner.to_string()).await
    }

    /// All creations that were begun.
    pub async fn intents(&self) -> Result<Vec<Intent>, InboxError> {
        let all = self.store.all(INTENT, "").await?;
        all.iter().map(|(_, value)| decode(value)).collect()
    }

    /// Stores a creation before anything of it happens, and again once its task has a name.
    pub async fn put_intent(&self, intent: &Intent) -> Result<(), InboxError> {
        self.write(INTENT, &intent.owner.to_string(), intent).await
    }

    /// Forgets a creation that was reached or given up.
    pub async fn close_intent(&self, owner: Owner) -> Result<(), InboxError> {
        self.store.delete(INTENT, &owner.to_string()).await
    }

    /// The guest of a record as it was last seen.
    pub async fn seen(&self, owner: Owner) -> Result<Option<Seen>, InboxError> {
        self.read(SEEN, &owner.to_string()).await
    }

    /// Remembers a guest.
    pub async fn put_seen(&self, owner: Owner, seen: &Seen) -> Result<(), InboxError> {
        self.write(SEEN, &owner.to_string(), seen).await
    }

    /// The births of the records with this id of which something is remembered: more than one, once an id has come again.
    pub async fn births(&self, record: RecordId) -> Result<Vec<Moment>, InboxError> {
        let prefix = format!("{record}@");
        let mut births = Vec::new();
        for kind in [INTENT, SEEN, REMOVAL] {
            let keys = self.store.all(kind, &prefix).await?;
            births.extend(keys.iter().filter_map(|(key, _)| time_of(key)));
        }
        births.sort_unstable();
        births.dedup();
        Ok(births)
    }

    /// Forgets a guest that was destroyed.
    pub async fn forget(&self, owner: Owner) -> Result<(), InboxError> {
        let key = owner.to_string();
        self.store.delete(INTENT, &key).await?;
        self.store.delete(REMOVAL, &key).await?;
        self.store.delete(SEEN, &key).await
    }

    /// Whether a report was delivered, or begun.
    pub async fn reported(&self, key: &ReportKey) -> Result<Option<Reported>, InboxError> {
        Ok(self.reports(&kept_under(key)).await?.into_iter().find(|(made, _)| made == key).map(|(_, state)| state))
    }

    /// Remembers how far a report has come.
    pub async fn put_reported(&self, key: &ReportKey, state: Reported) -> Result<(), InboxError> {
        let under = kept_under(key);
        let mut reports = self.reports(&under).await?;
        reports.retain(|(made, _)| made != key);
        reports.push((key.clone(), state));
        self.write(REPORT, &under, &reports).await
    }

    /// Forgets the reports of a record's plans whose cause is over: should it return, it is reported again.
    pub async fn retain_reports(&self, owner: Owner, still_true: &[ReportKey]) -> Result<(), InboxError> {
        self.retain(owner, |key| key.is_of_orphan() || still_true.contains(key)).await
    }

    /// The same for reports on guests that carry the record's marker, and that no record names.
    pub async fn retain_orphans(&self, owner: Owner, still_true: &[ReportKey]) -> Result<(), InboxError> {
        self.retain(owner, |key| !key.is_of_orphan() || still_true.contains(key)).await
    }

    async fn retain(&self, owner: Owner, keep: impl Fn(&ReportKey) -> bool) -> Result<(), InboxError> {
        let under = owner.to_string();
        let mut reports = self.reports(&under).await?;
        let before = reports.len();
        reports.retain(|(made, _)| keep(made));
        if reports.len() == before {
            return Ok(());
        }
        self.write(REPORT, &under, &reports).await
    }

    async fn reports(&self, under: &str) -> Result<Vec<(ReportKey, Reported)>, InboxError> {
        Ok(self.read(REPORT, under).await?.unwrap_or_default())
    }

    /// Whether a request to NetBox was ours: what it causes is an echo.
    pub async fn is_own_request(&self, request: &str) -> Result<bool, InboxError> {
        Ok(self.store.get(OWN_REQUEST, request).await?.is_some())
    }

    /// Remembers a request of ours.
    pub async fn put_own_request(&self, request: &str) -> Result<(), InboxError> {
        self.store.put(OWN_REQUEST, request, "").await
    }

    /// When a record that was made of a guest in Proxmox was last saved by us, as NetBox writes times.
    pub async fn discovered(&self, owner: Owner) -> Result<Option<String>, InboxError> {
        self.read(DISCOVERED, &owner.to_string()).await
    }

    /// Remembers that a record was made of a guest in Proxmox, and when it was last saved.
    pub async fn put_discovered(&self, owner: Owner, saved: &str) -> Result<(), InboxError> {
        self.write(DISCOVERED, &owner.to_string(), &saved).await
    }

    /// The removal that waits for the guest of a deleted record.
    pub async fn removal(&self, owner: Owner) -> Result<Option<Removal>, InboxError> {
        self.read(REMOVAL, &owner.to_string()).await
    }

    /// Stores a removal that is due later.
    pub async fn put_removal(&self, owner: Owner, removal: &Removal) -> Result<(), InboxError> {
        self.write(REMOVAL, &owner.to_string(), removal).await
    }

    /// Forgets a removal: the record is there again.
    pub async fn cancel_removal(&self, owner: Owner) -> Result<(), InboxError> {
        self.store.delete(REMOVAL, &owner.to_string()).await
    }

    /// How far NetBox's change log was read.
    pub async fn change_log(&self) -> Result<Option<LogPosition>, InboxError> {
        self.read(CHANGE_LOG, "read").await
    }

    /// Remembers how far the change log was read.
    pub async fn put_change_log(&self, read: &LogPosition) -> Result<(), InboxError> {
        self.write(CHANGE_LOG, "read", read).await
    }

    /// When the server first read NetBox's change log, as NetBox writes times; by its clock, if there was an entry.
    pub async fn first_start(&self) -> Result<Option<String>, InboxError> {
        self.read(FIRST_START, "netbox").await
    }

    /// Remembers when the server first read NetBox's change log.
    pub async fn put_first_start(&self, time: &str) -> Result<(), InboxError> {
        self.write(FIRST_START, "netbox", &time).await
    }

    /// What was seen of a NetBox that seems to have been restored: until a person agrees nothing is destroyed.
    pub async fn restored(&self) -> Result<Option<String>, InboxError> {
        self.read(RESTORED, "netbox").await
    }

    /// Remembers that NetBox seems to have been restored or, with nothing, that a person has agreed.
    pub async fn put_restored(&self, seen: Option<&str>) -> Result<(), InboxError> {
        match seen {
            Some(seen) => self.write(RESTORED, "netbox", &seen).await,
            None => self.store.delete(RESTORED, "netbox").await,
        }
    }

    /// The NetBox cluster that a setting was found to mean, and when that was created.
    pub async fn cluster(&self, setting: &str) -> Result<Option<(Cluster, Option<Moment>)>, InboxError> {
        self.read(CLUSTER, setting).await
    }

    /// Remembers the NetBox cluster that a setting means.
    pub async fn put_cluster(&self, setting: &str, cluster: &Cluster, birth: Option<Moment>) -> Result<(), InboxError> {
        self.write(CLUSTER, setting, &(cluster, birth)).await
    }

    /// The VMIDs of a cluster whose guests are gone, and since when, in seconds since 1970.
    pub async fn rested(&self, cluster: u64) -> Result<BTreeMap<Vmid, u64>, InboxError> {
        let all = self.store.all(RESTED, &format!("{cluster}/")).await?;
        let rested = |(key, value): &(String, String)| {
            let vmid = key.rsplit_once('/').and_then(|(_, vmid)| vmid.parse().ok());
            decode(value).map(|since| vmid.map(|vmid| (vmid, since)))
        };
        Ok(all.iter().map(rested).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// The VMIDs of a cluster at which guests of ours were last seen, also of such as are gone.
    pub async fn known_vmids(&self, cluster: u64) -> Result<BTreeSet<Vmid>, InboxError> {
        let all = self.store.all(SEEN, "").await?;
        let seen = all.iter().map(|(_, value)| decode::<Seen>(value)).collect::<Result<Vec<_>, _>>()?;
        Ok(seen.into_iter().filter(|seen| seen.cluster == cluster).map(|seen| seen.vmid).collect())
    }

    /// Remembers that a VMID is no guest's any more: backups and replication jobs still know it.
    pub async fn put_rested(&self, cluster: u64, vmid: Vmid, now: u64) -> Result<(), InboxError> {
        self.write(RESTED, &format!("{cluster}/{vmid}"), &now).await
    }

    /// Forgets it: it rested long enough, or is a guest's again.
    pub async fn forget_rested(&self, cluster: u64, vmid: Vmid) -> Result<(), InboxError> {
        self.store.delete(RESTED, &format!("{cluster}/{vmid}")).await
    }

    /// The guests whose removal was begun of late: whose, and when, in seconds since 1970.
    pub async fn destroyed(&self) -> Result<Vec<(String, u64)>, InboxError> {
        Ok(self.read(DESTROYED, "of late").await?.unwrap_or_default())
    }

    /// Remembers them.
    pub async fn put_destroyed(&self, of_late: &[(String, u64)]) -> Result<(), InboxError> {
        self.write(DESTROYED, "of late", &of_late).await
    }

    async fn read<T: DeserializeOwned>(&self, kind: &'static str, key: &str) -> Result<Option<T>, InboxError> {
        self.store.get(kind, key).await?.as_deref().map(decode).transpose()
    }

    async fn write<T: Serialize + ?Sized>(&self, kind: &'static str, key: &str, value: &T) -> Result<(), InboxError> {
        self.store.put(kind, key, &encode(value)?).await
    }
}

/// The key under which a report is remembered: that of its record, or of its cluster.
fn kept_under(key: &ReportKey) -> String {
    match (key.record, key.birth) {
        (Some(record), Some(birth)) => Owner { record, birth }.to_string(),
        (Some(record), None) => format!("{record}@"),
        (None, _) => format!("cluster {}", key.cluster.unwrap_or_default()),
    }
}

pub(crate) fn encode<T: Serialize + ?Sized>(value: &T) -> Result<String, InboxError> {
    serde_json::to_string(value).map_err(|error| InboxError::new("encode a fact", error))
}

pub(crate) fn decode<T: DeserializeOwned>(text: &str) -> Result<T, InboxError> {
    serde_json::from_str(text).map_err(|error| InboxError::new("decode what it holds", error))
}
