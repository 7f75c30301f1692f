//! What was changed in a branch, request by request, and how it is done again in main.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::testing::branches::BranchWords;
use crate::testing::change_log::Origin;
use crate::testing::changes::Action;
use crate::testing::models::{by_object_type, model};
use crate::testing::request::Way;
use crate::testing::schema::Kind;
use crate::testing::state::State;
use crate::testing::store::{Record, Store};
use crate::testing::write::Work;

/// A row before and after.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) before: Option<Arc<Record>>,
    pub(super) after: Option<Arc<Record>>,
}

/// What one request did.
#[derive(Clone, Debug)]
pub(in crate::testing) struct Step {
    pub(super) request: String,
    pub(super) user: String,
    /// In the order of its entries in the change log: what was saved without a change has none, and is not merged.
    pub(super) changes: Vec<(Action, Kind, u64)>,
    /// Also those that changed silently, such as the machine of a disk.
    pub(super) rows: BTreeMap<(Kind, u64), Row>,
}

impl Step {
    /// What the present request did to these rows.
    pub(in crate::testing) fn of(store: &Store, origin: &Origin) -> Self {
        let mut rows = BTreeMap::new();
        let mut changes = Vec::new();
        for (kind, id, before) in store.replaced() {
            let after = store.row(*kind, *id);
            if *kind == Kind::ObjectChange {
                changes.extend(after.as_deref().and_then(change));
            } else {
                rows.entry((*kind, *id)).or_insert_with(|| Row { before: before.clone(), after });
            }
        }
        Self { request: origin.id.clone(), user: origin.user.clone(), changes, rows }
    }

    /// What undoes it.
    pub(super) fn inverse(&self) -> Self {
        let undone = |(action, kind, id): &(Action, Kind, u64)| {
            let action = match action {
                Action::Create => Action::Delete,
                Action::Update => Action::Update,
                Action::Delete => Action::Create,
            };
            (action, *kind, *id)
        };
        let swapped =
            |(key, row): (&(Kind, u64), &Row)| (*key, Row { before: row.after.clone(), after: row.before.clone() });
        Self {
            request: self.request.clone(),
            user: self.user.clone(),
            changes: self.changes.iter().rev().map(undone).collect(),
            rows: self.rows.iter().map(swapped).collect(),
        }
    }
}

/// What an entry of the change log is about.
fn change(entry: &Record) -> Option<(Action, Kind, u64)> {
    let action = match entry.text("action") {
        "create" => Action::Create,
        "update" => Action::Update,
        _ => Action::Delete,
    };
    let kind = by_object_type(entry.text("changed_object_type"))?.kind;
    Some((action, kind, entry.number("changed_object_id")?))
}

impl Row {
    /// This row with what was changed, and everything else as it is here.
    pub(super) fn onto(&self, here: &Record) -> Record {
        let mut merged = here.clone();
        let (Some(before), Some(after)) = (&self.before, &self.after) else { return merged };
        let changed = |from: &Map<String, Value>, to: &Map<String, Value>, into: &mut Map<String, Value>| {
            for (name, value) in to.iter().filter(|(name, value)| from.get(*name) != Some(*value)) {
                into.insert(name.clone(), value.clone());
            }
        };
        changed(&before.values, &after.values, &mut merged.values);
        changed(&before.custom_fields, &after.custom_fields, &mut merged.custom_fields);
        if before.tags != after.tags {
            merged.tags.clone_from(&after.tags);
        }
        merged
    }
}

impl Work<'_> {
    /// Does a step again: no validator is asked (source).
    fn again(&mut self, step: &Step) {
        for (action, kind, id) in &step.changes {
            let row = step.rows.get(&(*kind, *id));
            match action {
                Action::Create => {
                    if let Some(row) = row.and_then(|row| row.after.as_deref()) {
                        self.store.skip_to(*kind, *id);
                        self.store.put(*kind, row.clone());
                        self.changes.created(*kind, *id);
                    }
                }
                Action::Update => {
                    let before = self.snapshot(*kind, *id);
                    let now = self.clock.tick();
                    if let Some((row, here)) = row.zip(self.store.get(*kind, *id)) {
                        let merged = Record { last_updated: Some(now), ..row.onto(here) };
                        self.store.put(*kind, merged);
                        self.changes.updated(*kind, *id, before);
                    }
                }
                // What main hung on it since goes with it; what went with it in the branch has its own entry, and is gone by then.
                Action::Delete if self.store.get(*kind, *id).is_some() => drop(self.delete(*kind, *id)),
                Action::Delete => {}
            }
        }
        let silent = |key: &&(Kind, u64)| !step.changes.iter().any(|(_, kind, id)| (*kind, *id) == **key);
        for (kind, id) in step.rows.keys().filter(silent) {
            if let Some((row, here)) = step.rows.get(&(*kind, *id)).zip(self.store.get(*kind, *id)) {
                let merged = row.onto(here);
                self.store.put(*kind, merged);
            }
        }
    }
}

impl State {
    /// Does a step again in main, as a merge or revert does: with the request id and user of then, at the time of now, and some time after
    /// the step before it (seen: 30 to 200 ms).
    pub(super) fn carry(&mut self, step: &Step) {
        self.pass();
        let origin = Origin {
            id: step.request.clone(),
            path: String::new(),
            method: String::new(),
            query: Map::new(),
            user: step.user.clone(),
            message: String::new(),
            branch: BranchWords::default(),
        };
        let origin = self.told_of_branch(origin, &Way::Again(step.request.clone()), model(Kind::VirtualMachine), None);
        let user = self.user(&step.user);
        let mut work = self.work(user);
        work.again(step);
        work.as_loaded();
        let deliveries = work.finish(&origin);
        self.dispatch(deliveries);
    }
}

/// All steps as one change of each object, in the order in which a squash merges them (seen: branching 1.2.2), by the user who merges. What was made
/// and deleted in the branch is left out.
pub(super) fn squashed(steps: &[Step], user: &str) -> Vec<Step> {
    let mut made: Vec<(u8, Step)> = Vec::new();
    for Folded { kind, id, request, row } in folded(steps) {
        let one = |action, row| Step {
            request: request.clone(),
            user: user.to_owned(),
            changes: vec![(action, kind, id)],
            rows: BTreeMap::from([((kind, id), row)]),
        };
        let loose = |record: &Record| {
            let mut without = record.clone();
            for column in ["primary_ip4", "primary_ip6", "primary_mac_address"] {
                if !without.value(column).is_null() {
                    without.set(column, Value::Null);
                }
            }
            (without.values != record.values).then(|| Arc::new(without))
        };
        match (&row.before, &row.after) {
            (None, None) => {}
            (None, Some(after)) => {
                // Without what may not be there yet, which it is given at the end.
                match loose(after) {
                    Some(without) => {
                        made.push((
                            rank(Action::Create, kind),
                            one(Action::Create, Row { before: None, after: Some(without.clone()) }),
                        ));
                        made.push((9, one(Action::Update, Row { before: Some(without), after: Some(after.clone()) })));
                    }
                    None => made.push((rank(Action::Create, kind), one(Action::Create, row.clone()))),
                }
            }
            (Some(_), Some(_)) => made.push((rank(Action::Update, kind), one(Action::Update, row.clone()))),
            (Some(before), None) => {
                // It first loses what is deleted before it.
                if let Some(without) = loose(before) {
                    made.push((2, one(Action::Update, Row { before: Some(before.clone()), after: Some(without) })));
                }
                made.push((rank(Action::Delete, kind), one(Action::Delete, row.clone())));
            }
        }
    }
    made.sort_by_key(|(rank, _)| *rank);
    made.into_iter().map(|(_, step)| step).collect()
}

fn rank(action: Action, kind: Kind) -> u8 {
    match (action, kind) {
        (Action::Delete, Kind::VirtualDisk) => 0,
        (Action::Update, _) => 1,
        (Action::Delete, Kind::MacAddress | Kind::IpAddress) => 4,
        (Action::Create, Kind::VmInterface | Kind::VirtualDisk) => 5,
        (Action::Delete, Kind::VmInterface) => 6,
        (Action::Create, Kind::IpAddress | Kind::MacAddress) => 7,
        (Action::Create, _) => 3,
        (Action::Delete, _) => 8,
    }
}

/// One object as a branch changed it, all its changes in one.
pub(super) struct Folded {
    pub(super) kind: Kind,
    pub(super) id: u64,
    /// The last that changed it.
    pub(super) request: String,
    pub(super) row: Row,
}

/// Of each object that was changed and is not as it was: the first state and the last.
pub(super) fn folded(steps: &[Step]) -> Vec<Folded> {
    let mut all: Vec<Folded> = Vec::new();
    for step in steps {
        for (_, kind, id) in &step.changes {
            let Some(row) = step.rows.get(&(*kind, *id)) else { continue };
            match all.iter_mut().find(|known| (known.kind, known.id) == (*kind, *id)) {
                Some(known) => {
                    known.request.clone_from(&step.request);
                    known.row.after.clone_from(&row.after);
                }
                None => all.push(Folded { kind: *kind, id: *id, request: step.request.clone(), row: row.clone() }),
            }
        }
    }
    all.retain(|folded| folded.row.before.is_some() || folded.row.after.is_some());
    all
}

/// Takes back what steps changed of these columns of an object: main wins.
pub(super) fn give_up(steps: &mut [Step], kind: Kind, id: u64, columns: &[String]) {
    for row in steps.iter_mut().filter_map(|step| step.rows.get_mut(&(kind, id))) {
        if let (Some(before), Some(after)) = (row.before.clone(), row.after.as_mut()) {
            let after = Arc::make_mut(after);
            for column in columns {
                after.values.insert(column.clone(), before.values.get(column).cloned().unwrap_or(json!(null)));
            }
        }
    }
}
