//! The raw values of an object before or after a change.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::tolerant;
use crate::{CustomValue, Decimal};

/// An object's raw model values: ids where REST has objects, bare values where REST has choices, `vcpus` as text. A
/// delivery has one from before and one from after the change, and so has an entry of the change log.
///
/// The whole map is kept, so two snapshots can be compared: do not compare one with an object's REST form, in which
/// the same value looks different.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Snapshot(pub Map<String, Value>);

impl Snapshot {
    /// The raw value. None if absent; null is a value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Whether the snapshot mentions this value, be it null.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A text or choice such as `name` or `status`. A choice given as an object is read too.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        let value = self.get(name)?;
        value.as_str().or_else(|| value.get("value")?.as_str())
    }

    /// The id of a related object such as `cluster` or `primary_ip4`. A brief object is read too.
    #[must_use]
    pub fn id(&self, name: &str) -> Option<u64> {
        let value = self.get(name)?;
        tolerant::unsigned(value.get("id").unwrap_or(value))
    }

    /// An integer such as `memory` (MB), `disk` or `size` (MB).
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<u64> {
        tolerant::unsigned(self.get(name)?)
    }

    /// A decimal such as `vcpus`, from a number or from text.
    #[must_use]
    pub fn decimal(&self, name: &str) -> Option<Decimal> {
        Decimal::deserialize(self.get(name)?).ok()
    }

    /// A yes or no such as `enabled`.
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<bool> {
        tolerant::truth(self.get(name)?)
    }

    /// A custom field: absent (never set, or no custom fields at all), null, or a value.
    #[must_use]
    pub fn custom_field(&self, name: &str) -> CustomValue<'_> {
        CustomValue::from(self.get("custom_fields").and_then(|fields| fields.get(name)))
    }

    /// The names of the tags.
    #[must_use]
    pub fn tags(&self) -> Vec<&str> {
        let tags = self.get("tags").and_then(Value::as_array);
        tags.into_iter().flatten().filter_map(|tag| tag.as_str().or_else(|| tag.get("name")?.as_str())).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_in_any_usual_form() {
        let snapshot: Snapshot = serde_json::from_str(
            r#"{"name": "web01", "status": {"value": "active", "label": "Active"}, "cluster": 4, "site": {"id": 5},
                "memory": "2048", "disk": null, "vcpus": "2.50", "enabled": 1, "tags": ["a", {"name": "b"}, 3],
                "custom_fields": {"vmid": "101", "node": null}}"#,
        )
        .unwrap();
        assert_eq!((snapshot.text("name"), snapshot.text("status")), (Some("web01"), Some("active")));
        assert_eq!((snapshot.id("cluster"), snapshot.id("site"), snapshot.id("name")), (Some(4), Some(5), None));
        assert_eq!((snapshot.integer("memory"), snapshot.integer("disk")), (Some(2048), None));
        assert_eq!(snapshot.decimal("vcpus"), Some(Decimal::from_hundredths(250)));
        assert_eq!(snapshot.flag("enabled"), Some(true));
        assert_eq!(snapshot.tags(), ["a", "b"]);
        assert_eq!(snapshot.custom_field("vmid").select(), Some("101"));
        assert_eq!(snapshot.custom_field("node"), CustomValue::Null);
        assert_eq!(snapshot.custom_field("nosuch"), CustomValue::Absent);
        assert_eq!(Snapshot::default().custom_field("vmid"), CustomValue::Absent);
    }
}
