//! What Proxmox offers for a choice, and what people read for it.

use std::collections::BTreeSet;

use crate::live::offer::{self, Of, Offer};
use crate::state::State;

impl Of {
    /// How there come to be some.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::Types | Self::States | Self::Nodes => "See whether the token may see them",
            Self::VmTemplates => {
                "To have it, make a template (qm template VMID), see that the token has VM.Audit on it, and run this again"
            }
            Self::ContainerTemplates => {
                "To have it, fetch one (pveam download STORAGE TEMPLATE), see that the token has Datastore.Audit on the storage, \
                 and run this again"
            }
            Self::Storages => "See that the token has Datastore.Audit on /storage",
            Self::Pools => "It is needed only if you use pools; the token sees those on which it has Pool.Audit",
        }
    }
}

/// A choice that Proxmox offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: Label,
}

/// What people read for a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Label {
    /// The same for every cluster.
    Fixed(String),
    /// A guest, by which one number means another one in each cluster.
    Guest { name: String, node: String },
}

/// What the configured clusters offer.
#[derive(Debug, Clone, Default)]
pub(super) struct Offered(Vec<(Of, Choice)>);

impl Offered {
    /// In the order in which people look for them.
    pub(super) fn of(&self, of: Of) -> Vec<&Choice> {
        let mut choices: Vec<&Choice> = self.0.iter().filter(|(known, _)| *known == of).map(|(_, it)| it).collect();
        choices.dedup();
        choices
    }

    /// Names of the nodes.
    pub(super) fn nodes(&self) -> BTreeSet<&str> {
        self.of(Of::Nodes).into_iter().map(|choice| choice.value.as_str()).collect()
    }

    pub(super) fn add(&mut self, of: Of, value: impl Into<String>, label: Label) {
        self.0.push((of, Choice { value: value.into(), label }));
        self.0.sort_by(|(a, x), (b, y)| (a, number(&x.value), &x.value).cmp(&(b, number(&y.value), &y.value)));
    }

    /// Without any Proxmox: the kinds of guests, and how records stand.
    pub(super) fn fixed() -> Self {
        let mut offered = Self::default();
        for state in State::ALL {
            offered.add(Of::States, state.as_str(), Label::Fixed(state.label().into()));
        }
        offered.add(Of::Types, "vm", Label::Fixed("Virtual machine".into()));
        offered.add(Of::Types, "lxc", Label::Fixed("Container".into()));
        offered
    }

    /// Adds what a cluster offers.
    pub(super) fn add_all(&mut self, offer: &Offer) {
        for (of, choice) in offer.has.iter().flat_map(|(of, all)| all.iter().map(move |it| (*of, it))) {
            let offer::Choice { value, name, node, offline } = choice;
            let label = match (of, node) {
                _ if *offline => continue,
                (_, Some(node)) => {
                    Label::Guest { name: name.clone().unwrap_or_else(|| "template".to_owned()), node: node.to_string() }
                }
                (Of::ContainerTemplates, None) => Label::Fixed(archive(value)),
                (_, None) => Label::Fixed(value.clone()),
            };
            self.add(of, value, label);
        }
    }
}

/// VMIDs in the order of numbers, all else by its text.
fn number(value: &str) -> u64 {
    value.parse().unwrap_or(0)
}

/// `local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst` → `debian-12-standard 12.7-1 (local)`
fn archive(volume: &str) -> String {
    let (storage, path) = volume.split_once(':').unwrap_or(("", volume));
    let file = file_name(path);
    let mut parts = file.split('_');
    match (parts.next(), parts.next()) {
        (Some(name), Some(version)) => format!("{name} {version} ({storage})"),
        _ => format!("{file} ({storage})"),
    }
}

/// The last part of a path.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_has_a_readable_label() {
        let volume = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst";
        assert_eq!(archive(volume), "debian-12-standard 12.7-1 (local)");
        assert_eq!(archive("nfs:vztmpl/own.tar.gz"), "own.tar.gz (nfs)");
    }

    #[test]
    fn templates_come_in_the_order_of_their_numbers() {
        let mut offered = Offered::default();
        for vmid in ["10000", "9000", "9000"] {
            offered.add(Of::VmTemplates, vmid, Label::Guest { name: "debian".into(), node: "pve1".into() });
        }
        let values: Vec<&str> = offered.of(Of::VmTemplates).iter().map(|choice| choice.value.as_str()).collect();
        assert_eq!(values, ["9000", "10000"]);
    }
}
