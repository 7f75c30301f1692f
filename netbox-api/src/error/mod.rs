//! Why a request to NetBox failed, and what that means for trying again.

mod answer;

use std::error::Error as StdError;
use std::fmt;

use api_transport::{Outcome, TransportError, legible};

/// A failed request: what was attempted, what came of it, NetBox's own words.
///
/// No secret is in it: not the token, not the body that was sent, not the query.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    phase: Phase,
    method: &'static str,
    path: String,
    template: String,
    status: Option<u16>,
    message: String,
    fields: Vec<FieldError>,
    items: Vec<ItemError>,
    /// How many entries the answer has, if it is a list.
    listed: Option<usize>,
    request_id: Option<String>,
    fingerprint: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What went wrong, as far as a caller can act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// NetBox says that there is no such object (404 with NetBox's JSON). The only answer that means so.
    NotFound,
    /// The answer is none of NetBox's API: HTML, as for a path it does not have (404), of a log-in or a proxy, or another
    /// service's. Usually a wrong URL.
    NotNetBox,
    /// The token is missing, wrong, read-only, or lacks a permission: 403 in all cases, NetBox sends no 401.
    Permission,
    /// NetBox refuses the values (400): see [`Error::fields`].
    Validation,
    /// Other objects depend on it (409).
    Conflict,
    /// No address, prefix or VLAN is left of those that were to be given out (409).
    Exhausted,
    /// The branch that the client is a view of is none, or is not ready (400): see [`Client::branch`](crate::Client::branch).
    Branch,
    /// The object was changed since its `ETag` was read (412).
    Precondition,
    /// NetBox cannot be reached, or is not up (502, 503, 504), or asks to wait (429).
    Unavailable,
    /// No answer in time.
    Timeout,
    /// NetBox failed (500 and the like). Its transaction is undone.
    Server,
    /// The answer is JSON of NetBox, but not of the form expected; the text names the path in it.
    Decode,
    /// The certificate of the server is not trusted: see [`Error::fingerprint`].
    Certificate,
    /// A redirect, which is not followed: a redirected write would lose its body. Usually `http://` for `https://`.
    Redirect,
    /// The answer is longer than [`ClientBuilder::longest_answer`](crate::ClientBuilder::longest_answer) allows.
    TooLong,
    /// Pages of a list that cannot be right: a next page elsewhere, or a list that will not hold still.
    Paging,
    /// Another refusal (405, 406, 415 …).
    Refused,
    /// The client is not set up right, or the request cannot be made: nothing was sent.
    Config,
}

/// How far the request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// NetBox has not seen it.
    NotSent,
    /// NetBox may have acted on it: for a write, look before trying again.
    Ambiguous,
    /// NetBox answered.
    Answered,
}

/// What NetBox says about one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field: `memory`, `custom_fields.proxmox_vmid`, `errors[0].errors.memory` in a bulk request; `__all__` where
    /// it is about the whole object, which wrong values of custom fields are.
    pub field: String,
    /// NetBox's words.
    pub message: String,
}

/// What NetBox says about one record of several that were to be written with one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemError {
    /// Which one.
    pub item: Item,
    /// NetBox's words on it.
    pub fields: Vec<FieldError>,
}

/// A record of several that were to be written: one to be created has no id yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// By its place among those that were sent, from 0.
    Index(usize),
    /// By its id.
    Id(u64),
}

impl fmt::Display for ItemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.fields.iter().map(ToString::to_string).collect();
        f.write_str(&texts.join("; "))
    }
}

/// What was attempted, for an error's text.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) template: String,
}

impl Attempt {
    /// Before any request, for example while the client is being built.
    pub(crate) fn setup() -> Self {
        Self { method: "", path: String::new(), template: String::new() }
    }
}

impl Error {
    pub(crate) fn new(attempt: &Attempt, kind: ErrorKind, phase: Phase, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            phase,
            method: attempt.method,
            path: attempt.path.clone(),
            template: attempt.template.clone(),
            status: None,
            message: legible(&message.into()),
            fields: Vec::new(),
            items: Vec::new(),
            listed: None,
            request_id: None,
            fingerprint: None,
            source: None,
        }))
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::new(&Attempt::setup(), ErrorKind::Config, Phase::NotSent, message)
    }

    /// A request that got no whole answer.
    pub(crate) fn unanswered(attempt: &Attempt, told: String, error: TransportError) -> Self {
        let (kind, phase) = match error.outcome() {
            Outcome::Unmade => (ErrorKind::Config, Phase::NotSent),
            Outcome::Untrusted => (ErrorKind::Certificate, Phase::NotSent),
            Outcome::Unconnected if error.is_late() => (ErrorKind::Timeout, Phase::NotSent),
            Outcome::Unconnected => (ErrorKind::Unavailable, Phase::NotSent),
            Outcome::Late => (ErrorKind::Timeout, Phase::Ambiguous),
            Outcome::Broken => (ErrorKind::Unavailable, Phase::Ambiguous),
        };
        let mut made = Self::new(attempt, kind, phase, told);
        made.0.fingerprint = error.fingerprint().map(str::to_owned);
        made.0.source = Some(Box::new(error));
        made
    }

    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    pub(crate) fn with_message(mut self, message: String) -> Self {
        self.0.message = legible(&message);
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_request_id(mut self, request_id: Option<String>) -> Self {
        self.0.request_id = request_id;
        self
    }

    /// Takes a secret out of the peer's words, should it have repeated it.
    pub(crate) fn without(mut self, secret: &str) -> Self {
        if !secret.is_empty() {
            self.0.message = self.0.message.replace(secret, "***");
            let of_items = self.0.items.iter_mut().flat_map(|item| &mut item.fields);
            for field in self.0.fields.iter_mut().chain(of_items) {
                field.message = field.message.replace(secret, "***");
                field.field = field.field.replace(secret, "***");
            }
        }
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// How far the request came.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.0.phase
    }

    /// Whether the same request may be sent again, later, without harm and with some hope: a read that met a NetBox out
    /// of reach, a write that was not sent.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        let passing = matches!(self.0.kind, ErrorKind::Unavailable | ErrorKind::Timeout);
        // 429 is an answer: the request was refused, not begun.
        passing && (self.is_read() || self.0.phase == Phase::NotSent || self.0.status == Some(429))
    }

    /// Whether NetBox says that there is no such object.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.0.kind == ErrorKind::NotFound
    }

    /// The HTTP status, where there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The method, for example `PATCH`. Empty if no request was meant yet.
    #[must_use]
    pub fn method(&self) -> &str {
        self.0.method
    }

    /// The path without what differs from object to object, for example
    /// `/api/virtualization/virtual-machines/{id}/`: fit for a metric.
    #[must_use]
    pub fn path_template(&self) -> &str {
        &self.0.template
    }

    /// The path, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// NetBox's own words, or what is known instead.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What NetBox says about the fields of a refused write.
    #[must_use]
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// What NetBox says about each record that it refuses, of several that were to be written with one request. Since NetBox
    /// 4.7; before, only where its answer says which ones it means.
    #[must_use]
    pub fn items(&self) -> &[ItemError] {
        &self.0.items
    }

    /// A list of errors, as NetBox before 4.7 answers, is by the records' places only if it is as long as what was sent.
    pub(crate) fn of_items(mut self, sent: usize) -> Self {
        if self.0.listed.is_some_and(|listed| listed != sent) {
            self.0.items.clear();
        }
        self
    }

    /// `X-Request-ID` of the answer.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// SHA-256 (`AA:BB:…`) of the certificate that the server showed, where it was not trusted. Whoever is in between can
    /// show one, so it is to be compared on the server before it is trusted.
    #[must_use]
    pub fn fingerprint(&self) -> Option<&str> {
        self.0.fingerprint.as_deref()
    }

    fn is_read(&self) -> bool {
        self.0.method == "GET"
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NetBox: ")?;
        if !self.0.method.is_empty() {
            write!(f, "{} {}: ", self.0.method, self.0.path)?;
        }
        if let Some(status) = self.0.status {
            write!(f, "{status}: ")?;
        }
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("phase", &self.0.phase)
            .field("method", &self.0.method)
            .field("path", &self.0.path)
            .field("status", &self.0.status)
            .field("message", &self.0.message)
            .field("request_id", &self.0.request_id)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        // Its text is in ours already, but a caller may want to look at it.
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() || self.field == "__all__" {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.field, self.message)
        }
    }
}
