//! Tells NetBox how records stand: what is not said there yet, in bulk, once a record is at rest and no plan of it is under way.
//!
//! NetBox saves whole rows, and of two saves at once the later one undoes the earlier (seen on 4.7.3), so that nothing is written while
//! a person or a script is at it; and a write changes the ETag, under which a plan writes.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use netbox_api::ErrorKind;
use netbox_api::client::{CustomFieldsPatch, VirtualMachinePatch};
use tokio::time::Instant;

use super::job::Job;
use super::lease::{Leases, Taken};
use super::{Dispatcher, log_error};
use crate::event::Event;
use crate::executor::Failure;
use crate::guest::RecordId;
use crate::live::bridge::{Bridge, now};
use crate::live::inbox::InboxError;
use crate::state::{Said, Standing};

/// What the change log says of a write.
const MESSAGE: &str = "how it stands in Proxmox";

/// How many records are written with one request: each takes NetBox some 40 ms, for which nobody works on them.
const BULK: usize = 20;

/// Of how many records it is kept until it is written; of others the next comparison finds it.
const KEPT: usize = 10_000;

/// How long a record is at rest before it is written, and after what time it is written though it is not.
pub(in crate::live) const REST: Duration = Duration::from_secs(5);
const LONG: Duration = Duration::from_secs(60);

/// What is to be said of a record.
#[derive(Debug, Clone)]
struct News {
    standing: Standing,
    /// What NetBox says, as it was last read or written.
    said: Said,
    /// When something was first to be said, and last.
    first: Instant,
    last: Instant,
}

/// What is to be said of records.
#[derive(Debug)]
pub(super) struct Standings {
    news: Mutex<HashMap<RecordId, News>>,
    /// Not those of the work on records: while that goes on, nothing is written here.
    leases: Leases,
}

impl Standings {
    /// Of the process with this name.
    pub(super) fn new(owner: &str) -> Self {
        Self { news: Mutex::default(), leases: Leases::new(&format!("{owner} (standings)")) }
    }

    fn news(&self) -> MutexGuard<'_, HashMap<RecordId, News>> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The records that are at rest.
    fn due(&self, rest: Duration) -> Vec<RecordId> {
        let is_due = |news: &News| news.last.elapsed() >= rest || news.first.elapsed() >= LONG;
        let mut due: Vec<_> = self.news().iter().filter(|(_, news)| is_due(news)).map(|(record, _)| *record).collect();
        due.sort_unstable();
        due
    }

    fn of(&self, record: RecordId) -> Option<News> {
        self.news().get(&record).cloned()
    }

    /// It was said, unless something else is to be said by now.
    fn said(&self, record: RecordId, what: &Standing) {
        let mut news = self.news();
        if news.get(&record).is_some_and(|news| news.standing == *what) {
            news.remove(&record);
        }
    }
}

impl Dispatcher {
    /// A record stands so. It is said in NetBox once it is at rest, where that does not say it.
    pub(in crate::live) fn stands(&self, record: RecordId, standing: Standing, said: Said) {
        let names = &self.inner.bridge.fields;
        let mut news = self.inner.standings.news();
        if standing.changes(&said, names, "").is_empty() {
            news.remove(&record);
            return;
        }
        let last = Instant::now();
        let first = news.get(&record).map_or(last, |news| news.first);
        if news.len() < KEPT || news.contains_key(&record) {
            news.insert(record, News { standing, said, first, last });
        }
    }

    /// The record of a job stands so.
    pub(super) fn job_stands(&self, job: &Job, standing: Standing) {
        if let Some(said) = job.said() {
            self.stands(job.record(), standing, said);
        }
    }

    /// The plan of an event went through: what was reported of the record and still is so says how it stands.
    pub(super) async fn performed_stands(&self, job: &Job, event: &Event) -> Result<(), InboxError> {
        let (Some(owner), Some(_)) = (event.owner(), job.said()) else { return Ok(()) };
        let reported = self.inner.bridge.inbox.standing(owner).await?;
        if let Some(standing) = Standing::of(event, &reported) {
            self.job_stands(job, standing);
        }
        Ok(())
    }

    /// Says in NetBox how those records stand that have been at rest for so long; says how many were written.
    ///
    /// # Errors
    /// NetBox or the inbox failed: what was not written is tried again the next time.
    pub async fn tell_standings(&self, rest: Duration) -> Result<usize, Failure> {
        let standings = &self.inner.standings;
        let (store, mut written) = (self.inner.bridge.inbox.store(), 0);
        for some in standings.due(rest).chunks(BULK) {
            let mut free = Vec::with_capacity(some.len());
            for record in some {
                if standings.leases.take(store, *record).await? == Taken::Yes {
                    free.push(*record);
                }
            }
            // A plan may have ended since.
            let news: Vec<_> = free.iter().filter_map(|record| Some((*record, standings.of(*record)?))).collect();
            let said = self.say(&news).await;
            for record in free {
                log_error(standings.leases.give_up(store, record).await);
            }
            written += said?;
        }
        Ok(written)
    }

    /// Says some, under their leases: all at once or, where NetBox refuses that, one by one.
    async fn say(&self, some: &[(RecordId, News)]) -> Result<usize, Failure> {
        match self.write(some).await? {
            Ok(()) => return Ok(some.len()),
            // One that is gone, or a choice that somebody has taken away: the others are written.
            Err(error) if is_of_one(error.kind()) => {}
            Err(error) => return Err(error.into()),
        }
        let mut written = 0;
        for one in some.chunks(1) {
            match self.write(one).await? {
                Ok(()) => written += 1,
                Err(error) if is_of_one(error.kind()) => {
                    for (record, news) in one {
                        tracing::warn!(%record, %error, "NetBox does not take how it stands");
                        self.inner.standings.said(*record, &news.standing);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(written)
    }

    /// Writes with one request.
    async fn write(&self, some: &[(RecordId, News)]) -> Result<Result<(), netbox_api::Error>, InboxError> {
        let bridge = &self.inner.bridge;
        let patches: Vec<_> =
            some.iter().map(|(record, news)| (record.0, patch(bridge, &news.standing, &news.said))).collect();
        let machines = bridge.netbox.virtual_machines().changelog_message(MESSAGE);
        match machines.update_all(&patches).await {
            Ok(answer) => {
                if let Some(request) = answer.request_id {
                    bridge.inbox.put_own_request(&request).await?;
                }
                some.iter().for_each(|(record, news)| self.inner.standings.said(*record, &news.standing));
                Ok(Ok(()))
            }
            Err(error) => Ok(Err(error)),
        }
    }
}

/// Whether it is about a record, not about all.
fn is_of_one(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Validation | ErrorKind::NotFound)
}

/// The write that says it, from now on.
pub(in crate::live) fn patch(bridge: &Bridge, standing: &Standing, said: &Said) -> VirtualMachinePatch {
    let changes = standing.changes(said, &bridge.fields, &written(now()));
    let custom_fields =
        changes.into_iter().fold(CustomFieldsPatch::new(), |patch, (name, value)| patch.value(name, value));
    VirtualMachinePatch { custom_fields, ..Default::default() }
}

/// A time as NetBox takes it, also with a Python before 3.11: that does not know `Z`.
fn written(time: u64) -> String {
    let time = Timestamp::from_second(time.cast_signed()).unwrap_or_default();
    time.to_string().replace('Z', "+00:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_says_its_offset() {
        assert_eq!(written(1_795_750_200), "2026-11-27T03:30:00+00:00");
    }
}
