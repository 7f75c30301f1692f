//! Makes up for deliveries that never came: NetBox's change log is read from the last entry that is known.
//!
//! NetBox does not send a delivery again by default, and none at all while its receiver is away (seen on NetBox
//! 4.7.3). An entry and its delivery are one event with one key, so whichever comes first is answered.

use futures_util::TryStreamExt;
use netbox_api::client::{ClusterFilter, ObjectChangeFilter};
use netbox_api::{ObjectChange, ObjectType};

use super::brakes::{DELETIONS_AT_ONCE, HELD};
use super::bridge::now;
use super::dispatcher::Dispatcher;
use super::inbox::NewEvent;
use crate::change_log::ClusterNames;
use crate::event::{Change, Changed};
use crate::executor::Failure;
use crate::guest::RecordId;

/// What was read of the change log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CatchUp {
    /// Entries that were read.
    pub read: usize,
    /// Events that no delivery had brought.
    pub new: usize,
    /// Deletions among them that wait for a person.
    pub held: usize,
}

impl Dispatcher {
    /// Reads the change log from the last entry that is known, and stores what no delivery has brought. The very first
    /// time it only notes where the log ends.
    ///
    /// # Errors
    /// NetBox or the inbox failed. What was read before is stored, and the rest is read the next time.
    pub async fn catch_up(&self) -> Result<CatchUp, Failure> {
        let bridge = self.bridge();
        let log = bridge.netbox.object_changes();
        let Some(last) = bridge.inbox.change_log().await? else {
            let newest = log.newest(&ObjectChangeFilter::default()).await?;
            bridge.inbox.put_change_log(newest.map_or(0, |entry| entry.id)).await?;
            return Ok(CatchUp::default());
        };
        let filter = ObjectChangeFilter { id_gte: Some(last + 1), ..Default::default() };
        let mut entries: Vec<ObjectChange> = Vec::new();
        let mut pages = log.list(&filter);
        while let Some(entry) = pages.try_next().await? {
            // NetBox ignores filters that it does not know, and returns everything.
            if entry.id > last {
                entries.push(entry);
            }
        }
        let Some(newest) = entries.iter().map(|entry| entry.id).max() else { return Ok(CatchUp::default()) };
        entries.sort_by_key(|entry| entry.id);
        let mut events = self.events(&entries).await?;
        let deletions = hold_deletions(&mut events);
        let new = self.accept(&events).await?;
        let new: Vec<&NewEvent> = events.iter().zip(new).filter(|(_, new)| *new).map(|(event, _)| event).collect();
        let mut held = new.iter().filter(|event| event.held.is_some()).count();
        if held <= DELETIONS_AT_ONCE {
            // The others had been delivered: the few that are left are no flood.
            for event in new.iter().filter(|event| event.held.is_some()) {
                bridge.inbox.store().release(Some(event.change.record), now()).await?;
            }
            held = 0;
            self.wake();
        } else {
            tracing::warn!(deletions, held, "deletions of the change log are held until a person releases them");
        }
        bridge.inbox.put_change_log(newest).await?;
        Ok(CatchUp { read: entries.len(), new: new.len(), held })
    }

    async fn events(&self, entries: &[ObjectChange]) -> Result<Vec<NewEvent>, Failure> {
        let bridge = self.bridge();
        let records = |entry: &&ObjectChange| entry.changed_object_type == ObjectType::VIRTUAL_MACHINE;
        let clusters: ClusterNames = match entries.iter().find(records) {
            Some(_) => {
                let clusters = bridge.netbox.clusters().all(&ClusterFilter::default()).await?;
                clusters.into_iter().map(|cluster| (cluster.id, cluster.name)).collect()
            }
            None => ClusterNames::new(),
        };
        let mut events = Vec::new();
        for entry in entries {
            let Some(identity) = entry.key().map(|key| key.to_string()) else { continue };
            let mut changes = Change::from_change_log(entry, &bridge.fields, &clusters);
            if entry.changed_object_type == ObjectType::IP_ADDRESS {
                changes.extend(self.address(entry).await?);
            }
            events.extend(changes.into_iter().map(|change| NewEvent::of(&identity, change)));
        }
        Ok(events)
    }

    /// The change of an address: its entry has the interface's id only. One that is gone took its virtual machine's
    /// primary address along, which has an entry of its own.
    async fn address(&self, entry: &ObjectChange) -> Result<Option<Change>, Failure> {
        let address = match self.bridge().netbox.ip_addresses().get(entry.changed_object_id).await {
            Ok(fetched) => fetched.value,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let (Some(machine), Some(event)) = (address.virtual_machine(), entry.event()) else { return Ok(None) };
        Ok(Some(Change {
            record: RecordId(machine.id),
            name: machine.name.clone(),
            object: address.id,
            event,
            user: Some(entry.user_name.clone()).filter(|user| !user.is_empty()),
            request: Some(entry.request_id.clone()).filter(|request| !request.is_empty()),
            what: Changed::Address,
        }))
    }
}

/// The brake: many deletions at once are more likely a mistake, or another NetBox, than a wish. Says how many there are.
fn hold_deletions(events: &mut [NewEvent]) -> usize {
    let deletions = events.iter().filter(|event| event.change.deleted_record()).count();
    if deletions > DELETIONS_AT_ONCE {
        let why = format!(
            "{HELD}{deletions} deletions in NetBox had not been delivered, more than {DELETIONS_AT_ONCE} at once. If they are \
             meant, release them (`netbox-proxmox events --release`)"
        );
        let deleted = events.iter_mut().filter(|event| event.change.deleted_record());
        deleted.for_each(|event| event.held = Some(why.clone()));
    }
    deletions
}
