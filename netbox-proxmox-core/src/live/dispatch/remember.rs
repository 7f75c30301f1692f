//! What is remembered of a guest once its events were answered: after a deletion nobody else can say where it and its
//! disks were.

use netbox_api::EventKind;
use proxmox_api::{DiskSlot, NodeName, PowerState, Vmid};

use crate::action::{Action, RecordValue};
use crate::apply::Applied;
use crate::current::Current;
use crate::event::{Change, Changed, Event, KnownDisk, Ownership};
use crate::executor::{Failure, Outcome};
use crate::guest::{Guest, Owner};
use crate::live::bridge::{Bridge, ProxmoxCluster, now};
use crate::live::execute::LiveExecutor;
use crate::live::guests::{self, At};
use crate::live::inbox::{InboxError, Seen};
use crate::live::look_up::listing::Listing;
use crate::marker::MarkerState;
use crate::moment::Moment;
use crate::part::Part;
use crate::plan::known_interfaces;

/// Remembers where a guest of ours and its disks are. A disk that NetBox no longer has is remembered while anything is
/// attached in its slot: whatever that is by the time its deletion is answered, only the disk's own volume may go. A
/// guest that is gone on both sides is forgotten.
pub(super) async fn remember(
    bridge: &Bridge,
    cluster: &ProxmoxCluster,
    event: &Event,
    applied: &Applied,
    executor: &LiveExecutor<'_>,
) -> Result<(), InboxError> {
    let Some(guest) = &event.desired else {
        return match event.owner() {
            Some(owner) if event.current.is_none() && event.context.unmanaged.is_none() => {
                vacated(bridge, cluster, owner).await?;
                bridge.inbox.forget(owner).await
            }
            _ => Ok(()),
        };
    };
    let Some(owner) = guest.owner() else { return Ok(()) };
    if event.context.removal_due.is_some() {
        // The record is there again, and this was said.
        bridge.inbox.cancel_removal(owner).await?;
    }
    let ours = matches!(event.context.ownership, Ownership::Ours { .. });
    let mut current = event.current.clone().filter(|_| ours);
    if let Some(vmid) = made_volumes(applied) {
        match again(bridge, cluster, owner, vmid, executor).await {
            Ok(Some(found)) => current = Some(found),
            Ok(None) => {}
            Err(failure) => {
                tracing::warn!(record = %guest.record, why = %failure.why, "the new disks are not remembered yet")
            }
        }
    }
    let Some(current) = current else { return Ok(()) };
    let (Some(vmid), Some(node), Some(listed)) = (current.vmid, current.node.given(), guest.disks.given()) else {
        return Ok(());
    };
    let volume = |slot: DiskSlot| current.disk(slot).map(|disk| disk.volume.clone());
    let present =
        listed.iter().filter_map(|disk| Some(KnownDisk { id: disk.id, slot: disk.slot, volume: volume(disk.slot)? }));
    let before = bridge.inbox.seen(owner).await?;
    let announced = announced(event).or(before.as_ref().and_then(|seen| seen.announced));
    let of_this = before.filter(|seen| seen.vmid == vmid);
    let agreed_before = of_this.as_ref().map(|seen| seen.agreed_node.clone()).unwrap_or_default();
    let (before, wanted, mut removals, keys) =
        of_this.map(|seen| (seen.disks, seen.wanted, seen.removals, seen.keys)).unwrap_or_default();
    // Of removals begun before: what somebody attached again is theirs, and what a stopped guest has nowhere they removed.
    let old = |removal: &KnownDisk| event.context.removals.contains(removal);
    let attached = |name: &String| current.disks.given().into_iter().flatten().any(|(_, disk)| disk.volume == *name);
    let waits = |name: &String| current.power != Part::Given(PowerState::Stopped) || current.unused.contains(name);
    removals.retain(|removal| !old(removal) || (!attached(&removal.volume) && waits(&removal.volume)));
    let gone = before.into_iter().filter(|known| {
        listed.iter().all(|disk| disk.id != known.id && disk.slot != known.slot) && volume(known.slot).is_some()
    });
    let creating =
        event.current.is_none() || event.context.ownership == Ownership::Ours { state: MarkerState::Creating };
    let created = |id: u64| {
        let disk = |change: &Change| matches!(change.what, Changed::Disk { .. }) && change.event == EventKind::Created;
        wanted.contains(&id) || creating || event.caused(|change| change.object == id && disk(change))
    };
    let added = |slot| applied.done.iter().any(|(it, _)| matches!(it, Action::AddDisk { slot: at, .. } if *at == slot));
    let lacking = listed.iter().filter(|disk| volume(disk.slot).is_none() && created(disk.id) && !added(disk.slot));
    let wanted = lacking.map(|disk| disk.id).collect();
    let disks = present.chain(gone).collect();
    let interfaces = known_interfaces(event, &bridge.policy);
    let seen = Seen::new(vmid, node, cluster.netbox_cluster.id);
    let agreed_node = agreed_node(guest, &current, applied, agreed_before);
    let seen = Seen { agreed_node, disks, wanted, interfaces, removals, keys, announced, ..seen };
    bridge.inbox.put_seen(owner, &seen).await
}

/// When the creation of the record was said that is among the causes: the last of them, as a branch says it before its merge.
fn announced(event: &Event) -> Option<Moment> {
    let created =
        |change: &&Change| change.event == EventKind::Created && matches!(change.what, Changed::Record { .. });
    event.cause.iter().filter(created).filter_map(|change| change.time).max()
}

/// The VMID of a guest that somebody has removed rests from now on.
async fn vacated(bridge: &Bridge, cluster: &ProxmoxCluster, owner: Owner) -> Result<(), InboxError> {
    match bridge.inbox.seen(owner).await?.filter(|seen| seen.cluster == cluster.netbox_cluster.id) {
        Some(seen) => bridge.inbox.put_rested(seen.cluster, seen.vmid, now()).await,
        None => Ok(()),
    }
}

/// The node on which NetBox and the guest agree now; `before`, while they do not: a node that does not exist, or that
/// NetBox does not take, is no wish that was answered.
fn agreed_node(guest: &Guest, current: &Current, applied: &Applied, before: Part<NodeName>) -> Part<NodeName> {
    let agreed = guest.node.given().filter(|node| current.node.given() == Some(*node)).cloned();
    made_so(applied).or(agreed).map_or(before, Part::Given)
}

/// The node that a plan told NetBox, or took the guest to.
fn made_so(applied: &Applied) -> Option<NodeName> {
    applied.done.iter().find_map(|(action, outcome)| match (action, outcome) {
        (Action::Record { value: RecordValue::Node(node), .. }, Outcome::Done | Outcome::Unchanged) => {
            Some(node.clone())
        }
        (Action::Migrate { node, .. }, _) => Some(node.clone()),
        _ => None,
    })
}

/// Remembers of a guest, whose creation began and did not end, the node that NetBox said for it: whoever says another one
/// until it is planned anew wants it there.
pub(super) async fn remember_said(
    bridge: &Bridge,
    event: &Event,
    applied: &Applied,
    executor: &LiveExecutor<'_>,
) -> Result<(), InboxError> {
    let (None, Some(guest)) = (&event.current, &event.desired) else { return Ok(()) };
    let Some(owner) = guest.owner() else { return Ok(()) };
    let Some(seen) = bridge.inbox.seen(owner).await?.filter(|seen| seen.agreed_node.is_unknown()) else {
        return Ok(());
    };
    let told = made_so(applied).or_else(|| executor.recorded_node());
    let agreed_node = told.map_or_else(|| guest.node.clone(), Part::Given);
    bridge.inbox.put_seen(owner, &Seen { agreed_node, ..seen }).await
}

/// The guest that a plan gave volumes, whose names only Proxmox knows.
fn made_volumes(applied: &Applied) -> Option<Vmid> {
    let makes = |(action, outcome): &&(Action, Outcome)| {
        (action.creates() || matches!(action, Action::AddDisk { .. })) && *outcome != Outcome::Unchanged
    };
    applied.done.iter().find(makes).and_then(|(action, _)| action.target()?.vmid)
}

/// The guest as it is now, if it is the record's.
async fn again(
    bridge: &Bridge,
    cluster: &ProxmoxCluster,
    owner: Owner,
    vmid: Vmid,
    executor: &LiveExecutor<'_>,
) -> Result<Option<Current>, Failure> {
    let observed = match executor.guest(vmid) {
        Some(observed) => observed,
        None => {
            let listing = Listing::of_guests(&cluster.client).await?;
            let At::Guest(observed) = guests::at(&cluster.client, vmid, &listing).await? else { return Ok(None) };
            *observed
        }
    };
    let ours = matches!(observed.ownership(owner, &bridge.identities), Ownership::Ours { .. });
    // Whether it runs is nothing to remember.
    let current = || Current::observed(vmid, observed.node.clone(), &observed.config, PowerState::Stopped);
    Ok(ours.then(current))
}
