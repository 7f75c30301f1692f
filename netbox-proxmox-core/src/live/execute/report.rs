//! Tells a person: a journal entry on the record or, once that is gone, on its cluster. Once.

use std::sync::PoisonError;

use netbox_api::ObjectType;
use netbox_api::client::{ClusterFilter, JournalEntryFilter, NewJournalEntry};

use super::step::{Step, refused};
use crate::action::Target;
use crate::executor::{Failure, Outcome};
use crate::live::inbox::Reported;
use crate::report::{Report, Reporter};

impl Step<'_> {
    pub(super) async fn report(&self, report: &Report) -> Result<Outcome, Failure> {
        let key = report.key();
        self.told.lock().unwrap_or_else(PoisonError::into_inner).push(key.clone());
        let inbox = &self.bridge.inbox;
        let begun = match inbox.reported(&key).await? {
            Some(Reported::Delivered) => return Ok(Outcome::Unchanged),
            Some(Reported::Begun) => true,
            None => false,
        };
        let exists =
            match self.bridge.netbox.virtual_machines().fields(["id", "name", "status"]).get(report.record.0).await {
                Ok(_) => true,
                Err(error) if error.is_not_found() => false,
                Err(error) => return Err(error.into()),
            };
        let (object_type, id) = if exists {
            (ObjectType::VIRTUAL_MACHINE, report.record.0)
        } else {
            (ObjectType::CLUSTER, self.cluster_id(report).await?)
        };
        // What was begun may have been written although we never heard so.
        if begun && self.has_entry(object_type, id, &report.text).await? {
            inbox.put_reported(&key, Reported::Delivered).await?;
            return Ok(Outcome::Unchanged);
        }
        inbox.put_reported(&key, Reported::Begun).await?;
        let entry = NewJournalEntry {
            assigned_object_type: object_type.into(),
            assigned_object_id: id,
            comments: report.text.clone(),
            kind: Some("warning".into()),
            ..Default::default()
        };
        self.bridge.netbox.journal_entries().create(&entry).await?;
        inbox.put_reported(&key, Reported::Delivered).await?;
        Ok(Outcome::Done)
    }

    /// For what goes wrong within a step.
    pub(super) fn reporter(&self, guest: &Target) -> Reporter {
        Reporter::new(guest.record, &guest.name, Some(&self.cluster.netbox_cluster))
    }

    async fn cluster_id(&self, report: &Report) -> Result<u64, Failure> {
        let name = report.cluster.clone().unwrap_or_else(|| self.cluster.netbox_cluster.clone());
        let filter = ClusterFilter { name: vec![name.clone()], ..Default::default() };
        let cluster = self.bridge.netbox.clusters().newest(&filter).await?;
        cluster.map(|cluster| cluster.id).ok_or_else(|| refused(format!("NetBox has no cluster {name}")))
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
