//! What concerns one storage, as a node sees it.

use super::error::Attempt;
use super::{Client, Error};
use crate::answers::Volume;
use crate::params::Params;
use crate::types::{NodeName, StorageId, Vmid};

/// Requests under `/nodes/{node}/storage/{storage}`.
#[derive(Clone, Debug)]
pub struct StorageHandle {
    pub(super) client: Client,
    pub(super) node: NodeName,
    pub(super) storage: StorageId,
}

impl StorageHandle {
    /// The volumes on it: of one kind (`images`, `vztmpl` …) or all, of one guest or all.
    ///
    /// # Errors
    /// As every request.
    pub async fn content(&self, content: Option<&str>, vmid: Option<Vmid>) -> Result<Vec<Volume>, Error> {
        let mut params = Params::new();
        params.set_opt("content", &content).set_opt("vmid", &vmid);
        let segments = [self.node.as_str(), self.storage.as_str()];
        self.client.list(Attempt::new("GET", "/nodes/{node}/storage/{storage}/content", &segments), &params).await
    }
}
