//! Answers that are none of Proxmox VE's API: a log-in page, a web server's or a proxy's page, another service's JSON.

use http::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;

use super::endpoints::Endpoint;
use super::error::Attempt;
use super::{Error, ErrorKind, Phase};

/// Whether this is an HTML page. Proxmox VE's API sends none, not even for errors (9.1).
pub(super) fn is_page(headers: &HeaderMap, body: &[u8]) -> bool {
    let body = body.trim_ascii_start();
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    body.starts_with(b"<") || (kind.starts_with("text/html") && !body.is_empty())
}

/// A page, with its status.
pub(super) fn page(endpoint: &Endpoint, attempt: &Attempt, status: u16) -> Error {
    let (place, port) = (endpoint.place(), endpoint.about_port());
    match status {
        // Something between us and Proxmox speaks of itself, or of what it knows of Proxmox: the table decides.
        500.. => {
            let message = format!(
                "an HTML page answered at {place} with status {status}, not Proxmox VE's API: what is in front of it \
                 failed, or does not reach it{port}"
            );
            attempt.refused(status, message, Default::default())
        }
        _ => foreign(endpoint, attempt, "an HTML page (a log-in page, a web server's, a proxy's)").with_status(status),
    }
}

/// A success that cannot be read: what it is, if it is none of Proxmox VE's.
pub(super) fn not_an_envelope(endpoint: &Endpoint, attempt: &Attempt, body: &[u8]) -> Option<Error> {
    let what = match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(answer)) if answer.contains_key("data") => return None,
        Ok(_) => "JSON of another service",
        Err(_) if body.trim_ascii().is_empty() => "an empty answer",
        Err(_) if body.trim_ascii_start().starts_with(b"{\"data\"") => return None,
        Err(_) => "something that is no JSON",
    };
    Some(foreign(endpoint, attempt, what))
}

fn foreign(endpoint: &Endpoint, attempt: &Attempt, what: &str) -> Error {
    let (place, port) = (endpoint.place(), endpoint.about_port());
    let message = format!("{what} came from {place} where Proxmox VE's API should be: check the address{port}");
    attempt.error(ErrorKind::NotProxmox, Phase::Answered, message)
}
