//! What merging a branch of NetBox will do to the machines, before it is merged (netbox-branching; seen: 1.2.2).
//!
//! The branch's change log has the causes, and the branch itself what the records will be. Both go the way of any event,
//! through the look-up and the planner, over a NetBox as the branch has it: the merge delivers the same changes of the same
//! records with the same ids.

mod approval;
mod behind;
mod brakes;
mod causes;
mod difference;
mod done;
mod drift;
pub mod fields;
mod merged;
mod named;
mod overlaps;
mod planned;
mod text;
pub mod watch;
mod written;

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use netbox_api::client::{Branch, ObjectChangeFilter, VirtualMachineFilter};

pub use self::behind::Behind;
pub use self::brakes::{Brakes, HeldRecord};
use self::causes::{InMain, by_record};
pub use self::difference::{Delta, Difference, RecordDifference};
pub(super) use self::done::{IGNORED, essence};
pub use self::named::{Unnamed, named};
pub use self::overlaps::Overlap;
use self::overlaps::overlaps;
pub use self::planned::{BranchPlan, Counts, Digest, Effects, LostDisk, Planned, PlannedAnswer, Verdict};
pub use self::text::Links;
use super::bridge::{Bridge, now};
use super::dispatch::brakes::Destruction;
use super::look_up::{Listings, LookUp, Looked};
use super::sweep::entries::ReadLog;
use super::sweep::page;
use crate::delivery::birth;
use crate::event::{Change, Event};
use crate::executor::Failure;
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
    let bridge = &Bridge { listings: Arc::new(Listings::once()), ..bridge.clone() };
    let netbox = bridge.netbox.branch(&branch.schema_id)?;
    let view = Bridge { netbox, main: Some(bridge.netbox.clone()), ..bridge.clone() };
    let entries = page::all(&view, &ObjectChangeFilter::default()).await?;
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
    let planned: Vec<_> = stream::iter(planned).buffered(PARALLEL).collect().await;
    let brakes = Brakes::of(bridge, &planned).await?;
    let records: Vec<Planned> = planned.into_iter().map(|(planned, _)| planned).collect();
    let (conflicts, moved_on) = overlaps(bridge, branch).await?;
    let behind = Behind::of(bridge, branch, &entries, &records).await?;
    let Branch { id, name, schema_id, .. } = branch.clone();
    Ok(BranchPlan { id, name, schema_id, digest, records, conflicts, moved_on, behind, brakes })
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

/// What happens to one record, and what is destroyed by it at once.
async fn planned(
    bridge: &Bridge,
    view: &Bridge,
    record: RecordId,
    cause: Vec<Change>,
    is_in_main: bool,
) -> (Planned, Option<Destruction>) {
    let name = cause.last().map_or_else(|| format!("virtual machine {record}"), |change| change.name.clone());
    let mut planned = Planned { record, name, answer: PlannedAnswer::Failed { why: String::new() }, current: None };
    let destruction = planned.look_up(bridge, view, cause, is_in_main).await.unwrap_or_else(|failure| {
        planned.answer = PlannedAnswer::Failed { why: failure.why };
        None
    });
    (planned, destruction)
}

impl Planned {
    async fn look_up(
        &mut self,
        bridge: &Bridge,
        view: &Bridge,
        cause: Vec<Change>,
        is_in_main: bool,
    ) -> Result<Option<Destruction>, Failure> {
        let mut destruction = None;
        self.answer = match LookUp::new(view).record(self.record, cause).await? {
            Looked::Event { event, unjudged, .. } if unjudged.is_empty() => {
                let plan = plan_with(&event, &bridge.policy);
                let effects = Effects::of(&event, &plan);
                destruction = Destruction::of(&event, &plan, now());
                let (plan, drift) = match is_in_main && !plan.is_empty() {
                    true => drift::apart(bridge, self.record, plan).await?,
                    false => (plan, Vec::new()),
                };
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
        Ok(destruction)
    }
}
