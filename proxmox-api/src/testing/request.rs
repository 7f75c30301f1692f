//! Requests: query, form and JSON bodies as Proxmox VE reads them, and what is kept of each request.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::reply::ApiError;

/// One request that reached the fake, for assertions and for counting calls.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recorded {
    /// The HTTP method.
    pub method: String,
    /// The decoded path below `/api2/json`, without trailing or double slashes: `/nodes/pve01/qemu/100/config`.
    pub path: String,
    /// Parameters of query and body together, decoded once. `password` is masked.
    pub params: BTreeMap<String, String>,
    /// `user@realm` or `user@realm!token`; `None` if it was not (or wrongly) authenticated.
    pub user: Option<String>,
    /// The status answered; `None` if the connection was dropped without an answer.
    pub status: Option<u16>,
    /// The reason phrase answered.
    pub reason: String,
    /// Whether the method ran, whatever was answered: true for an answer lost on its way back.
    pub executed: bool,
}

/// The value of a parameter before its type is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RawValue {
    /// A scalar.
    One(String),
    /// A JSON array, or a key repeated in a form.
    Many(Vec<String>),
    /// A JSON object.
    Hash,
}

/// Parameters before they are checked.
pub(super) type RawParams = BTreeMap<String, RawValue>;

/// Adds the pairs of a query string or form. `;` separates like `&`, `+` is a space.
pub(super) fn add_form(params: &mut RawParams, text: &str) {
    for pair in text.split(['&', ';']).filter(|p| !p.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = decode(key);
        let value = decode(value);
        match params.get_mut(&key) {
            None => {
                params.insert(key, RawValue::One(value));
            }
            Some(RawValue::Many(values)) => values.push(value),
            Some(old) => {
                let first = match old {
                    RawValue::One(text) => std::mem::take(text),
                    _ => String::new(),
                };
                *old = RawValue::Many(vec![first, value]);
            }
        }
    }
}

/// Where the daemon puts an upload until its task has moved it; here only its size is kept, as the end of the name.
pub(super) const UPLOADED: &str = "/var/tmp/pveupload-";

/// Adds the fields of a form of parts. Of the file its name is `filename`, and `tmpfilename` says where it is meanwhile.
pub(super) fn add_parts(params: &mut RawParams, boundary: &str, body: &[u8]) {
    let delimiter = format!("\r\n--{boundary}");
    // The first delimiter has no line before it.
    let body = [b"\r\n", body].concat();
    let mut rest = &body[..];
    while let Some(at) = find(rest, delimiter.as_bytes()) {
        rest = &rest[at + delimiter.len()..];
        let part = &rest[..find(rest, delimiter.as_bytes()).unwrap_or(0)];
        let Some(end) = find(part, b"\r\n\r\n") else { continue };
        let (head, value) = (String::from_utf8_lossy(&part[..end]), &part[end + 4..]);
        let quoted = |key: &str| Some(head.split_once(&format!("{key}=\""))?.1.split_once('"')?.0.to_owned());
        match (quoted(" filename"), quoted(" name")) {
            (Some(file), _) => {
                params.insert("filename".into(), RawValue::One(file));
                params.insert("tmpfilename".into(), RawValue::One(format!("{UPLOADED}{}", value.len())));
            }
            (None, Some(name)) => {
                params.insert(name, RawValue::One(String::from_utf8_lossy(value).into_owned()));
            }
            (None, None) => {}
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// Adds the members of a JSON body: `true` is 1, `null` is an absent parameter, 2.0 is 2.
pub(super) fn add_json(params: &mut RawParams, body: &[u8]) -> Result<(), ApiError> {
    let at = "at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line 934.";
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        let offset = error.column().saturating_sub(1);
        let found = if body.is_empty() { "(end of string)" } else { "..." };
        ApiError::Text(
            500,
            format!(
                "malformed JSON string, neither tag, array, object, number, string or atom, \
                 at character offset {offset} (before \"{found}\") {at}"
            ),
        )
    })?;
    let Value::Object(members) = value else {
        return Err(ApiError::Text(
            500,
            "Not a HASH reference at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line 978.".into(),
        ));
    };
    for (key, value) in members {
        let raw = match value {
            Value::Null => continue,
            Value::Array(items) => RawValue::Many(items.iter().filter_map(scalar).collect()),
            Value::Object(_) => RawValue::Hash,
            value => RawValue::One(scalar(&value).unwrap_or_default()),
        };
        params.insert(key, raw);
    }
    Ok(())
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Bool(flag) => Some(if *flag { "1" } else { "0" }.into()),
        // Perl prints a float without a fraction as an integer, and so does Rust's `{}` for f64.
        Value::Number(number) => Some(match (number.as_i64(), number.as_f64()) {
            (None, Some(float)) => format!("{float}"),
            _ => number.to_string(),
        }),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// What is recorded of parameters.
pub(super) fn recorded_params(params: &RawParams) -> BTreeMap<String, String> {
    params
        .iter()
        .map(|(key, value)| {
            let text = match value {
                RawValue::One(_) if key == "password" => "********".to_owned(),
                RawValue::One(text) => text.clone(),
                RawValue::Many(values) => values.join(","),
                RawValue::Hash => "HASH".into(),
            };
            (key.clone(), text)
        })
        .collect()
}

/// Splits a path into decoded segments; double and trailing slashes do not count.
pub(super) fn segments(path: &str) -> Vec<String> {
    path.split('/').filter(|s| !s.is_empty()).map(|s| percent_decode_str(s).decode_utf8_lossy().into_owned()).collect()
}
