//! One request and its answer.

use std::time::{Duration, Instant};

use api_transport::{ASKS_FOR_PASSWORD, Asked, Body, PeerCertificate, TimeLimit, TransportError, Unread};
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, IF_MATCH, LOCATION, RETRY_AFTER,
};
use http::{Request, response};
use secrecy::ExposeSecret;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use tracing::{Instrument, field};
use url::Url;

use super::{Client, ETag, Inner, foreign};
use crate::error::{Attempt, Error, ErrorKind, Phase};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const BRANCH: HeaderName = HeaderName::from_static("x-netbox-branch");
const REQUEST_ID: &str = "X-Request-ID";

/// A request to be sent.
pub(super) struct Call {
    pub(super) attempt: Attempt,
    pub(super) url: Url,
    pub(super) body: Option<Value>,
    pub(super) form: Option<Form>,
    pub(super) if_match: Option<ETag>,
}

/// A file in a form (`multipart/form-data`).
pub(super) struct Form {
    pub(super) boundary: String,
    pub(super) content: String,
}

impl Call {
    pub(super) fn form(mut self, form: Form) -> Self {
        self.form = Some(form);
        self
    }

    pub(super) fn query<K: AsRef<str>, V: AsRef<str>>(mut self, pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let mut pairs = pairs.into_iter().peekable();
        if pairs.peek().is_some() {
            self.url.query_pairs_mut().extend_pairs(pairs);
        }
        self
    }

    pub(super) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    pub(super) fn if_match(mut self, etag: Option<&ETag>) -> Self {
        self.if_match = etag.cloned();
        self
    }
}

/// An answer that is a success.
pub(super) struct Reply {
    client: Client,
    pub(super) attempt: Attempt,
    pub(super) status: u16,
    pub(super) etag: Option<ETag>,
    pub(super) request_id: Option<String>,
    /// Its clock, as HTTP writes times.
    pub(super) date: Option<String>,
    /// SHA-256 of its certificate.
    pub(super) fingerprint: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// Reads the body. Only where that fails is it read again, to learn where.
    pub(super) fn decode<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| {
            // JSON that breaks off, or is of another form, is NetBox's; what does not even begin as JSON is another's.
            let begins = self.body.trim_ascii_start().first();
            if serde_json::from_slice::<IgnoredAny>(&self.body).is_err() && !matches!(begins, Some(b'{' | b'[')) {
                return self.foreign(if begins.is_none() { "an empty answer" } else { "something that is no JSON" });
            }
            let deserializer = &mut serde_json::Deserializer::from_slice(&self.body);
            let message = match serde_path_to_error::deserialize::<_, T>(deserializer) {
                Err(error) => format!("the answer cannot be read at {}: {}", error.path(), error.inner()),
                Ok(_) => format!("the answer cannot be read: {error}"),
            };
            self.error(ErrorKind::Decode, message)
        })
    }

    /// An answer that is none of NetBox's.
    pub(super) fn foreign(&self, what: &str) -> Error {
        foreign::foreign(&self.client.place(), &self.attempt, what)
            .with_status(self.status)
            .with_request_id(self.request_id.clone())
    }

    pub(super) fn error(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        let error = Error::new(&self.attempt, kind, Phase::Answered, message)
            .with_status(self.status)
            .with_request_id(self.request_id.clone());
        self.client.without_secrets(error)
    }
}

impl Client {
    /// A call of a path below `/api/`. `path` and `template` have no slash in front and one at the end.
    pub(super) fn call(&self, method: &'static str, path: &str, template: &str) -> Result<Call, Error> {
        self.call_at(method, &format!("api/{path}"), &format!("api/{template}"))
    }

    /// A call of a path of NetBox.
    pub(super) fn call_at(&self, method: &'static str, path: &str, template: &str) -> Result<Call, Error> {
        let base = self.inner.base.path();
        let attempt = Attempt { method, path: format!("{base}{path}"), template: format!("{base}{template}") };
        let mut url = self.inner.base.clone();
        url.set_path(&attempt.path);
        // What is called must be what was meant: no dots resolved, nothing turned into a query.
        if url.path() != attempt.path {
            return Err(Error::new(&attempt, ErrorKind::Config, Phase::NotSent, "the path is no path of the API"));
        }
        Ok(Call { attempt, url, body: None, form: None, if_match: None })
    }

    /// Sends a call, repeats it where that does no harm, and tells success from failure.
    pub(super) async fn send(&self, call: Call) -> Result<Reply, Error> {
        let mut repeated = 0;
        loop {
            if let Some(pace) = &self.inner.pace {
                pace.turn().await;
            }
            let span = tracing::debug_span!(
                "netbox",
                method = call.attempt.method,
                path = call.attempt.template,
                attempt = repeated + 1,
                status = field::Empty,
                milliseconds = field::Empty,
            );
            let (begun, outcome) = (Instant::now(), self.attempt(&call).instrument(span.clone()).await);
            span.record("milliseconds", begun.elapsed().as_secs_f64() * 1000.0);
            let status = outcome.as_ref().map_or_else(|(error, _)| error.status(), |reply| Some(reply.status));
            span.record("status", status);
            let (error, retry_after) = match outcome {
                Ok(reply) => return Ok(reply),
                Err(failed) => failed,
            };
            let Some(wait) = self.inner.retry.wait(&error, repeated, retry_after) else {
                return Err(error);
            };
            repeated += 1;
            tracing::debug!(method = call.attempt.method, path = call.attempt.path, %error, ?wait, "repeating a request");
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&self, call: &Call) -> Result<Reply, (Error, Option<Duration>)> {
        let at_once = |error| (error, None);
        let request = self.request(call).map_err(at_once)?;
        let answer = self.inner.transport.send(request).await;
        let (head, body) = answer.map_err(|error| at_once(self.unreached(&call.attempt, error)))?.into_parts();
        tracing::debug!(
            method = call.attempt.method,
            path = call.attempt.path,
            status = head.status.as_u16(),
            "NetBox answered"
        );
        self.note_version(&head.headers);
        // A status without its whole body says too little, also if it promises success.
        let body = body
            .collect(self.inner.longest_answer)
            .await
            .map_err(|unread| at_once(self.unread(call, &head, unread)))?;
        self.judge(call, &head, body)
    }

    fn request(&self, call: &Call) -> Result<Request<Body>, Error> {
        let (content, kind) = match &call.form {
            Some(form) => {
                let kind = format!("multipart/form-data; boundary={}", form.boundary);
                (Some(form.content.clone()), HeaderValue::try_from(kind).unwrap_or(JSON))
            }
            None => (call.body.as_ref().map(Value::to_string), JSON),
        };
        let mut request = Request::builder().method(call.attempt.method).uri(call.url.as_str());
        if let Some(headers) = request.headers_mut() {
            headers.insert(ACCEPT, JSON);
            headers.extend(self.inner.token.iter().map(|token| (AUTHORIZATION, token.header())));
            headers.extend(call.if_match.iter().map(|etag| (IF_MATCH, etag.header())));
            headers.extend(self.branch.iter().map(|branch| (BRANCH, branch.clone())));
            headers.extend(content.is_some().then_some((CONTENT_TYPE, kind)));
        }
        if let Some(limit) = self.inner.limit {
            request = request.extension(TimeLimit(limit));
        }
        request.body(content.map(Body::from).unwrap_or_default()).map_err(|error| {
            let message = format!("the request cannot be made: {error}");
            Error::new(&call.attempt, ErrorKind::Config, Phase::NotSent, message)
        })
    }

    /// Tells success from failure.
    fn judge(&self, call: &Call, head: &response::Parts, body: Vec<u8>) -> Result<Reply, (Error, Option<Duration>)> {
        let (status, headers) = (head.status, &head.headers);
        let request_id = text(headers, REQUEST_ID).map(str::to_owned);
        let page = foreign::is_page(headers, &body);
        if !status.is_success() || page {
            let retry_after = text(headers, RETRY_AFTER.as_str()).and_then(|text| text.parse().ok());
            let error = Error::answered(&call.attempt, status.as_u16(), &body, request_id);
            let about_branch = self.branch.as_ref().and_then(|_| foreign::about_branch(&body));
            let error = match status.as_u16() {
                300..=399 => {
                    let target = text(headers, LOCATION.as_str());
                    error.with_message(foreign::redirect(&self.place(), &self.inner.base, target))
                }
                400 if about_branch.is_some() => {
                    error.with_kind(ErrorKind::Branch).with_message(about_branch.unwrap_or_default().to_owned())
                }
                407 if self.inner.proxy.is_some() => self.refused_by_proxy(&call.attempt).with_status(407),
                200..=299 => foreign::page(&self.place(), error.with_kind(ErrorKind::NotNetBox)),
                _ if page => foreign::page(&self.place(), error),
                // It may be the proxy's own.
                502..=504 => match &self.inner.proxy {
                    Some(proxy) => {
                        let message = format!("{} (through the proxy {proxy})", error.message());
                        error.with_message(message)
                    }
                    None => error,
                },
                _ => error,
            };
            return Err((self.without_secrets(error), retry_after.map(Duration::from_secs)));
        }
        Ok(Reply {
            client: self.clone(),
            attempt: call.attempt.clone(),
            status: status.as_u16(),
            etag: headers.get("ETag").and_then(ETag::from_header),
            request_id,
            date: text(headers, DATE.as_str()).map(str::to_owned),
            fingerprint: head.extensions.get().map(PeerCertificate::fingerprint),
            body,
        })
    }

    /// A request that got no whole answer.
    fn unreached(&self, attempt: &Attempt, error: TransportError) -> Error {
        let Inner { proxy, limit, .. } = &*self.inner;
        let told = error.told(&Asked { server: self.server(), proxy: proxy.as_deref(), limit: *limit, hint: "" });
        self.without_secrets(Error::unanswered(attempt, told, error))
    }

    fn unread(&self, call: &Call, head: &response::Parts, unread: Unread) -> Error {
        match unread {
            Unread::Broken(error) => self.unreached(&call.attempt, error),
            Unread::Longer => {
                let message = format!("the answer is longer than {} bytes", self.inner.longest_answer);
                Error::new(&call.attempt, ErrorKind::TooLong, Phase::Answered, message)
                    .with_status(head.status.as_u16())
                    .with_request_id(text(&head.headers, REQUEST_ID).map(str::to_owned))
            }
        }
    }

    /// What asked for the password of a proxy did not send on the request.
    fn refused_by_proxy(&self, attempt: &Attempt) -> Error {
        let proxy = self.inner.proxy.as_deref().unwrap_or_default();
        let message = format!("cannot connect to {} through the proxy {proxy}: {ASKS_FOR_PASSWORD}", self.server());
        Error::new(attempt, ErrorKind::Unavailable, Phase::NotSent, message)
    }

    fn server(&self) -> &str {
        self.inner.base.as_str().trim_end_matches('/')
    }

    fn place(&self) -> String {
        foreign::place(&self.inner.base, self.inner.proxy.as_deref())
    }

    /// A server may repeat what it was sent, and a proxy what it was.
    fn without_secrets(&self, error: Error) -> Error {
        let ours = self.inner.token.iter().map(|token| token.expose());
        let secrets = ours.chain(self.inner.secrets.iter().map(|secret| secret.expose_secret()));
        secrets.fold(error, Error::without)
    }

    fn note_version(&self, headers: &HeaderMap) {
        if let Some(Ok(version)) = text(headers, "API-Version").map(str::parse) {
            let _ = self.inner.version.set(version);
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
