//! What NetBox's change log says of one object: that it was deleted, when it was created, what its status was, whether
//! somebody cleared its VMID.
//!
//! NetBox ignores filters that it does not know, and returns everything: each entry is looked at again.

use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use netbox_api::client::ObjectChangeFilter;
use netbox_api::{EventKind, ObjectChange, ObjectType};
use proxmox_api::Vmid;

use super::{LookUp, asks_nothing};
use crate::event::{Change, Changed};
use crate::executor::Failure;
use crate::guest::{RecordId, Status};
use crate::live::bridge::Bridge;
use crate::moment::Moment;

/// How long after the time that a record says of its creation the entry of that may be: it is made in the same request.
pub(super) const BORN_WITHIN: u64 = 1;

/// What the change log says of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InLog {
    /// It has it.
    Deleted,
    /// It reaches back to that time, and has no such entry.
    NotThere,
    /// Nobody can say: it is empty, or the token may not read it, or it was pruned.
    Unknown(&'static str),
}

impl LookUp<'_> {
    /// What the change log says of the deletion of an object by a change. A token without rights sees an empty log with
    /// status 200 (seen on NetBox 4.7.3), so an empty one does not count as read.
    pub(super) async fn deletion(&self, object_type: &str, change: &Change) -> Result<InLog, Failure> {
        if change.confirmed {
            return Ok(InLog::Deleted);
        }
        let mut filter = of_object(object_type, change.object);
        filter.action = vec!["delete".into()];
        filter.request_id.clone_from(&change.request);
        let same_request = |entry: &ObjectChange| change.request.as_ref().is_none_or(|it| *it == entry.request_id);
        let is_it = |entry: &ObjectChange| {
            is_of(entry, object_type, change.object) && entry.event() == Some(EventKind::Deleted) && same_request(entry)
        };
        let log = self.bridge.netbox.object_changes();
        if log.newest(&filter).await?.is_some_and(|entry| is_it(&entry)) {
            return Ok(InLog::Deleted);
        }
        if log.newest(&ObjectChangeFilter::default()).await?.is_none() {
            return Ok(InLog::Unknown(
                "NetBox's change log is empty, or the token may not read it: give it the permission to view object changes \
                 (core.view_objectchange)",
            ));
        }
        // Entries go after CHANGELOG_RETENTION, 90 days by default.
        let time_before = change.time.map(|time| time.to_string());
        let older = ObjectChangeFilter { time_before, ..ObjectChangeFilter::default() };
        let reaches_back = match change.time {
            Some(time) => {
                log.newest(&older).await?.is_some_and(|entry| entry.time.parse().is_ok_and(|it: Moment| it <= time))
            }
            None => true,
        };
        Ok(if reaches_back {
            InLog::NotThere
        } else {
            InLog::Unknown("NetBox's change log does not reach back to the deletion (CHANGELOG_RETENTION)")
        })
    }

    /// When a record that is gone was created, as far as the log tells: the time of the newest entry of a creation with its
    /// id. None if it has none, or not any more.
    pub(super) async fn birth_in_log(&self, record: RecordId) -> Result<Option<Moment>, Failure> {
        let mut filter = of_object(ObjectType::VIRTUAL_MACHINE, record.0);
        filter.action = vec!["create".into()];
        let entry = self.bridge.netbox.object_changes().newest(&filter).await?;
        let is_it = |entry: &ObjectChange| {
            is_of(entry, ObjectType::VIRTUAL_MACHINE, record.0) && entry.event() == Some(EventKind::Created)
        };
        Ok(entry.filter(is_it).and_then(|entry| entry.time.parse().ok()))
    }

    /// Finds out for each change of what belongs to a record which status the record had then.
    pub(super) async fn with_statuses(&self, record: RecordId, cause: &mut [Change]) -> Result<(), Failure> {
        for change in cause {
            let of_record = matches!(change.what, Changed::Record { .. } | Changed::Difference | Changed::Asked);
            if let (false, None, Some(time)) = (of_record, &change.status, change.time) {
                change.status = self.status_at(record, time).await?;
            }
        }
        Ok(())
    }

    /// The status of a record at a time: that of its last change before or, where the log does not reach back to one, what
    /// it was before the next.
    async fn status_at(&self, record: RecordId, time: Moment) -> Result<Option<Status>, Failure> {
        let log = self.bridge.netbox.object_changes();
        let of_record = |entry: &ObjectChange| is_of(entry, ObjectType::VIRTUAL_MACHINE, record.0);
        let status = |snapshot: Option<&netbox_api::Snapshot>| snapshot?.text("status").map(Status::from);
        let filter = of_object(ObjectType::VIRTUAL_MACHINE, record.0);
        let before = ObjectChangeFilter { time_before: Some(time.plus(1).to_string()), ..filter.clone() };
        let mut entries: Vec<ObjectChange> = Vec::new();
        if let Some(entry) = log.newest(&before).await?.filter(of_record) {
            // The filter is asked for a second more, as it is for whole ones.
            match entry.time.parse::<Moment>() {
                Ok(at) if at <= time => return Ok(status(entry.postchange_data.as_ref())),
                _ => entries.push(entry),
            }
        }
        let after = ObjectChangeFilter { time_after: Some(time.to_string()), ..filter };
        let mut later = log.list(&after);
        while let Some(entry) = later.try_next().await? {
            if of_record(&entry) && entry.time.parse::<Moment>().is_ok_and(|at| at > time) {
                entries.push(entry);
            }
        }
        let next = entries.iter().min_by_key(|entry| entry.id);
        Ok(next.and_then(|entry| status(entry.prechange_data.as_ref())))
    }

    /// Whether nobody but importers has changed a record, as far as the log reaches back, nor asks for its guest now.
    pub(super) async fn only_importers(&self, record: RecordId, cause: &[Change]) -> Result<bool, Failure> {
        let policy = &self.bridge.policy;
        if policy.importers.is_empty() || !asks_nothing(cause) {
            return Ok(false);
        }
        let mut entries = std::pin::pin!(self.of_record(record));
        while let Some((_, entry)) = entries.try_next().await? {
            // Who only said how it stands has not changed it.
            let changes = || !Change::from_change_log(&entry, &self.bridge.fields).is_empty();
            if !policy.is_importer(&entry.user_name) && changes() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether NetBox has lost a VMID, rather than somebody cleared it. Parallel writes lose fields (seen on NetBox 4.7.3):
    /// then the last entry that knows the VMID is one that set it, and what came next had never seen it.
    pub(super) async fn has_lost(&self, record: RecordId, vmid: Vmid) -> Result<bool, Failure> {
        let field = &self.bridge.fields.vmid;
        let is_it = |snapshot: Option<&netbox_api::Snapshot>| {
            let text = snapshot.and_then(|snapshot| snapshot.custom_field(field).text().map(String::from));
            text.is_some_and(|text| text.trim() == vmid.to_string())
        };
        let mut entries = std::pin::pin!(self.of_record(record));
        let mut last: Option<((bool, u64), bool)> = None;
        while let Some((in_branch, entry)) = entries.try_next().await? {
            let at = (in_branch, entry.id);
            let (before, after) = (is_it(entry.prechange_data.as_ref()), is_it(entry.postchange_data.as_ref()));
            if (before || after) && last.is_none_or(|(known, _)| known < at) {
                last = Some((at, after));
            }
        }
        Ok(last.is_some_and(|(_, set)| set))
    }

    /// The entries of a record, each with whether it is one of a branch: main's come before.
    fn of_record(&self, record: RecordId) -> impl Stream<Item = Result<(bool, ObjectChange), netbox_api::Error>> {
        let filter = of_object(ObjectType::VIRTUAL_MACHINE, record.0);
        let Bridge { main, netbox, .. } = self.bridge;
        let logs = main.iter().map(|main| (main, false)).chain([(netbox, main.is_some())]);
        let entries = logs.map(move |(netbox, in_branch)| {
            let entries = netbox.object_changes().list(&filter).map_ok(move |entry| (in_branch, entry));
            entries
                .try_filter(move |(_, entry)| std::future::ready(is_of(entry, ObjectType::VIRTUAL_MACHINE, record.0)))
        });
        stream::iter(entries.collect::<Vec<_>>()).flatten()
    }
}

fn of_object(object_type: &str, id: u64) -> ObjectChangeFilter {
    ObjectChangeFilter {
        changed_object_type: vec![object_type.into()],
        changed_object_id: vec![id],
        ..ObjectChangeFilter::default()
    }
}

fn is_of(entry: &ObjectChange, object_type: &str, id: u64) -> bool {
    entry.changed_object_type == object_type && entry.changed_object_id == id
}
