//! When the guest of a deleted record is destroyed, and what comes before.

use std::fmt;

use proxmox_api::StorageId;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text_or_none;

/// When the guest of a deleted record is destroyed, and what comes before: `"now"`, `"never"`, or a table such as
/// `{ after = 86400, approve = true, backup = "pbs" }`, of which each part may be left out. Disks that are removed alone wait for
/// nobody, and are not backed up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Destroy {
    /// When.
    pub when: DestroyWhen,
    /// Whether another person than the one who deleted the record has to agree.
    pub approve: bool,
    /// The storage on which the guest is backed up before: without a backup it is kept. A snapshot would go with the guest.
    pub backup: Option<StorageId>,
}

/// When the guest of a deleted record is destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DestroyWhen {
    /// At once.
    #[default]
    Now,
    /// This many seconds later; until then the guest is stopped.
    After(u64),
    /// Never: the guest is reported.
    Never,
}

impl From<DestroyWhen> for Destroy {
    fn from(when: DestroyWhen) -> Self {
        Self { when, ..Self::default() }
    }
}

/// As a word.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Now,
    Never,
}

/// As a table.
#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct Table {
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<u64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    approve: bool,
    #[serde(deserialize_with = "storage_or_none", skip_serializing_if = "Option::is_none")]
    backup: Option<StorageId>,
}

fn storage_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<StorageId>, D::Error> {
    text_or_none(deserializer)?.map(|text| text.trim().parse().map_err(D::Error::custom)).transpose()
}

impl Serialize for Destroy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { when, approve, backup } = self.clone();
        let table = |after| Table { after, approve, backup: backup.clone() };
        match when {
            DestroyWhen::Never => Word::Never.serialize(serializer),
            DestroyWhen::Now if !approve && backup.is_none() => Word::Now.serialize(serializer),
            DestroyWhen::Now => table(None).serialize(serializer),
            DestroyWhen::After(seconds) => table(Some(seconds)).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Destroy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written)
    }
}

struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = Destroy;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "\"now\", \"never\", or a table of `after` (seconds), `approve` (true or false) and `backup` (a storage)",
        )
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Destroy, E> {
        Ok(match Word::deserialize(StrDeserializer::new(word))? {
            Word::Now => DestroyWhen::Now.into(),
            Word::Never => DestroyWhen::Never.into(),
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Destroy, A::Error> {
        let Table { after, approve, backup } = Table::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Destroy { when: after.map_or(DestroyWhen::Now, DestroyWhen::After), approve, backup })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn it_is_written_as_a_word_or_a_table() {
        let full = Destroy { when: DestroyWhen::After(3600), approve: true, backup: Some("pbs".parse().unwrap()) };
        for (written, meant) in [
            (json!("now"), DestroyWhen::Now.into()),
            (json!("never"), DestroyWhen::Never.into()),
            (json!({"after": 86_400}), DestroyWhen::After(86_400).into()),
            (json!({"approve": true}), Destroy { approve: true, ..Destroy::default() }),
            (json!({"after": 3600, "approve": true, "backup": "pbs"}), full),
        ] {
            assert_eq!(serde_json::from_value::<Destroy>(written.clone()).unwrap(), meant);
            assert_eq!(serde_json::to_value(&meant).unwrap(), written);
        }
        let none: Destroy = serde_json::from_value(json!({"backup": "", "approve": false})).unwrap();
        assert_eq!(none, Destroy::default());
    }

    #[test]
    fn what_is_wrong_is_named_with_what_is_right() {
        for (wrong, said) in [
            (json!("later"), "`now` or `never`"),
            (json!(7), "`after` (seconds)"),
            (json!({"aprove": true}), "`approve`"),
            (json!({"backup": "../x"}), "../x"),
        ] {
            let error = serde_json::from_value::<Destroy>(wrong.clone()).unwrap_err().to_string();
            assert!(error.contains(said), "{wrong}: {error}");
        }
    }
}
