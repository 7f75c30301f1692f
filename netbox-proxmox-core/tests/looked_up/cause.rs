//! Changes of the record `web01` and of what belongs to it.

use netbox_proxmox_core::event::{DiskFacts, InterfaceFacts, RecordFacts};
use netbox_proxmox_core::{Change, Changed, EventKind, GuestType, Megabytes, Part, RecordId};

use crate::case::RECORD;
use crate::common::{ALICE, OWNER};

fn change(object: u64, event: EventKind, what: Changed) -> Change {
    let (user, request) = (Some("admin".into()), Some("7d1b0f0e".into()));
    let (time, confirmed, status) = (None, false, None);
    Change { record: RECORD, name: "web01".into(), object, event, user, request, time, confirmed, status, what }
}

/// The record as a delivery tells of it.
pub(crate) fn facts(status: &str) -> RecordFacts {
    RecordFacts {
        options: Default::default(),
        birth: Some(OWNER.birth),
        status: status.into(),
        kind: Some(GuestType::Qemu),
        untyped: false,
        cluster: Some(1),
        vmid: Some("101".into()),
        node: Some("pve01".into()),
        ssh_keys: None,
        vcpus: None,
        memory: None,
        primary: [None, None],
        root_size: None,
        tags: vec![],
        onboot: None,
    }
}

/// The same in status Staged, with a change.
pub(crate) fn facts_with(change: impl FnOnce(&mut RecordFacts)) -> RecordFacts {
    let mut facts = facts("staged");
    change(&mut facts);
    facts
}

/// The record was created in a status.
pub(crate) fn created(status: &str) -> Change {
    created_with(RecordFacts { vmid: None, ..facts(status) })
}

pub(crate) fn created_with(after: RecordFacts) -> Change {
    change(RECORD.0, EventKind::Created, Changed::Record { before: None, after: Some(after) })
}

/// The record was created in a status, with a wanted size of its root disk.
pub(crate) fn created_with_root(status: &str, size: u64) -> Change {
    created_with(RecordFacts { root_size: Some(Megabytes(size)), ..facts(status) })
}

pub(crate) fn updated(before: Option<RecordFacts>, after: RecordFacts) -> Change {
    change(RECORD.0, EventKind::Updated, Changed::Record { before, after: Some(after) })
}

/// The status changed.
pub(crate) fn status(before: &str, after: &str) -> Change {
    updated(Some(facts(before)), facts(after))
}

/// The record was saved and nothing of these facts changed.
pub(crate) fn saved(status: &str) -> Change {
    updated(Some(facts(status)), facts(status))
}

/// The VMID was typed where there was none.
pub(crate) fn typed_vmid(status: &str) -> Change {
    updated(Some(RecordFacts { vmid: None, ..facts(status) }), facts(status))
}

/// The node was changed by someone.
pub(crate) fn moved_to(node: &str) -> Change {
    updated(Some(facts("active")), RecordFacts { node: Some(node.into()), ..facts("active") })
}

/// The SSH keys were cleared.
pub(crate) fn cleared_keys(status: &str) -> Change {
    updated(Some(RecordFacts { ssh_keys: Some(ALICE.into()), ..facts(status) }), facts(status))
}

/// The SSH keys were changed from these to those.
pub(crate) fn changed_keys(status: &str, before: Option<&str>, after: &str) -> Change {
    let with = |keys: Option<&str>| RecordFacts { ssh_keys: keys.map(str::to_owned), ..facts(status) };
    updated(Some(with(before)), with(Some(after)))
}

/// The record was deleted in a status.
pub(crate) fn deleted(status: &str) -> Change {
    deleted_with(facts(status))
}

pub(crate) fn deleted_with(before: RecordFacts) -> Change {
    change(RECORD.0, EventKind::Deleted, Changed::Record { before: Some(before), after: None })
}

fn disk_facts(name: &str) -> DiskFacts {
    DiskFacts { name: name.into(), record: Some(RECORD), storage: None, size: None }
}

/// A virtual disk was created.
pub(crate) fn disk_created(id: u64, name: &str) -> Change {
    change(id, EventKind::Created, Changed::Disk { before: None, after: Some(disk_facts(name)) })
}

/// A virtual disk was saved; what it was before is not told.
pub(crate) fn disk_saved(id: u64, name: &str) -> Change {
    change(id, EventKind::Updated, Changed::Disk { before: None, after: Some(disk_facts(name)) })
}

/// A virtual disk was renamed.
pub(crate) fn disk_renamed(id: u64, before: &str, after: &str) -> Change {
    let what = Changed::Disk { before: Some(disk_facts(before)), after: Some(disk_facts(after)) };
    change(id, EventKind::Updated, what)
}

/// A virtual disk was given to another virtual machine.
pub(crate) fn disk_moved(id: u64, name: &str, from: u64, to: u64) -> Change {
    let of = |record| DiskFacts { record: Some(RecordId(record)), ..disk_facts(name) };
    change(id, EventKind::Updated, Changed::Disk { before: Some(of(from)), after: Some(of(to)) })
}

/// A virtual disk was deleted.
pub(crate) fn disk_deleted(id: u64, name: &str) -> Change {
    change(id, EventKind::Deleted, Changed::Disk { before: Some(disk_facts(name)), after: None })
}

/// A virtual disk was deleted of which NetBox says a size and a storage.
pub(crate) fn disk_deleted_of(id: u64, name: &str, size: u64, storage: &str) -> Change {
    let before = DiskFacts { size: Some(Megabytes(size)), storage: Some(storage.into()), ..disk_facts(name) };
    change(id, EventKind::Deleted, Changed::Disk { before: Some(before), after: None })
}

/// A virtual disk of another virtual machine was deleted.
pub(crate) fn disk_of_another_deleted(id: u64, name: &str) -> Change {
    let before = DiskFacts { record: Some(RecordId(7)), ..disk_facts(name) };
    change(id, EventKind::Deleted, Changed::Disk { before: Some(before), after: None })
}

/// An interface was deleted.
pub(crate) fn interface_deleted(id: u64, name: &str) -> Change {
    let before = InterfaceFacts { name: name.into(), record: Some(RECORD), mac: Part::None };
    change(id, EventKind::Deleted, Changed::Interface { before: Some(before), after: None })
}

/// An address of one of its interfaces was saved.
pub(crate) fn address_saved() -> Change {
    change(300, EventKind::Updated, Changed::Address)
}

/// An address of one of its interfaces was deleted.
pub(crate) fn address_deleted() -> Change {
    change(300, EventKind::Deleted, Changed::Address)
}
