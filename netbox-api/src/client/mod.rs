//! The client of NetBox's REST API.
//!
//! ```no_run
//! # async fn example() -> Result<(), netbox_api::Error> {
//! use netbox_api::Client;
//! use netbox_api::client::{CustomFieldsPatch, VirtualMachineFilter, VirtualMachinePatch};
//!
//! let client = Client::builder("https://netbox.example.org").token("nbt_key.secret".to_owned().into()).build()?;
//! let filter = VirtualMachineFilter { cluster: vec!["pve-cluster-1".into()], ..Default::default() };
//! for machine in client.virtual_machines().all(&filter).await? {
//!     println!("{} {}", machine.id, machine.name);
//! }
//!
//! let fetched = client.virtual_machines().get(7).await?;
//! let patch = VirtualMachinePatch {
//!     custom_fields: CustomFieldsPatch::new().text("proxmox_vmid", "101"),
//!     ..Default::default()
//! };
//! client.virtual_machines().changelog_message("VMID allocated").update(7, &patch, fetched.etag.as_ref()).await?;
//! # Ok(())
//! # }
//! ```

mod allocate;
mod branches;
mod builder;
mod bulk;
mod call;
mod endpoint;
mod etag;
mod field;
#[macro_use]
mod filter;
mod foreign;
mod jobs;
#[macro_use]
mod new;
mod objects;
mod pace;
mod paging;
#[macro_use]
mod patch;
mod raw;
#[macro_use]
mod resource;
// Made by the macros above.
mod kinds;
mod retry;
#[cfg_attr(not(feature = "reqwest"), path = "no_stack.rs")]
mod stack;
mod token;

/// The seam between the client and the network, the same as that of proxmox-ve-api.
pub mod transport {
    pub use api_transport::{
        Body, Outcome, PeerCertificate, Reason, Sending, TimeLimit, Transport, TransportError, Unread, Untrusted,
    };
}

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub use branches::BranchAction;
pub use builder::ClientBuilder;
pub use endpoint::{Endpoint, Fetched, Written};
pub use etag::ETag;
pub use field::{CustomFieldsPatch, Field, TagRef};
pub use filter::*;
pub use kinds::*;
pub use new::*;
pub use objects::Objects;
pub use paging::Listing;
pub use patch::*;
pub use raw::Answer;
pub use resource::{Resource, Writable};
pub use transport::{Transport, TransportError};

use crate::error::{Attempt, Error};
use crate::{
    Cluster, CustomField, CustomFieldChoiceSet, Device, EventRule, IpAddress, JournalEntry, MacAddress, ObjectChange,
    Prefix, Status, Tag, Version, VirtualDisk, VirtualMachine, Vlan, VmInterface, Webhook,
};
use http::HeaderValue;
use pace::Pace;
use retry::Retry;
use secrecy::SecretString;
use token::Token;
use url::Url;

/// Who answers as NetBox.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Peer {
    /// What it says about itself.
    pub status: Status,
    /// Its clock, as HTTP writes times.
    pub date: Option<String>,
    /// SHA-256 of its certificate, `AA:BB:…`; none where the connection is not encrypted.
    pub fingerprint: Option<String>,
}

/// A NetBox. Cheap to clone: clones share their connections.
///
/// A call that is dropped before it is done is not sent, or its answer is not waited for: whether a write was carried out is then
/// not known. Nothing else is lost.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    /// The branch that all requests are for.
    branch: Option<HeaderValue>,
}

struct Inner {
    transport: Arc<dyn Transport>,
    /// Ends with a slash; `/api/` is below it.
    base: Url,
    token: Option<Token>,
    /// Through which it is asked, and what must not be shown of that.
    proxy: Option<String>,
    secrets: Vec<SecretString>,
    /// How long one attempt may take, where that is known.
    limit: Option<Duration>,
    retry: Retry,
    /// None: as fast as they come.
    pace: Option<Pace>,
    /// The most bytes of one answer.
    longest_answer: usize,
    /// Whether certificates are verified.
    verifies: bool,
    /// Of the first answer that told it.
    version: OnceLock<Version>,
}

impl Client {
    /// Builds a client for the NetBox at `url`, for example `https://netbox.example.org`, without `/api`. A NetBox below
    /// a path is fine.
    pub fn builder(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(url.into())
    }

    /// The URL of the NetBox, with a slash at its end.
    #[must_use]
    pub fn url(&self) -> &str {
        self.inner.base.as_str()
    }

    /// The same NetBox as a branch of netbox-branching has it: all that is asked and written goes there. `schema_id` is
    /// [`Branch::schema_id`], not its name. Any token may; the permissions on the objects hold (seen: netbox-branching 1.2.2).
    ///
    /// # Errors
    /// Of kind `Config` for what no identifier can be. A branch that is none, or is not ready, is an error of kind `Branch` of each
    /// request.
    pub fn branch(&self, schema_id: &str) -> Result<Self, Error> {
        let header = Some(schema_id).filter(|id| !id.is_empty()).and_then(|id| HeaderValue::from_str(id).ok());
        let header = header.ok_or_else(|| Error::config("that is no identifier of a branch"))?;
        Ok(Self { inner: Arc::clone(&self.inner), branch: Some(header) })
    }

    /// What NetBox says about itself. Needs a token, but no permission.
    ///
    /// # Errors
    /// Any [`Error`] of a request.
    pub async fn status(&self) -> Result<Status, Error> {
        self.peer().await.map(|peer| peer.status)
    }

    /// Who answers: what [`status`](Self::status) says, and what it shows of itself.
    ///
    /// # Errors
    /// Any [`Error`] of a request.
    pub async fn peer(&self) -> Result<Peer, Error> {
        let call = self.call("GET", "status/", "status/")?;
        let reply = self.send(call).await?;
        let status: Status = reply.decode()?;
        if status.netbox_version.is_empty() {
            // The one answer of which all fields are optional to us.
            return Err(reply.foreign("JSON of another service"));
        }
        if let Some(version) = status.version() {
            let _ = self.inner.version.set(version);
        }
        Ok(Peer { status, date: reply.date, fingerprint: reply.fingerprint })
    }

    /// Whether certificates are verified: not after [`insecure`](ClientBuilder::insecure).
    #[must_use]
    pub fn verifies_certificates(&self) -> bool {
        self.inner.verifies
    }

    /// The version of NetBox: what its answers said so far, else asked for.
    ///
    /// # Errors
    /// Any [`Error`] of a request; of kind `Decode` if it tells no version.
    pub async fn version(&self) -> Result<Version, Error> {
        if let Some(version) = self.inner.version.get() {
            return Ok(*version);
        }
        let status = self.status().await?;
        status.version().ok_or_else(|| {
            let attempt = Attempt { method: "GET", path: "/api/status/".into(), template: "/api/status/".into() };
            let message = format!("netbox-version {:?} is no version", status.netbox_version);
            Error::new(&attempt, crate::ErrorKind::Decode, crate::Phase::Answered, message)
        })
    }

    /// `virtualization/virtual-machines`. Lists leave out `config_context`, which is slow to make.
    #[must_use]
    pub fn virtual_machines(&self) -> Endpoint<VirtualMachine> {
        Endpoint::new(self)
    }

    /// `virtualization/virtual-disks`.
    #[must_use]
    pub fn virtual_disks(&self) -> Endpoint<VirtualDisk> {
        Endpoint::new(self)
    }

    /// `ipam/vlans`.
    #[must_use]
    pub fn vlans(&self) -> Endpoint<Vlan> {
        Endpoint::new(self)
    }

    /// `virtualization/interfaces`: those of virtual machines.
    #[must_use]
    pub fn interfaces(&self) -> Endpoint<VmInterface> {
        Endpoint::new(self)
    }

    /// `virtualization/clusters`.
    #[must_use]
    pub fn clusters(&self) -> Endpoint<Cluster> {
        Endpoint::new(self)
    }

    /// `dcim/devices`. Lists leave out `config_context`, which is slow to make.
    #[must_use]
    pub fn devices(&self) -> Endpoint<Device> {
        Endpoint::new(self)
    }

    /// `ipam/ip-addresses`.
    #[must_use]
    pub fn ip_addresses(&self) -> Endpoint<IpAddress> {
        Endpoint::new(self)
    }

    /// `dcim/mac-addresses`.
    #[must_use]
    pub fn mac_addresses(&self) -> Endpoint<MacAddress> {
        Endpoint::new(self)
    }

    /// `ipam/prefixes`.
    #[must_use]
    pub fn prefixes(&self) -> Endpoint<Prefix> {
        Endpoint::new(self)
    }

    /// `extras/tags`.
    #[must_use]
    pub fn tags(&self) -> Endpoint<Tag> {
        Endpoint::new(self)
    }

    /// `extras/journal-entries`.
    #[must_use]
    pub fn journal_entries(&self) -> Endpoint<JournalEntry> {
        Endpoint::new(self)
    }

    /// `core/object-changes`: the change log, read only.
    #[must_use]
    pub fn object_changes(&self) -> Endpoint<ObjectChange> {
        Endpoint::new(self)
    }

    /// `extras/custom-fields`.
    #[must_use]
    pub fn custom_fields(&self) -> Endpoint<CustomField> {
        Endpoint::new(self)
    }

    /// `extras/custom-field-choice-sets`.
    #[must_use]
    pub fn custom_field_choice_sets(&self) -> Endpoint<CustomFieldChoiceSet> {
        Endpoint::new(self)
    }

    /// `extras/webhooks`.
    #[must_use]
    pub fn webhooks(&self) -> Endpoint<Webhook> {
        Endpoint::new(self)
    }

    /// `extras/event-rules`.
    #[must_use]
    pub fn event_rules(&self) -> Endpoint<EventRule> {
        Endpoint::new(self)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("url", &self.url()).finish_non_exhaustive()
    }
}
