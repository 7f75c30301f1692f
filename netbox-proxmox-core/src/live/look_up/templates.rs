//! Which template a name means, and where the template volumes of containers are.

use proxmox_api::{Client, GuestType, NodeName, Resource, Vmid, VolumeId};

use super::listing::Listing;
use crate::executor::{Failure, FailureKind};

/// The template of a kind that has a name. Where several have it, it is the one on the wanted node.
///
/// # Errors
/// Those that have it, if it is not known which of them is meant; empty if none has it.
pub(crate) fn named(
    listing: &Listing,
    name: &str,
    kind: Option<GuestType>,
    wanted: Option<&NodeName>,
) -> Result<Vmid, Vec<Vmid>> {
    let is_it = |guest: &&Resource| guest.template && guest.guest_type() == kind && guest.name.as_deref() == Some(name);
    let all: Vec<&Resource> = listing.guests().iter().filter(is_it).collect();
    let there = || all.iter().filter(|guest| wanted.is_some() && guest.node.as_ref() == wanted);
    let vmids = |guests: &mut dyn Iterator<Item = &&Resource>| -> Vec<Vmid> {
        let mut vmids: Vec<Vmid> = guests.filter_map(|guest| guest.vmid).collect();
        vmids.sort();
        vmids
    };
    match (vmids(&mut all.iter()).as_slice(), vmids(&mut there()).as_slice()) {
        ([only], _) | (_, [only]) => Ok(*only),
        (several, _) => Err(several.to_vec()),
    }
}

/// The nodes that have a template volume, by name. `wanted` is asked first and alone, if it has it.
///
/// # Errors
/// Proxmox failed. A node that cannot say, or is down, is one that does not have it, unless it is wanted, or no other one
/// has it.
pub(crate) async fn nodes_with(
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
