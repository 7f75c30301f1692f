//! Who works on a guest: one process at a time. A lease that is not renewed ends; that it is not renewed everybody sees by
//! their own clock, whatever the time of day is where it was taken.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::guest::RecordId;
use crate::live::inbox::{InboxError, Lease, Store};

/// How long a lease lasts without being renewed.
pub const LEASE: Duration = Duration::from_secs(20);

/// A name for this process in leases: no other process has it, in no other container either, and not the next one with the
/// same id.
pub fn unique_owner(label: &str) -> String {
    let unique = RandomState::new().hash_one(std::process::id());
    format!("{label} {} {unique:016x}", std::process::id())
}

/// Whether a lease was to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It was.
    Yes,
    /// Somebody else has it; whether that one still works is not known yet.
    No,
    /// Somebody else has it, and has renewed it since it was last asked for.
    Renewed,
}

/// The leases of one process.
#[derive(Debug)]
pub struct Leases {
    owner: String,
    /// Leases of others, and since when they were seen exactly so.
    others: Mutex<HashMap<RecordId, (Lease, Instant)>>,
}

impl Leases {
    /// Of the process with this name; see [`unique_owner`].
    pub fn new(owner: &str) -> Self {
        Self { owner: owner.to_owned(), others: Mutex::default() }
    }

    /// The name.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Takes the lease on a record; says whether it was to be had. One of somebody else is, once it was not renewed for
    /// [`LEASE`]: ask again meanwhile.
    ///
    /// # Errors
    /// The store failed.
    pub async fn take(&self, store: &dyn Store, record: RecordId) -> Result<Taken, InboxError> {
        let ended = {
            let others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
            others.get(&record).filter(|(_, since)| since.elapsed() >= LEASE).map(|(lease, _)| lease.clone())
        };
        let other = store.lease(record, &self.owner, ended.as_ref()).await?;
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        match other {
            None => {
                others.remove(&record);
                Ok(Taken::Yes)
            }
            Some(lease) => {
                let known = others.get(&record).map(|(known, _)| known);
                let renewed = known.is_some_and(|known| known.owner == lease.owner && *known != lease);
                if known != Some(&lease) {
                    others.insert(record, (lease, Instant::now()));
                }
                Ok(if renewed { Taken::Renewed } else { Taken::No })
            }
        }
    }

    /// Renews the lease on a record; ends when it is lost: whoever works on the record must stop. That is said no later than
    /// somebody else can have it.
    pub async fn keep(&self, store: &dyn Store, record: RecordId) {
        let mut renewed = Instant::now();
        loop {
            tokio::time::sleep(LEASE / 5).await;
            let asked = Instant::now();
            match store.lease(record, &self.owner, None).await {
                Ok(None) => renewed = asked,
                Ok(Some(_)) => return,
                Err(error) if renewed.elapsed() + LEASE / 5 < LEASE => {
                    tracing::error!(%record, %error, "the lease is not renewed");
                }
                Err(_) => return,
            }
        }
    }

    /// Gives up the lease on a record.
    ///
    /// # Errors
    /// The store failed.
    pub async fn give_up(&self, store: &dyn Store, record: RecordId) -> Result<(), InboxError> {
        store.unlease(Some(record), &self.owner).await
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::live::MemoryStore;

    const RECORD: RecordId = RecordId(1);

    #[test]
    fn two_processes_of_one_name_are_two_owners() {
        assert_ne!(unique_owner("host"), unique_owner("host"));
    }

    #[tokio::test(start_paused = true)]
    async fn one_works_and_another_waits_until_that_is_not_renewed_any_more() {
        let store = MemoryStore::default();
        let (first, second) = (Leases::new("first"), Leases::new("second"));
        assert_eq!(first.take(&store, RECORD).await.unwrap(), Taken::Yes);
        assert_eq!(second.take(&store, RECORD).await.unwrap(), Taken::No);
        // While it is kept nobody else has it, however long that takes.
        let kept = tokio::select! {
            () = first.keep(&store, RECORD) => false,
            taken = async {
                for _ in 0..20 {
                    tokio::time::sleep(LEASE / 2).await;
                    if second.take(&store, RECORD).await.unwrap() != Taken::Renewed {
                        return true;
                    }
                }
                false
            } => !taken,
        };
        assert!(kept);
        // Its process ends.
        second.take(&store, RECORD).await.unwrap();
        tokio::time::sleep(LEASE).await;
        assert_eq!(second.take(&store, RECORD).await.unwrap(), Taken::Yes);
        assert_eq!(first.take(&store, RECORD).await.unwrap(), Taken::No, "the first comes back, and has it no more");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_slept_too_long_is_told_that_the_lease_is_lost() {
        let store = MemoryStore::default();
        let (first, second) = (Leases::new("first"), Leases::new("second"));
        assert_eq!(first.take(&store, RECORD).await.unwrap(), Taken::Yes);
        assert_eq!(second.take(&store, RECORD).await.unwrap(), Taken::No);
        tokio::time::sleep(LEASE).await;
        assert_eq!(second.take(&store, RECORD).await.unwrap(), Taken::Yes);
        first.keep(&store, RECORD).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_that_was_given_up_is_to_be_had_at_once() {
        let store = MemoryStore::default();
        let (first, second) = (Leases::new("first"), Leases::new("second"));
        assert_eq!(first.take(&store, RECORD).await.unwrap(), Taken::Yes);
        first.give_up(&store, RECORD).await.unwrap();
        assert_eq!(second.take(&store, RECORD).await.unwrap(), Taken::Yes);
    }
}
