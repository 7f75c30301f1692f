//! Proxmox's side: each guest's configuration, its power, and the interfaces within it while it runs.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use proxmox_api::{Client, Configuration, GuestType, InnerInterface, NodeName, PowerState, Resource, Vmid};

use super::{Remark, RemarkKind};
use crate::current::Current;
use crate::executor::Failure;
use crate::live::guests::{self, Observed};
use crate::live::look_up::listing::Listing;

/// How long the interfaces within a guest are waited for: where no agent answers Proxmox says so after 3 s (seen on Proxmox
/// VE 9.1), one that hangs answers never.
const ANSWER: Duration = Duration::from_secs(10);

/// A guest as it was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its VMID, its node and its configuration.
    pub observed: Observed,
    /// The same as the planner sees it.
    pub current: Current,
    /// The interfaces within it.
    pub inner: Inner,
}

/// What is known of the interfaces within a guest.
#[derive(Debug, Clone, PartialEq)]
pub enum Inner {
    /// Nobody can be asked: it does not run, or has no guest agent.
    NotAsked,
    /// What the agent says, or Proxmox of a container.
    Told(Vec<InnerInterface>),
    /// Nobody answered: why.
    Silent(String),
}

impl Found {
    /// As it was observed, in this power state.
    pub fn new(observed: Observed, power: PowerState, inner: Inner) -> Self {
        let current = guests::current(&observed, power);
        Self { observed, current, inner }
    }

    /// Its name; one without is called as Proxmox lists it.
    pub fn name(&self) -> String {
        let (kind, vmid) = (self.observed.config.kind(), self.observed.vmid);
        let nameless = || match kind {
            GuestType::Qemu => format!("VM {vmid}"),
            GuestType::Lxc => format!("CT{vmid}"),
        };
        self.observed.config.name().map_or_else(nameless, str::to_owned)
    }

    /// What it is called for people.
    pub(super) fn about(&self) -> String {
        about(self.observed.vmid, &self.name())
    }
}

fn about(vmid: Vmid, name: &str) -> String {
    format!("guest {vmid} ({name})")
}

/// Reads the guests of a cluster that are no templates, or those with this VMID or name; says which could not be read.
pub(super) async fn read(
    client: &Client,
    listing: &Listing,
    only: Option<&str>,
    parallel: usize,
) -> (Vec<Found>, Vec<Remark>) {
    let is_meant = |guest: &&Resource| {
        let named =
            |only: &str| guest.name.as_deref() == Some(only) || guest.vmid.is_some_and(|vmid| vmid.to_string() == only);
        !guest.template && only.is_none_or(named)
    };
    let mut guests: Vec<&Resource> = listing.guests().iter().filter(is_meant).collect();
    guests.sort_by_key(|guest| guest.vmid);
    let mut asked = Vec::with_capacity(guests.len());
    for guest in guests {
        if let (Some(vmid), Some(node), Some(kind)) = (guest.vmid, &guest.node, guest.guest_type()) {
            asked.push(Asked { client, vmid, node, kind, listed: guest.power_state(), name: guest.name.as_deref() });
        }
    }
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    let mut answers = stream::iter(asked.iter().map(Asked::read)).buffered(parallel);
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(guest) => found.extend(guest.filter(|guest| !guest.observed.config.template())),
            Err(remark) => unread.push(remark),
        }
    }
    (found, unread)
}

/// A guest that is asked about.
struct Asked<'a> {
    client: &'a Client,
    vmid: Vmid,
    node: &'a NodeName,
    kind: GuestType,
    listed: Option<PowerState>,
    name: Option<&'a str>,
}

impl Asked<'_> {
    /// The guest; none if it was removed since the listing.
    async fn read(&self) -> Result<Option<Found>, Remark> {
        let unread = |failure: Failure| {
            let about = about(self.vmid, self.name.unwrap_or("without a name"));
            Remark::new(RemarkKind::Left, about, format!("it could not be read: {}. Discover again", failure.why))
        };
        let observed = match guests::observe(self.client, self.kind, self.vmid, self.node).await {
            Ok(observed) => observed,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(unread(error.into())),
        };
        // The listing does not tell what is paused from what runs.
        let power = match &self.listed {
            Some(PowerState::Stopped) => PowerState::Stopped,
            _ => guests::power(self.client, &observed).await.map_err(|error| unread(error.into()))?,
        };
        let inner = if power == PowerState::Running { self.inner(&observed.config).await } else { Inner::NotAsked };
        Ok(Some(Found::new(observed, power, inner)))
    }

    async fn inner(&self, config: &Configuration) -> Inner {
        let node = self.client.node(self.node);
        let asked = async {
            match config {
                Configuration::Qemu(config) if !config.has_agent() => None,
                Configuration::Qemu(_) => Some(node.qemu(self.vmid).agent_interfaces().await),
                Configuration::Lxc(_) => Some(node.lxc(self.vmid).interfaces().await),
            }
        };
        match tokio::time::timeout(ANSWER, asked).await {
            Ok(None) => Inner::NotAsked,
            Ok(Some(Ok(interfaces))) => Inner::Told(interfaces),
            Ok(Some(Err(error))) => Inner::Silent(error.to_string()),
            Err(_) => Inner::Silent(format!("no answer within {} s", ANSWER.as_secs())),
        }
    }
}
