//! Lost updates: NetBox reads a whole row, changes it, and saves the whole row. Of two requests that do so at once, the later save writes
//! back what the earlier one had changed, and nothing says so: not the answers, not `If-Match`, not the change log (seen: 4.7.3, parallel
//! PATCHes).

use serde_json::{Map, Value};

use super::FakeNetBox;
use super::branches::BranchWords;
use super::change_log::Origin;
use super::request::{Identity, Request};
use super::schema::{Kind, Model};
use super::state::State;
use super::store::Record;

/// A race that is to come.
#[derive(Clone, Debug)]
pub(super) struct Race {
    vm: u64,
    user: String,
    fields: Map<String, Value>,
}

/// A race that is being run: the other user has read the record, but has not saved it.
#[derive(Debug)]
pub(super) struct Running {
    race: Race,
    read: Record,
}

impl FakeNetBox {
    /// Arms one race. When the next PATCH of this virtual machine comes in over HTTP, this user's update has read the record before it and
    /// saves it after it.
    ///
    /// The PATCH is answered with 200 and its new values, and has its delivery and its entry in the change log. Then the other save writes all
    /// columns as it read them, `custom_fields` being one of them, with its own `fields` in place: its delivery and its entry know nothing
    /// of what the PATCH wrote, neither before nor after. Tags are no column, so they stay. If the PATCH is refused, the other update is
    /// made all the same. (Seen: 4.7.3, save for the tags, which are believed.)
    ///
    /// # Panics
    ///
    /// If there is no such virtual machine, or NetBox would refuse these fields.
    #[track_caller]
    pub fn race(&self, vm_id: u64, user: &str, fields: Value) {
        let Value::Object(fields) = fields else { panic!("fields are an object, not {fields}") };
        let mut state = self.shared().lock();
        assert!(state.store.get(Kind::VirtualMachine, vm_id).is_some(), "there is no virtual machine {vm_id}");
        let race = Race { vm: vm_id, user: user.to_owned(), fields };
        let id = state.user(user);
        let mut work = state.work(id);
        let tried = work.update(Kind::VirtualMachine, vm_id, &race.fields, false);
        work.store.undo();
        assert!(tried.is_ok(), "NetBox would refuse it: {tried:?}");
        state.races.push(race);
    }
}

impl State {
    /// The race that this request is in, if any, with the record as the other user reads it now.
    pub(super) fn race_of(&mut self, request: &Request, model: &Model, object: Option<u64>) -> Option<Running> {
        let patch = request.method == "PATCH" && model.kind == Kind::VirtualMachine;
        if !patch || !matches!(request.identity, Identity::Header) {
            return None;
        }
        let index = self.races.iter().position(|race| Some(race.vm) == object)?;
        let race = self.races.remove(index);
        let read = self.store.get(Kind::VirtualMachine, race.vm)?.clone();
        Some(Running { race, read })
    }

    /// The other user saves.
    pub(super) fn finish_race(&mut self, running: Option<Running>) {
        let Some(Running { race: Race { vm, user, fields }, read }) = running else { return };
        let now = self.store.get(Kind::VirtualMachine, vm).map(|now| now.tags.clone()).unwrap_or_default();
        self.pass();
        let path = format!("/api/virtualization/virtual-machines/{vm}/");
        let origin = Origin {
            id: self.clock.request_id(),
            path,
            method: "PATCH".to_owned(),
            query: Map::new(),
            user: user.clone(),
            message: String::new(),
            branch: BranchWords::default(),
        };
        let id = self.user(&user);
        let mut work = self.work(id);
        work.store.put(Kind::VirtualMachine, read);
        if work.update(Kind::VirtualMachine, vm, &fields, false).is_err() {
            // What the PATCH did made it impossible: a name taken meanwhile, a disk. It was tried when the race was armed.
            work.store.undo();
            return;
        }
        if !["tags", "add_tags", "remove_tags"].iter().any(|name| fields.contains_key(*name)) {
            work.store.edit(Kind::VirtualMachine, vm, |record| record.tags = now);
        }
        let deliveries = work.finish(&origin);
        self.dispatch(deliveries);
    }
}
