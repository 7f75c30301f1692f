//! The REST API of netbox-branching 1.2.2: branches, what they changed, and what is done with them.
//!
//! Jobs are done at once, though their answer still says `pending`; so is a branch made, whose answer says `new` (believed: only the time is
//! left out). Ids of changes are made up anew in each answer, and a `changes` list has no pages (believed). Events of branches
//! themselves (`branch_merged` …) are missing. What main deleted meanwhile is skipped in a merge, and what was made and deleted in
//! a branch is in no `changes` list (both believed).

use serde_json::{Map, Value, json};

use super::step::{Folded, Step, folded, give_up, squashed};
use super::{BranchRows, SHARED};
use crate::testing::answer::Answer;
use crate::testing::models::{by_path, model};
use crate::testing::paging::{Query, last};
use crate::testing::represent::label;
use crate::testing::request::{Request, Way};
use crate::testing::schema::Kind;
use crate::testing::snapshots::{for_change_log, snapshot};
use crate::testing::state::State;
use crate::testing::store::Record;

/// What a branch is told in a write; all else is its own.
pub(in crate::testing) const WRITTEN: [&str; 6] =
    ["name", "description", "comments", "tags", "custom_fields", "changelog_message"];

/// How a merge goes about it. By REST it is always `Iterative`; people choose in the browser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// Change by change, each as it was, by whoever made it.
    #[default]
    Iterative,
    /// One change of each object, in an order of its own, by whoever merges.
    Squash,
}

impl State {
    /// The branch that a header names, for a request that it concerns. `/api/status/` and what is not branched do not look at it.
    pub(in crate::testing) fn branch_of(&self, request: &Request) -> Result<Option<String>, Answer> {
        let Some(schema) = request.header("x-netbox-branch") else { return Ok(None) };
        let path = request.path.trim_start_matches("/api/").trim_end_matches('/');
        let list = path.rsplit_once('/').filter(|(_, id)| id.parse::<u64>().is_ok()).map_or(path, |(list, _)| list);
        let shared = by_path(list).is_some_and(|model| SHARED.contains(&model.kind));
        if path == "status" || path.starts_with("plugins/branching") || shared {
            return Ok(None);
        }
        let refused = |text: &str| Answer { html: true, ..Answer::new(400, Value::from(text)) };
        let branch = self.store.all(Kind::Branch).find(|branch| branch.text("schema_id") == schema);
        match branch.map(|branch| branch.text("status")) {
            None => Err(refused("Invalid branch identifier")),
            Some("ready") => Ok(Some(schema.to_owned())),
            Some(_) => Err(refused("Selected branch is not ready.")),
        }
    }

    /// A branch that was just made gets its rows.
    pub(in crate::testing) fn provision(&mut self, id: u64) {
        let now = self.clock.tick();
        let schema = format!("b{id:0>7}");
        self.store.edit(Kind::Branch, id, |branch| {
            branch.set("schema_id", schema.as_str());
            branch.set("status", "ready");
            branch.set("last_sync", now.rest());
        });
        let store = super::copy_of(&self.store);
        self.branches.insert(schema, BranchRows { store, steps: Vec::new() });
    }

    /// Does something with a branch.
    pub(in crate::testing) fn act_on_branch(&mut self, id: u64, verb: &str, body: &Value, user: &str) -> Answer {
        let Some(branch) = self.store.get(Kind::Branch, id).cloned() else {
            return Answer::detail(404, "No Branch matches the given query.");
        };
        let schema = branch.text("schema_id").to_owned();
        let status = branch.text("status");
        let wanted = if matches!(verb, "revert" | "archive") { "merged" } else { "ready" };
        if status != wanted {
            // Seen for archive; the text is believed.
            return Answer::detail(400, format!("Branch is not {wanted}."));
        }
        if verb == "archive" {
            self.branches.entry(schema).or_default().store = Default::default();
            self.set_status(id, "archived");
            return self.shown_object(Kind::Branch, id);
        }
        let flag = |name: &str, default: bool| body.get(name).and_then(Value::as_bool).unwrap_or(default);
        let conflicts: Vec<Value> = self
            .changes_of(&branch)
            .into_iter()
            .filter(|change| !change["conflicts"].is_null())
            .map(conflict)
            .collect();
        if verb != "revert" && !conflicts.is_empty() && !flag("acknowledge_conflicts", false) {
            let detail = "All conflicts must be acknowledged before this action can proceed.";
            return Answer::new(409, json!({"detail": detail, "conflicts": conflicts}));
        }
        let error = if flag("commit", true) { self.carry_out(id, verb, Strategy::Iterative, user) } else { None };
        self.job_of(id, verb, user, error)
    }

    /// Merges, reverts or syncs. Gives why it failed, and is undone then.
    pub(super) fn carry_out(&mut self, id: u64, verb: &str, how: Strategy, user: &str) -> Option<&'static str> {
        let schema = self.store.get(Kind::Branch, id)?.text("schema_id").to_owned();
        let steps = self.branches.get(&schema).map(|rows| rows.steps.clone()).unwrap_or_default();
        let now = self.clock.tick();
        match verb {
            "merge" => {
                let by = self.user(user);
                let steps = if how == Strategy::Squash { squashed(&steps, user) } else { steps };
                steps.iter().for_each(|step| self.carry(step));
                self.set_status(id, "merged");
                self.store.edit(Kind::Branch, id, |branch| {
                    branch.set("merged_time", now.rest());
                    branch.set("merged_by", by);
                });
            }
            "revert" if steps.iter().any(loses_a_primary_mac) => {
                return Some("MACAddress matching query does not exist.");
            }
            "revert" => {
                steps.iter().rev().for_each(|step| self.carry(&step.inverse()));
                self.set_status(id, "ready");
                // Seen.
                self.store.edit(Kind::Branch, id, |branch| {
                    branch.set("merged_time", Value::Null);
                    branch.set("merged_by", Value::Null);
                });
            }
            _ => {
                self.sync(&schema);
                self.store.edit(Kind::Branch, id, |branch| branch.set("last_sync", now.rest()));
            }
        }
        self.store.keep();
        None
    }

    /// Main's rows as they are, and on them what the branch changed; where both did, main's.
    fn sync(&mut self, schema: &str) {
        let Some(mut rows) = self.branches.remove(schema) else { return };
        let log = std::mem::take(&mut rows.store);
        rows.store = super::copy_of(&self.store);
        rows.store.share(&log, &[Kind::ObjectChange]);
        for Folded { kind, id, row, .. } in folded(&rows.steps) {
            let here = self.store.get(kind, id);
            match (&row.before, &row.after, here) {
                (Some(before), Some(after), Some(here)) => {
                    let mut lost = both_changed(before, Some(after), here);
                    // Each side's custom fields stay.
                    lost.retain(|column| column != CUSTOM_FIELDS);
                    give_up(&mut rows.steps, kind, id, &lost);
                    let mut merged = row.onto(here);
                    for column in lost {
                        merged.values.insert(column.clone(), here.value(&column).clone());
                    }
                    rows.store.put(kind, merged);
                }
                (None, Some(after), _) => rows.store.put(kind, (**after).clone()),
                (Some(_), None, Some(_)) => rows.store.remove(kind, id),
                _ => {}
            }
        }
        rows.store.keep();
        self.branches.insert(schema.to_owned(), rows);
    }

    fn set_status(&mut self, id: u64, status: &str) {
        let now = self.clock.tick();
        self.store.edit(Kind::Branch, id, |branch| {
            branch.set("status", status);
            branch.last_updated = Some(now);
        });
    }

    /// The job as it is told when it was only asked for.
    fn job_of(&mut self, branch: u64, verb: &str, user: &str, error: Option<&str>) -> Answer {
        let asked_by = self.user(user);
        let (created, started, completed) = (self.clock.tick(), self.clock.tick(), self.clock.tick());
        let name = format!("{}{} branch", verb[..1].to_uppercase(), &verb[1..]);
        let values = json!({"object_type": "netbox_branching.branch", "object_id": branch, "name": name,
            "status": if error.is_some() { "errored" } else { "completed" }, "scheduled": null, "interval": null,
            "started": started.rest(), "completed": completed.rest(), "execution_time": null, "user": asked_by,
            "data": {"log": []}, "error": error.unwrap_or_default(), "job_id": self.clock.request_id(), "queue_name": "default",
            "notifications": "always", "log_entries": []});
        let id = self.store.next_id(Kind::Job);
        let values = values.as_object().cloned().unwrap_or_default();
        let job = Record { id, created, last_updated: None, values, custom_fields: Map::new(), tags: Vec::new() };
        self.store.put(Kind::Job, job);
        self.store.keep();
        let mut answer = self.shown_object(Kind::Job, id);
        answer.body["status"] = json!({"value": "pending", "label": "Pending"});
        for later in ["started", "completed", "data"] {
            answer.body[later] = Value::Null;
        }
        answer.body["error"] = json!("");
        answer
    }

    fn shown_object(&self, kind: Kind, id: u64) -> Answer {
        let view = self.settings.view(&self.store, &self.settings.url);
        let shown = self.store.get(kind, id).map(|record| Value::Object(view.full(kind, record)));
        Answer::new(200, shown.unwrap_or_default())
    }

    /// `changes/`, with the filters that were seen to work.
    pub(in crate::testing) fn branch_changes(&self, query: &Query) -> Value {
        let all = self.store.all(Kind::Branch).flat_map(|branch| self.changes_of(branch));
        let mut shown: Vec<Value> = all
            .enumerate()
            .map(|(index, mut change)| {
                change["id"] = json!(index + 1);
                change
            })
            .collect();
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        for (name, of) in [
            ("branch_id", "/branch/id"),
            ("action", "/action/value"),
            ("object_type", "/object_type"),
            ("object_id", "/object_id"),
        ] {
            if let Some(wanted) = last(query, name) {
                shown.retain(|change| change.pointer(of).is_some_and(|value| text(value) == wanted));
            }
        }
        if let Some(wanted) = last(query, "has_conflicts") {
            shown.retain(|change| change["conflicts"].is_null() != wanted.eq_ignore_ascii_case("true"));
        }
        if let Some(schema) = last(query, "branch") {
            let branch = self.store.all(Kind::Branch).find(|branch| branch.text("schema_id") == schema);
            shown.retain(|change| branch.is_some_and(|branch| change["branch"]["id"] == json!(branch.id)));
        }
        json!({"count": shown.len(), "next": null, "previous": null, "results": shown})
    }

    /// One entry for each object, without an id.
    fn changes_of(&self, branch: &Record) -> Vec<Value> {
        let Some(rows) = self.branches.get(branch.text("schema_id")) else { return Vec::new() };
        let view = self.settings.view(&self.store, &self.settings.url);
        let shown = |kind, record: &Record| for_change_log(&snapshot(&self.store, self.settings.version, kind, record));
        folded(&rows.steps)
            .into_iter()
            .map(|Folded { kind, id, row, .. }| {
                let here = self.store.get(kind, id);
                let action = match (&row.before, &row.after) {
                    (None, _) => "create",
                    (_, None) => "delete",
                    _ => "update",
                };
                let part = |record: Option<&Record>| record.map_or(Value::Null, |record| shown(kind, record));
                let [original, modified, current] =
                    [row.before.as_deref(), row.after.as_deref(), here].map(part);
                let conflicts = match (&row.before, &row.after, here) {
                    (Some(before), after, Some(here)) if branch.text("status") == "ready" => both_changed(before, after.as_deref(), here),
                    _ => Vec::new(),
                };
                let changed: Vec<&String> = match (&original, &modified) {
                    (Value::Object(from), Value::Object(to)) => to.keys().filter(|name| from.get(*name) != to.get(*name)).collect(),
                    _ => Vec::new(),
                };
                let of = |values: &Value| -> Value {
                    Value::Object(changed.iter().map(|name| ((*name).clone(), values[name.as_str()].clone())).collect())
                };
                let record = row.after.as_deref().or(row.before.as_deref());
                json!({"branch": view.nested(Kind::Branch, Some(branch.id)), "object_type": model(kind).object_type(), "object_id": id,
                    "object": view.nested(kind, Some(id)), "object_repr": record.map_or_else(String::new, |record| view.display(kind, record)),
                    "action": {"value": action, "label": label(Kind::ObjectChange, "action", action)},
                    "conflicts": if conflicts.is_empty() { Value::Null } else { json!(conflicts) },
                    "diff": {"original": of(&original), "modified": of(&modified), "current": of(&current)},
                    "original_data": original, "modified_data": modified, "current_data": current,
                    "last_updated": record.and_then(|record| record.last_updated).map(|moment| moment.rest())})
            })
            .collect()
    }
}

/// What conflicts call all custom fields.
const CUSTOM_FIELDS: &str = "custom_fields";

/// The columns that the branch and main changed to different values; of what the branch has deleted, all that main changed. All custom
/// fields are one column, also where each side has changed another one; a merge and a sync keep both (seen: branching 1.2.2).
fn both_changed(before: &Record, after: Option<&Record>, here: &Record) -> Vec<String> {
    fn differs<T: PartialEq>(was: T, branch: Option<T>, main: T) -> bool {
        was != main && branch.is_none_or(|branch| was != branch && branch != main)
    }
    let changed = |name: &&String| differs(before.value(name), after.map(|after| after.value(name)), here.value(name));
    let columns = here.values.keys().filter(changed);
    let custom = differs(&before.custom_fields, after.map(|after| &after.custom_fields), &here.custom_fields);
    columns.cloned().chain(custom.then(|| CUSTOM_FIELDS.to_owned())).collect()
}

/// As the answer 409 has it.
fn conflict(change: Value) -> Value {
    let names = change["conflicts"].as_array().cloned().unwrap_or_default();
    let of = |part: &str| -> Value {
        let names = names.iter().filter_map(Value::as_str);
        Value::Object(names.map(|name| (name.to_owned(), change[part][name].clone())).collect())
    };
    json!({"object_type": change["object_type"], "object_id": change["object_id"], "object_repr": change["object_repr"],
        "action": change["action"], "conflicts": names, "last_updated": change["last_updated"],
        "conflicting_data": {"original": of("original_data"), "branch": of("modified_data"), "main": of("current_data")}})
}

/// What no revert brings back: an interface that was deleted with its primary MAC address (seen: branching 1.2.2).
fn loses_a_primary_mac(step: &Step) -> bool {
    step.rows.iter().any(|((kind, _), row)| {
        let lost = |record: &&Record| !record.value("primary_mac_address").is_null();
        *kind == Kind::VmInterface && row.after.is_none() && row.before.as_deref().is_some_and(|record| lost(&record))
    })
}

impl Request {
    /// The branch in which it is made.
    pub(in crate::testing) fn schema(&self) -> Option<&str> {
        if let Way::Branch(schema) = &self.way { Some(schema) } else { None }
    }
}
