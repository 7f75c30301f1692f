//! Branches of the plugin netbox-branching, as far as webhooks meet them (seen: branching 1.2.2 on NetBox 4.7.3).
//!
//! A branch is a copy of the rows, made when somebody first changes something in it. Nothing of it is in main: neither its rows nor its
//! entries of the change log. The sequences of ids are main's, so ids are final. Webhooks, event rules and custom fields are not branched.
//! There is one branch at a time, without the plugin's own REST API.

use serde_json::{Map, Value, json};

use super::FakeNetBox;
use super::change_log::Origin;
use super::request::{Identity, Way};
use super::schema::{Kind, Model};
use super::state::State;
use super::user::User;

/// What is the same in main and in every branch (source).
const SHARED: &[Kind] =
    &[Kind::Webhook, Kind::EventRule, Kind::CustomField, Kind::ChoiceSet, Kind::User, Kind::Permission, Kind::Token];

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

fn the_branch() -> Value {
    json!({"id": 1, "name": "next-week", "schema_id": "c74lde03"})
}

impl FakeNetBox {
    /// How deliveries from now on tell that they are a branch's.
    pub fn mark_branches(&self, mark: BranchMark) {
        self.shared().lock().mark = mark;
    }

    /// Forgets the branch, as after its merge or deletion; the next change in a branch is made in a new copy of main.
    pub fn forget_branch(&self) {
        self.shared().lock().branch = None;
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
        self.way = Way::Branch;
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
    /// Does something with the branch's rows in the place of main's.
    pub(super) fn in_branch<T>(&mut self, identity: &Identity, act: impl FnOnce(&mut Self) -> T) -> T {
        if let Identity::User(name) = identity {
            // Users are main's.
            self.user(name);
        }
        let mut branch = self.branch.take().unwrap_or_else(|| self.store.clone());
        branch.share(&self.store, SHARED);
        let main = std::mem::replace(&mut self.store, branch);
        let done = act(self);
        let branch = std::mem::replace(&mut self.store, main);
        self.store.share(&branch, &[]);
        self.branch = Some(branch);
        done
    }

    /// What the deliveries of a request tell of branches, and of how the request came about.
    pub(super) fn told_of_branch(&self, mut origin: Origin, way: &Way, model: &Model, object: Option<u64>) -> Origin {
        let inside = *way == Way::Branch;
        if self.mark == BranchMark::Data {
            origin.branch.data = Some(if inside { the_branch() } else { Value::Null });
        }
        if inside && self.mark == BranchMark::Context {
            origin.branch.context = Some(the_branch());
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
