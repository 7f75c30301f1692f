//! How a client is set up.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use api_transport::Transport;
use secrecy::SecretString;

use super::auth::Auth;
use super::call::Inner;
use super::endpoints::{Endpoints, IntoEndpoints};
use super::stack::Stack;
use super::{Client, Error};

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection; then the next endpoint is tried. Default: 5 s. A transport of one's own has its own.
    pub connect: Duration,
    /// For a whole answer. Default: 60 s, so that Proxmox's own limits (30 s between nodes) come first: its answer
    /// says more than none.
    pub request: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), request: Duration::from_secs(60) }
    }
}

/// Sets up a [`Client`]. Needs credentials: [`token`](Self::token) or [`ticket`](Self::ticket).
pub struct ClientBuilder {
    urls: Vec<String>,
    auth: Option<Result<Auth, Error>>,
    pub(super) transport: Option<Arc<dyn Transport>>,
    pub(super) stack: Stack,
    timeouts: Timeouts,
    longest_answer: usize,
}

/// The configurations, volumes and tasks of a large cluster are a few MB (some 300 bytes for a guest, 9.1).
const LONGEST_ANSWER: usize = 64 << 20;

impl ClientBuilder {
    pub(super) fn new(urls: impl IntoEndpoints) -> Self {
        Self {
            urls: urls.into_endpoints(),
            auth: None,
            transport: None,
            stack: Stack::default(),
            timeouts: Timeouts::default(),
            longest_answer: LONGEST_ANSWER,
        }
    }

    /// An API token, `user@realm!name=secret`.
    pub fn token(mut self, token: impl Into<SecretString>) -> Self {
        self.auth = Some(Auth::token(&token.into()));
        self
    }

    /// A user (`root@pam`) and a password, for which a ticket is got and renewed. Prefer a token: a ticket needs the
    /// password at hand and does not work with a second factor.
    pub fn ticket(mut self, user: &str, password: impl Into<SecretString>) -> Self {
        self.auth = Some(Auth::ticket(user, password.into()));
        self
    }

    /// What carries requests and answers, in place of the HTTP client: another HTTP stack, one that records, or one that answers in
    /// memory. Which certificates it trusts and through which proxies it goes are then its own.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// The most bytes that one answer may have; 64 MiB if not set. A longer one is an error of kind
    /// [`TooLong`](super::ErrorKind::TooLong).
    pub fn longest_answer(mut self, bytes: usize) -> Self {
        self.longest_answer = bytes;
        self
    }

    /// How long to wait for what.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// The client. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Config`](super::ErrorKind::Config): an address, the credentials, the certificates or the proxy cannot be right;
    /// without the feature `reqwest` also where there is no [`transport`](Self::transport).
    pub fn build(self) -> Result<Client, Error> {
        let auth = self
            .auth
            .ok_or_else(|| Error::config("no credentials given: an API token, or a user and a password"))??;
        let verifies = self.stack.verifies();
        let mut endpoints = Endpoints::new(&self.urls, !verifies)?;
        let transport = match self.transport {
            Some(transport) => self.stack.unused(transport)?,
            None => self.stack.connect(&mut endpoints, self.timeouts.connect)?,
        };
        let (request_timeout, longest_answer, auth) = (self.timeouts.request, self.longest_answer, Arc::new(auth));
        Ok(Client { inner: Arc::new(Inner { transport, endpoints, auth, request_timeout, longest_answer, verifies }) })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Addresses are not shown before they are known to hold no password.
        f.debug_struct("ClientBuilder").field("timeouts", &self.timeouts).finish_non_exhaustive()
    }
}
