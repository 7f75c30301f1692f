//! The form in which NetBox takes a text as the value of a custom field: that of the type which the field has.

use futures_util::future::BoxFuture;
use netbox_api::{Error, ErrorKind};
use serde_json::{Value, json};

/// The forms that are tried where nobody may see the field's type, the most usual one first.
const TRIED: [&str; 4] = ["select", "integer", "object", "multiselect"];

/// A text in the form of a type; none if a field of that type cannot hold it (each recorded of NetBox 4.7.3).
pub(super) fn in_type(kind: &str, text: &str) -> Option<Value> {
    match kind {
        "text" | "longtext" | "select" => Some(json!(text)),
        "integer" | "decimal" => text.parse::<u64>().ok().map(Value::from),
        "object" => Some(json!({ "name": text })),
        "multiselect" => Some(json!([text])),
        "multiobject" => Some(json!([{ "name": text }])),
        _ => None,
    }
}

/// Writes a value in the form that NetBox takes. Which one that is only the field's definition says, which our token may
/// not see: a write that NetBox refuses changes nothing, so the next form is tried.
///
/// # Errors
/// That of the first form, if NetBox takes none: the most usual type is first.
pub(super) async fn in_its_form<'a, T>(
    text: &str,
    write: impl Fn(Value) -> BoxFuture<'a, Result<T, Error>>,
) -> Result<T, Error> {
    let mut first = None;
    for form in TRIED.into_iter().filter_map(|kind| in_type(kind, text)) {
        match write(form).await {
            Err(error) if error.kind() == ErrorKind::Validation => first.get_or_insert(error),
            other => return other,
        };
    }
    Err(first.expect("there is a form"))
}
