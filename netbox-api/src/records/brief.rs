//! The short forms in which a record mentions another.

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize};

use crate::mention::{self, Mention};
use crate::tolerant::{self, Scalar, Tolerant};

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

impl Mention<4> for Brief {
    const KEYS: [&'static str; 4] = ["id", "name", "display", "slug"];
    const EXPECTED: &'static str = "a related object: an object with `id`, or an id,";

    fn of(whole: &Scalar<'_>, [id, name, display, slug]: [Scalar<'_>; 4]) -> Option<Self> {
        let id = if *whole == Scalar::Object { id.unsigned() } else { whole.unsigned() }?;
        let text = |part| if let Scalar::Text(text) = part { Some(text.into_owned()) } else { None };
        Some(Self { id, name: text(name).or_else(|| text(display)).unwrap_or_default(), slug: text(slug) })
    }
}

/// A tag, in full or as a record mentions it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Tag {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its slug, which is what filters take.
    pub slug: String,
    /// Its colour, six hexadecimal digits.
    pub color: String,
    /// Its description, only in full.
    pub description: String,
}

impl Mention<5> for Tag {
    const KEYS: [&'static str; 5] = ["id", "name", "slug", "color", "description"];
    const EXPECTED: &'static str = "a tag: an object with `id`";

    fn of(_: &Scalar<'_>, [id, name, slug, color, description]: [Scalar<'_>; 5]) -> Option<Self> {
        Some(Self {
            id: id.unsigned()?,
            name: name.text_or_empty()?,
            slug: slug.text_or_empty()?,
            color: color.text_or_empty()?,
            description: description.text_or_empty()?,
        })
    }
}

/// The primary address of a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct PrimaryIp {
    /// Id of the IP address.
    pub id: u64,
    /// The address with its mask, for example `192.0.2.10/24`.
    pub address: String,
    /// Its DNS name.
    pub dns_name: String,
}

impl Mention<3> for PrimaryIp {
    const KEYS: [&'static str; 3] = ["id", "address", "dns_name"];
    const EXPECTED: &'static str = "an IP address: an object with `id` and `address`";

    fn of(_: &Scalar<'_>, [id, address, dns_name]: [Scalar<'_>; 3]) -> Option<Self> {
        Some(Self { id: id.unsigned()?, address: address.text()?, dns_name: dns_name.text_or_empty()? })
    }
}

impl PrimaryIp {
    /// The address with its mask. None if it cannot be read as one.
    #[must_use]
    pub fn network(&self) -> Option<IpNet> {
        self.address.parse().ok()
    }
}

/// A MAC address, mentioned by an interface.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct MacBrief {
    /// Id of the MAC address.
    pub id: u64,
    /// The address, upper case with colons.
    pub mac_address: String,
}

impl Mention<2> for MacBrief {
    const KEYS: [&'static str; 2] = ["id", "mac_address"];
    const EXPECTED: &'static str = "a MAC address: an object with `id` and `mac_address`";

    fn of(_: &Scalar<'_>, [id, mac_address]: [Scalar<'_>; 2]) -> Option<Self> {
        Some(Self { id: id.unsigned()?, mac_address: mac_address.text()? })
    }
}

/// A VLAN, mentioned by an interface.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct VlanBrief {
    /// Id of the VLAN in NetBox, which is not its number.
    pub id: u64,
    /// Its number, 1 to 4094.
    pub vid: Option<u64>,
    /// Its name.
    pub name: String,
}

impl Mention<3> for VlanBrief {
    const KEYS: [&'static str; 3] = ["id", "vid", "name"];
    const EXPECTED: &'static str = "a VLAN: an object with `id`";

    fn of(_: &Scalar<'_>, [id, vid, name]: [Scalar<'_>; 3]) -> Option<Self> {
        let vid = if vid == Scalar::Null { None } else { Some(vid.unsigned()?) };
        Some(Self { id: id.unsigned()?, vid, name: name.text_or_empty()? })
    }
}

macro_rules! mentioned {
    ($($kind:ty),*) => {$(
        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                mention::mention(deserializer)
            }
        }

        impl Tolerant for Option<$kind> {
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize(deserializer)
            }
        }

        impl Tolerant for Vec<$kind> {
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                mention::mentions(deserializer)
            }
        }
    )*};
}
mentioned!(Brief, Tag, PrimaryIp, MacBrief, VlanBrief);

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
