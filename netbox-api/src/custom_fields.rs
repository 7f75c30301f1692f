//! Custom fields of an object.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// The custom fields of an object, by name. Since NetBox 4.7 a selection is `{"value", "label"}`, before it was the
/// bare value: [`select`](Self::select) reads both.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct CustomFields(pub Map<String, Value>);

impl CustomFields {
    /// The field: absent, null or a value.
    #[must_use]
    pub fn get(&self, name: &str) -> CustomValue<'_> {
        CustomValue::from(self.0.get(name))
    }

    /// The value of a selection. None if the field is absent, null or empty.
    #[must_use]
    pub fn select(&self, name: &str) -> Option<&str> {
        self.get(name).select()
    }

    /// The text of a field; an integer is read as text too. None if the field is absent, null or empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).text().map(Cow::into_owned)
    }

    /// Whether the object has this field at all, be it null.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

impl<'de> Deserialize<'de> for CustomFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Option::<Map<String, Value>>::deserialize(deserializer)?.unwrap_or_default()))
    }
}

/// What an object or a snapshot says about one custom field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CustomValue<'a> {
    /// The field is not mentioned. In a snapshot: it was never set.
    Absent,
    /// The field is mentioned, and empty.
    Null,
    /// The field is set.
    Value(&'a Value),
}

impl<'a> CustomValue<'a> {
    /// The value of a selection, in the form of NetBox 4.7 or an older one. None if absent, null or empty.
    #[must_use]
    pub fn select(self) -> Option<&'a str> {
        let Self::Value(value) = self else {
            return None;
        };
        let value = value.get("value").unwrap_or(value);
        value.as_str().filter(|text| !text.is_empty())
    }

    /// The value as text: a text, an integer, or a selection's value. None if absent, null or empty.
    #[must_use]
    pub fn text(self) -> Option<Cow<'a, str>> {
        let Self::Value(value) = self else {
            return None;
        };
        match value.get("value").unwrap_or(value) {
            Value::String(text) if !text.is_empty() => Some(Cow::Borrowed(text)),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        }
    }

    /// Whether the field holds something that is not empty text.
    #[must_use]
    pub fn is_set(self) -> bool {
        matches!(self, Self::Value(value) if value.as_str() != Some(""))
    }
}

impl<'a> From<Option<&'a Value>> for CustomValue<'a> {
    fn from(value: Option<&'a Value>) -> Self {
        match value {
            None => Self::Absent,
            Some(Value::Null) => Self::Null,
            Some(value) => Self::Value(value),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn fields() -> CustomFields {
        serde_json::from_str(
            r#"{"new": {"value": "pve01", "label": "The first"}, "old": "pve01", "vmid": 101, "none": null, "empty": "",
                "several": [{"value": "a", "label": "A"}]}"#,
        )
        .unwrap()
    }

    #[test]
    fn a_selection_is_read_in_both_forms() {
        assert_eq!(fields().select("new"), Some("pve01"));
        assert_eq!(fields().select("old"), Some("pve01"));
        assert_eq!(fields().select("none"), None);
        assert_eq!(fields().select("empty"), None);
        assert_eq!(fields().select("several"), None);
        assert_eq!(fields().select("nosuch"), None);
    }

    #[test]
    fn text_accepts_an_integer() {
        assert_eq!(fields().text("vmid").as_deref(), Some("101"));
        assert_eq!(fields().text("old").as_deref(), Some("pve01"));
        assert_eq!(fields().text("new").as_deref(), Some("pve01"));
        assert_eq!(fields().text("empty"), None);
    }

    #[test]
    fn absent_and_null_are_told_apart() {
        assert!(fields().contains("none") && !fields().contains("nosuch"));
        assert_eq!(fields().get("none"), CustomValue::Null);
        assert_eq!(fields().get("nosuch"), CustomValue::Absent);
        assert!(!fields().get("empty").is_set() && fields().get("vmid").is_set());
    }

    #[test]
    fn null_is_no_custom_fields() {
        assert_eq!(serde_json::from_str::<CustomFields>("null").unwrap(), CustomFields::default());
    }
}
