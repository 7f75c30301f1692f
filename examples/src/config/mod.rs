//! Configuration: environment variables and, for what they do not say, a TOML file with the same names.
//!
//! ```toml
//! netbox_url = "https://netbox.example.org"
//! netbox_token_file = "/run/secrets/netbox"
//!
//! [[cluster]]                       # one for each Proxmox cluster; the environment can describe one only
//! proxmox_url = ["https://pve01:8006", "https://pve02:8006"]
//! proxmox_token_file = "/run/secrets/proxmox"
//! proxmox_ca_file = "/etc/pve-root-ca.pem"
//! netbox_cluster = "pve-cluster-1"
//!
//! [policy]
//! destroy = { after = 86400 }
//!
//! [inbox]
//! done = 2592000
//!
//! [fields]
//! node = "pve_node"
//! ```
//!
//! Each command asks for the settings that it needs, so that `events` works without a token of NetBox.

mod inbox;
mod near;
mod receiver;
mod setup;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use netbox_proxmox_core::live::inbox::Retention;
use netbox_proxmox_core::{FieldNames, Policy};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use toml::{Table, Value};
use url::Url;

pub use inbox::InboxSettings;
pub use near::Stray;
pub use receiver::ReceiverSettings;
use source::{GENERAL, OF_A_CLUSTER, Source};

/// A setting that is missing or wrong: its name, what is wrong and what to do. Never its value where that is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(String);

impl ConfigError {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    fn within(self, label: &str) -> Self {
        Self(format!("{label}{}", self.0))
    }
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// How the certificate of a server is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// By the authorities that the system trusts.
    System,
    /// By the authorities in this PEM file.
    CaFile(PathBuf),
    /// By its SHA-256 fingerprint.
    Fingerprint(String),
    /// Not at all.
    Insecure,
}

/// How NetBox is reached.
#[derive(Debug, Clone)]
pub struct NetBoxSettings {
    /// `NETBOX_URL`
    pub url: String,
    /// `NETBOX_TOKEN`
    pub token: SecretString,
    /// `NETBOX_CA_FILE`, `NETBOX_FINGERPRINT` or `NETBOX_INSECURE`
    pub trust: Trust,
}

/// How a Proxmox cluster is reached, and which NetBox cluster it is.
#[derive(Debug, Clone)]
pub struct ClusterSettings {
    /// `PROXMOX_URL`: one or several addresses of the same cluster, separated by commas.
    pub urls: String,
    /// `PROXMOX_TOKEN`
    pub token: SecretString,
    /// `PROXMOX_CA_FILE`, `PROXMOX_FINGERPRINT` or `PROXMOX_INSECURE`
    pub trust: Trust,
    /// `NETBOX_CLUSTER`; `None`: the name that Proxmox gives itself.
    pub netbox_cluster: Option<String>,
}

/// How a Proxmox cluster is reached with the login of an administrator.
#[derive(Debug, Clone)]
pub struct LoginSettings {
    /// `PROXMOX_URL`
    pub urls: String,
    /// `PROXMOX_SETUP_USER`: `root@pam`
    pub user: String,
    /// `PROXMOX_SETUP_PASSWORD`
    pub password: SecretString,
    /// `PROXMOX_CA_FILE`, `PROXMOX_FINGERPRINT` or `PROXMOX_INSECURE`
    pub trust: Trust,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl ClusterSettings {
    /// What the cluster is called in texts: by its name in NetBox, else by its first address.
    pub fn label(&self) -> String {
        let address = || self.urls.split(',').next().unwrap_or_default().trim().to_owned();
        self.netbox_cluster.clone().unwrap_or_else(address)
    }
}

/// All settings, not yet judged.
#[derive(Debug, Clone)]
pub struct Settings {
    source: Source,
    clusters: Vec<Source>,
    policy: Policy,
    retention: Retention,
    fields: FieldNames,
    strays: Vec<Stray>,
}

impl Settings {
    /// From the process's environment and the file that it names.
    ///
    /// # Errors
    /// A variable that is no text; a file that cannot be read, or has a name that is none.
    pub fn load() -> Result<Self, ConfigError> {
        Self::from_environment(std::env::vars_os())
    }

    /// From an environment and the file that it names in `NETBOX_PROXMOX_CONFIG`.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn from_environment<N, V>(variables: impl IntoIterator<Item = (N, V)>) -> Result<Self, ConfigError>
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let (mut environment, mut credentials, mut strays) = (BTreeMap::new(), None, Vec::new());
        for (name, value) in variables {
            let (name, value) = (name.into(), value.into());
            if name == "CREDENTIALS_DIRECTORY" {
                credentials = Some(PathBuf::from(&value));
            }
            let Ok(name) = name.into_string() else { continue };
            if !source::is_known(&name) {
                strays.extend(near::stray(&name));
                continue;
            }
            let value = value.into_string().map_err(|_| ConfigError::new(format!("{name} is not UTF-8 text")))?;
            environment.insert(name, value);
        }
        let path = environment.get("NETBOX_PROXMOX_CONFIG").map(|path| path.trim()).filter(|path| !path.is_empty());
        let file = path.map_or_else(|| Ok(File::default()), |path| File::read(Path::new(path)))?;
        let File { texts, clusters, policy, retention, fields } = file;
        let credentials = credentials.as_deref();
        let clusters = (1..).zip(clusters);
        let clusters = clusters.map(|(number, table)| Ok(Source::cluster(number, table)?.credentials(credentials)));
        let clusters = clusters.collect::<Result<Vec<_>, _>>()?;
        let source = Source::new(environment, texts).credentials(credentials);
        Ok(Self { source, clusters, policy, retention, fields, strays })
    }

    /// How NetBox is reached.
    ///
    /// # Errors
    /// A setting that is missing or wrong; so for all methods.
    pub fn netbox(&self) -> Result<NetBoxSettings, ConfigError> {
        let source = &self.source;
        let url = source.required("NETBOX_URL", "give the address of NetBox, like https://netbox.example.org")?;
        let token = source.required_secret("NETBOX_TOKEN", "make a token for this program in NetBox")?;
        Ok(NetBoxSettings { url: url.to_owned(), token, trust: trust(source, "NETBOX")? })
    }

    /// The Proxmox clusters, at least one.
    ///
    /// # Errors
    /// As [`netbox`](Self::netbox).
    pub fn clusters(&self) -> Result<Vec<ClusterSettings>, ConfigError> {
        if self.clusters.is_empty() {
            return Ok(vec![cluster(&self.source)?]);
        }
        if let Some(name) = OF_A_CLUSTER.iter().find(|name| self.source.text(name).is_some()) {
            return Err(self.source.error(name, "is set beside [[cluster]] tables: say it in one of them".into()));
        }
        let clusters = self.clusters.iter().map(cluster).collect::<Result<Vec<_>, _>>()?;
        let mut names = BTreeSet::new();
        for (settings, source) in clusters.iter().zip(&self.clusters) {
            match &settings.netbox_cluster {
                None if clusters.len() > 1 => {
                    let why = "is not set: with several clusters, say of each which cluster in NetBox it is";
                    return Err(source.error("NETBOX_CLUSTER", why.into()));
                }
                Some(name) if !names.insert(name) => {
                    return Err(source.error("NETBOX_CLUSTER", format!("is {name}, as of another [[cluster]]")));
                }
                _ => {}
            }
        }
        Ok(clusters)
    }

    /// Where the inbox is.
    ///
    /// # Errors
    /// As [`netbox`](Self::netbox).
    pub fn inbox(&self) -> Result<InboxSettings, ConfigError> {
        InboxSettings::read(&self.source)
    }

    /// The names by which markers know our NetBox: the present one first, then former ones.
    ///
    /// # Errors
    /// As [`netbox`](Self::netbox).
    pub fn identities(&self) -> Result<Vec<String>, ConfigError> {
        let name = "NETBOX_PROXMOX_IDENTITY";
        let present = match self.source.text(name) {
            Some(text) => text.to_owned(),
            None => {
                let host = host(&self.netbox()?.url).ok_or_else(|| {
                    let why = "is no address: it should be like https://netbox.example.org";
                    self.source.error("NETBOX_URL", why.into())
                })?;
                if !is_of_one_installation(&host) {
                    let why = format!(
                        "is not set, and the host of NETBOX_URL, {host}, is the same in many installations: give this NetBox a \
                         name that no other has, such as netbox.example.org. Guests are marked with it, so it must stay"
                    );
                    return Err(self.source.error(name, why));
                }
                host
            }
        };
        let former = self.source.list("NETBOX_PROXMOX_FORMER_IDENTITIES");
        let identities: Vec<String> = std::iter::once(present).chain(former).collect();
        match identities.iter().find(|identity| identity.contains(char::is_whitespace)) {
            Some(identity) => Err(self.source.error(name, format!("{identity:?} holds white space"))),
            None => Ok(identities),
        }
    }

    /// How long a task of Proxmox may take (`NETBOX_PROXMOX_TASK_TIMEOUT`, seconds).
    ///
    /// # Errors
    /// As [`netbox`](Self::netbox).
    pub fn task_timeout(&self) -> Result<Duration, ConfigError> {
        self.source.number("NETBOX_PROXMOX_TASK_TIMEOUT", 3600, "give a number of seconds").map(Duration::from_secs)
    }

    /// The password of root in containers that are created (`NETBOX_PROXMOX_CONTAINER_PASSWORD`); none by default.
    ///
    /// # Errors
    /// As [`netbox`](Self::netbox); and one that Proxmox does not take.
    pub fn container_password(&self) -> Result<Option<SecretString>, ConfigError> {
        let name = "NETBOX_PROXMOX_CONTAINER_PASSWORD";
        match self.source.secret(name)? {
            Some(password) if password.expose_secret().chars().count() < 5 => {
                Err(self.source.error(name, "is shorter than the 5 characters that Proxmox asks for".into()))
            }
            password => Ok(password),
        }
    }

    /// How log lines look (`NETBOX_PROXMOX_LOG`).
    ///
    /// # Errors
    /// As [`netbox`](Self::netbox).
    pub fn log_format(&self) -> Result<LogFormat, ConfigError> {
        match self.source.text("NETBOX_PROXMOX_LOG") {
            None | Some("text") => Ok(LogFormat::Text),
            Some("json") => Ok(LogFormat::Json),
            Some(other) => Err(self.source.error("NETBOX_PROXMOX_LOG", format!("is {other:?}: it is text or json"))),
        }
    }

    /// Variables of the environment that look like ours, and are none.
    pub fn strays(&self) -> &[Stray] {
        &self.strays
    }

    /// `[policy]`
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// `[inbox]`
    pub fn retention(&self) -> &Retention {
        &self.retention
    }

    /// `[fields]`
    pub fn fields(&self) -> &FieldNames {
        &self.fields
    }
}

fn cluster(source: &Source) -> Result<ClusterSettings, ConfigError> {
    let urls = source.required("PROXMOX_URL", "give the address of Proxmox VE, like https://pve01.example.org:8006")?;
    let token = source.required_secret("PROXMOX_TOKEN", "give an API token, user@realm!name=secret")?;
    let netbox_cluster = source.text("NETBOX_CLUSTER").map(str::to_owned);
    Ok(ClusterSettings { urls: urls.to_owned(), token, trust: trust(source, "PROXMOX")?, netbox_cluster })
}

fn trust(source: &Source, of: &str) -> Result<Trust, ConfigError> {
    let [ca, fingerprint, insecure] = ["CA_FILE", "FINGERPRINT", "INSECURE"].map(|end| format!("{of}_{end}"));
    let (path, sha256, flag) = (source.text(&ca), source.text(&fingerprint), source.flag(&insecure)?);
    match (path, sha256, flag) {
        (None, None, false) => Ok(Trust::System),
        (Some(path), None, false) => Ok(Trust::CaFile(path.into())),
        (None, Some(sha256), false) => Ok(Trust::Fingerprint(sha256.to_owned())),
        (None, None, true) => Ok(Trust::Insecure),
        _ => {
            let set = [(path.is_some(), ca), (sha256.is_some(), fingerprint), (flag, insecure)];
            let set: Vec<_> = set.into_iter().filter_map(|(is_set, name)| is_set.then_some(name)).collect();
            Err(source.error(&set.join(" and "), "exclude each other: set one of them".into()))
        }
    }
}

/// Host and port of a URL.
fn host(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// Whether a host tells one installation from others: a name with a dot, neither an address nor `localhost`.
fn is_of_one_installation(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_address = host.starts_with('[') || name.parse::<std::net::IpAddr>().is_ok();
    let is_local = name == "localhost" || name.ends_with(".localhost") || name.ends_with(".localdomain");
    name.contains('.') && !is_address && !is_local
}

/// What the TOML file says.
#[derive(Default)]
struct File {
    texts: BTreeMap<String, String>,
    clusters: Vec<Table>,
    policy: Policy,
    retention: Retention,
    fields: FieldNames,
}

impl File {
    fn read(path: &Path) -> Result<Self, ConfigError> {
        let error = |what: String| ConfigError::new(format!("NETBOX_PROXMOX_CONFIG ({}): {what}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|why| error(format!("cannot be read: {why}")))?;
        // The parser's own text quotes the line, which may hold a secret.
        let parsed = text.parse::<Table>().map_err(|why| {
            let line = why.span().map(|span| text[..span.start].lines().count().max(1));
            error(format!("{}{}", line.map(|line| format!("line {line}: ")).unwrap_or_default(), why.message()))
        })?;
        Self::from_table(parsed).map_err(|why| error(why.to_string()))
    }

    fn from_table(mut table: Table) -> Result<Self, ConfigError> {
        let clusters = match table.remove("cluster") {
            None => Some(Vec::new()),
            Some(Value::Array(items)) => items.into_iter().map(table_of).collect(),
            Some(_) => None,
        };
        let clusters = clusters.ok_or_else(|| ConfigError::new("cluster: write one [[cluster]] for each cluster"))?;
        let policy = section(&mut table, "policy")?;
        let retention = section(&mut table, "inbox")?;
        let fields = section(&mut table, "fields")?;
        let known: Vec<&str> = GENERAL.iter().chain(OF_A_CLUSTER).copied().collect();
        Ok(Self { texts: source::texts(table, &known)?, clusters, policy, retention, fields })
    }
}

fn table_of(value: Value) -> Option<Table> {
    match value {
        Value::Table(table) => Some(table),
        _ => None,
    }
}

fn section<T: DeserializeOwned + Default>(table: &mut Table, name: &str) -> Result<T, ConfigError> {
    let Some(value) = table.remove(name) else { return Ok(T::default()) };
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { format!("{path}: ") };
        let why = error.inner().message();
        ConfigError::new(format!("[{name}] {path}{why}{}", near::meant_in(why)))
    })
}
