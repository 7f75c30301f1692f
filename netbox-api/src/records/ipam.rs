//! IP addresses, prefixes and MAC addresses.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{AssignedObject, Brief, PrimaryIp, Tag, VlanBrief};
use crate::{Choice, CustomFields, ObjectType, tolerant};

/// An IP address: `ipam/ip-addresses`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct IpAddress {
    /// Its id.
    #[serde(deserialize_with = "tolerant::integer")]
    pub id: u64,
    /// The address with its mask, for example `192.0.2.10/24`.
    #[serde(deserialize_with = "tolerant::text")]
    pub address: String,
    /// `4` or `6`.
    #[serde(default)]
    pub family: Option<Choice>,
    /// Its status.
    #[serde(default)]
    pub status: Option<Choice>,
    /// Its role.
    #[serde(default)]
    pub role: Option<Choice>,
    /// The address that it is translated to (NAT): this one is the outside, and whoever has that one does not have this.
    #[serde(default)]
    pub nat_inside: Option<PrimaryIp>,
    /// Its VRF; none is the global table.
    #[serde(default)]
    pub vrf: Option<Brief>,
    /// Kind of what it is assigned to, for example `virtualization.vminterface`.
    #[serde(default)]
    pub assigned_object_type: Option<String>,
    /// Id of what it is assigned to.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub assigned_object_id: Option<u64>,
    /// What it is assigned to.
    #[serde(default)]
    pub assigned_object: Option<AssignedObject>,
    /// Its DNS name, lower case.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub dns_name: String,
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

impl IpAddress {
    /// The address with its mask. None if it cannot be read as one.
    #[must_use]
    pub fn network(&self) -> Option<IpNet> {
        self.address.parse().ok()
    }

    /// The virtual machine to whose interface it is assigned.
    #[must_use]
    pub fn virtual_machine(&self) -> Option<&Brief> {
        on_vm_interface(self.assigned_object_type.as_deref(), self.assigned_object.as_ref())
    }
}

/// A MAC address: `dcim/mac-addresses`, since NetBox 4.2.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MacAddress {
    /// Its id.
    #[serde(deserialize_with = "tolerant::integer")]
    pub id: u64,
    /// The address, upper case with colons; not unique.
    #[serde(deserialize_with = "tolerant::text")]
    pub mac_address: String,
    /// Kind of what it is assigned to, for example `virtualization.vminterface`.
    #[serde(default)]
    pub assigned_object_type: Option<String>,
    /// Id of what it is assigned to.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub assigned_object_id: Option<u64>,
    /// What it is assigned to.
    #[serde(default)]
    pub assigned_object: Option<AssignedObject>,
    /// Whether it is its interface's primary one, since NetBox 4.7. In a `created` delivery it is false even if the same
    /// request makes it primary: the interface says the truth.
    #[serde(default, deserialize_with = "tolerant::optional_flag")]
    pub is_primary: Option<bool>,
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

impl MacAddress {
    /// The virtual machine to whose interface it is assigned.
    #[must_use]
    pub fn virtual_machine(&self) -> Option<&Brief> {
        on_vm_interface(self.assigned_object_type.as_deref(), self.assigned_object.as_ref())
    }
}

fn on_vm_interface<'a>(kind: Option<&str>, object: Option<&'a AssignedObject>) -> Option<&'a Brief> {
    if kind.is_some_and(|kind| kind != ObjectType::VM_INTERFACE) {
        return None;
    }
    object?.virtual_machine.as_ref()
}

/// A VLAN: `ipam/vlans`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Vlan {
    /// Its id, which is not its number.
    #[serde(deserialize_with = "tolerant::integer")]
    pub id: u64,
    /// Its number, 1 to 4094.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub vid: Option<u64>,
    /// Its name.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub name: String,
    /// Its group.
    #[serde(default)]
    pub group: Option<Brief>,
    /// Its site.
    #[serde(default)]
    pub site: Option<Brief>,
    /// Its status.
    #[serde(default)]
    pub status: Option<Choice>,
    /// Its tags.
    #[serde(default, deserialize_with = "tolerant::read")]
    pub tags: Vec<Tag>,
    /// Its custom fields.
    #[serde(default)]
    pub custom_fields: CustomFields,
}

/// A prefix: `ipam/prefixes`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Prefix {
    /// Its id.
    #[serde(deserialize_with = "tolerant::integer")]
    pub id: u64,
    /// The prefix, for example `192.0.2.0/24`.
    #[serde(deserialize_with = "tolerant::text")]
    pub prefix: String,
    /// `4` or `6`.
    #[serde(default)]
    pub family: Option<Choice>,
    /// Its status.
    #[serde(default)]
    pub status: Option<Choice>,
    /// Its VRF; none is the global table.
    #[serde(default)]
    pub vrf: Option<Brief>,
    /// Its VLAN.
    #[serde(default)]
    pub vlan: Option<VlanBrief>,
    /// Its role.
    #[serde(default)]
    pub role: Option<Brief>,
    /// Whether every address in it can be used, the first and the last too.
    #[serde(default, deserialize_with = "tolerant::optional_flag")]
    pub is_pool: Option<bool>,
    /// One line about it.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub description: String,
    /// Its tags.
    #[serde(default, deserialize_with = "tolerant::read")]
    pub tags: Vec<Tag>,
    /// Its custom fields.
    #[serde(default)]
    pub custom_fields: CustomFields,
    /// When it was last saved.
    #[serde(default)]
    pub last_updated: Option<String>,
}

impl Prefix {
    /// The prefix. None if it cannot be read as one.
    #[must_use]
    pub fn network(&self) -> Option<IpNet> {
        self.prefix.parse().ok()
    }
}
