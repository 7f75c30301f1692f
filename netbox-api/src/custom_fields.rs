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

    /// The one value that the field holds, as text, whatever its type: a text, a whole number, a yes or no, the value of a
    /// selection, the name of an object, the item of a list that has one. None if absent, null or empty.
    ///
    /// # Errors
    /// It holds something else: what, for people. It is not to be taken for an empty field.
    pub fn one(self) -> Result<Option<String>, NotOne> {
        match self {
            Self::Absent | Self::Null => Ok(None),
            Self::Value(value) => one(value),
        }
    }

    /// The lines that the field holds: those of a text, or the items of a list of texts. None if absent, null or empty.
    ///
    /// # Errors
    /// As [`one`](Self::one).
    pub fn lines(self) -> Result<Option<String>, NotOne> {
        match self {
            Self::Value(Value::Array(items)) => {
                let lines: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
                let lines = lines.ok_or(NotOne("a list of other things than texts".into()))?;
                Ok(Some(lines.join("\n")).filter(|text| !text.trim().is_empty()))
            }
            other => other.one(),
        }
    }

    /// Whether the field holds something that is not empty text.
    #[must_use]
    pub fn is_set(self) -> bool {
        matches!(self, Self::Value(value) if value.as_str() != Some(""))
    }
}

fn one(value: &Value) -> Result<Option<String>, NotOne> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text.clone(),
        Value::Bool(yes) => yes.to_string(),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 => format!("{float:.0}"),
            _ if number.is_f64() => return Err(NotOne(format!("the number {number}"))),
            _ => number.to_string(),
        },
        Value::Array(items) => match items.as_slice() {
            [] => return Ok(None),
            [item] => return one(item),
            several => return Err(NotOne(format!("a list of {} values", several.len()))),
        },
        Value::Object(fields) => match fields.get("value").or(fields.get("name")).or(fields.get("display")) {
            Some(value) if !value.is_object() && !value.is_array() => return one(value),
            _ => return Err(NotOne("a JSON object".to_owned())),
        },
    };
    Ok(Some(text).filter(|text| !text.trim().is_empty()))
}

/// What a custom field holds in place of one value, for people: "a list of 2 values".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotOne(String);

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
    fn a_field_of_any_type_holds_one_value_or_says_what_it_holds() {
        let one = |json: &str| {
            let value: Value = serde_json::from_str(json).unwrap();
            CustomValue::from(Some(&value)).one().map_err(|what| what.to_string())
        };
        for (json, text) in [
            (r#""pve01""#, "pve01"),
            ("101", "101"),
            ("101.0", "101"),
            ("true", "true"),
            (r#"{"value": "pve01", "label": "The first"}"#, "pve01"),
            (r#"{"value": 9000, "label": "debian"}"#, "9000"),
            (r#"{"id": 5, "url": "/api/dcim/devices/5/", "display": "pve1", "name": "pve1"}"#, "pve1"),
            (r#"[{"value": "pve01", "label": "The first"}]"#, "pve01"),
        ] {
            assert_eq!(one(json), Ok(Some(text.to_owned())), "{json}");
        }
        for empty in ["null", r#""""#, r#"" ""#, "[]"] {
            assert_eq!(one(empty), Ok(None), "{empty}");
        }
        for (json, what) in [
            (r#"["a", "b"]"#, "a list of 2 values"),
            ("1.5", "the number 1.5"),
            (r#"{"some": "thing"}"#, "a JSON object"),
            (r#"{"value": {"x": 1}}"#, "a JSON object"),
        ] {
            assert_eq!(one(json), Err(what.to_owned()), "{json}");
        }
    }

    #[test]
    fn lines_are_those_of_a_text_or_the_items_of_a_list() {
        let lines = |json: &str| {
            let value: Value = serde_json::from_str(json).unwrap();
            CustomValue::from(Some(&value)).lines().ok().flatten()
        };
        assert_eq!(lines(r#"["ssh-ed25519 A", "ssh-rsa B"]"#).as_deref(), Some("ssh-ed25519 A\nssh-rsa B"));
        assert_eq!(lines(r#""ssh-ed25519 A\r\nssh-rsa B""#).as_deref(), Some("ssh-ed25519 A\r\nssh-rsa B"));
        assert_eq!((lines("[]"), lines("null"), lines("[1]")), (None, None, None));
    }

    #[test]
    fn null_is_no_custom_fields() {
        assert_eq!(serde_json::from_str::<CustomFields>("null").unwrap(), CustomFields::default());
    }
}
