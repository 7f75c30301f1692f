//! What concerns one storage, as a node sees it.

use tokio::io::AsyncRead;

use super::error::Attempt;
use super::scope::Scope;
use super::{Client, Error, Task, decode, upload};
use crate::answers::{PrunedBackup, StorageStatus, Volume, VolumeInfo};
use crate::params::{AllocateParams, DownloadParams, Params, PruneParams, UploadParams};
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

    /// One volume of it, in full.
    ///
    /// # Errors
    /// As every request.
    pub async fn volume(&self, volume: &str) -> Result<VolumeInfo, Error> {
        self.scope().get("/content/{volume}", &[volume]).read().await
    }

    /// Sets the notes of a backup, and whether it is kept when others are pruned.
    ///
    /// # Errors
    /// As every request.
    pub async fn annotate(&self, volume: &str, notes: Option<&str>, protected: Option<bool>) -> Result<(), Error> {
        let mut params = Params::new();
        params.set_opt("notes", &notes).set_opt("protected", &protected);
        self.scope().put("/content/{volume}", &[volume]).with(params).run().await
    }

    /// Allocates a volume, and says its name.
    ///
    /// # Errors
    /// As every request.
    pub async fn allocate(&self, params: &AllocateParams) -> Result<String, Error> {
        self.scope().post("/content", &[]).with(params.to_params()).read().await
    }

    /// Removes a volume with what is on it.
    ///
    /// # Errors
    /// As every request; one that is protected or in use is refused.
    pub async fn delete(&self, volume: &str) -> Result<Option<Task>, Error> {
        let upid: Option<crate::Upid> = self.scope().delete("/content/{volume}", &[volume]).read().await?;
        Ok(upid.map(|upid| self.client.task(upid)))
    }

    /// What [`prune`](Self::prune) would do.
    ///
    /// # Errors
    /// As every request.
    pub async fn prune_preview(&self, params: &PruneParams) -> Result<Vec<PrunedBackup>, Error> {
        self.scope().get("/prunebackups", &[]).with(params.to_params()).list().await
    }

    /// Removes backups that need not be kept.
    ///
    /// # Errors
    /// As every request.
    pub async fn prune(&self, params: &PruneParams) -> Result<Task, Error> {
        self.scope().delete("/prunebackups", &[]).with(params.to_params()).task().await
    }

    /// Whether it can be used, and how full it is.
    ///
    /// # Errors
    /// As every request.
    pub async fn status(&self) -> Result<StorageStatus, Error> {
        self.scope().get("/status", &[]).read().await
    }

    /// Lets the node fetch a file.
    ///
    /// # Errors
    /// As every request; a checksum that does not fit fails in the task.
    pub async fn download(&self, params: &DownloadParams) -> Result<Task, Error> {
        self.scope().post("/download-url", &[]).with(params.to_params()).task().await
    }

    /// Sends a file of `length` bytes, which is read while it is sent. The task puts it into its place.
    ///
    /// There is no limit of time but the file's own: whoever cancels it leaves nothing on the storage. It is sent once, to
    /// the endpoint that answered last.
    ///
    /// # Errors
    /// As every request; [`Unavailable`](super::ErrorKind::Unavailable) where the file ends too early or cannot be read.
    pub async fn upload(
        &self,
        params: &UploadParams,
        length: u64,
        file: impl AsyncRead + Send + 'static,
    ) -> Result<Task, Error> {
        let attempt = self.scope().attempt("POST", "/upload", &[]);
        let (kind, body) = upload::body(&params.to_params(), length, file);
        let inner = &self.client.inner;
        let answer = inner.upload(&attempt, &kind, body).await?;
        let upid = decode::data(&answer.body);
        let upid = upid.map_err(|message| inner.undecodable(&attempt, &Params::new(), &answer, &message))?;
        Ok(self.client.task(upid))
    }

    fn scope(&self) -> Scope {
        let segments = [self.node.as_str(), self.storage.as_str()];
        Scope::new(&self.client, "/nodes/{node}/storage/{storage}", &segments)
    }
}
