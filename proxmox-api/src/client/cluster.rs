//! What concerns the cluster as a whole.

use super::error::Attempt;
use super::scope::Scope;
use super::{BackupJobsHandle, Client, Error, ErrorKind, FirewallHandle, HaHandle, ReplicationHandle, SdnHandle};
use crate::answers::{ClusterMember, ClusterOptions, Resource, ResourceType, TaskSummary};
use crate::params::{ConfigUpdate, Params};
use crate::types::Vmid;

/// Requests under `/cluster`.
#[derive(Clone, Debug)]
pub struct ClusterHandle {
    pub(super) client: Client,
}

impl ClusterHandle {
    /// The cluster and its nodes.
    ///
    /// # Errors
    /// As every request.
    pub async fn status(&self) -> Result<Vec<ClusterMember>, Error> {
        self.client.list(Attempt::new("GET", "/cluster/status", &[]), &Params::new()).await
    }

    /// What there is in the cluster, of one type or of all, as far as whoever asks may see it: without rights the list
    /// is empty, not refused. Up to some ten seconds old.
    ///
    /// # Errors
    /// As every request.
    pub async fn resources(&self, of: Option<ResourceType>) -> Result<Vec<Resource>, Error> {
        let mut params = Params::new();
        params.set_opt("type", &of);
        self.client.list(Attempt::new("GET", "/cluster/resources", &[]), &params).await
    }

    /// A VMID that is free now: the lowest, or the given one. Nothing is reserved: two who ask get the same.
    ///
    /// # Errors
    /// [`AlreadyExists`](ErrorKind::AlreadyExists): the given one is taken.
    pub async fn next_id(&self, vmid: Option<Vmid>) -> Result<Vmid, Error> {
        let mut params = Params::new();
        params.set_opt("vmid", &vmid);
        self.client.request(Attempt::new("GET", "/cluster/nextid", &[]), &params).await
    }

    /// Whether no guest in the cluster has this VMID, also none that whoever asks may not see.
    ///
    /// # Errors
    /// As every request.
    pub async fn is_free(&self, vmid: Vmid) -> Result<bool, Error> {
        match self.next_id(Some(vmid)).await {
            Ok(_) => Ok(true),
            Err(error) if *error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The latest tasks of all nodes.
    ///
    /// # Errors
    /// As every request.
    pub async fn tasks(&self) -> Result<Vec<TaskSummary>, Error> {
        self.client.list(Attempt::new("GET", "/cluster/tasks", &[]), &Params::new()).await
    }

    /// The options of the cluster.
    ///
    /// # Errors
    /// As every request.
    pub async fn options(&self) -> Result<ClusterOptions, Error> {
        self.scope("/cluster/options").get("", &[]).read().await
    }

    /// Sets and deletes options of the cluster.
    ///
    /// # Errors
    /// As every request.
    pub async fn set_options(&self, update: &ConfigUpdate) -> Result<(), Error> {
        self.scope("/cluster/options").put("", &[]).with(update.to_params()).run().await
    }

    /// The jobs that back up guests.
    pub fn backup_jobs(&self) -> BackupJobsHandle {
        BackupJobsHandle { at: self.scope("/cluster/backup") }
    }

    /// High availability.
    pub fn ha(&self) -> HaHandle {
        HaHandle { at: self.scope("/cluster/ha") }
    }

    /// The firewall of the cluster.
    pub fn firewall(&self) -> FirewallHandle {
        FirewallHandle { at: self.scope("/cluster/firewall") }
    }

    /// Software-defined networks.
    pub fn sdn(&self) -> SdnHandle {
        SdnHandle { at: self.scope("/cluster/sdn") }
    }

    /// The jobs that replicate guests.
    pub fn replication(&self) -> ReplicationHandle {
        ReplicationHandle { at: self.scope("/cluster/replication") }
    }

    fn scope(&self, template: &'static str) -> Scope {
        Scope::new(&self.client, template, &[])
    }
}
