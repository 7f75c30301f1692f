//! Names that become path segments.

use std::fmt;
use std::str::FromStr;

use super::{ParseError, serde_as_text};

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal, $valid:path, $rule:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(String);

        impl $type {
            /// The name, checked.
            ///
            /// # Errors
            /// Proxmox would not accept such a name.
            pub fn new(name: impl Into<String>) -> Result<Self, ParseError> {
                let name = name.into();
                if $valid(&name) { Ok(Self(name)) } else { Err(ParseError::new($what, name, $rule)) }
            }

            /// The name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = ParseError;

            fn from_str(name: &str) -> Result<Self, ParseError> {
                Self::new(name)
            }
        }

        impl TryFrom<String> for $type {
            type Error = ParseError;

            fn try_from(name: String) -> Result<Self, ParseError> {
                Self::new(name)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        serde_as_text!($type);
    };
}

name!(
    /// The short name of a node, without a domain: letters, digits and inner hyphens.
    ///
    /// A fully qualified name is refused: Proxmox VE answers it with a failed look-up (`500 hostname lookup … failed`).
    NodeName,
    "node name",
    is_node_name,
    "a node name has only letters, digits and inner hyphens"
);

name!(
    /// The name of a storage: a letter, then letters, digits, `-`, `_`, `.`, ending in a letter or digit.
    StorageId,
    "storage name",
    is_storage_id,
    "a storage name has two characters or more, begins with a letter, ends with a letter or digit and has only letters, digits, '-', '_' and '.' between"
);

fn is_node_name(name: &str) -> bool {
    name.len() <= 63
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && name.bytes().next().is_some_and(|b| b != b'-')
        && !name.ends_with('-')
}

fn is_storage_id(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.len() >= 2
        && bytes[0].is_ascii_alphabetic()
        && bytes[bytes.len() - 1].is_ascii_alphanumeric()
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_path_segments() {
        for good in ["pve", "pve-01", "0host", "A"] {
            assert_eq!(NodeName::new(good).unwrap().as_ref(), good);
        }
        for bad in ["", "-a", "a-", "a.b", "a/b", "..", "a b", "a\n", "ä", "a%2f"] {
            assert!(NodeName::new(bad).is_err(), "{bad:?}");
        }
        for good in ["local", "local-lvm", "ceph.pool_1", "a1"] {
            assert_eq!(good.parse::<StorageId>().unwrap().to_string(), good);
        }
        for bad in ["", "a", "1a", "..", "a/b", "a b", "a-", "local:x", "a\n"] {
            assert!(StorageId::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn they_are_text_on_the_wire() {
        let node: NodeName = serde_json::from_str(r#""pve01""#).unwrap();
        assert_eq!(serde_json::to_string(&node).unwrap(), r#""pve01""#);
        assert!(serde_json::from_str::<StorageId>(r#""../x""#).is_err());
    }
}
