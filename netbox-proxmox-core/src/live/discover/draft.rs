//! What of one object differs: one rule for what is written, what is left to NetBox, and what is shown.

use netbox_api::client::{CustomFieldsPatch, Field};
use netbox_api::{CustomFields, ObjectType};
use serde::Serialize;
use serde_json::Value;

use super::fields::Fields;
use crate::live::proposed::{Attribute, Proposed, Verb};

/// An object that is being compared.
pub(super) struct Draft<'a> {
    fields: &'a Fields,
    object: &'static str,
    /// Whether NetBox is the master: then only what is empty is filled.
    pub(super) follows: bool,
    attributes: Vec<Attribute>,
    /// What differs and is left.
    pub(super) differs: Vec<String>,
    /// Values that a field of NetBox's cannot hold.
    pub(super) refused: Vec<String>,
}

impl<'a> Draft<'a> {
    /// Of an object of this type.
    pub(super) fn new(fields: &'a Fields, object: &'static str, follows: bool) -> Self {
        let (attributes, differs, refused) = Default::default();
        Self { fields, object, follows, attributes, differs, refused }
    }

    pub(super) fn machine(fields: &'a Fields, follows: bool) -> Self {
        Self::new(fields, ObjectType::VIRTUAL_MACHINE, follows)
    }

    /// An attribute that Proxmox says: set where NetBox has none, or another one and is not the master.
    pub(super) fn set<T: Serialize + PartialEq + Clone>(
        &mut self,
        name: &str,
        has: Option<&T>,
        found: Option<T>,
    ) -> Field<T> {
        let Some(found) = found else { return Field::Leave };
        match self.shown(name, has, &found) {
            true => Field::Set(found),
            false => Field::Leave,
        }
    }

    /// The same of one that is written in another form than it is shown in.
    pub(super) fn set_as<T, W>(&mut self, name: &str, has: Option<&T>, found: Option<(T, W)>) -> Field<W>
    where
        T: Serialize + PartialEq,
    {
        match found {
            Some((found, written)) if self.shown(name, has, &found) => Field::Set(written),
            _ => Field::Leave,
        }
    }

    /// The same of a custom field.
    pub(super) fn custom(
        &mut self,
        patch: CustomFieldsPatch,
        name: &str,
        has: &CustomFields,
        found: Option<&str>,
    ) -> CustomFieldsPatch {
        let Some(found) = found else { return patch };
        let written = match self.fields.value(self.object, name, found) {
            Ok(Some(written)) => written,
            Ok(None) => return patch,
            Err(why) => {
                self.refused.push(why);
                return patch;
            }
        };
        self.custom_as(patch, name, has, found, written)
    }

    /// The same with the value that is written given.
    pub(super) fn custom_as(
        &mut self,
        patch: CustomFieldsPatch,
        name: &str,
        has: &CustomFields,
        found: &str,
        written: Value,
    ) -> CustomFieldsPatch {
        match has.get(name).one() {
            Ok(has) => {
                let has = has.map(|text| text.trim().to_owned());
                if self.shown(name, has.as_ref(), &found.to_owned()) { patch.value(name, written) } else { patch }
            }
            Err(what) => {
                self.refused.push(format!("{name} holds {what} in NetBox, and {found} is wanted: correct it there"));
                patch
            }
        }
    }

    /// Whether an attribute is to be set.
    fn shown<T: Serialize + PartialEq>(&mut self, name: &str, has: Option<&T>, found: &T) -> bool {
        if has == Some(found) {
            return false;
        }
        let json = |value: &T| serde_json::to_value(value).unwrap_or_default();
        let (old, new) = (has.map(json).unwrap_or_default(), json(found));
        if self.follows && has.is_some() {
            self.differs.push(format!("{name} {old} in NetBox, {new} in Proxmox"));
            return false;
        }
        self.attributes.push(Attribute { name: name.to_owned(), old, new });
        true
    }

    /// The write as it is shown, and nothing left of it; none where nothing is to be written.
    pub(super) fn proposed(&mut self, verb: Verb, kind: &str, name: String) -> Option<Proposed> {
        let attributes = std::mem::take(&mut self.attributes);
        let is_write = verb == Verb::Create || !attributes.is_empty();
        is_write.then(|| Proposed { verb, kind: kind.to_owned(), name, attributes })
    }
}
