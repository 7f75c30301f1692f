//! What main has changed since a branch last took its changes: the merge is made on main, and the branch does not show that.

use std::collections::HashSet;

use jiff::Timestamp;
use netbox_api::ObjectChange;
use netbox_api::client::{Branch, ObjectChangeFilter};
use serde::{Deserialize, Serialize};

use super::{Planned, PlannedAnswer};
use crate::executor::Failure;
use crate::guest::RecordId;
use crate::live::bridge::Bridge;
use crate::live::sweep::entries::ReadLog;
use crate::live::sweep::page;

/// How far a branch is behind main.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Behind {
    /// When the branch was made, or last took main's changes, as NetBox writes it.
    pub since: Option<String>,
    /// How often main has changed virtual machines, or what belongs to them, since.
    pub changes: usize,
    /// The records among them that the branch changes, too: what is planned of these is not yet what the merge will do.
    pub records: Vec<RecordId>,
}

impl Behind {
    /// How far this branch, of whose changes this is planned.
    pub(super) async fn of(
        bridge: &Bridge,
        branch: &Branch,
        changes: &[ObjectChange],
        planned: &[Planned],
    ) -> Result<Self, Failure> {
        let since = branch.last_sync.clone();
        let Some(last_sync) = since.as_deref().and_then(|since| since.parse::<Timestamp>().ok()) else {
            return Ok(Self { since, ..Self::default() });
        };
        let filter = ObjectChangeFilter { time_after: since.clone(), ..ObjectChangeFilter::default() };
        let mut entries = page::matching(bridge, filter).await?;
        // NetBox ignores filters that it does not know, and returns everything.
        entries.retain(|entry| entry.time.parse::<Timestamp>().is_ok_and(|time| time > last_sync));
        // A merge of this branch and its revert have the requests of its own changes.
        let own: HashSet<&str> = changes.iter().map(|change| change.request_id.as_str()).collect();
        entries.retain(|entry| !own.contains(entry.request_id.as_str()));
        let events = ReadLog::default().events(bridge, &entries).await?;
        let mut changed: Vec<u64> = events.iter().map(|(entry, _)| *entry).collect();
        changed.dedup();
        let ours = planned.iter().filter(|planned| !matches!(planned.answer, PlannedAnswer::Ignored { .. }));
        let of_both = |record: &RecordId| events.iter().any(|(_, event)| event.change.record == *record);
        let records = ours.map(|planned| planned.record).filter(of_both).collect();
        Ok(Self { since, changes: changed.len(), records })
    }
}
