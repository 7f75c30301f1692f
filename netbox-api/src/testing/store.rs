//! The rows. A request that fails half-way leaves nothing behind: what it replaced is remembered until it is kept, or undone. So a request
//! costs what it touches, however many rows there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::clock::Moment;
use super::index::{Index, Text};
use super::schema::Kind;

/// One row. `values` holds what the database would: ids instead of objects, "active" instead of a label.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) id: u64,
    pub(super) created: Moment,
    /// None for what a merge or revert of a branch created, until it is saved again (seen: branching 1.2.2).
    pub(super) last_updated: Option<Moment>,
    pub(super) values: Map<String, Value>,
    pub(super) custom_fields: Map<String, Value>,
    pub(super) tags: Vec<u64>,
}

impl Record {
    pub(super) fn value(&self, column: &str) -> &Value {
        self.values.get(column).unwrap_or(&Value::Null)
    }

    pub(super) fn text(&self, column: &str) -> &str {
        self.value(column).as_str().unwrap_or("")
    }

    pub(super) fn number(&self, column: &str) -> Option<u64> {
        self.value(column).as_u64()
    }

    pub(super) fn is(&self, column: &str, value: u64) -> bool {
        self.number(column) == Some(value)
    }

    pub(super) fn set(&mut self, column: &str, value: impl Into<Value>) {
        self.values.insert(column.to_owned(), value.into());
    }

    /// The same etag as long as `last_updated` is the same: it does not notice the disk sum or a counter. Believed where there is none.
    pub(super) fn etag(&self) -> String {
        format!("W/\"{}\"", self.last_updated.unwrap_or(self.created).python())
    }

    /// Whether it hangs on this object, for types with a generic reference.
    pub(super) fn assigned_to(&self, object_type: &str, id: u64) -> bool {
        self.text("assigned_object_type") == object_type && self.is("assigned_object_id", id)
    }
}

/// All rows of all types.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    tables: BTreeMap<Kind, BTreeMap<u64, Arc<Record>>>,
    last_ids: BTreeMap<Kind, u64>,
    index: Index,
    /// What the present request replaced, oldest first; none where there was nothing.
    replaced: Vec<(Kind, u64, Option<Arc<Record>>)>,
}

impl Store {
    pub(super) fn get(&self, kind: Kind, id: u64) -> Option<&Record> {
        self.tables.get(&kind)?.get(&id).map(AsRef::as_ref)
    }

    /// In the order of their ids.
    pub(super) fn all(&self, kind: Kind) -> impl Iterator<Item = &Record> + Clone {
        self.tables.get(&kind).into_iter().flat_map(|table| table.values().map(AsRef::as_ref))
    }

    pub(super) fn next_id(&mut self, kind: Kind) -> u64 {
        let last = self.last_ids.entry(kind).or_default();
        *last += 1;
        *last
    }

    /// The last id given out.
    pub(super) fn last_id(&self, kind: Kind) -> u64 {
        self.last_ids.get(&kind).copied().unwrap_or_default()
    }

    /// No new row gets this id any more.
    pub(super) fn skip_to(&mut self, kind: Kind, id: u64) {
        let last = self.last_ids.entry(kind).or_default();
        *last = id.max(*last);
    }

    /// Takes over what is not a branch's own: the sequences of ids, and the tables of these kinds.
    pub(super) fn share(&mut self, main: &Self, kinds: &[Kind]) {
        for (kind, last) in &main.last_ids {
            self.skip_to(*kind, *last);
        }
        for kind in kinds {
            self.clear(*kind);
            for row in main.tables.get(kind).into_iter().flat_map(|table| table.values()) {
                self.exchange(*kind, row.id, Some(Arc::clone(row)));
            }
        }
    }

    pub(super) fn put(&mut self, kind: Kind, record: Record) {
        let id = record.id;
        self.replace(kind, id, Some(Arc::new(record)));
    }

    pub(super) fn remove(&mut self, kind: Kind, id: u64) {
        self.replace(kind, id, None);
    }

    fn replace(&mut self, kind: Kind, id: u64, row: Option<Arc<Record>>) {
        let before = self.exchange(kind, id, row);
        self.replaced.push((kind, id, before));
    }

    fn exchange(&mut self, kind: Kind, id: u64, row: Option<Arc<Record>>) -> Option<Arc<Record>> {
        let table = self.tables.entry(kind).or_default();
        let before = table.remove(&id);
        if let Some(before) = &before {
            self.index.remove(kind, before);
        }
        if let Some(row) = row {
            self.index.add(kind, &row);
            table.insert(id, row);
        }
        before
    }

    /// What the present request replaced, oldest first.
    pub(super) fn replaced(&self) -> &[(Kind, u64, Option<Arc<Record>>)] {
        &self.replaced
    }

    /// A row that is shared with whoever keeps it.
    pub(super) fn row(&self, kind: Kind, id: u64) -> Option<Arc<Record>> {
        self.tables.get(&kind)?.get(&id).cloned()
    }

    /// No row of this kind.
    pub(super) fn clear(&mut self, kind: Kind) {
        let ids: Vec<u64> = self.all(kind).map(|record| record.id).collect();
        for id in ids {
            self.exchange(kind, id, None);
        }
    }

    /// The end of a transaction: what was done stays done.
    pub(super) fn keep(&mut self) {
        self.replaced.clear();
    }

    /// The end of a transaction that failed. As PostgreSQL: its ids are used up.
    pub(super) fn undo(&mut self) {
        while let Some((kind, id, before)) = self.replaced.pop() {
            self.exchange(kind, id, before);
        }
    }

    /// Changes a row in place, silently.
    pub(super) fn edit(&mut self, kind: Kind, id: u64, change: impl FnOnce(&mut Record)) {
        if let Some(mut record) = self.get(kind, id).cloned() {
            change(&mut record);
            self.put(kind, record);
        }
    }

    /// The rows whose column refers to this id, in the order of their ids.
    pub(super) fn having(&self, kind: Kind, column: &str, id: u64) -> impl Iterator<Item = &Record> + Clone {
        let ids = self.index.having(kind, column, id);
        let ids =
            ids.unwrap_or_else(|| self.all(kind).filter(|record| record.is(column, id)).map(|row| row.id).collect());
        ids.into_iter().filter_map(move |id| self.get(kind, id))
    }

    /// The rows found by a text.
    pub(super) fn with(&self, kind: Kind, text: Text, value: &str) -> impl Iterator<Item = &Record> + Clone {
        self.index.with(text, value).into_iter().filter_map(move |id| self.get(kind, id))
    }

    /// What hangs on this object by a generic reference.
    pub(super) fn assigned(&self, kind: Kind, object_type: &str, id: u64) -> impl Iterator<Item = &Record> + Clone {
        self.having(kind, "assigned_object_id", id)
            .filter(move |record| record.text("assigned_object_type") == object_type)
    }

    pub(super) fn of_vm(&self, kind: Kind, vm: u64) -> impl Iterator<Item = &Record> + Clone {
        self.having(kind, "virtual_machine", vm)
    }

    /// The virtual machine that an address or a MAC hangs on, through its interface.
    pub(super) fn vm_of_assigned(&self, record: &Record) -> Option<u64> {
        if record.text("assigned_object_type") != "virtualization.vminterface" {
            return None;
        }
        self.get(Kind::VmInterface, record.number("assigned_object_id")?)?.number("virtual_machine")
    }

    /// The virtual machines whose primary address this is.
    pub(super) fn with_primary(&self, address: u64) -> Vec<u64> {
        let [four, six] =
            ["primary_ip4", "primary_ip6"].map(|column| self.having(Kind::VirtualMachine, column, address));
        four.chain(six).map(|vm| vm.id).collect()
    }
}
