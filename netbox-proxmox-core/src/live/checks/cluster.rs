//! Whether NetBox has the cluster, and lets the token see and change what is in it: a constraint of a permission hides
//! objects, which then seem not to be there.

use netbox_api::client::ETag;
use netbox_api::{ErrorKind, Status};

use super::{Candidate, Check, Fault, Kept};
use crate::executor::{Failure, FailureKind};
use crate::guest::Cluster;
use crate::live::inbox::{Inbox, MemoryStore};
use crate::live::{clusters, privileges};

/// The cluster, and what of it is seen.
pub(super) async fn check(
    netbox: &netbox_api::Client,
    status: &Status,
    candidate: &Candidate,
    client: &proxmox_api::Client,
    kept: &Kept,
) -> Vec<Check> {
    let what = format!("cluster of {} in NetBox", candidate.label);
    let found = match find(netbox, candidate, client, kept).await {
        Ok(found) => found,
        Err(failure) if failure.kind == FailureKind::Refused => {
            return vec![
                Check::failure(what, Fault::Missing, failure.why, "`netbox-proxmox setup` makes it").blocking(),
            ];
        }
        Err(failure) if failure.kind == FailureKind::Permission && candidate.netbox_cluster.is_none() => {
            let advice = format!(
                "Set NETBOX_CLUSTER to the name of the cluster in NetBox; or give Proxmox's token {} on /, to read the name of \
                 its cluster, and NetBox's the right to view clusters",
                privileges::PROXMOX_NAME
            );
            return vec![Check::failure(what, Fault::Denied, failure.why, advice).blocking()];
        }
        Err(failure) => return vec![Check::unanswered(what, failure).blocking()],
    };
    let mut checks = vec![Check::ok(what, format!("{} (id {})", found.name, found.id))];
    match hidden(netbox, status, &found).await {
        Ok(check) => checks.extend(check),
        // What may not be viewed is told of with the rights.
        Err(error) if error.kind() == ErrorKind::Permission => {}
        Err(error) => checks.push(Check::unanswered(format!("virtual machines of {}", found.name), error)),
    }
    checks
}

/// As the server will find it; nothing is remembered of it.
async fn find(
    netbox: &netbox_api::Client,
    candidate: &Candidate,
    client: &proxmox_api::Client,
    kept: &Kept,
) -> Result<Cluster, Failure> {
    let setting = match &candidate.netbox_cluster {
        Some(name) => name.clone(),
        None => clusters::own_name(client).await?,
    };
    let inbox = match kept {
        // What was found once is followed, also after a rename.
        Kept::Open { inbox, .. } if inbox.cluster(&setting).await?.is_some() => inbox.clone(),
        _ => Inbox::new(MemoryStore::default()),
    };
    Ok(clusters::resolve(netbox, &inbox, &setting).await?.cluster)
}

/// Whether the token sees all virtual machines of a cluster, and may change the first of them.
async fn hidden(
    netbox: &netbox_api::Client,
    status: &Status,
    cluster: &Cluster,
) -> Result<Option<Check>, netbox_api::Error> {
    let what = format!("virtual machines of {}", cluster.name);
    let counted = netbox.get(&format!("virtualization/clusters/{}", cluster.id), &[]).await?;
    // Counted by NetBox whatever the token may see.
    let Some(all) = counted.body["virtualmachine_count"].as_u64() else { return Ok(None) };
    let id = cluster.id.to_string();
    let query = [("cluster_id", id.as_str()), ("limit", "1"), ("brief", "1")];
    let listed = netbox.get("virtualization/virtual-machines", &query).await?;
    let Some(seen) = listed.body["count"].as_u64() else { return Ok(None) };
    let advice = "Look at the constraints of the permissions of the token's user (Admin, Permissions)";
    if seen < all {
        let detail =
            format!("the token sees {seen} of {all}: a constraint hides the others, for which nothing is done");
        return Ok(Some(match seen {
            0 => Check::failure(what, Fault::Denied, detail, advice).blocking(),
            _ => Check::warning(what, detail, advice),
        }));
    }
    let first = listed.body["results"][0]["id"].as_u64();
    // Before 4.6 NetBox does not look at the tag, and would take it for a change.
    if let (Some(first), true) = (first, status.version().is_some_and(netbox_api::Version::has_etag)) {
        match netbox
            .patch(&format!("virtualization/virtual-machines/{first}"), &serde_json::json!({}), never().as_ref())
            .await
        {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let detail = "the token sees virtual machines that it may not change: a constraint excludes them, so no VMID is written back";
                return Ok(Some(Check::failure(what, Fault::Denied, detail, advice)));
            }
            // It would have been changed, were it in that state: it may be. Or it may not, which is told of with the rights.
            Ok(_) | Err(_) => {}
        }
    }
    Ok(Some(Check::ok(what, format!("{all}, all of them seen"))))
}

/// A state in which no object is.
fn never() -> Option<ETag> {
    ETag::parse("W/\"1970-01-01T00:00:00+00:00\"")
}
