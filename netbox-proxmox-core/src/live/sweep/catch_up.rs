//! Makes up for deliveries that never came: NetBox's change log is read from the last entry that is known.
//!
//! NetBox does not send a delivery again by default, and none at all while its receiver is away (seen on NetBox
//! 4.7.3). An entry and its delivery are one event: they share all but the time, which the delivery has when it is queued.

use std::collections::{BTreeMap, HashMap};

use futures_util::TryStreamExt;
use jiff::Timestamp;
use netbox_api::client::ObjectChangeFilter;
use netbox_api::{ObjectChange, ObjectType, Snapshot};

use super::restored;
use crate::event::{Change, Changed};
use crate::executor::Failure;
use crate::guest::RecordId;
use crate::live::dispatch::Dispatcher;
use crate::live::dispatch::brakes::DELETIONS_AT_ONCE;
use crate::live::inbox::{Brake, Held, LogPosition, NewEvent, time_of};
use crate::moment::Moment;
use crate::report::Reporter;

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
    /// Deletions among them that wait for a person.
    pub held: usize,
    /// The newest entry of the log; `None`: it is empty, or the token may not read it.
    pub newest: Option<u64>,
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
        let bridge = self.bridge();
        let log = bridge.netbox.object_changes();
        let Some(newest) = log.newest(&ObjectChangeFilter::default()).await? else {
            tracing::warn!("NetBox's change log is empty, or the token may not read it (core.view_objectchange)");
            if bridge.inbox.first_start().await?.is_none() {
                bridge.inbox.put_first_start(&Timestamp::now().to_string()).await?;
            }
            return Ok(CatchUp::default());
        };
        self.follow_clusters().await;
        let mut done = CatchUp { newest: Some(newest.id), ..CatchUp::default() };
        // Of another NetBox the old position says nothing: reading goes on from its end.
        restored::seen(bridge).await?;
        let Some(position) = bridge.inbox.change_log().await? else {
            if bridge.inbox.first_start().await?.is_none() {
                bridge.inbox.put_first_start(&newest.time).await?;
            }
            let (first, last, known) = (newest.id, newest.id, restored::known(&newest));
            bridge.inbox.put_change_log(&LogPosition { first, last, known }).await?;
            return Ok(done);
        };
        let upto = upto.unwrap_or(newest.id).min(newest.id);
        let (entries, mut events) = self.unknown(&position, upto).await?;
        done.read = entries.len();
        done.held = self.hold_deletions(&mut events).await;
        done.new = self.store(&events).await?.into_iter().filter(|new| *new).count();
        // What is known is the newest entry: it is the last to be pruned.
        let position = LogPosition { last: upto.max(position.last), known: restored::known(&newest), ..position };
        bridge.inbox.put_change_log(&position).await?;
        Ok(done)
    }

    /// Stores what the change log has of one record and no delivery has brought yet; says whether there was anything. It
    /// is for whoever is about to say that nobody did something: the delivery may be on its way.
    ///
    /// # Errors
    /// As [`catch_up`](Self::catch_up).
    pub(in crate::live) async fn catch_up_with(&self, record: RecordId) -> Result<bool, Failure> {
        let Some(known) = self.bridge().inbox.change_log().await? else { return Ok(false) };
        let (_, mut events) = self.unknown(&known, u64::MAX).await?;
        // Deletions are left to whoever counts them.
        events.retain(|event| event.change.record == record && !event.change.deleted_record());
        Ok(self.store(&events).await?.into_iter().any(|new| new))
    }

    /// The entries that the change log has after the last one that is known, and the events among them that are not.
    async fn unknown(&self, position: &LogPosition, upto: u64) -> Result<(Vec<ObjectChange>, Vec<NewEvent>), Failure> {
        let bridge = self.bridge();
        let from = position.last.saturating_sub(OVERLAP).max(position.first);
        let filter = ObjectChangeFilter { id_gte: Some(from + 1), ..Default::default() };
        let mut entries: Vec<ObjectChange> = Vec::new();
        let log = bridge.netbox.object_changes();
        let mut pages = log.list(&filter);
        while let Some(entry) = pages.try_next().await? {
            // NetBox ignores filters that it does not know, and returns everything.
            if entry.id > from {
                entries.push(entry);
            }
        }
        entries.sort_by_key(|entry| entry.id);
        let events = self.events(from, &entries).await?;
        let prefixes: Vec<String> = events.iter().map(|(_, event)| event.prefix().to_owned()).collect();
        let known = bridge.inbox.store().known(&prefixes).await?;
        let mut unknown = Vec::new();
        // A later entry that shares everything but the time, as that of a revert, has deliveries of its own.
        let mut later: HashMap<String, Option<Moment>> = HashMap::new();
        for ((id, event), keys) in events.into_iter().zip(known).rev() {
            let next = later.insert(event.prefix().to_owned(), event.change.time).flatten();
            if id <= upto && !keys.iter().any(|key| is_of(key, event.change.time, next)) {
                unknown.push(event);
            }
        }
        unknown.reverse();
        entries.retain(|entry| entry.id <= upto);
        Ok((entries, unknown))
    }

    /// The brake: many deletions at once are more likely a mistake, or another NetBox, than a wish. It is said on the
    /// clusters. Says how many wait.
    async fn hold_deletions(&self, events: &mut [NewEvent]) -> usize {
        let bridge = self.bridge();
        let cluster = |event: &NewEvent| match &event.change.what {
            // One by an importer destroys nothing.
            _ if bridge.policy.is_of_importer(&event.change) => None,
            Changed::Record { before: Some(facts), after: None } if facts.kind.is_some() => {
                Some(bridge.cluster(facts.cluster?)?.netbox_cluster.id)
            }
            _ => None,
        };
        let deletions = events.iter().filter(|event| cluster(event).is_some()).count();
        if deletions <= DELETIONS_AT_ONCE {
            return 0;
        }
        let why = format!(
            "{deletions} deletions in NetBox had not been delivered, more than {DELETIONS_AT_ONCE} at once. One whose delivery \
             comes is answered. If all are meant, release them (`netbox-proxmox events --release`)"
        );
        tracing::warn!("held: {why}");
        let mut counts: BTreeMap<u64, (usize, RecordId)> = BTreeMap::new();
        for event in events.iter_mut() {
            if let Some(id) = cluster(event) {
                event.held = Some(Held { brake: Brake::Undelivered, why: why.clone() });
                counts.entry(id).or_insert((0, event.change.record)).0 += 1;
            }
        }
        for (id, (count, first)) in counts {
            if let Some(cluster) = bridge.cluster(id) {
                self.tell(cluster, Reporter::of_cluster(&cluster.netbox_cluster).held_deletions(count, first)).await;
            }
        }
        deletions
    }

    /// The events of entries with the entries' ids, in their order. What was made of one is kept as long as it may be read
    /// again: an address costs a question.
    async fn events(&self, from: u64, entries: &[ObjectChange]) -> Result<Vec<(u64, NewEvent)>, Failure> {
        let bridge = self.bridge();
        let mut read = self.read_log().lock().await;
        read.retain(|entry, _| *entry > from);
        let new: Vec<&ObjectChange> = entries.iter().filter(|entry| !read.contains_key(&entry.id)).collect();
        for entry in new {
            let Some(identity) = entry.key() else { continue };
            let mut changes = Change::from_change_log(entry, &bridge.fields);
            changes.extend(self.of_interfaces(entry).await?);
            let events = changes.into_iter().map(|change| NewEvent::of_log(&identity, change)).collect();
            read.insert(entry.id, events);
        }
        let of_entry = |entry: &ObjectChange| {
            let events = read.get(&entry.id).cloned().unwrap_or_default();
            let id = entry.id;
            events.into_iter().map(move |event| (id, event))
        };
        Ok(entries.iter().flat_map(of_entry).collect())
    }

    /// The changes of an address or a MAC address: of the virtual machine on whose interface it is, and of the one on
    /// whose it was, of which no delivery tells. Its entry has the interfaces' ids only. One that is gone has an entry of
    /// its own.
    async fn of_interfaces(&self, entry: &ObjectChange) -> Result<Vec<Change>, Failure> {
        let what = match entry.changed_object_type.as_str() {
            ObjectType::IP_ADDRESS => Changed::Address,
            ObjectType::MAC_ADDRESS => Changed::MacAddress,
            _ => return Ok(Vec::new()),
        };
        let Some(event) = entry.event() else { return Ok(Vec::new()) };
        let interface = |snapshot: &Option<Snapshot>| snapshot.as_ref()?.id("assigned_object_id");
        let (now, before) = (interface(&entry.postchange_data), interface(&entry.prechange_data));
        let mut changes: Vec<Change> = Vec::new();
        for id in now.into_iter().chain(before.filter(|before| now != Some(*before))) {
            // The entry does not say whether it is one of a device, and another one may have its number: that one is looked
            // at, and nothing is asked for.
            let machine = match self.bridge().netbox.interfaces().get(id).await {
                Ok(fetched) => fetched.value.virtual_machine,
                Err(error) if error.is_not_found() => continue,
                Err(error) => return Err(error.into()),
            };
            if changes.iter().all(|change| change.record.0 != machine.id) {
                changes.push(Change {
                    record: RecordId(machine.id),
                    name: machine.name,
                    object: entry.changed_object_id,
                    event,
                    user: Some(entry.user_name.clone()).filter(|user| !user.is_empty()),
                    request: Some(entry.request_id.clone()).filter(|request| !request.is_empty()),
                    time: entry.time.parse().ok(),
                    confirmed: true,
                    status: None,
                    what: what.clone(),
                });
            }
        }
        Ok(changes)
    }
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
