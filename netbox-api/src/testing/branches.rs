//! Branches of the plugin netbox-branching, as far as webhooks meet them (seen: branching 1.2.2 on NetBox 4.7.3).
//!
//! A branch is a copy of the rows, made when somebody first changes something in it. Nothing of it is in main: neither its rows nor its
//! entries of the change log. The sequences of ids are main's, so ids are final. Webhooks, event rules and custom fields are not branched.
//! Beside those that are made over REST there is one that needs no making: [`User::in_branch`].

mod rest;
mod step;

use serde_json::{Map, Value, json};

use super::FakeNetBox;
use super::change_log::Origin;
use super::request::{Identity, Way};
use super::schema::{Kind, Model};
use super::state::State;
use super::store::Store;
use super::user::User;

pub use rest::Strategy;
pub(super) use rest::WRITTEN;
pub(super) use step::Step;

/// What is the same in main and in every branch (source).
const SHARED: &[Kind] = &[
    Kind::Webhook,
    Kind::EventRule,
    Kind::CustomField,
    Kind::ChoiceSet,
    Kind::User,
    Kind::Permission,
    Kind::Token,
    Kind::Branch,
    Kind::Job,
];

/// The branch that needs no making.
const UNMADE: &str = "c74lde03";

/// A branch's rows, and how they came to differ from main's.
#[derive(Clone, Debug, Default)]
pub(super) struct BranchRows {
    pub(super) store: Store,
    pub(super) steps: Vec<Step>,
}

/// Main's rows, without its change log: a branch's has only its own entries (seen: branching 1.2.2).
fn copy_of(main: &Store) -> Store {
    let mut copy = main.clone();
    copy.clear(Kind::ObjectChange);
    copy.keep();
    copy
}

/// What a delivery says of the branch in which something was changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BranchMark {
    /// Nothing, in a branch and in main alike: what changes by REST are, as long as nobody configures more (seen).
    #[default]
    None,
    /// `data.active_branch` is `{"id", "name", "schema_id"}` in a branch and null in main: `EVENTS_PIPELINE` begins with
    /// `netbox_branching.events.add_branch_context` (seen).
    Data,
    /// `context.active_branch` is `{"id", "name", "schema_id"}` in a branch: changes made in the web interface, with its paths in
    /// `request` (seen).
    Context,
}

/// What the bodies of a request's deliveries say of a branch.
#[derive(Clone, Debug, Default)]
pub(super) struct BranchWords {
    /// `data.active_branch`
    pub(super) data: Option<Value>,
    /// `context.active_branch`
    pub(super) context: Option<Value>,
}

impl BranchWords {
    pub(super) fn in_data(&self, data: &Value) -> Value {
        let mut data = data.clone();
        if let (Some(branch), Value::Object(fields)) = (&self.data, &mut data) {
            fields.insert("active_branch".to_owned(), branch.clone());
        }
        data
    }
}

impl FakeNetBox {
    /// How deliveries from now on tell that they are a branch's.
    pub fn mark_branches(&self, mark: BranchMark) {
        self.shared().lock().mark = mark;
    }

    /// Forgets the branch, as after its merge or deletion; the next change in a branch is made in a new copy of main.
    pub fn forget_branch(&self) {
        self.shared().lock().branches.remove(UNMADE);
    }

    /// Merges the branch with this id, as a person does in the browser, who can choose how.
    ///
    /// # Panics
    ///
    /// If there is no such branch.
    #[track_caller]
    pub fn merge_branch(&self, id: u64, how: Strategy, user: &str) {
        let mut state = self.shared().lock();
        assert!(state.store.get(Kind::Branch, id).is_some(), "there is no branch {id}");
        state.pass();
        state.carry_out(id, "merge", how, user);
        drop(state);
        self.shared().wake();
    }

    /// [`User::branch_delivery`] by the user `alice`.
    #[track_caller]
    pub fn branch_delivery(&self, event: &str, vm_id: u64, fields: Value) -> String {
        self.user("alice").branch_delivery(event, vm_id, fields)
    }
}

impl User<'_> {
    /// The same user with the branch active: all requests read and write there. Their deliveries are made and dispatched like any other.
    #[must_use]
    pub fn in_branch(mut self) -> Self {
        self.way = Way::Branch(UNMADE.to_owned());
        self
    }

    /// The same user within a branch that was made over REST, by its `schema_id`.
    #[must_use]
    pub fn within(mut self, schema_id: &str) -> Self {
        self.way = Way::Branch(schema_id.to_owned());
        self
    }

    /// A delivery of a virtual machine that was "created", "updated" or "deleted" in the branch. A created one gets the id `vm_id`, which
    /// main does not give out then, or the next one if that is 0. Returns the id of the request, which a merge of the branch uses again:
    /// see [`User::in_request`] and [`User::create_again`].
    ///
    /// # Panics
    ///
    /// If there is no such event, or NetBox refuses it.
    #[track_caller]
    pub fn branch_delivery(&self, event: &str, vm_id: u64, mut fields: Value) -> String {
        let inside = self.clone().in_branch();
        let one = format!("virtualization/virtual-machines/{vm_id}");
        let answer = match event {
            "created" => {
                self.netbox.reserve(vm_id);
                if ["cluster", "site", "device"].iter().all(|place| fields.get(place).is_none()) {
                    fields["cluster"] = json!(1);
                }
                inside.request("POST", "virtualization/virtual-machines", fields)
            }
            "updated" => inside.request("PATCH", &one, fields),
            "deleted" => inside.request("DELETE", &one, Value::Null),
            other => panic!("{other} is no event: created, updated or deleted"),
        };
        assert!((200..300).contains(&answer.status), "NetBox answered with {}: {}", answer.status, answer.body);
        answer.header("X-Request-ID").unwrap_or_default().to_owned()
    }
}

impl FakeNetBox {
    /// The next virtual machine has this id.
    #[track_caller]
    fn reserve(&self, id: u64) {
        let mut state = self.shared().lock();
        let last = state.store.last_id(Kind::VirtualMachine);
        assert!(id == 0 || id > last, "the id {id} was given out before, the last one is {last}");
        state.store.skip_to(Kind::VirtualMachine, id.saturating_sub(1));
    }
}

impl State {
    /// Does something with a branch's rows in the place of main's.
    pub(super) fn in_branch<T>(&mut self, schema: &str, identity: &Identity, act: impl FnOnce(&mut Self) -> T) -> T {
        if let Identity::User(name) = identity {
            // Users are main's.
            self.user(name);
        }
        let known = self.branches.get_mut(schema).map(|rows| std::mem::take(&mut rows.store));
        let mut branch = known.unwrap_or_else(|| copy_of(&self.store));
        branch.share(&self.store, SHARED);
        let main = std::mem::replace(&mut self.store, branch);
        let done = act(self);
        let branch = std::mem::replace(&mut self.store, main);
        self.store.share(&branch, &[]);
        self.branches.entry(schema.to_owned()).or_default().store = branch;
        done
    }

    /// Remembers what a request did in its branch, for the merge.
    pub(super) fn remember(&mut self, schema: &str, origin: &Origin) {
        let step = Step::of(&self.store, origin);
        self.branches.entry(schema.to_owned()).or_default().steps.push(step);
    }

    /// As deliveries name a branch.
    fn named(&self, schema: &str) -> Value {
        match self.store.all(Kind::Branch).find(|branch| branch.text("schema_id") == schema) {
            Some(branch) => json!({"id": branch.id, "name": branch.text("name"), "schema_id": schema}),
            None => json!({"id": 1, "name": "next-week", "schema_id": schema}),
        }
    }

    /// What the deliveries of a request tell of branches, and of how the request came about.
    pub(super) fn told_of_branch(&self, mut origin: Origin, way: &Way, model: &Model, object: Option<u64>) -> Origin {
        let inside = if let Way::Branch(schema) = way { Some(self.named(schema)) } else { None };
        if self.mark == BranchMark::Data {
            origin.branch.data = Some(inside.clone().unwrap_or_default());
        }
        if inside.is_some() && self.mark == BranchMark::Context {
            origin.branch.context = inside;
            origin.path = match (origin.method.as_str(), object) {
                ("DELETE", Some(id)) => format!("/{}/{id}/delete/", model.ui),
                (_, Some(id)) => format!("/{}/{id}/edit/", model.ui),
                (_, None) => format!("/{}/add/", model.ui),
            };
            "POST".clone_into(&mut origin.method);
        }
        if matches!(way, Way::Again(_)) {
            origin.as_merge();
        }
        origin
    }
}

impl Origin {
    /// A merge or revert is told as a request of its own making, with the former one's id and user.
    pub(super) fn as_merge(&mut self) {
        "/".clone_into(&mut self.path);
        "GET".clone_into(&mut self.method);
        self.query = Map::new();
        self.message = String::new();
        self.branch.context = Some(Value::Null);
    }
}
