//! What is shared: places where guests are worked on, and what copies go through.

use std::collections::BTreeSet;

use proxmox_api::{NodeName, StorageId};

use crate::action::Action;
use crate::event::Event;

/// Where a guest is worked on: a cluster, while its node is not known, or a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The id of the NetBox cluster.
    pub cluster: u64,
    /// The node.
    pub node: Option<NodeName>,
}

impl Place {
    /// Whether whoever is here is there, too.
    pub(super) fn covers(&self, other: &Self) -> bool {
        self.cluster == other.cluster && (other.node.is_none() || self.node == other.node)
    }
}

/// What a copy takes part of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Share {
    /// A node, of the NetBox cluster with this id.
    Node(u64, NodeName),
    /// A storage, of the NetBox cluster with this id.
    Storage {
        /// The cluster.
        cluster: u64,
        /// Its name.
        storage: StorageId,
        /// The node, unless its nodes share it: storages of one name on two nodes are two.
        node: Option<NodeName>,
    },
}

/// What the copies of a plan go through: both nodes and both storages, source and target.
pub fn shares(cluster: u64, event: &Event, plan: &[Action]) -> BTreeSet<Share> {
    let through = Through { cluster, event };
    plan.iter().flat_map(|action| through.of(action)).collect()
}

struct Through<'a> {
    cluster: u64,
    event: &'a Event,
}

impl Through<'_> {
    fn of(&self, action: &Action) -> Vec<Share> {
        let Self { event, .. } = self;
        match action {
            Action::Clone { template_node, node, storage, full: true, .. } => {
                let template = event.context.template.given();
                let source = template_node.as_ref().or(template.map(|facts| &facts.node));
                let target = node.as_ref().or(source);
                let sources = template.map(|facts| facts.storages.as_slice()).unwrap_or_default();
                let targets = storage.as_ref().map_or(sources, std::slice::from_ref);
                self.both((source, sources), (target, targets))
            }
            Action::CreateContainer { node, storage, .. } => {
                self.both((node.as_ref(), &[]), (node.as_ref(), std::slice::from_ref(storage)))
            }
            Action::Migrate { node, storage, .. } => {
                let current = event.current.as_ref();
                let source = current.and_then(|current| current.node.given());
                let disks = current.and_then(|current| current.disks.given()).into_iter().flatten();
                let disks: Vec<StorageId> = disks.filter_map(|(_, disk)| disk.storage.clone()).collect();
                // What both nodes share stays where it is.
                let moves = |id: &StorageId| storage.is_some() || !self.is_shared(id);
                let sources: Vec<StorageId> = disks.into_iter().filter(moves).collect();
                let targets = storage.as_ref().map_or(sources.as_slice(), std::slice::from_ref);
                self.both((source, &sources), (Some(node), targets))
            }
            // One that is put off copies nothing now.
            Action::Destroy { not_before, backup: Some(storage), .. } if *not_before <= event.context.now => {
                let current = event.current.as_ref();
                let node = current.and_then(|current| current.node.given());
                let disks = current.and_then(|current| current.disks.given()).into_iter().flatten();
                let disks: Vec<StorageId> = disks.filter_map(|(_, disk)| disk.storage.clone()).collect();
                self.both((node, &disks), (node, std::slice::from_ref(storage)))
            }
            _ => Vec::new(),
        }
    }

    fn both(&self, source: (Option<&NodeName>, &[StorageId]), target: (Option<&NodeName>, &[StorageId])) -> Vec<Share> {
        let side = |(node, storages): (Option<&NodeName>, &[StorageId])| {
            let storages = storages.iter().map(|id| Share::Storage {
                cluster: self.cluster,
                storage: id.clone(),
                node: node.cloned().filter(|_| !self.is_shared(id)),
            });
            node.map(|node| Share::Node(self.cluster, node.clone())).into_iter().chain(storages).collect::<Vec<_>>()
        };
        [side(source), side(target)].concat()
    }

    fn is_shared(&self, id: &StorageId) -> bool {
        self.event.context.storages.given().into_iter().flatten().any(|storage| storage.id == *id && storage.shared)
    }
}
