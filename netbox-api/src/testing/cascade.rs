//! Deleting: what goes along, in which order, and what stands in the way.
//!
//! A virtual machine takes its MAC addresses, disks, IP addresses and interfaces with it, in that order. It is saved without its primary
//! address when that is deleted, so its own event comes there, before its interfaces' (seen: 4.7.3).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::models::model;
use super::schema::{Holds, Kind, OnDelete};
use super::store::Record;
use super::write::{Refused, Work, referring_to};

/// What stands in the way: name and id.
pub(super) type Dependents = Vec<(String, u64)>;

impl Work<'_> {
    /// Deletes an object and what goes along.
    ///
    /// # Errors
    ///
    /// The objects that refer to it and must not lose it.
    pub(super) fn delete(&mut self, kind: Kind, id: u64) -> Result<(), Dependents> {
        let dependents = self.dependents(kind, id);
        if !dependents.is_empty() {
            return Err(dependents);
        }
        let victims = self.victims(kind, id);
        let last_seen: Vec<_> =
            victims.iter().map(|(kind, id)| (self.snapshot(*kind, *id), self.last_seen(*kind, *id))).collect();
        let machines: Vec<u64> = victims
            .iter()
            .filter(|(kind, _)| *kind == Kind::VirtualDisk)
            .filter_map(|(kind, id)| self.store.get(*kind, *id)?.number("virtual_machine"))
            .collect();
        for ((kind, id), (before, seen)) in victims.iter().zip(last_seen) {
            self.changes.deleted(*kind, *id, before, seen);
            if *kind == Kind::IpAddress {
                self.clear_primary(*id, &victims);
            }
        }
        for (kind, id) in &victims {
            self.store.remove(*kind, *id);
            self.forget(*kind, *id);
        }
        for vm in machines {
            // Removing a disk cannot make the sum too large.
            let _: Result<(), Refused> = self.sum_disks(vm);
        }
        Ok(())
    }

    fn dependents(&self, kind: Kind, id: u64) -> Dependents {
        let protected = referring_to(kind).filter(|(_, _, holds)| matches!(holds, Holds::Ref(_, OnDelete::Protect)));
        let view = self.view();
        protected
            .flat_map(|(other, column, _)| {
                let records = self.store.having(other, column, id);
                records.map(move |record| (view.display(other, record), record.id))
            })
            .collect()
    }

    /// Everything that goes, in the order of its events.
    fn victims(&self, kind: Kind, id: u64) -> Vec<(Kind, u64)> {
        let interfaces: Vec<u64> = match kind {
            Kind::VirtualMachine => self.store.of_vm(Kind::VmInterface, id).map(|interface| interface.id).collect(),
            Kind::VmInterface => vec![id],
            _ => Vec::new(),
        };
        let hanging = |on: Kind| {
            let here = interfaces
                .iter()
                .flat_map(|interface| self.store.assigned(on, "virtualization.vminterface", *interface));
            let ids: BTreeSet<u64> = here.map(|record| record.id).collect();
            ids.into_iter().map(|id| (on, id)).collect::<Vec<_>>()
        };
        let mut victims = hanging(Kind::MacAddress);
        if kind == Kind::VirtualMachine {
            victims.extend(self.store.of_vm(Kind::VirtualDisk, id).map(|disk| (Kind::VirtualDisk, disk.id)));
        }
        victims.extend(hanging(Kind::IpAddress));
        if kind == Kind::VirtualMachine {
            victims.extend(interfaces.iter().map(|interface| (Kind::VmInterface, *interface)));
        }
        if kind == Kind::Webhook {
            // The rules of a webhook go with it (source).
            let calls =
                |rule: &&Record| rule.text("action_object_type") == "extras.webhook" && rule.is("action_object_id", id);
            victims.extend(self.store.all(Kind::EventRule).filter(calls).map(|rule| (Kind::EventRule, rule.id)));
        }
        if kind == Kind::User {
            victims.extend(self.store.having(Kind::Token, "user", id).map(|token| (Kind::Token, token.id)));
        }
        victims.push((kind, id));
        let journals: Vec<_> = victims
            .iter()
            .flat_map(|(kind, id)| {
                let object_type = model(*kind).object_type();
                let entries = self.store.assigned(Kind::JournalEntry, &object_type, *id);
                entries.map(|entry| (Kind::JournalEntry, entry.id)).collect::<Vec<_>>()
            })
            .collect();
        victims.extend(journals);
        victims
    }

    fn last_seen(&self, kind: Kind, id: u64) -> (Value, String) {
        let view = self.view();
        let Some(record) = self.store.get(kind, id) else { return (Value::Null, String::new()) };
        (Value::Object(view.full(kind, record)), view.display(kind, record))
    }

    /// Machines that lose their primary address are saved without it: an event of their own, except where they go too.
    fn clear_primary(&mut self, address: u64, victims: &[(Kind, u64)]) {
        for vm in self.store.with_primary(address) {
            let before = self.snapshot(Kind::VirtualMachine, vm);
            self.changes.updated(Kind::VirtualMachine, vm, before);
            if victims.contains(&(Kind::VirtualMachine, vm)) {
                continue;
            }
            let now = self.clock.tick();
            self.store.edit(Kind::VirtualMachine, vm, |vm| {
                for column in ["primary_ip4", "primary_ip6"] {
                    if vm.is(column, address) {
                        vm.set(column, Value::Null);
                    }
                }
                vm.last_updated = Some(now);
            });
        }
    }

    /// Nothing refers to it any more; silently, as the database does.
    fn forget(&mut self, kind: Kind, id: u64) {
        for (other, column, holds) in referring_to(kind) {
            let lists =
                |record: &&Record| record.value(column).as_array().is_some_and(|list| list.contains(&json!(id)));
            let ids: Vec<u64> = match holds {
                Holds::Refs(_) => self.store.all(other).filter(lists).map(|record| record.id).collect(),
                _ => self.store.having(other, column, id).map(|record| record.id).collect(),
            };
            for record in ids {
                self.store.edit(other, record, |record| match record.values.get_mut(column) {
                    Some(Value::Array(list)) => list.retain(|item| item != &json!(id)),
                    Some(value) => *value = Value::Null,
                    None => {}
                });
            }
        }
        if kind == Kind::Tag {
            self.everywhere(|record| record.tags.retain(|tag| *tag != id));
        }
    }

    /// Changes every row, silently.
    pub(super) fn everywhere(&mut self, change: impl Fn(&mut Record)) {
        for described in super::models::models() {
            let ids: Vec<u64> = self.store.all(described.kind).map(|record| record.id).collect();
            for id in ids {
                self.store.edit(described.kind, id, &change);
            }
        }
    }

    /// The values of a custom field go with it.
    pub(super) fn forget_custom_field(&mut self, name: &str) {
        self.everywhere(|record| drop(record.custom_fields.remove(name)));
    }
}
