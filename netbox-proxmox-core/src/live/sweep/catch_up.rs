//! Makes up for deliveries that never came: NetBox's change log is read from the last entry that is known, a page at a time,
//! and what a page has is answered while the next one is read.
//!
//! NetBox does not send a delivery again by default, and none at all while its receiver is away (seen on NetBox
//! 4.7.3). An entry and its delivery are one event: they share all but the time, which the delivery has when it is queued.

use std::collections::HashMap;

use netbox_api::ObjectChange;
use netbox_api::client::ObjectChangeFilter;

use super::page::Page;
use super::restored;
use crate::executor::Failure;
use crate::guest::RecordId;
use crate::live::clock;
use crate::live::dispatch::Dispatcher;
use crate::live::inbox::{LogPosition, NewEvent, time_of};
use crate::moment::Moment;

/// How far back the log is read again: entries are numbered when a transaction begins and seen when it ends, so one with
/// a lower number may come after. What is known already is not answered twice.
const OVERLAP: u64 = 100;

/// What was read of the change log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CatchUp {
    /// Entries that were read.
    pub read: usize,
    /// Events that no delivery had brought.
    pub new: usize,
    /// Deletions among them that wait for a person, once all was read.
    pub held: usize,
    /// How many entries at most are to be read yet.
    pub left: u64,
    /// The newest entry of the log; `None`: it is empty, or the token may not read it.
    pub newest: Option<u64>,
}

/// What a page has.
struct Unknown {
    /// How many entries there are in it.
    read: usize,
    /// The events that no delivery had brought.
    events: Vec<NewEvent>,
    /// The last entry.
    last: u64,
    /// Whether nothing is to be read after it.
    ended: bool,
}

impl Dispatcher {
    /// Reads the change log from the last entry that is known, and stores what no delivery has brought. The very first
    /// time it only notes where the log ends.
    ///
    /// `upto`: entries after this one are left for the next time, because their deliveries may still be on their way.
    ///
    /// # Errors
    /// NetBox or the inbox failed. What was read before is stored, and the rest is read the next time.
    pub async fn catch_up(&self, upto: Option<u64>) -> Result<CatchUp, Failure> {
        self.catch_up_telling(upto, |_| {}).await
    }

    /// The same, and `told` is told after each page how far it has come.
    ///
    /// # Errors
    /// As [`catch_up`](Self::catch_up).
    pub async fn catch_up_telling(
        &self,
        upto: Option<u64>,
        mut told: impl FnMut(CatchUp) + Send,
    ) -> Result<CatchUp, Failure> {
        let bridge = self.bridge();
        let log = bridge.netbox.object_changes();
        let newest = log.newest(&ObjectChangeFilter::default()).await;
        if !matches!(newest, Ok(Some(_))) && bridge.inbox.first_start().await?.is_none() {
            // What comes from now on is read once it can be.
            bridge.inbox.put_first_start(&clock::timestamp().to_string()).await?;
        }
        let Some(newest) = newest? else {
            tracing::warn!("NetBox's change log is empty, or the token may not read it (core.view_objectchange)");
            return Ok(CatchUp::default());
        };
        self.follow_clusters().await;
        if let Err(failure) = self.look_for_agreements().await {
            tracing::warn!(why = %failure.why, "it cannot be seen whether another person agreed to what is held");
        }
        let mut done = CatchUp { newest: Some(newest.id), ..CatchUp::default() };
        // Of another NetBox the old position says nothing: reading goes on from its end.
        restored::seen(bridge).await?;
        let known = restored::known(&newest);
        let Some(mut position) = bridge.inbox.change_log().await? else {
            let last = match bridge.inbox.first_start().await? {
                // It could not be read then, or was empty.
                Some(start) => self.last_before(&start).await?,
                None => {
                    bridge.inbox.put_first_start(&newest.time).await?;
                    newest.id
                }
            };
            bridge
                .inbox
                .put_change_log(&LogPosition { first: last, last, known, undelivered: Default::default() })
                .await?;
            return Ok(done);
        };
        let upto = upto.unwrap_or(newest.id).min(newest.id);
        let mut after = again_from(&position);
        loop {
            let page = self.unknown(after, upto).await?;
            // Meanwhile NetBox may have been restored, or another process have read on.
            if bridge.inbox.change_log().await?.as_ref() != Some(&position) {
                return Ok(done);
            }
            let mut events = page.events;
            if position.undelivered.hold(&mut events, bridge) {
                bridge.inbox.put_change_log(&position).await?;
            }
            done.new += self.store(&events).await?.into_iter().filter(|new| *new).count();
            (done.read, after, done.left) = (done.read + page.read, page.last, upto.saturating_sub(page.last));
            let last = if page.ended { upto } else { page.last };
            if page.ended {
                done.held = self.let_go(&std::mem::take(&mut position.undelivered)).await?;
            }
            // What is known is the newest entry: it is the last to be pruned.
            position = LogPosition { last: last.max(position.last), known: known.clone(), ..position };
            bridge.inbox.put_change_log(&position).await?;
            if page.ended {
                return Ok(CatchUp { left: 0, ..done });
            }
            told(done);
        }
    }

    /// The last entry that is not of after this time; 0 if there is none.
    async fn last_before(&self, time: &str) -> Result<u64, Failure> {
        let filter = ObjectChangeFilter { time_before: Some(time.to_owned()), ..ObjectChangeFilter::default() };
        let newest = self.bridge().netbox.object_changes().newest(&filter).await?;
        // NetBox ignores filters that it does not know, and returns everything.
        let is_before = |entry: &ObjectChange| entry.time.parse::<Moment>().ok() <= time.parse::<Moment>().ok();
        Ok(newest.filter(is_before).map_or(0, |entry| entry.id))
    }

    /// Stores what the change log has of one record and no delivery has brought yet; says whether there was anything. It
    /// is for whoever is about to say that nobody did something: the delivery may be on its way.
    ///
    /// # Errors
    /// As [`catch_up`](Self::catch_up).
    pub(in crate::live) async fn catch_up_with(&self, record: RecordId) -> Result<bool, Failure> {
        let Some(known) = self.bridge().inbox.change_log().await? else { return Ok(false) };
        let (mut after, mut any) = (again_from(&known), false);
        loop {
            let Unknown { mut events, last, ended, .. } = self.unknown(after, u64::MAX).await?;
            // Deletions are left to whoever counts them.
            events.retain(|event| event.change.record == record && !event.change.deleted_record());
            any |= self.store(&events).await?.into_iter().any(|new| new);
            if ended {
                return Ok(any);
            }
            after = last;
        }
    }

    /// The page after an entry, up to another one, and the events in it that are not known.
    async fn unknown(&self, after: u64, upto: u64) -> Result<Unknown, Failure> {
        let bridge = self.bridge();
        let Page { entries, ended } = Page::after(after, bridge, &self.read_log().size).await?;
        let events = self.read_log().events(bridge, &entries).await?;
        let prefixes: Vec<String> = events.iter().map(|(_, event)| event.prefix().to_owned()).collect();
        let known = bridge.inbox.store().known(&prefixes).await?;
        let mut unknown = Vec::new();
        // A later entry that shares everything but the time, as that of a revert, has deliveries of its own. Of one on a later
        // page nothing is known yet: it does again what this one did, and its delivery has been answered.
        let mut later: HashMap<String, Option<Moment>> = HashMap::new();
        for ((id, event), keys) in events.into_iter().zip(known).rev() {
            let next = later.insert(event.prefix().to_owned(), event.change.time).flatten();
            if id <= upto && !keys.iter().any(|key| is_of(key, event.change.time, next)) {
                unknown.push(event);
            }
        }
        unknown.reverse();
        let last = entries.last().map_or(after, |entry| entry.id);
        let read = entries.iter().filter(|entry| entry.id <= upto).count();
        Ok(Unknown { read, events: unknown, last: last.min(upto), ended: ended || last >= upto })
    }
}

/// The entry after which the log is read again.
fn again_from(position: &LogPosition) -> u64 {
    position.last.saturating_sub(OVERLAP).max(position.first)
}

/// Whether a stored event is that of an entry of the change log, or its delivery, which is queued after the entry was made
/// and before the `next` one that shares all else. When in doubt it is another one: a second look finds nothing to do.
fn is_of(key: &str, entry: Option<Moment>, next: Option<Moment>) -> bool {
    let (Some(entry), Some(stored)) = (entry, time_of(key)) else { return true };
    stored >= entry.plus(-1) && next.is_none_or(|next| stored < next.plus(-1))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_known_by_the_delivery_that_was_queued_for_it() {
        let moment = |text: &str| Some(text.parse().unwrap());
        let merge = moment("2026-11-26T13:00:00.5Z");
        let key = |time: &str| format!("r/virtualization.virtualmachine/4/updated/4@{time}");
        assert!(is_of(&key("2026-11-26T13:00:00.700000+00:00"), merge, None));
        assert!(is_of(&key("2026-11-26T13:02:00.700000+00:00"), merge, None), "queued at the end of a long request");
        assert!(!is_of(&key("2026-11-26T12:55:18.336879+00:00"), merge, None), "the change within the branch");
        let revert = moment("2026-11-26T13:00:20Z");
        assert!(!is_of(&key("2026-11-26T13:00:21.1+00:00"), merge, revert), "that of the revert");
        assert!(is_of(&key("2026-11-26T13:00:21.1+00:00"), revert, None));
        assert!(!is_of(&key("2026-11-26T13:00:00.7+00:00"), revert, None));
    }
}
