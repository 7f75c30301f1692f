//! Who we are talking to, and what we may do there.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::types::scalar;

/// `GET /version`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Version {
    /// Such as `9.1.7`.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub version: Option<String>,
    /// Such as `9.1`.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub release: Option<String>,
    /// The commit it was built from.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub repoid: Option<String>,
}

impl Version {
    /// The first number: 8 or 9.
    pub fn major(&self) -> Option<u32> {
        let version = self.version.as_deref().or(self.release.as_deref())?;
        version.split(['.', '-']).next()?.parse().ok()
    }
}

/// `GET /access/permissions`: the privileges of whoever asks, by path.
///
/// Paths without an entry of their own inherit from the nearest one above them, if it propagates.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Permissions(BTreeMap<String, BTreeMap<String, Value>>);

impl Permissions {
    /// Whether this privilege (`VM.Clone`) is held on this path (`/vms/100`).
    pub fn has(&self, path: &str, privilege: &str) -> bool {
        let mut ancestor = path.trim_end_matches('/');
        if let Some(privileges) = self.0.get(if ancestor.is_empty() { "/" } else { ancestor }) {
            return privileges.contains_key(privilege);
        }
        while let Some((parent, _)) = ancestor.rsplit_once('/') {
            if let Some(privileges) = self.0.get(if parent.is_empty() { "/" } else { parent }) {
                // The value says whether it propagates to what is below.
                return privileges.get(privilege).and_then(scalar::boolean).unwrap_or(false);
            }
            ancestor = parent;
        }
        false
    }

    /// Whether there is none at all: a token whose privileges are separated and that was given none.
    pub fn is_empty(&self) -> bool {
        self.0.values().all(BTreeMap::is_empty)
    }

    /// Each path with its privileges.
    pub fn iter(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = &str>)> {
        self.0.iter().map(|(path, privileges)| (path.as_str(), privileges.keys().map(String::as_str)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_major_version() {
        let version = |text: &str| serde_json::from_value::<Version>(json!({ "version": text })).unwrap().major();
        assert_eq!((version("9.1.7"), version("8.4-1"), version("x")), (Some(9), Some(8), None));
    }

    #[test]
    fn privileges_are_inherited_where_they_propagate() {
        let permissions: Permissions = serde_json::from_value(json!({
            "/": {"Sys.Audit": 1}, "/vms": {"VM.Audit": 1, "VM.Clone": 0}, "/vms/100": {"VM.PowerMgmt": 1}
        }))
        .unwrap();
        assert!(permissions.has("/vms", "VM.Clone"));
        assert!(!permissions.has("/vms/101", "VM.Clone"));
        assert!(permissions.has("/vms/101", "VM.Audit"));
        assert!(permissions.has("/vms/100", "VM.PowerMgmt"));
        assert!(!permissions.has("/vms/100", "VM.Audit"));
        assert!(permissions.has("/storage/local", "Sys.Audit"));
        assert!(!permissions.has("/", "VM.Audit") && !permissions.is_empty());
        assert!(!Permissions::default().has("/", "Sys.Audit") && Permissions::default().is_empty());
    }
}
