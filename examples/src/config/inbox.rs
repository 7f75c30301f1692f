//! Where the inbox is: `NETBOX_PROXMOX_INBOX`.

use std::fmt;
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::ConfigError;
use super::source::Source;

/// The setting.
const NAME: &str = "NETBOX_PROXMOX_INBOX";

/// Where it is if nothing says so.
const DEFAULT: &str = "sqlite:netbox-proxmox.sqlite";

/// Where the inbox is.
#[derive(Debug, Clone)]
pub enum InboxSettings {
    /// `sqlite:PATH`: a file.
    File(PathBuf),
    /// `postgres://…`: a database. Its address may hold a password.
    Postgres(SecretString),
}

impl InboxSettings {
    pub(super) fn read(source: &Source) -> Result<Self, ConfigError> {
        let setting = source.secret(NAME)?.unwrap_or_else(|| DEFAULT.into());
        let text = setting.expose_secret();
        if text.starts_with("postgres:") || text.starts_with("postgresql:") {
            return Ok(Self::Postgres(setting));
        }
        match text.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path)) {
            Some(path) if !path.is_empty() => Ok(Self::File(path.into())),
            // Whatever it is, it may hold a password.
            _ => Err(source.error(
                NAME,
                "is no place for an inbox: use sqlite:PATH, like sqlite:/var/lib/netbox-proxmox.sqlite, or \
                 postgres://user:password@host/database"
                    .into(),
            )),
        }
    }

    /// Whether something can be there: the file is, or only the database can say.
    pub fn may_be_there(&self) -> bool {
        match self {
            Self::File(path) => path.exists(),
            Self::Postgres(_) => true,
        }
    }
}

/// The path, or the address without what may be secret.
impl fmt::Display for InboxSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Postgres(address) => match Url::parse(address.expose_secret()) {
                Ok(mut address) => {
                    address.set_query(None);
                    // Only of an address that has no host.
                    let _ = address.set_password(None);
                    f.write_str(address.as_str())
                }
                Err(_) => f.write_str("postgres://…"),
            },
        }
    }
}
