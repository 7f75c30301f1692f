//! The short forms in which a record mentions another.

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::tolerant;

/// Another object, mentioned: its id and its name. Read from a brief object, or from a bare id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Brief {
    /// Its id.
    pub id: u64,
    /// Its name; `display` where the object has no name. Empty if neither was sent.
    pub name: String,
    /// Its slug, for kinds that have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
}

impl Brief {
    /// An object with this id and name.
    pub fn new(id: u64, name: impl Into<String>) -> Self {
        Self { id, name: name.into(), slug: None }
    }
}

impl<'de> Deserialize<'de> for Brief {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let id = tolerant::unsigned(value.get("id").unwrap_or(&value))
            .ok_or_else(|| serde::de::Error::custom("a related object is expected: an object with `id`, or an id"))?;
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let name = text("name").or_else(|| text("display")).unwrap_or_default();
        Ok(Self { id, name, slug: text("slug") })
    }
}

/// A tag, in full or as a record mentions it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tag {
    /// Its id.
    #[serde(deserialize_with = "tolerant::integer")]
    pub id: u64,
    /// Its name.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub name: String,
    /// Its slug, which is what filters take.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub slug: String,
    /// Its colour, six hexadecimal digits.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub color: String,
    /// Its description, only in full.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub description: String,
}

/// The primary address of a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PrimaryIp {
    /// Id of the IP address.
    #[serde(deserialize_with = "tolerant::integer")]
    pub id: u64,
    /// The address with its mask, for example `192.0.2.10/24`.
    #[serde(deserialize_with = "tolerant::text")]
    pub address: String,
    /// Its DNS name.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub dns_name: String,
}

impl PrimaryIp {
    /// The address with its mask. None if it cannot be read as one.
    #[must_use]
    pub fn network(&self) -> Option<IpNet> {
        self.address.parse().ok()
    }
}

/// A MAC address, mentioned by an interface.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MacBrief {
    /// Id of the MAC address.
    #[serde(deserialize_with = "tolerant::integer")]
    pub id: u64,
    /// The address, upper case with colons.
    #[serde(deserialize_with = "tolerant::text")]
    pub mac_address: String,
}

/// A VLAN, mentioned by an interface.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VlanBrief {
    /// Id of the VLAN in NetBox, which is not its number.
    #[serde(deserialize_with = "tolerant::integer")]
    pub id: u64,
    /// Its number, 1 to 4094.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub vid: Option<u64>,
    /// Its name.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub name: String,
}

/// What an address is assigned to: an interface of a virtual machine, or of a device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AssignedObject {
    /// Id of the interface.
    #[serde(deserialize_with = "tolerant::integer")]
    pub id: u64,
    /// Its name.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub name: String,
    /// The virtual machine whose interface it is.
    #[serde(default)]
    pub virtual_machine: Option<Brief>,
    /// The device whose interface it is.
    #[serde(default)]
    pub device: Option<Brief>,
}
