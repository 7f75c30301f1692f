//! Storages and what is on them.

use serde::Deserialize;

use crate::property::VolumeId;
use crate::types::{NodeName, StorageId, Vmid, scalar};

/// An item of `GET /nodes/{node}/storage`: a storage as one node sees it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct NodeStorage {
    /// The name.
    pub storage: StorageId,
    /// How it is made, such as `lvmthin`.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// What may be on it, comma-separated.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub content: Option<String>,
    /// Whether all nodes see the same.
    #[serde(default, deserialize_with = "scalar::flag")]
    pub shared: bool,
    /// Whether it is not disabled.
    #[serde(default, deserialize_with = "scalar::flag")]
    pub enabled: bool,
    /// Whether it can be used now.
    #[serde(default, deserialize_with = "scalar::flag")]
    pub active: bool,
    /// Size in bytes.
    #[serde(default, deserialize_with = "scalar::opt_integer")]
    pub total: Option<u64>,
    /// Bytes used.
    #[serde(default, deserialize_with = "scalar::opt_integer")]
    pub used: Option<u64>,
    /// Bytes free.
    #[serde(default, deserialize_with = "scalar::opt_integer")]
    pub avail: Option<u64>,
}

impl NodeStorage {
    /// Whether it may hold this, such as `images` (disks of virtual machines), `rootdir` (of containers), `vztmpl`.
    pub fn allows(&self, content: &str) -> bool {
        lists(self.content.as_deref(), content)
    }
}

/// An item of `GET /storage`: a storage as the cluster configures it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct StorageConfig {
    /// The name.
    pub storage: StorageId,
    /// How it is made, such as `lvmthin`.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// What may be on it, comma-separated.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub content: Option<String>,
    /// Whether all nodes see the same.
    #[serde(default, deserialize_with = "scalar::flag")]
    pub shared: bool,
    /// Whether it is disabled.
    #[serde(default, deserialize_with = "scalar::flag")]
    pub disable: bool,
    #[serde(default, deserialize_with = "scalar::opt_text")]
    nodes: Option<String>,
}

impl StorageConfig {
    /// The nodes it is limited to; `None` means all.
    pub fn nodes(&self) -> Option<Vec<NodeName>> {
        let nodes = self.nodes.as_deref()?;
        Some(nodes.split([',', ';', ' ']).filter_map(|node| node.parse().ok()).collect())
    }

    /// Whether it may hold this, such as `images`.
    pub fn allows(&self, content: &str) -> bool {
        lists(self.content.as_deref(), content)
    }
}

fn lists(contents: Option<&str>, content: &str) -> bool {
    contents.is_some_and(|contents| contents.split(',').any(|one| one.trim() == content))
}

/// An item of `GET /nodes/{node}/storage/{storage}/content`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Volume {
    /// The volume.
    pub volid: VolumeId,
    /// What it is: `images`, `rootdir`, `iso`, `vztmpl`, `backup` …
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub content: Option<String>,
    /// Such as `qcow2` or `raw`.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub format: Option<String>,
    /// Size in bytes.
    #[serde(default, deserialize_with = "scalar::opt_integer")]
    pub size: Option<u64>,
    /// The guest it belongs to.
    #[serde(default, deserialize_with = "scalar::lenient")]
    pub vmid: Option<Vmid>,
    /// The volume it is a linked clone of.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub parent: Option<String>,
    /// The notes of a backup; of several lines the first.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub notes: Option<String>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn storages_and_volumes_as_proxmox_9_1_sends_them() {
        let storage: NodeStorage = serde_json::from_value(json!({
            "content": "rootdir,images", "total": 270553174016_u64, "type": "dir", "shared": 0, "active": 1, "storage": "second",
            "used_fraction": 0.0894511547019174, "avail": 73371455488_u64, "enabled": 1, "used": 24201293824_u64
        }))
        .unwrap();
        assert!(storage.allows("images") && !storage.allows("iso") && !storage.shared && storage.active);
        let volume: Volume = serde_json::from_value(json!({
            "size": 4194304, "parent": null, "vmid": 101, "volid": "local:101/vm-101-cloudinit.qcow2", "content": "images"
        }))
        .unwrap();
        assert_eq!((volume.volid.storage.as_str(), volume.parent), ("local", None));
        let config: StorageConfig = serde_json::from_value(
            json!({"storage": "ceph", "type": "rbd", "nodes": "pve01,pve02", "content": "images"}),
        )
        .unwrap();
        assert_eq!(config.nodes().unwrap().len(), 2);
        assert!(config.allows("images") && !config.disable);
    }
}
