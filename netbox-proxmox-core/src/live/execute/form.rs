//! Writes a value to a custom field in the type that the field has.

use futures_util::future::BoxFuture;
use netbox_api::{Error, ErrorKind};
use serde_json::{Value, json};

/// Writes a value in the form that NetBox takes. Which one that is only the field's definition says, which our token may
/// not see: a write that NetBox refuses changes nothing, so the next form is tried.
///
/// # Errors
/// That of the first form, if NetBox takes none: the most usual type is first.
pub(super) async fn in_its_form<'a, T>(
    value: &str,
    write: impl Fn(Value) -> BoxFuture<'a, Result<T, Error>>,
) -> Result<T, Error> {
    let mut first = None;
    for form in forms(value) {
        match write(form).await {
            Err(error) if error.kind() == ErrorKind::Validation => first.get_or_insert(error),
            other => return other,
        };
    }
    Err(first.expect("there is a form"))
}

/// A text or a selection, an integer, an object by its name, a selection of several (each recorded of NetBox 4.7.3).
fn forms(value: &str) -> Vec<Value> {
    let number = value.parse::<u64>().ok().map(Value::from);
    let named = number.is_none().then(|| json!({"name": value}));
    [Some(json!(value)), number, named, Some(json!([value]))].into_iter().flatten().collect()
}
