//! Virtual machines, their disks and interfaces, and clusters.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Brief, MacBrief, PrimaryIp, Tag, VlanBrief};
use crate::{Choice, CustomFields, Decimal, tolerant};

/// A virtual machine: `virtualization/virtual-machines`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct VirtualMachine {
    /// Its id.
    #[serde(deserialize_with = "tolerant::integer")]
    pub id: u64,
    /// Its name, unique per cluster and tenant whatever its case, at most 64 characters.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub name: String,
    /// Its status: `offline`, `active`, `planned`, `staged`, `failed`, `decommissioning`, `paused`, or one that an
    /// administrator added.
    #[serde(default)]
    pub status: Choice,
    /// Whether it starts with its host: `on`, `off` or `laststate`; since NetBox 4.5.
    #[serde(default)]
    pub start_on_boot: Option<Choice>,
    /// Its cluster, which may be absent since NetBox 4.6.
    #[serde(default)]
    pub cluster: Option<Brief>,
    /// Its site.
    #[serde(default)]
    pub site: Option<Brief>,
    /// The host it is pinned to.
    #[serde(default)]
    pub device: Option<Brief>,
    /// Its role.
    #[serde(default)]
    pub role: Option<Brief>,
    /// Its platform.
    #[serde(default)]
    pub platform: Option<Brief>,
    /// Its tenant.
    #[serde(default)]
    pub tenant: Option<Brief>,
    /// Its type, since NetBox 4.6.
    #[serde(default)]
    pub virtual_machine_type: Option<Brief>,
    /// Number of virtual CPUs, two decimals.
    #[serde(default)]
    pub vcpus: Option<Decimal>,
    /// Memory in MB.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub memory: Option<u64>,
    /// Size of all its disks in MB: their sum where it has any.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub disk: Option<u64>,
    /// Its primary IPv4 address.
    #[serde(default)]
    pub primary_ip4: Option<PrimaryIp>,
    /// Its primary IPv6 address.
    #[serde(default)]
    pub primary_ip6: Option<PrimaryIp>,
    /// One line about it.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub description: String,
    /// Markdown about it.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub comments: String,
    /// Its serial number.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub serial: String,
    /// Its tags.
    #[serde(default, deserialize_with = "tolerant::read")]
    pub tags: Vec<Tag>,
    /// Its custom fields.
    #[serde(default)]
    pub custom_fields: CustomFields,
    /// Context data of its own, any JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_context_data: Option<Value>,
    /// Context data merged from everywhere, any JSON. Lists leave it out unless asked: it is slow to make.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_context: Option<Value>,
    /// Number of its interfaces. Not in the answer of every version.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub interface_count: Option<u64>,
    /// Number of its disks. Not in the answer of every version.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub virtual_disk_count: Option<u64>,
    /// When it was created.
    #[serde(default)]
    pub created: Option<String>,
    /// When it was last saved. Changes to its disks, counters or addresses do not touch it.
    #[serde(default)]
    pub last_updated: Option<String>,
}

/// A disk of a virtual machine: `virtualization/virtual-disks`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct VirtualDisk {
    /// Its id.
    #[serde(deserialize_with = "tolerant::integer")]
    pub id: u64,
    /// Its name, unique within the machine.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub name: String,
    /// Its size in MB.
    #[serde(deserialize_with = "tolerant::integer")]
    pub size: u64,
    /// The machine it belongs to.
    pub virtual_machine: Brief,
    /// One line about it.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub description: String,
    /// Its tags.
    #[serde(default, deserialize_with = "tolerant::read")]
    pub tags: Vec<Tag>,
    /// Its custom fields.
    #[serde(default)]
    pub custom_fields: CustomFields,
    /// When it was created.
    #[serde(default)]
    pub created: Option<String>,
    /// When it was last saved.
    #[serde(default)]
    pub last_updated: Option<String>,
}

/// A network interface of a virtual machine: `virtualization/interfaces`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct VmInterface {
    /// Its id.
    #[serde(deserialize_with = "tolerant::integer")]
    pub id: u64,
    /// Its name, unique within the machine.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub name: String,
    /// The machine it belongs to.
    pub virtual_machine: Brief,
    /// Whether it is enabled; none if not said.
    #[serde(default, deserialize_with = "tolerant::optional_flag")]
    pub enabled: Option<bool>,
    /// The interface it is a child of.
    #[serde(default)]
    pub parent: Option<Brief>,
    /// The interface it is bridged to: another interface of the same machine.
    #[serde(default)]
    pub bridge: Option<Brief>,
    /// Its MTU.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub mtu: Option<u64>,
    /// Its primary MAC address, upper case with colons.
    #[serde(default)]
    pub mac_address: Option<String>,
    /// The same as an object.
    #[serde(default)]
    pub primary_mac_address: Option<MacBrief>,
    /// All its MAC addresses.
    #[serde(default, deserialize_with = "tolerant::read")]
    pub mac_addresses: Vec<MacBrief>,
    /// Mode of its VLANs: `access`, `tagged`, `tagged-all`, `q-in-q`.
    #[serde(default)]
    pub mode: Option<Choice>,
    /// Its untagged VLAN.
    #[serde(default)]
    pub untagged_vlan: Option<VlanBrief>,
    /// Its tagged VLANs.
    #[serde(default, deserialize_with = "tolerant::read")]
    pub tagged_vlans: Vec<VlanBrief>,
    /// Its VRF.
    #[serde(default)]
    pub vrf: Option<Brief>,
    /// One line about it.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub description: String,
    /// Its tags.
    #[serde(default, deserialize_with = "tolerant::read")]
    pub tags: Vec<Tag>,
    /// Its custom fields.
    #[serde(default)]
    pub custom_fields: CustomFields,
    /// Number of addresses assigned to it.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub count_ipaddresses: Option<u64>,
    /// When it was created.
    #[serde(default)]
    pub created: Option<String>,
    /// When it was last saved.
    #[serde(default)]
    pub last_updated: Option<String>,
}

/// A cluster: `virtualization/clusters`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// Its id.
    #[serde(deserialize_with = "tolerant::integer")]
    pub id: u64,
    /// Its name.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub name: String,
    /// Its type.
    #[serde(default, rename = "type")]
    pub cluster_type: Option<Brief>,
    /// Its group.
    #[serde(default)]
    pub group: Option<Brief>,
    /// Its status.
    #[serde(default)]
    pub status: Option<Choice>,
    /// Its tenant.
    #[serde(default)]
    pub tenant: Option<Brief>,
    /// Kind of what it is placed in, for example `dcim.site`.
    #[serde(default)]
    pub scope_type: Option<String>,
    /// Id of what it is placed in.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub scope_id: Option<u64>,
    /// One line about it.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub description: String,
    /// Markdown about it.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub comments: String,
    /// Its tags.
    #[serde(default, deserialize_with = "tolerant::read")]
    pub tags: Vec<Tag>,
    /// Its custom fields.
    #[serde(default)]
    pub custom_fields: CustomFields,
    /// Number of its virtual machines.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub virtualmachine_count: Option<u64>,
    /// Number of its devices.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub device_count: Option<u64>,
    /// When it was created.
    #[serde(default)]
    pub created: Option<String>,
    /// When it was last saved.
    #[serde(default)]
    pub last_updated: Option<String>,
}
