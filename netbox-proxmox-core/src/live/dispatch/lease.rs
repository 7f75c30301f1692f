//! Who works on a guest, reads the change log or compares both sides: one process at a time. A lease that is not renewed ends;
//! that it is not renewed everybody sees by their own clock, whatever the time of day is where it was taken.

use std::collections::HashMap;
use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use crate::live::inbox::{Fence, InboxError, Lease, Leasing, Store, Work};

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
    /// Those that it has, or had until somebody else took them.
    held: Mutex<HashMap<Work, Fence>>,
    /// Leases of others, and since when they were seen exactly so.
    others: Mutex<HashMap<Work, (Lease, Instant)>>,
}

impl Leases {
    /// Of the process with this name; see [`unique_owner`].
    pub fn new(owner: &str) -> Self {
        Self { owner: owner.to_owned(), held: Mutex::default(), others: Mutex::default() }
    }

    /// The name.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Work, Fence>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn others(&self) -> MutexGuard<'_, HashMap<Work, (Lease, Instant)>> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the lease on a work, such as a record's; says whether it was to be had. One of somebody else is, once it was not
    /// renewed for [`LEASE`]: ask again meanwhile.
    ///
    /// # Errors
    /// The store failed.
    pub async fn take(&self, store: &dyn Store, work: impl Into<Work>) -> Result<Taken, InboxError> {
        let work = work.into();
        let ended = {
            let others = self.others();
            others.get(&work).filter(|(_, since)| since.elapsed() >= LEASE).map(|(lease, _)| lease.clone())
        };
        match store.lease(work, &self.owner, ended.as_ref()).await? {
            Leasing::Taken(fence) => {
                self.others().remove(&work);
                self.held().insert(work, fence);
                Ok(Taken::Yes)
            }
            Leasing::Held(lease) => {
                let mut others = self.others();
                let known = others.get(&work).map(|(known, _)| known);
                let renewed = known.is_some_and(|known| known.owner == lease.owner && *known != lease);
                if known != Some(&lease) {
                    others.insert(work, (lease, Instant::now()));
                }
                Ok(if renewed { Taken::Renewed } else { Taken::No })
            }
        }
    }

    /// Does a work under its lease: what it writes to the inbox is refused once somebody else has that.
    pub async fn guard<T>(&self, work: impl Into<Work>, doing: impl Future<Output = T>) -> T {
        let fence = self.held().get(&work.into()).copied();
        match fence {
            Some(fence) => fence.guard(doing).await,
            None => doing.await,
        }
    }

    /// Renews the lease on a work; ends when it is lost: whoever works on it must stop. That is said no later than somebody else
    /// can have it.
    pub async fn keep(&self, store: &dyn Store, work: impl Into<Work>) {
        self.keep_since(&Renewed::now(), store, work.into()).await;
    }

    async fn keep_since(&self, renewed: &Renewed, store: &dyn Store, work: Work) {
        let fence = self.held().get(&work).copied();
        loop {
            tokio::time::sleep(LEASE / 5).await;
            let asked = Instant::now();
            match store.lease(work, &self.owner, None).await {
                Ok(Leasing::Taken(same)) if Some(same) == fence => renewed.at(asked),
                // Somebody else has it, or had it meanwhile.
                Ok(_) => return,
                Err(error) if renewed.elapsed() + LEASE / 5 < LEASE => {
                    tracing::error!(%work, %error, "the lease is not renewed");
                }
                Err(_) => return,
            }
        }
    }

    /// Does a work under its lease, which is kept meanwhile. `None`: somebody else does it.
    ///
    /// # Errors
    /// The store failed, or somebody else may do it by now: it was ended.
    pub async fn alone<T>(
        &self,
        store: &dyn Store,
        work: impl Into<Work>,
        doing: impl Future<Output = T>,
    ) -> Result<Option<T>, InboxError> {
        let (work, renewed) = (work.into(), Renewed::now());
        if self.take(store, work).await? != Taken::Yes {
            return Ok(None);
        }
        let done = tokio::select! {
            biased;
            done = renewed.in_time(self.guard(work, doing)) => done,
            // The inbox failed for longer than a lease lasts.
            () = self.keep_since(&renewed, store, work) => None,
        };
        self.give_up(store, work).await?;
        done.map(Some).ok_or_else(|| InboxError::new("keep a lease", "another instance may work on it"))
    }

    /// Gives up the lease on a work.
    ///
    /// # Errors
    /// The store failed.
    pub async fn give_up(&self, store: &dyn Store, work: impl Into<Work>) -> Result<(), InboxError> {
        let work = work.into();
        self.held().remove(&work);
        store.unlease(Some(work), &self.owner).await
    }
}

/// When a lease was last renewed.
#[derive(Debug)]
struct Renewed(Mutex<Instant>);

impl Renewed {
    fn now() -> Self {
        Self(Mutex::new(Instant::now()))
    }

    fn at(&self, moment: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = moment;
    }

    fn elapsed(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Goes on with a work only as long as nobody else can have its lease. A process that slept (it was stopped, or its machine)
    /// finds out before it does anything more, not once the inbox has answered: what it would ask of Proxmox meanwhile no fence
    /// keeps from happening.
    async fn in_time<T>(&self, doing: impl Future<Output = T>) -> Option<T> {
        let mut doing = pin!(doing);
        poll_fn(|context| match self.elapsed() < LEASE {
            true => doing.as_mut().poll(context).map(Some),
            false => Poll::Ready(None),
        })
        .await
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::guest::RecordId;
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
    async fn what_one_does_alone_nobody_else_does_meanwhile() {
        let store = MemoryStore::default();
        let (first, second) = (Leases::new("first"), Leases::new("second"));
        let done = first.alone(&store, Work::CatchUp, async { second.alone(&store, Work::CatchUp, async {}).await });
        assert_eq!(done.await.unwrap().map(Result::unwrap), Some(None));
        assert_eq!(second.alone(&store, Work::CatchUp, async {}).await.unwrap(), Some(()), "the first has done it");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_lost_the_lease_on_what_it_does_alone_writes_nothing() {
        let store = MemoryStore::default();
        let (first, second) = (Leases::new("first"), Leases::new("second"));
        let late = first.alone(&store, RECORD, async {
            store.put("kind", "key", "in time").await.unwrap();
            store.unlease(None, "first").await.unwrap();
            assert_eq!(second.take(&store, RECORD).await.unwrap(), Taken::Yes);
            store.put("kind", "key", "late").await
        });
        let refused = late.await.unwrap().unwrap().unwrap_err();
        assert!(refused.why.contains("the lease is lost"), "{refused}");
        assert_eq!(store.get("kind", "key").await.unwrap().as_deref(), Some("in time"));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_slept_while_another_took_the_lease_does_nothing_more() {
        let store = MemoryStore::default();
        let (first, second) = (Leases::new("first"), Leases::new("second"));
        let slept = first.alone(&store, RECORD, async {
            store.unlease(None, "first").await.unwrap();
            assert_eq!(second.take(&store, RECORD).await.unwrap(), Taken::Yes);
            // It goes on, and what it has waited for is there.
            tokio::time::advance(LEASE).await;
            panic!("it asks for more");
        });
        let told = slept.await.map(|_: Option<()>| ()).unwrap_err();
        assert!(told.why.contains("another instance may work on it"), "{told}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_that_was_given_up_is_to_be_had_at_once() {
        let store = MemoryStore::default();
        let (first, second) = (Leases::new("first"), Leases::new("second"));
        assert_eq!(first.take(&store, RECORD).await.unwrap(), Taken::Yes);
        first.give_up(&store, RECORD).await.unwrap();
        assert_eq!(second.take(&store, RECORD).await.unwrap(), Taken::Yes);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_lost_a_lease_without_knowing_writes_nothing_any_more() {
        let store = MemoryStore::default();
        let (first, second) = (Leases::new("first"), Leases::new("second"));
        assert_eq!(first.take(&store, RECORD).await.unwrap(), Taken::Yes);
        second.take(&store, RECORD).await.unwrap();
        first.guard(RECORD, store.put("seen", "1", "first")).await.unwrap();
        tokio::time::sleep(LEASE).await;
        assert_eq!(second.take(&store, RECORD).await.unwrap(), Taken::Yes);
        second.guard(RECORD, store.put("seen", "1", "second")).await.unwrap();
        second.give_up(&store, RECORD).await.unwrap();
        first.guard(RECORD, store.put("seen", "1", "first, late")).await.unwrap_err();
        assert_eq!(store.get("seen", "1").await.unwrap().as_deref(), Some("second"));
        // It is told so, though the lease is to be had again.
        first.keep(&store, RECORD).await;
    }
}
