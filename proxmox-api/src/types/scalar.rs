//! Scalars as Proxmox sends them: numbers that may be text, booleans that may be 0 or 1.
//!
//! The functions named like types are for `#[serde(deserialize_with = …)]` together with `#[serde(default)]`: a value
//! of a shape nobody expected becomes `None` (or `false`) instead of an error.
#![cfg_attr(not(feature = "client"), allow(dead_code))]

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The value as text; `None` for null, lists and objects.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(if *flag { "1" } else { "0" }.to_owned()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The value as a whole number that is not negative.
pub(crate) fn integer(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().and_then(whole)),
        Value::String(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| text.parse().ok().and_then(whole))
        }
        Value::Bool(flag) => Some(u64::from(*flag)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn whole(number: f64) -> Option<u64> {
    // Up to 2^53 every whole number is exact.
    (number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&number)).then_some(number as u64)
}

/// The value as a boolean: `1`, `"1"`, `true`, and the words property strings allow.
pub(crate) fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => number.as_f64().map(|n| n != 0.0),
        Value::String(text) => word_as_bool(text.trim()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// `1`, `on`, `yes`, `true` and their opposites, in any case: what property strings allow for a boolean.
pub(crate) fn word_as_bool(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "1" | "on" | "yes" | "true" => Some(true),
        "0" | "off" | "no" | "false" => Some(false),
        _ => None,
    }
}

pub(crate) fn opt_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(text(&Value::deserialize(deserializer)?))
}

pub(crate) fn required_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    text(&Value::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom("neither text nor a number"))
}

pub(crate) fn opt_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    Ok(text(&Value::deserialize(deserializer)?).and_then(|text| text.trim().parse().ok()))
}

pub(crate) fn opt_integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(integer(&Value::deserialize(deserializer)?))
}

pub(crate) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(boolean(&Value::deserialize(deserializer)?).unwrap_or(false))
}

/// Any type; a value it cannot be read from becomes `None`.
pub(crate) fn lenient<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: serde::de::DeserializeOwned,
    D: Deserializer<'de>,
{
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_may_be_text_and_floats() {
        for value in [json!(512), json!("512"), json!(512.0), json!("512.0"), json!(" 512 ")] {
            assert_eq!(integer(&value), Some(512), "{value}");
        }
        for value in [json!(null), json!("x"), json!(-1), json!(1.5), json!([1]), json!({})] {
            assert_eq!(integer(&value), None, "{value}");
        }
    }

    #[test]
    fn booleans_may_be_numbers_and_words() {
        for value in [json!(1), json!("1"), json!(true), json!("on")] {
            assert_eq!(boolean(&value), Some(true), "{value}");
        }
        for value in [json!(0), json!("0"), json!(false), json!("no")] {
            assert_eq!(boolean(&value), Some(false), "{value}");
        }
        assert_eq!(boolean(&json!("maybe")), None);
    }
}
