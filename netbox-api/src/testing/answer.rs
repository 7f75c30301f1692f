//! What a request is answered with.

use serde_json::{Map, Value, json};

use super::json;

/// The answer to a request, also for those made without HTTP through [`User::request`](super::User::request).
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers beside the usual ones, such as `ETag`, `Location`, `X-Request-ID`.
    pub headers: Vec<(String, String)>,
    /// The body: JSON, or text (HTML), or null if there is none.
    pub body: Value,
    pub(super) html: bool,
}

impl Answer {
    pub(super) fn new(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body, html: false }
    }

    pub(super) fn empty(status: u16) -> Self {
        Self::new(status, Value::Null)
    }

    pub(super) fn detail(status: u16, text: impl Into<String>) -> Self {
        Self::new(status, json!({"detail": text.into()}))
    }

    pub(super) fn errors(errors: Map<String, Value>) -> Self {
        Self::new(400, Value::Object(errors))
    }

    /// A page of the web interface, as for a path that does not exist.
    pub(super) fn page(status: u16, title: &str) -> Self {
        let page = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n  <head><title>{title} | NetBox</title></head>\n  <body><h1>{title}</h1></body>\n</html>\n"
        );
        Self { html: true, ..Self::new(status, Value::from(page)) }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The value of a header, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(super) fn content_type(&self) -> &'static str {
        if self.html { "text/html; charset=utf-8" } else { "application/json" }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        match &self.body {
            Value::Null => Vec::new(),
            Value::String(page) if self.html => page.clone().into_bytes(),
            value => json::compact(value),
        }
    }
}
