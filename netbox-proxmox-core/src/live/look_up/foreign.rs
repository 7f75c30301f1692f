//! What is none of ours without a look: changes of a record that show it so themselves, and changes of what belongs to a
//! record that was none of ours a moment ago. Either counts only while nothing is remembered of the record.
//!
//! A record becomes ours by a change of its own, which is an event of its own: until that is answered, all its events are.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::ignored::Ignored;
use crate::event::{Change, Changed, RecordFacts};
use crate::guest::RecordId;
use crate::live::bridge::Bridge;
use crate::live::inbox::InboxError;

/// How long a record counts as none of ours after somebody looked.
const OF_LATE: Duration = Duration::from_secs(600);

/// Of how many records it is kept.
const KEPT: usize = 10_000;

/// The records that were none of ours of late.
#[derive(Debug, Default)]
pub(in crate::live) struct Foreign {
    of_late: Mutex<HashMap<RecordId, (Ignored, Instant)>>,
}

impl Foreign {
    /// Why these changes of a record concern nothing of ours, where that is certain without a look.
    pub(in crate::live) async fn why(
        &self,
        bridge: &Bridge,
        record: RecordId,
        changes: &[Change],
    ) -> Result<Option<Ignored>, InboxError> {
        let of_record = |change: &&Change| matches!(change.what, Changed::Record { .. });
        let why = if changes.iter().any(|change| matches!(change.what, Changed::Difference | Changed::Asked)) {
            None
        } else if changes.iter().any(|change| of_record(&change)) {
            shown(changes.iter().filter(of_record), |cluster| bridge.cluster(cluster).is_some(), &bridge.fields.vm_type)
        } else {
            self.known(record)
        };
        match why {
            Some(why) if bridge.inbox.births(record).await?.is_empty() => {
                self.learn(record, Some(&why));
                Ok(Some(why))
            }
            _ => Ok(None),
        }
    }

    /// What a look has shown: why a record is none of ours, if it is.
    pub(in crate::live) fn learn(&self, record: RecordId, why: Option<&Ignored>) {
        let mut of_late = self.of_late.lock().unwrap_or_else(PoisonError::into_inner);
        match why {
            Some(why @ (Ignored::NoType(_) | Ignored::OtherCluster(_) | Ignored::NoCluster)) => {
                if of_late.len() >= KEPT {
                    of_late.clear();
                }
                of_late.insert(record, (why.clone(), Instant::now()));
            }
            _ => {
                of_late.remove(&record);
            }
        }
    }

    fn known(&self, record: RecordId) -> Option<Ignored> {
        let of_late = self.of_late.lock().unwrap_or_else(PoisonError::into_inner);
        of_late.get(&record).filter(|(_, since)| since.elapsed() < OF_LATE).map(|(why, _)| why.clone())
    }
}

/// Why a record is none of ours by what these changes say it was and became, each of them; the last says why.
fn shown<'a>(
    changes: impl Iterator<Item = &'a Change>,
    is_ours: impl Fn(u64) -> bool,
    type_field: &str,
) -> Option<Ignored> {
    let why = |facts: &RecordFacts| match facts.cluster {
        _ if facts.untyped => Some(Ignored::NoType(type_field.to_owned())),
        Some(cluster) if !is_ours(cluster) => Some(Ignored::OtherCluster(format!("with the id {cluster}"))),
        _ => None,
    };
    let mut last = None;
    for change in changes {
        last = Some(match change.record_facts() {
            (Some(before), Some(after)) => why(before).and(why(after))?,
            (None, Some(after)) if change.created_record() => why(after)?,
            (Some(before), None) => why(before).map(|_| Ignored::DeletedElsewhere)?,
            // What was before an update is not known.
            _ => return None,
        });
    }
    last
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use netbox_api::Delivery;
    use serde_json::{Value, json};

    use super::*;
    use crate::record::FieldNames;

    fn machine(cluster: u64, kind: Value) -> Value {
        json!({"id": 7, "name": "web01", "status": "active", "cluster": cluster, "custom_fields": {"proxmox_vm_type": kind}})
    }

    fn change(event: &str, before: Option<Value>, after: &Value) -> Change {
        let mut data = after.clone();
        data["status"] = json!({"value": "active", "label": "Active"});
        data["cluster"] = json!({"id": after["cluster"], "name": "a cluster"});
        let snapshots = match event {
            "deleted" => json!({"prechange": after, "postchange": null}),
            _ => json!({"prechange": before, "postchange": after}),
        };
        let delivery = json!({
            "event": event, "timestamp": "2026-01-01T00:00:00Z", "object_type": "virtualization.virtualmachine",
            "request": {"id": "r", "user": "alice"}, "data": data, "snapshots": snapshots,
        });
        let delivery: Delivery = serde_json::from_value(delivery).unwrap();
        Change::from_delivery(&delivery, &FieldNames::default()).unwrap().remove(0)
    }

    fn why(changes: &[Change]) -> Option<Ignored> {
        shown(changes.iter(), |cluster| cluster == 1, "proxmox_vm_type")
    }

    #[test]
    fn only_what_was_none_of_ours_before_and_after_is_certain() {
        let (ours, none) = (machine(1, json!("vm")), machine(1, Value::Null));
        let (odd, elsewhere) = (machine(1, json!("a type that nobody knows")), machine(2, json!("vm")));
        let no_type = Some(Ignored::NoType("proxmox_vm_type".into()));
        let other = Some(Ignored::OtherCluster("with the id 2".into()));
        let updated = |before: &Value, after: &Value| why(&[change("updated", Some(before.clone()), after)]);
        assert_eq!(why(&[change("created", None, &none)]), no_type);
        assert_eq!((updated(&none, &none), updated(&none, &elsewhere)), (no_type, other));
        assert_eq!(why(&[change("deleted", None, &elsewhere)]), Some(Ignored::DeletedElsewhere));
        for (before, after) in
            [(&ours, &none), (&none, &ours), (&ours, &elsewhere), (&elsewhere, &ours), (&ours, &ours)]
        {
            assert_eq!(updated(before, after), None, "{before} {after}");
        }
        assert_eq!((updated(&odd, &odd), updated(&none, &odd)), (None, None), "a type that is not understood is said");
        assert_eq!(why(&[change("updated", None, &none)]), None, "nobody says what it was before");
        assert_eq!(why(&[change("created", None, &none), change("updated", Some(none.clone()), &ours)]), None);
    }
}
