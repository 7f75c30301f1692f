//! From settings to clients, inbox and bridge.

use std::path::Path;

use netbox_proxmox_core::FailureKind;
use netbox_proxmox_core::live::{Bridge, Inbox, ProxmoxCluster, SqliteStore, clusters};

use crate::config::{ClusterSettings, LoginSettings, NetBoxSettings, Settings, Trust};
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

/// What to set after this error of NetBox's client, which knows no variables; said after its text.
pub fn advice_on_netbox(error: &netbox_api::Error) -> Option<String> {
    use netbox_api::ErrorKind as Kind;
    let printed = "`openssl x509 -noout -fingerprint -sha256 -in FILE` prints of its certificate on NetBox's server";
    match error.kind() {
        Kind::Certificate => Some(trusting("NETBOX", error.fingerprint(), printed, "the authority that signed it")),
        Kind::NotNetBox | Kind::Redirect => Some("NETBOX_URL sets it.".to_owned()),
        _ => None,
    }
}

/// What to set after this error of Proxmox's client, which knows no variables; said after its text.
pub fn advice_on_proxmox(error: &proxmox_api::Error) -> Option<String> {
    use proxmox_api::ErrorKind as Kind;
    let redirected = error.status().is_some_and(|status| (300..=399).contains(&status));
    let printed = "`pvenode cert info` prints on the node";
    let authority = "the cluster's authority, /etc/pve/pve-root-ca.pem on each node";
    match error.cause() {
        Kind::Certificate => Some(trusting("PROXMOX", error.fingerprint(), printed, authority)),
        Kind::NotProxmox => Some("PROXMOX_URL sets it.".to_owned()),
        Kind::Config if redirected => Some("PROXMOX_URL sets it.".to_owned()),
        _ => None,
    }
}

/// How a certificate comes to be trusted, and that it is to be compared before.
fn trusting(of: &str, fingerprint: Option<&str>, printed: &str, authority: &str) -> String {
    let Some(fingerprint) = fingerprint else {
        return format!("Set {of}_FINGERPRINT to what {printed}, or {of}_CA_FILE to the PEM file of {authority}.");
    };
    format!(
        "Compare this fingerprint with the one that {printed}. If they are the same, set {of}_FINGERPRINT={fingerprint}, or \
         {of}_CA_FILE to the PEM file of {authority}; if not, somebody is in between."
    )
}

/// The name that a Proxmox cluster gives itself; of a single node, which is in no cluster, the node's.
///
/// # Errors
/// Proxmox did not answer, or says neither.
pub async fn own_name(client: &proxmox_api::Client) -> Result<String, Problem> {
    let members = client.cluster().status().await?;
    let cluster = members.iter().find(|member| member.kind == "cluster");
    let node = || members.iter().find(|member| member.kind == "node" && member.local);
    cluster.or_else(node).and_then(|member| member.name.clone()).ok_or_else(|| {
        let text = "Proxmox does not say what its cluster is called: set NETBOX_CLUSTER to its name in NetBox";
        Problem::new(Exit::Failed, text)
    })
}

/// A Proxmox cluster with the NetBox cluster that it is; asks Proxmox where the settings do not say.
///
/// # Errors
/// As [`own_name`], and as [`clusters::resolve`].
pub async fn cluster(
    settings: &ClusterSettings,
    client: &proxmox_api::Client,
    netbox: &netbox_api::Client,
    inbox: &Inbox,
) -> Result<ProxmoxCluster, Problem> {
    let setting = match &settings.netbox_cluster {
        Some(name) => name.clone(),
        None => own_name(client).await?,
    };
    let resolved = clusters::resolve(netbox, inbox, &setting).await;
    let resolved = resolved.map_err(|failure| match failure.kind {
        FailureKind::Refused => Problem::new(Exit::NotFound, failure.why),
        _ => Problem::from(failure),
    })?;
    let netbox_cluster = resolved.cluster;
    Ok(ProxmoxCluster { setting, netbox_cluster, client: client.clone() })
}

/// The inbox in an SQLite file, which is made if it is not there.
///
/// # Errors
/// It cannot be opened.
pub async fn inbox(path: &Path) -> Result<Inbox, Problem> {
    let store = SqliteStore::open(path).await;
    let store = store
        .map_err(|error| Problem::new(Exit::Failed, format!("{} (NETBOX_PROXMOX_INBOX): {error}", path.display())))?;
    Ok(Inbox::new(store))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_to_be_compared_before_it_is_trusted() {
        let advice = trusting("PROXMOX", Some("AA:BB"), "`pvenode cert info` prints on the node", "the authority");
        let compare = advice.find("Compare this fingerprint with the one that `pvenode cert info` prints on the node");
        assert!(compare < advice.find("set PROXMOX_FINGERPRINT=AA:BB, or PROXMOX_CA_FILE to"), "{advice}");
        let advice = trusting("NETBOX", None, "FILE prints", "the authority");
        assert!(advice.starts_with("Set NETBOX_FINGERPRINT to what FILE prints, or NETBOX_CA_FILE to"), "{advice}");
    }
}
