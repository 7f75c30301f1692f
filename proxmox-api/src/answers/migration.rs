//! What stands in the way of a migration.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{List, Volume};
use crate::types::{NodeName, scalar};

/// `GET …/migrate`: what a migration has to deal with.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct MigrationCheck {
    /// Whether it runs.
    #[serde(default, deserialize_with = "scalar::flag")]
    pub running: bool,
    /// Volumes on storage that is not shared, CD-ROMs included.
    #[serde(default)]
    pub local_disks: List<Volume>,
    /// Devices of the node that bind it there (`hostpci0`, `usb0` …).
    #[serde(default)]
    pub local_resources: List<String>,
    /// Nodes it cannot go to, with the reasons as Proxmox gives them.
    #[serde(default, alias = "not-allowed-nodes", deserialize_with = "scalar::lenient")]
    not_allowed_nodes: Option<BTreeMap<String, Value>>,
}

impl MigrationCheck {
    /// Why it cannot go to a node, where Proxmox says so.
    pub fn refusal(&self, node: &NodeName) -> Option<String> {
        let why = self.not_allowed_nodes.as_ref()?.get(node.as_str())?;
        let storages: Vec<&str> =
            why["unavailable_storages"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        match storages.is_empty() {
            true => Some(why.to_string()),
            false => Some(format!("storage {} is not available on node {node}", storages.join(", "))),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_refusal_names_the_storages() {
        let check: MigrationCheck = serde_json::from_value(json!({
            "running": 1, "local_disks": [{"volid": "local-lvm:vm-101-disk-0", "size": 10_737_418_240_u64}],
            "local_resources": ["hostpci0"],
            "not_allowed_nodes": {"pve03": {"unavailable_storages": ["ceph"]}, "pve04": {"blocking-ha-resources": []}},
        }))
        .unwrap();
        assert!(check.running && check.local_disks.0.len() == 1 && check.local_resources.0 == ["hostpci0"]);
        let refusal = |node: &str| check.refusal(&node.parse().unwrap());
        assert_eq!(refusal("pve03").as_deref(), Some("storage ceph is not available on node pve03"));
        assert!(refusal("pve04").unwrap().contains("blocking-ha-resources"));
        assert_eq!(refusal("pve02"), None);
        let container: MigrationCheck =
            serde_json::from_value(json!({"running": 0, "not-allowed-nodes": {"pve02": {}}, "future": 1})).unwrap();
        assert!(container.refusal(&"pve02".parse().unwrap()).is_some());
    }
}
