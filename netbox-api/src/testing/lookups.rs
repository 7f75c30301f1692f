//! The lookups behind a filter's name: `__gte`, `__ic`, `__isw` …

use super::clock::Moment;
use super::filters::{Verdict, truth};

/// None: numbers have no such lookup.
pub(super) fn number(lookup: &str, found: Option<u64>, values: &[&str]) -> Option<Verdict> {
    #[allow(clippy::cast_precision_loss)]
    float(lookup, found.map(|number| number as f64), values)
}

/// None: numbers have no such lookup.
pub(super) fn float(lookup: &str, found: Option<f64>, values: &[&str]) -> Option<Verdict> {
    if lookup == "empty" {
        return Some(Ok(values.iter().any(|value| truth(value) == Some(found.is_none()))));
    }
    let test: fn(f64, f64) -> bool = match lookup {
        "" | "n" => |a, b| (a - b).abs() < f64::EPSILON,
        "gt" => |a, b| a > b,
        "gte" => |a, b| a >= b,
        "lt" => |a, b| a < b,
        "lte" => |a, b| a <= b,
        _ => return None,
    };
    let mut wanted = Vec::new();
    for value in values {
        match value.parse::<f64>() {
            Ok(number) => wanted.push(number),
            Err(_) => return Some(Err("Enter a number.".to_owned())),
        }
    }
    let holds = found.is_some_and(|found| wanted.into_iter().any(|wanted| test(found, wanted)));
    Some(Ok(holds != (lookup == "n")))
}

/// None: moments have no such lookup.
pub(super) fn instant(lookup: &str, found: Moment, values: &[&str]) -> Option<Verdict> {
    let test: fn(Moment, Moment) -> bool = match lookup {
        "" | "n" => |a, b| a == b,
        "gt" => |a, b| a > b,
        "gte" => |a, b| a >= b,
        "lt" => |a, b| a < b,
        "lte" => |a, b| a <= b,
        _ => return None,
    };
    let Some(wanted) = values.iter().map(|value| Moment::parse(value)).collect::<Option<Vec<_>>>() else {
        return Some(Err("Enter a valid date/time.".to_owned()));
    };
    Some(Ok(wanted.into_iter().any(|wanted| test(found, wanted)) != (lookup == "n")))
}

/// None: text has no such lookup.
pub(super) fn text(lookup: &str, found: &str, values: &[&str]) -> Option<Verdict> {
    if lookup == "empty" {
        return Some(Ok(values.iter().any(|value| truth(value) == Some(found.is_empty()))));
    }
    if matches!(lookup, "regex" | "iregex") {
        return Some(Err("This NetBox is a stand-in for tests and knows no regular expressions.".to_owned()));
    }
    let (negated, plain) = match lookup {
        "n" => (true, ""),
        "nic" => (true, "ic"),
        "nie" => (true, "ie"),
        "nisw" => (true, "isw"),
        "niew" => (true, "iew"),
        other => (false, other),
    };
    let lower = found.to_lowercase();
    let test: Box<dyn Fn(&str) -> bool> = match plain {
        "" => Box::new(|value| found == value),
        "ie" => Box::new(|value| lower == value.to_lowercase()),
        "ic" => Box::new(|value| lower.contains(&value.to_lowercase())),
        "isw" => Box::new(|value| lower.starts_with(&value.to_lowercase())),
        "iew" => Box::new(|value| lower.ends_with(&value.to_lowercase())),
        _ => return None,
    };
    Some(Ok(values.iter().any(|value| test(value)) != negated))
}
