//! Setting up a client.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use api_transport::Transport;
use secrecy::SecretString;
use url::Url;

use super::pace::Pace;
use super::retry::Retry;
use super::stack::{Stack, Way};
use super::token::Token;
use super::{Client, Inner};
use crate::error::Error;

/// Sets up a [`Client`].
#[must_use]
pub struct ClientBuilder {
    url: String,
    token: Option<SecretString>,
    transport: Option<Arc<dyn Transport>>,
    pub(super) stack: Stack,
    /// None: that of the transport.
    pub(super) timeout: Option<Duration>,
    retry: Retry,
    pace: Option<Duration>,
    longest_answer: usize,
}

/// A page of 1000 virtual machines has some 3 MB (4.7.3), with large config contexts ten times that.
const LONGEST_ANSWER: usize = 64 << 20;

impl ClientBuilder {
    pub(super) fn new(url: String) -> Self {
        Self {
            url,
            token: None,
            transport: None,
            stack: Stack::default(),
            timeout: Some(Duration::from_secs(30)),
            retry: Retry::default(),
            pace: None,
            longest_answer: LONGEST_ANSWER,
        }
    }

    /// The token: of version 2 (`nbt_KEY.SECRET`, NetBox 4.5) or version 1 (40 digits). Without one only a NetBox that
    /// is open to everybody answers.
    pub fn token(mut self, token: SecretString) -> Self {
        self.token = Some(token);
        self
    }

    /// Brings along what carries requests and answers, in place of the HTTP client: another HTTP stack, one that records,
    /// or one that answers in memory. How it trusts and its proxies are then its own.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// The time one attempt may take in all; 30 s if not set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sends at most one request in this time, whichever clone of the client it is; as fast as they come if not set. What NetBox or what is in
    /// front of it asks for by `Retry-After` is waited for in any case, up to 10 s.
    pub fn pace(mut self, every: Duration) -> Self {
        self.pace = Some(every);
        self
    }

    /// The most bytes that one answer may have; 64 MiB if not set. A longer one is an error of kind `TooLong`.
    pub fn longest_answer(mut self, bytes: usize) -> Self {
        self.longest_answer = bytes;
        self
    }

    /// How often a request that may be repeated without harm is repeated, and after how long first; 2 and 250 ms if not
    /// set.
    pub fn retries(mut self, times: u32, delay: Duration) -> Self {
        self.retry = Retry { times, delay };
        self
    }

    /// The client. Connects to nothing yet.
    ///
    /// # Errors
    /// Of kind `Config`: a URL, token, CA file, fingerprint or proxy that is none; without the feature `reqwest` also where there is no
    /// [`transport`](Self::transport).
    pub fn build(self) -> Result<Client, Error> {
        let base = base_url(&self.url)?;
        let token = self.token.as_ref().map(Token::new).transpose()?;
        let verifies = self.stack.verifies();
        let Way { transport, proxy, secrets } = match self.transport {
            Some(transport) => self.stack.unused(transport)?,
            None => self.stack.connect(&base)?,
        };
        if let Some(proxy) = &proxy {
            tracing::info!(url = %base, proxy, "NetBox is asked through a proxy");
        }
        let inner = Inner {
            transport,
            base,
            token,
            proxy,
            secrets,
            limit: self.timeout,
            retry: self.retry,
            pace: self.pace.map(Pace::new),
            longest_answer: self.longest_answer,
            verifies,
            version: OnceLock::new(),
        };
        Ok(Client { inner: Arc::new(inner), branch: None })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not even the URL: it has not been checked for a password.
        f.debug_struct("ClientBuilder").finish_non_exhaustive()
    }
}

/// The URL below which `/api/` is, with a slash at its end.
fn base_url(text: &str) -> Result<Url, Error> {
    // The text is not repeated: it may hold a password.
    let mut url =
        Url::parse(text.trim()).map_err(|error| Error::config(format!("the URL of NetBox is none: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(Error::config("the URL of NetBox does not begin with https:// or http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::config("the URL of NetBox holds a user or password; NetBox takes a token"));
    }
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/');
    // People copy the address of the API.
    let path = path.strip_suffix("/api").unwrap_or(path).to_owned();
    url.set_path(&format!("{path}/"));
    Ok(url)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn urls_are_read_as_people_write_them() {
        for (text, url) in [
            ("https://netbox.example.org", "https://netbox.example.org/"),
            ("https://netbox.example.org/api/", "https://netbox.example.org/"),
            (" http://127.0.0.1:8000/\n", "http://127.0.0.1:8000/"),
            ("https://example.org/netbox?x=1#y", "https://example.org/netbox/"),
        ] {
            assert_eq!(base_url(text).unwrap().as_str(), url);
        }
    }

    #[test]
    fn what_cannot_work_is_said_at_once() {
        for text in ["", "netbox.example.org", "ftp://netbox", "https://"] {
            assert_eq!(base_url(text).unwrap_err().kind(), ErrorKind::Config, "{text}");
        }
        let error = base_url("https://admin:hunter2@netbox").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
