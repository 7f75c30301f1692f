//! Row 7: a disk is removed only for a cause, and only if it is still the volume that was meant.

use std::collections::BTreeSet;

use proxmox_api::{DiskSlot, GuestType, PowerState};

use super::draft::Draft;
use crate::action::Action;
use crate::current::CurrentDisk;
use crate::event::{Change, Changed, DiskFacts, KnownDisk};
use crate::part::Part;

/// Plans what deletions caused, and what former plans began; gives the slots that are to be emptied.
pub(super) fn plan(draft: &mut Draft<'_>) -> Vec<DiskSlot> {
    let slots = removed(draft);
    begun_removals(draft);
    slots
}

/// A disk that a change deleted.
struct Deleted<'a> {
    /// The id of the VirtualDisk.
    id: u64,
    slot: DiskSlot,
    /// What it was.
    facts: &'a DiskFacts,
}

fn deleted(change: &Change) -> Option<Deleted<'_>> {
    match &change.what {
        Changed::Disk { before: Some(facts), after: None } => {
            Some(Deleted { id: change.object, slot: facts.name.parse().ok()?, facts })
        }
        _ => None,
    }
}

/// Disks that NetBox said were deleted; gives the slots that are to be emptied.
fn removed(draft: &mut Draft<'_>) -> Vec<DiskSlot> {
    let event = draft.event;
    let ours = |before: &DiskFacts| before.record.is_none_or(|record| record == draft.guest.record);
    // Where the record names the slot again, its new disk is compared like any other. A root disk may have been recorded
    // again before its deletion was heard of: whoever deleted it is told all the same.
    let root = draft.current.root.given().copied();
    let lacking = |slot: DiskSlot| draft.guest.disk(slot).is_none() || root == Some(slot);
    let gone: Vec<_> = event.cause.iter().filter_map(deleted).filter(|it| lacking(it.slot) && ours(it.facts)).collect();
    gone.into_iter().filter(|it| remove(draft, it)).map(|it| it.slot).collect()
}

/// Plans the removal of a disk; says whether it did.
fn remove(draft: &mut Draft<'_>, disk: &Deleted<'_>) -> bool {
    let slot = disk.slot;
    if draft.current.root.given() == Some(&slot) {
        let report = draft.reporter.root_disk_kept(slot);
        draft.report(report);
        return false;
    }
    let Some(found) = draft.current.disk(slot) else { return false };
    let known = draft.event.context.known_disks.iter().find(|known| known.id == disk.id);
    let other = match known {
        Some(known) if known.slot == slot && known.volume == found.volume => None,
        Some(known) => Some(known.volume.clone()),
        None => unlike(draft, disk.facts, found),
    };
    if let Some(was) = other {
        let report = draft.reporter.other_volume(slot, &was, &found.volume);
        draft.report(report);
        return false;
    }
    // What is only about to be cloned has no volume yet: that of the template is not it.
    let volume = draft.event.current.is_some().then(|| found.volume.clone());
    let guest = draft.target.clone();
    draft.step(Action::RemoveDisk { guest, slot, volume });
    true
}

/// Removals that were begun and that the guest has not got attached again.
fn open_removals<'a>(draft: &Draft<'a>) -> impl Iterator<Item = &'a KnownDisk> {
    let attached = draft.current.disks.given();
    let is_attached = move |volume: &str| attached.into_iter().flatten().any(|(_, disk)| disk.volume == volume);
    draft.event.context.removals.iter().filter(move |removal| !is_attached(&removal.volume))
}

/// Removals that were begun are finished once the guest has given the volume up.
fn begun_removals(draft: &mut Draft<'_>) {
    let given_up = open_removals(draft).filter(|removal| draft.current.unused.contains(&removal.volume));
    for removal in given_up.collect::<Vec<_>>() {
        let (guest, slot, volume) = (draft.target.clone(), removal.slot, Some(removal.volume.clone()));
        draft.step(Action::RemoveDisk { guest, slot, volume });
    }
}

/// What a running container gives up only when it stops (seen on Proxmox VE 9.1): removed after the shutdown of the same
/// plan, if it has one, otherwise by a later plan.
pub(super) fn given_up_at_stop(draft: &mut Draft<'_>) {
    if draft.current.kind != GuestType::Lxc || draft.current.power != Part::Given(PowerState::Running) {
        return;
    }
    let shut_down = draft.steps().any(|action| matches!(action, Action::Shutdown { .. }));
    // It is restarted by a migration, before this plan's own removals.
    let restarted = draft.steps().any(|action| matches!(action, Action::Migrate { .. }));
    let waiting = open_removals(draft).filter(|removal| !draft.current.unused.contains(&removal.volume));
    let begun = waiting.map(|removal| (removal.slot, removal.volume.clone(), shut_down || restarted));
    let now = draft.steps().filter_map(|action| match action {
        Action::RemoveDisk { slot, volume: Some(volume), .. } => {
            let found = draft.current.disk(*slot).filter(|found| found.volume == *volume);
            found.map(|found| (*slot, found.volume.clone(), shut_down))
        }
        _ => None,
    });
    let all: BTreeSet<(DiskSlot, String, bool)> = begun.chain(now).collect();
    for (slot, volume, stops) in all {
        if stops {
            let guest = draft.target.clone();
            draft.step(Action::RemoveDisk { guest, slot, volume: Some(volume) });
        } else {
            let report = draft.reporter.removed_at_stop(slot);
            draft.report(report);
        }
    }
}

/// Of a disk that was never seen, or is not remembered, only NetBox's own words say which volume it was: gives them where
/// the volume is another one by them. (Proxmox has whole GiB.)
fn unlike(draft: &Draft<'_>, facts: &DiskFacts, found: &CurrentDisk) -> Option<String> {
    let size = facts.size.filter(|size| {
        let wanted = draft.policy.disk_base.to_mib(*size);
        found.size.is_some_and(|found| found.0.abs_diff(wanted.0) >= 1024)
    });
    let of = draft.storage_of(found);
    let storage = facts.storage.as_ref().filter(|storage| of.is_some_and(|of| of.as_str() != storage.as_str()));
    match (size, storage) {
        (None, None) => None,
        (Some(size), None) => Some(format!("one of {size}")),
        (None, Some(storage)) => Some(format!("one on {storage}")),
        (Some(size), Some(storage)) => Some(format!("one of {size} on {storage}")),
    }
}
