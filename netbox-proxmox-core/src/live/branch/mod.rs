//! What merging a branch of NetBox will do to the machines, before it is merged (netbox-branching; seen: 1.2.2).
//!
//! The branch's change log has the causes, and the branch itself what the records will be. Both go the way of any event,
//! through the look-up and the planner, over a NetBox as the branch has it: the merge delivers the same changes of the same
//! records with the same ids.

mod causes;
mod planned;

use std::collections::HashMap;

use futures_util::{StreamExt, stream};
use netbox_api::client::{
    Branch, BranchChange, BranchChangeFilter, BranchFilter, ObjectChangeFilter, VirtualMachineFilter,
};
use netbox_api::{ObjectChange, Snapshot};

use self::causes::{InMain, by_record};
pub use self::planned::{BranchPlan, Counts, Digest, Effects, LostDisk, Overlap, Planned, PlannedAnswer, Verdict};
use super::bridge::Bridge;
use super::look_up::{LookUp, Looked};
use super::sweep::entries::ReadLog;
use crate::action::Action;
use crate::delivery::birth;
use crate::event::{Change, Event};
use crate::executor::{Failure, FailureKind};
use crate::guest::{RecordId, Status};
use crate::plan::plan_with;

/// How many records are looked up at once.
const PARALLEL: usize = 8;

/// How many records are asked for at once: their ids go into one query, whose length web servers limit.
const PAGE: usize = 100;

/// What merging this branch as it is now will do. Nothing is written, neither in NetBox nor in Proxmox, and nothing is remembered.
///
/// # Errors
/// NetBox does not give the branch: it is not ready, or the token may not see it. What cannot be said of a single record is
/// part of the plan.
pub async fn plan_branch(bridge: &Bridge, branch: &Branch) -> Result<BranchPlan, Failure> {
    let netbox = bridge.netbox.branch(&branch.schema_id)?;
    let view = Bridge { netbox, ..bridge.clone() };
    let mut entries: Vec<ObjectChange> = view.netbox.object_changes().all(&ObjectChangeFilter::default()).await?;
    entries.sort_by_key(|entry| entry.id);
    let newest = bridge.netbox.object_changes().newest(&ObjectChangeFilter::default()).await?;
    let last = entries.last().map_or(0, |entry| entry.id);
    let digest = Digest { branch: format!("{}:{last}", entries.len()), main: newest.map(|entry| entry.id) };
    let events = ReadLog::default().events(&view, &entries).await?;
    let changes: Vec<Change> = events.into_iter().map(|(_, event)| event.change).collect();
    let main = in_main(bridge, &changes).await?;
    let planned = by_record(changes, &main).into_iter().map(|(record, cause)| {
        let (view, is_in_main) = (&view, main.contains_key(&record));
        async move { planned(bridge, view, record, cause, is_in_main).await }
    });
    let records = stream::iter(planned).buffered(PARALLEL).collect().await;
    let (conflicts, moved_on) = overlaps(bridge, branch).await?;
    let Branch { id, name, schema_id, .. } = branch.clone();
    Ok(BranchPlan { id, name, schema_id, digest, records, conflicts, moved_on })
}

/// What main has of the records that these changes concern.
async fn in_main(bridge: &Bridge, changes: &[Change]) -> Result<HashMap<RecordId, InMain>, Failure> {
    let mut ids: Vec<u64> = changes.iter().map(|change| change.record.0).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut main = HashMap::new();
    for id in ids.chunks(PAGE) {
        let filter = VirtualMachineFilter { id: id.to_vec(), ..Default::default() };
        let machines = bridge.netbox.virtual_machines().fields(["id", "name", "status", "created"]);
        for machine in machines.all(&filter).await? {
            let status = Status::from(machine.status.value.as_str());
            main.insert(RecordId(machine.id), InMain { birth: birth(machine.created.as_deref()), status });
        }
    }
    Ok(main)
}

/// What happens to one record.
async fn planned(bridge: &Bridge, view: &Bridge, record: RecordId, cause: Vec<Change>, is_in_main: bool) -> Planned {
    let name = cause.last().map_or_else(|| format!("virtual machine {record}"), |change| change.name.clone());
    let mut planned = Planned { record, name, answer: PlannedAnswer::Failed { why: String::new() }, current: None };
    if let Err(failure) = planned.look_up(bridge, view, cause, is_in_main).await {
        planned.answer = PlannedAnswer::Failed { why: failure.why };
    }
    planned
}

impl Planned {
    async fn look_up(
        &mut self,
        bridge: &Bridge,
        view: &Bridge,
        cause: Vec<Change>,
        is_in_main: bool,
    ) -> Result<(), Failure> {
        self.answer = match LookUp::new(view).record(self.record, cause).await? {
            Looked::Event { event, unjudged, .. } if unjudged.is_empty() => {
                let plan = plan_with(&event, &bridge.policy);
                let effects = Effects::of(&event, &plan);
                let drift =
                    if is_in_main && !plan.is_empty() { drift(bridge, self.record, &plan).await? } else { Vec::new() };
                let Event { desired, current, .. } = *event;
                if let Some(guest) = desired {
                    self.name = guest.name;
                }
                self.current = current.map(Box::new);
                PlannedAnswer::Plan { plan, drift, effects }
            }
            Looked::Event { unjudged, .. } => {
                PlannedAnswer::Parked { reports: unjudged.into_iter().map(|unjudged| unjudged.report).collect() }
            }
            Looked::Ignored(why) => PlannedAnswer::Ignored { why: why.to_string() },
            Looked::Parked(report) => PlannedAnswer::Parked { reports: vec![*report] },
        };
        Ok(())
    }
}

/// The steps of a plan that main wants without the branch.
async fn drift(bridge: &Bridge, record: RecordId, plan: &[Action]) -> Result<Vec<Action>, Failure> {
    let Looked::Event { event, .. } = LookUp::new(bridge).record(record, Vec::new()).await? else {
        return Ok(Vec::new());
    };
    let wanted = plan_with(&event, &bridge.policy);
    Ok(plan.iter().filter(|action| wanted.contains(action)).cloned().collect())
}

/// What both sides changed: what NetBox does not merge unasked, and what it does.
async fn overlaps(bridge: &Bridge, branch: &Branch) -> Result<(Vec<Overlap>, Vec<Overlap>), Failure> {
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

/// The branch that a person means by its name or its `schema_id`.
///
/// # Errors
/// None or several have it, or NetBox has no branches.
pub async fn named(bridge: &Bridge, meant: &str) -> Result<Branch, Failure> {
    let branches = bridge.netbox.branches().all(&BranchFilter::default()).await?;
    let mut found = branches.into_iter().filter(|branch| branch.name == meant || branch.schema_id == meant);
    match (found.next(), found.next()) {
        (Some(branch), None) => Ok(branch),
        (Some(_), Some(_)) => {
            let why = format!("NetBox has several branches {meant}: give the schema id of one");
            Err(Failure::new(FailureKind::Refused, why))
        }
        (None, _) => Err(Failure::new(FailureKind::Refused, format!("NetBox has no branch {meant}"))),
    }
}
