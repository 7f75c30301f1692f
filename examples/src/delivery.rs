//! Reading a delivery, for the server and for `plan --event`: an error names the field.

use netbox_api::Delivery;

/// Why bytes are no delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotADelivery {
    /// Path of the field that is missing or wrong, like `data.id`; empty where it is no JSON, or no object.
    pub path: String,
    /// What is wrong. It may quote a value.
    pub reason: String,
}

impl std::fmt::Display for NotADelivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.reason),
            path => write!(f, "{path}: {}", self.reason),
        }
    }
}

/// Reads a delivery.
///
/// # Errors
/// It is no JSON, or lacks what every delivery has.
pub fn read(body: &[u8]) -> Result<Delivery, NotADelivery> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let delivery: Delivery = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        // Where the JSON itself is broken, it is not about a field.
        let about_a_field = path != "." && error.inner().is_data();
        fault(if about_a_field { &path } else { "" }, &error.inner().to_string())
    })?;
    json.end().map_err(|error| fault("", &error.to_string()))?;
    Ok(delivery)
}

/// A field that is missing is reported at the object that lacks it, and one within `data` in the words only.
fn fault(path: &str, reason: &str) -> NotADelivery {
    let missing = reason.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    let (path, reason) = match (path, missing, reason.split_once(": ")) {
        (_, Some(field), _) if path.is_empty() => (field.to_owned(), reason),
        (_, Some(field), _) => (format!("{path}.{field}"), reason),
        ("", None, Some((within, why))) if within.starts_with("data.") => (within.to_owned(), why),
        _ => (path.to_owned(), reason),
    };
    NotADelivery { path, reason: reason.to_owned() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_field() {
        for (body, path) in [
            ("", ""),
            ("[]", ""),
            ("{", ""),
            (r#"{"object_type": "dcim.site", "data": {"id": 1}}"#, "event"),
            (r#"{"event": "burned", "object_type": "dcim.site", "data": {"id": 1}}"#, "event"),
            (r#"{"event": "created", "data": {"id": 1}}"#, "object_type"),
            (r#"{"event": "created", "object_type": "dcim.site"}"#, "data"),
            (r#"{"event": "created", "object_type": "dcim.site", "data": {}}"#, "data.id"),
            (
                r#"{"event": "created", "object_type": "virtualization.virtualmachine", "data": {"name": "x"}}"#,
                "data.id",
            ),
            (r#"{"event": "created", "object_type": "virtualization.virtualmachine", "data": {"id": "x"}}"#, "data.id"),
            (r#"{"event": "created", "object_type": "dcim.site", "data": {"id": 1}} x"#, ""),
        ] {
            let error = read(body.as_bytes()).unwrap_err();
            assert_eq!(error.path, path, "{body}: {error}");
            assert!(!error.reason.is_empty());
        }
    }
}
