//! Where the template volumes of containers are.

use proxmox_api::{Client, NodeName, VolumeId};

use super::listing::Listing;
use crate::executor::{Failure, FailureKind};

/// The nodes that have a template volume, by name. `wanted` is asked first and alone, if it has it.
///
/// # Errors
/// Proxmox failed. A node that cannot say, or is down, is one that does not have it, unless it is wanted, or no other one
/// has it.
pub(super) async fn nodes_with(
    client: &Client,
    listing: &Listing,
    volume: &VolumeId,
    wanted: Option<&NodeName>,
) -> Result<Vec<NodeName>, Failure> {
    let Some(storage) = listing.storages().iter().find(|storage| storage.id == volume.storage) else {
        return Ok(Vec::new());
    };
    let may_say = |node: &&NodeName| listing.is_online(node) || wanted == Some(*node);
    let mut candidates: Vec<&NodeName> = storage.nodes.iter().filter(may_say).collect();
    candidates.sort_by_key(|node| (wanted != Some(*node), node.as_str()));
    let (mut nodes, mut failed) = (Vec::new(), None);
    for node in candidates {
        match has(client, node, volume).await {
            Ok(true) if storage.shared => return Ok(sorted(storage.nodes.iter().filter(|it| listing.is_online(it)))),
            Ok(true) if wanted == Some(node) => return Ok(vec![node.clone()]),
            Ok(true) => nodes.push(node.clone()),
            Ok(false) => {}
            Err(failure) if wanted == Some(node) => return Err(failure),
            Err(failure) => failed = Some(failure),
        }
    }
    let down = storage.nodes.iter().find(|node| !listing.is_online(node));
    let down =
        down.map(|node| Failure::new(FailureKind::Retry, format!("node {node}, which may have {volume}, is down")));
    match failed.or(down).filter(|_| nodes.is_empty()) {
        Some(failure) => Err(failure),
        None => Ok(sorted(nodes.iter())),
    }
}

async fn has(client: &Client, node: &NodeName, volume: &VolumeId) -> Result<bool, Failure> {
    let content = client.node(node).storage(&volume.storage).content(Some("vztmpl"), None).await?;
    Ok(content.iter().any(|it| it.volid == *volume))
}

fn sorted<'a>(nodes: impl Iterator<Item = &'a NodeName>) -> Vec<NodeName> {
    let mut nodes: Vec<NodeName> = nodes.cloned().collect();
    nodes.sort();
    nodes
}
