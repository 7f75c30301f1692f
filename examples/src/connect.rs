//! From settings to clients, inbox and bridge.

use netbox_proxmox_core::FailureKind;
use netbox_proxmox_core::live::checks::{Candidate, Kept, Receiving, Surroundings};
use netbox_proxmox_core::live::{Bridge, Inbox, ProxmoxCluster, SqliteStore, clusters};
#[cfg(feature = "inbox-postgres")]
use secrecy::ExposeSecret;

use crate::config::{ClusterSettings, InboxSettings, LoginSettings, NetBoxSettings, Settings, Trust};
use crate::exit::{Exit, Problem};

/// The client of NetBox. Sends nothing yet.
///
/// # Errors
/// The settings cannot be right.
pub fn netbox(settings: &NetBoxSettings) -> Result<netbox_api::Client, Problem> {
    let builder = netbox_api::Client::builder(&settings.url).token(settings.token.clone());
    let builder = match &settings.trust {
        Trust::System => builder,
        Trust::CaFile(path) => builder.ca_file(path),
        Trust::Fingerprint(sha256) => builder.fingerprint(sha256),
        Trust::Insecure => builder.insecure(),
    };
    builder.build().map_err(|error| Problem::new(Exit::Usage, format!("NETBOX_* settings: {error}")))
}

/// The settings of each Proxmox cluster with the client of its API. Sends nothing yet.
///
/// # Errors
/// The settings cannot be right.
pub fn clusters(settings: &Settings) -> Result<Vec<(ClusterSettings, proxmox_api::Client)>, Problem> {
    let clusters = settings.clusters()?.into_iter();
    clusters.map(|cluster| proxmox(&cluster).map(|client| (cluster, client))).collect()
}

/// The client of a Proxmox cluster. Sends nothing yet.
///
/// # Errors
/// The settings cannot be right.
pub fn proxmox(settings: &ClusterSettings) -> Result<proxmox_api::Client, Problem> {
    built(proxmox_api::Client::builder(&settings.urls).token(settings.token.clone()), &settings.trust)
}

/// The same with the login of an administrator.
///
/// # Errors
/// The settings cannot be right.
pub fn proxmox_as(login: &LoginSettings) -> Result<proxmox_api::Client, Problem> {
    built(proxmox_api::Client::builder(&login.urls).ticket(&login.user, login.password.clone()), &login.trust)
}

fn built(builder: proxmox_api::ClientBuilder, trust: &Trust) -> Result<proxmox_api::Client, Problem> {
    let builder = match trust {
        Trust::System => builder,
        Trust::CaFile(path) => builder.ca_file(path),
        Trust::Fingerprint(sha256) => builder.fingerprint(sha256),
        Trust::Insecure => builder.insecure(),
    };
    builder.build().map_err(|error| Problem::new(Exit::Usage, format!("PROXMOX_* settings: {error}")))
}

/// A Proxmox cluster with the NetBox cluster that it is; asks Proxmox where the settings do not say.
///
/// # Errors
/// As [`clusters::own_name`] and [`clusters::resolve`].
pub async fn cluster(
    settings: &ClusterSettings,
    client: &proxmox_api::Client,
    netbox: &netbox_api::Client,
    inbox: &Inbox,
) -> Result<ProxmoxCluster, Problem> {
    let setting = match &settings.netbox_cluster {
        Some(name) => name.clone(),
        None => clusters::own_name(client).await?,
    };
    let resolved = clusters::resolve(netbox, inbox, &setting).await;
    let resolved = resolved.map_err(|failure| match failure.kind {
        FailureKind::Refused => Problem::new(Exit::NotFound, failure.why),
        _ => Problem::from(failure),
    })?;
    let netbox_cluster = resolved.cluster;
    Ok(ProxmoxCluster { setting, netbox_cluster, client: client.clone() })
}

/// The inbox, which is made if it is not there.
///
/// # Errors
/// It cannot be opened.
pub async fn inbox(place: &InboxSettings) -> Result<Inbox, Problem> {
    let opened = match place {
        InboxSettings::File(path) => SqliteStore::open(path).await.map(Inbox::new),
        #[cfg(feature = "inbox-postgres")]
        InboxSettings::Postgres(address) => {
            netbox_proxmox_core::live::PostgresStore::open(address.expose_secret()).await.map(Inbox::new)
        }
        #[cfg(not(feature = "inbox-postgres"))]
        InboxSettings::Postgres(_) => {
            let why = "is in PostgreSQL, and this build is without: build it with `--features inbox-postgres`";
            return Err(Problem::new(Exit::Usage, format!("NETBOX_PROXMOX_INBOX {why}")));
        }
    };
    opened.map_err(|error| Problem::new(Exit::Failed, format!("{place} (NETBOX_PROXMOX_INBOX): {error}")))
}

/// Both sides and the inbox, as the settings say.
///
/// # Errors
/// Settings that cannot be right.
pub fn bridge(
    settings: &Settings,
    netbox: netbox_api::Client,
    clusters: Vec<ProxmoxCluster>,
    inbox: Inbox,
) -> Result<Bridge, Problem> {
    for (index, cluster) in clusters.iter().enumerate() {
        let id = cluster.netbox_cluster.id;
        if let Some(other) = clusters[..index].iter().find(|other| other.netbox_cluster.id == id) {
            let (name, one, two) = (&cluster.netbox_cluster.name, &other.setting, &cluster.setting);
            let text = format!("NETBOX_CLUSTER {one} and {two} are the same cluster in NetBox, {name} (id {id})");
            return Err(Problem::new(Exit::Usage, text));
        }
    }
    let mut bridge = Bridge::new(netbox, "", clusters, inbox);
    bridge.identities = settings.identities()?;
    bridge.policy = settings.policy().clone();
    bridge.fields = settings.fields().clone();
    bridge.container_password = settings.container_password()?;
    bridge.task_deadline = settings.task_timeout()?;
    Ok(bridge)
}

/// All that checks look at. What cannot be a setting is an error at once; what cannot be reached, a check says.
///
/// # Errors
/// Settings that cannot be right.
pub fn surroundings(
    settings: &Settings,
    netbox: netbox_api::Client,
    clusters: &[(ClusterSettings, proxmox_api::Client)],
    kept: Kept,
) -> Result<Surroundings, Problem> {
    let candidates = clusters.iter().map(|(settings, client)| Candidate {
        label: settings.label(),
        netbox_cluster: settings.netbox_cluster.clone(),
        client: client.clone(),
    });
    let paths = settings.paths()?.into_iter().collect();
    let receiving = Receiving { paths, secrets: settings.webhook_secrets()?.unwrap_or_default() };
    let (policy, fields) = (settings.policy().clone(), settings.fields().clone());
    Ok(Surroundings { netbox, clusters: candidates.collect(), kept, receiving, policy, fields })
}
