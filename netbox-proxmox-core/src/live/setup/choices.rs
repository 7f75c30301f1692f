//! Sets of choices: what Proxmox offers is added to what is there. Nothing is taken away: another cluster may have it, or a
//! virtual machine may say it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::fields::Field;
use super::object::{Kind, Object, Present, Wanted};
use super::offered::{Choice, Label, Offered, file_name};
use super::plan::Remark;
use crate::live::offer::Of;
use crate::state::State;

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
        Of::States => "proxmox-state",
        Of::Nodes => "proxmox-cluster-nodes",
        Of::VmTemplates => "proxmox-vm-templates",
        Of::ContainerTemplates => "proxmox-lxc-templates",
        Of::Storages => "proxmox-vm-storage",
        Of::Pools => "proxmox-pools",
    }
}

impl Choices {
    /// The sets as they should be.
    pub(super) fn wanted(self, offered: &Offered, present: &Present, remarks: &mut Vec<Remark>) -> Vec<Wanted> {
        let nodes = offered.nodes();
        let wanted = self.0.into_iter().map(|(name, of)| {
            let found = present.named(Kind::ChoiceSet, &name);
            // A set that is not understood is left as it is.
            let known = found.map_or(Some(Vec::new()), pairs);
            let is_known = known.is_some();
            if !is_known {
                remarks.push(Remark::said(format!(
                    "the choices of {name} are in a form that is not understood: it is left as it is, and what Proxmox has is \
                     not added"
                )));
            }
            let mut pairs = known.unwrap_or_default();
            let is_of_states = of.contains(&Of::States);
            let mut news = Vec::new();
            let of = of.into_iter().filter(|_| is_known);
            let offers: Vec<&Choice> = of.into_iter().flat_map(|of| offered.of(of)).collect();
            for (at, choice) in offers.iter().enumerate() {
                // Two clusters may have a guest of one number.
                if offers[..at].iter().any(|before| before.value == choice.value) {
                    continue;
                }
                let labels: Vec<&Label> =
                    offers.iter().filter(|it| it.value == choice.value).map(|it| &it.label).collect();
                news.extend(add(&mut pairs, &choice.value, &labels, &nodes));
            }
            let mut wanted = Wanted::new(Kind::ChoiceSet, &name, found);
            // Its order is nothing that anybody has to write again.
            if !news.is_empty() {
                wanted = wanted.always("extra_choices", json!(pairs)).showing("extra_choices", news);
            }
            if is_of_states {
                // A badge of that colour (seen on NetBox 4.7.3; older releases ignore it).
                let colours: BTreeMap<_, _> = State::ALL.into_iter().map(|it| (it.as_str(), it.colour())).collect();
                wanted = wanted.once("choice_colors", json!(colours));
            }
            wanted.once("name", name)
        });
        wanted.collect()
    }
}

/// Its choices; none, if they are in a form that is not known.
fn pairs(set: &Object) -> Option<Vec<Pair>> {
    match set.get("extra_choices") {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(pairs) => serde_json::from_value(pairs).ok(),
    }
}

/// Adds a choice, or corrects its label; says the label if anything changed.
fn add(pairs: &mut Vec<Pair>, value: &str, labels: &[&Label], nodes: &BTreeSet<&str>) -> Option<String> {
    let known = pairs.iter_mut().find(|(known, _)| known == value);
    let new = label(value, labels, known.as_ref().map_or("", |(_, now)| now), nodes);
    match known {
        Some((_, now)) if *now == new => return None,
        Some((_, now)) => now.clone_from(&new),
        None => pairs.push((value.to_owned(), new.clone())),
    }
    Some(new)
}

/// The label of a choice that has this one now. What a person wrote stays; a template's tells of each cluster that has a
/// guest of its number, so what is said of nodes that are none of ours stays, too.
fn label(value: &str, labels: &[&Label], now: &str, nodes: &BTreeSet<&str>) -> String {
    let is_plain = now.is_empty() || now == value || now == file_name(value);
    let mut names = Vec::new();
    let mut own = Vec::new();
    for label in labels {
        match label {
            Label::Fixed(label) if is_plain => return label.clone(),
            Label::Fixed(_) => return now.to_owned(),
            Label::Guest { name, node } => {
                names.push(name.as_str());
                own.push(format!("{name} ({value} on {node})"));
            }
        }
    }
    // The predecessor's label of a template is its name alone.
    if is_plain || names.contains(&now) {
        return own.join(", ");
    }
    let mark = format!("({value} on ");
    let place = |part: &str| part.rsplit_once(mark.as_str()).map(|(_, node)| node.trim_end_matches(')').to_owned());
    let parts: Vec<Option<String>> = now.split(", ").map(place).collect();
    if parts.contains(&None) {
        return now.to_owned();
    }
    let is_anothers = |part: &&str| place(part).is_some_and(|node| !nodes.contains(node.as_str()));
    let others = now.split(", ").filter(is_anothers).map(str::to_owned);
    let parts: Vec<String> = others.chain(own).collect();
    // Their order is that in which the clusters were looked at.
    let is_same = parts.iter().map(String::as_str).collect::<BTreeSet<_>>() == now.split(", ").collect();
    if is_same { now.to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// What NetBox has is replaced by what is sent: one that is not understood is not sent.
    #[test]
    fn choices_in_a_form_that_is_not_known_are_left() {
        let sent = |choices: Value| {
            let set = json!({"id": 5, "name": "nodes", "extra_choices": choices});
            let mut present = Present::default();
            present.put(Kind::ChoiceSet, vec![Object::read(Kind::ChoiceSet, set).unwrap()]);
            let mut offered = Offered::default();
            offered.add(Of::Nodes, "pve2", Label::Fixed("pve2".into()));
            let sets = Choices([("nodes".to_owned(), BTreeSet::from([Of::Nodes]))].into_iter().collect());
            let mut remarks = Vec::new();
            let wanted = sets.wanted(&offered, &present, &mut remarks);
            let sent = wanted.iter().any(|set| set.always.iter().any(|(name, _)| *name == "extra_choices"));
            assert_eq!(remarks.is_empty(), sent, "{remarks:?}");
            sent
        };
        assert!(sent(json!([["pve1", "The first"]])));
        assert!(!sent(json!([["pve1", "The first", "in a third place"]])));
    }

    fn guest(name: &str, node: &str) -> Label {
        Label::Guest { name: name.into(), node: node.into() }
    }

    #[test]
    fn a_templates_label_tells_of_each_cluster_that_has_its_number() {
        let ours = BTreeSet::from(["pve1", "pve2"]);
        let label = |now: &str| label("9000", &[&guest("debian", "pve1")], now, &ours);
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
    fn two_clusters_that_are_looked_at_together_are_both_named() {
        let ours = BTreeSet::from(["pve1", "pve2"]);
        let (one, two) = (guest("debian", "pve1"), guest("ubuntu", "pve2"));
        let label = |now: &str| label("9000", &[&one, &two], now, &ours);
        let both = "debian (9000 on pve1), ubuntu (9000 on pve2)";
        assert_eq!((label(""), label(both)), (both.to_owned(), both.to_owned()));
        assert_eq!(label("debian (9000 on pve1)"), both);
        let other_way = "ubuntu (9000 on pve2), debian (9000 on pve1)";
        assert_eq!(label(other_way), other_way);
    }

    #[test]
    fn choices_are_added_and_none_is_taken_away() {
        let mut pairs = vec![("gone".to_owned(), "gone".to_owned()), ("pve1".to_owned(), "The first".to_owned())];
        let mut add = |name: &str| add(&mut pairs, name, &[&Label::Fixed(name.into())], &BTreeSet::new());
        assert_eq!((add("pve1"), add("pve2")), (None, Some("pve2".to_owned())));
        let values: Vec<&str> = pairs.iter().map(|(value, _)| value.as_str()).collect();
        assert_eq!(values, ["gone", "pve1", "pve2"]);
    }

    #[test]
    fn the_predecessors_label_of_an_archive_is_its_file() {
        let volume = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst";
        let fixed = Label::Fixed("debian-12-standard 12.7-1 (local)".into());
        let label = |now: &str| label(volume, &[&fixed], now, &BTreeSet::new());
        assert_eq!(label("debian-12-standard_12.7-1_amd64.tar.zst"), "debian-12-standard 12.7-1 (local)");
        assert_eq!(label("mine"), "mine");
    }
}
