//! Definitions of storages.

use super::Error;
use super::scope::Scope;
use crate::answers::StorageConfig;
use crate::params::{ConfigUpdate, StorageParams};
use crate::types::StorageId;

/// Requests under `/storage`: the storages as the cluster configures them. As a node sees one:
/// [`StorageHandle`](super::StorageHandle).
#[derive(Clone, Debug)]
pub struct StoragesHandle {
    pub(super) at: Scope,
}

impl StoragesHandle {
    /// The storages.
    ///
    /// # Errors
    /// As every request.
    pub async fn list(&self) -> Result<Vec<StorageConfig>, Error> {
        self.at.get("", &[]).list().await
    }

    /// One of them.
    ///
    /// # Errors
    /// As every request.
    pub async fn get(&self, storage: &StorageId) -> Result<StorageConfig, Error> {
        self.at.get("/{storage}", &[storage.as_str()]).read().await
    }

    /// Defines one.
    ///
    /// # Errors
    /// As every request.
    pub async fn create(&self, params: &StorageParams) -> Result<(), Error> {
        self.at.post("", &[]).with(params.to_params()).run().await
    }

    /// Sets and deletes options of one.
    ///
    /// # Errors
    /// As every request.
    pub async fn update(&self, storage: &StorageId, update: &ConfigUpdate) -> Result<(), Error> {
        self.at.put("/{storage}", &[storage.as_str()]).with(update.to_params()).run().await
    }

    /// Removes the definition; what is on the storage stays.
    ///
    /// # Errors
    /// As every request.
    pub async fn delete(&self, storage: &StorageId) -> Result<(), Error> {
        self.at.delete("/{storage}", &[storage.as_str()]).run().await
    }
}
