//! Where a setting comes from: the environment, else the TOML file. Names are the same in both.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use secrecy::SecretString;
use toml::{Table, Value};

use super::{ConfigError, near};

/// Secrets; each may be given as `NAME_FILE`, the path of a file that holds it.
pub(super) const SECRETS: &[&str] = &[
    "NETBOX_TOKEN",
    "NETBOX_WEBHOOK_SECRET",
    "PROXMOX_TOKEN",
    "NETBOX_PROXMOX_CONTAINER_PASSWORD",
    "NETBOX_PROXMOX_INBOX",
    "NETBOX_PROXMOX_API_SECRET",
    "PROXMOX_SETUP_PASSWORD",
];

/// What a `[[cluster]]` table may hold.
pub(super) const OF_A_CLUSTER: &[&str] = &[
    "PROXMOX_URL",
    "PROXMOX_TOKEN",
    "PROXMOX_TOKEN_FILE",
    "PROXMOX_FINGERPRINT",
    "PROXMOX_CA_FILE",
    "PROXMOX_INSECURE",
    "NETBOX_CLUSTER",
];

/// What `setup --proxmox` alone takes, and only from the environment: the login of an administrator.
pub(super) const OF_SETUP: &[&str] = &["PROXMOX_SETUP_USER", "PROXMOX_SETUP_PASSWORD", "PROXMOX_SETUP_PASSWORD_FILE"];

/// All other settings.
pub(super) const GENERAL: &[&str] = &[
    "NETBOX_URL",
    "NETBOX_TOKEN",
    "NETBOX_TOKEN_FILE",
    "NETBOX_FINGERPRINT",
    "NETBOX_CA_FILE",
    "NETBOX_INSECURE",
    "NETBOX_WEBHOOK_SECRET",
    "NETBOX_WEBHOOK_SECRET_FILE",
    "NETBOX_PROXMOX_CONTAINER_PASSWORD",
    "NETBOX_PROXMOX_CONTAINER_PASSWORD_FILE",
    "NETBOX_PROXMOX_API_SECRET",
    "NETBOX_PROXMOX_API_SECRET_FILE",
    "NETBOX_PROXMOX_LISTEN",
    "NETBOX_PROXMOX_STATUS_PAGE",
    "NETBOX_PROXMOX_PATHS",
    "NETBOX_PROXMOX_BODY_LIMIT",
    "NETBOX_PROXMOX_INBOX",
    "NETBOX_PROXMOX_INBOX_FILE",
    "NETBOX_PROXMOX_IDENTITY",
    "NETBOX_PROXMOX_FORMER_IDENTITIES",
    "NETBOX_PROXMOX_PARALLEL",
    "NETBOX_PROXMOX_CATCH_UP",
    "NETBOX_PROXMOX_RECONCILE",
    "NETBOX_PROXMOX_TASK_TIMEOUT",
    "NETBOX_PROXMOX_LOG",
    "NETBOX_PROXMOX_CONFIG",
];

/// Whether this is the name of a setting.
pub(super) fn is_known(name: &str) -> bool {
    [GENERAL, OF_A_CLUSTER, OF_SETUP].into_iter().any(|names| names.contains(&name))
}

/// Settings as text. Its `Debug` has the names only: some values are secrets.
#[derive(Clone, Default)]
pub(super) struct Source {
    /// Begins the names in errors: of which `[[cluster]]` they are.
    label: String,
    environment: BTreeMap<String, String>,
    file: BTreeMap<String, String>,
    /// Where systemd puts a unit's credentials: files of secrets that are named without a folder are there.
    credentials: Option<PathBuf>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.environment.keys()).entries(self.file.keys()).finish()
    }
}

impl Source {
    pub(super) fn new(environment: BTreeMap<String, String>, file: BTreeMap<String, String>) -> Self {
        Self { environment, file, ..Self::default() }
    }

    /// With systemd's credentials here, if there are any.
    pub(super) fn credentials(self, credentials: Option<&Path>) -> Self {
        Self { credentials: credentials.map(Path::to_owned), ..self }
    }

    /// A `[[cluster]]` table of the file.
    pub(super) fn cluster(number: usize, table: Table) -> Result<Self, ConfigError> {
        let label = format!("[[cluster]] {number}: ");
        let file = texts(table, OF_A_CLUSTER).map_err(|error| error.within(&label))?;
        Ok(Self { label, file, ..Self::default() })
    }

    /// A setting; one that is empty is not set, which is how compose files leave a variable out.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        debug_assert!(is_known(name), "{name}");
        let values = [&self.environment, &self.file].into_iter().filter_map(|of| of.get(name));
        values.map(|text| text.trim()).find(|text| !text.is_empty())
    }

    /// What the environment sets, but for what is the set-up's alone.
    pub(super) fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        let set = self
            .environment
            .iter()
            .filter(|(name, value)| !OF_SETUP.contains(&name.as_str()) && !value.trim().is_empty());
        set.map(|(name, value)| (name.as_str(), value.trim()))
    }

    pub(super) fn required(&self, name: &str, what: &str) -> Result<&str, ConfigError> {
        self.text(name).ok_or_else(|| self.error(name, format!("is not set: {what}")))
    }

    /// Items separated by commas or line ends.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        items(self.text(name).unwrap_or_default())
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, ConfigError> {
        self.flag_or(name, false)
    }

    pub(super) fn flag_or(&self, name: &str, default: bool) -> Result<bool, ConfigError> {
        match self.text(name).map(str::to_lowercase).as_deref() {
            None => Ok(default),
            Some("0" | "false" | "no" | "off") => Ok(false),
            Some("1" | "true" | "yes" | "on") => Ok(true),
            Some(_) => Err(self.error(name, "is neither 1 nor 0".into())),
        }
    }

    pub(super) fn number<T: FromStr>(&self, name: &str, default: T, what: &str) -> Result<T, ConfigError> {
        match self.text(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| self.error(name, format!("is {text:?}: {what}"))),
        }
    }

    /// A secret, given itself or by the path of a file; from one place, not from two.
    pub(super) fn secret(&self, name: &str) -> Result<Option<SecretString>, ConfigError> {
        debug_assert!(SECRETS.contains(&name), "{name}");
        let in_file = format!("{name}_FILE");
        for of in [&self.environment, &self.file] {
            let get = |name: &str| of.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
            match (get(name), get(&in_file)) {
                (None, None) => {}
                (Some(_), Some(_)) => {
                    return Err(self.error(name, format!("and {in_file} are both set: set one of them")));
                }
                (Some(text), None) => return Ok(Some(text.into())),
                (None, Some(path)) => return self.read(&in_file, path).map(Some),
            }
        }
        Ok(None)
    }

    pub(super) fn required_secret(&self, name: &str, what: &str) -> Result<SecretString, ConfigError> {
        self.secret(name)?.ok_or_else(|| self.error(name, format!("is not set (nor {name}_FILE): {what}")))
    }

    fn read(&self, name: &str, path: &str) -> Result<SecretString, ConfigError> {
        let path = self.credentials.as_deref().unwrap_or(Path::new("")).join(path);
        let text = std::fs::read_to_string(&path)
            .map_err(|error| self.error(name, format!("names {}, which cannot be read: {error}", path.display())))?;
        match text.trim() {
            "" => Err(self.error(name, format!("names {}, which is empty", path.display()))),
            text => Ok(text.into()),
        }
    }

    pub(super) fn error(&self, name: &str, what: String) -> ConfigError {
        ConfigError::new(format!("{}{name} {what}", self.label))
    }
}

/// Items separated by commas or line ends.
pub(super) fn items(text: &str) -> Vec<String> {
    text.split([',', '\n']).map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// The settings of a table, by their names in capitals. A name that is not known is a typing error.
pub(super) fn texts(table: Table, known: &[&str]) -> Result<BTreeMap<String, String>, ConfigError> {
    let mut texts = BTreeMap::new();
    for (key, value) in table {
        let name = key.to_uppercase();
        if !known.contains(&name.as_str()) {
            // In the file people leave out what most of these names have in common.
            let full = format!("NETBOX_PROXMOX_{name}");
            let short = known.iter().copied().find(|known| *known == full);
            let meant = short.or_else(|| near::nearest(&name, known.iter().copied()));
            let meant =
                meant.map(|meant| format!(". Did you mean {}?", meant.to_lowercase())).unwrap_or_else(|| ".".into());
            let there_are = known.join(", ").to_lowercase();
            return Err(ConfigError::new(format!("{key} is no setting here{meant} There are: {there_are}")));
        }
        // The value is not repeated: it may be a secret.
        let text =
            text_of(&value).ok_or_else(|| ConfigError::new(format!("{key} is neither text, a number nor a list")))?;
        if texts.insert(name, text).is_some() {
            return Err(ConfigError::new(format!("{key} is there twice, in capitals and not")));
        }
    }
    Ok(texts)
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(flag) => Some(u8::from(*flag).to_string()),
        Value::Array(items) => items.iter().map(text_of).collect::<Option<Vec<_>>>().map(|items| items.join(",")),
        _ => None,
    }
}
