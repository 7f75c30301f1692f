//! What Proxmox offers for a choice: online nodes, templates, storages, pools.

use std::collections::BTreeSet;

use proxmox_api::{Client, GuestType, NodeName, Params, ResourceType};
use serde_json::Value;

use crate::executor::Failure;

/// What is chosen from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// Kinds of guests, which are always the same.
    Types,
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
            Self::Nodes => "nodes",
            Self::VmTemplates => "templates of virtual machines",
            Self::ContainerTemplates => "container templates",
            Self::Storages => "storages for disks",
            Self::Pools => "pools",
        }
    }

    /// How there come to be some.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::Types | Self::Nodes => "See whether the token may see them",
            Self::VmTemplates => {
                "To have it, make a template (qm template VMID), see that the token has VM.Audit on it, and run this again"
            }
            Self::ContainerTemplates => {
                "To have it, fetch one (pveam download STORAGE TEMPLATE), see that the token has Datastore.Audit on the storage, \
                 and run this again"
            }
            Self::Storages => "See that the token has Datastore.Audit on /storage",
            Self::Pools => "It is needed only if you use pools; the token sees those on which it has Pool.Audit",
        }
    }
}

/// A choice that Proxmox offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: Label,
}

/// What people read for a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Label {
    /// The same for every cluster.
    Fixed(String),
    /// A guest, by which one number means another one in each cluster.
    Guest { name: String, node: String },
}

/// What the configured clusters offer.
#[derive(Debug, Clone, Default)]
pub(super) struct Offered(Vec<(Of, Choice)>);

impl Offered {
    /// In the order in which people look for them.
    pub(super) fn of(&self, of: Of) -> Vec<&Choice> {
        let mut choices: Vec<&Choice> = self.0.iter().filter(|(known, _)| *known == of).map(|(_, it)| it).collect();
        choices.dedup();
        choices
    }

    /// Names of the nodes.
    pub(super) fn nodes(&self) -> BTreeSet<&str> {
        self.of(Of::Nodes).into_iter().map(|choice| choice.value.as_str()).collect()
    }

    pub(super) fn add(&mut self, of: Of, value: impl Into<String>, label: Label) {
        self.0.push((of, Choice { value: value.into(), label }));
        self.0.sort_by(|(a, x), (b, y)| (a, number(&x.value), &x.value).cmp(&(b, number(&y.value), &y.value)));
    }

    fn add_named(&mut self, of: Of, name: &str) {
        self.add(of, name, Label::Fixed(name.to_owned()));
    }

    /// Without any Proxmox: the kinds of guests.
    pub(super) fn types() -> Self {
        let mut offered = Self::default();
        offered.add(Of::Types, "vm", Label::Fixed("Virtual machine".into()));
        offered.add(Of::Types, "lxc", Label::Fixed("Container".into()));
        offered
    }

    /// Adds what a cluster offers.
    pub(super) async fn read(&mut self, proxmox: &Client) -> Result<(), Failure> {
        let nodes = proxmox.nodes().await?.into_iter();
        let online: Vec<NodeName> = nodes.filter(|node| node.is_online()).map(|node| node.node).collect();
        online.iter().for_each(|node| self.add_named(Of::Nodes, node.as_str()));
        for guest in proxmox.cluster().resources(Some(ResourceType::Vm)).await? {
            let (true, Some(vmid), Some(node)) = (guest.template, guest.vmid, &guest.node) else { continue };
            let of = match guest.guest_type() {
                Some(GuestType::Qemu) => Of::VmTemplates,
                Some(GuestType::Lxc) => Of::ContainerTemplates,
                None => continue,
            };
            let name = guest.name.unwrap_or_else(|| "template".to_owned());
            self.add(of, vmid.to_string(), Label::Guest { name, node: node.to_string() });
        }
        for storage in proxmox.storage_list().await?.into_iter().filter(|storage| !storage.disable) {
            let name = storage.storage.as_str();
            if storage.allows("images") || storage.allows("rootdir") {
                self.add_named(Of::Storages, name);
            }
            if !storage.allows("vztmpl") {
                continue;
            }
            let limited = storage.nodes();
            let has = |node: &&NodeName| limited.as_ref().is_none_or(|nodes| nodes.contains(node));
            let asked = online.iter().filter(has).take(if storage.shared { 1 } else { usize::MAX });
            for node in asked {
                for volume in proxmox.node(node).storage(&storage.storage).content(Some("vztmpl"), None).await? {
                    let volume = volume.volid.to_string();
                    self.add(Of::ContainerTemplates, &volume, Label::Fixed(archive(&volume)));
                }
            }
        }
        let pools: Vec<Value> = proxmox.get("/pools", &Params::new()).await?;
        let pools = pools.iter().filter_map(|pool| pool.get("poolid")?.as_str());
        pools.for_each(|pool| self.add_named(Of::Pools, pool));
        Ok(())
    }
}

/// VMIDs in the order of numbers, all else by its text.
fn number(value: &str) -> u64 {
    value.parse().unwrap_or(0)
}

/// `local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst` → `debian-12-standard 12.7-1 (local)`
fn archive(volume: &str) -> String {
    let (storage, path) = volume.split_once(':').unwrap_or(("", volume));
    let file = file_name(path);
    let mut parts = file.split('_');
    match (parts.next(), parts.next()) {
        (Some(name), Some(version)) => format!("{name} {version} ({storage})"),
        _ => format!("{file} ({storage})"),
    }
}

/// The last part of a path.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_has_a_readable_label() {
        let volume = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst";
        assert_eq!(archive(volume), "debian-12-standard 12.7-1 (local)");
        assert_eq!(archive("nfs:vztmpl/own.tar.gz"), "own.tar.gz (nfs)");
    }

    #[test]
    fn templates_come_in_the_order_of_their_numbers() {
        let mut offered = Offered::default();
        for vmid in ["10000", "9000", "9000"] {
            offered.add(Of::VmTemplates, vmid, Label::Guest { name: "debian".into(), node: "pve1".into() });
        }
        let values: Vec<&str> = offered.of(Of::VmTemplates).iter().map(|choice| choice.value.as_str()).collect();
        assert_eq!(values, ["9000", "10000"]);
    }
}
