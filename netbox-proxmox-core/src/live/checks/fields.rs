//! The custom fields: whether they are there, of a type that can be read, on the right objects, and offer what Proxmox has.

use std::collections::BTreeSet;

use netbox_api::client::NameFilter;
use netbox_api::{CustomField, CustomFieldChoiceSet, ErrorKind};

use super::{Check, Fault};
use crate::live::offer::{Choice, Of, Offer};
use crate::live::setup::fields::{FIELDS, Field};
use crate::record::FieldNames;

/// How many choices a text names.
const NAMED: usize = 8;

/// What becomes of a NetBox without a field.
enum Without {
    /// Nothing is managed.
    Nothing,
    /// Something that people expect cannot be said.
    Part(&'static str),
    /// It is meant for those who want it.
    Fine,
}

impl Without {
    /// Without the field of this name.
    fn of(name: &str, names: &FieldNames) -> Self {
        let FieldNames { vm_type, vmid, node, vm_template, lxc_template, storage, ssh_keys, disk_storage, .. } = names;
        match name {
            _ if [vm_type, vmid, node].iter().any(|it| *it == name) => Self::Nothing,
            _ if name == vm_template => Self::Part("no VM can be made"),
            _ if name == lxc_template => Self::Part("no container can be made"),
            _ if name == storage => Self::Part("the storage of a root disk cannot be chosen"),
            _ if name == ssh_keys => Self::Part("guests get the keys of their template only"),
            _ if name == disk_storage => Self::Part("the storage of a disk cannot be chosen"),
            _ => Self::Fine,
        }
    }
}

/// The custom fields, compared with what the clusters have, where all of them were reached.
pub(super) async fn check(netbox: &netbox_api::Client, names: &FieldNames, sides: Option<&[Offer]>) -> Vec<Check> {
    let what = "custom fields";
    let fields = match netbox.custom_fields().all(&NameFilter::default()).await {
        Ok(fields) => fields,
        // That they may not be viewed is told of with the rights.
        Err(error) if error.kind() == ErrorKind::Permission => return Vec::new(),
        Err(error) => return vec![Check::unanswered(what, error)],
    };
    let sets = match netbox.custom_field_choice_sets().all(&NameFilter::default()).await {
        Ok(sets) => sets,
        Err(error) if error.kind() == ErrorKind::Permission => Vec::new(),
        Err(error) => return vec![Check::unanswered(what, error)],
    };
    judge(names, &fields, &sets, sides)
}

fn judge(
    names: &FieldNames,
    fields: &[CustomField],
    sets: &[CustomFieldChoiceSet],
    sides: Option<&[Offer]>,
) -> Vec<Check> {
    let (mut checks, mut absent, mut there) = (Vec::new(), Vec::new(), 0);
    for wanted in FIELDS {
        let name = wanted.name(names);
        let (what, without) = (format!("custom field {name}"), Without::of(name, names));
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            match missing(what, wanted, &without) {
                Some(check) => checks.push(check),
                None => absent.push(name.to_owned()),
            }
            continue;
        };
        match wrong(what.clone(), wanted, &without, field) {
            Some(check) => checks.push(check),
            None => there += 1,
        }
        let set = field.choice_set.as_ref().and_then(|set| sets.iter().find(|known| known.id == set.id));
        let offered: Option<BTreeSet<_>> =
            set.map(|set| set.extra_choices.iter().map(|(value, _)| value.clone()).collect());
        match (offered, wanted.choices, sides) {
            (Some(offered), Some(Of::Types), _) => checks.extend(kinds(&what, &offered)),
            (Some(offered), Some(of), Some(sides)) => checks.extend(compared(&what, of, &offered, sides)),
            _ => {}
        }
    }
    let mut summary = format!("{there} are there and can be read");
    if !absent.is_empty() {
        summary.push_str(&format!("; not there, and not needed unless you want them: {}", absent.join(", ")));
    }
    checks.insert(0, Check::ok("custom fields", summary));
    checks
}

fn missing(what: String, wanted: &Field, without: &Without) -> Option<Check> {
    let advice = format!(
        "Make it on {} with the type {}, or say in [fields] what it is called: `netbox-proxmox setup` makes all of them",
        wanted.object_type, wanted.made_as
    );
    match without {
        Without::Nothing => {
            let detail = "is not there: no record can say what it takes to be managed, or is written back to";
            Some(Check::failure(what, Fault::Missing, detail, advice).blocking())
        }
        Without::Part(then) => Some(Check::warning(what, format!("is not there: {then}"), advice)),
        Without::Fine => None,
    }
}

fn wrong(what: String, wanted: &Field, without: &Without, field: &CustomField) -> Option<Check> {
    let (kind, on) = (field.field_type.as_str(), wanted.object_type);
    let (detail, advice) = if !wanted.works_with(kind) {
        let works = [&[wanted.made_as], wanted.works_as].concat().join(", ");
        let detail =
            format!("is of the type {kind}, which is not understood: what records say in it is reported, not done");
        (detail, format!("Make it anew with one of the types {works}"))
    } else if !field.object_types.iter().any(|known| known == on) {
        let detail = format!("is on {}, not on {on}", field.object_types.join(", "));
        (detail, format!("Add {on} to the object types of the field in NetBox"))
    } else {
        return None;
    };
    let check = Check::failure(what, Fault::Wrong, detail, advice);
    Some(if matches!(without, Without::Nothing) { check.blocking() } else { check })
}

/// The kinds of guests that the type offers.
fn kinds(what: &str, offered: &BTreeSet<String>) -> Option<Check> {
    let has = |names: &[&str]| names.iter().any(|name| offered.contains(*name));
    let strange: Vec<_> =
        offered.iter().filter(|kind| !["vm", "qemu", "lxc"].contains(&kind.as_str())).cloned().collect();
    if !strange.is_empty() {
        let detail = format!("offers {}, which is no kind of guest: such records are reported", strange.join(", "));
        return Some(Check::warning(what, detail, "Take it from the choices: there are vm (or qemu) and lxc"));
    }
    let lacks: Vec<_> =
        [(&["vm", "qemu"][..], "vm"), (&["lxc"], "lxc")].into_iter().filter(|(names, _)| !has(names)).collect();
    let lacks = lacks.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(" and ");
    if lacks.is_empty() {
        return None;
    }
    Some(Check::warning(what, format!("does not offer {lacks}"), "Add it to the choices if you want such guests"))
}

/// The choices, compared with what all clusters have together.
fn compared(what: &str, of: Of, offered: &BTreeSet<String>, sides: &[Offer]) -> Vec<Check> {
    // One cluster that does not tell what it has may have anything.
    let Some(has) = sides.iter().map(|side| side.whole(of)).collect::<Option<Vec<_>>>() else {
        return Vec::new();
    };
    let has: BTreeSet<&Choice> = has.into_iter().flatten().collect();
    let mut checks = Vec::new();
    let strange: Vec<_> = offered.iter().filter(|said| !has.iter().any(|choice| choice.is(said))).collect();
    if !strange.is_empty() {
        let detail = format!(
            "offers {}, which the token does not see among Proxmox's {}: records that choose it are reported",
            list(&strange),
            of.words()
        );
        checks.push(Check::warning(
            what,
            detail,
            "Take it from the choices, or look whether the token may see it in Proxmox",
        ));
    }
    let missing = has.iter().filter(|choice| !choice.offline && !offered.iter().any(|said| choice.is(said)));
    let missing: Vec<_> = missing.map(|choice| &choice.value).collect();
    if !missing.is_empty() {
        let detail = format!("does not offer {} of Proxmox's {}: nobody can choose it", list(&missing), of.words());
        checks.push(Check::warning(what, detail, "`netbox-proxmox setup` adds it to the choices"));
    }
    checks
}

fn list(names: &[&String]) -> String {
    let mut text = names.iter().take(NAMED).map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    if names.len() > NAMED {
        text.push_str(&format!(" and {} more", names.len() - NAMED));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: &str = "virtualization.virtualmachine";
    use crate::live::checks::Verdict;
    use netbox_api::Brief;

    fn field(name: &str, kind: &str, on: &str, set: Option<u64>) -> CustomField {
        CustomField {
            name: name.to_owned(),
            field_type: netbox_api::Choice::new(kind),
            object_types: vec![on.to_owned()],
            choice_set: set.map(|id| Brief::new(id, "set")),
            ..CustomField::default()
        }
    }

    fn all() -> Vec<CustomField> {
        let names = FieldNames::default();
        FIELDS.iter().map(|it| field(it.name(&names), it.made_as, it.object_type, None)).collect()
    }

    fn found(fields: &[CustomField], sets: &[CustomFieldChoiceSet], sides: &[Offer]) -> Vec<(Verdict, String)> {
        let checks = judge(&FieldNames::default(), fields, sets, Some(sides));
        checks.iter().skip(1).map(|check| (check.verdict, check.to_string())).collect()
    }

    #[test]
    fn fields_that_are_as_they_should_be() {
        assert_eq!(found(&all(), &[], &[]), []);
    }

    #[test]
    fn what_a_missing_or_wrong_field_costs() {
        for (name, verdict) in [
            ("proxmox_vmid", Some(Verdict::Failure)),
            ("proxmox_vm_templates", Some(Verdict::Warning)),
            ("proxmox_pool", None),
        ] {
            let mut fields = all();
            fields.retain(|field| field.name != name);
            assert_eq!(found(&fields, &[], &[]).first().map(|found| found.0), verdict, "{name}");
        }
        let mut fields = all();
        fields.retain(|field| !["proxmox_pool", "proxmox_node"].contains(&field.name.as_str()));
        fields.push(field("proxmox_pool", "multiselect", MACHINE, None));
        fields.push(field("proxmox_node", "select", "dcim.device", None));
        let found = found(&fields, &[], &[]);
        let texts: Vec<_> = found.iter().map(|(_, text)| text.as_str()).collect();
        assert!(texts[0].contains("is on dcim.device, not on virtualization.virtualmachine"), "{texts:?}");
        assert!(texts[1].contains("is of the type multiselect, which is not understood"), "{texts:?}");
    }

    #[test]
    fn choices_are_compared_with_all_clusters_together() {
        let mut fields = all();
        fields.retain(|field| field.name != "proxmox_node");
        fields.push(field("proxmox_node", "select", MACHINE, Some(1)));
        let set = |choices: &[&str]| CustomFieldChoiceSet {
            id: 1,
            extra_choices: choices.iter().map(|name| ((*name).to_owned(), (*name).to_owned())).collect(),
            ..CustomFieldChoiceSet::default()
        };
        let side = |nodes: &[&str]| {
            // One that is down is a node, and nobody has to be offered it.
            let down = Choice { offline: true, ..Choice::new("pve08") };
            let nodes = nodes.iter().map(Choice::new).chain([down]);
            Offer { has: [(Of::Nodes, nodes.collect())].into(), ..Offer::default() }
        };
        let sides = [side(&["pve01"]), side(&["pve02"])];
        assert_eq!(found(&fields, &[set(&["pve01", "pve02"])], &sides), []);
        assert_eq!(found(&fields, &[set(&["pve01", "pve02", "pve08"])], &sides), []);
        let found_here = found(&fields, &[set(&["pve01", "pve9"])], &sides);
        assert!(
            found_here[0].1.contains("offers pve9, which the token does not see among Proxmox's nodes"),
            "{found_here:?}"
        );
        assert!(found_here[1].1.contains("does not offer pve02"), "{found_here:?}");
        assert_eq!(found(&fields, &[set(&["pve9"])], &[side(&[]), Offer::default()]), [], "one does not tell");
        let unread = Offer { unread: [(Of::Nodes, vec!["one".to_owned()])].into(), ..side(&["pve01"]) };
        assert_eq!(found(&fields, &[set(&["pve9"])], &[unread]), [], "or not all");
    }
}
