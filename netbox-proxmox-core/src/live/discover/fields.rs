//! Custom fields that NetBox has, and how a value is written into each: in the type that it has there.

use std::collections::{BTreeMap, BTreeSet};

use netbox_api::{CustomField, CustomFieldChoiceSet, ObjectType};
use serde_json::Value;

use crate::executor::{Failure, FailureKind};
use crate::guest::RecordId;
use crate::live::form::in_type;
use crate::record::FieldNames;
use proxmox_api::GuestType;

/// The custom fields of a NetBox.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    names: FieldNames,
    known: BTreeMap<(String, String), Field>,
}

#[derive(Debug, Clone)]
struct Field {
    kind: String,
    /// The values of a selection; empty where they are not all known.
    choices: BTreeSet<String>,
}

impl Fields {
    /// Of these definitions.
    pub fn new(names: &FieldNames, fields: &[CustomField], sets: &[CustomFieldChoiceSet]) -> Self {
        let mut known = BTreeMap::new();
        for field in fields {
            let set = field.choice_set.as_ref().and_then(|of| sets.iter().find(|set| set.id == of.id));
            // One of NetBox's own base sets has more than these.
            let all =
                |set: &&CustomFieldChoiceSet| set.choices_count.is_none_or(|all| all == set.extra_choices.len() as u64);
            let choices = set.filter(all).into_iter().flat_map(|set| &set.extra_choices);
            let choices: BTreeSet<String> = choices.map(|(value, _)| value.clone()).collect();
            for object in &field.object_types {
                let kind = field.field_type.value.clone();
                known.insert((object.clone(), field.name.clone()), Field { kind, choices: choices.clone() });
            }
        }
        Self { names: names.clone(), known }
    }

    /// What the fields are called.
    pub fn names(&self) -> &FieldNames {
        &self.names
    }

    /// A text as the value of a field; none where NetBox does not have the field.
    ///
    /// # Errors
    /// The field cannot hold it: why, and what to do.
    pub(super) fn value(&self, object: &str, name: &str, text: &str) -> Result<Option<Value>, String> {
        let Some(field) = self.known.get(&(object.to_owned(), name.to_owned())) else { return Ok(None) };
        let kind = field.kind.as_str();
        if kind.ends_with("select") && !field.choices.is_empty() && !field.choices.contains(text) {
            return Err(format!("{name} has no choice {text} in NetBox: add it (`netbox-proxmox setup`)"));
        }
        let cannot = || format!("{name} is of type {kind} in NetBox, which cannot hold {text}");
        in_type(kind, text).map(Some).ok_or_else(cannot)
    }

    /// The value of the type field that stands for a kind of guest.
    pub(super) fn vm_type(&self, kind: GuestType) -> Result<(&'static str, Value), String> {
        let words: &[&str] = match kind {
            GuestType::Qemu => &["vm", "qemu"],
            GuestType::Lxc => &["lxc"],
        };
        let mut refused = String::new();
        for word in words {
            match self.value(ObjectType::VIRTUAL_MACHINE, &self.names.vm_type, word) {
                Ok(Some(value)) => return Ok((word, value)),
                Ok(None) => {}
                Err(why) => refused = if refused.is_empty() { why } else { refused },
            }
        }
        Err(refused)
    }

    /// That a record can name its guest at all: without it the next run would not know the record again.
    pub(super) fn must_name_guests(&self) -> Result<(), Failure> {
        for name in [&self.names.vmid, &self.names.vm_type] {
            if !self.known.contains_key(&(ObjectType::VIRTUAL_MACHINE.to_owned(), name.clone())) {
                let why = format!(
                    "NetBox has no custom field {name} on virtual machines (or the token may not see it): run `netbox-proxmox \
                     setup`"
                );
                return Err(Failure::new(FailureKind::Refused, why));
            }
        }
        Ok(())
    }
}

/// A record in words.
pub(super) fn record(id: RecordId, name: &str) -> String {
    format!("virtual machine {name} (id {id})")
}
