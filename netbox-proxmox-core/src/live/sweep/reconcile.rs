//! Compares every managed record with its guest, and every guest that is ours with its record.
//!
//! It reads NetBox in pages and asks Proxmox for each guest's configuration, some at a time; of what is as it should be
//! nothing is kept. It destroys nothing but what a removal that was begun has left: without a cause no plan does.

use std::collections::HashSet;
use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use netbox_api::client::VirtualMachineFilter;
use netbox_api::{EventKind, VirtualMachine};
use proxmox_api::{Resource, Vmid};

use crate::action::{Action, RecordValue, VmidSource};
use crate::delivery::birth;
use crate::event::{Change, Changed, Event, Unmanaged};
use crate::executor::{Executor, Failure, FailureKind, Silent};
use crate::guest::{Owner, RecordId};
use crate::live::bridge::{Bridge, ProxmoxCluster};
use crate::live::dispatch::Dispatcher;
use crate::live::execute::LiveExecutor;
use crate::live::guests;
use crate::live::inbox::{Brake, EventState, Held, Inbox, NewEvent, Reported};
use crate::live::look_up::listing::Listing;
use crate::live::look_up::{Described, LookUp, Looked, Power};
use crate::plan::plan_with;
use crate::report::{Report, ReportKey, Reporter};

/// How many guests one comparison may want to create: more than that is more likely a mistake, or a listing with a gap,
/// than a wish, and waits for a person.
pub const CREATIONS_AT_ONCE: usize = 10;

/// How many records are described at once: their ids go into one query, whose length web servers limit.
const PAGE: usize = 100;

/// A question about one record or guest, under way: which one, and what was found.
type Answer<'a, Which, Finding> = BoxFuture<'a, (Which, Result<Option<Finding>, Failure>)>;

/// What a sweep found.
#[derive(Debug, Clone)]
pub enum Found {
    /// A record and its guest are alike, or no guest is wanted.
    Same {
        /// The record.
        owner: Owner,
        /// The record's name.
        name: String,
    },
    /// A record and its guest differ.
    Difference {
        /// The record.
        owner: Owner,
        /// The record's name.
        name: String,
        /// Both sides.
        event: Box<Event>,
        /// What would be done, or only said.
        plan: Vec<Action>,
    },
    /// A guest of ours that no record names. It is left and reported.
    Orphan(Report),
    /// A record or guest that could not be compared.
    Failed {
        /// Which one.
        what: String,
        /// Why.
        failure: Failure,
    },
}

/// How many there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Swept {
    /// Managed records that were compared.
    pub compared: usize,
    /// Of them, those that differ.
    pub differ: usize,
    /// Guests of ours that no record names.
    pub orphans: usize,
    /// Guests that are not ours.
    pub foreign: usize,
    /// Records and guests that could not be compared.
    pub failed: usize,
}

/// A comparison of both sides.
#[derive(Clone, Copy)]
pub struct Reconcile<'a> {
    bridge: &'a Bridge,
    parallel: usize,
    asked: bool,
}

impl<'a> Reconcile<'a> {
    /// Over a bridge, asking Proxmox about this many guests at once.
    pub fn new(bridge: &'a Bridge, parallel: usize) -> Self {
        Self { bridge, parallel: parallel.max(1), asked: true }
    }

    /// That nobody asked for: records that nobody has changed since the server first started are left to people, as long
    /// as they have no guest of ours.
    #[must_use]
    pub fn unasked(self) -> Self {
        Self { asked: false, ..self }
    }

    /// What the comparison gives as the cause of what it finds.
    fn cause(&self, record: RecordId, name: &str) -> Vec<Change> {
        if self.asked { Vec::new() } else { vec![difference(record, name)] }
    }

    /// Compares everything, and gives each finding as soon as it is made.
    ///
    /// # Errors
    /// NetBox or Proxmox could not list what they have. Single records, guests and one cluster of several that fail are
    /// findings.
    pub async fn sweep(&self, found: &mut (dyn FnMut(Found) + Send)) -> Result<Swept, Failure> {
        let mut swept = Swept::default();
        let mut failed = 0;
        for cluster in &self.bridge.clusters {
            if let Err(failure) = self.cluster(cluster, &mut swept, found).await {
                failed += 1;
                if failed == self.bridge.clusters.len() {
                    return Err(failure);
                }
                // The others can be compared all the same.
                swept.failed += 1;
                found(Found::Failed { what: format!("cluster {}", cluster.netbox_cluster.name), failure });
            }
        }
        Ok(swept)
    }

    async fn cluster(
        &self,
        cluster: &ProxmoxCluster,
        swept: &mut Swept,
        found: &mut (dyn FnMut(Found) + Send),
    ) -> Result<(), Failure> {
        let listing = Listing::of(&cluster.client).await?;
        let filter = VirtualMachineFilter { cluster_id: vec![cluster.netbox_cluster.id], ..Default::default() };
        let machines = self.bridge.netbox.virtual_machines();
        let mut pages = std::pin::pin!(machines.list(&filter).try_chunks(PAGE));
        let mut named: HashSet<Vmid> = HashSet::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Failure::from(error.1))?;
            named.extend(page.iter().filter_map(|machine| self.bridge.fields.vmid_of(machine)));
            // NetBox ignores filters that it does not know, and returns everything.
            let look_up = LookUp::new(self.bridge);
            let ours = |machine: &VirtualMachine| {
                look_up.cluster_of(machine).is_ok_and(|it| it.netbox_cluster.id == cluster.netbox_cluster.id)
            };
            let managed: Vec<VirtualMachine> = page.into_iter().filter(ours).collect();
            let mut comparisons: Vec<Answer<'_, String, Found>> = Vec::new();
            for described in self.described(managed).await? {
                let name = described.machine.name.clone();
                let compared = self.compare(described, cluster, &listing);
                comparisons.push(compared.map(|result| (name, result)).boxed());
            }
            let mut compared = stream::iter(comparisons).buffered(self.parallel);
            while let Some((name, result)) = compared.next().await {
                swept.compared += 1;
                match result {
                    Ok(None) => {}
                    Ok(Some(finding)) => {
                        // One whose VMID NetBox has lost is no orphan: it is written again.
                        named.extend(written(&finding));
                        swept.differ += usize::from(matches!(finding, Found::Difference { .. }));
                        found(finding);
                    }
                    Err(failure) => {
                        swept.failed += 1;
                        found(Found::Failed { what: format!("virtual machine {name}"), failure });
                    }
                }
            }
        }
        self.guests(cluster, &listing, &named, swept, found).await
    }

    /// A page of records with what belongs to them, without those that were deleted meanwhile.
    async fn described(&self, machines: Vec<VirtualMachine>) -> Result<Vec<Described>, Failure> {
        match Described::all(self.bridge, machines.clone()).await {
            Err(failure) if failure.kind == FailureKind::Conflict => {}
            all => return all,
        }
        let mut described = Vec::new();
        for machine in machines {
            match Described::all(self.bridge, vec![machine]).await {
                Ok(one) => described.extend(one),
                Err(failure) if failure.kind == FailureKind::Conflict => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(described)
    }

    /// One record; nothing while it is being worked on, nor of one that is left to people. What seems to differ is looked up
    /// again: a page and a listing are of some time ago.
    async fn compare(
        &self,
        described: Described,
        cluster: &'a ProxmoxCluster,
        listing: &Listing,
    ) -> Result<Option<Found>, Failure> {
        let look_up = LookUp::new(self.bridge);
        let guest = described.guest(self.bridge);
        let (record, name) = (guest.record, guest.name.clone());
        let Some(owner) = guest.owner() else {
            let why = format!("NetBox does not say when {name} was created");
            return Err(Failure::new(FailureKind::Refused, why));
        };
        // A removal that waits is none of what is under way: the record is there again.
        let waits = self.bridge.inbox.removal(owner).await?.is_some();
        if !waits && !self.bridge.inbox.store().pending(record).await?.is_empty() {
            return Ok(None);
        }
        let same = Ok(Some(Found::Same { owner, name: name.clone() }));
        if !guest.status.wants_guest() {
            return same;
        }
        // A guest that was made since the listing fails here, and is found below.
        let cause = self.cause(record, &name);
        let untouched = look_up.untouched(&described.machine, &cause).await?;
        let event = look_up.event(guest, cause.clone(), cluster, listing, Power::Listed).await;
        if let Ok(mut event) = event {
            event.context.untouched = untouched;
            if plan_with(&event, &self.bridge.policy).is_empty() {
                return if untouched { Ok(None) } else { same };
            }
        }
        let Looked::Event { event, .. } = look_up.record(record, cause).await? else {
            return same;
        };
        let plan = plan_with(&event, &self.bridge.policy);
        if plan.is_empty() {
            return same;
        }
        Ok(Some(Found::Difference { owner, name, event, plan }))
    }

    /// Guests that no record names: whose they are, their markers say.
    async fn guests(
        &self,
        cluster: &ProxmoxCluster,
        listing: &Listing,
        named: &HashSet<Vmid>,
        swept: &mut Swept,
        found: &mut (dyn FnMut(Found) + Send),
    ) -> Result<(), Failure> {
        let is_unnamed = |guest: &&Resource| !guest.template && guest.vmid.is_some_and(|vmid| !named.contains(&vmid));
        let unnamed: Vec<&Resource> = listing.guests().iter().filter(is_unnamed).collect();
        for page in unnamed.chunks(PAGE) {
            let mut judgements: Vec<Answer<'_, Option<Vmid>, Report>> = Vec::new();
            for guest in page {
                judgements.push(self.orphan(cluster, guest).map(|result| (guest.vmid, result)).boxed());
            }
            let mut judged = stream::iter(judgements).buffered(self.parallel);
            while let Some((vmid, result)) = judged.next().await {
                match result {
                    Ok(Some(report)) => {
                        swept.orphans += 1;
                        found(Found::Orphan(report));
                    }
                    Ok(None) => swept.foreign += 1,
                    Err(failure) => {
                        swept.failed += 1;
                        let vmid = vmid.map_or_else(String::new, |vmid| vmid.to_string());
                        found(Found::Failed { what: format!("guest {vmid}"), failure });
                    }
                }
            }
        }
        Ok(())
    }

    async fn orphan(&self, cluster: &ProxmoxCluster, guest: &Resource) -> Result<Option<Report>, Failure> {
        let (Some(vmid), Some(node), Some(kind)) = (guest.vmid, &guest.node, guest.guest_type()) else {
            return Ok(None);
        };
        let observed = match guests::observe(&cluster.client, kind, vmid, node).await {
            Ok(observed) => observed,
            // Moved or removed since the listing.
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Some(marker) = observed.marker(&self.bridge.identities) else { return Ok(None) };
        let record = marker.record;
        if !self.bridge.inbox.store().pending(record).await?.is_empty() {
            return Ok(None);
        }
        let name = observed.config.name().unwrap_or_default();
        let (here, inbox) = (Some(cluster.netbox_cluster.id), &self.bridge.inbox);
        let orphan = |again| Reporter::new(record, marker.birth, name, here).orphaned_guest(vmid, again);
        let machine = match self.bridge.netbox.virtual_machines().get(record.0).await {
            Ok(machine) => machine.value,
            Err(error) if error.is_not_found() => {
                let put_off = match marker.owner() {
                    Some(owner) => inbox.removal(owner).await?.is_some(),
                    None => false,
                };
                return Ok((!put_off).then(|| orphan(false)));
            }
            Err(error) => return Err(error.into()),
        };
        // A marker of an early version says no birth: whose guest it is a person must say.
        let Some(owner) = marker.owner().filter(|owner| birth(machine.created.as_deref()) == Some(owner.birth)) else {
            return Ok(Some(orphan(marker.birth.is_some())));
        };
        if inbox.intent(owner).await?.is_some_and(|intent| intent.vmid == vmid) {
            // Its creation is under way.
            return Ok(None);
        }
        let reporter = Reporter::of_owner(owner, &machine.name, here);
        let says = self.bridge.fields.vmid_of(&machine);
        Ok(match LookUp::new(self.bridge).cluster_of(&machine) {
            Ok(its) if its.netbox_cluster.id == cluster.netbox_cluster.id && says == Some(vmid) => None,
            Ok(its) if its.netbox_cluster.id == cluster.netbox_cluster.id => {
                Some(reporter.unnamed_guest(vmid, says.map(|says| says.to_string()).as_deref()))
            }
            Ok(its) => {
                let (former, now) = (&cluster.netbox_cluster.name, &its.netbox_cluster.name);
                Some(reporter.moved_cluster(former, now))
            }
            Err(why) => {
                let (vmid, cluster) = (Some(vmid), cluster.netbox_cluster.name.clone());
                Some(reporter.unmanaged(&Unmanaged { vmid, cluster, why: why.to_string() }, false))
            }
        })
    }
}

/// The VMID that a plan tells NetBox.
fn written(finding: &Found) -> Option<Vmid> {
    let Found::Difference { plan, .. } = finding else { return None };
    plan.iter().find_map(|action| match action {
        Action::Record { value: RecordValue::Vmid(VmidSource::Chosen(vmid)), .. } => Some(*vmid),
        _ => None,
    })
}

impl Dispatcher {
    /// Compares everything, and answers what differs as events of the inbox, one for each record. Orphans are reported.
    ///
    /// The brake: where more than ten guests would be created, their events wait for a person.
    ///
    /// # Errors
    /// NetBox, Proxmox or the inbox failed.
    pub async fn reconcile(&self, parallel: usize) -> Result<Swept, Failure> {
        let bridge = self.bridge();
        let (mut same, mut differ, mut orphans) = (Vec::new(), Vec::new(), Vec::new());
        let swept = Reconcile::new(bridge, parallel)
            .unasked()
            .sweep(&mut |found| match found {
                Found::Same { owner, name } => same.push((owner, name)),
                Found::Difference { owner, name, event, plan } => {
                    differ.push(Differing::new(owner, name, &event, &plan))
                }
                Found::Orphan(report) => orphans.push(report),
                Found::Failed { what, failure } => tracing::warn!(what, why = %failure.why, "not compared"),
            })
            .await?;
        let keys: Vec<ReportKey> = orphans.iter().map(Report::key).collect();
        for owner in same.iter().map(|(owner, _)| *owner).chain(differ.iter().map(|it| it.owner)) {
            // What was reported is over: should it return, it is reported again.
            let of_it = |key: &&ReportKey| key.record == Some(owner.record) && key.birth == Some(owner.birth);
            let still_true: Vec<ReportKey> = keys.iter().filter(of_it).cloned().collect();
            bridge.inbox.retain_orphans(owner, &still_true).await?;
        }
        for (owner, name) in same {
            // That a difference is over is told by the answer to an event.
            if bridge.inbox.standing(owner).await?.is_empty() {
                bridge.inbox.retain_reports(owner, &[]).await?;
            } else {
                differ.push(Differing::no_more(owner, name));
            }
        }
        let events = self.differences(differ).await?;
        self.store(&events).await?;
        for report in orphans {
            let Some(cluster) = report.cluster.and_then(|id| bridge.cluster(id)) else { continue };
            LiveExecutor::new(bridge, cluster, None).execute(&Action::Report(report), &Silent).await?;
        }
        Ok(swept)
    }

    /// The events of what differs, without what is under way, waits at a brake, or was said before.
    async fn differences(&self, mut differ: Vec<Differing>) -> Result<Vec<NewEvent>, Failure> {
        let inbox = &self.bridge().inbox;
        let parked = inbox.store().events(Some(EventState::Parked), u32::MAX).await?;
        let held: HashSet<RecordId> =
            parked.iter().filter(|event| event.brake.is_some()).map(|event| event.change.record).collect();
        differ.retain(|it| !held.contains(&it.owner.record));
        let creations = differ.iter().filter(|it| it.creates).count();
        let why = (creations > CREATIONS_AT_ONCE).then(|| {
            format!(
                "{creations} guests would be created by one reconcile, more than {CREATIONS_AT_ONCE} at once. If this is \
                 meant, release them (`netbox-proxmox events --release`)"
            )
        });
        if let Some(why) = &why {
            tracing::warn!("held: {why}");
            for cluster in &self.bridge().clusters {
                let of_it = |it: &&Differing| it.creates && it.cluster == Some(cluster.netbox_cluster.id);
                let count = differ.iter().filter(of_it).count();
                if count > 0 {
                    self.tell(cluster, Reporter::of_cluster(&cluster.netbox_cluster).held_creations(count)).await;
                }
            }
        }
        let mut events = Vec::new();
        for it in differ {
            // An event that is open sees the difference, too; a removal that waits does not.
            let waits = inbox.removal(it.owner).await?.is_some();
            let open = !waits && !inbox.store().pending(it.owner.record).await?.is_empty();
            if !open && !it.told(inbox).await? {
                let held = why.clone().filter(|_| it.creates).map(|why| Held { brake: Brake::Creations, why });
                events.push(it.event(held));
            }
        }
        Ok(events)
    }
}

/// A record that differs from its guest.
struct Differing {
    owner: Owner,
    name: String,
    cluster: Option<u64>,
    creates: bool,
    /// The reports, where the plan is nothing else.
    reports: Option<Vec<ReportKey>>,
}

impl Differing {
    fn new(owner: Owner, name: String, event: &Event, plan: &[Action]) -> Self {
        let key = |action: &Action| match action {
            Action::Report(report) => Some(report.key()),
            _ => None,
        };
        let cluster = event.desired.as_ref().and_then(|guest| guest.cluster.as_ref()).map(|cluster| cluster.id);
        Self { owner, name, cluster, creates: creates(plan), reports: plan.iter().map(key).collect() }
    }

    /// One that differs no more.
    fn no_more(owner: Owner, name: String) -> Self {
        Self { owner, name, cluster: None, creates: false, reports: Some(Vec::new()) }
    }

    /// Whether there is nothing but what a person was told before, and all of that.
    async fn told(&self, inbox: &Inbox) -> Result<bool, Failure> {
        let Some(reports) = &self.reports else { return Ok(false) };
        for key in reports {
            if inbox.reported(key).await? != Some(Reported::Delivered) {
                return Ok(false);
            }
        }
        Ok(inbox.standing(self.owner).await?.iter().all(|key| reports.contains(key)))
    }

    fn event(self, held: Option<Held>) -> NewEvent {
        let record = self.owner.record;
        let change = difference(record, &self.name);
        // Each comparison is an event of its own.
        let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_nanos());
        NewEvent { key: format!("reconcile/{record}@{time}"), change, held }
    }
}

fn difference(record: RecordId, name: &str) -> Change {
    let (object, event, what) = (record.0, EventKind::Updated, Changed::Difference);
    let name = name.to_owned();
    Change { record, name, object, event, user: None, request: None, time: None, confirmed: false, status: None, what }
}

/// Whether a plan makes a guest.
pub fn creates(plan: &[Action]) -> bool {
    plan.iter().any(Action::creates)
}
