//! Answers that are none of NetBox's API: a log-in page, a web server's or a proxy's page, another service's.

use http::header::{CONTENT_TYPE, HeaderMap};
use url::Url;

use crate::error::{Attempt, Error, ErrorKind, Phase};

/// Whether this is an HTML page. NetBox's API sends one only where it fails, or does not have the path (4.7.3).
pub(super) fn is_page(headers: &HeaderMap, body: &[u8]) -> bool {
    let body = body.trim_ascii_start();
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    body.starts_with(b"<") || (kind.starts_with("text/html") && !body.is_empty())
}

/// A page; `judged` is what the table of statuses makes of its status.
pub(super) fn page(place: &str, judged: Error) -> Error {
    match judged.kind() {
        // Who may read and write is told by NetBox in JSON; a page that refuses is of what is in front of it.
        ErrorKind::Permission | ErrorKind::NotFound | ErrorKind::NotNetBox => judged
            .with_kind(ErrorKind::NotNetBox)
            .with_message(message(place, "an HTML page (a log-in page, a web server's, a proxy's)")),
        _ => judged.with_message(format!(
            "an HTML page answered at {place}, without NetBox's words: NetBox itself, or what is in front of it, failed \
             or refuses"
        )),
    }
}

/// What netbox-branching says of a branch in the header, which is bare text (seen: 1.2.2).
pub(super) fn about_branch(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?.trim();
    ["Invalid branch identifier", "Selected branch is not ready."].contains(&text).then_some(text)
}

/// A success that is none of NetBox's.
pub(super) fn foreign(place: &str, attempt: &Attempt, what: &str) -> Error {
    Error::new(attempt, ErrorKind::NotNetBox, Phase::Answered, message(place, what))
}

fn message(place: &str, what: &str) -> String {
    format!("{what} came from {place} where NetBox's API should be: check the URL of NetBox")
}

/// Host and port, and the proxy in between.
pub(super) fn place(base: &Url, proxy: Option<&str>) -> String {
    let port = base.port_or_known_default().unwrap_or_default();
    let way = proxy.map(|proxy| format!(" (through the proxy {proxy})")).unwrap_or_default();
    format!("{}:{port}{way}", base.host_str().unwrap_or_default())
}

/// Where an answer sends us: scheme, host and port only, as the rest may hold a secret.
pub(super) fn redirect(place: &str, base: &Url, location: Option<&str>) -> String {
    let target = location.and_then(|location| base.join(location).ok()).and_then(|target| {
        let port = target.port().map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!(" to {}://{}{port}", target.scheme(), target.host_str()?))
    });
    format!(
        "{place} redirects{}, which is not followed; check the URL (https, host, path) of NetBox",
        target.unwrap_or_default()
    )
}
