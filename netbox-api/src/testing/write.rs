//! Creating and changing rows: one request's work on the store.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::changes::Changes;
use super::clock::Clock;
use super::custom_fields::{self, Errors, one};
use super::fields;
use super::models::{MAX_INT, model};
use super::related;
use super::represent::View;
use super::rules;
use super::schema::{Holds, Kind};
use super::settings::Settings;
use super::snapshots::snapshot;
use super::store::{Record, Store};
use super::tokens;

/// Why a write was not done.
#[derive(Debug)]
pub(super) enum Refused {
    /// 400, field by field.
    Invalid(Errors),
    /// Anything else.
    Other(Answer),
}

impl From<Errors> for Refused {
    fn from(errors: Errors) -> Self {
        Self::Invalid(errors)
    }
}

/// One request's work, kept unless [`Store::undo`] is called.
#[derive(Debug)]
pub(super) struct Work<'a> {
    pub(super) store: &'a mut Store,
    pub(super) clock: &'a mut Clock,
    pub(super) settings: &'a Settings,
    /// Who asks.
    pub(super) user: u64,
    pub(super) changes: Changes,
}

impl Work<'_> {
    /// Rows as a delivery shows them.
    pub(super) fn view(&self) -> View<'_> {
        self.settings.view(self.store, "")
    }

    pub(super) fn snapshot(&self, kind: Kind, id: u64) -> Value {
        self.store.get(kind, id).map_or(Value::Null, |record| snapshot(self.store, self.settings.version, kind, record))
    }

    /// Makes a row from what was written.
    pub(super) fn create(&mut self, kind: Kind, body: &Map<String, Value>) -> Result<u64, Refused> {
        let mut errors = Errors::new();
        let mut values = Map::new();
        for column in model(kind).columns {
            let value = match body.get(column.name) {
                Some(_) if !self.settings.version.has_field(kind, column.name) => Ok(column.default.value()),
                Some(written) => fields::parse(self.store, column, written),
                None if column.required => Err("This field is required.".to_owned()),
                None => Ok(column.default.value()),
            };
            keep(&mut values, &mut errors, column.name, value);
        }
        let tags = self.tags(kind, body, &[]).unwrap_or_else(|refused| refuse(&mut errors, refused));
        if !errors.is_empty() {
            return Err(errors.into());
        }
        if kind == Kind::JournalEntry && !body.contains_key("created_by") {
            values.insert("created_by".to_owned(), json!(self.user));
        }
        let custom_fields = self.custom_fields(kind, body, None)?;
        let (created, last_updated) = (self.clock.tick(), Some(self.clock.tick()));
        let mut record = Record { id: 0, created, last_updated, values, custom_fields, tags };
        rules::check(self.store, kind, None, &mut record)?;
        record.id = self.store.next_id(kind);
        let id = record.id;
        if kind == Kind::Token {
            tokens::give(&mut record);
        }
        self.store.put(kind, record);
        self.changes.created(kind, id);
        self.afterwards(kind, id, body)?;
        Ok(id)
    }

    /// Changes a row; `whole` for PUT.
    pub(super) fn update(
        &mut self,
        kind: Kind,
        id: u64,
        body: &Map<String, Value>,
        whole: bool,
    ) -> Result<(), Refused> {
        let Some(old) = self.store.get(kind, id).cloned() else { return Ok(()) };
        let mut errors = Errors::new();
        let mut record = old.clone();
        for column in model(kind).columns {
            let value = match body.get(column.name) {
                Some(_) if !self.settings.version.has_field(kind, column.name) => continue,
                Some(written) => fields::parse(self.store, column, written),
                None if whole && column.required => Err("This field is required.".to_owned()),
                None if whole && column.reset_by_put => Ok(Value::Null),
                None => continue,
            };
            keep(&mut record.values, &mut errors, column.name, value);
        }
        record.tags = self.tags(kind, body, &old.tags).unwrap_or_else(|refused| refuse(&mut errors, refused));
        if !errors.is_empty() {
            return Err(errors.into());
        }
        if body.contains_key("custom_fields") {
            record.custom_fields = self.custom_fields(kind, body, Some(&old.custom_fields))?;
        }
        rules::check(self.store, kind, Some(&old), &mut record)?;
        if kind == Kind::VirtualMachine && body.get("disk") == Some(&Value::Null) {
            // A written null is stored, though it was checked as if filled in; the next save does fill it in (seen: 4.7.3).
            record.set("disk", Value::Null);
        }
        let before = self.snapshot(kind, id);
        record.last_updated = Some(self.clock.tick());
        self.store.put(kind, record);
        self.changes.updated(kind, id, before);
        self.afterwards(kind, id, body)
    }

    fn custom_fields(
        &self,
        kind: Kind,
        body: &Map<String, Value>,
        current: Option<&Map<String, Value>>,
    ) -> Result<Map<String, Value>, Errors> {
        if model(kind).custom_fields {
            custom_fields::written(self.store, kind, body.get("custom_fields"), current)
        } else {
            Ok(Map::new())
        }
    }

    fn tags(&self, kind: Kind, body: &Map<String, Value>, current: &[u64]) -> Result<Vec<u64>, Errors> {
        let adds =
            self.settings.version.adds_tags() && (body.contains_key("add_tags") || body.contains_key("remove_tags"));
        if !model(kind).taggable || !(adds || body.contains_key("tags")) {
            return Ok(current.to_vec());
        }
        if adds && body.contains_key("tags") {
            return Err(one("tags", "Cannot specify \"tags\" together with \"add_tags\" or \"remove_tags\"."));
        }
        let listed = |name: &str| -> Result<Vec<u64>, Errors> {
            let Some(written) = body.get(name) else { return Ok(Vec::new()) };
            let wrong =
                || one(name, &format!("Expected a list of items but got type \"{}\".", fields::python_type(written)));
            let items = written.as_array().ok_or_else(wrong)?;
            items
                .iter()
                .map(|item| related::find(self.store, Kind::Tag, item).map_err(|message| one(name, &message)))
                .collect()
        };
        let mut tags = if adds { current.to_vec() } else { listed("tags")? };
        tags.extend(listed("add_tags")?);
        let removed = listed("remove_tags")?;
        tags.retain(|tag| !removed.contains(tag));
        tags.sort_unstable();
        tags.dedup();
        Ok(tags)
    }

    /// What saving one object does to others.
    fn afterwards(&mut self, kind: Kind, id: u64, body: &Map<String, Value>) -> Result<(), Refused> {
        match kind {
            Kind::VirtualDisk => {
                // Only the machine it is in now: the one it was moved away from keeps its old sum (seen: 4.7.3).
                if let Some(vm) = self.store.get(kind, id).and_then(|disk| disk.number("virtual_machine")) {
                    self.sum_disks(vm)?;
                }
            }
            Kind::VmInterface if self.settings.version.writes_mac_address() => {
                if let Some(written) = body.get("mac_address") {
                    self.set_mac_address(id, written)?;
                }
            }
            Kind::CustomField => self.fill_in(id),
            _ => {}
        }
        Ok(())
    }

    /// `VirtualMachine.disk` follows its disks, with no event and the same `last_updated`.
    pub(super) fn sum_disks(&mut self, vm: u64) -> Result<(), Refused> {
        let sizes: Vec<u64> = self.store.of_vm(Kind::VirtualDisk, vm).filter_map(|disk| disk.number("size")).collect();
        let sum: u64 = sizes.iter().sum();
        if sum > MAX_INT.unsigned_abs() {
            let error = json!({"error": "integer out of range", "exception": "DataError",
                "netbox_version": self.settings.version.full(), "python_version": "3.13.0"});
            return Err(Refused::Other(Answer::new(500, error)));
        }
        let value = if sizes.is_empty() { Value::Null } else { json!(sum) };
        self.store.edit(Kind::VirtualMachine, vm, |vm| vm.set("disk", value));
        Ok(())
    }

    /// An interface's `mac_address` makes or finds a MAC address object; a former one stays assigned (seen: 4.7.3).
    fn set_mac_address(&mut self, interface: u64, written: &Value) -> Result<(), Refused> {
        let primary = if written.is_null() {
            Value::Null
        } else {
            let mac = fields::mac(written).map_err(|message| one("mac_address", &message))?;
            let same = |other: &&Record| other.value("mac_address") == &mac;
            let known = self.store.assigned(Kind::MacAddress, "virtualization.vminterface", interface).find(same);
            let known = known.map(|found| found.id);
            match known {
                Some(known) => json!(known),
                None => {
                    let body = json!({"mac_address": mac, "assigned_object_type": "virtualization.vminterface", "assigned_object_id": interface});
                    json!(self.create(Kind::MacAddress, body.as_object().unwrap_or(&Map::new()))?)
                }
            }
        };
        let now = self.clock.tick();
        self.store.edit(Kind::VmInterface, interface, |interface| {
            interface.set("primary_mac_address", primary);
            interface.last_updated = Some(now);
        });
        Ok(())
    }

    /// A new custom field is stored in every existing object, with its default (source).
    fn fill_in(&mut self, id: u64) {
        let Some(field) = self.store.get(Kind::CustomField, id).cloned() else { return };
        for described in super::models::models().filter(|model| model.custom_fields) {
            if !custom_fields::defined(self.store, described.kind).any(|defined| defined.id == id) {
                continue;
            }
            let ids: Vec<u64> = self.store.all(described.kind).map(|record| record.id).collect();
            for record in ids {
                self.store.edit(described.kind, record, |record| {
                    record.custom_fields.entry(field.text("name")).or_insert_with(|| field.value("default").clone());
                });
            }
        }
    }
}

fn keep(values: &mut Map<String, Value>, errors: &mut Errors, name: &str, value: Result<Value, String>) {
    match value {
        Ok(value) => drop(values.insert(name.to_owned(), value)),
        Err(message) => drop(errors.insert(name.to_owned(), json!([message]))),
    }
}

fn refuse(errors: &mut Errors, more: Errors) -> Vec<u64> {
    errors.extend(more);
    Vec::new()
}

/// Columns that refer to objects of this kind: the object type they are in, their name, what they hold.
pub(super) fn referring_to(kind: Kind) -> impl Iterator<Item = (Kind, &'static str, Holds)> {
    super::models::models().flat_map(move |model| {
        let columns = model
            .columns
            .iter()
            .filter(move |column| matches!(column.holds, Holds::Ref(to, _) | Holds::Refs(to) if to == kind));
        columns.map(|column| (model.kind, column.name, column.holds))
    })
}
