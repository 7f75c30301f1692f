//! Finding the object that a written reference or a filter means.

use serde_json::Value;

use super::json::repr;
use super::models::model;
use super::schema::Kind;
use super::store::{Record, Store};

/// By id (a number, or text that is one) or by attributes, such as `{"name": "pve-cluster-1"}`.
///
/// # Errors
///
/// The message that NetBox puts under the field.
pub(super) fn find(store: &Store, kind: Kind, written: &Value) -> Result<u64, String> {
    match written {
        Value::Object(attributes) => {
            let mut matching =
                store.all(kind).filter(|record| attributes.iter().all(|(name, value)| has(record, name, value)));
            match (matching.next(), matching.next()) {
                (Some(found), None) => Ok(found.id),
                (None, _) => Err(format!("Related object not found using the provided attributes: {}", repr(written))),
                _ => Err(format!("Multiple objects match the provided attributes: {}", repr(written))),
            }
        }
        Value::Number(_) | Value::String(_) => {
            let id = written.as_u64().or_else(|| written.as_str()?.parse().ok()).ok_or_else(|| {
                format!(
                    "Related objects must be referenced by numeric ID or by dictionary of attributes. Received an unrecognized value: {}",
                    written.as_str().unwrap_or_default()
                )
            })?;
            let found = store.get(kind, id).map(|record| record.id);
            found.ok_or_else(|| format!("Related object not found using the provided numeric ID: {id}"))
        }
        other => Err(format!(
            "Related objects must be referenced by numeric ID or by dictionary of attributes. Received an unrecognized value: {}",
            repr(other)
        )),
    }
}

fn has(record: &Record, name: &str, value: &Value) -> bool {
    if name == "id" { value.as_u64() == Some(record.id) } else { record.value(name) == value }
}

/// Those that a filter such as `?cluster=` names: two clusters of two sites may have one name.
pub(super) fn by_natural_key<'a>(store: &'a Store, kind: Kind, key: &'a str) -> impl Iterator<Item = u64> + 'a {
    let column = model(kind).natural_key;
    store.all(kind).filter(move |record| record.text(column) == key).map(|record| record.id)
}
