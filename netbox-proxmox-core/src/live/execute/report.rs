//! Tells a person: a journal entry on the record or, once that is gone, on its cluster. Once.

use std::sync::PoisonError;

use netbox_api::ObjectType;
use netbox_api::client::{JournalEntryFilter, NewJournalEntry};

use super::step::Step;
use crate::action::Target;
use crate::delivery::birth;
use crate::executor::{Failure, Outcome};
use crate::guest::RecordId;
use crate::live::inbox::Reported;
use crate::report::{Report, ReportKind, Reporter};

impl Step<'_> {
    pub(super) async fn report(&self, report: &Report) -> Result<Outcome, Failure> {
        let key = report.key();
        // News are told once in the plan that makes them, and then forgotten.
        if report.is_for_a_person() {
            self.told.lock().unwrap_or_else(PoisonError::into_inner).push(key.clone());
        }
        let inbox = &self.bridge.inbox;
        let delivered = match report.kind {
            ReportKind::Difference => Reported::Delivered,
            ReportKind::Remark | ReportKind::News => Reported::Remarked,
        };
        let begun = match inbox.reported(&key).await? {
            Some(state @ (Reported::Delivered | Reported::Remarked)) => {
                // A remark that later plans find after all.
                if state != delivered && delivered == Reported::Delivered {
                    inbox.put_reported(&key, delivered).await?;
                }
                return Ok(Outcome::Unchanged);
            }
            Some(Reported::Begun) => true,
            None => false,
        };
        let (object_type, id) = match self.record_of(report).await? {
            Some(record) => (ObjectType::VIRTUAL_MACHINE, record.0),
            None => {
                // What a record was moved to may be a cluster of others, whose journal is not ours.
                let cluster = report.cluster.and_then(|id| self.bridge.cluster(id)).unwrap_or(self.cluster);
                (ObjectType::CLUSTER, cluster.netbox_cluster.id)
            }
        };
        // What was begun may have been written although we never heard so.
        if begun && self.has_entry(object_type, id, &report.text).await? {
            inbox.put_reported(&key, delivered).await?;
            return Ok(Outcome::Unchanged);
        }
        inbox.put_reported(&key, Reported::Begun).await?;
        let entry = NewJournalEntry {
            assigned_object_type: object_type.into(),
            assigned_object_id: id,
            comments: report.text.clone(),
            kind: Some(if report.is_for_a_person() { "warning" } else { "success" }.into()),
            ..Default::default()
        };
        self.bridge.netbox.journal_entries().create(&entry).await?;
        inbox.put_reported(&key, delivered).await?;
        Ok(Outcome::Done)
    }

    /// For what goes wrong within a step.
    pub(super) fn reporter(&self, guest: &Target) -> Reporter {
        Reporter::of_target(guest, Some(self.cluster.netbox_cluster.id))
    }

    /// The record, if it is there: one that has its id again is another.
    async fn record_of(&self, report: &Report) -> Result<Option<RecordId>, Failure> {
        let Some(record) = report.record else { return Ok(None) };
        // The plan has read it, or written to it.
        if self.known.record().is_some_and(|known| known.id == record.0) {
            return Ok(Some(record));
        }
        let machines = self.bridge.netbox.virtual_machines().fields(["id", "name", "status", "created"]);
        match machines.get(record.0).await {
            Ok(found) => {
                let born = birth(found.value.created.as_deref());
                Ok(Some(record).filter(|_| report.birth.is_none() || born.is_none() || report.birth == born))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn has_entry(&self, object_type: &str, id: u64, text: &str) -> Result<bool, Failure> {
        let filter = JournalEntryFilter {
            assigned_object_type: Some(object_type.into()),
            assigned_object_id: vec![id],
            ..Default::default()
        };
        let entries = self.bridge.netbox.journal_entries().all(&filter).await?;
        Ok(entries.iter().any(|entry| entry.comments == text))
    }
}
