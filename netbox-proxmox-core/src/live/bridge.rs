//! What everything live works with: the two sides, the inbox, and what an operator chose.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use proxmox_api::{SecretString, Vmid};
use tokio::sync::Mutex;

use super::clock;
use super::dispatch::backoff::Backoff;
use super::inbox::Inbox;
use super::look_up::Listings;
use crate::guest::{Cluster, Owner};
use crate::marker::{Marker, MarkerState};
use crate::policy::Policy;
use crate::record::FieldNames;

/// A Proxmox cluster, and the NetBox cluster that it is.
#[derive(Debug, Clone)]
pub struct ProxmoxCluster {
    /// How the settings name the NetBox cluster: by its name, or by its id.
    pub setting: String,
    /// The NetBox cluster; see [`clusters::resolve`](super::clusters::resolve).
    pub netbox_cluster: Cluster,
    /// The client of its API.
    pub client: proxmox_api::Client,
}

/// Both sides, the inbox, and what an operator chose.
#[derive(Clone)]
pub struct Bridge {
    /// NetBox.
    pub netbox: netbox_api::Client,
    /// Main, where `netbox` is one of its branches, whose change log has nothing of what was before it.
    pub(crate) main: Option<netbox_api::Client>,
    /// The names by which markers know our NetBox: the present one first, then former ones.
    pub identities: Vec<String>,
    /// The Proxmox clusters.
    pub clusters: Vec<ProxmoxCluster>,
    /// The durable memory.
    pub inbox: Inbox,
    /// The choices.
    pub policy: Policy,
    /// The names of the custom fields.
    pub fields: FieldNames,
    /// The password of root in every container that is created; without one it has none.
    pub container_password: Option<SecretString>,
    /// How long a task of Proxmox may take.
    pub task_deadline: Duration,
    /// How often the last line of a running task's log is passed on as progress.
    pub progress_interval: Duration,
    /// How long a plan takes before it is said in NetBox that it is being performed.
    pub working_after: Duration,
    /// How long to wait before an event is tried again.
    pub backoff: Backoff,
    /// Held while a VMID is chosen: two guests must not choose the same.
    pub(crate) choosing: Arc<Mutex<()>>,
    /// What clusters list, for all who ask at a time.
    pub(in crate::live) listings: Arc<Listings>,
}

impl Bridge {
    /// Between a NetBox and Proxmox clusters, with the default choices. `identity` names the NetBox in markers.
    pub fn new(netbox: netbox_api::Client, identity: &str, clusters: Vec<ProxmoxCluster>, inbox: Inbox) -> Self {
        Self {
            netbox,
            main: None,
            identities: vec![identity.to_owned()],
            clusters,
            inbox,
            policy: Policy::default(),
            fields: FieldNames::default(),
            container_password: None,
            task_deadline: Duration::from_secs(3600),
            progress_interval: Duration::from_secs(10),
            working_after: Duration::from_secs(5),
            backoff: Backoff::default(),
            choosing: Arc::new(Mutex::new(())),
            listings: Arc::default(),
        }
    }

    /// The marker of a record's guest, by the present name of our NetBox.
    pub(crate) fn marker(&self, owner: Owner, vmid: Vmid, state: MarkerState) -> Marker {
        let netbox = self.identities.first().cloned().unwrap_or_default();
        Marker { netbox, record: owner.record, birth: Some(owner.birth), vmid, state }
    }

    /// The Proxmox cluster that the NetBox cluster with this id is.
    pub fn cluster(&self, id: u64) -> Option<&ProxmoxCluster> {
        self.clusters.iter().find(|cluster| cluster.netbox_cluster.id == id)
    }
}

/// The time, in seconds since 1970.
pub fn now() -> u64 {
    clock::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}
