//! The usual way to a Proxmox VE: reqwest's client, with the certificates that are trusted and the proxy that is asked.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use api_transport::proxy::Source;
use api_transport::{Chosen, SetUp, Transport, Trust};
use secrecy::SecretString;

use super::endpoints::Endpoints;
use super::{ClientBuilder, Error};

/// Proxmox VE closes a connection that was idle for 5 s (9.1, measured): ours go before that, so that a write does not meet
/// one that is being closed, after which nobody knows whether it was carried out.
const IDLE: Duration = Duration::from_secs(4);

/// How the HTTP client is set up.
#[derive(Default)]
pub(super) struct Stack {
    chosen: Chosen,
}

impl Stack {
    pub(super) fn verifies(&self) -> bool {
        self.chosen.verifies()
    }

    /// Another transport is used.
    pub(super) fn unused(self, transport: Arc<dyn Transport>) -> Result<Arc<dyn Transport>, Error> {
        self.chosen.unused().map_err(Error::config)?;
        Ok(transport)
    }

    pub(super) fn connect(self, endpoints: &mut Endpoints, connect: Duration) -> Result<Arc<dyn Transport>, Error> {
        let (trust, proxies) = self.chosen.used().map_err(Error::config)?;
        endpoints.through(&proxies)?;
        if matches!(trust, Trust::Anything) {
            tracing::warn!(
                "certificates of Proxmox VE are not verified: whoever stands in between gets the credentials"
            );
        }
        let set_up = SetUp {
            trust: &trust,
            encrypted: endpoints.any_encrypted(),
            proxies,
            connect,
            idle: IDLE,
            user_agent: concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")),
        };
        Ok(Arc::new(set_up.client().map_err(Error::config)?))
    }
}

/// How the usual transport is set up (feature `reqwest`).
impl ClientBuilder {
    /// Trust certificates of the authorities in this PEM file only. A Proxmox cluster's own is `/etc/pve/pve-root-ca.pem`.
    pub fn ca_file(mut self, path: impl AsRef<Path>) -> Self {
        self.stack.chosen.trust(Trust::ca_file(path));
        self
    }

    /// Trust certificates of these authorities only, in PEM form.
    pub fn ca_pem(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.stack.chosen.trust(Trust::ca_pem(pem));
        self
    }

    /// Trust the certificate with this SHA-256 fingerprint (`AA:BB:…`), whatever name it bears. Each node has its own:
    /// with several endpoints, call it for each or separate them by commas.
    pub fn fingerprint(mut self, sha256: impl AsRef<str>) -> Self {
        self.stack.chosen.trust(Trust::fingerprints(sha256.as_ref()));
        self
    }

    /// Trust any certificate, and allow http: whoever stands in between gets the credentials. Warned of in the log.
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

    /// Use this HTTP client, with its own TLS set-up, proxies and connect timeout. It should not follow redirects
    /// (`redirect::Policy::none()`), should speak HTTP/1.1, and drop idle connections after less than 5 s: by then
    /// Proxmox has closed them.
    pub fn http_client(self, client: reqwest::Client) -> Self {
        self.transport(client)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::Client;

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
