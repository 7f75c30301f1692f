//! What both sides changed since the branch had main's changes: what NetBox does not merge unasked, and what it does.

use netbox_api::Snapshot;
use netbox_api::client::{Branch, BranchChange, BranchChangeFilter};
use serde::{Deserialize, Serialize};

use crate::executor::Failure;
use crate::live::bridge::Bridge;

/// An object that main and the branch have changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlap {
    /// The object's type, `virtualization.virtualmachine`.
    pub object_type: String,
    /// Its id.
    pub object: u64,
    /// What it is called.
    pub name: String,
    /// The fields.
    pub fields: Vec<String>,
}

/// The conflicts, and what main has changed beside them.
pub(super) async fn overlaps(bridge: &Bridge, branch: &Branch) -> Result<(Vec<Overlap>, Vec<Overlap>), Failure> {
    let filter = BranchChangeFilter { branch_id: vec![branch.id], ..Default::default() };
    let rows: Vec<BranchChange> = bridge.netbox.branch_changes().all(&filter).await?;
    let (mut conflicts, mut moved_on) = (Vec::new(), Vec::new());
    for row in rows {
        // NetBox ignores filters that it does not know, and returns everything.
        if row.branch.as_ref().is_none_or(|of| of.id != branch.id) {
            continue;
        }
        let others = changed_in_main(&row);
        let (of_both, alone): (Vec<_>, Vec<_>) = others.into_iter().partition(|field| row.conflicts.contains(field));
        let overlap = |fields| Overlap {
            object_type: row.object_type.clone(),
            object: row.object_id.unwrap_or_default(),
            name: row.object_repr.clone(),
            fields,
        };
        if !row.conflicts.is_empty() {
            conflicts.push(overlap(if of_both.is_empty() { row.conflicts.clone() } else { of_both }));
        }
        if !alone.is_empty() {
            moved_on.push(overlap(alone));
        }
    }
    Ok((conflicts, moved_on))
}

/// The fields that main has changed since the branch had the object; all of them, if it was deleted there.
fn changed_in_main(row: &BranchChange) -> Vec<String> {
    let Some(original) = &row.original_data else { return Vec::new() };
    let current = row.current_data.as_ref();
    let differs = |field: &&String| current.and_then(|now: &Snapshot| now.get(field)) != original.get(field);
    original.0.keys().filter(differs).cloned().collect()
}
