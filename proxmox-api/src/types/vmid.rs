//! The number of a guest.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The number of a guest, unique in its cluster: 100 to 999 999 999.
///
/// Serialised as a number; read from a number or a numeric string (`/cluster/nextid` answers `"100"`, Proxmox VE 9.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vmid(u32);

/// A number or text that cannot be a VMID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid VMID: {0:?} (a VMID is a number from 100 to 999999999)")]
pub struct InvalidVmid(pub String);

impl Vmid {
    /// The smallest VMID Proxmox accepts.
    pub const MIN: Vmid = Vmid(100);
    /// The largest VMID Proxmox accepts.
    pub const MAX: Vmid = Vmid(999_999_999);

    /// A VMID from its number.
    ///
    /// # Errors
    /// The number is below 100 or above 999 999 999.
    pub fn new(number: u32) -> Result<Self, InvalidVmid> {
        let vmid = Vmid(number);
        if (Self::MIN..=Self::MAX).contains(&vmid) { Ok(vmid) } else { Err(InvalidVmid(number.to_string())) }
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Vmid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Vmid {
    type Err = InvalidVmid;

    /// Surrounding whitespace is allowed, signs and leading zeros are not.
    fn from_str(text: &str) -> Result<Self, InvalidVmid> {
        let digits = text.trim();
        let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        match digits.parse() {
            Ok(number) if plain => Vmid::new(number),
            _ => Err(InvalidVmid(text.to_owned())),
        }
    }
}

impl TryFrom<u32> for Vmid {
    type Error = InvalidVmid;

    fn try_from(number: u32) -> Result<Self, InvalidVmid> {
        Vmid::new(number)
    }
}

impl From<Vmid> for u32 {
    fn from(vmid: Vmid) -> u32 {
        vmid.0
    }
}

impl Serialize for Vmid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0)
    }
}

impl<'de> Deserialize<'de> for Vmid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Vmid;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a VMID: a number from 100 to 999999999, or that as text")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Vmid, E> {
                let invalid = || E::custom(InvalidVmid(number.to_string()));
                Vmid::new(u32::try_from(number).map_err(|_| invalid())?).map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Vmid, E> {
                let invalid = || E::custom(InvalidVmid(number.to_string()));
                self.visit_u64(u64::try_from(number).map_err(|_| invalid())?)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Vmid, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_range_is_proxmoxs() {
        assert!(Vmid::new(99).is_err());
        assert_eq!(Vmid::new(100).unwrap(), Vmid::MIN);
        assert_eq!(Vmid::new(999_999_999).unwrap(), Vmid::MAX);
        assert!(Vmid::new(1_000_000_000).is_err());
    }

    #[test]
    fn reads_numbers_and_numeric_text() {
        for json in ["101", "\"101\"", "\" 101 \""] {
            assert_eq!(serde_json::from_str::<Vmid>(json).unwrap().get(), 101, "{json}");
        }
        for json in ["99", "-5", "\"1e3\"", "\"+101\"", "\"0101\"", "\"\"", "null", "4294967396"] {
            assert!(serde_json::from_str::<Vmid>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn writes_a_number_also_as_a_map_key() {
        assert_eq!(serde_json::to_string(&Vmid::MIN).unwrap(), "100");
        let map = std::collections::BTreeMap::from([(Vmid::MIN, 1)]);
        let json = serde_json::to_string(&map).unwrap();
        assert_eq!(json, r#"{"100":1}"#);
        assert_eq!(serde_json::from_str::<std::collections::BTreeMap<Vmid, i32>>(&json).unwrap(), map);
    }
}
