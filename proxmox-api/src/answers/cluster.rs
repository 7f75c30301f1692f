//! What the cluster as a whole answers.

use serde::Deserialize;

use crate::params::ParamValue;
use crate::types::{GuestType, NodeName, PowerState, StorageId, Vmid, scalar};

/// Which resources to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceType {
    /// Guests, virtual machines and containers.
    Vm,
    /// Storages, once for each node.
    Storage,
    /// Nodes.
    Node,
    /// Zones of the software-defined network.
    Sdn,
}

impl ParamValue for ResourceType {
    fn to_param_value(&self) -> String {
        match self {
            ResourceType::Vm => "vm",
            ResourceType::Storage => "storage",
            ResourceType::Node => "node",
            ResourceType::Sdn => "sdn",
        }
        .to_owned()
    }
}

/// An item of `GET /cluster/resources`.
///
/// The list is up to some ten seconds old: a new guest shows the state `unknown` and no name at first, a started one
/// still `stopped`; a destroyed one is gone at once (Proxmox VE 9.1). What a guest is *now*, its own status says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Resource {
    /// `qemu`, `lxc`, `storage`, `node`, `pool`, `sdn`, `network` …
    #[serde(rename = "type", default)]
    pub kind: String,
    /// `qemu/100`, `storage/pve01/local`, `node/pve01` …
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub id: Option<String>,
    /// The node it is on.
    #[serde(default, deserialize_with = "scalar::lenient")]
    pub node: Option<NodeName>,
    /// Guests: the VMID.
    #[serde(default, deserialize_with = "scalar::lenient")]
    pub vmid: Option<Vmid>,
    /// Guests: the name.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub name: Option<String>,
    /// Guests: the power state. Nodes: `online`. Storages: `available`.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub status: Option<String>,
    /// Guests: whether it is a template.
    #[serde(default, deserialize_with = "scalar::flag")]
    pub template: bool,
    /// Guests: what holds it.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub lock: Option<String>,
    /// Guests: the tags as stored.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub tags: Option<String>,
    /// Guests: the pool.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub pool: Option<String>,
    /// Guests: the state HA wants or has.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub hastate: Option<String>,
    /// Storages: the name.
    #[serde(default, deserialize_with = "scalar::lenient")]
    pub storage: Option<StorageId>,
    /// Storages: what may be on it, comma-separated.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub content: Option<String>,
    /// Storages: how it is made, such as `lvmthin`.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub plugintype: Option<String>,
    /// Storages: whether all nodes see the same.
    #[serde(default, deserialize_with = "scalar::flag")]
    pub shared: bool,
    /// Memory in bytes, as configured (guests) or built in (nodes).
    #[serde(default, deserialize_with = "scalar::opt_integer")]
    pub maxmem: Option<u64>,
    /// Size in bytes.
    #[serde(default, deserialize_with = "scalar::opt_integer")]
    pub maxdisk: Option<u64>,
    /// Bytes used.
    #[serde(default, deserialize_with = "scalar::opt_integer")]
    pub disk: Option<u64>,
    /// Processors.
    #[serde(default, deserialize_with = "scalar::opt_integer")]
    pub maxcpu: Option<u64>,
}

impl Resource {
    /// The kind of guest, if it is one.
    pub fn guest_type(&self) -> Option<GuestType> {
        match self.kind.as_str() {
            "qemu" => Some(GuestType::Qemu),
            "lxc" => Some(GuestType::Lxc),
            _ => None,
        }
    }

    /// The power state, if it is a guest.
    pub fn power_state(&self) -> Option<PowerState> {
        self.guest_type()?;
        self.status.as_deref().map(PowerState::from)
    }
}

/// An item of `GET /cluster/status`: the cluster itself, or one of its nodes.
///
/// A single node that is in no cluster has no item of the kind `cluster` (Proxmox VE 9.1).
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ClusterMember {
    /// `cluster` or `node`.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// The name of the cluster, or of the node.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub name: Option<String>,
    /// Nodes: the address.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub ip: Option<String>,
    /// Nodes: whether it is reachable.
    #[serde(default, deserialize_with = "scalar::flag")]
    pub online: bool,
    /// Nodes: whether it is the one that answered.
    #[serde(default, deserialize_with = "scalar::flag")]
    pub local: bool,
    /// The cluster: whether it has quorum. Without it, nothing can be changed.
    #[serde(default, deserialize_with = "scalar::flag")]
    pub quorate: bool,
    /// The cluster: how many nodes it has.
    #[serde(default, deserialize_with = "scalar::opt_integer")]
    pub nodes: Option<u64>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::answers::List;
    use serde_json::json;

    #[test]
    fn resources_of_every_kind_as_proxmox_9_1_sends_them() {
        let list: List<Resource> = serde_json::from_value(json!([
            {"type": "qemu", "id": "qemu/110", "tags": "tmpl;Alpha beta", "node": "pve", "lock": "clone", "vmid": 110, "status": "unknown"},
            {"type": "qemu", "id": "qemu/9000", "vmid": 9000, "template": 1, "name": "tmpl", "node": "pve", "status": "stopped",
             "maxmem": 536870912, "maxdisk": 1073741824, "cpu": 0.1, "maxcpu": 1},
            {"type": "storage", "id": "storage/pve/local", "storage": "local", "node": "pve", "shared": 0, "content": "images,iso",
             "plugintype": "dir", "status": "available", "disk": 24201756672_u64},
            {"type": "network", "id": "network/pve/zone/localnetwork", "network": "localnetwork", "node": "pve", "status": "ok"},
            {"type": "lxc", "vmid": "nonsense", "node": ["?"], "name": 7},
            "not an object"
        ]))
        .unwrap();
        let list = list.0;
        assert_eq!(list.len(), 5);
        assert_eq!((list[0].lock.as_deref(), list[0].name.as_deref()), (Some("clone"), None));
        assert_eq!(list[0].power_state(), Some(PowerState::Other("unknown".into())));
        assert!(list[1].template && list[1].guest_type() == Some(GuestType::Qemu));
        assert_eq!((list[2].storage.as_ref().unwrap().as_str(), list[2].power_state()), ("local", None));
        assert_eq!((list[4].vmid, &list[4].node, list[4].name.as_deref()), (None, &None, Some("7")));
    }
}
