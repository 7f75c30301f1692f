//! Makes up for deliveries that never came: NetBox's change log is read from the last entry that is known.
//!
//! NetBox does not send a delivery again by default, and none at all while its receiver is away (seen on NetBox
//! 4.7.3). An entry and its delivery are one event with one key, so whichever comes first is answered.

use futures_util::TryStreamExt;
use jiff::Timestamp;
use netbox_api::client::{ClusterFilter, ObjectChangeFilter};
use netbox_api::{ObjectChange, ObjectType, Snapshot};

use super::brakes::{DELETIONS_AT_ONCE, HELD};
use super::dispatcher::Dispatcher;
use super::inbox::NewEvent;
use crate::change_log::ClusterNames;
use crate::event::{Change, Changed};
use crate::executor::Failure;
use crate::guest::RecordId;

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
        let Some(entry) = log.newest(&ObjectChangeFilter::default()).await? else {
            tracing::warn!("NetBox's change log is empty, or the token may not read it (core.view_objectchange)");
            if bridge.inbox.first_start().await?.is_none() {
                bridge.inbox.put_first_start(&Timestamp::now().to_string()).await?;
            }
            return Ok(CatchUp::default());
        };
        let newest = entry.id;
        let mut done = CatchUp { newest: Some(newest), ..CatchUp::default() };
        let (first, last) = match bridge.inbox.change_log().await? {
            Some((first, last)) if last <= newest => (first, last),
            known => {
                match known {
                    Some(_) => {
                        tracing::warn!("NetBox's change log ends before what was read of it: reading on from its end")
                    }
                    None if bridge.inbox.first_start().await?.is_none() => {
                        bridge.inbox.put_first_start(&entry.time).await?;
                    }
                    None => {}
                }
                bridge.inbox.put_change_log((newest, newest)).await?;
                return Ok(done);
            }
        };
        let upto = upto.unwrap_or(newest).min(newest);
        let (read, mut events) = self.unknown((first, last), upto).await?;
        done.read = read;
        done.held = self.hold_deletions(&mut events);
        done.new = self.accept(&events).await?.into_iter().filter(|new| *new).count();
        bridge.inbox.put_change_log((first, upto.max(last))).await?;
        Ok(done)
    }

    /// Stores what the change log has of one record and no delivery has brought yet; says whether there was anything. It
    /// is for whoever is about to say that nobody did something: the delivery may be on its way.
    ///
    /// # Errors
    /// As [`catch_up`](Self::catch_up).
    pub(super) async fn catch_up_with(&self, record: RecordId) -> Result<bool, Failure> {
        let Some(known) = self.bridge().inbox.change_log().await? else { return Ok(false) };
        let (_, mut events) = self.unknown(known, u64::MAX).await?;
        // Deletions are left to whoever counts them.
        events.retain(|event| event.change.record == record && !event.change.deleted_record());
        Ok(self.accept(&events).await?.into_iter().any(|new| new))
    }

    /// How many entries the change log has after the last one that is known, and the events among them that are not.
    async fn unknown(&self, (first, last): (u64, u64), upto: u64) -> Result<(usize, Vec<NewEvent>), Failure> {
        let bridge = self.bridge();
        let from = last.saturating_sub(OVERLAP).max(first);
        let filter = ObjectChangeFilter { id_gte: Some(from + 1), ..Default::default() };
        let mut entries: Vec<ObjectChange> = Vec::new();
        let log = bridge.netbox.object_changes();
        let mut pages = log.list(&filter);
        while let Some(entry) = pages.try_next().await? {
            // NetBox ignores filters that it does not know, and returns everything.
            if entry.id > from && entry.id <= upto {
                entries.push(entry);
            }
        }
        entries.sort_by_key(|entry| entry.id);
        let mut events = self.events(from, &entries).await?;
        let keys: Vec<String> = events.iter().map(|event| event.key.clone()).collect();
        let mut known = bridge.inbox.store().known(&keys).await?.into_iter();
        events.retain(|_| known.next() == Some(false));
        Ok((entries.len(), events))
    }

    /// The brake: many deletions at once are more likely a mistake, or another NetBox, than a wish. Says how many wait.
    fn hold_deletions(&self, events: &mut [NewEvent]) -> usize {
        let ours = |event: &NewEvent| match &event.change.what {
            Changed::Record { before: Some(facts), after: None } => {
                let cluster = facts.cluster.as_deref();
                facts.kind.is_some() && cluster.is_none_or(|name| self.bridge().cluster(name).is_some())
            }
            _ => false,
        };
        let deletions = events.iter().filter(|event| ours(event)).count();
        if deletions <= DELETIONS_AT_ONCE {
            return 0;
        }
        let why = format!(
            "{HELD}{deletions} deletions in NetBox had not been delivered, more than {DELETIONS_AT_ONCE} at once. If they \
             are meant, release them (`netbox-proxmox events --release`)"
        );
        tracing::warn!("{why}");
        events.iter_mut().filter(|event| ours(event)).for_each(|event| event.held = Some(why.clone()));
        deletions
    }

    /// The events of entries, in their order. What was made of one is kept as long as it may be read again: an address
    /// costs a question.
    async fn events(&self, from: u64, entries: &[ObjectChange]) -> Result<Vec<NewEvent>, Failure> {
        let bridge = self.bridge();
        let mut read = self.read_log().lock().await;
        read.retain(|entry, _| *entry > from);
        let new: Vec<&ObjectChange> = entries.iter().filter(|entry| !read.contains_key(&entry.id)).collect();
        let clusters: ClusterNames = match new.iter().any(|it| it.changed_object_type == ObjectType::VIRTUAL_MACHINE) {
            true => {
                let clusters = bridge.netbox.clusters().all(&ClusterFilter::default()).await?;
                clusters.into_iter().map(|cluster| (cluster.id, cluster.name)).collect()
            }
            false => ClusterNames::new(),
        };
        for entry in new {
            let Some(identity) = entry.key().map(|key| key.to_string()) else { continue };
            let mut changes = Change::from_change_log(entry, &bridge.fields, &clusters);
            changes.extend(self.of_interfaces(entry).await?);
            let events = changes.into_iter().map(|change| NewEvent::of(&identity, change)).collect();
            read.insert(entry.id, events);
        }
        Ok(entries.iter().filter_map(|entry| read.get(&entry.id)).flatten().cloned().collect())
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
                    what: what.clone(),
                });
            }
        }
        Ok(changes)
    }
}
