//! What the configurations of virtual machines and containers share.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::scalar;
use crate::property::{Drive, VolumeId};

/// The configuration of a guest, as `GET …/config` returns it.
///
/// Everything that was received is kept; the accessors read it tolerantly: a value of an unexpected shape is as if it
/// were absent (its raw form is still there: [`get`](Self::get)).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GuestConfig {
    /// The checksum of the configuration file, to be given back with a change that must not overwrite another's.
    pub digest: Option<String>,
    raw: Map<String, Value>,
}

impl GuestConfig {
    /// A configuration from its keys and values; `digest` among them is taken out.
    pub fn from_map(mut raw: Map<String, Value>) -> Self {
        let digest = raw.remove("digest").as_ref().and_then(scalar::text);
        Self { digest, raw }
    }

    /// A value as it was received.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.raw.get(key)
    }

    /// A value as text, also where it was a number.
    pub fn text(&self, key: &str) -> Option<String> {
        self.get(key).and_then(scalar::text)
    }

    /// A value as a whole number, also where it was text.
    pub fn integer(&self, key: &str) -> Option<u64> {
        self.get(key).and_then(scalar::integer)
    }

    /// A boolean; absent means no.
    pub fn flag(&self, key: &str) -> bool {
        self.get(key).and_then(scalar::boolean).unwrap_or(false)
    }

    /// Every key and value, without the digest.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.raw.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The description (the notes), as stored.
    pub fn description(&self) -> Option<&str> {
        self.str("description")
    }

    /// The tags. Separators may be `;`, `,` or space; no tags can also be a single space (Proxmox VE 9.1).
    pub fn tags(&self) -> Vec<String> {
        let tags = self.str("tags").unwrap_or_default();
        tags.split([';', ',', ' ']).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
    }

    /// Whether removing it or its disks is forbidden.
    pub fn protection(&self) -> bool {
        self.flag("protection")
    }

    /// Whether it is a template.
    pub fn template(&self) -> bool {
        self.flag("template")
    }

    /// Whether it starts with its node.
    pub fn onboot(&self) -> bool {
        self.flag("onboot")
    }

    /// What holds it: `clone`, `backup`, `migrate`, `create` …
    pub fn lock(&self) -> Option<&str> {
        self.str("lock")
    }

    /// Volumes that belong to the guest and are attached nowhere, by their number: `unusedN`.
    pub fn unused(&self) -> Vec<(u8, VolumeId)> {
        let volumes = self.indexed("unused").filter_map(|(index, value)| {
            let drive: Drive = value.parse().ok()?;
            Some((index, drive.volume_id()?))
        });
        let mut volumes: Vec<_> = volumes.collect();
        volumes.sort();
        volumes
    }

    pub(crate) fn str(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_str)
    }

    pub(crate) fn indexed<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (u8, &'a str)> {
        self.raw.iter().filter_map(move |(key, value)| {
            let index = key.strip_prefix(prefix)?;
            let plain = index.bytes().all(|b| b.is_ascii_digit());
            Some((plain.then(|| index.parse().ok())??, value.as_str()?))
        })
    }
}

impl FromIterator<(String, Value)> for GuestConfig {
    fn from_iter<T: IntoIterator<Item = (String, Value)>>(values: T) -> Self {
        Self::from_map(values.into_iter().collect())
    }
}

impl<'de> Deserialize<'de> for GuestConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(Self::from_map)
    }
}

impl Serialize for GuestConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digest = self.digest.iter().map(|digest| ("digest", Value::from(digest.as_str())));
        serializer.collect_map(digest.chain(self.iter().map(|(key, value)| (key, value.clone()))))
    }
}
