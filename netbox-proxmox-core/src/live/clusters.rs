//! Which NetBox cluster a Proxmox cluster is. It is known by its id: found once by the name in the settings, and kept. A
//! name may change, and two clusters in different groups or sites may have the same one (NetBox 4.7.3).

use netbox_api::client::ClusterFilter;

use super::inbox::Inbox;
use crate::delivery::birth;
use crate::executor::{Failure, FailureKind};
use crate::guest::Cluster;

/// A NetBox cluster that a setting means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The cluster, with its present name.
    pub cluster: Cluster,
    /// What it was called when it was last looked at, if that was something else.
    pub renamed_from: Option<String>,
}

/// The NetBox cluster that a setting means: a name or, where no cluster has that name, an id. Once found it is kept by its
/// id, so that a rename is followed.
///
/// # Errors
/// [`FailureKind::Refused`] where no cluster has the name, or several have, or the one that was found is gone; else as NetBox
/// or the inbox failed.
pub async fn resolve(netbox: &netbox_api::Client, inbox: &Inbox, setting: &str) -> Result<Resolved, Failure> {
    match inbox.cluster(setting).await? {
        Some((known, born)) => {
            let found = match netbox.clusters().get(known.id).await {
                Ok(found) => Some(found.value),
                Err(error) if error.is_not_found() => None,
                Err(error) => return Err(error.into()),
            };
            // An id may come again, once NetBox was restored.
            let same = found.filter(|found| born.is_none() || birth(found.created.as_deref()) == born);
            let Some(found) = same else {
                let (id, name) = (known.id, known.name);
                return Err(refused(format!(
                    "NetBox no longer has cluster {name} (id {id}), whose guests were managed as {setting}. If another one \
                     has taken its place, set NETBOX_CLUSTER to the id of that"
                )));
            };
            let cluster = Cluster { id: found.id, name: found.name };
            let renamed_from = Some(known.name).filter(|former| *former != cluster.name);
            Ok(Resolved { cluster, renamed_from })
        }
        None => {
            let found = find(netbox, setting).await?.ok_or_else(|| none(setting))?;
            let cluster = Cluster { id: found.id, name: found.name };
            inbox.put_cluster(setting, &cluster, birth(found.created.as_deref())).await?;
            Ok(Resolved { cluster, renamed_from: None })
        }
    }
}

/// Remembers the present name of a cluster that was renamed, once that was said.
///
/// # Errors
/// The inbox failed.
pub async fn followed(inbox: &Inbox, setting: &str, cluster: &Cluster) -> Result<(), Failure> {
    let born = inbox.cluster(setting).await?.and_then(|(_, born)| born);
    Ok(inbox.put_cluster(setting, cluster, born).await?)
}

/// The name that a Proxmox cluster gives itself; of a single node, which is in no cluster, the node's.
///
/// # Errors
/// Proxmox did not answer; [`FailureKind::Refused`] where it says neither.
pub async fn own_name(client: &proxmox_api::Client) -> Result<String, Failure> {
    let members = client.cluster().status().await?;
    let cluster = members.iter().find(|member| member.kind == "cluster");
    let node = || members.iter().find(|member| member.kind == "node" && member.local);
    cluster.or_else(node).and_then(|member| member.name.clone()).ok_or_else(|| {
        refused("Proxmox does not say what its cluster is called: set NETBOX_CLUSTER to its name in NetBox".to_owned())
    })
}

/// The cluster that has the name or, where none has, the id; none if there is neither.
pub(super) async fn find(netbox: &netbox_api::Client, setting: &str) -> Result<Option<netbox_api::Cluster>, Failure> {
    let filter = ClusterFilter { name: vec![setting.to_owned()], ..Default::default() };
    // NetBox ignores filters that it does not know, and returns everything.
    let mut found: Vec<_> = netbox.clusters().all(&filter).await?.into_iter().filter(|it| it.name == setting).collect();
    match (found.len(), setting.parse::<u64>()) {
        (1, _) => Ok(Some(found.remove(0))),
        (0, Ok(id)) => match netbox.clusters().get(id).await {
            Ok(found) => Ok(Some(found.value)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error.into()),
        },
        (0, Err(_)) => Ok(None),
        (several, _) => {
            let ids = found.iter().map(|cluster| cluster.id.to_string()).collect::<Vec<_>>().join(", ");
            Err(refused(format!(
                "NetBox has {several} clusters called {setting}, with the ids {ids}: set NETBOX_CLUSTER to the id of the one \
                 that is meant"
            )))
        }
    }
}

fn none(setting: &str) -> Failure {
    refused(format!(
        "NetBox has no cluster called {setting} (or the token may not see it): make it, or set NETBOX_CLUSTER to the name or id \
         of the one that this Proxmox cluster is"
    ))
}

fn refused(why: String) -> Failure {
    Failure::new(FailureKind::Refused, why)
}
