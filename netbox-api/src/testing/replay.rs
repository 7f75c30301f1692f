//! Merges and reverts of branches do again what was done before: with the ids of the requests and objects of then, and without the checks of
//! a request (seen: branching 1.2.2 on NetBox 4.7.3, where nothing else is said).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::FakeNetBox;
use super::branches::BranchWords;
use super::change_log::Origin;
use super::changes::Action;
use super::clock::Moment;
use super::models::{by_object_type, model};
use super::request::{Identity, Way};
use super::schema::{Column, Holds, Kind};
use super::snapshots::VMINTERFACE_CONTENT_TYPE;
use super::state::State;
use super::store::{Record, Store};
use super::user::User;
use super::write::Work;

const VM_TYPE: &str = "virtualization.virtualmachine";
const INTERFACE_TYPE: &str = "virtualization.vminterface";

impl User<'_> {
    /// The same user, whose changes carry this request id instead of new ones, as a merge or revert of a branch makes them: the path is "/",
    /// the method GET, `context.active_branch` null, the times are those of now. What is created has no `last_updated`, and a `created` of
    /// milliseconds, until it is saved again. (Seen: branching 1.2.2 on NetBox 4.7.3.)
    #[must_use]
    pub fn in_request(mut self, id: &str) -> Self {
        self.way = Way::Again(id.to_owned());
        self
    }

    /// Creates a virtual machine with the id and `created` it had, from how REST, a delivery's `data` or a snapshot with an `id` showed it: as
    /// a merge makes what was created in the branch. Nothing is checked but that the id is free, and no default is filled in.
    /// `created` is cut to milliseconds and `last_updated` is null, as seen of merges (branching 1.2.2); without `created` in the record it is
    /// of now.
    ///
    /// # Panics
    ///
    /// If there is a virtual machine of that id, or this is no record.
    #[track_caller]
    pub fn create_again(&self, record: Value) -> Value {
        let user = match &self.identity {
            Identity::User(name) => name.as_str(),
            Identity::Shell | Identity::Header => "admin",
        };
        let mut state = self.netbox.shared().lock();
        state.pass();
        let id = match &self.way {
            Way::Again(id) => id.clone(),
            Way::Plain | Way::Branch(_) => state.clock.request_id(),
        };
        let now = state.clock.tick();
        let row = row(&state.store, Kind::VirtualMachine, &record, now).expect("a record with an id");
        let vm = row.id;
        assert!(state.store.get(Kind::VirtualMachine, vm).is_none(), "there is a virtual machine {vm}");
        state.load(Kind::VirtualMachine, row, &id, user);
        drop(state);
        self.netbox.shared().wake();
        self.netbox.vm(vm).unwrap_or_default()
    }
}

impl FakeNetBox {
    /// Brings the virtual machine of this id back that was deleted last, with its interfaces, disks and addresses that went with it: what the
    /// revert of a branch does that deleted it. One delivery "created" and one entry of the change log each, with the id and user of the
    /// request that deleted it, which is returned.
    ///
    /// `created` is that of before, in milliseconds, and `last_updated` is null. Believed, from what was seen of merges: the one revert of
    /// a deletion that was tried (branching 1.2.2) failed, as an interface had a primary MAC address, and the source of one release saves
    /// what was deleted with a new `created`, for which there is [`User::create_again`].
    ///
    /// # Panics
    ///
    /// If the change log knows of no such deletion, or there is a virtual machine of that id.
    #[track_caller]
    pub fn revert_deletion(&self, vm_id: u64) -> String {
        let mut state = self.shared().lock();
        let deletions = deletions_of(&state.store, vm_id);
        let (request, user) = deletions
            .first()
            .map(|entry| (entry.text("request_id").to_owned(), entry.text("user_name").to_owned()))
            .unwrap_or_else(|| panic!("the change log has no deletion of a virtual machine {vm_id}"));
        assert!(state.store.get(Kind::VirtualMachine, vm_id).is_none(), "there is a virtual machine {vm_id}");
        state.pass();
        for entry in deletions {
            let Some(kind) = by_object_type(entry.text("changed_object_type")).map(|model| model.kind) else {
                continue;
            };
            let mut record = entry.value("prechange_data").clone();
            record["id"] = entry.value("changed_object_id").clone();
            let now = state.clock.tick();
            if let Some(row) = row(&state.store, kind, &record, now) {
                state.load(kind, row, &request, &user);
            }
        }
        drop(state);
        self.shared().wake();
        request
    }
}

/// The entries of the last deletion of a virtual machine: its own, its interfaces', then those of disks and addresses.
fn deletions_of(store: &Store, vm: u64) -> Vec<Record> {
    let says = |entry: &Record, name: &str| entry.value("prechange_data").get(name).and_then(Value::as_u64);
    let is = |entry: &Record, object_type: &str| entry.text("changed_object_type") == object_type;
    let deletions = || store.all(Kind::ObjectChange).filter(|entry| entry.text("action") == "delete");
    let Some(own) = deletions().filter(|entry| is(entry, VM_TYPE) && entry.is("changed_object_id", vm)).last() else {
        return Vec::new();
    };
    // One object once: a request id that is used again deletes again, and the last time counts.
    let mut with_it: BTreeMap<(&str, Option<u64>), &Record> = BTreeMap::new();
    for entry in deletions().filter(|entry| entry.value("request_id") == own.value("request_id")) {
        with_it.insert((entry.text("changed_object_type"), entry.number("changed_object_id")), entry);
    }
    let of_vm = |object_type: &'static str| {
        with_it.values().filter(move |entry| is(entry, object_type) && says(entry, "virtual_machine") == Some(vm))
    };
    let on_its_interface = |entry: &&&Record| {
        let on = says(entry, "assigned_object_id");
        let addressed = is(entry, "ipam.ipaddress") || is(entry, "dcim.macaddress");
        addressed && of_vm(INTERFACE_TYPE).any(|interface| interface.number("changed_object_id") == on)
    };
    std::iter::once(&own)
        .chain(of_vm(INTERFACE_TYPE))
        .chain(of_vm("virtualization.virtualdisk"))
        .chain(with_it.values().filter(on_its_interface))
        .map(|entry| (*entry).clone())
        .collect()
}

impl State {
    /// Saves a row as it is, as a change of its own.
    fn load(&mut self, kind: Kind, row: Record, request: &str, user: &str) {
        let mut origin = Origin {
            id: request.to_owned(),
            path: String::new(),
            method: String::new(),
            query: Map::new(),
            user: user.to_owned(),
            message: String::new(),
            branch: BranchWords::default(),
        };
        origin = self.told_of_branch(origin, &Way::Again(request.to_owned()), model(kind), None);
        let user = self.user(user);
        let mut work = self.work(user);
        let id = row.id;
        work.store.skip_to(kind, id);
        work.store.put(kind, row);
        work.changes.created(kind, id);
        let deliveries = work.finish(&origin);
        self.dispatch(deliveries);
    }
}

impl Work<'_> {
    /// What was created was loaded from JSON, as it was: no `last_updated`, and a `created` of milliseconds.
    pub(super) fn as_loaded(&mut self) {
        for (kind, id) in self.changes.with(Action::Create) {
            self.store.edit(kind, id, |record| {
                record.created = record.created.milliseconds();
                record.last_updated = None;
            });
        }
    }
}

/// A row from how something shows it: REST's objects or a snapshot's plain values. None if it has no id.
fn row(store: &Store, kind: Kind, shown: &Value, now: Moment) -> Option<Record> {
    let id = shown.get("id").and_then(Value::as_u64)?;
    let created = shown.get("created").and_then(Value::as_str).and_then(Moment::parse).unwrap_or(now);
    let values = model(kind).columns.iter().map(|column| {
        let value = shown.get(column.name).map_or_else(|| column.default.value(), |shown| plain(column, shown));
        (column.name.to_owned(), value)
    });
    let custom_fields = shown.get("custom_fields").and_then(Value::as_object).into_iter().flatten();
    // REST shows a null for what was never set; in a row it is not there (seen: 4.7.3).
    let custom_fields = custom_fields.filter(|(_, value)| !value.is_null() || shown.get("url").is_none());
    let custom_fields = custom_fields.map(|(name, value)| (name.clone(), raw(value)));
    let tags = shown.get("tags").and_then(Value::as_array).into_iter().flatten().filter_map(|tag| match tag {
        Value::String(name) => store.all(Kind::Tag).find(|known| known.text("name") == name).map(|known| known.id),
        other => other.get("id").and_then(Value::as_u64),
    });
    Some(Record {
        id,
        created: created.milliseconds(),
        last_updated: None,
        values: values.collect(),
        custom_fields: custom_fields.collect(),
        tags: tags.collect(),
    })
}

fn plain(column: &Column, shown: &Value) -> Value {
    match (column.holds, shown) {
        (Holds::Decimal, Value::Number(number)) => json!(format!("{:.2}", number.as_f64().unwrap_or_default())),
        (Holds::ContentType, Value::Number(number)) if number.as_u64() == Some(VMINTERFACE_CONTENT_TYPE) => {
            json!(INTERFACE_TYPE)
        }
        (Holds::Json, other) => other.clone(),
        (_, other) => raw(other),
    }
}

/// `{"value", "label"}` is its value, a nested object its id.
fn raw(shown: &Value) -> Value {
    match shown {
        Value::Array(items) => items.iter().map(raw).collect(),
        Value::Object(fields) => fields.get("value").or_else(|| fields.get("id")).unwrap_or(shown).clone(),
        other => other.clone(),
    }
}
