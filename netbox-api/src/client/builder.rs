//! Setting up a client.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::redirect::Policy;
use secrecy::SecretString;
use url::Url;

use super::pace::Pace;
use super::proxy::{Proxies, Source};
use super::retry::Retry;
use super::tls::{self, Trust};
use super::token::Token;
use super::transport::Transport;
use super::{Client, Inner};
use crate::error::Error;

/// Sets up a [`Client`].
#[must_use]
pub struct ClientBuilder {
    url: String,
    token: Option<SecretString>,
    trust: Trust,
    transport: Option<Arc<dyn Transport>>,
    proxy: Source,
    /// None: that of the transport.
    timeout: Option<Duration>,
    connect_timeout: Duration,
    retry: Retry,
    pace: Option<Duration>,
    longest_answer: usize,
}

/// NetBox's gunicorn closes a connection that was idle for 2 s (4.7.3, measured): ours go well before that, so that a write
/// does not meet one that is being closed, after which nobody knows whether it was carried out.
const IDLE: Duration = Duration::from_secs(1);

/// A page of 1000 virtual machines has some 3 MB (4.7.3), with large config contexts ten times that.
const LONGEST_ANSWER: usize = 64 << 20;

impl ClientBuilder {
    pub(super) fn new(url: String) -> Self {
        Self {
            url,
            token: None,
            trust: Trust::System,
            transport: None,
            proxy: Source::default(),
            timeout: Some(Duration::from_secs(30)),
            connect_timeout: Duration::from_secs(5),
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

    /// Trusts only certificates signed by those in this PEM file. Read by [`build`](Self::build).
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.trust = Trust::CaFile(path.into());
        self
    }

    /// Trusts only the certificate with this SHA-256 fingerprint, hexadecimal with or without colons.
    pub fn fingerprint(mut self, sha256: impl Into<String>) -> Self {
        self.trust = Trust::Fingerprint(sha256.into());
        self
    }

    /// Trusts any certificate: whoever is in between reads and changes everything, the token included.
    pub fn insecure(mut self) -> Self {
        self.trust = Trust::Anything;
        self
    }

    /// Sends requests through this HTTP proxy, `http://[user:password@]host:port`, whatever the environment says.
    ///
    /// Without this and [`no_proxy`](Self::no_proxy) the environment says it: `HTTPS_PROXY` for https addresses,
    /// `HTTP_PROXY` for http ones, `ALL_PROXY` for those that have none; each in capitals, else in small letters, and an
    /// empty one is not set. `NO_PROXY` lists where none is used, separated by commas or spaces: names (and all that end in
    /// them after a dot), addresses, networks such as `10.0.0.0/8`, each at any port or at one (`pve01:8006`), or `*`. This
    /// host itself (`localhost`, `127.0.0.1`) is never asked through a proxy of the environment. Proxies of other kinds
    /// (https, SOCKS) are not supported, and refused where they would be needed.
    pub fn proxy(mut self, url: impl Into<SecretString>) -> Self {
        self.proxy = Source::Given(url.into());
        self
    }

    /// Uses no proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.proxy = Source::Refused;
        self
    }

    /// Takes the proxy from these variables in place of the process's environment, in the way that
    /// [`proxy`](Self::proxy) describes.
    pub fn proxy_from<N: Into<OsString>, V: Into<OsString>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        self.proxy = Source::variables(variables);
        self
    }

    /// Brings along the HTTP client. How it trusts, its proxies and its limits are then its own; it should follow no
    /// redirects, and drop idle connections after less than 2 s: by then NetBox has closed them.
    pub fn http_client(mut self, http: reqwest::Client) -> Self {
        self.timeout = None;
        self.transport(http)
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

    /// The time connecting may take; 5 s if not set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
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
    /// Of kind `Config`: a URL, token, CA file, fingerprint or proxy that is none.
    pub fn build(self) -> Result<Client, Error> {
        let base = base_url(&self.url)?;
        let token = self.token.as_ref().map(Token::new).transpose()?;
        let (transport, proxy) = match self.transport {
            Some(_) if matches!(self.proxy, Source::Given(_)) => {
                return Err(Error::config("an HTTP client of your own brings its own proxies; give no other"));
            }
            Some(transport) => (transport, None),
            None => {
                let proxies = self.proxy.proxies();
                let proxy = proxies.of_url(&base).map_err(Error::config)?;
                let http = http_client(&base, &self.trust, proxies, self.connect_timeout)?;
                (Arc::new(http) as Arc<dyn Transport>, proxy)
            }
        };
        if let Some(proxy) = &proxy {
            tracing::info!(url = %base, %proxy, "NetBox is asked through a proxy");
        }
        let secrets = proxy.iter().flat_map(|proxy| proxy.secrets()).collect();
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
            verifies: !matches!(self.trust, Trust::Anything),
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

fn http_client(base: &Url, trust: &Trust, proxies: Proxies, connect: Duration) -> Result<reqwest::Client, Error> {
    let encrypted = base.scheme() == "https";
    if encrypted && matches!(trust, Trust::Anything) {
        tracing::warn!(url = %base, "the certificate of NetBox is not verified: anybody in between reads the token");
    }
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls::client_config(trust, encrypted)?)
        // Whoever is asked for its certificate shows it.
        .tls_info(true)
        .user_agent(concat!("netbox-api/", env!("CARGO_PKG_VERSION")))
        // A redirected write loses its body, and a redirect can leave for another host.
        .redirect(Policy::none())
        // Whether a request may be repeated is decided here.
        .retry(reqwest::retry::never())
        .connect_timeout(connect)
        .pool_idle_timeout(IDLE)
        .proxy(proxies.into_reqwest())
        .build()
        .map_err(|error| Error::config(format!("the HTTP client cannot be set up: {error}")))
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
        let builder = || Client::builder("https://netbox");
        assert!(builder().fingerprint("nonsense").build().is_err());
        assert!(builder().ca_file("/nonexistent/ca.pem").build().is_err());
    }
}
