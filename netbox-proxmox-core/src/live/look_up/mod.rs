//! Both sides of a guest looked up: what NetBox says now, what Proxmox has now, and what a decision needs besides.

mod described;
mod foreign;
mod gone;
pub mod ignored;
pub mod listing;
mod log;
mod shared;
mod side;
pub(crate) mod templates;
mod way;

use std::sync::Arc;

use netbox_api::client::ETag;
use netbox_api::{Fetched, VirtualMachine};
use proxmox_api::Vmid;

pub(in crate::live) use self::described::Described;
pub(in crate::live) use self::foreign::Foreign;
use self::ignored::Ignored;
use self::listing::Listing;
pub(in crate::live) use self::shared::Listings;
pub(in crate::live) use self::side::Power;
use self::side::Side;
pub(in crate::live) use self::way::Way;
use super::bridge::{Bridge, ProxmoxCluster, now};
use crate::event::{Change, Changed, Context, Event, Ownership, Unmanaged};
use crate::executor::{Failure, FailureKind};
use crate::guest::{Guest, Owner, RecordId, Status};
use crate::marker::MarkerState;
use crate::moment::Moment;
use crate::part::Part;
use crate::policy::ConfigureWhen;
use crate::report::{Report, Reporter};

/// What a look-up found.
#[derive(Debug, Clone)]
pub enum Looked {
    /// A record of ours.
    Event {
        /// What a plan decides on.
        event: Box<Event>,
        /// The id of the NetBox cluster of the record, or of its guest.
        cluster: u64,
        /// Changes that cannot be judged: they are not among the causes, and wait for a person.
        unjudged: Vec<Unjudged>,
        /// What was read besides, so that a step need not read it again.
        read: Read,
    },
    /// It is certain that it concerns nothing of ours.
    Ignored(Ignored),
    /// It cannot be judged, and waits for a person.
    Parked(Box<Report>),
}

/// What a look-up read that no decision needs.
#[derive(Debug, Clone, Default)]
pub struct Read {
    /// The state of the record in NetBox, since NetBox 4.6.
    pub etag: Option<ETag>,
    /// What the cluster lists.
    pub listing: Option<Arc<Listing>>,
}

/// A change that cannot be judged.
#[derive(Debug, Clone)]
pub struct Unjudged {
    /// The change.
    pub change: Change,
    /// What a person is told.
    pub report: Report,
}

/// Looks both sides up.
#[derive(Clone, Copy)]
pub struct LookUp<'a> {
    bridge: &'a Bridge,
    way: Option<&'a dyn Way>,
}

impl<'a> LookUp<'a> {
    /// Over a bridge.
    pub fn new(bridge: &'a Bridge) -> Self {
        Self { bridge, way: None }
    }

    /// The same; it goes to a cluster, or to a node of it, when it may.
    pub(in crate::live) fn by(bridge: &'a Bridge, way: &'a dyn Way) -> Self {
        Self { bridge, way: Some(way) }
    }

    /// The event that answers these changes of a record; without any it is a reconcile.
    ///
    /// # Errors
    /// A side could not be read.
    pub async fn record(&self, record: RecordId, cause: Vec<Change>) -> Result<Looked, Failure> {
        let cause = self.bridge.policy.heeded(cause);
        match self.bridge.netbox.virtual_machines().get(record.0).await {
            Ok(found) => match self.present(found, cause.clone()).await {
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

    /// Whether NetBox does not have a record any more.
    pub(in crate::live) async fn is_gone(&self, record: RecordId) -> Result<bool, Failure> {
        match self.bridge.netbox.virtual_machines().fields(["id", "name", "status"]).get(record.0).await {
            Ok(_) => Ok(false),
            Err(error) if error.is_not_found() => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    async fn present(&self, found: Fetched<VirtualMachine>, cause: Vec<Change>) -> Result<Looked, Failure> {
        let Fetched { value: machine, etag } = found;
        if let Some(way) = self.way {
            way.read(&machine);
        }
        let cluster = match self.cluster_of(&machine) {
            Ok(cluster) => cluster,
            Err(why) => return self.not_managed(machine, cause, why).await,
        };
        let untouched = self.untouched(&machine, &cause).await?;
        let described = Described::all(self.bridge, vec![machine]).await?.pop();
        let guest = described.map(|described| described.guest(self.bridge));
        let guest = guest.ok_or_else(|| Failure::new(FailureKind::Retry, "NetBox has changed meanwhile"))?;
        let reporter = Reporter::of(&guest);
        if guest.kind.is_none() {
            let field = &self.bridge.fields.vm_type;
            let why = format!("the value of {field} is neither vm nor lxc. Correct it");
            return Ok(Looked::Parked(Box::new(reporter.not_judged("its type", &why))));
        }
        let Some(owner) = guest.owner() else {
            let why = "NetBox does not say when it was created, so its guest could be taken for that of another with the same id. \
                       Create it anew in NetBox";
            return Ok(Looked::Parked(Box::new(reporter.not_judged("the virtual machine", why))));
        };
        let (cause, unjudged) = self.confirmed(owner, cause, &reporter).await?;
        if !guest.status.wants_guest() {
            let context = Context { looked_up: true, managed: Some(true), untouched, ..Context::default() };
            let event = Event { cause, desired: Some(guest), current: None, context };
            return Ok(looked(cluster, event, unjudged, Read::default()));
        }
        self.enter(cluster)?;
        let listing = self.bridge.listings.of(cluster).await?;
        let mut event = self.event(guest, cause, cluster, &listing, Power::Asked).await?;
        event.context.untouched = untouched;
        Ok(looked(cluster, event, unjudged, Read { etag, listing: Some(listing) }))
    }

    /// The event of a record in a status in which its guest should exist.
    ///
    /// # Errors
    /// A side could not be read, or NetBox does not say when the record was created.
    pub(in crate::live) async fn event(
        &self,
        guest: Guest,
        cause: Vec<Change>,
        cluster: &'a ProxmoxCluster,
        listing: &Listing,
        power: Power,
    ) -> Result<Event, Failure> {
        let owner =
            guest.owner().ok_or_else(|| Failure::new(FailureKind::Refused, "NetBox says no time of creation"))?;
        let side = Side { bridge: self.bridge, way: self.way, cluster, owner, listing, power };
        let mut event = self.event_at(&side, guest.clone(), cause.clone(), None).await?;
        if let (Part::None, Some(elsewhere)) = (&guest.vmid, event.context.elsewhere)
            && self.has_lost(owner.record, elsewhere).await?
        {
            event = self.event_at(&side, guest, cause, Some(elsewhere)).await?;
        }
        if event.current.is_none() && event.desired.as_ref().is_some_and(|guest| guest.vmid.given().is_none()) {
            event.context.imported = self.only_importers(owner.record, &event.cause).await?;
        }
        let creating = event.context.ownership == Ownership::Ours { state: MarkerState::Creating };
        let gate = self.bridge.policy.configure == ConfigureWhen::Staged && !creating && event.current.is_some();
        if gate && event.desired.as_ref().is_some_and(|guest| guest.status != Status::Staged) {
            self.with_statuses(owner.record, &mut event.cause).await?;
        }
        Ok(event)
    }

    /// The same with the guest that NetBox has lost the VMID of, if it has.
    async fn event_at(
        &self,
        side: &Side<'a>,
        guest: Guest,
        cause: Vec<Change>,
        lost_vmid: Option<Vmid>,
    ) -> Result<Event, Failure> {
        let Side { cluster, owner, listing, .. } = *side;
        let inbox = &self.bridge.inbox;
        let intent = inbox.intent(owner).await?;
        let seen = inbox.seen(owner).await?;
        let allocated = intent.as_ref().filter(|intent| intent.allocated).map(|intent| intent.vmid);
        let vmid = guest.vmid.given().copied().or(allocated).or(lost_vmid);
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
                .filter(|seen| seen.cluster != cluster.netbox_cluster.id && !is_ours)
                .map(|seen| self.name_of(seen.cluster)),
            fields: self.bridge.fields.clone(),
            removal_due: inbox.removal(owner).await?.map(|removal| removal.due),
            lost_vmid,
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

    /// A record that is not managed, for this reason: it concerns nothing of ours, unless it was managed before.
    async fn not_managed(&self, machine: VirtualMachine, cause: Vec<Change>, why: Ignored) -> Result<Looked, Failure> {
        let guest = self.bridge.fields.guest(&machine, &crate::record::Related::default());
        let remembered = match guest.owner() {
            Some(owner) => self.remembered(owner).await?.map(|(cluster, vmid)| (cluster, Some(vmid))),
            None => None,
        };
        // The memory may be a new one: what the change itself says counts, too.
        let was = |change: &Change| {
            let before = change.record_facts().0.filter(|facts| facts.kind.is_some())?;
            let vmid = before.vmid.as_deref().and_then(|vmid| vmid.trim().parse().ok());
            Some((self.bridge.cluster(before.cluster?)?, vmid))
        };
        let Some((former, vmid)) = remembered.or_else(|| cause.iter().find_map(was)) else {
            return Ok(Looked::Ignored(why));
        };
        let why = match why {
            Ignored::NoType(field) => format!("{field} is not set any more"),
            Ignored::OtherCluster(name) => format!("it is in cluster {name} now, which is none of ours"),
            _ => "it is in no cluster now".to_owned(),
        };
        let unmanaged = Unmanaged { vmid, cluster: former.netbox_cluster.name.clone(), why };
        let context = Context { looked_up: true, unmanaged: Some(unmanaged), ..Context::default() };
        Ok(looked(former, Event { cause, desired: Some(guest), current: None, context }, Vec::new(), Read::default()))
    }

    /// The cluster and the VMID of the guest that is remembered of a record, if the cluster still is one of ours.
    async fn remembered(&self, owner: Owner) -> Result<Option<(&'a ProxmoxCluster, Vmid)>, Failure> {
        let seen = self.bridge.inbox.seen(owner).await?;
        Ok(seen.and_then(|seen| Some((self.bridge.cluster(seen.cluster)?, seen.vmid))))
    }

    /// Whether nobody has changed a record since the server first started, or since it was discovered in Proxmox, nor made a
    /// guest of it: only a comparison asks about it, or an importer has changed it, or an address, which may be that of a
    /// device's interface with the same number.
    pub(in crate::live) async fn untouched(&self, machine: &VirtualMachine, cause: &[Change]) -> Result<bool, Failure> {
        if !asks_nothing(cause) {
            return Ok(false);
        }
        let inbox = &self.bridge.inbox;
        let (record, birth) = (RecordId(machine.id), born_at(machine));
        let mut untouched_since = Vec::from_iter(inbox.first_start().await?);
        if let Some(birth) = birth {
            untouched_since.extend(inbox.discovered(Owner { record, birth }).await?);
        }
        let updated = machine.last_updated.as_deref();
        let untouched = updated.is_some_and(|updated| untouched_since.iter().any(|since| is_before(updated, since)));
        Ok(untouched && !inbox.births(record).await?.iter().any(|known| birth == Some(*known)))
    }

    /// The Proxmox cluster of a record, or why it is not managed. A type that is not understood is none of the reasons.
    pub(in crate::live) fn cluster_of(&self, machine: &VirtualMachine) -> Result<&'a ProxmoxCluster, Ignored> {
        let fields = &self.bridge.fields;
        if !machine.custom_fields.get(&fields.vm_type).is_set() {
            return Err(Ignored::NoType(fields.vm_type.clone()));
        }
        let cluster = machine.cluster.as_ref().ok_or(Ignored::NoCluster)?;
        self.bridge.cluster(cluster.id).ok_or_else(|| Ignored::OtherCluster(cluster.name.clone()))
    }

    /// Before anything is asked of a cluster.
    fn enter(&self, cluster: &ProxmoxCluster) -> Result<(), Failure> {
        self.way.map_or(Ok(()), |way| way.enter(cluster.netbox_cluster.id, None))
    }

    /// What the NetBox cluster with an id is called.
    fn name_of(&self, cluster: u64) -> String {
        let known = self.bridge.cluster(cluster);
        known.map_or_else(|| format!("with the id {cluster}"), |known| known.netbox_cluster.name.clone())
    }
}

/// Whether nobody asks for the guest: it is compared, or an importer or an address of an interface has changed.
fn asks_nothing(cause: &[Change]) -> bool {
    let nothing = |change: &Change| matches!(change.what, Changed::Difference | Changed::Address | Changed::MacAddress);
    !cause.is_empty() && cause.iter().all(nothing)
}

fn born_at(machine: &VirtualMachine) -> Option<Moment> {
    crate::delivery::birth(machine.created.as_deref())
}

/// Of two times as NetBox writes them, in its own time zone.
fn is_before(time: &str, other: &str) -> bool {
    let times = (time.parse::<Moment>(), other.parse::<Moment>());
    matches!(times, (Ok(time), Ok(other)) if time <= other)
}

fn looked(cluster: &ProxmoxCluster, event: Event, unjudged: Vec<Unjudged>, read: Read) -> Looked {
    Looked::Event { event: Box::new(event), cluster: cluster.netbox_cluster.id, unjudged, read }
}
