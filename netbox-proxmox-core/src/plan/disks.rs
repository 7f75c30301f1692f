//! Rows 5 and 6: disks are grown and added, never shrunk or moved.

use netbox_api::EventKind;
use proxmox_api::{DiskSlot, Drive, GuestType, MiB, StorageId};

use super::create::usable;
use super::draft::Draft;
use super::removed_disks;
use crate::action::{Action, DiskRef, RecordValue};
use crate::current::CurrentDisk;
use crate::event::{Aspect, Change, Changed, DiskFacts, Event};
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
    let removed = removed_disks::plan(draft);
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
        Some(size @ Some(_)) => grow(draft, Aspect::RootSize, "disk", DiskRef::Root, wanted, size),
        // A guest that boots from no disk has none to grow.
        None if !draft.current.disks.is_unknown() => {}
        Some(None) | None => grow(draft, Aspect::RootSize, "disk", DiskRef::Root, wanted, None),
    }
}

/// Grows a disk, where NetBox's figure exceeds what Proxmox's size maps down to.
fn grow(draft: &mut Draft<'_>, aspect: Aspect, field: &str, disk: DiskRef, wanted: Megabytes, found: Option<MiB>) {
    let base = draft.policy.disk_base;
    let size = base.to_mib(wanted);
    if found.is_some_and(|found| wanted <= base.to_megabytes(found) || size <= found) {
        return;
    }
    let found = found.map_or_else(|| "not known".to_owned(), |found| base.to_megabytes(found).to_string());
    draft.gated(aspect, field, wanted, found, |draft| {
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
        let (aspect, field) = (Aspect::Disk(disk.id), format!("disk {}", disk.slot));
        grow(draft, aspect, &field, DiskRef::Slot(disk.slot), disk.size, Some(size));
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
        let report = draft.reporter.no_mount_path(disk.slot, &draft.event.context.fields.mount_path);
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
    draft.gated(Aspect::Disk(disk.id), &format!("disk {}", disk.slot), disk.size, "missing", |draft| {
        let guest = draft.target.clone();
        let format = format(draft, storage.as_ref());
        draft.step(Action::AddDisk { guest, slot: disk.slot, storage, size, format, path: disk.path.clone() });
    });
}

/// The format of a further disk of a VM: the root disk's, where its storage has a choice. Volumes of containers have none.
fn format(draft: &Draft<'_>, storage: Option<&StorageId>) -> Option<String> {
    let storages = draft.event.context.storages.given().filter(|_| draft.current.kind == GuestType::Qemu)?;
    let files = |id: &StorageId| storages.iter().any(|it| it.id == *id && it.files);
    storage.filter(|id| files(id))?;
    let (_, root) = draft.current.root_disk()?;
    // Copied to a storage without files the root disk lost its format.
    let of_file = draft.storage_of(root).is_some_and(|id| files(&id));
    Some(if of_file { Drive::new(&root.volume).format() } else { "raw".to_owned() })
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
    let waits = !draft.gate_open(Aspect::RootSize)
        && root_size_of_record(draft.event, draft.guest).is_some_and(|wanted| {
            let size = draft.current.root_disk().and_then(|(_, disk)| disk.size);
            size.is_some_and(|size| wanted > draft.policy.disk_base.to_megabytes(size))
        });
    if lacking && !waits {
        let guest = draft.target.clone();
        draft.step(Action::Record { guest, value: RecordValue::RootDisk });
    }
}
