//! What a NetBox says about itself.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::tolerant;

/// The answer of `/api/status/`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Status {
    /// Its version, for example `4.7.3`.
    #[serde(deserialize_with = "tolerant::text")]
    pub netbox_version: String,
    /// The version of Python it runs on.
    #[serde(deserialize_with = "tolerant::text")]
    pub python_version: String,
    /// The version of Django it runs on.
    #[serde(deserialize_with = "tolerant::text")]
    pub django_version: String,
    /// Number of workers: without any, no delivery is sent.
    #[serde(deserialize_with = "tolerant::optional_integer")]
    pub rq_workers_running: Option<u64>,
    /// Plugins with their versions.
    #[serde(deserialize_with = "plugins")]
    pub plugins: BTreeMap<String, Value>,
}

fn plugins<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Value>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Status {
    /// The version's first two numbers. None if they cannot be read.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.netbox_version.parse().ok()
    }
}

/// A version of NetBox, as far as what it can do depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version {
    /// First number.
    pub major: u32,
    /// Second number.
    pub minor: u32,
}

impl Version {
    /// A version.
    #[must_use]
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }

    /// Lists can be read by cursor (`start=`), since 4.6: rows added or removed meanwhile do not shift it.
    #[must_use]
    pub fn has_cursor(self) -> bool {
        self >= Self::new(4, 6)
    }

    /// Fields can be left out of an answer (`omit=`), since 4.5.2: 4.5 is taken not to.
    #[must_use]
    pub fn has_omit(self) -> bool {
        self >= Self::new(4, 6)
    }

    /// The change log can be filtered by several kinds of objects at once: NetBox 4.7.3 does, 4.5.1 takes the last one alone;
    /// what lies between is taken not to.
    #[must_use]
    pub fn filters_several_types(self) -> bool {
        self >= Self::new(4, 7)
    }

    /// Objects carry an `ETag`, and `If-Match` is honoured, since 4.6.
    #[must_use]
    pub fn has_etag(self) -> bool {
        self >= Self::new(4, 6)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Version {
    type Err = ParseVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.trim().split('.').map(|part| {
            let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            part[..digits].parse::<u32>().map_err(|_| ParseVersionError)
        });
        let major = parts.next().ok_or(ParseVersionError)??;
        let minor = parts.next().ok_or(ParseVersionError)??;
        Ok(Self { major, minor })
    }
}

/// The text does not begin with two numbers and a point between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a version of NetBox")]
pub struct ParseVersionError;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_ordered() {
        let version = |text: &str| text.parse::<Version>().unwrap();
        assert_eq!(version("4.7.3"), Version::new(4, 7));
        assert_eq!(version("4.6-beta1"), Version::new(4, 6));
        assert_eq!(version("4.10"), Version::new(4, 10));
        assert!(version("4.10").has_cursor() && !version("4.5.9").has_cursor());
        assert!("4".parse::<Version>().is_err() && "four.two".parse::<Version>().is_err());
    }
}
