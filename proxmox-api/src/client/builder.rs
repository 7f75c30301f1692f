//! How a client is set up.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::auth::Auth;
use super::endpoints::{Endpoints, IntoEndpoints};
use super::proxy::{Proxies, Source};
use super::tls::{self, Trust};
use super::transport::Transport;
use super::{Client, Error};

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection; then the next endpoint is tried. Default: 5 s.
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
    trust: Vec<TrustSource>,
    http: Option<reqwest::Client>,
    proxy: Source,
    timeouts: Timeouts,
}

/// Proxmox VE closes a connection that was idle for 5 s (9.1, measured): ours go before that, so that a write does not meet
/// one that is being closed, after which nobody knows whether it was carried out.
const IDLE: Duration = Duration::from_secs(4);

enum TrustSource {
    CaFile(PathBuf),
    CaPem(Vec<u8>),
    Fingerprint(String),
    Insecure,
}

impl ClientBuilder {
    pub(super) fn new(urls: impl IntoEndpoints) -> Self {
        Self {
            urls: urls.into_endpoints(),
            auth: None,
            trust: Vec::new(),
            http: None,
            proxy: Source::default(),
            timeouts: Timeouts::default(),
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

    /// Trust certificates of the authorities in this PEM file only. A Proxmox cluster's own is `/etc/pve/pve-root-ca.pem`.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.trust.push(TrustSource::CaFile(path.into()));
        self
    }

    /// Trust certificates of these authorities only, in PEM form.
    pub fn ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.trust.push(TrustSource::CaPem(pem.into()));
        self
    }

    /// Trust the certificate with this SHA-256 fingerprint (`AA:BB:…`), whatever name it bears. Each node has its own:
    /// with several endpoints, call it for each or separate them by commas.
    pub fn fingerprint(mut self, sha256: impl Into<String>) -> Self {
        self.trust.push(TrustSource::Fingerprint(sha256.into()));
        self
    }

    /// Trust any certificate, and allow http: whoever stands in between gets the credentials. Warned of in the log.
    pub fn insecure(mut self) -> Self {
        self.trust.push(TrustSource::Insecure);
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

    /// Use this HTTP client, with its own TLS set-up, proxies and connect timeout. It should not follow redirects
    /// (`redirect::Policy::none()`), should speak HTTP/1.1, and drop idle connections after less than 5 s: by then
    /// Proxmox has closed them.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
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
    /// [`Config`](super::ErrorKind::Config): an address, the credentials or the certificates cannot be right.
    pub fn build(self) -> Result<Client, Error> {
        let auth = self
            .auth
            .ok_or_else(|| Error::config("no credentials given: an API token, or a user and a password"))??;
        let insecure = self.trust.iter().any(|source| matches!(source, TrustSource::Insecure));
        let mut endpoints = Endpoints::new(&self.urls, insecure)?;
        let http = match self.http {
            Some(_) if !self.trust.is_empty() => {
                return Err(Error::config("an HTTP client of your own brings its own certificates; give no others"));
            }
            Some(_) if matches!(self.proxy, Source::Given(_)) => {
                return Err(Error::config("an HTTP client of your own brings its own proxies; give no other"));
            }
            Some(http) => http,
            None => {
                let proxies = self.proxy.proxies();
                endpoints.through(&proxies)?;
                http_client(&trust(self.trust)?, endpoints.any_encrypted(), proxies, &self.timeouts)?
            }
        };
        if insecure {
            tracing::warn!(
                "certificates of Proxmox VE are not verified: whoever stands in between gets the credentials"
            );
        }
        let secrets = endpoints.proxies().flat_map(|proxy| proxy.secrets()).collect();
        let request_timeout = self.timeouts.request;
        let (auth, verifies) = (Arc::new(auth), !insecure);
        Ok(Client { transport: Arc::new(Transport { http, endpoints, auth, secrets, request_timeout, verifies }) })
    }
}

fn trust(sources: Vec<TrustSource>) -> Result<Trust, Error> {
    let mut trust = Trust::System;
    for source in sources {
        trust = match (trust, source) {
            (Trust::System, TrustSource::Insecure) => Trust::Anything,
            (Trust::System, TrustSource::CaPem(pem)) => Trust::Authorities(pem),
            (Trust::System, TrustSource::CaFile(path)) => {
                let read = std::fs::read(&path);
                Trust::Authorities(read.map_err(|error| Error::config(format!("CA file {}: {error}", path.display())))?)
            }
            (Trust::System, TrustSource::Fingerprint(text)) => Trust::Fingerprints(tls::parse_fingerprints(&text)?),
            (Trust::Fingerprints(mut fingerprints), TrustSource::Fingerprint(text)) => {
                fingerprints.extend(tls::parse_fingerprints(&text)?);
                Trust::Fingerprints(fingerprints)
            }
            _ => return Err(Error::config("give one of CA, fingerprint and insecure, not several")),
        };
    }
    Ok(trust)
}

fn http_client(
    trust: &Trust,
    encrypted: bool,
    proxies: Proxies,
    timeouts: &Timeouts,
) -> Result<reqwest::Client, Error> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls::client_config(trust, encrypted)?)
        // Whoever is asked for its certificate shows it.
        .tls_info(true)
        .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
        // Proxmox VE speaks nothing else.
        .http1_only()
        .pool_idle_timeout(IDLE)
        .connect_timeout(timeouts.connect)
        .redirect(reqwest::redirect::Policy::none())
        .proxy(proxies.into_reqwest())
        .build()
        .map_err(|error| Error::config(format!("HTTP client: {error}")))
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Addresses are not shown before they are known to hold no password.
        f.debug_struct("ClientBuilder").field("timeouts", &self.timeouts).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_one_way_to_trust_at_a_time() {
        let builder = || Client::builder("https://pve01:8006").token("root@pam!x=secret").no_proxy();
        let fingerprint = "00".repeat(32);
        assert!(builder().fingerprint(&fingerprint).fingerprint(&fingerprint).build().is_ok());
        assert!(builder().insecure().build().is_ok());
        assert!(builder().insecure().fingerprint(&fingerprint).build().is_err());
        assert!(
            builder().ca_file("/nonexistent/ca.pem").build().unwrap_err().to_string().contains("/nonexistent/ca.pem")
        );
        assert!(Client::builder("https://pve01:8006").build().is_err());
    }
}
