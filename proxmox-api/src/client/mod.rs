//! The client: everything that touches a network.

mod access;
mod agent;
mod auth;
mod backup;
mod builder;
mod call;
mod cluster;
mod decode;
mod endpoints;
mod error;
mod error_table;
mod firewall;
mod foreign;
mod guest;
mod ha;
mod lxc;
mod network;
mod node;
mod pools;
mod qemu;
mod replication;
mod scope;
mod sdn;
mod services;
mod snapshots;
#[cfg_attr(not(feature = "reqwest"), path = "no_stack.rs")]
mod stack;
mod storage;
mod storages;
mod task;
#[cfg(all(test, feature = "reqwest"))]
mod tests;
mod upload;

/// The seam between the client and the network, the same as that of netbox-api.
pub mod transport {
    pub use api_transport::{
        Body, Outcome, PeerCertificate, Reason, Sending, TimeLimit, Transport, TransportError, Unread, Untrusted,
    };
}

use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeOwned, IgnoredAny};

pub use self::access::{AccessHandle, GroupsHandle, RolesHandle, TokensHandle, UsersHandle};
pub use self::agent::AgentHandle;
pub use self::backup::BackupJobsHandle;
pub use self::builder::{ClientBuilder, Timeouts};
pub use self::cluster::ClusterHandle;
pub use self::endpoints::IntoEndpoints;
pub use self::error::{Error, ErrorKind, Phase, Subject};
pub use self::firewall::{
    FirewallAliasesHandle, FirewallGroupsHandle, FirewallHandle, FirewallRulesHandle, FirewallSetsHandle,
};
pub use self::guest::GuestHandle;
pub use self::ha::{HaGroupsHandle, HaHandle, HaResourcesHandle, HaRulesHandle};
pub use self::lxc::LxcHandle;
pub use self::network::NetworkHandle;
pub use self::node::NodeHandle;
pub use self::pools::PoolsHandle;
pub use self::qemu::{ConfigView, QemuHandle};
pub use self::replication::{NodeReplicationHandle, ReplicationHandle};
pub use self::sdn::{SdnHandle, SdnSubnetsHandle, SdnVnetsHandle, SdnZonesHandle};
pub use self::services::ServicesHandle;
pub use self::snapshots::{QemuSnapshotsHandle, SnapshotsHandle};
pub use self::storage::StorageHandle;
pub use self::storages::StoragesHandle;
pub use self::task::{Task, WaitOptions, poll_interval};
pub use self::transport::{Transport, TransportError};
pub use secrecy::SecretString;

use self::call::Inner;
use self::error::Attempt;
use self::scope::Scope;
use crate::answers::{List, Node, Permissions, StorageConfig, Version};
use crate::params::Params;
use crate::types::{NodeName, Upid};

/// Who answers at an address.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Peer {
    /// Its version.
    pub version: Version,
    /// Its clock, as HTTP writes times.
    pub date: Option<String>,
    /// SHA-256 of its certificate, `AA:BB:…`; none where the connection is not encrypted.
    pub fingerprint: Option<String>,
}

/// A client of one Proxmox VE cluster, or single node. Cheap to clone; clones share connections and ticket.
///
/// Every method is one request, unless it says otherwise. Nothing is repeated that can have been acted on: see
/// [`Error::phase`] and [`Error::is_retryable`].
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

impl Client {
    /// Sets up a client for a cluster that answers at one or several addresses, such as `https://pve01:8006`. A request
    /// goes to the one that answered last, and moves on if no connection can be made.
    pub fn builder(urls: impl IntoEndpoints) -> ClientBuilder {
        ClientBuilder::new(urls)
    }

    /// Any `GET`, for what is not modelled: `client.get::<serde_json::Value>("/cluster/options", &Params::new())`.
    ///
    /// # Errors
    /// As every request; [`Config`](ErrorKind::Config) for a path that is none.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, params: &Params) -> Result<T, Error> {
        self.request(Attempt::raw("GET", path)?, params).await
    }

    /// Any `POST`, its parameters as a form.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    pub async fn post<T: DeserializeOwned>(&self, path: &str, params: &Params) -> Result<T, Error> {
        self.request(Attempt::raw("POST", path)?, params).await
    }

    /// Any `PUT`, its parameters as a form.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    pub async fn put<T: DeserializeOwned>(&self, path: &str, params: &Params) -> Result<T, Error> {
        self.request(Attempt::raw("PUT", path)?, params).await
    }

    /// Any `DELETE`, its parameters in the query.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    pub async fn delete<T: DeserializeOwned>(&self, path: &str, params: &Params) -> Result<T, Error> {
        self.request(Attempt::raw("DELETE", path)?, params).await
    }

    /// An operation of the [schema](crate::api), its answer read as whatever the caller wants it to be: a type of one's own,
    /// [`List`], [`Upid`] (for [`task`](Self::task)), `()` where there is none.
    ///
    /// # Errors
    /// As every request; [`Decode`](ErrorKind::Decode) where the answer is of another type.
    #[cfg(feature = "api-base")]
    pub async fn call<O: crate::api::Operation, T: DeserializeOwned>(&self, operation: &O) -> Result<T, Error> {
        let segments: Vec<&str> = operation.segments().iter().map(String::as_str).collect();
        self.request(Attempt::new(O::SHAPE.method, O::SHAPE.path, &segments), operation.params()).await
    }

    /// The version of what answers.
    ///
    /// # Errors
    /// As every request.
    pub async fn version(&self) -> Result<Version, Error> {
        self.request(Attempt::new("GET", "/version", &[]), &Params::new()).await
    }

    /// Who answers: its version, and what it shows of itself.
    ///
    /// # Errors
    /// As every request.
    pub async fn peer(&self) -> Result<Peer, Error> {
        let (attempt, params) = (Attempt::new("GET", "/version", &[]), Params::new());
        let answer = self.inner.send(&attempt, &params).await?;
        let version = decode::data(&answer.body)
            .map_err(|message| self.inner.undecodable(&attempt, &params, &answer, &message))?;
        Ok(Peer { version, date: answer.date, fingerprint: answer.fingerprint })
    }

    /// A client for each of the addresses alone, with the address as it is written.
    pub fn at_each_endpoint(&self) -> Vec<(String, Self)> {
        let Inner { endpoints, .. } = &*self.inner;
        let alone = |endpoints| Self { inner: Arc::new(self.inner.at(endpoints)) };
        endpoints.servers().map(str::to_owned).zip(endpoints.each().map(alone)).collect()
    }

    /// Whether certificates are verified: not after [`insecure`](ClientBuilder::insecure).
    pub fn verifies_certificates(&self) -> bool {
        self.inner.verifies
    }

    /// The privileges of whoever asks.
    ///
    /// # Errors
    /// As every request.
    pub async fn permissions(&self) -> Result<Permissions, Error> {
        self.request(Attempt::new("GET", "/access/permissions", &[]), &Params::new()).await
    }

    /// The storages as the cluster configures them.
    ///
    /// # Errors
    /// As every request.
    pub async fn storage_list(&self) -> Result<Vec<StorageConfig>, Error> {
        self.list(Attempt::new("GET", "/storage", &[]), &Params::new()).await
    }

    /// The nodes.
    ///
    /// # Errors
    /// As every request.
    pub async fn nodes(&self) -> Result<Vec<Node>, Error> {
        self.list(Attempt::new("GET", "/nodes", &[]), &Params::new()).await
    }

    /// The storages as the cluster configures them, one by one.
    pub fn storages(&self) -> StoragesHandle {
        StoragesHandle { at: Scope::new(self, "/storage", &[]) }
    }

    /// The pools.
    pub fn pools(&self) -> PoolsHandle {
        PoolsHandle { at: Scope::new(self, "/pools", &[]) }
    }

    /// Users, groups, roles, rights and tokens.
    pub fn access(&self) -> AccessHandle {
        AccessHandle { at: Scope::new(self, "/access", &[]) }
    }

    /// What concerns the cluster as a whole.
    pub fn cluster(&self) -> ClusterHandle {
        ClusterHandle { client: self.clone() }
    }

    /// What concerns one node.
    pub fn node(&self, node: &NodeName) -> NodeHandle {
        NodeHandle { client: self.clone(), node: node.clone() }
    }

    /// A task, just started or known from its stored UPID.
    pub fn task(&self, upid: Upid) -> Task {
        Task::new(self.clone(), upid)
    }

    async fn request<T: DeserializeOwned>(&self, attempt: Attempt, params: &Params) -> Result<T, Error> {
        let answer = self.inner.send(&attempt, params).await?;
        decode::data(&answer.body).map_err(|message| self.inner.undecodable(&attempt, params, &answer, &message))
    }

    /// A list, of which an item that cannot be read is left out.
    async fn list<T: DeserializeOwned>(&self, attempt: Attempt, params: &Params) -> Result<Vec<T>, Error> {
        self.request::<List<T>>(attempt, params).await.map(|list| list.0)
    }

    /// A request whose answer says nothing.
    async fn run(&self, attempt: Attempt, params: &Params) -> Result<(), Error> {
        self.request::<IgnoredAny>(attempt, params).await.map(|_| ())
    }

    /// A request that starts a task.
    async fn start_task(&self, attempt: Attempt, params: &Params) -> Result<Task, Error> {
        self.request(attempt, params).await.map(|upid| self.task(upid))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.inner;
        f.debug_struct("Client").field("endpoints", &inner.endpoints).field("auth", &inner.auth).finish_non_exhaustive()
    }
}
