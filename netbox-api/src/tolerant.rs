//! Reading values that come in more than one form: numbers as text, booleans as 0 and 1, null for empty.
//!
//! A value that means nothing in any of its forms is still an error: taking it for "empty" could clear something.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A whole number that is not negative: a number (`2`, `2.0`) or text (`"2"`).
pub(crate) fn unsigned(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| whole(&number.to_string())),
        Value::String(text) => whole(text.trim()),
        _ => None,
    }
}

fn whole(text: &str) -> Option<u64> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    if rest.bytes().all(|byte| byte == b'0') { whole.parse().ok() } else { None }
}

/// A boolean, 0 or 1, or any of these as text.
pub(crate) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) if number.as_u64() == Some(0) => Some(false),
        Value::Number(number) if number.as_u64() == Some(1) => Some(true),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Says what a value is, not the value: it may be somebody's secret, and errors are logged.
fn unexpected<E: Error>(expected: &str, value: &Value) -> E {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "another number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    E::custom(format_args!("{expected} is expected, not {found}"))
}

/// For a field that may be null, missing (with `default`) or empty text.
pub(crate) fn optional_integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) if text.is_empty() => Ok(None),
        value => unsigned(&value).map(Some).ok_or_else(|| unexpected("a whole number", &value)),
    }
}

/// For a field that must be there.
pub(crate) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    optional_integer(deserializer)?.ok_or_else(|| unexpected("a whole number", &Value::Null))
}

/// For a yes or no that may be null or missing (with `default`).
pub(crate) fn optional_flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        value => truth(&value).map(Some).ok_or_else(|| unexpected("true or false", &value)),
    }
}

/// Text, where null is empty and a number is its digits.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        value => Err(unexpected("text", &value)),
    }
}

/// Text that nothing depends on: whatever is no text is none.
pub(crate) fn optional_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// A list of which the items that cannot be read are left out, and null is empty.
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
}
