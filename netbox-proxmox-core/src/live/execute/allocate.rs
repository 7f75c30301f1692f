//! Chooses a VMID: one that is free in Proxmox, that no record of the cluster says, that no creation was begun with, and
//! that was no guest's of late. Backups and replication jobs are kept by VMID.

use std::collections::BTreeSet;

use futures_util::TryStreamExt;
use netbox_api::client::{CustomFieldFilter, VirtualMachineFilter};
use proxmox_api::Vmid;

use super::step::{Step, refused};
use crate::event::Intent;
use crate::executor::Failure;
use crate::guest::Owner;
use crate::live::bridge::now;
use crate::live::look_up::listing::Listing;

impl Step<'_> {
    /// Chooses a free VMID and stores the intent, before NetBox or Proxmox hear of it.
    pub(super) async fn choose(&self, owner: Owner, before: Option<&Intent>) -> Result<Vmid, Failure> {
        let _choosing = self.bridge.choosing.lock().await;
        let inbox = &self.bridge.inbox;
        let root_size = before.and_then(|intent| intent.root_size);
        loop {
            let choices = inbox.choices().await?;
            let begun: BTreeSet<Vmid> = inbox.intents().await?.iter().map(|intent| intent.vmid).collect();
            let vmid = self.free_vmid(owner, &begun).await?;
            inbox.put_intent(&Intent { owner, vmid, allocated: true, upid: None, root_size }).await?;
            // Another process may have chosen meanwhile, and the same one.
            if inbox.count_choice(choices).await? {
                return Ok(vmid);
            }
        }
    }

    /// The lowest that may be used; if all that are free rest, the one that rested longest.
    async fn free_vmid(&self, owner: Owner, begun: &BTreeSet<Vmid>) -> Result<Vmid, Failure> {
        let (inbox, cluster) = (&self.bridge.inbox, self.cluster.netbox_cluster.id);
        let mut resting = inbox.rested(cluster).await?;
        let known = inbox.known_vmids(cluster).await?;
        let listing = match &self.known.listing {
            Some(listing) => listing.clone(),
            None => Listing::of_guests(self.client()).await?.into(),
        };
        let candidates = self.bridge.policy.vmids.candidates(owner.record);
        let mut rested: Vec<Vmid> = Vec::new();
        // Taken ones are passed over without a question; a guest that the listing lacks is found by one.
        for vmid in candidates.filter(|vmid| listing.guest(*vmid).is_none() && !begun.contains(vmid)) {
            let since = match resting.get(&vmid) {
                Some(since) => Some(*since),
                // Somebody has removed a guest that we know of.
                None if known.contains(&vmid) => {
                    inbox.put_rested(cluster, vmid, now()).await?;
                    resting.insert(vmid, now());
                    Some(now())
                }
                None => None,
            };
            if since.is_some_and(|since| since.saturating_add(self.bridge.policy.vmid_rest) > now()) {
                rested.push(vmid);
            } else if self.is_nobodys(vmid).await? {
                return Ok(vmid);
            }
        }
        rested.sort_by_key(|vmid| resting.get(vmid));
        for vmid in rested {
            if self.is_nobodys(vmid).await? {
                return Ok(vmid);
            }
        }
        Err(refused(
            "no VMID is free in the configured range (`[policy] vmids`): in Proxmox, and in the records of the cluster in NetBox",
        ))
    }

    async fn is_nobodys(&self, vmid: Vmid) -> Result<bool, Failure> {
        Ok(self.client().cluster().is_free(vmid).await? && !self.is_recorded(vmid).await?)
    }

    /// Whether a record of the cluster says a VMID, whatever its status: it may be given to that one later.
    async fn is_recorded(&self, vmid: Vmid) -> Result<bool, Failure> {
        let filter = VirtualMachineFilter {
            cluster_id: vec![self.cluster.netbox_cluster.id],
            // A field without a filter is ignored, and everything returned (seen on NetBox 4.7.3): each is looked at.
            custom_fields: CustomFieldFilter::new().equals(&self.bridge.fields.vmid, vmid.to_string()),
            ..Default::default()
        };
        let machines = self.bridge.netbox.virtual_machines().fields(["id", "name", "status", "custom_fields"]);
        let mut machines = machines.list(&filter);
        while let Some(machine) = machines.try_next().await? {
            if self.bridge.fields.vmid_of(&machine) == Some(vmid) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
