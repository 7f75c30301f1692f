//! Custom fields: which an object has, what may be written, how they are shown.

use serde_json::{Map, Value, json};

use super::json::repr;
use super::models::{by_object_type, model};
use super::related;
use super::represent::View;
use super::schema::Kind;
use super::store::{Record, Store};

/// Errors as a 400 shows them: field → messages.
pub(super) type Errors = Map<String, Value>;

/// In a choice set: accepts values that nobody listed. Not NetBox's; the tests that do not care about choices need none.
pub(super) const OPEN: &str = "_open";

/// The custom fields of an object type.
pub(super) fn defined(store: &Store, kind: Kind) -> impl Iterator<Item = &Record> {
    let object_type = model(kind).object_type();
    store.all(Kind::CustomField).filter(move |field| {
        field
            .value("object_types")
            .as_array()
            .is_some_and(|types| types.iter().any(|name| name.as_str() == Some(&object_type)))
    })
}

/// As in REST and in a delivery's `data`: every defined field, null where never set.
pub(super) fn shown(view: &View<'_>, kind: Kind, record: &Record) -> Map<String, Value> {
    defined(view.store, kind)
        .map(|field| {
            let raw = record.custom_fields.get(field.text("name")).unwrap_or(&Value::Null);
            (field.text("name").to_owned(), show(view, field, raw))
        })
        .collect()
}

fn show(view: &View<'_>, field: &Record, raw: &Value) -> Value {
    let related = || by_object_type(field.text("related_object_type")).map(|model| model.kind);
    match (field.text("type"), raw) {
        (_, Value::Null) => Value::Null,
        ("select", value) if view.version.selections_are_objects() => selection(view.store, field, value),
        ("multiselect", Value::Array(values)) if view.version.selections_are_objects() => {
            values.iter().map(|value| selection(view.store, field, value)).collect()
        }
        ("object", id) => related().map_or(Value::Null, |kind| view.nested(kind, id.as_u64())),
        ("multiobject", Value::Array(ids)) => {
            related().map_or(Value::Null, |kind| ids.iter().map(|id| view.nested(kind, id.as_u64())).collect())
        }
        (_, plain) => plain.clone(),
    }
}

fn selection(store: &Store, field: &Record, value: &Value) -> Value {
    let chosen = value.as_str().unwrap_or("");
    let set = choice_set(store, field);
    let label = set.and_then(|set| choices(set).find(|(known, _)| *known == chosen)).map_or(chosen, |(_, label)| label);
    json!({"value": chosen, "label": label})
}

fn choice_set<'a>(store: &'a Store, field: &Record) -> Option<&'a Record> {
    store.get(Kind::ChoiceSet, field.number("choice_set")?)
}

/// Value and label.
pub(super) fn choices(set: &Record) -> impl Iterator<Item = (&str, &str)> {
    let pairs = set.value("extra_choices").as_array().map_or(&[][..], Vec::as_slice);
    pairs.iter().filter_map(|pair| Some((pair.get(0)?.as_str()?, pair.get(1)?.as_str()?)))
}

/// What a write leaves in the row.
///
/// A creation that gives no custom fields stores all of them, each with its default or null; one that gives some stores these and the
/// defaults of the others. A change merges (seen: 4.7.3).
pub(super) fn written(
    store: &Store,
    kind: Kind,
    given: Option<&Value>,
    current: Option<&Map<String, Value>>,
) -> Result<Map<String, Value>, Errors> {
    let mut stored = current.cloned().unwrap_or_default();
    let fields: Vec<_> = defined(store, kind).collect();
    let given = match given {
        None => None,
        Some(Value::Object(given)) => Some(given),
        Some(Value::Null) => return Err(one("custom_fields", "This field may not be null.")),
        Some(_) => return Err(one("custom_fields", "Expected a dictionary of items.")),
    };
    let mut unknown = Map::new();
    for (name, value) in given.into_iter().flatten() {
        let Some(field) = fields.iter().find(|field| field.text("name") == name) else {
            unknown.insert(name.clone(), json!(format!("Custom field '{name}' does not exist for this object type.")));
            continue;
        };
        stored.insert(name.clone(), resolve(store, field, value)?);
    }
    if !unknown.is_empty() {
        return Err(Map::from_iter([("custom_fields".to_owned(), Value::Object(unknown))]));
    }
    if current.is_none() {
        for field in &fields {
            let default = field.value("default");
            if !stored.contains_key(field.text("name")) && (given.is_none() || !default.is_null()) {
                stored.insert(field.text("name").to_owned(), default.clone());
            }
        }
    }
    for field in &fields {
        let name = field.text("name");
        let value = stored.get(name).unwrap_or(&Value::Null);
        if let Err(message) = check(store, field, value) {
            return Err(one("__all__", &format!("Invalid value for custom field '{name}': {message}")));
        }
        let touched = given.is_some_and(|given| given.contains_key(name));
        if touched && field.value("unique") == &json!(true) && !value.is_null() && taken(store, kind, name, value) {
            return Err(one("__all__", &format!("Custom field '{name}' must have a unique value.")));
        }
    }
    Ok(stored)
}

fn taken(store: &Store, kind: Kind, name: &str, value: &Value) -> bool {
    store.all(kind).filter(|record| record.custom_fields.get(name) == Some(value)).count() > 0
}

/// Objects are written by id or attributes and stored by id; a URL gets its scheme.
fn resolve(store: &Store, field: &Record, value: &Value) -> Result<Value, Errors> {
    if let (Some(text), "url") = (value.as_str(), field.text("type")) {
        return Ok(if text.contains("://") { value.clone() } else { json!(format!("https://{text}")) });
    }
    let Some(related) = by_object_type(field.text("related_object_type")) else { return Ok(value.clone()) };
    let find = |value: &Value| {
        related::find(store, related.kind, value).map(|id| json!(id)).map_err(|message| one("custom_fields", &message))
    };
    match (field.text("type"), value) {
        (_, Value::Null) => Ok(Value::Null),
        ("object", value) => find(value),
        ("multiobject", Value::Array(values)) => values.iter().map(find).collect(),
        _ => Ok(value.clone()),
    }
}

fn check(store: &Store, field: &Record, value: &Value) -> Result<(), String> {
    if value.is_null() {
        return if field.value("required") == &json!(true) {
            Err("Required field cannot be empty.".to_owned())
        } else {
            Ok(())
        };
    }
    let must = |holds: bool, message: &str| if holds { Ok(()) } else { Err(message.to_owned()) };
    match field.text("type") {
        "text" | "longtext" | "url" => must(value.is_string(), "Value must be a string."),
        "integer" => {
            must(value.is_i64() || value.is_u64(), "Value must be an integer.")?;
            let (number, bound) = (value.as_i64(), |name: &str| field.value(name).as_i64());
            if let Some(least) = bound("validation_minimum") {
                must(number >= Some(least), &format!("Value must be at least {least}"))?;
            }
            match bound("validation_maximum") {
                Some(most) => must(number <= Some(most), &format!("Value must not exceed {most}")),
                None => Ok(()),
            }
        }
        "decimal" => must(value.is_number(), "Value must be a decimal."),
        "boolean" => must(value.is_boolean(), "Value must be true or false."),
        "date" | "datetime" => must(value.is_string(), "Date values must be in ISO 8601 format."),
        "select" => check_choice(store, field, value),
        "multiselect" => value
            .as_array()
            .ok_or("Value must be a list.")?
            .iter()
            .try_for_each(|value| check_choice(store, field, value)),
        _ => Ok(()),
    }
}

fn check_choice(store: &Store, field: &Record, value: &Value) -> Result<(), String> {
    let Some(set) = choice_set(store, field) else { return Ok(()) };
    let known = value
        .as_str()
        .is_some_and(|value| set.value(OPEN) == &json!(true) || choices(set).any(|(known, _)| known == value));
    if known {
        return Ok(());
    }
    let shown = value.as_str().map_or_else(|| repr(value), str::to_owned);
    Err(format!("Invalid choice ({shown}) for choice set {}.", set.text("name")))
}

/// As `data_type` of a custom field.
pub(super) fn data_type(of: &str) -> &'static str {
    match of {
        "integer" => "integer",
        "decimal" => "decimal",
        "boolean" => "boolean",
        "json" | "object" => "object",
        "multiselect" | "multiobject" => "array",
        _ => "string",
    }
}

/// An error with one message.
pub(super) fn one(field: &str, message: &str) -> Errors {
    Map::from_iter([(field.to_owned(), json!([message]))])
}
