//! The changes of a branch, by the record that they concern: what the merge will deliver.

use std::collections::HashMap;

use crate::event::{Change, Changed};
use crate::guest::{RecordId, Status};
use crate::moment::Moment;
use crate::part::Part;

/// What main has of a record that a branch changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InMain {
    /// When it was created.
    pub(super) birth: Option<Moment>,
    /// Its status.
    pub(super) status: Status,
}

/// The changes of each record in the branch's order, and the records in the order of their first change. A merge makes the same
/// changes again, with main's records before them: what the branch's own log does not say of those is added here.
pub(super) fn by_record(
    changes: impl IntoIterator<Item = Change>,
    main: &HashMap<RecordId, InMain>,
) -> Vec<(RecordId, Vec<Change>)> {
    let mut records: Vec<(RecordId, Vec<Change>)> = Vec::new();
    let mut at: HashMap<RecordId, usize> = HashMap::new();
    for change in changes {
        let index = *at.entry(change.record).or_insert_with(|| {
            records.push((change.record, Vec::new()));
            records.len() - 1
        });
        records[index].1.push(change);
    }
    for (record, changes) in &mut records {
        complete(changes, main.get(record));
    }
    records
}

/// Adds the status that the record had at each change of what belongs to it, and the birth that the entry of its deletion does
/// not say (seen on NetBox 4.7.3). An interface that is deleted has no MAC address when it is merged: that was deleted before
/// it, in the same request (seen: branching 1.2.2).
fn complete(changes: &mut [Change], main: Option<&InMain>) {
    let mut status = main.map(|main| main.status.clone());
    for change in changes {
        if let Changed::Interface { before: Some(before), after: None } = &mut change.what {
            before.mac = Part::None;
        }
        match &mut change.what {
            Changed::Record { before: Some(before), after: None } => {
                before.birth = before.birth.or(main.and_then(|main| main.birth));
            }
            Changed::Record { after: Some(after), .. } => status = Some(after.status.clone()),
            _ => change.status.clone_from(&status),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use netbox_api::{EventKind, ObjectChange};
    use serde_json::{Value, json};

    use super::*;
    use crate::record::FieldNames;

    fn change(object_type: &str, id: u64, action: &str, before: Value, after: Value) -> Change {
        let entry: ObjectChange = serde_json::from_value(json!({
            "id": 1, "time": "2026-11-26T12:55:20Z", "request_id": "r", "user_name": "alice", "action": {"value": action},
            "changed_object_type": object_type, "changed_object_id": id, "prechange_data": before, "postchange_data": after,
        }))
        .unwrap();
        Change::from_change_log(&entry, &FieldNames::default()).remove(0)
    }

    fn record(id: u64, action: &str, before: Value, after: Value) -> Change {
        change("virtualization.virtualmachine", id, action, before, after)
    }

    fn disk(record: u64) -> Change {
        let after = json!({"name": "scsi1", "size": 5000, "virtual_machine": record});
        change("virtualization.virtualdisk", 9, "create", Value::Null, after)
    }

    fn machine(status: &str) -> Value {
        json!({"name": "web01", "status": status, "cluster": 1, "custom_fields": {"proxmox_vm_type": "vm"}})
    }

    fn in_main(status: &str) -> InMain {
        InMain { birth: "2026-11-20T08:00:00Z".parse().ok(), status: Status::from(status) }
    }

    #[test]
    fn what_belongs_to_a_record_has_the_status_that_the_record_had_then() {
        let changes = [
            disk(1),
            record(1, "update", machine("staged"), machine("active")),
            disk(1),
            record(2, "create", Value::Null, machine("planned")),
            disk(2),
        ];
        let main = HashMap::from([(RecordId(1), in_main("staged"))]);
        let found = by_record(changes, &main);
        let statuses = |index: usize| -> Vec<Option<Status>> {
            let of: &(RecordId, Vec<Change>) = &found[index];
            of.1.iter()
                .filter(|change| matches!(change.what, Changed::Disk { .. }))
                .map(|it| it.status.clone())
                .collect()
        };
        assert_eq!(found.iter().map(|(record, _)| record.0).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(statuses(0), [Some(Status::from("staged")), Some(Status::from("active"))]);
        assert_eq!(statuses(1), [Some(Status::from("planned"))]);
    }

    #[test]
    fn an_interface_that_is_deleted_is_merged_without_a_mac_address() {
        let before = json!({"name": "eth0", "virtual_machine": 1, "primary_mac_address": 2});
        let deleted = change("virtualization.vminterface", 7, "delete", before, Value::Null);
        let macs = |change: &Change| match &change.what {
            Changed::Interface { before: Some(before), .. } => before.mac.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(macs(&deleted), Part::Unknown, "its entry has the id");
        assert_eq!(macs(&by_record([deleted], &HashMap::new())[0].1[0]), Part::None);
    }

    #[test]
    fn a_deletion_has_the_birth_of_mains_record_and_of_a_record_of_the_branch_none() {
        let deleted = |id: u64| record(id, "delete", machine("active"), Value::Null);
        let main = HashMap::from([(RecordId(1), in_main("active"))]);
        let found = by_record([deleted(1), deleted(2)], &main);
        let births = found.iter().map(|(_, changes)| changes[0].deleted_facts().unwrap().birth).collect::<Vec<_>>();
        assert_eq!(births, [in_main("active").birth, None]);
        assert!(found.iter().all(|(_, changes)| changes[0].event == EventKind::Deleted));
    }
}
