//! What people were told of: by record, or by cluster.

use serde::{Deserialize, Serialize};

use super::{Inbox, InboxError, REPORT};
use crate::guest::Owner;
use crate::report::ReportKey;

/// How far a report has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reported {
    /// It is being written: perhaps NetBox has it.
    Begun,
    /// NetBox has it. Plans find it until its cause is over.
    Delivered,
    /// NetBox has it, and no later plan finds it.
    Remarked,
}

impl Reported {
    /// Whether NetBox has it for certain.
    pub fn is_told(self) -> bool {
        self != Self::Begun
    }
}

impl Inbox {
    /// Whether a report was delivered, or begun.
    pub async fn reported(&self, key: &ReportKey) -> Result<Option<Reported>, InboxError> {
        Ok(self.reports(&kept_under(key)).await?.into_iter().find(|(made, _)| made == key).map(|(_, state)| state))
    }

    /// Remembers how far a report has come.
    pub async fn put_reported(&self, key: &ReportKey, state: Reported) -> Result<(), InboxError> {
        let under = kept_under(key);
        let mut reports = self.reports(&under).await?;
        reports.retain(|(made, _)| made != key);
        reports.push((key.clone(), state));
        self.write(REPORT, &under, &reports).await
    }

    /// The differences of a record that people were told of, without those of guests that no record names.
    pub async fn standing(&self, owner: Owner) -> Result<Vec<ReportKey>, InboxError> {
        let told = |(key, state): &(ReportKey, Reported)| *state == Reported::Delivered && !key.is_of_orphan();
        let reports = self.reports(&owner.to_string()).await?;
        Ok(reports.into_iter().filter(told).map(|(key, _)| key).collect())
    }

    /// Forgets the reports of a record's plans whose cause is over: should it return, it is reported again.
    pub async fn retain_reports(&self, owner: Owner, still_true: &[ReportKey]) -> Result<(), InboxError> {
        self.retain(owner, |key| key.is_of_orphan() || still_true.contains(key)).await
    }

    /// The same for reports on guests that carry the record's marker, and that no record names.
    pub async fn retain_orphans(&self, owner: Owner, still_true: &[ReportKey]) -> Result<(), InboxError> {
        self.retain(owner, |key| !key.is_of_orphan() || still_true.contains(key)).await
    }

    async fn retain(&self, owner: Owner, keep: impl Fn(&ReportKey) -> bool) -> Result<(), InboxError> {
        let under = owner.to_string();
        let mut reports = self.reports(&under).await?;
        let before = reports.len();
        reports.retain(|(made, _)| keep(made));
        if reports.len() == before {
            return Ok(());
        }
        self.write(REPORT, &under, &reports).await
    }

    async fn reports(&self, under: &str) -> Result<Vec<(ReportKey, Reported)>, InboxError> {
        Ok(self.read(REPORT, under).await?.unwrap_or_default())
    }
}

/// The key under which a report is remembered: that of its record, or of its cluster.
fn kept_under(key: &ReportKey) -> String {
    match (key.record, key.birth) {
        (Some(record), Some(birth)) => Owner { record, birth }.to_string(),
        (Some(record), None) => format!("{record}@"),
        (None, _) => format!("cluster {}", key.cluster.unwrap_or_default()),
    }
}
