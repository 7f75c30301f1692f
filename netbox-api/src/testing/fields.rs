//! One written value: what a column accepts, and the message when it does not (texts seen: 4.7.3).

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Value, json};

use super::json::repr;
use super::models::by_object_type;
use super::related;
use super::schema::{Column, Holds};
use super::store::Store;

/// The value to store.
///
/// # Errors
///
/// The message under the field.
pub(super) fn parse(store: &Store, column: &Column, written: &Value) -> Result<Value, String> {
    if written.is_null() {
        return match column.holds {
            // What the serializer of a choice field answers to null.
            Holds::Choice(_) if !column.nullable => Err("This field may not be blank.".to_owned()),
            _ if column.nullable => Ok(Value::Null),
            _ => Err("This field may not be null.".to_owned()),
        };
    }
    match column.holds {
        Holds::Text { max } => text(written, max, column.required),
        Holds::Int { min, max } => int(written, min, max),
        Holds::Decimal => decimal(written),
        Holds::Bool => boolean(written),
        Holds::Choice(choices) => choice(written, choices, column.nullable),
        Holds::Ref(kind, _) => related::find(store, kind, written).map(Value::from),
        Holds::Refs(kind) => {
            list(written)?.iter().map(|item| related::find(store, kind, item).map(Value::from)).collect()
        }
        Holds::ContentType => object_type(written),
        Holds::ContentTypes => list(written)?.iter().map(object_type).collect(),
        Holds::ObjectId => int(written, 0, i64::MAX),
        Holds::Address => address(written),
        Holds::Prefix => prefix(written),
        Holds::Mac => mac(written),
        Holds::Json => Ok(written.clone()),
        Holds::Null => Ok(Value::Null),
    }
}

fn text(written: &Value, max: usize, required: bool) -> Result<Value, String> {
    let text = match written {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return Err("Not a valid string.".to_owned()),
    };
    if text.is_empty() && required {
        return Err("This field may not be blank.".to_owned());
    }
    if text.chars().count() > max {
        return Err(format!("Ensure this field has no more than {max} characters."));
    }
    Ok(json!(text))
}

fn int(written: &Value, min: i64, max: i64) -> Result<Value, String> {
    let invalid = || "A valid integer is required.".to_owned();
    let number = match written {
        Value::Number(number) => {
            number.as_i64().or_else(|| number.as_f64().filter(|float| float.fract() == 0.0).map(whole))
        }
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .ok_or_else(invalid)?;
    if number < min {
        return Err(format!("Ensure this value is greater than or equal to {min}."));
    }
    if number > max {
        return Err(format!("Ensure this value is less than or equal to {max}."));
    }
    Ok(json!(number))
}

#[allow(clippy::cast_possible_truncation)]
fn whole(float: f64) -> i64 {
    float as i64
}

fn decimal(written: &Value) -> Result<Value, String> {
    let text = match written {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => String::new(),
    };
    let number: f64 = text.parse().map_err(|_| "A valid number is required.".to_owned())?;
    let decimals = text.split_once('.').map_or("", |(_, decimals)| decimals).trim_end_matches('0').len();
    if decimals > 2 {
        return Err("Ensure that there are no more than 2 decimal places.".to_owned());
    }
    if number < 0.01 {
        return Err("Ensure this value is greater than or equal to 0.01000000000000000020816681711721685132943093776702880859375.".to_owned());
    }
    if number >= 10_000.0 {
        return Err("Ensure that there are no more than 4 digits before the decimal point.".to_owned());
    }
    Ok(json!(format!("{number:.2}")))
}

fn boolean(written: &Value) -> Result<Value, String> {
    match written {
        Value::Bool(flag) => Ok(json!(flag)),
        Value::String(text) if ["true", "True", "1"].contains(&text.as_str()) => Ok(json!(true)),
        Value::String(text) if ["false", "False", "0"].contains(&text.as_str()) => Ok(json!(false)),
        _ => Err("Must be a valid boolean.".to_owned()),
    }
}

fn choice(written: &Value, choices: &[(&str, &str)], nullable: bool) -> Result<Value, String> {
    match written {
        Value::Object(_) | Value::Array(_) => {
            Err("Value must be passed directly (e.g. \"foo\": 123); do not use a dictionary or list.".to_owned())
        }
        Value::String(text) if text.is_empty() && nullable => Ok(Value::Null),
        Value::String(text) if choices.iter().any(|(value, _)| value == text) => Ok(written.clone()),
        Value::String(text) => Err(format!("{text} is not a valid choice.")),
        other => Err(format!("{} is not a valid choice.", repr(other))),
    }
}

fn list(written: &Value) -> Result<&Vec<Value>, String> {
    written.as_array().ok_or_else(|| format!("Expected a list of items but got type \"{}\".", python_type(written)))
}

/// The rows below `changes/` of netbox-branching, which are no kind of their own here; a permission may name them (seen: branching 1.2.2).
const CHANGE_DIFF: &str = "netbox_branching.changediff";

fn object_type(written: &Value) -> Result<Value, String> {
    let name = written.as_str().unwrap_or("");
    if by_object_type(name).is_some() || name == CHANGE_DIFF {
        Ok(json!(name))
    } else {
        Err(format!("Invalid content type: {name}"))
    }
}

fn address(written: &Value) -> Result<Value, String> {
    let text = written.as_str().unwrap_or("");
    let parsed = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    parsed.map(|address| json!(address.to_string())).map_err(|_| format!("Invalid IP address format: {text}"))
}

fn prefix(written: &Value) -> Result<Value, String> {
    let text = written.as_str().unwrap_or("");
    let parsed: IpNet = text.parse().map_err(|_| format!("Invalid IP prefix format: {text}"))?;
    if parsed.trunc() != parsed {
        return Err(format!("{parsed} is not a valid prefix. Did you mean {}?", parsed.trunc()));
    }
    Ok(json!(parsed.to_string()))
}

/// Any notation, stored as `BC:24:11:AA:BB:CC`.
pub(super) fn mac(written: &Value) -> Result<Value, String> {
    let text = written.as_str().unwrap_or("");
    let digits: Vec<char> =
        text.chars().filter(|c| !matches!(c, ':' | '-' | '.')).map(|c| c.to_ascii_uppercase()).collect();
    if digits.len() != 12 || digits.iter().any(|digit| !digit.is_ascii_hexdigit()) {
        return Err("Enter a valid MAC address (e.g. 00:11:22:33:44:55).".to_owned());
    }
    Ok(json!(digits.chunks(2).map(|pair| pair.iter().collect::<String>()).collect::<Vec<_>>().join(":")))
}

/// What Python calls it.
pub(super) fn python_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers_of_processors_have_two_decimals() {
        assert_eq!(decimal(&json!(2)).unwrap(), "2.00");
        assert_eq!(decimal(&json!("2.50")).unwrap(), "2.50");
        assert_eq!(decimal(&json!(0.125)).unwrap_err(), "Ensure that there are no more than 2 decimal places.");
        assert!(decimal(&json!(0)).unwrap_err().starts_with("Ensure this value is greater"));
    }

    #[test]
    fn addresses_and_macs_are_normalised() {
        assert_eq!(address(&json!("198.51.100.8")).unwrap(), "198.51.100.8/32");
        assert_eq!(address(&json!("2001:0DB8:0000::0007/64")).unwrap(), "2001:db8::7/64");
        assert_eq!(address(&json!("198.51.100.999/24")).unwrap_err(), "Invalid IP address format: 198.51.100.999/24");
        assert_eq!(mac(&json!("bc-24-11-aa-bb-cc")).unwrap(), "BC:24:11:AA:BB:CC");
        assert!(mac(&json!("zz")).is_err());
    }

    #[test]
    fn integers_may_be_text_but_have_no_fraction() {
        assert_eq!(int(&json!("2048"), 0, 9999).unwrap(), 2048);
        assert_eq!(int(&json!(1.5), 0, 9999).unwrap_err(), "A valid integer is required.");
        assert_eq!(int(&json!(-3), 0, 9999).unwrap_err(), "Ensure this value is greater than or equal to 0.");
    }
}
