//! NetBox's change log, a page at a time from the oldest entry. A page is small at first, so that what it has is acted on
//! soon; larger while NetBox answers quickly; smaller where it does not answer in time.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::TryStreamExt;
use netbox_api::client::ObjectChangeFilter;
use netbox_api::{Error, ErrorKind, ObjectChange, ObjectType};
use tokio::time::{Instant, timeout};

use crate::executor::{Failure, FailureKind};
use crate::live::bridge::Bridge;

/// What of an entry is asked for. For what else it would show, such as the object as it is now, NetBox asks its database
/// three times an entry (605 queries for 200 entries of NetBox 4.2.9); 4.7.3 gives 200 in 40 ms instead of 250.
pub(in crate::live) const FIELDS: [&str; 9] = [
    "id",
    "time",
    "user_name",
    "request_id",
    "action",
    "changed_object_type",
    "changed_object_id",
    "prechange_data",
    "postchange_data",
];

/// How many entries are asked for at first, at least and at most.
const FIRST: usize = 50;
const LEAST: usize = 10;
const MOST: usize = 200;

/// How long a page may take that could be smaller.
const PATIENCE: Duration = Duration::from_secs(10);

/// A page that took no longer lets the next one be larger.
const QUICK: Duration = Duration::from_secs(2);

/// After how many quick pages the next one is larger, once one has failed.
const QUICK_IN_A_ROW: u32 = 5;

/// All entries that match of the types that are heeded, oldest first.
///
/// # Errors
/// NetBox did not give them.
pub(in crate::live) async fn matching(
    bridge: &Bridge,
    filter: ObjectChangeFilter,
) -> Result<Vec<ObjectChange>, Failure> {
    let filter = ObjectChangeFilter { changed_object_type: types(bridge).await?, ..filter };
    all(bridge, &filter).await
}

/// All entries that match, oldest first.
///
/// # Errors
/// NetBox did not give them.
pub(in crate::live) async fn all(bridge: &Bridge, filter: &ObjectChangeFilter) -> Result<Vec<ObjectChange>, Failure> {
    let mut entries = bridge.netbox.object_changes().fields(FIELDS).all(filter).await?;
    entries.sort_by_key(|entry| entry.id);
    Ok(entries)
}

/// How many entries the next page has.
#[derive(Debug)]
pub(super) struct PageSize {
    entries: usize,
    quick: u32,
    needed: u32,
}

impl Default for PageSize {
    fn default() -> Self {
        Self { entries: FIRST, quick: 0, needed: 1 }
    }
}

impl PageSize {
    /// A page came.
    fn came(&mut self, took: Duration) {
        self.quick = if took <= QUICK { self.quick + 1 } else { 0 };
        if self.quick >= self.needed {
            (self.entries, self.quick) = ((self.entries * 2).min(MOST), 0);
        }
    }

    /// A page did not come; says whether a smaller one can be asked for.
    fn failed(&mut self) -> bool {
        let smaller = self.entries > LEAST;
        (self.entries, self.quick, self.needed) = ((self.entries / 2).max(LEAST), 0, QUICK_IN_A_ROW);
        smaller
    }
}

/// The entries after one, oldest first.
#[derive(Debug)]
pub(super) struct Page {
    /// The entries.
    pub(super) entries: Vec<ObjectChange>,
    /// Whether the log ends with them.
    pub(super) ended: bool,
}

impl Page {
    /// The next page after the entry with this id, as large as NetBox gives it in time.
    ///
    /// # Errors
    /// NetBox did not give even a small one.
    pub(super) async fn after(id: u64, bridge: &Bridge, size: &Mutex<PageSize>) -> Result<Self, Failure> {
        let with_size = || size.lock().unwrap_or_else(PoisonError::into_inner);
        let changed_object_type = types(bridge).await?;
        let filter = ObjectChangeFilter { id_gte: Some(id + 1), changed_object_type, ..Default::default() };
        loop {
            let asked = with_size().entries;
            let log = bridge.netbox.object_changes().fields(FIELDS).page_size(u32::try_from(asked).unwrap_or(u32::MAX));
            // NetBox ignores filters that it does not know, and returns everything.
            let newer = log.list(&filter).try_filter(|entry| std::future::ready(entry.id > id));
            let entries = futures_util::StreamExt::take(newer, asked).try_collect::<Vec<ObjectChange>>();
            let begun = Instant::now();
            let patience = if asked > LEAST { PATIENCE } else { Duration::MAX };
            let failure = match timeout(patience, entries).await {
                Ok(Ok(mut entries)) => {
                    with_size().came(begun.elapsed());
                    entries.sort_by_key(|entry| entry.id);
                    return Ok(Self { ended: entries.len() < asked, entries });
                }
                Ok(Err(error)) if is_too_much(&error) => error.into(),
                Ok(Err(error)) => return Err(error.into()),
                Err(_) => Failure::new(
                    FailureKind::Retry,
                    format!("NetBox gives no {asked} entries of its change log in time"),
                ),
            };
            if !with_size().failed() {
                return Err(failure);
            }
            tracing::info!(after = id, asked, why = %failure.why, "a page of NetBox's change log did not come: a smaller one is asked for");
        }
    }
}

/// Whether fewer entries may be what NetBox, or a proxy before it, can give.
fn is_too_much(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Unavailable | ErrorKind::Server)
}

/// The types of objects whose entries are asked for; none: all. Only NetBox 4.7 takes several: those before take the last
/// one of them alone, and say nothing.
async fn types(bridge: &Bridge) -> Result<Vec<String>, Failure> {
    let several = match bridge.netbox.version().await {
        Ok(version) => version.filters_several_types(),
        Err(error) if is_too_much(&error) => return Err(error.into()),
        // One that does not tell its version is taken for an old one.
        Err(_) => false,
    };
    Ok(if several { ObjectType::DELIVERED.map(str::to_owned).to_vec() } else { Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(100);

    #[test]
    fn pages_grow_while_netbox_is_quick_and_shrink_where_it_is_not() {
        let mut size = PageSize::default();
        let mut after = |came: bool| {
            if came {
                size.came(SOON)
            } else {
                assert!(size.failed())
            }
            size.entries
        };
        assert_eq!([after(true), after(true), after(true)], [100, 200, 200]);
        assert_eq!([after(false), after(false)], [100, 50]);
        assert_eq!((0..10).map(|_| after(true)).collect::<Vec<_>>(), [50, 50, 50, 50, 100, 100, 100, 100, 100, 200]);
    }

    #[test]
    fn a_page_that_is_slow_is_not_followed_by_a_larger_one() {
        let mut size = PageSize::default();
        size.came(QUICK * 2);
        assert_eq!(size.entries, FIRST);
    }

    #[test]
    fn a_small_page_that_does_not_come_is_a_failure() {
        let mut size = PageSize::default();
        assert_eq!((0..4).map(|_| size.failed()).collect::<Vec<_>>(), [true, true, true, false]);
        assert_eq!(size.entries, LEAST);
    }
}
