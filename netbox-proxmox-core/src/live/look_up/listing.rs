//! What a Proxmox cluster lists: its guests, nodes and storages.

use std::collections::HashMap;

use proxmox_api::{Client, NodeName, Resource, ResourceType, StorageId, Vmid};

use crate::event::StorageFacts;

/// The kinds of storage on which a disk is a file of one of several formats (Proxmox VE's manual, chapter
/// "Storage").
const FILES: [&str; 4] = ["dir", "nfs", "cifs", "glusterfs"];

/// One answer of `/cluster/resources`, in the order and form in which it is asked for things. It is up to some ten
/// seconds old: a guest that it lacks may exist.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    guests: Vec<Resource>,
    by_vmid: HashMap<Vmid, usize>,
    nodes: Vec<NodeName>,
    offline: Vec<NodeName>,
    storages: Vec<StorageFacts>,
}

impl Listing {
    /// Everything that a cluster has.
    ///
    /// # Errors
    /// As the client's.
    pub async fn of(client: &Client) -> Result<Self, proxmox_api::Error> {
        Ok(client.cluster().resources(None).await?.into())
    }

    /// The guests alone.
    ///
    /// # Errors
    /// As the client's.
    pub async fn of_guests(client: &Client) -> Result<Self, proxmox_api::Error> {
        Ok(client.cluster().resources(Some(ResourceType::Vm)).await?.into())
    }

    /// The guest with a VMID.
    pub fn guest(&self, vmid: Vmid) -> Option<&Resource> {
        self.by_vmid.get(&vmid).map(|at| &self.guests[*at])
    }

    /// All guests, templates too.
    pub fn guests(&self) -> &[Resource] {
        &self.guests
    }

    /// The nodes.
    pub fn nodes(&self) -> &[NodeName] {
        &self.nodes
    }

    /// Whether a node is not known to be down.
    pub fn is_online(&self, node: &NodeName) -> bool {
        !self.offline.contains(node)
    }

    /// The storages.
    pub fn storages(&self) -> &[StorageFacts] {
        &self.storages
    }

    fn add_storage(&mut self, id: StorageId, node: NodeName, resource: &Resource) {
        match self.storages.iter_mut().find(|storage| storage.id == id) {
            Some(storage) => storage.nodes.push(node),
            None => {
                let takes = |what: &str| {
                    resource.content.as_ref().is_none_or(|content| content.split(',').any(|it| it == what))
                };
                let (images, rootdir) = (takes("images"), takes("rootdir"));
                let files = resource.plugintype.as_deref().is_some_and(|plugin| FILES.contains(&plugin));
                let (shared, nodes) = (resource.shared, vec![node]);
                self.storages.push(StorageFacts { id, shared, nodes, images, rootdir, files });
            }
        }
    }
}

impl From<Vec<Resource>> for Listing {
    /// The guests stay where they are: in a large cluster a second copy of them would be what a comparison holds most of.
    fn from(mut resources: Vec<Resource>) -> Self {
        let mut listing = Self::default();
        for resource in resources.extract_if(.., |resource| resource.vmid.is_none()) {
            if let (Some(id), Some(node)) = (resource.storage.clone(), resource.node.clone()) {
                listing.add_storage(id, node, &resource);
            } else if resource.kind == "node" {
                if resource.status.as_deref() == Some("offline") {
                    listing.offline.extend(resource.node.clone());
                }
                listing.nodes.extend(resource.node);
            }
        }
        resources.shrink_to_fit();
        listing.by_vmid = resources.iter().enumerate().filter_map(|(at, guest)| Some((guest.vmid?, at))).collect();
        listing.guests = resources;
        listing
    }
}
