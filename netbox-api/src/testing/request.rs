//! A request as this NetBox sees it.

use serde_json::Value;

use super::paging::Query;

/// What a request was, for tests that count calls or look at what was sent.
#[derive(Clone, Debug)]
pub struct Received {
    /// "GET" …
    pub method: String,
    /// Without the query: "/api/virtualization/virtual-machines/1/".
    pub path: String,
    /// What followed the `?`, as it was sent.
    pub query: String,
    /// The headers, names in lower case. The token is in here.
    pub headers: Vec<(String, String)>,
    /// The body, if it was JSON.
    pub body: Value,
    /// What it was answered with; none while it is being answered, or if the connection was dropped.
    pub status: Option<u16>,
    /// `X-Request-ID` of the answer, empty if it was not executed.
    pub request_id: String,
}

impl Received {
    /// A header's value, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Whether it is that method on a path that matches, with `*` for any text.
    #[must_use]
    pub fn is(&self, method: &str, path: &str) -> bool {
        (method == "*" || self.method == method) && super::faults::matches(path, &self.path)
    }
}

/// Who asks.
#[derive(Clone, Debug)]
pub(super) enum Identity {
    /// The `Authorization` header says.
    Header,
    /// A person at the web interface or another program: everything is allowed.
    User(String),
    /// `netbox shell`: no events, no change log.
    Shell,
}

/// How a request comes about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Way {
    /// By itself.
    #[default]
    Plain,
    /// A merge or revert of a branch does again what the request of this id did in it.
    Again(String),
    /// In the branch with this `schema_id`.
    Branch(String),
}

/// A request to be executed.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Query,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) identity: Identity,
    pub(super) way: Way,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}
