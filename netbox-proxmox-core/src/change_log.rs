//! From an entry of NetBox's change log to the changes it stands for: the same as its delivery, had it come.

use netbox_api::{EventKind, ObjectChange, ObjectType, Snapshot};

use crate::delivery::{disk_facts, interface_facts, record_facts};
use crate::event::{Change, Changed};
use crate::guest::RecordId;
use crate::record::FieldNames;
use crate::state;

impl Change {
    /// The changes of an entry of a virtual machine, a virtual disk or an interface, one for each virtual machine that it concerns;
    /// none for other objects, nor where nothing changed but what a record says of how it stands.
    pub fn from_change_log(entry: &ObjectChange, fields: &FieldNames) -> Vec<Self> {
        let Some(event) = entry.event() else { return Vec::new() };
        // What there was not is null, or an empty object (seen on NetBox 4.7.3).
        let before = entry.prechange_data.as_ref().filter(|_| event != EventKind::Created);
        let after = entry.postchange_data.as_ref().filter(|_| event != EventKind::Deleted);
        let change = |record: u64, name: Option<&str>, what: Changed| Self {
            record: RecordId(record),
            name: name.map_or_else(|| format!("virtual machine {record}"), str::to_owned),
            object: entry.changed_object_id,
            event,
            user: Some(entry.user_name.clone()).filter(|user| !user.is_empty()),
            request: Some(entry.request_id.clone()).filter(|request| !request.is_empty()),
            time: entry.time.parse().ok(),
            confirmed: true,
            status: None,
            what,
        };
        match entry.changed_object_type.as_str() {
            ObjectType::VIRTUAL_MACHINE => {
                if before.zip(after).is_some_and(|(before, after)| state::is_all_of(before, after, fields)) {
                    return Vec::new();
                }
                let facts = |snapshot: &Snapshot| record_facts(snapshot, fields);
                let name = after.or(before).and_then(|snapshot| snapshot.text("name"));
                let what = Changed::Record { before: before.map(facts), after: after.map(facts) };
                vec![change(entry.changed_object_id, name, what)]
            }
            ObjectType::VIRTUAL_DISK => {
                let facts = |snapshot: &Snapshot| disk_facts(snapshot, fields);
                let what = Changed::Disk { before: before.map(facts), after: after.map(facts) };
                owners(before, after).into_iter().map(|record| change(record, None, what.clone())).collect()
            }
            ObjectType::VM_INTERFACE => {
                let what =
                    Changed::Interface { before: before.map(interface_facts), after: after.map(interface_facts) };
                owners(before, after).into_iter().map(|record| change(record, None, what.clone())).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The virtual machine of a disk or interface, and the former one if it was moved.
fn owners(before: Option<&Snapshot>, after: Option<&Snapshot>) -> Vec<u64> {
    let owner = |snapshot: Option<&Snapshot>| snapshot?.id("virtual_machine");
    let mut owners: Vec<u64> = owner(after).into_iter().chain(owner(before)).collect();
    owners.dedup();
    owners
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::part::Part;
    use serde_json::json;

    fn changes(entry: serde_json::Value) -> Vec<Change> {
        let entry: ObjectChange = serde_json::from_value(entry).unwrap();
        Change::from_change_log(&entry, &FieldNames::default())
    }

    #[test]
    fn a_deleted_record_is_known_with_its_cluster_and_vmid() {
        let before = json!({
            "name": "web01", "status": "active", "cluster": 1,
            "custom_fields": {"proxmox_vm_type": "vm", "proxmox_vmid": "101"},
        });
        let found = changes(json!({
            "id": 9, "request_id": "r", "user_name": "alice", "action": {"value": "delete"},
            "changed_object_type": "virtualization.virtualmachine", "changed_object_id": 42, "prechange_data": before,
            "postchange_data": {},
        }));
        let [change] = found.as_slice() else { panic!("{found:?}") };
        assert!(change.deleted_record());
        let Changed::Record { before: Some(facts), after: None } = &change.what else { panic!("{change:?}") };
        assert_eq!((facts.cluster, facts.vmid.as_deref()), (Some(1), Some("101")));
        assert!(change.confirmed && facts.birth.is_none(), "{change:?}");
        assert_eq!((change.record, change.name.as_str()), (RecordId(42), "web01"));
    }

    #[test]
    fn before_a_creation_there_was_nothing_however_the_log_says_so() {
        for nothing in [json!(null), json!({})] {
            let found = changes(json!({
                "id": 9, "request_id": "r", "action": {"value": "create"}, "changed_object_type": "virtualization.virtualmachine",
                "changed_object_id": 42, "prechange_data": nothing, "postchange_data": {"name": "web01", "status": "active"},
            }));
            let [change] = found.as_slice() else { panic!("{found:?}") };
            assert!(matches!(change.what, Changed::Record { before: None, after: Some(_) }), "{change:?}");
        }
    }

    #[test]
    fn an_interface_without_a_mac_address_is_known_to_have_none() {
        let mac = |primary: serde_json::Value| {
            let before = json!({"name": "eth0", "virtual_machine": 1, "primary_mac_address": primary});
            let found = changes(json!({
                "id": 9, "request_id": "r", "action": {"value": "delete"}, "changed_object_type": "virtualization.vminterface",
                "changed_object_id": 7, "prechange_data": before,
            }));
            match &found[0].what {
                Changed::Interface { before: Some(facts), .. } => facts.mac.clone(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(mac(serde_json::Value::Null), Part::None, "as the delivery of a merge says it");
        assert_eq!(mac(json!(2)), Part::Unknown);
    }

    #[test]
    fn a_moved_disk_concerns_two_and_other_objects_none() {
        let entry = |object_type: &str| {
            json!({
                "id": 9, "request_id": "r", "action": {"value": "update"}, "changed_object_type": object_type,
                "changed_object_id": 7, "prechange_data": {"name": "scsi1", "virtual_machine": 1},
                "postchange_data": {"name": "scsi1", "virtual_machine": 2},
            })
        };
        let records: Vec<u64> =
            changes(entry("virtualization.virtualdisk")).iter().map(|change| change.record.0).collect();
        assert_eq!(records, [2, 1]);
        assert!(changes(entry("dcim.site")).is_empty());
    }
}
