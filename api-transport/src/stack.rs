//! The usual transport: reqwest's client.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use reqwest::redirect::Policy;
use reqwest::tls::TlsInfo;

use crate::body::Content;
use crate::error::causes;
use crate::proxy::Proxies;
use crate::verifier;
use crate::{Body, Outcome, PeerCertificate, Reason, Sending, TimeLimit, Transport, TransportError, Trust};

/// How reqwest's client is set up for an API.
#[derive(Debug)]
pub struct SetUp<'a> {
    /// How certificates are trusted.
    pub trust: &'a Trust,
    /// Whether any address is https at all: without one there is no need for the system's authorities, which may be missing.
    pub encrypted: bool,
    /// Which addresses are asked through a proxy.
    pub proxies: Proxies,
    /// How long to wait for a connection.
    pub connect: Duration,
    /// How long a connection that nobody uses is kept. Less than the server keeps it, or a request can meet one that is just being
    /// closed: whether it was carried out is then not known.
    pub idle: Duration,
    /// What the server logs of us.
    pub user_agent: &'a str,
}

impl SetUp<'_> {
    /// A client that follows no redirects and repeats nothing that a server may have seen. An error is text for a person.
    ///
    /// # Errors
    /// The certificates cannot be used.
    pub fn client(self) -> Result<reqwest::Client, String> {
        reqwest::Client::builder()
            .tls_backend_preconfigured(self.trust.client_config(self.encrypted)?)
            // Whoever is asked for its certificate shows it.
            .tls_info(true)
            .user_agent(self.user_agent)
            .http1_only()
            // A redirected write loses its body, and a redirect can leave for another host.
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(self.connect)
            .pool_idle_timeout(self.idle)
            .proxy(self.proxies.into_reqwest())
            .build()
            .map_err(|error| format!("the HTTP client cannot be set up: {error}"))
    }
}

impl Transport for reqwest::Client {
    fn send(&self, request: Request<Body>) -> Sending<'_> {
        Box::pin(async move {
            let limit = request.extensions().get().map(|TimeLimit(limit)| *limit);
            let mut request = reqwest::Request::try_from(request)?;
            *request.timeout_mut() = limit;
            let mut answer = Response::from(self.execute(request).await?);
            let extensions = answer.extensions_mut();
            let shown = extensions.get().and_then(TlsInfo::peer_certificate).map(<[u8]>::to_vec);
            if let Some(shown) = shown {
                extensions.insert(PeerCertificate(shown));
            }
            if let Some(reason) = extensions.get::<hyper::ext::ReasonPhrase>() {
                let reason = Bytes::copy_from_slice(reason.as_bytes());
                extensions.insert(Reason(reason));
            }
            Ok(answer.map(Body::new))
        })
    }
}

impl From<Body> for reqwest::Body {
    fn from(body: Body) -> Self {
        match body.0 {
            Content::Whole(bytes) => bytes.into(),
            Content::Stream(_) => Self::wrap(body),
        }
    }
}

impl From<reqwest::Error> for TransportError {
    fn from(error: reqwest::Error) -> Self {
        // The URL holds the query.
        let error = error.without_url();
        let outcome = match () {
            () if error.is_builder() => Outcome::Unmade,
            () if error.is_connect() => Outcome::Unconnected,
            () if error.is_timeout() => Outcome::Late,
            () => Outcome::Broken,
        };
        let untrusted = verifier::untrusted(causes(&error)).filter(|_| outcome != Outcome::Unmade);
        match untrusted {
            Some(untrusted) => Self::untrusted(untrusted),
            None if error.is_timeout() => Self::new(outcome, error).late(),
            None => Self::new(outcome, error),
        }
    }
}
