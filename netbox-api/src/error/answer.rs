//! What an answer that is no success means: the table of NetBox's statuses and bodies.

use api_transport::legible;
use serde_json::Value;

use super::{Attempt, Error, ErrorKind, FieldError, Item, ItemError, Phase};

impl Error {
    /// An answer that is no success.
    pub(crate) fn answered(attempt: &Attempt, status: u16, body: &[u8], request_id: Option<String>) -> Self {
        let json: Option<Value> = serde_json::from_slice(body).ok();
        let detail = json.as_ref().and_then(|json| json.get("detail")).and_then(Value::as_str);
        let kind = match status {
            300..=399 => ErrorKind::Redirect,
            400 if json.is_some() => ErrorKind::Validation,
            401 | 403 => ErrorKind::Permission,
            404 if detail.is_some() => ErrorKind::NotFound,
            404 => ErrorKind::NotNetBox,
            408 => ErrorKind::Timeout,
            409 => ErrorKind::Conflict,
            412 => ErrorKind::Precondition,
            429 | 502..=504 => ErrorKind::Unavailable,
            500..=599 => ErrorKind::Server,
            _ => ErrorKind::Refused,
        };
        // A gateway answers for NetBox: what NetBox did is not known.
        let phase = if matches!(status, 502..=504) { Phase::Ambiguous } else { Phase::Answered };
        let fields = match (&json, kind) {
            (Some(json), ErrorKind::Validation) => fields_of(json),
            _ => Vec::new(),
        };
        let message = match (&json, detail) {
            _ if kind == ErrorKind::Redirect => {
                "a redirect is not followed; check the URL (https, host, path) of NetBox".to_owned()
            }
            _ if kind == ErrorKind::NotNetBox => "not an answer of NetBox's API; check the URL of NetBox".to_owned(),
            _ if !fields.is_empty() => fields.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            (_, Some(detail)) => detail.to_owned(),
            (Some(json), None) => match json.get("error").and_then(Value::as_str) {
                Some(error) => error.to_owned(),
                None => json.to_string(),
            },
            // HTML, in which there is nothing to read.
            (None, None) => "no details given".to_owned(),
        };
        let mut error = Self::new(attempt, kind, phase, message);
        error.0.status = Some(status);
        error.0.fields = fields;
        if let Some(json) = &json {
            error.0.items = items_of(json);
            error.0.listed = json.as_array().map(Vec::len);
        }
        error.0.request_id = request_id;
        error
    }
}

/// What a branch and main both changed (409, netbox-branching 1.2.2): an item is an object by its id, with the fields.
fn conflict(entry: &Value) -> Option<ItemError> {
    let shown = |of: &str, field: &str| match entry.get("conflicting_data").and_then(|data| data.get(of)?.get(field)) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => "nothing".to_owned(),
    };
    let about = |field: &str| FieldError {
        field: field.to_owned(),
        message: format!(
            "was {}, is {} in the branch and {} in main",
            shown("original", field),
            shown("branch", field),
            shown("main", field)
        ),
    };
    let fields = entry.get("conflicts")?.as_array()?.iter().filter_map(Value::as_str).map(about).collect();
    Some(ItemError { item: Item::Id(entry.get("object_id")?.as_u64()?), fields })
}

/// What is said of each record: `{"errors": [{"index" or "id", "errors"}]}`, before NetBox 4.7 a list with one entry each.
fn items_of(json: &Value) -> Vec<ItemError> {
    let number = |entry: &Value, name: &str| entry.get(name).and_then(Value::as_u64);
    let explained = |entry: &Value| {
        let index = || number(entry, "index").and_then(|index| usize::try_from(index).ok()).map(Item::Index);
        let item = number(entry, "id").map(Item::Id).or_else(index)?;
        Some(ItemError { item, fields: fields_of(entry.get("errors")?) })
    };
    let listed = |(index, entry): (usize, &Value)| {
        let fields = fields_of(entry);
        (entry.is_object() && !fields.is_empty()).then_some(ItemError { item: Item::Index(index), fields })
    };
    if let Some(conflicts) = json.get("conflicts").and_then(Value::as_array) {
        return conflicts.iter().filter_map(conflict).collect();
    }
    match (json.as_array(), json.get("errors").and_then(Value::as_array)) {
        (Some(entries), _) => entries.iter().enumerate().filter_map(listed).collect(),
        (None, Some(entries)) => entries.iter().filter_map(explained).collect(),
        (None, None) => Vec::new(),
    }
}

/// Every message of a refusal with its path: `{field: [messages]}`, nested, a list, or a bulk request's.
fn fields_of(json: &Value) -> Vec<FieldError> {
    fn collect(path: &str, value: &Value, found: &mut Vec<FieldError>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    collect(&path, value, found);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    if item.is_object() || item.is_array() {
                        collect(&format!("{path}[{index}]"), item, found);
                    } else {
                        collect(path, item, found);
                    }
                }
            }
            Value::String(text) => found.push(FieldError { field: legible(path), message: legible(text) }),
            Value::Null => {}
            other => found.push(FieldError { field: legible(path), message: legible(&other.to_string()) }),
        }
    }
    let mut found = Vec::new();
    match json {
        // Only words, about nothing in particular.
        Value::Object(map) if map.len() == 1 && map.contains_key("detail") => {}
        json => collect("", json, &mut found),
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn attempt(method: &'static str) -> Attempt {
        Attempt {
            method,
            path: "/api/virtualization/virtual-machines/7/".into(),
            template: "/api/virtualization/virtual-machines/{id}/".into(),
        }
    }

    /// One row: status, body → kind, phase, may a GET be repeated, may a PATCH be repeated.
    #[test]
    fn the_table_of_statuses() {
        use ErrorKind::*;
        use Phase::*;
        let html = "<!DOCTYPE html><html></html>";
        for (status, body, kind, phase, get, patch) in [
            (301, "", Redirect, Answered, false, false),
            (400, r#"{"status": ["bogus is not a valid choice."]}"#, Validation, Answered, false, false),
            (400, html, Refused, Answered, false, false),
            (401, "", Permission, Answered, false, false),
            (403, r#"{"detail": "Invalid v2 token"}"#, Permission, Answered, false, false),
            (404, r#"{"detail": "No VirtualMachine matches the given query."}"#, NotFound, Answered, false, false),
            (404, html, NotNetBox, Answered, false, false),
            (404, r#"{"error": "route not found"}"#, NotNetBox, Answered, false, false),
            (405, r#"{"detail": "Method \"POST\" not allowed."}"#, Refused, Answered, false, false),
            (409, r#"{"detail": "Unable to delete object. 42 dependent objects"}"#, Conflict, Answered, false, false),
            (412, r#"{"detail": "Precondition failed."}"#, Precondition, Answered, false, false),
            (429, "", Unavailable, Answered, true, true),
            (500, r#"{"error": "integer out of range", "exception": "DataError"}"#, Server, Answered, false, false),
            (500, html, Server, Answered, false, false),
            (502, html, Unavailable, Ambiguous, true, false),
            (503, "", Unavailable, Ambiguous, true, false),
            (504, "", Unavailable, Ambiguous, true, false),
        ] {
            let get_error = Error::answered(&attempt("GET"), status, body.as_bytes(), None);
            let patch_error = Error::answered(&attempt("PATCH"), status, body.as_bytes(), None);
            assert_eq!((get_error.kind(), get_error.phase()), (kind, phase), "{status} {body}");
            assert_eq!((get_error.is_retryable(), patch_error.is_retryable()), (get, patch), "{status} {body}");
        }
    }

    #[test]
    fn the_words_of_netbox_are_kept_with_their_fields() {
        let fields = |body: &str| {
            let error = Error::answered(&attempt("PATCH"), 400, body.as_bytes(), Some("abc".into()));
            error.fields().iter().map(|field| (field.field.clone(), field.message.clone())).collect::<Vec<_>>()
        };
        let pair = |field: &str, message: &str| (field.to_owned(), message.to_owned());
        assert_eq!(fields(r#"{"memory": ["too small", "odd"]}"#), [pair("memory", "too small"), pair("memory", "odd")]);
        assert_eq!(
            fields(r#"{"custom_fields": {"no_such_cf": "does not exist"}}"#),
            [pair("custom_fields.no_such_cf", "does not exist")]
        );
        assert_eq!(fields(r#"["Ordering cannot be specified"]"#), [pair("", "Ordering cannot be specified")]);
        assert_eq!(
            fields(r#"{"detail": "1 of 2", "errors": [{"id": 23, "errors": {"memory": ["low"]}}]}"#),
            [pair("detail", "1 of 2"), pair("errors[0].errors.memory", "low"), pair("errors[0].id", "23")]
        );
        assert_eq!(fields(r#"{"detail": "JSON parse error"}"#), []);
        let error = Error::answered(&attempt("PATCH"), 400, br#"{"__all__": ["needs a site"]}"#, Some("abc".into()));
        assert_eq!(error.to_string(), "NetBox: PATCH /api/virtualization/virtual-machines/7/: 400: needs a site");
        assert_eq!(error.request_id(), Some("abc"));
        assert_eq!(error.path_template(), "/api/virtualization/virtual-machines/{id}/");
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        let body = format!(r#"{{"detail": "{}"}}"#, "é".repeat(5000));
        let error = Error::answered(&attempt("DELETE"), 409, body.as_bytes(), None);
        assert!(error.message().len() <= 2000 + '…'.len_utf8());
    }

    #[test]
    fn a_repeated_secret_is_taken_out() {
        let body = br#"{"token": ["nbt_abc.def is no token"]}"#;
        let error = Error::answered(&attempt("POST"), 400, body, None).without("nbt_abc.def");
        assert!(!format!("{error} {error:?} {:?}", error.fields()).contains("nbt_abc.def"));
    }
}
