//! Compares every managed record with its guest, and every guest that is ours with its record.
//!
//! It reads NetBox in pages and asks Proxmox for each guest's configuration, some at a time; of what is as it should be
//! nothing is kept. It destroys nothing but what a removal that was begun has left: without a cause no plan does.

mod answer;
mod compare;
mod orphans;

use std::collections::HashSet;

use futures_util::future::{BoxFuture, join};
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use netbox_api::VirtualMachine;
use netbox_api::client::VirtualMachineFilter;
use proxmox_api::Vmid;

pub use self::answer::CREATIONS_AT_ONCE;
use crate::action::{Action, RecordValue, VmidSource};
use crate::event::{Change, Changed, Event};
use crate::executor::Failure;
use crate::guest::{Owner, RecordId};
use crate::live::bridge::{Bridge, ProxmoxCluster};
use crate::live::look_up::listing::Listing;
use crate::live::look_up::{Described, LookUp};
use crate::live::status::Doing;
use crate::report::Report;
use crate::state::{Said, Standing};

/// How many records are read and described at once: their ids go into one query, whose length web servers limit, and two
/// pages are what is held of NetBox.
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
        /// How it stands, with what NetBox says of that; none where there is nothing to say.
        stands: Option<(Standing, Said)>,
    },
    /// A record and its guest differ.
    Difference {
        /// The record.
        owner: Owner,
        /// The record's name.
        name: String,
        /// What NetBox says of how it stands, if it can.
        said: Option<Said>,
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

/// A page of records, read and not compared yet.
struct Page {
    /// The managed records with what belongs to them.
    described: Vec<Described>,
    /// The VMIDs that its records say, managed or not.
    named: Vec<Vmid>,
}

/// A comparison of both sides.
#[derive(Clone, Copy)]
pub struct Reconcile<'a> {
    bridge: &'a Bridge,
    parallel: usize,
    asked: bool,
    told: &'a (dyn Fn(Doing) + Sync),
}

impl<'a> Reconcile<'a> {
    /// Over a bridge, asking Proxmox about this many guests at once.
    pub fn new(bridge: &'a Bridge, parallel: usize) -> Self {
        Self { bridge, parallel: parallel.max(1), asked: true, told: &|_| {} }
    }

    /// Tells after each page how far it has come.
    #[must_use]
    pub fn telling(self, told: &'a (dyn Fn(Doing) + Sync)) -> Self {
        Self { told, ..self }
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
        let listing = self.bridge.listings.of(cluster).await?;
        let all = swept.compared + listing.guests().iter().filter(|guest| !guest.template).count();
        let filter = VirtualMachineFilter { cluster_id: vec![cluster.netbox_cluster.id], ..Default::default() };
        let machines = self.bridge.netbox.virtual_machines().page_size(PAGE as u32);
        let mut machines = machines.list(&filter).map_err(Failure::from).boxed();
        let mut named: HashSet<Vmid> = HashSet::new();
        let mut next = self.page(&mut machines, cluster).await?;
        while let Some(page) = next {
            named.extend(page.named);
            // NetBox is read while Proxmox is asked.
            let compared = self.compare_all(page.described, cluster, &listing, &mut named, swept, found);
            let ((), read) = join(compared, self.page(&mut machines, cluster)).await;
            (self.told)(Doing { done: swept.compared, of: all.max(swept.compared) });
            next = read?;
        }
        self.guests(cluster, &listing, &named, swept, found).await
    }

    /// The next page of records; none after the last one.
    async fn page(
        &self,
        machines: &mut BoxStream<'static, Result<VirtualMachine, Failure>>,
        cluster: &ProxmoxCluster,
    ) -> Result<Option<Page>, Failure> {
        let page: Vec<VirtualMachine> = machines.by_ref().take(PAGE).try_collect().await?;
        if page.is_empty() {
            return Ok(None);
        }
        let named = page.iter().filter_map(|machine| self.bridge.fields.vmid_of(machine)).collect();
        // NetBox ignores filters that it does not know, and returns everything.
        let look_up = LookUp::new(self.bridge);
        let ours = |machine: &VirtualMachine| {
            look_up.cluster_of(machine).is_ok_and(|it| it.netbox_cluster.id == cluster.netbox_cluster.id)
        };
        let described = self.described(page.into_iter().filter(ours).collect()).await?;
        Ok(Some(Page { described, named }))
    }

    /// Compares the records of a page, some at a time.
    async fn compare_all(
        &self,
        page: Vec<Described>,
        cluster: &ProxmoxCluster,
        listing: &Listing,
        named: &mut HashSet<Vmid>,
        swept: &mut Swept,
        found: &mut (dyn FnMut(Found) + Send),
    ) {
        let mut comparisons: Vec<Answer<'_, String, Found>> = Vec::new();
        for described in page {
            let name = described.machine.name.clone();
            let compared = self.compare(described, cluster, listing);
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
}

/// The VMID that a plan tells NetBox.
fn written(finding: &Found) -> Option<Vmid> {
    let Found::Difference { plan, .. } = finding else { return None };
    plan.iter().find_map(|action| match action {
        Action::Record { value: RecordValue::Vmid(VmidSource::Chosen(vmid)), .. } => Some(*vmid),
        _ => None,
    })
}

fn difference(record: RecordId, name: &str) -> Change {
    Change::unmade(record, name, Changed::Difference)
}

/// Whether a plan makes a guest.
pub fn creates(plan: &[Action]) -> bool {
    plan.iter().any(Action::creates)
}
