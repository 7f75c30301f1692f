//! A value out of a list of choices.

use std::fmt;

use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

/// A choice such as a status. REST and `data` give `{"value", "label"}`, snapshots and selection custom fields before
/// NetBox 4.7 the bare value, an address family a number: all of them are read. To write one, send [`Choice::value`]:
/// NetBox answers 400 to the object it gave itself.
///
/// The value is open: an administrator may add statuses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Choice {
    /// What is stored, for example `active`. Empty where the server sent none.
    pub value: String,
    /// What people see, for example `Active`; not in the bare form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

impl Choice {
    /// A choice of which only the value is known.
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), label: None }
    }

    /// The value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value)
    }
}

impl PartialEq<str> for Choice {
    fn eq(&self, other: &str) -> bool {
        self.value == other
    }
}

impl PartialEq<&str> for Choice {
    fn eq(&self, other: &&str) -> bool {
        self.value == *other
    }
}

impl<'de> Deserialize<'de> for Choice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ChoiceVisitor)
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Part {
    Value,
    Label,
    #[serde(other)]
    Other,
}

struct ChoiceVisitor;

impl<'de> Visitor<'de> for ChoiceVisitor {
    type Value = Choice;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a choice: text, a number, or an object with `value`")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Choice, E> {
        Ok(Choice::default())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Choice, E> {
        Ok(Choice::new(value))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Choice, E> {
        Ok(Choice::new(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Choice, E> {
        Ok(Choice::new(value.to_string()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Choice, E> {
        Ok(Choice::new(value.to_string()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Choice, E> {
        Ok(Choice::new(value.to_string()))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Choice, E> {
        Ok(Choice::new(value.to_string()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Choice, A::Error> {
        let mut value: Option<Choice> = None;
        let mut label = None;
        while let Some(part) = map.next_key()? {
            match part {
                Part::Value => value = Some(map.next_value()?),
                Part::Label => label = map.next_value::<Option<Choice>>()?.map(|text| text.value),
                Part::Other => drop(map.next_value::<de::IgnoredAny>()?),
            }
        }
        let value = value.ok_or_else(|| de::Error::missing_field("value"))?.value;
        Ok(Choice { value, label })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(json: &str) -> Choice {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn every_form_of_a_choice_is_read() {
        assert_eq!(read(r#""active""#), Choice::new("active"));
        assert_eq!(read(r#"{"value": 4, "label": "IPv4"}"#), Choice { value: "4".into(), label: Some("IPv4".into()) });
        assert_eq!(read(r#"{"label": null, "value": "x", "new": [1]}"#), Choice::new("x"));
        assert_eq!(read("6"), "6");
        assert_eq!(read("null"), "");
    }

    #[test]
    fn an_object_without_a_value_is_no_choice() {
        let error = serde_json::from_str::<Choice>(r#"{"id": 4}"#).unwrap_err();
        assert!(error.to_string().contains("value"), "{error}");
    }
}
