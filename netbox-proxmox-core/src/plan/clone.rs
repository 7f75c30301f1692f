//! A guest that is cloned from a template.

use std::collections::BTreeMap;

use proxmox_api::{NodeName, PowerState, StorageId, Vmid};

use super::converge::converge;
use super::create::{Creation, usable};
use crate::action::Action;
use crate::current::{Current, CurrentDisk, CurrentInterface};
use crate::event::TemplateFacts;
use crate::part::Part;
use crate::policy::CloneMode;
use crate::report::Report;

impl<'a> Creation<'a> {
    /// The steps from the only template of a name. Which that is only a look-up knows.
    pub(super) fn clone_of_named(&self, name: &str) -> Result<Vec<Action>, Box<Report>> {
        let context = &self.event.context;
        match &context.template {
            Part::Given(facts) => self.clone_of_guest(facts.vmid),
            Part::None => Err(self.reporter.no_such_template(name, &context.same_template).into()),
            Part::Unknown => Err(self.reporter.needs_look_up().into()),
        }
    }

    /// The steps from a template to the guest, or why there are none.
    pub(super) fn clone_of_guest(&self, template: Vmid) -> Result<Vec<Action>, Box<Report>> {
        let Self { event, guest, policy, .. } = self;
        match &event.context.template {
            Part::None => return Err(self.reporter.template_missing(template).into()),
            Part::Given(facts) => self.reachable(facts)?,
            Part::Unknown => {}
        }
        let (target, mut plan) = self.begin();
        let facts = event.context.template.given();
        let (node, storage) = self.place(facts);
        plan.push(Action::Clone {
            guest: target.clone(),
            template,
            template_node: facts.map(|facts| facts.node.clone()),
            node: node.cloned(),
            storage: storage.cloned(),
            full: policy.clone == CloneMode::Full,
            root_size: super::disks::root_size_of_record(event, guest),
            pool: self.pool(),
        });
        let clone = self.clone_of(facts, target.vmid);
        plan.extend(converge(event, guest, &clone, policy, target));
        Ok(plan)
    }

    /// Whether the template can be cloned to where the guest shall be.
    fn reachable(&self, facts: &TemplateFacts) -> Result<(), Box<Report>> {
        if facts.config.kind != self.kind {
            return Err(self.reporter.template_of_other_kind(facts.vmid, self.kind).into());
        }
        if !facts.config.template {
            return Err(self.reporter.not_a_template(facts.vmid).into());
        }
        let node = self.guest.node.given().unwrap_or(&facts.node);
        self.there(node, None)?;
        let Part::Given(storages) = &self.event.context.storages else { return Ok(()) };
        if let Some(local) = self.not_shared(facts) {
            // It is cloned where it is, and migrated: then only its storages must be there, or the one that is wanted.
            let lacks = |id: &&StorageId| !storages.iter().any(|it| it.id == **id && it.nodes.contains(node));
            let lacking = facts.storages.iter().find(lacks).filter(|_| self.storage().is_none());
            let stays = Some(local).filter(|_| self.policy.clone == CloneMode::Linked);
            if let Some(id) = lacking.or(stays) {
                return Err(self.reporter.template_not_shared(facts.vmid, &facts.node, node, id).into());
            }
        }
        self.there(node, self.storage())
    }

    /// A storage that keeps the template from being cloned to the node that the guest shall be on: Proxmox clones to
    /// another node only from and onto storage that both share.
    fn not_shared(&self, facts: &'a TemplateFacts) -> Option<&'a StorageId> {
        let Part::Given(storages) = &self.event.context.storages else { return None };
        let node = self.guest.node.given().filter(|node| **node != facts.node)?;
        let both = |nodes: &[NodeName]| nodes.contains(node) && nodes.contains(&facts.node);
        let shared = |id: &StorageId| storages.iter().any(|it| it.id == *id && it.shared && both(&it.nodes));
        facts.storages.iter().chain(self.storage()).find(|id| !shared(id))
    }

    /// Where the template is cloned to, and onto which storage: a clone that cannot go to its node at once is migrated.
    fn place(&self, facts: Option<&'a TemplateFacts>) -> (Option<&'a NodeName>, Option<&'a StorageId>) {
        match facts.filter(|facts| self.not_shared(facts).is_some()) {
            Some(facts) => {
                let here = self.storage().filter(|id| usable(self.event, self.kind, id, Some(&facts.node)));
                (Some(&facts.node), here)
            }
            None => (self.guest.node.given(), self.storage()),
        }
    }

    /// A linked clone stays where its template is.
    fn storage(&self) -> Option<&'a StorageId> {
        match self.policy.clone {
            CloneMode::Full => self.guest.storage.given(),
            CloneMode::Linked => None,
        }
    }

    /// What the clone will be: it inherits its template's configuration (seen on Proxmox VE 9.1).
    fn clone_of(&self, facts: Option<&TemplateFacts>, vmid: Option<Vmid>) -> Current {
        let inherited = facts.map_or_else(|| Current::new(vmid, self.kind), |facts| facts.config.clone());
        let (node, storage) = self.place(facts);
        let moved = |disk: CurrentDisk| CurrentDisk { storage: storage.cloned().or(disk.storage), ..disk };
        let disks = match inherited.disks {
            Part::Given(disks) => {
                Part::Given(disks.into_iter().map(|(slot, disk)| (slot, moved(disk))).collect::<BTreeMap<_, _>>())
            }
            other => other,
        };
        let options = match inherited.options {
            Part::Given(options) => Part::Given(self.in_pool(options)),
            other => other,
        };
        let node = node.cloned().or_else(|| facts.map(|facts| facts.node.clone()));
        Current {
            vmid,
            node: Part::maybe(node),
            name: Part::maybe(self.guest.proxmox_name().map(str::to_owned)),
            power: Part::Given(PowerState::Stopped),
            interfaces: without_addresses(inherited.interfaces),
            // The clone is given its marker in place of the template's description.
            description: Part::None,
            template: false,
            lock: None,
            unused: Vec::new(),
            disks,
            options,
            ..inherited
        }
    }
}

/// A clone's cards get MAC addresses of their own (seen on Proxmox VE 9.1).
fn without_addresses(cards: Part<BTreeMap<u8, CurrentInterface>>) -> Part<BTreeMap<u8, CurrentInterface>> {
    match cards {
        Part::Given(cards) => Part::Given(
            cards.into_iter().map(|(index, card)| (index, CurrentInterface { mac: None, ..card })).collect(),
        ),
        other => other,
    }
}
