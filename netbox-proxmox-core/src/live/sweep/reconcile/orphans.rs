//! Guests of ours that no record names.

use std::collections::HashSet;

use futures_util::{FutureExt, StreamExt, stream};
use proxmox_api::{Resource, Vmid};

use super::{Answer, Found, PAGE, Reconcile, Swept};
use crate::delivery::birth;
use crate::event::Unmanaged;
use crate::executor::Failure;
use crate::live::bridge::ProxmoxCluster;
use crate::live::guests;
use crate::live::look_up::LookUp;
use crate::live::look_up::listing::Listing;
use crate::report::{Report, Reporter};

impl Reconcile<'_> {
    /// Guests that no record names: whose they are, their markers say.
    pub(super) async fn guests(
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
