//! The custom fields of the mission: what each is called, for which objects, of which type, and what it says to people.

use serde_json::json;

use super::choices::{self, Choices};
use super::object::{Kind, Object, Present, Wanted};
use super::offered::Offered;
use super::plan::Remark;
use crate::live::offer::Of;
use crate::record::FieldNames;

/// The group in which people see them.
const GROUP: &str = "Proxmox";

/// The groups, labels and weights of the program that this one replaces, and what NetBox itself gives a field: what says so
/// nobody has chosen.
const FORMER_GROUPS: [&str; 3] = ["Proxmox (common)", "Proxmox VM", "Proxmox LXC"];
const FORMER_LABELS: [&str; 7] = [
    "Proxmox VM Type",
    "Proxmox Virtual machine ID (vmid)",
    "Proxmox VM Storage",
    "Proxmox public SSH key",
    "Proxmox VM Templates",
    "Proxmox LXC Templates",
    "Proxmox Disk Storage Volume",
];
const FORMER_DESCRIPTION: &str = "SSH key";
const USUAL_WEIGHT: u64 = 100;

/// What NetBox calls a field that its web form shows and does not change.
pub(super) const READ_ONLY: &str = "no";

pub(super) const MACHINE: &str = "virtualization.virtualmachine";
const DISK: &str = "virtualization.virtualdisk";
const INTERFACE: &str = "virtualization.vminterface";

/// A custom field of the mission.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    name: fn(&FieldNames) -> &String,
    /// The object type that has it.
    pub object_type: &'static str,
    /// The type it is made with.
    pub made_as: &'static str,
    /// Other types with which it works.
    pub works_as: &'static [&'static str],
    /// Where its choices come from, if it is a selection.
    pub choices: Option<Of>,
    weight: u64,
    label: &'static str,
    help: &'static str,
    /// Whether it is shown where it is empty, too.
    always_shown: bool,
    /// Whether we alone write it.
    ours: bool,
}

impl Field {
    /// Its name in NetBox.
    pub fn name<'a>(&self, names: &'a FieldNames) -> &'a str {
        (self.name)(names)
    }

    /// Whether it works with this type.
    pub fn works_with(&self, kind: &str) -> bool {
        kind == self.made_as || self.works_as.contains(&kind)
    }
}

macro_rules! fields {
    ($(#[$doc:meta])* $fields:ident, ours: $ours:literal; $($name:ident on $object:ident $weight:literal: $made:literal $(from $of:ident)?, or $works:expr, $shown:literal, $label:literal, $help:literal;)*) => {
        $(#[$doc])*
        pub const $fields: &[Field] = &[$(Field {
            name: |names| &names.$name,
            object_type: $object,
            made_as: $made,
            works_as: &$works,
            choices: fields!(@of $($of)?),
            weight: $weight,
            label: $label,
            help: $help,
            always_shown: $shown,
            ours: $ours,
        }),*];
    };
    (@of) => { None };
    (@of $of:ident) => { Some(Of::$of) };
}

fields! {
    /// Those that people write, in the order in which they are shown.
    FIELDS, ours: false;
    vm_type on MACHINE 100: "select" from Types, or ["text"], true, "Proxmox type",
        "vm or lxc: Proxmox VE has a guest for this virtual machine. Empty: it is left alone.";
    vm_template on MACHINE 110: "select" from VmTemplates, or ["text", "integer"], true, "Proxmox VM template",
        "Template that a virtual machine is cloned from.";
    lxc_template on MACHINE 120: "select" from ContainerTemplates, or ["text"], true, "Proxmox container template",
        "Template that a container is created from.";
    node on MACHINE 130: "select" from Nodes, or ["text", "object"], true, "Proxmox node",
        "Node to run on. Empty: the template's, which is written back. Changed: the guest is migrated.";
    storage on MACHINE 140: "select" from Storages, or ["text", "object"], true, "Proxmox storage",
        "Storage of the root disk. Empty: the template's.";
    vmid on MACHINE 150: "text", or ["integer"], true, "Proxmox VMID",
        "Empty: a free one is chosen and written back.";
    ssh_keys on MACHINE 160: "longtext", or ["text", "multiselect", "json"], true, "Proxmox SSH keys",
        "One a line. A container takes them only when it is created.";
    ci_user on MACHINE 170: "text", or ["longtext", "select"], false, "Proxmox cloud-init user",
        "User that cloud-init makes in a virtual machine.";
    gateway on MACHINE 180: "text", or ["longtext", "select"], false, "Proxmox gateway",
        "Address of the gateway, or first, last or none of the address's prefix. Empty: as the policy says.";
    nameserver on MACHINE 190: "text", or ["longtext", "select"], false, "Proxmox DNS servers",
        "Addresses, separated by a space.";
    searchdomain on MACHINE 200: "text", or ["select"], false, "Proxmox search domain", "DNS search domain.";
    pool on MACHINE 210: "select" from Pools, or ["text"], false, "Proxmox pool", "Resource pool that the guest is in.";
    startup on MACHINE 220: "text", or ["select", "integer"], false, "Proxmox start order",
        "A number, or order=2,up=30,down=60 with seconds to wait.";
    protection on MACHINE 230: "boolean", or ["text", "select"], false, "Proxmox protection",
        "A protected guest is kept when this virtual machine is deleted.";
    disk_storage on DISK 100: "select" from Storages, or ["text", "object"], true, "Proxmox storage",
        "Storage of this disk. Empty: the root disk's.";
    mount_path on DISK 110: "text", or ["longtext"], false, "Proxmox mount path",
        "Where a container mounts this disk, like /srv.";
    bridge on INTERFACE 100: "text", or ["select"], false, "Proxmox bridge",
        "Bridge of this network card, like vmbr0. Empty: that of its VLAN's group, or the policy's.";
}

fields! {
    /// Those in which it is said how a record stands: whoever wants them has them made.
    STATE_FIELDS, ours: true;
    state on MACHINE 10: "select" from States, or ["text"], false, "Proxmox state",
        "How it stands in Proxmox VE. Written by the bridge.";
    state_text on MACHINE 11: "text", or ["longtext"], false, "Proxmox state, in words", "Written by the bridge.";
    state_since on MACHINE 12: "datetime", or ["text"], false, "Proxmox state since", "Written by the bridge.";
}

/// The fields with their sets of choices, and what is to be said of them.
pub(super) fn wanted(
    names: &FieldNames,
    with_state: bool,
    offered: &Offered,
    present: &Present,
    remarks: &mut Vec<Remark>,
) -> Vec<Wanted> {
    let mut sets = Choices::default();
    let mut fields = Vec::new();
    for field in FIELDS.iter().chain(STATE_FIELDS) {
        let name = field.name(names);
        let found = present.named(Kind::CustomField, name);
        // One that is there is kept as it should be.
        if field.ours && !with_state && found.is_none() {
            continue;
        }
        let kind = found.map_or(field.made_as, |found| found.text("type"));
        if !field.works_with(kind) {
            remarks.push(Remark::problem(format!(
                "custom field {name} exists with the type {kind}, which cannot be used (it should be {}): choose another name for \
                 ours under [fields], or rename that one. It is left as it is",
                field.made_as
            )));
            continue;
        }
        if kind != field.made_as {
            remarks.push(Remark::said(format!(
                "custom field {name} keeps its type {kind}, with which it works (a new one is {})",
                field.made_as
            )));
        }
        let set = match field.choices.filter(|_| kind == "select") {
            None => None,
            Some(of) => match choices::set(of, field, found, offered, present, &mut sets) {
                Some(set) => Some(set),
                None => {
                    remarks.push(Remark::said(format!(
                        "Proxmox shows no {}, so custom field {name} is not made. {}",
                        of.words(),
                        of.advice()
                    )));
                    continue;
                }
            },
        };
        fields.push(one(field, name, found, set));
    }
    sets.wanted(offered, present, remarks).into_iter().chain(fields).collect()
}

fn one(field: &Field, name: &str, found: Option<&Object>, set: Option<String>) -> Wanted {
    let mut wanted = Wanted::new(Kind::CustomField, name, found)
        .once("name", name)
        .once("type", field.made_as)
        .once("ui_visible", if field.always_shown { "always" } else { "if-set" });
    if field.ours {
        wanted = wanted.once("ui_editable", READ_ONLY);
    }
    let mut object_types = found.map(|found| found.list("object_types")).unwrap_or_default();
    if !object_types.iter().any(|known| known == field.object_type) {
        object_types.push(field.object_type.to_owned());
    }
    let mut wanted = wanted.always("object_types", json!(object_types)).always("filter_logic", "exact");
    // What a person has chosen to read stays.
    let text = |name: &str| found.map_or("", |found| found.text(name));
    let group = text("group_name");
    let is_former = FORMER_GROUPS.contains(&group);
    if group.is_empty() || is_former {
        wanted = wanted.always("group_name", GROUP);
    }
    if text("label").is_empty() || FORMER_LABELS.contains(&text("label")) {
        wanted = wanted.always("label", field.label);
    }
    if text("description").is_empty() || is_former && text("description").contains(FORMER_DESCRIPTION) {
        wanted = wanted.always("description", field.help);
    }
    let weight = found.and_then(|found| found.number("weight"));
    if is_former || weight.is_none_or(|weight| weight == USUAL_WEIGHT) {
        wanted = wanted.always("weight", field.weight);
    }
    match set {
        Some(set) => wanted.link("choice_set", Kind::ChoiceSet, set),
        None => wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_of_the_settings_has_one_field_and_its_texts_fit() {
        let names = serde_json::to_value(FieldNames::default()).unwrap_or_default();
        let names = names.as_object().map(|names| names.len());
        assert_eq!(names, Some(FIELDS.len() + STATE_FIELDS.len()));
        for field in FIELDS.iter().chain(STATE_FIELDS) {
            assert!(field.label.len() <= 50 && field.help.len() <= 200, "{}", field.label);
        }
    }
}
