//! Another person agrees that the guest of a deleted record is destroyed: by a journal entry on its cluster, of which NetBox's
//! change log proves who wrote it; on the command line; or by the plan of a branch.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use netbox_api::client::{JournalEntryFilter, ObjectChangeFilter};
use netbox_api::{EventKind, JournalEntry, ObjectChange, ObjectType};

use super::Dispatcher;
use crate::event::Event;
use crate::executor::Failure;
use crate::guest::RecordId;
use crate::live::another::{self, Excluded};
use crate::live::bridge::{Bridge, ProxmoxCluster, now};
use crate::live::inbox::{Brake, EventState, Held, StoredEvent};
use crate::moment::Moment;
use crate::part::Part;
use crate::report::{Report, Reporter};

const JOURNAL_ENTRY: &str = "extras.journalentry";

/// The journal entries for which what is held was let go once: what does not count is not looked at again and again.
#[derive(Debug, Default)]
pub(super) struct Agreements(Mutex<BTreeSet<u64>>);

/// What whoever agrees writes, and nothing else.
fn phrase(record: RecordId) -> String {
    format!("agree to destroy {record}")
}

/// Whether a text is that, however it is set.
fn agrees(text: &str, record: RecordId) -> bool {
    let words: Vec<&str> = text.trim_matches(['`', '.', '"', ' ', '\n', '\r']).split_whitespace().collect();
    words.join(" ").eq_ignore_ascii_case(&phrase(record))
}

impl Dispatcher {
    /// What is held until another person agrees that the guest is destroyed; both are told.
    pub(super) async fn held_for_agreement(
        &self,
        events: &[StoredEvent],
        event: &Event,
        cluster: &ProxmoxCluster,
    ) -> Result<Option<Held>, Failure> {
        let bridge = &self.inner.bridge;
        let Some(deletion) = event.cause.iter().rfind(|change| change.deleted_record()) else { return Ok(None) };
        let (record, which) = (deletion.record, deletion.deletion().unwrap_or_default());
        let birth = deletion.deleted_facts().and_then(|facts| facts.birth);
        let reporter = Reporter::new(record, birth, &deletion.name, Some(cluster.netbox_cluster.id));
        let vmid = event.current.as_ref().and_then(|current| current.vmid);
        // Of a record that was deleted, was there again and was deleted again, who agreed to the last counts.
        let last = events.iter().rfind(|event| event.change.deleted_record());
        let by = if last.is_some_and(|event| event.brake == Some(Brake::Agreement)) {
            Ok(bridge.inbox.released_by(record).await?.unwrap_or_else(|| "a person who released it".to_owned()))
        } else if self.is_approved(events).await? {
            Ok("another person, with the plan of the branch,".to_owned())
        } else {
            let entry = entry_of(bridge, record).await?;
            let deleter = entry.as_ref().map(|entry| entry.user_name.as_str()).filter(|user| !user.is_empty());
            let report = reporter.destroy_waits(vmid, &lost(event), deleter, &phrase(record), &which);
            match entry.as_ref().filter(|_| deleter.is_some()) {
                Some(entry) => who(bridge, cluster, entry, &report).await?.map_err(|why| (report, why)),
                None => Err((report, None)),
            }
        };
        match by {
            Ok(by) => {
                tracing::info!(%record, by, "another person agreed that the guest is destroyed");
                self.tell(cluster, reporter.destroy_agreed(vmid, &by, &which)).await;
                Ok(None)
            }
            Err((report, refused)) => {
                let why = report.text.clone();
                self.tell(cluster, report).await;
                if let Some(refused) = refused {
                    self.tell(cluster, reporter.destroy_not_agreed(&refused, &which)).await;
                }
                Ok(Some(Held { brake: Brake::Agreement, why }))
            }
        }
    }

    /// Lets go what is held and to which somebody seems to have agreed: it is looked at anew, with all proofs. NetBox is asked
    /// only while something is held.
    pub(in crate::live) async fn look_for_agreements(&self) -> Result<(), Failure> {
        let bridge = &self.inner.bridge;
        let mut held = bridge.inbox.store().events(Some(EventState::Parked), u32::MAX).await?;
        held.retain(|event| event.brake == Some(Brake::Agreement));
        let deletions: Vec<&StoredEvent> = held.iter().filter(|event| event.change.deleted_record()).collect();
        let mut agreed = BTreeSet::new();
        for cluster in &bridge.clusters {
            let id = cluster.netbox_cluster.id;
            let is_here = |event: &&&StoredEvent| event.change.deleted_facts().and_then(|it| it.cluster) == Some(id);
            let here: Vec<&&StoredEvent> = deletions.iter().filter(is_here).collect();
            let Some(since) = here.iter().map(|event| event.change.time).min() else { continue };
            let entries = journal(bridge, id, since).await?;
            let mut looked = self.inner.agreements.0.lock().unwrap_or_else(PoisonError::into_inner);
            for record in here.iter().map(|event| event.change.record) {
                let new = entries.iter().filter(|entry| agrees(&entry.comments, record));
                if new.filter(|entry| looked.insert(entry.id)).count() > 0 {
                    agreed.insert(record);
                }
            }
        }
        for event in held.iter().filter(|event| agreed.contains(&event.change.record)) {
            bridge.inbox.store().lift(&event.key, Brake::Agreement, now()).await?;
        }
        if !agreed.is_empty() {
            self.wake();
        }
        Ok(())
    }
}

/// Who agreed after the deletion of this entry, by the change log.
///
/// # Errors
/// NetBox failed; or, within, nobody, and why somebody's agreement does not count.
async fn who(
    bridge: &Bridge,
    cluster: &ProxmoxCluster,
    deletion: &ObjectChange,
    report: &Report,
) -> Result<Result<String, Option<String>>, Failure> {
    let record = RecordId(deletion.changed_object_id);
    let Some(since) = moment(&deletion.time) else { return Ok(Err(None)) };
    let entries = journal(bridge, cluster.netbox_cluster.id, Some(since)).await?;
    let candidates: Vec<_> = entries.iter().filter(|entry| agrees(&entry.comments, record)).collect();
    if candidates.is_empty() {
        return Ok(Err(None));
    }
    // Who wrote what we tell is our token's user.
    let mut ours = Vec::new();
    for told in entries.iter().filter(|entry| entry.comments.trim() == report.text) {
        ours.extend(author(bridge, told.id, |text| text.trim() == report.text).await?.map(|(user, _)| user));
    }
    if ours.is_empty() {
        return Ok(Err(Some("it is not known by which user this bridge writes: its journal entry is gone".to_owned())));
    }
    let deleter = Excluded { user: &deletion.user_name, why: |who| format!("{who} deleted the virtual machine") };
    let ours = ours.iter().map(|user| Excluded { user, why: |who| format!("{who} is this bridge's own user") });
    let but: Vec<_> = std::iter::once(deleter).chain(ours).collect();
    let mut refused = None;
    for entry in candidates {
        let written = author(bridge, entry.id, |text| agrees(text, record)).await?;
        let (user, at) = written.unwrap_or_default();
        if at.is_some_and(|at| at < since) {
            continue;
        }
        match another::person(&user, &but) {
            Ok(user) => return Ok(Ok(user.to_owned())),
            Err(why) => refused = Some(why),
        }
    }
    Ok(Err(refused))
}

/// The newest entry of the change log of a record's deletion.
async fn entry_of(bridge: &Bridge, record: RecordId) -> Result<Option<ObjectChange>, Failure> {
    let filter = ObjectChangeFilter {
        action: vec!["delete".into()],
        changed_object_type: vec![ObjectType::VIRTUAL_MACHINE.into()],
        changed_object_id: vec![record.0],
        ..ObjectChangeFilter::default()
    };
    // NetBox ignores filters that it does not know, and returns everything.
    let is_it = |entry: &ObjectChange| {
        entry.changed_object_type == ObjectType::VIRTUAL_MACHINE
            && entry.changed_object_id == record.0
            && entry.event() == Some(EventKind::Deleted)
    };
    Ok(bridge.netbox.object_changes().newest(&filter).await?.filter(is_it))
}

/// What people and we wrote on a cluster since then.
async fn journal(bridge: &Bridge, cluster: u64, since: Option<Moment>) -> Result<Vec<JournalEntry>, Failure> {
    let filter = JournalEntryFilter {
        assigned_object_type: Some(ObjectType::CLUSTER.into()),
        assigned_object_id: vec![cluster],
        created_after: since.map(|since| since.plus(-1).to_string()),
        ..JournalEntryFilter::default()
    };
    let mut entries = bridge.netbox.journal_entries().all(&filter).await?;
    entries
        .retain(|entry| entry.assigned_object_type == ObjectType::CLUSTER && entry.assigned_object_id == Some(cluster));
    Ok(entries)
}

/// Who wrote a journal entry as it was then, and when: who changed it later did not write it, nor does a change of somebody else
/// make its author say something.
async fn author(
    bridge: &Bridge,
    entry: u64,
    says: impl Fn(&str) -> bool,
) -> Result<Option<(String, Option<Moment>)>, Failure> {
    let filter = ObjectChangeFilter {
        action: vec!["create".into()],
        changed_object_type: vec![JOURNAL_ENTRY.into()],
        changed_object_id: vec![entry],
        ..ObjectChangeFilter::default()
    };
    let is_it = |change: &ObjectChange| {
        let text = change.postchange_data.as_ref().and_then(|data| data.text("comments"));
        change.changed_object_type == JOURNAL_ENTRY
            && change.changed_object_id == entry
            && change.event() == Some(EventKind::Created)
            && text.is_some_and(&says)
    };
    let written = bridge.netbox.object_changes().newest(&filter).await?.filter(is_it);
    Ok(written.map(|change| (change.user_name, change.time.parse().ok())))
}

fn moment(time: &str) -> Option<Moment> {
    time.parse().ok()
}

/// What is lost with a guest, for people.
fn lost(event: &Event) -> String {
    let Some(Part::Given(disks)) = event.current.as_ref().map(|current| &current.disks) else {
        return "its disks".to_owned();
    };
    let disk = |(slot, disk): (&proxmox_api::DiskSlot, &crate::current::CurrentDisk)| match disk.size {
        Some(size) => format!("{slot} ({}, {} MiB)", disk.volume, size.0),
        None => format!("{slot} ({})", disk.volume),
    };
    let disks: Vec<String> = disks.iter().map(disk).collect();
    if disks.is_empty() { "no disk".to_owned() } else { format!("its disk(s) {}", disks.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_text_for_this_very_record_agrees() {
        let says = |text: &str| agrees(text, RecordId(42));
        for text in ["agree to destroy 42", " Agree to  destroy 42.\n", "`agree to destroy 42`"] {
            assert!(says(text), "{text}");
        }
        for text in ["agree to destroy 4", "agree to destroy 421", "I do not agree to destroy 42", "agree", ""] {
            assert!(!says(text), "{text}");
        }
    }
}
