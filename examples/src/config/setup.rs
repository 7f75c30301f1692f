//! The settings that only the set-up reads.

use secrecy::SecretString;

use super::{ConfigError, LoginSettings, Settings, trust};

impl Settings {
    /// What the webhook is to sign with, if that is set: of several secrets the first (`NETBOX_WEBHOOK_SECRET`).
    ///
    /// # Errors
    /// As [`netbox`](Self::netbox).
    pub fn webhook_secret(&self) -> Result<Option<SecretString>, ConfigError> {
        Ok(self.webhook_secrets()?.and_then(|secrets| secrets.into_iter().next()))
    }

    /// The login of an administrator of Proxmox's (`PROXMOX_SETUP_USER`, `PROXMOX_SETUP_PASSWORD`), if one is set.
    ///
    /// # Errors
    /// As [`netbox`](Self::netbox); and with several clusters, of which it is said which.
    pub fn proxmox_login(&self) -> Result<Option<LoginSettings>, ConfigError> {
        let source = &self.source;
        let Some(user) = source.text("PROXMOX_SETUP_USER") else { return Ok(None) };
        let password = source.required_secret("PROXMOX_SETUP_PASSWORD", "give the password of PROXMOX_SETUP_USER")?;
        let cluster = match self.clusters.as_slice() {
            [] => source,
            [cluster] => cluster,
            _ => {
                let why = "is set beside several [[cluster]] tables: run this for each, with PROXMOX_URL set and without the file";
                return Err(source.error("PROXMOX_SETUP_USER", why.into()));
            }
        };
        let urls =
            cluster.required("PROXMOX_URL", "give the address of Proxmox VE, like https://pve01.example.org:8006")?;
        let trust = trust(cluster, "PROXMOX")?;
        Ok(Some(LoginSettings { urls: urls.to_owned(), user: user.to_owned(), password, trust }))
    }

    /// Whether every cluster says which NetBox cluster it is (`NETBOX_CLUSTER`).
    pub fn names_its_cluster(&self) -> bool {
        let all = if self.clusters.is_empty() { std::slice::from_ref(&self.source) } else { &self.clusters };
        all.iter().all(|cluster| cluster.text("NETBOX_CLUSTER").is_some())
    }

    /// Whether the file has `[[cluster]]` tables, beside which no variable describes a cluster.
    pub fn has_cluster_tables(&self) -> bool {
        !self.clusters.is_empty()
    }

    /// What the environment sets: what a server in another one needs.
    pub fn given(&self) -> impl Iterator<Item = (&str, SecretString)> {
        self.source.environment().map(|(name, value)| (name, value.into()))
    }
}
