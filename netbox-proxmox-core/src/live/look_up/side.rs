//! The Proxmox side of one record.

use proxmox_api::{NodeName, PowerState, Resource, Vmid};

use crate::current::Current;
use crate::delivery::birth;
use crate::event::{Context, Intent, Ownership, TemplateFacts};
use crate::executor::Failure;
use crate::guest::{Guest, Owner, Template};
use crate::live::bridge::{Bridge, ProxmoxCluster, now};
use crate::live::guests::{self, At, Observed};
use crate::live::inbox::{Removal, Seen};
use crate::live::look_up::listing::Listing;
use crate::live::look_up::templates;
use crate::live::look_up::way::{self, Way};
use crate::option::GuestOption;
use crate::part::Part;

/// Where the power state comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::live) enum Power {
    /// Each guest is asked.
    Asked,
    /// The listing says it, up to some ten seconds late: what differs is asked again.
    Listed,
}

/// One record's view of its Proxmox cluster.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) bridge: &'a Bridge,
    pub(super) way: Option<&'a dyn Way>,
    pub(super) cluster: &'a ProxmoxCluster,
    pub(super) owner: Owner,
    pub(super) listing: &'a Listing,
    pub(super) power: Power,
}

impl Side<'_> {
    /// What is at a VMID.
    async fn at(&self, vmid: Vmid) -> Result<At, Failure> {
        way::to(self.way, self.cluster, self.listing, vmid)?;
        guests::at(&self.cluster.client, vmid, self.listing).await
    }

    /// The guest at a VMID, and whom it belongs to. One that we are creating is waited for.
    pub(super) async fn guest(
        &self,
        vmid: Option<Vmid>,
        intent: Option<&Intent>,
    ) -> Result<(Option<Current>, Ownership), Failure> {
        let Some(vmid) = vmid else { return Ok((None, Ownership::Unknown)) };
        let client = &self.cluster.client;
        let mut observed = match self.at(vmid).await? {
            At::Nothing => return Ok((None, Ownership::Unknown)),
            At::Guest(observed) => *observed,
        };
        if let Some(intent) = intent.filter(|intent| intent.vmid == vmid) {
            let upid = intent.upid.as_ref();
            match guests::wait_for_creation(client, observed, upid, self.bridge.task_deadline).await? {
                Some(now) => observed = now,
                None => return Ok((None, Ownership::Unknown)),
            }
        }
        let ownership = observed.ownership(self.owner, &self.bridge.identities);
        let free = observed.creation_lock().is_none() && !matches!(ownership, Ownership::Ours { .. });
        if free && intent.is_some_and(|intent| intent.vmid == vmid && intent.allocated) {
            // Somebody was faster at the VMID that we chose: our guest is absent, and the clone chooses another.
            return Ok((None, Ownership::Unknown));
        }
        let listed = self.listing.guest(vmid).and_then(Resource::power_state);
        let power = match (self.power, listed) {
            (Power::Listed, Some(power @ (PowerState::Running | PowerState::Stopped))) => power,
            _ => guests::power(client, &observed).await?,
        };
        let mut current = guests::current(&observed, power);
        let pool = self.listing.guest(vmid).and_then(|resource| resource.pool.clone());
        if let Part::Given(options) = &mut current.options {
            options.extend(pool.map(|pool| (GuestOption::Pool, pool)));
        }
        Ok((Some(current), ownership))
    }

    /// The deleted record that a guest still belongs to, if its removal was put off, and it is not there again.
    pub(super) async fn takes_over(&self, current: &Current, ownership: &Ownership) -> Result<Option<Owner>, Failure> {
        let Ownership::Another { record: Some(former), .. } = ownership else { return Ok(None) };
        let is_it =
            |removal: &Removal| Some(removal.vmid) == current.vmid && removal.cluster == self.cluster.netbox_cluster.id;
        // One that is due may be under way, or was answered by keeping the guest.
        let put_off = self.bridge.inbox.removal(*former).await?.is_some_and(|it| it.due > now() && is_it(&it));
        if !put_off {
            return Ok(None);
        }
        let there = match self.bridge.netbox.virtual_machines().get(former.record.0).await {
            Ok(found) => birth(found.value.created.as_deref()) == Some(former.birth),
            Err(error) if error.is_not_found() => false,
            Err(error) => return Err(error.into()),
        };
        Ok(Some(*former).filter(|_| !there))
    }

    /// What a creation needs to know: the template, and guests that stand in its way.
    pub(super) async fn creation(
        &self,
        guest: &Guest,
        vmid: Option<Vmid>,
        seen: Option<&Seen>,
        context: &mut Context,
    ) -> Result<(), Failure> {
        match &guest.template {
            Part::Given(Template::Guest(template)) => context.template = self.template(*template).await?,
            Part::Given(Template::Named(name)) => {
                match templates::named(self.listing, name, guest.kind, guest.node.given()) {
                    Ok(template) => context.template = self.template(template).await?,
                    Err(several) => (context.template, context.same_template) = (Part::None, several),
                }
            }
            Part::Given(Template::Volume(volume)) => context.volume_nodes = self.volume_nodes(volume, guest).await?,
            Part::None | Part::Unknown => {}
        }
        let remembered = [seen.map(|seen| seen.vmid), context.intent.as_ref().map(|intent| intent.vmid)];
        for resource in self.listing.guests() {
            let Some(other) = resource.vmid.filter(|other| Some(*other) != vmid && !resource.template) else {
                continue;
            };
            let same_name = resource.name.as_deref() == guest.proxmox_name();
            if !same_name && !remembered.contains(&Some(other)) {
                continue;
            }
            match self.at(other).await? {
                At::Guest(observed) => match observed.ownership(self.owner, &self.bridge.identities) {
                    Ownership::Ours { .. } => context.elsewhere = Some(other),
                    Ownership::Unmarked if same_name => context.same_name.push(other),
                    _ => {}
                },
                At::Nothing => {}
            }
        }
        Ok(())
    }

    async fn template(&self, vmid: Vmid) -> Result<Part<TemplateFacts>, Failure> {
        let Some(guest) = self.listing.guest(vmid) else { return Ok(Part::None) };
        let (Some(node), Some(kind)) = (&guest.node, guest.guest_type()) else { return Ok(Part::None) };
        way::to(self.way, self.cluster, self.listing, vmid)?;
        let Observed { config, .. } = match guests::observe(&self.cluster.client, kind, vmid, node).await {
            Ok(observed) => observed,
            Err(error) if error.is_not_found() => return Ok(Part::None),
            Err(error) => return Err(error.into()),
        };
        let storages = config.storages().collect();
        // A template does not run: nobody needs to ask.
        let config = Current::observed(vmid, node.clone(), &config, PowerState::Stopped);
        Ok(Part::Given(TemplateFacts { vmid, node: node.clone(), config, storages }))
    }

    /// What is no volume is left to the planner to say.
    async fn volume_nodes(&self, volume: &str, guest: &Guest) -> Result<Part<Vec<NodeName>>, Failure> {
        let Ok(volume) = volume.parse() else { return Ok(Part::None) };
        let nodes = templates::nodes_with(&self.cluster.client, self.listing, &volume, guest.node.given()).await?;
        Ok(if nodes.is_empty() { Part::None } else { Part::Given(nodes) })
    }
}
