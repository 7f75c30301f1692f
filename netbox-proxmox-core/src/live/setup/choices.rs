//! Sets of choices: what Proxmox offers is added to what is there. Nothing is taken away: another cluster may have it, or a
//! virtual machine may say it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::fields::Field;
use super::object::{Kind, Object, Present, Wanted};
use super::offered::{Choice, Label, Of, Offered, file_name};

/// The sets that fields use, and what each is for.
#[derive(Debug, Default)]
pub(super) struct Choices(BTreeMap<String, BTreeSet<Of>>);

/// A choice as NetBox has it: value and label.
pub(super) type Pair = (String, String);

/// The set of a field: the one it has, else the usual one; none if that would be empty, which NetBox refuses.
pub(super) fn set(
    of: Of,
    field: &Field,
    found: Option<&Object>,
    offered: &Offered,
    present: &Present,
    sets: &mut Choices,
) -> Option<String> {
    debug_assert_eq!(field.choices, Some(of));
    let used = found.and_then(|found| present.get(Kind::ChoiceSet, found.number("choice_set")?));
    let name = used.map_or_else(|| usual_name(of), Object::name);
    if present.named(Kind::ChoiceSet, name).is_none() && offered.of(of).is_empty() {
        return None;
    }
    sets.0.entry(name.to_owned()).or_default().insert(of);
    Some(name.to_owned())
}

/// The predecessor's names.
fn usual_name(of: Of) -> &'static str {
    match of {
        Of::Types => "proxmox-vm-type",
        Of::Nodes => "proxmox-cluster-nodes",
        Of::VmTemplates => "proxmox-vm-templates",
        Of::ContainerTemplates => "proxmox-lxc-templates",
        Of::Storages => "proxmox-vm-storage",
        Of::Pools => "proxmox-pools",
    }
}

impl Choices {
    /// The sets as they should be.
    pub(super) fn wanted(self, offered: &Offered, present: &Present) -> Vec<Wanted> {
        let nodes = offered.nodes();
        let wanted = self.0.into_iter().map(|(name, of)| {
            let found = present.named(Kind::ChoiceSet, &name);
            let mut pairs = found.map(pairs).unwrap_or_default();
            let mut news = Vec::new();
            for choice in of.into_iter().flat_map(|of| offered.of(of)) {
                if let Some(label) = add(&mut pairs, choice, &nodes) {
                    news.push(label);
                }
            }
            let mut wanted = Wanted::new(Kind::ChoiceSet, &name, found);
            // Its order is nothing that anybody has to write again.
            if !news.is_empty() {
                wanted = wanted.always("extra_choices", json!(pairs)).showing("extra_choices", news);
            }
            wanted.once("name", name)
        });
        wanted.collect()
    }
}

fn pairs(set: &Object) -> Vec<Pair> {
    set.get("extra_choices").and_then(|pairs| serde_json::from_value(pairs).ok()).unwrap_or_default()
}

/// Adds a choice, or corrects its label; says the label if anything changed.
fn add(pairs: &mut Vec<Pair>, choice: &Choice, nodes: &BTreeSet<&str>) -> Option<String> {
    let Some((_, label)) = pairs.iter_mut().find(|(value, _)| *value == choice.value) else {
        let label = label_of(choice, "", nodes);
        pairs.push((choice.value.clone(), label.clone()));
        return Some(label);
    };
    let new = label_of(choice, label, nodes);
    if *label == new {
        return None;
    }
    label.clone_from(&new);
    Some(new)
}

/// The label of a choice that has this one now. What a person wrote stays; a template's tells of each cluster that has a
/// guest of its number, so what is said of nodes that are none of ours stays, too.
fn label_of(choice: &Choice, now: &str, nodes: &BTreeSet<&str>) -> String {
    let is_plain = now.is_empty() || now == choice.value || now == file_name(&choice.value);
    match &choice.label {
        Label::Fixed(label) if is_plain => label.clone(),
        Label::Fixed(_) => now.to_owned(),
        Label::Guest { name, node } => {
            let own = format!("{name} ({} on {node})", choice.value);
            let parts: Vec<&str> = now.split(", ").collect();
            let mark = format!("({} on ", choice.value);
            let place =
                |part: &str| part.rsplit_once(mark.as_str()).map(|(_, node)| node.trim_end_matches(')').to_owned());
            // The predecessor's label of a template is its name alone.
            if is_plain || now == name {
                return own;
            }
            if parts.iter().any(|part| place(part).is_none()) || parts.contains(&own.as_str()) {
                return now.to_owned();
            }
            let others = parts.iter().filter(|part| place(part).is_some_and(|node| !nodes.contains(node.as_str())));
            others.copied().chain([own.as_str()]).collect::<Vec<_>>().join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guest(name: &str, node: &str) -> Choice {
        Choice { value: "9000".into(), label: Label::Guest { name: name.into(), node: node.into() } }
    }

    #[test]
    fn a_templates_label_tells_of_each_cluster_that_has_its_number() {
        let ours = BTreeSet::from(["pve1", "pve2"]);
        let label = |now: &str| label_of(&guest("debian", "pve1"), now, &ours);
        for (now, then) in [
            ("", "debian (9000 on pve1)"),
            ("9000", "debian (9000 on pve1)"),
            ("debian", "debian (9000 on pve1)"),
            ("old (9000 on pve2)", "debian (9000 on pve1)"),
            ("debian (9000 on pve1)", "debian (9000 on pve1)"),
            ("ubuntu (9000 on other)", "ubuntu (9000 on other), debian (9000 on pve1)"),
            ("ubuntu (9000 on other), old (9000 on pve2)", "ubuntu (9000 on other), debian (9000 on pve1)"),
            ("Our golden image", "Our golden image"),
        ] {
            assert_eq!(label(now), then, "{now}");
            assert_eq!(label(then), then, "again: {then}");
        }
    }

    #[test]
    fn choices_are_added_and_none_is_taken_away() {
        let mut pairs = vec![("gone".to_owned(), "gone".to_owned()), ("pve1".to_owned(), "The first".to_owned())];
        let node = |name: &str| Choice { value: name.into(), label: Label::Fixed(name.into()) };
        assert_eq!(add(&mut pairs, &node("pve1"), &BTreeSet::new()), None);
        assert_eq!(add(&mut pairs, &node("pve2"), &BTreeSet::new()), Some("pve2".to_owned()));
        let values: Vec<&str> = pairs.iter().map(|(value, _)| value.as_str()).collect();
        assert_eq!(values, ["gone", "pve1", "pve2"]);
    }

    #[test]
    fn the_predecessors_label_of_an_archive_is_its_file() {
        let volume = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst";
        let choice = Choice { value: volume.into(), label: Label::Fixed("debian-12-standard 12.7-1 (local)".into()) };
        let now = "debian-12-standard_12.7-1_amd64.tar.zst";
        assert_eq!(label_of(&choice, now, &BTreeSet::new()), "debian-12-standard 12.7-1 (local)");
        assert_eq!(label_of(&choice, "mine", &BTreeSet::new()), "mine");
    }
}
