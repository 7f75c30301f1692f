//! Both sides of a guest looked up: what NetBox says now, what Proxmox has now, and what a decision needs besides.

mod described;
mod gone;
mod side;

use jiff::Timestamp;
use netbox_api::VirtualMachine;

pub(super) use self::described::Described;
pub(super) use self::side::Power;
use self::side::Side;
use super::bridge::{Bridge, ProxmoxCluster, now};
use super::listing::Listing;
use crate::event::{Change, Changed, Context, Event, Ownership};
use crate::executor::{Failure, FailureKind};
use crate::guest::{Guest, RecordId};
use crate::part::Part;

/// What a look-up found.
#[derive(Debug, Clone)]
pub enum Looked {
    /// A record of ours.
    Event {
        /// What a plan decides on.
        event: Box<Event>,
        /// The NetBox cluster of the record.
        cluster: String,
    },
    /// A record that is not managed: why.
    Unmanaged(String),
}

/// Looks both sides up.
#[derive(Clone, Copy)]
pub struct LookUp<'a> {
    bridge: &'a Bridge,
}

impl<'a> LookUp<'a> {
    /// Over a bridge.
    pub fn new(bridge: &'a Bridge) -> Self {
        Self { bridge }
    }

    /// The event that answers these changes of a record; without any it is a reconcile.
    ///
    /// # Errors
    /// A side could not be read.
    pub async fn record(&self, record: RecordId, cause: Vec<Change>) -> Result<Looked, Failure> {
        match self.bridge.netbox.virtual_machines().get(record.0).await {
            Ok(found) => match self.present(found.value, cause.clone()).await {
                // It was deleted since.
                Err(failure) if failure.kind == FailureKind::Conflict && self.is_gone(record).await? => {
                    self.gone(record, cause).await
                }
                looked => looked,
            },
            Err(error) if error.is_not_found() => self.gone(record, cause).await,
            Err(error) => Err(error.into()),
        }
    }

    async fn is_gone(&self, record: RecordId) -> Result<bool, Failure> {
        match self.bridge.netbox.virtual_machines().fields(["id", "name", "status"]).get(record.0).await {
            Ok(_) => Ok(false),
            Err(error) if error.is_not_found() => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    async fn present(&self, machine: VirtualMachine, cause: Vec<Change>) -> Result<Looked, Failure> {
        let cluster = match self.cluster_of(&machine) {
            Ok(cluster) => cluster,
            Err(why) => return Ok(Looked::Unmanaged(why)),
        };
        let untouched = self.untouched(&machine, &cause).await?;
        let cause = self.confirmed(cause).await?;
        let described = Described::all(self.bridge, vec![machine]).await?.pop();
        let guest = described.map(|described| described.guest(self.bridge));
        let guest = guest.ok_or_else(|| Failure::new(FailureKind::Retry, "NetBox has changed meanwhile"))?;
        if !guest.status.wants_guest() {
            let context = Context { looked_up: true, managed: Some(true), ..Context::default() };
            return Ok(looked(cluster, Event { cause, desired: Some(guest), current: None, context }));
        }
        let listing = Listing::of(&cluster.client).await?;
        let mut event = self.event(guest, cause, cluster, &listing, Power::Asked).await?;
        event.context.untouched = untouched;
        Ok(looked(cluster, event))
    }

    /// The event of a record in a status in which its guest should exist.
    pub(super) async fn event(
        &self,
        guest: Guest,
        cause: Vec<Change>,
        cluster: &'a ProxmoxCluster,
        listing: &Listing,
        power: Power,
    ) -> Result<Event, Failure> {
        let side = Side { bridge: self.bridge, cluster, record: guest.record, listing, power };
        let intent = self.bridge.inbox.intent(guest.record).await?;
        let seen = self.bridge.inbox.seen(guest.record).await?;
        let allocated = intent.as_ref().filter(|intent| intent.allocated).map(|intent| intent.vmid);
        let vmid = guest.vmid.given().copied().or(allocated);
        let (current, ownership) = side.guest(vmid, intent.as_ref()).await?;
        let is_ours = matches!(ownership, Ownership::Ours { .. });
        // What a former guest had is not this one's.
        let known = seen.as_ref().filter(|seen| Some(seen.vmid) == vmid);
        let mut context = Context {
            looked_up: true,
            managed: Some(true),
            ownership,
            storages: Part::Given(listing.storages().to_vec()),
            nodes: Part::Given(listing.nodes().to_vec()),
            agreed_node: known.map(|seen| seen.agreed_node.clone()).unwrap_or_default(),
            wanted_disks: known.map(|seen| seen.wanted.clone()).unwrap_or_default(),
            known_disks: known.map(|seen| seen.disks.clone()).unwrap_or_default(),
            keys_at_creation: known.and_then(|seen| seen.keys.clone()),
            removals: known.map(|seen| seen.removals.clone()).unwrap_or_default(),
            known_interfaces: known.map(|seen| seen.interfaces.clone()).unwrap_or_default(),
            former_cluster: seen
                .as_ref()
                .map(|seen| seen.cluster.clone())
                .filter(|former| *former != cluster.netbox_cluster && !is_ours),
            intent,
            now: Some(now()),
            ..Context::default()
        };
        match &current {
            None => side.creation(&guest, vmid, seen.as_ref(), &mut context).await?,
            Some(current) => context.takes_over = side.takes_over(current, &context.ownership).await?,
        }
        Ok(Event { cause, desired: Some(guest), current, context })
    }

    /// Whether nobody has changed a record since the server first started, nor made a guest of it: only a comparison asks
    /// about it, or an address, which may be that of a device's interface with the same number.
    pub(in crate::live) async fn untouched(&self, machine: &VirtualMachine, cause: &[Change]) -> Result<bool, Failure> {
        let asks_nothing =
            |change: &Change| matches!(change.what, Changed::Difference | Changed::Address | Changed::MacAddress);
        if cause.is_empty() || !cause.iter().all(asks_nothing) {
            return Ok(false);
        }
        let inbox = &self.bridge.inbox;
        match (&machine.last_updated, inbox.first_start().await?) {
            (Some(updated), Some(start)) if is_before(updated, &start) => {
                Ok(inbox.seen(RecordId(machine.id)).await?.is_none())
            }
            _ => Ok(false),
        }
    }

    /// The Proxmox cluster of a record, or why it is not managed.
    pub(super) fn cluster_of(&self, machine: &VirtualMachine) -> Result<&'a ProxmoxCluster, String> {
        let name = machine.cluster.as_ref().map(|cluster| cluster.name.as_str());
        self.cluster(name, self.bridge.fields.kind(&machine.custom_fields).is_some())
    }

    fn cluster(&self, name: Option<&str>, has_kind: bool) -> Result<&'a ProxmoxCluster, String> {
        if !has_kind {
            return Err(format!("{} is not set", self.bridge.fields.vm_type));
        }
        let name = name.ok_or("the virtual machine is in no cluster")?;
        self.bridge.cluster(name).ok_or_else(|| format!("cluster {name} is not one of ours"))
    }
}

/// Of two times as NetBox writes them, in its own time zone.
fn is_before(time: &str, other: &str) -> bool {
    let times = (time.parse::<Timestamp>(), other.parse::<Timestamp>());
    matches!(times, (Ok(time), Ok(other)) if time <= other)
}

fn looked(cluster: &ProxmoxCluster, event: Event) -> Looked {
    Looked::Event { event: Box::new(event), cluster: cluster.netbox_cluster.clone() }
}
