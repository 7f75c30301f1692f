//! Where a guest is, and what it looks like: the part of Proxmox that a look-up and every step share.

use std::time::Duration;

use proxmox_api::{
    Client, ConfigUpdate, ConfigView, Configuration, GuestHandle, GuestType, NodeName, PowerState, Resource,
    TaskFilter, TaskSource, Upid, Vmid,
};

use super::look_up::listing::Listing;
use crate::current::Current;
use crate::event::Ownership;
use crate::executor::{Failure, FailureKind};
use crate::guest::Owner;
use crate::marker::{self, Marker};

/// A guest as it is now.
#[derive(Debug, Clone)]
pub struct Observed {
    /// Its VMID.
    pub vmid: Vmid,
    /// The node it is on.
    pub node: NodeName,
    /// Its configuration, pending values merged.
    pub config: Configuration,
}

impl Observed {
    /// Whom it belongs to, seen from a record.
    pub fn ownership(&self, owner: Owner, identities: &[String]) -> Ownership {
        marker::ownership(self.config.description(), self.vmid, owner, identities)
    }

    /// The marker that it carries: its own, not one that it was cloned with, and of our NetBox.
    pub fn marker(&self, identities: &[String]) -> Option<Marker> {
        let marker = self.config.description().and_then(Marker::find);
        marker.filter(|marker| marker.vmid == self.vmid && identities.contains(&marker.netbox))
    }

    /// The change, to hold only if the configuration is as it was read.
    pub(crate) fn under_digest(&self, update: ConfigUpdate) -> ConfigUpdate {
        match &self.config.digest {
            Some(digest) => update.digest(digest),
            None => update,
        }
    }

    /// The requests that concern it, where it is.
    pub(crate) fn handle(&self, client: &Client) -> GuestHandle {
        client.node(&self.node).guest(self.config.kind(), self.vmid)
    }

    /// The lock of a creation that has not ended.
    pub fn creation_lock(&self) -> Option<&str> {
        self.config.lock().filter(|lock| matches!(*lock, "clone" | "create"))
    }
}

/// What is at a VMID.
#[derive(Debug, Clone)]
pub enum At {
    /// Nothing: the VMID is free.
    Nothing,
    /// A guest.
    Guest(Box<Observed>),
}

/// What is at a VMID. Absent is what `nextid` says is free, never a gap in a listing.
///
/// # Errors
/// Proxmox failed, or the VMID is taken by a guest that the token may not see.
pub async fn at(client: &Client, vmid: Vmid, listing: &Listing) -> Result<At, Failure> {
    match listing.guest(vmid) {
        Some(guest) => listed(client, vmid, guest).await,
        None if client.cluster().is_free(vmid).await? => Ok(At::Nothing),
        // It may have been made since the listing was asked for.
        None => match Listing::of_guests(client).await?.guest(vmid) {
            Some(guest) => listed(client, vmid, guest).await,
            None => {
                let why = format!(
                    "VMID {vmid} is taken in Proxmox, but the token sees no guest there. Give the token the privilege \
                     VM.Audit on /vms/{vmid}"
                );
                Err(Failure::new(FailureKind::Permission, why))
            }
        },
    }
}

async fn listed(client: &Client, vmid: Vmid, guest: &Resource) -> Result<At, Failure> {
    let Some(node) = guest.node.clone() else {
        return Err(Failure::new(FailureKind::Retry, format!("Proxmox does not say which node guest {vmid} is on")));
    };
    let kind = guest.guest_type().unwrap_or(GuestType::Qemu);
    match observe(client, kind, vmid, &node).await {
        Ok(observed) => Ok(At::Guest(Box::new(observed))),
        // Moved or removed since the listing.
        Err(error) if error.is_not_found() => Err(Failure::new(FailureKind::Conflict, format!("Proxmox: {error}"))),
        Err(error) => Err(error.into()),
    }
}

/// The guest on a node.
///
/// # Errors
/// As the client's.
pub async fn observe(
    client: &Client,
    kind: GuestType,
    vmid: Vmid,
    node: &NodeName,
) -> Result<Observed, proxmox_api::Error> {
    let config = client.node(node).guest(kind, vmid).config(ConfigView::Pending).await?;
    Ok(Observed { vmid, node: node.clone(), config })
}

/// Whether a guest runs.
///
/// # Errors
/// As the client's.
pub async fn power(client: &Client, observed: &Observed) -> Result<PowerState, proxmox_api::Error> {
    Ok(observed.handle(client).status().await?.power_state())
}

/// The planner's view of a guest.
pub fn current(observed: &Observed, power: PowerState) -> Current {
    Current::observed(observed.vmid, observed.node.clone(), &observed.config, power)
}

/// Waits until a guest that we began to create is no longer being created, and gives it as it then is. A lock that
/// remains with no task running stays in the answer.
///
/// # Errors
/// Proxmox failed, or the creation went on beyond the deadline.
pub async fn wait_for_creation(
    client: &Client,
    mut observed: Observed,
    upid: Option<&Upid>,
    deadline: Duration,
) -> Result<Option<Observed>, Failure> {
    let end = tokio::time::Instant::now() + deadline;
    let mut idle = 0;
    while observed.creation_lock().is_some() && idle < 3 {
        if !creation_runs(client, &observed.node, upid).await? {
            // More than once, as the task may have ended between the two questions.
            idle += 1;
        }
        if tokio::time::Instant::now() >= end {
            let why = format!("guest {} is still being created after {} s", observed.vmid, deadline.as_secs());
            return Err(Failure::new(FailureKind::Locked, why));
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        observed = match observe(client, observed.config.kind(), observed.vmid, &observed.node).await {
            Ok(observed) => observed,
            // A clone that fails removes what it began; one for another node is moved there at its end.
            Err(error) if error.is_not_found() => {
                let listing = Listing::of_guests(client).await?;
                match at(client, observed.vmid, &listing).await? {
                    At::Guest(observed) => *observed,
                    At::Nothing => return Ok(None),
                }
            }
            Err(error) => return Err(error.into()),
        };
    }
    Ok(Some(observed))
}

/// Whether the task that creates a guest runs. The task of a clone is the template's: its VMID does not find it (seen on
/// Proxmox VE 9.1), so without a UPID any clone that runs on the node counts.
async fn creation_runs(client: &Client, node: &NodeName, upid: Option<&Upid>) -> Result<bool, Failure> {
    if let Some(upid) = upid {
        return match client.task(upid.clone()).status().await {
            Ok(status) => Ok(status.is_running()),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error.into()),
        };
    }
    let active = TaskFilter { source: Some(TaskSource::Active), ..TaskFilter::default() };
    let kinds = ["qmclone", "qmcreate", "qmrestore", "vzclone", "vzcreate", "vzrestore"];
    let creates = |kind: Option<&str>| kind.is_some_and(|kind| kinds.contains(&kind));
    let tasks = client.node(node).tasks(&active).await?;
    Ok(tasks.iter().any(|task| task.is_running() && creates(task.kind.as_deref())))
}
