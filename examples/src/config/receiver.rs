//! How the server receives, and what of it others must know, too.

use std::collections::BTreeSet;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::source::{self, Source};
use super::{ConfigError, Settings};

/// How the server receives.
#[derive(Debug, Clone)]
pub struct ReceiverSettings {
    /// `NETBOX_WEBHOOK_SECRET`: any of them may have signed.
    pub secrets: Vec<SecretString>,
    /// `NETBOX_PROXMOX_API_SECRET`: any of them may have signed what is asked through the API; without any there is no API.
    pub api_secrets: Vec<SecretString>,
    /// `NETBOX_PROXMOX_LISTEN`
    pub listen: String,
    /// `/webhook`, `/` and `NETBOX_PROXMOX_PATHS`, without trailing slash.
    pub paths: BTreeSet<String>,
    /// `NETBOX_PROXMOX_BODY_LIMIT`, in bytes.
    pub body_limit: usize,
    /// `NETBOX_PROXMOX_PARALLEL`: how many guests are looked up and planned at once.
    pub parallel: usize,
    /// `NETBOX_PROXMOX_CATCH_UP`: how often NetBox's change log is read for what was not delivered.
    pub catch_up: Duration,
    /// `NETBOX_PROXMOX_RECONCILE`: how often both sides are compared; none: never.
    pub reconcile: Option<Duration>,
    /// `NETBOX_PROXMOX_STATUS_PAGE`: whether `GET /` shows how the server is.
    pub status_page: bool,
}

impl Settings {
    /// How the server receives.
    ///
    /// # Errors
    /// A setting that is missing or wrong; so for all methods.
    pub fn receiver(&self) -> Result<ReceiverSettings, ConfigError> {
        let source = &self.source;
        let why = "without it anybody who reaches the server could destroy guests. Set the same secret here and in \
                   NetBox's webhook";
        source.required_secret(SECRET, why)?;
        let secrets = self.webhook_secrets()?.unwrap_or_default();
        Ok(ReceiverSettings {
            secrets,
            api_secrets: self.api_secrets()?,
            listen: self.listen()?,
            paths: self.paths()?,
            body_limit: source.number("NETBOX_PROXMOX_BODY_LIMIT", 1 << 20, "give a number of bytes")?,
            parallel: self.parallel()?,
            catch_up: Duration::from_secs(
                source.number("NETBOX_PROXMOX_CATCH_UP", 60, "give a number of seconds")?.max(1) as u64,
            ),
            reconcile: match source.number("NETBOX_PROXMOX_RECONCILE", 3600, "give a number of seconds, 0 for never")? {
                0 => None,
                seconds => Some(Duration::from_secs(seconds as u64)),
            },
            status_page: source.flag_or("NETBOX_PROXMOX_STATUS_PAGE", true)?,
        })
    }

    /// Where the server listens (`NETBOX_PROXMOX_LISTEN`).
    ///
    /// # Errors
    /// As [`receiver`](Self::receiver).
    pub fn listen(&self) -> Result<String, ConfigError> {
        let listen = self.source.text("NETBOX_PROXMOX_LISTEN").unwrap_or("127.0.0.1:8080");
        if !listen.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok()) {
            let why = format!("is {listen:?}: give HOST:PORT, like 127.0.0.1:8080");
            return Err(self.source.error("NETBOX_PROXMOX_LISTEN", why));
        }
        Ok(listen.to_owned())
    }

    /// The secrets of the webhook (`NETBOX_WEBHOOK_SECRET`), if it is set.
    ///
    /// # Errors
    /// As [`receiver`](Self::receiver).
    pub fn webhook_secrets(&self) -> Result<Option<Vec<SecretString>>, ConfigError> {
        self.secrets(SECRET)
    }

    /// The secrets of the API (`NETBOX_PROXMOX_API_SECRET`); none: there is no API.
    ///
    /// # Errors
    /// As [`receiver`](Self::receiver); and one that could be guessed.
    pub fn api_secrets(&self) -> Result<Vec<SecretString>, ConfigError> {
        let secrets = self.secrets(API_SECRET)?.unwrap_or_default();
        match secrets.iter().all(|secret| secret.expose_secret().len() >= SHORTEST) {
            true => Ok(secrets),
            false => {
                let why = format!("is shorter than {SHORTEST} characters: whoever guesses it has the API");
                Err(self.source.error(API_SECRET, why))
            }
        }
    }

    /// Secrets, separated by commas.
    fn secrets(&self, name: &str) -> Result<Option<Vec<SecretString>>, ConfigError> {
        let Some(secrets) = self.source.secret(name)? else { return Ok(None) };
        let secrets: Vec<_> = source::items(secrets.expose_secret()).into_iter().map(SecretString::from).collect();
        if secrets.is_empty() {
            return Err(self.source.error(name, "holds no secret".into()));
        }
        Ok(Some(secrets))
    }

    /// The paths that take deliveries: `/`, `/webhook` and those of `NETBOX_PROXMOX_PATHS`, without trailing slash.
    ///
    /// # Errors
    /// As [`receiver`](Self::receiver).
    pub fn paths(&self) -> Result<BTreeSet<String>, ConfigError> {
        let mut paths = BTreeSet::from(["/".to_owned(), "/webhook".to_owned()]);
        for path in self.source.list("NETBOX_PROXMOX_PATHS") {
            paths.insert(checked(&self.source, &path)?);
        }
        Ok(paths)
    }

    /// How many guests are looked up and planned at once (`NETBOX_PROXMOX_PARALLEL`).
    ///
    /// # Errors
    /// As [`receiver`](Self::receiver).
    pub fn parallel(&self) -> Result<usize, ConfigError> {
        Ok(self.source.number("NETBOX_PROXMOX_PARALLEL", 8, "give a number of guests")?.max(1))
    }
}

const SECRET: &str = "NETBOX_WEBHOOK_SECRET";
const API_SECRET: &str = "NETBOX_PROXMOX_API_SECRET";

/// How long a secret of the API is at least.
const SHORTEST: usize = 16;

fn checked(source: &Source, path: &str) -> Result<String, ConfigError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
    let taken = ["/livez", "/readyz", "/metrics"];
    let bare = path.trim_end_matches('/');
    let is_api = bare == "/api" || bare.starts_with("/api/");
    if !path.starts_with('/') || !path.chars().all(fits) || taken.contains(&bare) || is_api {
        let why = format!(
            "holds {path:?}: give paths like /hooks/netbox, of letters, digits and -_.~, no path of the server's own"
        );
        return Err(source.error("NETBOX_PROXMOX_PATHS", why));
    }
    Ok(if bare.is_empty() { "/".to_owned() } else { bare.to_owned() })
}
