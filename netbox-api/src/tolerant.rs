//! Reading values that come in more than one form: numbers as text, booleans as 0 and 1, null for empty.
//!
//! A value that means nothing in any of its forms is still an error: taking it for "empty" could clear something. Nothing here goes by way
//! of a `serde_json::Value`, which costs more than all the rest of reading a record.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A value that has no parts, or that one of another form was there.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Scalar<'a> {
    /// Null, or nothing.
    #[default]
    Null,
    Bool(bool),
    Unsigned(u64),
    /// Any other number, as it is written.
    Number(String),
    Text(Cow<'a, str>),
    List,
    Object,
}

impl Scalar<'_> {
    /// A whole number that is not negative: a number (`2`, `2.0`) or text (`"2"`).
    pub(crate) fn unsigned(&self) -> Option<u64> {
        match self {
            Self::Unsigned(number) => Some(*number),
            Self::Number(text) => whole(text),
            Self::Text(text) => whole(text.trim()),
            _ => None,
        }
    }

    /// A boolean, 0 or 1, or any of these as text.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self {
            Self::Bool(flag) => Some(*flag),
            Self::Unsigned(0) => Some(false),
            Self::Unsigned(1) => Some(true),
            Self::Text(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// Text; a number is its digits.
    pub(crate) fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.into_owned()),
            Self::Number(digits) => Some(digits),
            Self::Unsigned(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// Text, where null is empty.
    pub(crate) fn text_or_empty(self) -> Option<String> {
        if self == Self::Null { Some(String::new()) } else { self.text() }
    }

    /// Says what a value is, not the value: it may be somebody's secret, and errors are logged.
    pub(crate) fn unexpected<E: Error>(&self, expected: &str) -> E {
        let found = match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Unsigned(_) | Self::Number(_) => "another number",
            Self::Text(_) => "text",
            Self::List => "a list",
            Self::Object => "an object",
        };
        E::custom(format_args!("{expected} is expected, not {found}"))
    }
}

fn whole(text: &str) -> Option<u64> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    if rest.bytes().all(|byte| byte == b'0') { whole.parse().ok() } else { None }
}

impl<'a> From<&'a Value> for Scalar<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(*flag),
            Value::Number(number) => number.as_u64().map_or_else(|| Self::Number(number.to_string()), Self::Unsigned),
            Value::String(text) => Self::Text(Cow::Borrowed(text)),
            Value::Array(_) => Self::List,
            Value::Object(_) => Self::Object,
        }
    }
}

/// [`Scalar::unsigned`] of a JSON value.
pub(crate) fn unsigned(value: &Value) -> Option<u64> {
    Scalar::from(value).unsigned()
}

/// [`Scalar::truth`] of a JSON value.
pub(crate) fn truth(value: &Value) -> Option<bool> {
    Scalar::from(value).truth()
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Parts::<0> { keys: [] }).map(|(bare, [])| bare)
    }
}

/// Reads a value in whatever form: what has no parts as it is, and of an object these parts.
pub(crate) struct Parts<const N: usize> {
    pub(crate) keys: [&'static str; N],
}

impl<'de, const N: usize> Visitor<'de> for Parts<N> {
    type Value = (Scalar<'de>, [Scalar<'de>; N]);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(bare(Scalar::Null))
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(bare(Scalar::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(bare(Scalar::Bool(flag)))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(bare(Scalar::Unsigned(number)))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(bare(u64::try_from(number).map_or_else(|_| Scalar::Number(number.to_string()), Scalar::Unsigned)))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        // As JSON has it: with a point, also where nothing follows it.
        Ok(bare(Scalar::Number(Value::from(number).to_string())))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(bare(Scalar::Text(Cow::Owned(text.to_owned()))))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(bare(Scalar::Text(Cow::Borrowed(text))))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Self::Value, E> {
        Ok(bare(Scalar::Text(Cow::Owned(text))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(bare(Scalar::List))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut parts = [const { Scalar::Null }; N];
        while let Some(place) = map.next_key_seed(Place(&self.keys))? {
            match place.and_then(|place| parts.get_mut(place)) {
                Some(part) => *part = map.next_value()?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok((Scalar::Object, parts))
    }
}

fn bare<const N: usize>(scalar: Scalar<'_>) -> (Scalar<'_>, [Scalar<'_>; N]) {
    (scalar, [const { Scalar::Null }; N])
}

/// The place of a key among those that are looked for.
struct Place<'k>(&'k [&'static str]);

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Place<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|known| *known == key))
    }
}

/// A field that may be in more than one form, by its type.
pub(crate) trait Tolerant: Sized {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// For `deserialize_with`.
pub(crate) fn read<'de, T: Tolerant, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::read(deserializer)
}

/// A whole number that may be null, missing (with `default`) or empty text.
impl Tolerant for Option<u64> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Scalar::deserialize(deserializer)? {
            Scalar::Null => Ok(None),
            Scalar::Text(text) if text.is_empty() => Ok(None),
            value => value.unsigned().map(Some).ok_or_else(|| value.unexpected("a whole number")),
        }
    }
}

/// A yes or no that may be null or missing (with `default`).
impl Tolerant for Option<bool> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Scalar::deserialize(deserializer)? {
            Scalar::Null => Ok(None),
            value => value.truth().map(Some).ok_or_else(|| value.unexpected("true or false")),
        }
    }
}

/// Text, where null is empty and a number is its digits.
impl Tolerant for String {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Scalar::deserialize(deserializer)? {
            value @ (Scalar::Bool(_) | Scalar::List | Scalar::Object) => Err(value.unexpected("text")),
            value => Ok(value.text_or_empty().unwrap_or_default()),
        }
    }
}

/// Text that nothing depends on: whatever is no text is none.
impl Tolerant for Option<String> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Scalar::deserialize(deserializer)?.text())
    }
}

/// Numbers with a point, for people.
impl Tolerant for Option<f64> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Scalar::deserialize(deserializer)? {
            Scalar::Null => Ok(None),
            value => value
                .clone()
                .text()
                .and_then(|text| text.trim().parse().ok())
                .map(Some)
                .ok_or_else(|| value.unexpected("a number")),
        }
    }
}

macro_rules! as_it_is {
    ($($kind:ty),*) => {$(
        impl Tolerant for $kind {
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize(deserializer)
            }
        }
    )*};
}
as_it_is!(Option<crate::Choice>, Option<Value>);

macro_rules! items {
    ($($kind:ty),*) => {$(
        impl Tolerant for Vec<$kind> {
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                list(deserializer)
            }
        }
    )*};
}
items!(String, u64);

impl Tolerant for Option<crate::Snapshot> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        optional_map(deserializer)
    }
}

/// For a field that must be there.
pub(crate) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Option::<u64>::read(deserializer)?.ok_or_else(|| Scalar::Null.unexpected("a whole number"))
}

/// [`Tolerant`] for a whole number.
pub(crate) fn optional_integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Tolerant::read(deserializer)
}

/// [`Tolerant`] for a yes or no.
pub(crate) fn optional_flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Tolerant::read(deserializer)
}

/// [`Tolerant`] for text.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Tolerant::read(deserializer)
}

/// [`Tolerant`] for text that nothing depends on.
pub(crate) fn optional_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Tolerant::read(deserializer)
}

/// As [`mentions`], for items of any other form, of which there are few.
pub(crate) fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let items = Option::<Vec<Value>>::deserialize(deserializer)?.unwrap_or_default();
    Ok(items.into_iter().filter_map(|item| serde_json::from_value(item).ok()).collect())
}

/// An object that may be null, or the bare id, or (`{}`, or a form not known yet) of no use.
pub(crate) fn optional_map<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<crate::Snapshot>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Object(map) => Ok(Some(crate::Snapshot(map))),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whole_numbers_in_every_form() {
        for value in [json!(2), json!(2.0), json!("2"), json!(" 2 "), json!("2.00")] {
            assert_eq!(unsigned(&value), Some(2), "{value}");
        }
        for value in [json!(-2), json!(2.5), json!("two"), json!(null), json!([2]), json!(true), json!("")] {
            assert_eq!(unsigned(&value), None, "{value}");
        }
    }

    #[test]
    fn booleans_in_every_form() {
        for value in [json!(true), json!(1), json!("true"), json!("1"), json!("True")] {
            assert_eq!(truth(&value), Some(true), "{value}");
        }
        for value in [json!(2), json!("yes"), json!(null), json!({})] {
            assert_eq!(truth(&value), None, "{value}");
        }
    }

    /// What is read from bytes is what is read from a value of the same.
    #[test]
    fn a_scalar_of_text_is_that_of_its_value() {
        for json in
            ["null", "true", "0", "-3", "2.0", "2.5", "1e300", r#""x""#, r#""a\nb""#, "[1, [2]]", r#"{"a": {"b": 1}}"#]
        {
            let value: Value = serde_json::from_str(json).unwrap_or_default();
            assert_eq!(serde_json::from_str::<Scalar<'_>>(json).ok(), Some(Scalar::from(&value)), "{json}");
        }
    }
}
