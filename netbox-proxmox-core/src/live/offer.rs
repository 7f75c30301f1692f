//! What a Proxmox cluster has that custom fields offer as choices: nodes, templates, storages, pools. One reader, for the
//! set-up that writes the choices and for the checks that compare them.

use std::collections::{BTreeMap, BTreeSet};

use proxmox_api::{Client, GuestType, NodeName, Params, Resource, StorageId};

use super::look_up::listing::Listing;

/// What is chosen from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// Kinds of guests, which are always the same.
    Types,
    /// How records stand, which is always the same.
    States,
    /// Nodes that are online.
    Nodes,
    /// Templates of virtual machines; the value is the VMID.
    VmTemplates,
    /// Template volumes, and containers that are templates; the value is the volume or the VMID.
    ContainerTemplates,
    /// Storages for disks of virtual machines or of containers.
    Storages,
    /// Resource pools.
    Pools,
}

impl Of {
    /// What people call them.
    pub fn words(self) -> &'static str {
        match self {
            Self::Types => "types",
            Self::States => "states",
            Self::Nodes => "nodes",
            Self::VmTemplates => "templates of virtual machines",
            Self::ContainerTemplates => "container templates",
            Self::Storages => "storages for disks",
            Self::Pools => "pools",
        }
    }
}

/// Something that can be chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Choice {
    /// The value.
    pub(super) value: String,
    /// The guest's name, which does as well.
    pub(super) name: Option<String>,
    /// The node that the guest is on.
    pub(super) node: Option<NodeName>,
    /// Whether it is a node that is down: it is a node, and nobody is offered it.
    pub(super) offline: bool,
}

impl Choice {
    pub(super) fn new(value: impl ToString) -> Self {
        Self { value: value.to_string(), ..Self::default() }
    }

    fn guest(guest: &Resource) -> Option<Self> {
        let name = guest.name.clone().filter(|name| !name.is_empty());
        Some(Self { name, node: guest.node.clone(), ..Self::new(guest.vmid?) })
    }

    /// Whether this says it.
    pub(super) fn is(&self, said: &str) -> bool {
        self.value == said || self.name.as_deref() == Some(said)
    }
}

/// What one cluster has, as far as the token sees it.
#[derive(Debug, Clone, Default)]
pub(super) struct Offer {
    pub(super) has: BTreeMap<Of, BTreeSet<Choice>>,
    /// What of each kind could not be listed, and why.
    pub(super) unread: BTreeMap<Of, Vec<String>>,
}

impl Offer {
    /// Reads it. A storage that does not say what it holds keeps nobody from the rest.
    ///
    /// # Errors
    /// The cluster cannot be listed at all.
    pub(super) async fn of(client: &Client) -> Result<Self, proxmox_api::Error> {
        let listing = Listing::of(client).await?;
        let mut offer = Self::default();
        let node = |node| Choice { offline: !listing.is_online(node), ..Choice::new(node) };
        offer.add(Of::Nodes, listing.nodes().iter().map(node));
        let templates =
            |kind| listing.guests().iter().filter(move |guest| guest.template && guest.guest_type() == Some(kind));
        offer.add(Of::VmTemplates, templates(GuestType::Qemu).filter_map(Choice::guest));
        offer.add(Of::ContainerTemplates, templates(GuestType::Lxc).filter_map(Choice::guest));
        let takes_disks = listing.storages().iter().filter(|storage| storage.images || storage.rootdir);
        offer.add(Of::Storages, takes_disks.map(|storage| Choice::new(&storage.id)));
        offer.volumes(client, &listing).await;
        match client.get::<Vec<serde_json::Value>>("/pools", &Params::new()).await {
            Ok(pools) => offer.add(Of::Pools, pools.iter().filter_map(|it| it["poolid"].as_str()).map(Choice::new)),
            Err(error) => offer.lacks(Of::Pools, error.to_string()),
        }
        Ok(offer)
    }

    /// All of a kind; none unless they are all known.
    pub(super) fn whole(&self, of: Of) -> Option<&BTreeSet<Choice>> {
        self.has.get(&of).filter(|_| !self.unread.contains_key(&of))
    }

    /// The templates that VMs are cloned from.
    pub(super) fn vm_templates(&self) -> impl Iterator<Item = &Choice> {
        self.has.get(&Of::VmTemplates).into_iter().flatten()
    }

    /// The volumes of container templates on the nodes that are online.
    async fn volumes(&mut self, client: &Client, listing: &Listing) {
        let mut shared = BTreeSet::<StorageId>::new();
        for node in listing.nodes().iter().filter(|node| listing.is_online(node)) {
            let handle = client.node(node);
            let storages = match handle.storages().await {
                Ok(storages) => storages,
                Err(error) => {
                    self.lacks(Of::ContainerTemplates, format!("the storages of {node}: {error}"));
                    continue;
                }
            };
            for storage in storages.iter().filter(|it| it.allows("vztmpl")) {
                let id = &storage.storage;
                if shared.contains(id) {
                    continue;
                }
                if !storage.active {
                    self.lacks(Of::ContainerTemplates, format!("storage {id} on {node}: it is not active"));
                    continue;
                }
                match handle.storage(id).content(Some("vztmpl"), None).await {
                    Ok(content) => {
                        self.add(Of::ContainerTemplates, content.iter().map(|volume| Choice::new(&volume.volid)));
                        shared.extend(Some(id.clone()).filter(|_| storage.shared));
                    }
                    Err(error) => self.lacks(Of::ContainerTemplates, format!("storage {id} on {node}: {error}")),
                }
            }
        }
    }

    fn add(&mut self, of: Of, choices: impl IntoIterator<Item = Choice>) {
        self.has.entry(of).or_default().extend(choices);
    }

    fn lacks(&mut self, of: Of, why: String) {
        self.unread.entry(of).or_default().push(why);
    }
}
