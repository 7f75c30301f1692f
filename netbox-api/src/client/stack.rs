//! The usual way to a NetBox: reqwest's client, with the certificates that are trusted and the proxy that is asked.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use api_transport::proxy::Source;
use api_transport::{Chosen, SetUp, Transport, Trust};
use secrecy::SecretString;
use url::Url;

use super::ClientBuilder;
use crate::error::Error;

/// NetBox's gunicorn closes a connection that was idle for 2 s (4.7.3, measured): ours go well before that, so that a write
/// does not meet one that is being closed, after which nobody knows whether it was carried out.
const IDLE: Duration = Duration::from_secs(1);

/// How the HTTP client is set up.
pub(super) struct Stack {
    chosen: Chosen,
    connect_timeout: Duration,
}

/// What carries requests, through which proxy, and what must not be shown of that.
pub(super) struct Way {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) proxy: Option<String>,
    pub(super) secrets: Vec<SecretString>,
}

impl Default for Stack {
    fn default() -> Self {
        Self { chosen: Chosen::default(), connect_timeout: Duration::from_secs(5) }
    }
}

impl Stack {
    pub(super) fn verifies(&self) -> bool {
        self.chosen.verifies()
    }

    /// Another transport is used.
    pub(super) fn unused(self, transport: Arc<dyn Transport>) -> Result<Way, Error> {
        self.chosen.unused().map_err(Error::config)?;
        Ok(Way { transport, proxy: None, secrets: Vec::new() })
    }

    pub(super) fn connect(self, base: &Url) -> Result<Way, Error> {
        let (trust, proxies) = self.chosen.used().map_err(Error::config)?;
        let (proxy, encrypted) = (proxies.of_url(base).map_err(Error::config)?, base.scheme() == "https");
        if encrypted && matches!(trust, Trust::Anything) {
            tracing::warn!(url = %base, "the certificate of NetBox is not verified: anybody in between reads the token");
        }
        let set_up = SetUp {
            trust: &trust,
            encrypted,
            proxies,
            connect: self.connect_timeout,
            idle: IDLE,
            user_agent: concat!("netbox-api/", env!("CARGO_PKG_VERSION")),
        };
        let transport = Arc::new(set_up.client().map_err(Error::config)?);
        let secrets = proxy.iter().flat_map(|proxy| proxy.secrets()).collect();
        Ok(Way { transport, proxy: proxy.map(|proxy| proxy.to_string()), secrets })
    }
}

/// How the usual transport is set up (feature `reqwest`).
impl ClientBuilder {
    /// Trusts only certificates signed by those in this PEM file.
    pub fn ca_file(mut self, path: impl AsRef<Path>) -> Self {
        self.stack.chosen.trust(Trust::ca_file(path));
        self
    }

    /// Trusts only the certificate with this SHA-256 fingerprint, hexadecimal with or without colons; several times, or separated
    /// by commas, for several.
    pub fn fingerprint(mut self, sha256: impl AsRef<str>) -> Self {
        self.stack.chosen.trust(Trust::fingerprints(sha256.as_ref()));
        self
    }

    /// Trusts any certificate: whoever is in between reads and changes everything, the token included.
    pub fn insecure(mut self) -> Self {
        self.stack.chosen.trust(Ok(Trust::Anything));
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
        self.stack.chosen.through(Source::Given(url.into()));
        self
    }

    /// Uses no proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.stack.chosen.through(Source::Refused);
        self
    }

    /// Takes the proxy from these variables in place of the process's environment, in the way that
    /// [`proxy`](Self::proxy) describes.
    pub fn proxy_from<N: Into<OsString>, V: Into<OsString>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        self.stack.chosen.through(Source::variables(variables));
        self
    }

    /// Brings along the HTTP client. How it trusts, its proxies and its limits are then its own; it should follow no
    /// redirects, and drop idle connections after less than 2 s: by then NetBox has closed them.
    pub fn http_client(mut self, http: reqwest::Client) -> Self {
        self.timeout = None;
        self.transport(http)
    }

    /// The time connecting may take; 5 s if not set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.stack.connect_timeout = timeout;
        self
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::Client;

    #[test]
    fn what_cannot_work_is_said_at_once() {
        let builder = || Client::builder("https://netbox");
        assert!(builder().fingerprint("nonsense").build().is_err());
        assert!(builder().ca_file("/nonexistent/ca.pem").build().is_err());
        assert!(builder().fingerprint("00".repeat(32)).insecure().build().is_err());
        assert!(builder().insecure().build().is_ok());
    }
}
