//! Backup jobs.

use super::Error;
use super::scope::{Scope, collection};
use crate::answers::{BackupJob, NotBackedUp};
use crate::params::BackupJobParams;

collection! {
    /// Requests under `/cluster/backup`: the jobs that back up guests.
    BackupJobsHandle, "/{id}": BackupJob, BackupJobParams
}

impl BackupJobsHandle {
    /// The guests that no job has.
    ///
    /// # Errors
    /// As every request.
    pub async fn not_backed_up(&self) -> Result<Vec<NotBackedUp>, Error> {
        Scope::new(self.at.client(), "/cluster/backup-info/not-backed-up", &[]).get("", &[]).list().await
    }
}
