//! What is known of NetBox: how far its change log was read, our own writes, which clusters it has.

use serde::{Deserialize, Serialize};

use super::{CHANGE_LOG, CLUSTER, FIRST_START, Inbox, InboxError, OWN_REQUEST, RESTORED};
use crate::guest::Cluster;
use crate::live::sweep::undelivered::Undelivered;
use crate::moment::Moment;

/// How far NetBox's change log was read, and its last entry that is known: a NetBox that was restored has another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPosition {
    /// The entry where reading began.
    pub first: u64,
    /// The last one that was read.
    pub last: u64,
    /// An entry that is known: its id, its time and its request.
    pub known: (u64, String, String),
    /// Deletions that were held while it was read, and not counted to their end.
    #[serde(default)]
    pub undelivered: Undelivered,
}

impl Inbox {
    /// Whether a request to NetBox was ours: what it causes is an echo.
    pub async fn is_own_request(&self, request: &str) -> Result<bool, InboxError> {
        Ok(self.store.get(OWN_REQUEST, request).await?.is_some())
    }

    /// Remembers a request of ours.
    pub async fn put_own_request(&self, request: &str) -> Result<(), InboxError> {
        self.store.put(OWN_REQUEST, request, "").await
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
}
