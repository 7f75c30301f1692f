//! Rows 5, 6 and 7: disks are grown and added, never shrunk or moved, and removed only for a cause.

use std::collections::BTreeSet;

use netbox_api::EventKind;
use proxmox_api::{DiskSlot, GuestType, MiB, PowerState};

use super::create::usable;
use super::draft::Draft;
use crate::action::{Action, DiskRef, RecordValue};
use crate::current::CurrentDisk;
use crate::event::{Change, Changed, DiskFacts, Event, KnownDisk};
use crate::guest::{Guest, GuestDisk};
use crate::part::Part;
use crate::units::Megabytes;

pub(super) fn plan(draft: &mut Draft<'_>) {
    reported_moves(draft);
    root(draft);
    for disk in draft.guest.disks.given().into_iter().flatten() {
        if draft.current.root.given() != Some(&disk.slot) {
            data_disk(draft, disk);
        }
    }
    let removed = removed(draft);
    begun_removals(draft);
    orphans(draft, &removed);
    record_root(draft);
}

/// The root size that the record gives without a virtual disk. NetBox forgets it when the first virtual disk is
/// created, so the creating cause and the intent are asked too.
pub(super) fn root_size_of_record(event: &Event, guest: &Guest) -> Option<Megabytes> {
    let created = event.cause.iter().find_map(|change| match &change.what {
        Changed::Record { before: None, after: Some(facts) } if change.created_record() => facts.root_size,
        _ => None,
    });
    let intent = event.context.intent.as_ref().and_then(|intent| intent.root_size);
    guest.root_size.given().copied().or(created).or(intent)
}

/// Renaming a disk or giving it to another virtual machine is reported, not done.
fn reported_moves(draft: &mut Draft<'_>) {
    for (before, after) in draft.event.cause.iter().filter_map(edited) {
        if let (Some(from), Some(to)) = (before.record, after.record)
            && from != to
        {
            let report = draft.reporter.moved_disk(&after.name, from, to);
            draft.report(report);
        } else if before.name != after.name {
            let report = draft.reporter.renamed_disk(&before.name, &after.name);
            draft.report(report);
        }
    }
}

/// A disk that was changed, before and after.
fn edited(change: &Change) -> Option<(&DiskFacts, &DiskFacts)> {
    match &change.what {
        Changed::Disk { before: Some(before), after: Some(after) } => Some((before, after)),
        _ => None,
    }
}

fn root(draft: &mut Draft<'_>) {
    let slot = draft.current.root.given().copied();
    let listed = slot.and_then(|slot| draft.guest.disk(slot));
    if let (Some(disk), Some(slot)) = (listed, slot) {
        if let Some(found) = draft.current.disk(slot) {
            compare(draft, disk, found);
        }
        return;
    }
    let Some(wanted) = root_size_of_record(draft.event, draft.guest) else { return };
    let base = draft.policy.disk_base;
    match draft.current.root_disk().map(|(_, disk)| disk.size) {
        Some(Some(size)) if wanted < base.to_megabytes(size) => {
            let report = draft.reporter.root_smaller_than_template(wanted, base.to_megabytes(size));
            draft.report(report);
        }
        Some(size @ Some(_)) => grow(draft, "disk", DiskRef::Root, wanted, size),
        // A guest that boots from no disk has none to grow.
        None if !draft.current.disks.is_unknown() => {}
        Some(None) | None => grow(draft, "disk", DiskRef::Root, wanted, None),
    }
}

/// Grows a disk, where NetBox's figure exceeds what Proxmox's size maps down to.
fn grow(draft: &mut Draft<'_>, field: &str, disk: DiskRef, wanted: Megabytes, found: Option<MiB>) {
    let base = draft.policy.disk_base;
    let size = base.to_mib(wanted);
    if found.is_some_and(|found| wanted <= base.to_megabytes(found) || size <= found) {
        return;
    }
    let found = found.map_or_else(|| "not known".to_owned(), |found| base.to_megabytes(found).to_string());
    draft.gated(field, wanted, found, |draft| {
        let guest = draft.target.clone();
        draft.step(Action::ResizeDisk { guest, disk, size });
    });
}

fn data_disk(draft: &mut Draft<'_>, disk: &GuestDisk) {
    if draft.current.disks.is_unknown() {
        return;
    }
    if let Some(found) = draft.current.disk(disk.slot) {
        compare(draft, disk, found);
    } else if draft.current.other_drives.contains(&disk.slot) {
        let report = draft.reporter.occupied_slot(disk.slot);
        draft.report(report);
    } else {
        missing(draft, disk);
    }
}

/// The size and the storage of a disk that both sides have.
fn compare(draft: &mut Draft<'_>, disk: &GuestDisk, found: &CurrentDisk) {
    // The record's storage is that of its root disk.
    let of_record = draft.guest.storage.given().filter(|_| draft.current.root.given() == Some(&disk.slot));
    if let (Some(wanted), Some(found)) = (disk.storage.as_ref().or(of_record), draft.storage_of(found))
        && *wanted != found
    {
        let report = draft.reporter.other_storage(disk.slot, wanted, &found);
        draft.report(report);
    }
    if let (Some(wanted), Some(found)) = (&disk.path, &found.path)
        && wanted != found
    {
        let report = draft.reporter.other_path(disk.slot, wanted, found);
        draft.report(report);
    }
    let Some(size) = found.size else { return };
    let megabytes = draft.policy.disk_base.to_megabytes(size);
    if disk.size < megabytes {
        let report = draft.reporter.shrink(disk.slot, disk.size, megabytes);
        draft.report(report);
    } else {
        grow(draft, &format!("disk {}", disk.slot), DiskRef::Slot(disk.slot), disk.size, Some(size));
    }
}

/// A disk that Proxmox lacks is added during a creation and for a cause that created it.
fn missing(draft: &mut Draft<'_>, disk: &GuestDisk) {
    let kind = draft.current.kind;
    if kind == GuestType::Lxc && disk.path.is_none() {
        // One that cannot be used was said to be so.
        let field = format!("disk {} ", disk.slot);
        if draft.guest.problems.iter().any(|problem| problem.field.starts_with(&field)) {
            return;
        }
        let report = draft.reporter.no_mount_path(disk.slot);
        return draft.report(report);
    }
    let of_root = draft.current.root_disk().and_then(|(_, root)| draft.storage_of(root));
    let storage = disk.storage.clone().or(of_root).or_else(|| draft.guest.storage.given().cloned());
    if let Some(id) = storage.as_ref().filter(|id| !usable(draft.event, kind, id, draft.node.as_ref())) {
        let report = draft.reporter.storage_unusable(kind, &format!("disk {}", disk.slot), id, draft.node.as_ref());
        return draft.report(report);
    }
    let created = draft.event.caused(|change| {
        change.object == disk.id && change.event == EventKind::Created && matches!(change.what, Changed::Disk { .. })
    });
    let wanted = draft.event.context.wanted_disks.contains(&disk.id);
    if !draft.creating && !created && !wanted {
        let report = draft.reporter.missing_disk(disk.slot, disk.size);
        return draft.report(report);
    }
    let size: MiB = draft.policy.disk_base.to_mib(disk.size);
    draft.gated(&format!("disk {}", disk.slot), disk.size, "missing", |draft| {
        let guest = draft.target.clone();
        draft.step(Action::AddDisk { guest, slot: disk.slot, storage, size, path: disk.path.clone() });
    });
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

/// Disks that NetBox lacks, though nobody deleted them there: a gap in a listing never destroys.
fn orphans(draft: &mut Draft<'_>, removed: &[DiskSlot]) {
    let (Some(disks), Some(_)) = (draft.current.disks.given(), draft.guest.disks.given()) else { return };
    let left = disks.iter().filter(|(slot, _)| {
        !removed.contains(slot) && draft.guest.disk(**slot).is_none() && draft.current.root.given() != Some(*slot)
    });
    let reports: Vec<_> = left.map(|(slot, disk)| draft.reporter.orphaned_disk(*slot, &disk.volume)).collect();
    reports.into_iter().for_each(|report| draft.report(report));
}

/// A root disk that NetBox lacks is recorded, once it has the size that the record asks for.
fn record_root(draft: &mut Draft<'_>) {
    let lacking = match (&draft.guest.disks, draft.current.root.given()) {
        (_, None) if draft.current.root.is_none() => false,
        (Part::Unknown, _) | (_, None) => draft.creating && draft.guest.disks.given().is_none_or(Vec::is_empty),
        (Part::None, Some(_)) => true,
        (Part::Given(_), Some(root)) => draft.guest.disk(*root).is_none() && draft.current.disk(*root).is_some(),
    };
    let waits = !draft.gate_open()
        && root_size_of_record(draft.event, draft.guest).is_some_and(|wanted| {
            let size = draft.current.root_disk().and_then(|(_, disk)| disk.size);
            size.is_some_and(|size| wanted > draft.policy.disk_base.to_megabytes(size))
        });
    if lacking && !waits {
        let guest = draft.target.clone();
        draft.step(Action::Record { guest, value: RecordValue::RootDisk });
    }
}
