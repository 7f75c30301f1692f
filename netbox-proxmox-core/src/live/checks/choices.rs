//! What a Proxmox cluster has that the custom fields offer as choices: nodes, templates, storages, pools.

use std::collections::{BTreeMap, BTreeSet};

use proxmox_api::{Client, GuestType, NodeName, Vmid};

use crate::live::look_up::listing::Listing;
use crate::live::setup::offered::Of;

/// What can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Choice {
    /// The value.
    pub(super) value: String,
    /// The name, which does as well.
    pub(super) name: Option<String>,
}

impl Choice {
    pub(super) fn new(value: impl ToString) -> Self {
        Self { value: value.to_string(), name: None }
    }

    fn named(value: impl ToString, name: Option<&str>) -> Self {
        Self { name: name.filter(|name| !name.is_empty()).map(str::to_owned), ..Self::new(value) }
    }

    /// Whether this says it.
    pub(super) fn is(&self, said: &str) -> bool {
        self.value == said || self.name.as_deref() == Some(said)
    }
}

/// What one cluster has.
#[derive(Debug, Clone, Default)]
pub(super) struct Side {
    /// What it is called in texts.
    pub(super) label: String,
    /// By what chooses from it; one that cannot be listed is missing.
    pub(super) has: BTreeMap<Of, BTreeSet<Choice>>,
    /// The VMs that are templates: VMID, name and node.
    pub(super) vm_templates: Vec<(Vmid, String, NodeName)>,
}

impl Side {
    /// What a cluster has, as far as the token sees it.
    ///
    /// # Errors
    /// It cannot be listed.
    pub(super) async fn of(label: &str, client: &Client) -> Result<Self, proxmox_api::Error> {
        let listing = Listing::of(client).await?;
        let templates = || listing.guests().iter().filter(|guest| guest.template);
        let of_kind = |kind| templates().filter(move |guest| guest.guest_type() == Some(kind));
        let vm_templates = of_kind(GuestType::Qemu)
            .filter_map(|guest| Some((guest.vmid?, guest.name.clone().unwrap_or_default(), guest.node.clone()?)))
            .collect::<Vec<_>>();
        let takes_disks = listing.storages().iter().filter(|storage| storage.images || storage.rootdir);
        let mut has = BTreeMap::from([
            (Of::Nodes, listing.nodes().iter().map(Choice::new).collect()),
            (Of::VmTemplates, vm_templates.iter().map(|(vmid, name, _)| Choice::named(vmid, Some(name))).collect()),
            (Of::Storages, takes_disks.map(|storage| Choice::new(&storage.id)).collect()),
        ]);
        if let Some(mut volumes) = container_volumes(client, &listing).await {
            let guests = of_kind(GuestType::Lxc);
            volumes.extend(guests.filter_map(|guest| Some(Choice::named(guest.vmid?, guest.name.as_deref()))));
            has.insert(Of::ContainerTemplates, volumes);
        }
        let pools = client.get::<Vec<serde_json::Value>>("/pools", &proxmox_api::Params::new()).await;
        if let Ok(pools) = pools {
            let names = pools.iter().filter_map(|pool| pool["poolid"].as_str());
            has.insert(Of::Pools, names.map(Choice::new).collect());
        }
        Ok(Self { label: label.to_owned(), has, vm_templates })
    }
}

/// The volumes of container templates on the nodes that are online; none if one of them does not say.
async fn container_volumes(client: &Client, listing: &Listing) -> Option<BTreeSet<Choice>> {
    let mut volumes = BTreeSet::new();
    for node in listing.nodes().iter().filter(|node| listing.is_online(node)) {
        let handle = client.node(node);
        for storage in handle.storages().await.ok()?.iter().filter(|it| it.active && it.allows("vztmpl")) {
            let content = handle.storage(&storage.storage).content(Some("vztmpl"), None).await.ok()?;
            volumes.extend(content.iter().map(|volume| Choice::new(&volume.volid)));
        }
    }
    Some(volumes)
}
