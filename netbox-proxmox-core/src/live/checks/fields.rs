//! The custom fields: whether they are there, of a type that can be read, on the right objects, and offer what Proxmox has.

use std::collections::BTreeSet;

use netbox_api::client::NameFilter;
use netbox_api::{CustomField, CustomFieldChoiceSet, ErrorKind};

use super::choices::{Choice, Side, Source};
use super::{Check, Fault};
use crate::record::FieldNames;

/// How many choices a text names.
const NAMED: usize = 8;

const MACHINE: &str = "virtualization.virtualmachine";
const DISK: &str = "virtualization.virtualdisk";
const INTERFACE: &str = "virtualization.vminterface";

// The types that are understood, the usual one first: texts, typed or chosen; numbers as well; the name of an object of NetBox's;
// several lines.
const TEXTS: &[&str] = &["select", "text", "longtext"];
const NUMBERS: &[&str] = &["text", "longtext", "select", "integer"];
const TEMPLATES: &[&str] = &["select", "text", "longtext", "integer"];
const NAMES: &[&str] = &["select", "text", "longtext", "object"];
const LINES: &[&str] = &["longtext", "text", "select", "multiselect", "json"];
const FLAGS: &[&str] = &["boolean", "text", "select"];

/// What becomes of a NetBox without a field.
enum Without {
    /// Nothing is managed.
    Nothing,
    /// Something that people expect cannot be said.
    Part(&'static str),
    /// It is meant for those who want it.
    Fine,
}

/// What a custom field must be.
struct Wanted<'a> {
    name: &'a str,
    on: &'static str,
    types: &'static [&'static str],
    without: Without,
    offers: Option<Source>,
}

fn wanted(names: &FieldNames) -> Vec<Wanted<'_>> {
    let machine = |name, types, without, offers| Wanted { name, on: MACHINE, types, without, offers };
    let FieldNames {
        node,
        vm_type,
        vmid,
        storage,
        ssh_keys,
        vm_template,
        lxc_template,
        disk_storage,
        mount_path,
        bridge,
        gateway,
        pool,
        nameserver,
        searchdomain,
        ci_user,
        startup,
        protection,
    } = names;
    let optional = |name, on, types| Wanted { name, on, types, without: Without::Fine, offers: None };
    vec![
        machine(vm_type, TEXTS, Without::Nothing, None),
        machine(vmid, NUMBERS, Without::Nothing, None),
        machine(node, NAMES, Without::Nothing, Some(Source::Nodes)),
        machine(vm_template, TEMPLATES, Without::Part("no VM can be made"), Some(Source::VmTemplates)),
        machine(lxc_template, TEXTS, Without::Part("no container can be made"), Some(Source::ContainerTemplates)),
        machine(storage, NAMES, Without::Part("the storage of a root disk cannot be chosen"), Some(Source::Storages)),
        machine(ssh_keys, LINES, Without::Part("guests get the keys of their template only"), None),
        Wanted {
            on: DISK,
            ..machine(
                disk_storage,
                NAMES,
                Without::Part("the storage of a disk cannot be chosen"),
                Some(Source::Storages),
            )
        },
        optional(mount_path, DISK, TEXTS),
        optional(bridge, INTERFACE, TEXTS),
        optional(gateway, MACHINE, TEXTS),
        Wanted { offers: Some(Source::Pools), ..optional(pool, MACHINE, TEXTS) },
        optional(nameserver, MACHINE, TEXTS),
        optional(searchdomain, MACHINE, TEXTS),
        optional(ci_user, MACHINE, TEXTS),
        optional(startup, MACHINE, NUMBERS),
        optional(protection, MACHINE, FLAGS),
    ]
}

/// The custom fields, compared with what the clusters have, where all of them were reached.
pub(super) async fn check(netbox: &netbox_api::Client, names: &FieldNames, sides: Option<&[Side]>) -> Vec<Check> {
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
    sides: Option<&[Side]>,
) -> Vec<Check> {
    let (mut checks, mut absent, mut there) = (Vec::new(), Vec::new(), 0);
    for wanted in wanted(names) {
        let what = format!("custom field {}", wanted.name);
        let Some(field) = fields.iter().find(|field| field.name == wanted.name) else {
            match missing(what, &wanted) {
                Some(check) => checks.push(check),
                None => absent.push(wanted.name.to_owned()),
            }
            continue;
        };
        match wrong(what.clone(), &wanted, field) {
            Some(check) => checks.push(check),
            None => there += 1,
        }
        let set = field.choice_set.as_ref().and_then(|set| sets.iter().find(|known| known.id == set.id));
        let offered: Option<BTreeSet<_>> =
            set.map(|set| set.extra_choices.iter().map(|(value, _)| value.clone()).collect());
        if let Some(offered) = offered {
            if wanted.name == names.vm_type {
                checks.extend(kinds(&what, &offered));
            }
            if let (Some(source), Some(sides)) = (wanted.offers, sides) {
                checks.extend(compared(&what, source, &offered, sides));
            }
        }
    }
    let mut summary = format!("{there} are there and can be read");
    if !absent.is_empty() {
        summary.push_str(&format!("; not there, and not needed unless you want them: {}", absent.join(", ")));
    }
    checks.insert(0, Check::ok("custom fields", summary));
    checks
}

fn missing(what: String, wanted: &Wanted<'_>) -> Option<Check> {
    let advice = format!(
        "Make it on {} with the type {}, or say in [fields] what it is called: `netbox-proxmox setup` makes all of them",
        wanted.on,
        wanted.types.first().unwrap_or(&"text")
    );
    match wanted.without {
        Without::Nothing => {
            let detail = "is not there: no record can say what it takes to be managed, or is written back to";
            Some(Check::failure(what, Fault::Missing, detail, advice).blocking())
        }
        Without::Part(then) => Some(Check::warning(what, format!("is not there: {then}"), advice)),
        Without::Fine => None,
    }
}

fn wrong(what: String, wanted: &Wanted<'_>, field: &CustomField) -> Option<Check> {
    let kind = field.field_type.as_str();
    if !wanted.types.contains(&kind) {
        let detail =
            format!("is of the type {kind}, which is not understood: what records say in it is reported, not done");
        let advice = format!("Make it anew with one of the types {}", wanted.types.join(", "));
        let check = Check::failure(what, Fault::Wrong, detail, advice);
        return Some(if matches!(wanted.without, Without::Nothing) { check.blocking() } else { check });
    }
    if !field.object_types.iter().any(|on| on == wanted.on) {
        let detail = format!("is on {}, not on {}", field.object_types.join(", "), wanted.on);
        let advice = format!("Add {} to the object types of the field in NetBox", wanted.on);
        let check = Check::failure(what, Fault::Wrong, detail, advice);
        return Some(if matches!(wanted.without, Without::Nothing) { check.blocking() } else { check });
    }
    None
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
fn compared(what: &str, source: Source, offered: &BTreeSet<String>, sides: &[Side]) -> Vec<Check> {
    // One cluster that does not tell what it has may have anything.
    let Some(has) = sides.iter().map(|side| side.has.get(&source)).collect::<Option<Vec<_>>>() else {
        return Vec::new();
    };
    let has: BTreeSet<&Choice> = has.into_iter().flatten().collect();
    let mut checks = Vec::new();
    let strange: Vec<_> = offered.iter().filter(|said| !has.iter().any(|choice| choice.is(said))).collect();
    if !strange.is_empty() {
        let detail = format!(
            "offers {}, and the token sees no such {}: records that choose it are reported",
            list(&strange),
            source.name()
        );
        checks.push(Check::warning(
            what,
            detail,
            "Take it from the choices, or look whether the token may see it in Proxmox",
        ));
    }
    let missing = has.iter().filter(|choice| !offered.iter().any(|said| choice.is(said)));
    let missing: Vec<_> = missing.map(|choice| &choice.value).collect();
    if !missing.is_empty() {
        let detail =
            format!("does not offer {}, which Proxmox has as {}: nobody can choose it", list(&missing), source.name());
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
    use crate::live::checks::Verdict;
    use netbox_api::Brief;
    use std::collections::BTreeMap;

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
        wanted(&names).iter().map(|it| field(it.name, it.types[0], it.on, None)).collect()
    }

    fn found(fields: &[CustomField], sets: &[CustomFieldChoiceSet], sides: &[Side]) -> Vec<(Verdict, String)> {
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
        let side = |nodes: &[&str]| Side {
            has: BTreeMap::from([(Source::Nodes, nodes.iter().map(Choice::new).collect())]),
            ..Side::default()
        };
        let sides = [side(&["pve01"]), side(&["pve02"])];
        assert_eq!(found(&fields, &[set(&["pve01", "pve02"])], &sides), []);
        let found_here = found(&fields, &[set(&["pve01", "pve9"])], &sides);
        assert!(found_here[0].1.contains("offers pve9, and the token sees no such node"), "{found_here:?}");
        assert!(found_here[1].1.contains("does not offer pve02"), "{found_here:?}");
        assert_eq!(found(&fields, &[set(&["pve9"])], &[side(&[]), Side::default()]), [], "one does not tell");
    }
}
