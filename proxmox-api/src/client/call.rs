//! One request: where it goes, how it is written, what became of it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api_transport::{
    ASKS_FOR_PASSWORD, Asked, Body, Outcome, PeerCertificate, Reason, TimeLimit, Transport, TransportError, Unread,
};
use http::header::{ACCEPT, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, LOCATION};
use http::{Request, response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret;
use serde_json::Value;
use tracing::{Instrument, Span};
use url::{Url, form_urlencoded};

use super::auth::{Auth, Ticket, hide, token_headers};
use super::endpoints::{Endpoint, Endpoints};
use super::error::Attempt;
use super::{Error, ErrorKind, Phase, decode, foreign};
use crate::params::Params;

/// What all clones of a client share.
pub(super) struct Inner {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) endpoints: Endpoints,
    pub(super) auth: Arc<Auth>,
    pub(super) request_timeout: Duration,
    /// The most bytes of one answer.
    pub(super) longest_answer: usize,
    /// Whether certificates are verified.
    pub(super) verifies: bool,
}

/// The body of a success, which endpoint gave it, and what that showed of itself.
pub(super) struct Answer {
    pub(super) body: Vec<u8>,
    /// Its clock, as HTTP writes times.
    pub(super) date: Option<String>,
    /// SHA-256 of its certificate, `AA:BB:…`.
    pub(super) fingerprint: Option<String>,
    endpoint: usize,
}

impl Attempt {
    /// A request to a path whose variable parts are given in order; each is encoded.
    pub(super) fn new(method: &'static str, template: impl Into<Cow<'static, str>>, segments: &[&str]) -> Self {
        let template = template.into();
        let mut segments = segments.iter();
        let mut path = String::with_capacity(template.len() + 16);
        for part in template.split('/').skip(1) {
            path.push('/');
            match part.starts_with('{').then(|| segments.next()).flatten() {
                Some(segment) => path.extend(utf8_percent_encode(segment, SEGMENT)),
                None => path.push_str(part),
            }
        }
        Self { method, template, path }
    }

    /// A request to a path as the caller wrote it.
    pub(super) fn raw(method: &'static str, path: &str) -> Result<Self, Error> {
        let attempt = Self { method, template: Cow::Owned(path.to_owned()), path: path.to_owned() };
        let odd = |c: char| c == '?' || c == '#' || c == '\\' || c.is_whitespace() || c.is_control();
        if !path.starts_with('/') || path.contains(odd) || path.split('/').any(|part| part == "." || part == "..") {
            let message = "a path begins with '/', its parts are percent-encoded, and parameters are given apart";
            return Err(attempt.error(ErrorKind::Config, Phase::NotSent, message));
        }
        Ok(attempt)
    }
}

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Inner {
    /// The same for these endpoints alone.
    pub(super) fn at(&self, endpoints: Endpoints) -> Self {
        let (transport, auth) = (Arc::clone(&self.transport), Arc::clone(&self.auth));
        let Self { request_timeout, longest_answer, verifies, .. } = *self;
        Self { transport, endpoints, auth, request_timeout, longest_answer, verifies }
    }

    /// Sends a request and returns the answer, a success.
    ///
    /// A ticket that is refused is renewed once. A read whose connection broke is repeated once; a write never is.
    pub(super) async fn send(&self, attempt: &Attempt, params: &Params) -> Result<Answer, Error> {
        let (mut may_renew, mut may_repeat) = (true, attempt.reads());
        let mut number = 0;
        loop {
            number += 1;
            let ticket = self.ticket().await?;
            let headers = self.headers(attempt, ticket.as_deref());
            let error = match self.exchange(attempt, params, headers).instrument(span(attempt, number)).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match (error.kind(), &*self.auth, ticket) {
                (ErrorKind::Unauthorized, Auth::Ticket(login), Some(ticket)) if may_renew => {
                    may_renew = false;
                    login.discard(&ticket);
                }
                (ErrorKind::Unavailable, ..)
                    if may_repeat && error.status().is_none() && error.phase() == Phase::Ambiguous =>
                {
                    may_repeat = false;
                }
                _ => return Err(error),
            }
        }
    }

    fn headers(&self, attempt: &Attempt, ticket: Option<&Ticket>) -> HeaderMap {
        match (&*self.auth, ticket) {
            (Auth::Token { header, .. }, _) => token_headers(header),
            (Auth::Ticket(_), Some(ticket)) => ticket.headers(!attempt.reads()),
            (Auth::Ticket(_), None) => HeaderMap::new(),
        }
    }

    async fn ticket(&self) -> Result<Option<Arc<Ticket>>, Error> {
        match &*self.auth {
            Auth::Token { .. } => Ok(None),
            Auth::Ticket(login) => {
                login.ticket(|| self.log_in(&login.user, login.password.expose_secret())).await.map(Some)
            }
        }
    }

    async fn log_in(&self, user: &str, password: &str) -> Result<Ticket, Error> {
        let attempt = Attempt::new("POST", "/access/ticket", &[]);
        let params = Params::from([("username", user), ("password", password)]);
        let login = self.exchange(&attempt, &params, HeaderMap::new()).await?;
        // Not through a type: the error of one would repeat parts of the ticket.
        let answer: Value = serde_json::from_slice(&login.body).unwrap_or_default();
        let text = |key: &str| answer["data"][key].as_str();
        if answer["data"].get("NeedTFA").is_some_and(|needed| needed.as_u64() != Some(0)) {
            let message = format!("{user} has a second factor; use an API token");
            return Err(attempt.error(ErrorKind::Unauthorized, Phase::Answered, message));
        }
        let ticket = text("ticket").zip(text("CSRFPreventionToken"));
        let ticket = ticket.and_then(|(ticket, csrf)| Ticket::new(ticket, csrf));
        ticket.ok_or_else(|| self.undecodable(&attempt, &params, &login, "the login gives no ticket"))
    }

    /// Asks one endpoint after the other until one takes the request. What may have been acted on never moves on.
    async fn exchange(&self, attempt: &Attempt, params: &Params, headers: HeaderMap) -> Result<Answer, Error> {
        let mut failed: Option<Error> = None;
        for (index, endpoint) in self.endpoints.in_turn() {
            match self.ask(endpoint, attempt, params, headers.clone()).await {
                Err(error) if error.phase() == Phase::NotSent => {
                    tracing::debug!(endpoint = endpoint.base, %error, "an endpoint did not take the request");
                    // A wrong certificate is what an operator must hear of, whatever the others say.
                    if !failed.as_ref().is_some_and(|earlier| *earlier.kind() == ErrorKind::Certificate) {
                        failed = Some(error);
                    }
                }
                result => {
                    self.endpoints.answered(index);
                    return result.map(|answer| Answer { endpoint: index, ..answer });
                }
            }
        }
        Err(failed.unwrap_or_else(|| Error::config("no endpoint")))
    }

    async fn ask(
        &self,
        endpoint: &Endpoint,
        attempt: &Attempt,
        params: &Params,
        headers: HeaderMap,
    ) -> Result<Answer, Error> {
        let encoded = || form_urlencoded::Serializer::new(String::new()).extend_pairs(params.iter()).finish();
        // Proxmox refuses a DELETE or GET with a body. Without parameters there is no body and no type: an empty body that claims
        // to be JSON is refused.
        let (query, form) = match attempt.method {
            _ if params.is_empty() => (None, None),
            "POST" | "PUT" => (None, Some(encoded())),
            _ => (Some(encoded()), None),
        };
        let kind = form.is_some().then_some(FORM);
        let body = form.map(Body::from).unwrap_or_default();
        let mut request = self.request(endpoint, attempt, query.as_deref(), headers, kind, body)?;
        request.extensions_mut().insert(TimeLimit(self.request_timeout));
        self.exchanged(endpoint, attempt, params, request, Some(self.request_timeout)).await
    }

    /// Sends a file, which can be read once: so there is one attempt, at the endpoint that answered last, without a limit
    /// of time.
    pub(super) async fn upload(&self, attempt: &Attempt, kind: &str, file: Body) -> Result<Answer, Error> {
        let ticket = self.ticket().await?;
        let headers = self.headers(attempt, ticket.as_deref());
        let Some((index, endpoint)) = self.endpoints.in_turn().next() else { return Err(Error::config("no endpoint")) };
        let request = self.request(endpoint, attempt, None, headers, HeaderValue::from_str(kind).ok(), file)?;
        let params = Params::new();
        let exchange = self.exchanged(endpoint, attempt, &params, request, None);
        let answer = exchange.instrument(span(attempt, 1)).await?;
        Ok(Answer { endpoint: index, ..answer })
    }

    fn request(
        &self,
        endpoint: &Endpoint,
        attempt: &Attempt,
        query: Option<&str>,
        headers: HeaderMap,
        kind: Option<HeaderValue>,
        body: Body,
    ) -> Result<Request<Body>, Error> {
        let unmade = |why: &str| {
            let message = format!("the request cannot be made: {why}");
            attempt.error(ErrorKind::Config, Phase::NotSent, message)
        };
        let mut url =
            Url::parse(&format!("{}{}", endpoint.base, attempt.path)).map_err(|error| unmade(&error.to_string()))?;
        // What is called must be what was meant: no dots resolved, nothing turned into a query.
        if !url.path().ends_with(&attempt.path) {
            return Err(unmade("the path is no path of the API"));
        }
        url.set_query(query);
        let mut request = Request::new(body);
        *request.method_mut() = attempt.method.parse().map_err(|_| unmade("there is no such method"))?;
        *request.uri_mut() = url.as_str().parse().map_err(|_| unmade("the path is no path of the API"))?;
        *request.headers_mut() = headers;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        request.headers_mut().extend(kind.map(|kind| (CONTENT_TYPE, kind)));
        Ok(request)
    }

    /// What becomes of a request that is ready.
    async fn exchanged(
        &self,
        endpoint: &Endpoint,
        attempt: &Attempt,
        params: &Params,
        request: Request<Body>,
        limit: Option<Duration>,
    ) -> Result<Answer, Error> {
        let sent = Instant::now();
        let answer = self.transport.send(request).await;
        let (head, body) = answer.map_err(|error| self.unreached(endpoint, attempt, limit, error))?.into_parts();
        let milliseconds = u64::try_from(sent.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(status = head.status.as_u16(), milliseconds, "Proxmox VE answered");
        let body = match body.collect(self.longest_answer).await {
            Ok(body) => body,
            Err(_) if !head.status.is_success() => Vec::new(),
            Err(Unread::Broken(error)) => return Err(self.unreached(endpoint, attempt, limit, error)),
            Err(Unread::Longer) => {
                let message = format!("the answer is longer than {} bytes", self.longest_answer);
                let error = attempt.error(ErrorKind::TooLong, Phase::Answered, message);
                return Err(error.with_status(head.status.as_u16()));
            }
        };
        self.judged(endpoint, attempt, params, head, body)
    }

    /// Tells success from failure.
    fn judged(
        &self,
        endpoint: &Endpoint,
        attempt: &Attempt,
        params: &Params,
        head: response::Parts,
        body: Vec<u8>,
    ) -> Result<Answer, Error> {
        let status = head.status.as_u16();
        let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
        if (300..=399).contains(&status) {
            return Err(redirected(endpoint, attempt, status, text(LOCATION)));
        }
        if status == 407
            && let Some(proxy) = &endpoint.proxy
        {
            let message =
                format!("cannot connect to {} through the proxy {proxy}: {ASKS_FOR_PASSWORD}", endpoint.server());
            return Err(attempt.error(ErrorKind::Unavailable, Phase::NotSent, message).with_status(status));
        }
        if foreign::is_page(&head.headers, &body) {
            return Err(foreign::page(endpoint, attempt, status));
        }
        if head.status.is_success() {
            let shown = head.extensions.get().map(PeerCertificate::fingerprint);
            return Ok(Answer { body, date: text(DATE).map(str::to_owned), fingerprint: shown, endpoint: 0 });
        }
        let (message, fields) = decode::refusal(&reason(&head), &body);
        let fields = fields.into_iter().map(|(field, reason)| (field, self.redact(reason, params))).collect();
        let mut message = self.redact(message, params);
        if matches!(status, 502..=504)
            && let Some(proxy) = &endpoint.proxy
        {
            // It may be the proxy's own.
            let _ = write!(message, " (through the proxy {proxy})");
        }
        Err(attempt.refused(status, message, fields))
    }

    /// A request without a whole answer.
    fn unreached(
        &self,
        endpoint: &Endpoint,
        attempt: &Attempt,
        limit: Option<Duration>,
        error: TransportError,
    ) -> Error {
        let (server, proxy, hint) = (endpoint.server(), endpoint.proxy.as_deref(), endpoint.about_port());
        let told = error.told(&Asked { server, proxy, limit, hint: &hint });
        let (kind, phase) = match error.outcome() {
            Outcome::Unmade => (ErrorKind::Config, Phase::NotSent),
            Outcome::Untrusted => (ErrorKind::Certificate, Phase::NotSent),
            Outcome::Unconnected => (ErrorKind::Unavailable, Phase::NotSent),
            Outcome::Late => (ErrorKind::Timeout, Phase::Ambiguous),
            Outcome::Broken => (ErrorKind::Unavailable, Phase::Ambiguous),
        };
        let told = self.redact(told, &Params::new());
        let fingerprint = error.fingerprint().map(str::to_owned);
        attempt.error(kind, phase, told).with_fingerprint(fingerprint).with_source(error)
    }

    /// The error of an answer that came but is not understood.
    pub(super) fn undecodable(&self, attempt: &Attempt, params: &Params, answer: &Answer, message: &str) -> Error {
        let foreign = |endpoint| foreign::not_an_envelope(endpoint, attempt, &answer.body);
        self.endpoints.get(answer.endpoint).and_then(foreign).unwrap_or_else(|| {
            let message = format!("the answer is not understood: {}", self.redact(message.to_owned(), params));
            attempt.error(ErrorKind::Decode, Phase::Answered, message)
        })
    }

    /// Hides every secret we know of in a text that came from outside: our own, the proxies', and passwords among the
    /// parameters.
    fn redact(&self, text: String, params: &Params) -> String {
        let text = self.endpoints.secrets().iter().fold(text, |text, secret| hide(text, secret.expose_secret()));
        params.passwords().fold(self.auth.redact(text), hide)
    }
}

/// What is logged of a request: never its parameters, and of its path the names of the variable parts.
fn span(attempt: &Attempt, number: u32) -> Span {
    tracing::debug_span!("proxmox", method = attempt.method, path = %attempt.template, attempt = number)
}

fn redirected(endpoint: &Endpoint, attempt: &Attempt, status: u16, target: Option<&str>) -> Error {
    let target = target.and_then(|target| endpoint.target(target)).map(|target| format!(" to {target}"));
    let message = format!(
        "{} redirects{}, which is not followed: check that the address is https, and a Proxmox VE's{}",
        endpoint.place(),
        target.unwrap_or_default(),
        endpoint.about_port()
    );
    attempt.refused(status, message, Default::default())
}

/// The words after the status code, often all that Proxmox says.
fn reason(head: &response::Parts) -> String {
    match head.extensions.get() {
        Some(Reason(words)) => String::from_utf8_lossy(words).into_owned(),
        None => head.status.canonical_reason().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn variable_parts_are_encoded() {
        let upid = "UPID:pve:000000F9:00056CB7:6B02ADBE:qmclone:9001:root@pam!lab:";
        let attempt = Attempt::new("GET", "/nodes/{node}/tasks/{upid}/log", &["pve", upid]);
        let encoded = "UPID%3Apve%3A000000F9%3A00056CB7%3A6B02ADBE%3Aqmclone%3A9001%3Aroot%40pam%21lab%3A";
        assert_eq!(attempt.path, format!("/nodes/pve/tasks/{encoded}/log"));
        assert_eq!(attempt.template, "/nodes/{node}/tasks/{upid}/log");
        assert_eq!(Attempt::new("GET", "/x/{a}", &["../y"]).path, "/x/..%2Fy");
    }

    #[test]
    fn raw_paths_are_checked() {
        assert!(Attempt::raw("GET", "/cluster/ha/status/current").is_ok());
        for bad in ["version", "/a?b=c", "/a#b", "/a/../b", "/a b", "/a\nb", ""] {
            assert_eq!(*Attempt::raw("GET", bad).unwrap_err().kind(), ErrorKind::Config, "{bad}");
        }
    }
}
