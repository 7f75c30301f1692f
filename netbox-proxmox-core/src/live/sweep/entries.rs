//! From entries of NetBox's change log to the events they stand for.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use netbox_api::client::VmInterfaceFilter;
use netbox_api::{Brief, ObjectChange, ObjectType, Snapshot};

use super::page::PageSize;
use crate::event::{Change, Changed};
use crate::executor::Failure;
use crate::guest::RecordId;
use crate::live::bridge::Bridge;
use crate::live::inbox::NewEvent;

/// Of how many entries the events are kept: those that are read again, and a page or two.
const KEPT: usize = 500;

/// How many interfaces are asked for at once: their ids go into one query, whose length web servers limit.
const INTERFACES: usize = 100;

/// How NetBox's change log is read: what was made of the entries that may be read again, as an address costs a question, and
/// how large a page NetBox gives in time.
#[derive(Debug, Default)]
pub(in crate::live) struct ReadLog {
    made: Mutex<BTreeMap<u64, Vec<NewEvent>>>,
    /// How many entries the next page has.
    pub(super) size: Mutex<PageSize>,
}

impl ReadLog {
    fn made(&self) -> MutexGuard<'_, BTreeMap<u64, Vec<NewEvent>>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The events of entries with the entries' ids, in their order.
    pub(in crate::live) async fn events(
        &self,
        bridge: &Bridge,
        entries: &[ObjectChange],
    ) -> Result<Vec<(u64, NewEvent)>, Failure> {
        let mut events: BTreeMap<u64, Vec<NewEvent>> = {
            let made = self.made();
            entries.iter().filter_map(|entry| Some((entry.id, made.get(&entry.id)?.clone()))).collect()
        };
        let new: Vec<&ObjectChange> = entries.iter().filter(|entry| !events.contains_key(&entry.id)).collect();
        let machines = machines(bridge, &new).await?;
        let mut made = self.made();
        for entry in new {
            let Some(identity) = entry.key() else { continue };
            let mut changes = Change::from_change_log(entry, &bridge.fields);
            changes.extend(of_interfaces(entry, &machines));
            let of_entry: Vec<_> = changes.into_iter().map(|change| NewEvent::of_log(&identity, change)).collect();
            made.insert(entry.id, of_entry.clone());
            events.insert(entry.id, of_entry);
        }
        while made.len() > KEPT {
            made.pop_first();
        }
        Ok(events.into_iter().flat_map(|(id, events)| events.into_iter().map(move |event| (id, event))).collect())
    }
}

/// The ids of the interfaces on which an address or a MAC address is and was. An entry does not say whether they are those of
/// a device, and another one may have its number: that one is looked at, and nothing is asked for.
fn interfaces(entry: &ObjectChange) -> impl Iterator<Item = u64> {
    let is_address = matches!(entry.changed_object_type.as_str(), ObjectType::IP_ADDRESS | ObjectType::MAC_ADDRESS);
    let interface = |snapshot: &Option<Snapshot>| snapshot.as_ref()?.id("assigned_object_id").filter(|_| is_address);
    let (now, before) = (interface(&entry.postchange_data), interface(&entry.prechange_data));
    now.into_iter().chain(before.filter(|before| now != Some(*before)))
}

/// The virtual machines of all interfaces that these entries name, by the interface's id.
async fn machines(bridge: &Bridge, entries: &[&ObjectChange]) -> Result<HashMap<u64, Brief>, Failure> {
    let ids: Vec<u64> =
        entries.iter().flat_map(|entry| interfaces(entry)).collect::<BTreeSet<_>>().into_iter().collect();
    let mut machines = HashMap::new();
    for id in ids.chunks(INTERFACES) {
        let filter = VmInterfaceFilter { id: id.to_vec(), ..VmInterfaceFilter::default() };
        let found = bridge.netbox.interfaces().fields(["name", "virtual_machine"]).all(&filter).await?;
        machines.extend(found.into_iter().map(|interface| (interface.id, interface.virtual_machine)));
    }
    // One that was deleted since has an entry of its own.
    for entry in entries.iter().filter(|entry| entry.changed_object_type == ObjectType::VM_INTERFACE) {
        let snapshots = entry.postchange_data.iter().chain(&entry.prechange_data);
        if let Some(machine) = snapshots.filter_map(|snapshot| snapshot.id("virtual_machine")).next() {
            let named = || Brief::new(machine, format!("virtual machine {machine}"));
            machines.entry(entry.changed_object_id).or_insert_with(named);
        }
    }
    Ok(machines)
}

/// The changes of an address or a MAC address: of the virtual machine on whose interface it is, and of the one on whose it
/// was, of which no delivery tells. Its entry has the interfaces' ids only. One that is gone has an entry of its own.
fn of_interfaces(entry: &ObjectChange, machines: &HashMap<u64, Brief>) -> Vec<Change> {
    let what = match entry.changed_object_type.as_str() {
        ObjectType::IP_ADDRESS => Changed::Address,
        ObjectType::MAC_ADDRESS => Changed::MacAddress,
        _ => return Vec::new(),
    };
    let Some(event) = entry.event() else { return Vec::new() };
    let mut changes: Vec<Change> = Vec::new();
    for machine in interfaces(entry).filter_map(|id| machines.get(&id)) {
        if changes.iter().all(|change| change.record.0 != machine.id) {
            changes.push(Change {
                record: RecordId(machine.id),
                name: machine.name.clone(),
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
    changes
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::live::{Inbox, MemoryStore};

    fn entries(ids: std::ops::Range<u64>) -> Vec<ObjectChange> {
        let entry = |id: u64| ObjectChange {
            id,
            request_id: "r".into(),
            action: serde_json::from_value(serde_json::json!({"value": "update"})).unwrap(),
            changed_object_type: ObjectType::VIRTUAL_MACHINE.into(),
            changed_object_id: id,
            ..ObjectChange::default()
        };
        ids.map(entry).collect()
    }

    #[tokio::test]
    async fn of_a_log_however_long_a_few_pages_are_kept() {
        let nobody = netbox_api::Client::builder("http://127.0.0.1:9").token("token".into()).build().unwrap();
        let bridge = Bridge::new(nobody, "netbox.example.org", Vec::new(), Inbox::new(MemoryStore::default()));
        let log = ReadLog::default();
        for from in (0..10_000).step_by(200) {
            let events = log.events(&bridge, &entries(from..from + 200)).await.unwrap();
            assert_eq!(events.iter().map(|(id, _)| *id).collect::<Vec<_>>(), Vec::from_iter(from..from + 200));
            assert!(log.made().len() <= KEPT);
        }
        assert_eq!(log.made().keys().last(), Some(&9_999), "the newest, which are read again");
    }
}
