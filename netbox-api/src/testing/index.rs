//! Which rows have a value in some columns, so that a request need not look at all rows.
//!
//! **Invariant:** only a matter of speed: a column that is not here is found by looking.

use std::collections::{BTreeMap, BTreeSet};

use super::schema::Kind;
use super::store::Record;

/// Columns that refer to another row.
const REFERENCES: &[(Kind, &str)] = &[
    (Kind::VirtualMachine, "primary_ip4"),
    (Kind::VirtualMachine, "primary_ip6"),
    (Kind::VirtualDisk, "virtual_machine"),
    (Kind::VmInterface, "virtual_machine"),
    (Kind::VmInterface, "primary_mac_address"),
    (Kind::VmInterface, "parent"),
    (Kind::VmInterface, "bridge"),
    (Kind::IpAddress, "assigned_object_id"),
    (Kind::IpAddress, "nat_inside"),
    (Kind::MacAddress, "assigned_object_id"),
    (Kind::JournalEntry, "assigned_object_id"),
    (Kind::ObjectChange, "changed_object_id"),
];

/// Text by which rows are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Text {
    /// The name of a virtual machine, in lower case.
    Name,
    /// An IP address without its mask.
    Host,
    /// The id of a request in the change log.
    Request,
}

impl Text {
    fn of(kind: Kind, record: &Record) -> Option<(Self, String)> {
        match kind {
            Kind::VirtualMachine => Some((Self::Name, record.text("name").to_lowercase())),
            Kind::IpAddress => {
                Some((Self::Host, record.text("address").split('/').next().unwrap_or_default().to_owned()))
            }
            Kind::ObjectChange => Some((Self::Request, record.text("request_id").to_owned())),
            _ => None,
        }
    }
}

/// The indexes.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    references: BTreeMap<(Kind, &'static str, u64), BTreeSet<u64>>,
    texts: BTreeMap<(Text, String), BTreeSet<u64>>,
}

impl Index {
    /// The ids of the rows whose column has this value; none if the column is not indexed.
    pub(super) fn having(&self, kind: Kind, column: &str, value: u64) -> Option<Vec<u64>> {
        let (kind, column) = REFERENCES.iter().find(|indexed| **indexed == (kind, column))?;
        Some(self.references.get(&(*kind, *column, value)).into_iter().flatten().copied().collect())
    }

    /// The ids of the rows found by this text.
    pub(super) fn with(&self, text: Text, value: &str) -> Vec<u64> {
        self.texts.get(&(text, value.to_owned())).into_iter().flatten().copied().collect()
    }

    pub(super) fn add(&mut self, kind: Kind, record: &Record) {
        for (kind, column) in REFERENCES.iter().filter(|(indexed, _)| *indexed == kind) {
            if let Some(value) = record.number(column) {
                self.references.entry((*kind, *column, value)).or_default().insert(record.id);
            }
        }
        if let Some(key) = Text::of(kind, record) {
            self.texts.entry(key).or_default().insert(record.id);
        }
    }

    pub(super) fn remove(&mut self, kind: Kind, record: &Record) {
        for (kind, column) in REFERENCES.iter().filter(|(indexed, _)| *indexed == kind) {
            if let Some(value) = record.number(column) {
                drop_from(&mut self.references, (*kind, *column, value), record.id);
            }
        }
        if let Some(key) = Text::of(kind, record) {
            drop_from(&mut self.texts, key, record.id);
        }
    }
}

/// An empty set is dropped too.
fn drop_from<Key: Ord>(index: &mut BTreeMap<Key, BTreeSet<u64>>, key: Key, id: u64) {
    if let Some(ids) = index.get_mut(&key) {
        ids.remove(&id);
        if ids.is_empty() {
            index.remove(&key);
        }
    }
}
