//! Row 1: a guest that is absent is cloned from its template.

use std::collections::BTreeMap;

use proxmox_api::{NodeName, PowerState, StorageId, Vmid};

use super::converge::converge;
use crate::action::{Action, RecordValue, Target, VmidSource};
use crate::current::{Current, CurrentDisk, CurrentInterface};
use crate::event::{Change, Event, Intent, TemplateFacts};
use crate::guest::{Blocks, Guest, Template};
use crate::part::Part;
use crate::policy::{CloneMode, Policy};
use crate::report::{Report, Reporter};

pub(super) fn plan(event: &Event, guest: &Guest, policy: &Policy) -> Vec<Action> {
    if guest.blocked(Blocks::Creation) {
        return Vec::new();
    }
    let creation = Creation { event, guest, policy, reporter: Reporter::of(guest) };
    match creation.allowed() {
        Ok(template) => creation.steps(template),
        Err(report) => vec![Action::Report(*report)],
    }
}

/// The creation that an event asks for under a VMID that a person typed. If it is refused for now, only an intent tells
/// it later from a guest that has vanished.
pub(super) fn wanted(event: &Event, guest: &Guest) -> Option<Intent> {
    let vmid = *guest.vmid.given()?;
    let creation = Creation { event, guest, policy: &Policy::default(), reporter: Reporter::of(guest) };
    creation.may_fill().then(|| Intent {
        record: guest.record,
        vmid,
        allocated: false,
        upid: None,
        root_size: super::disks::root_size_of_record(event, guest),
    })
}

struct Creation<'a> {
    event: &'a Event,
    guest: &'a Guest,
    policy: &'a Policy,
    reporter: Reporter,
}

impl<'a> Creation<'a> {
    /// The template to clone, or why nothing may be created.
    fn allowed(&self) -> Result<Vmid, Box<Report>> {
        let context = &self.event.context;
        let recorded = self.guest.vmid.given().copied();
        if let Some(found) = context.elsewhere {
            return Err(self.reporter.elsewhere(recorded, found).into());
        }
        if let Some(vmid) = recorded.filter(|_| !self.may_fill()) {
            return Err(self.reporter.vanished(vmid).into());
        }
        if !context.same_name.is_empty() {
            return Err(self.reporter.same_name(&context.same_name).into());
        }
        let Part::Given(Template::Guest(template)) = self.guest.template else {
            return Err(self.reporter.no_template().into());
        };
        match &context.template {
            Part::None => return Err(self.reporter.template_missing(template).into()),
            Part::Given(facts) => self.reachable(facts)?,
            Part::Unknown => {}
        }
        Ok(template)
    }

    /// Whether an absent guest with a recorded VMID is to be created, rather than one that has vanished. While an intent
    /// is open no creation was reached, whatever VMID it was begun with.
    fn may_fill(&self) -> bool {
        let cause = |change: &Change| change.created_record() || change.moved_into_p() || change.first_set_vmid();
        self.event.context.intent.is_some() || self.event.caused(cause)
    }

    /// Whether the template can be cloned to where the guest shall be.
    fn reachable(&self, facts: &TemplateFacts) -> Result<(), Box<Report>> {
        if !facts.config.template {
            return Err(self.reporter.not_a_template(facts.vmid).into());
        }
        let node = self.guest.node.given().unwrap_or(&facts.node);
        if self.event.context.nodes.given().is_some_and(|nodes| !nodes.contains(node)) {
            return Err(self.reporter.no_such_node(node).into());
        }
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
        match self.storage() {
            Some(id) if !usable(self.event, id, Some(node)) => {
                Err(self.reporter.storage_unusable("the guest", id, Some(node)).into())
            }
            _ => Ok(()),
        }
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
                let here = self.storage().filter(|id| usable(self.event, id, Some(&facts.node)));
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

    fn steps(&self, template: Vmid) -> Vec<Action> {
        let Self { event, guest, policy, .. } = self;
        let recorded = guest.vmid.given().copied();
        let vmid = recorded.or(event.context.allocated());
        let kind = proxmox_api::GuestType::Qemu;
        let target = Target { record: guest.record, name: guest.name.clone(), kind, vmid };
        let mut plan = Vec::new();
        if recorded.is_none() {
            let source = vmid.map_or(VmidSource::Allocate, VmidSource::Chosen);
            plan.push(Action::Record { guest: target.clone(), value: RecordValue::Vmid(source) });
        }
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
        });
        plan.extend(converge(event, guest, &self.clone_of(facts, vmid), policy, target));
        plan
    }

    /// What the clone will be: it inherits its template's configuration (seen on Proxmox VE 9.1).
    fn clone_of(&self, facts: Option<&TemplateFacts>, vmid: Option<Vmid>) -> Current {
        let kind = proxmox_api::GuestType::Qemu;
        let inherited = facts.map_or_else(|| Current::new(vmid, kind), |facts| facts.config.clone());
        let (node, storage) = self.place(facts);
        let moved = |disk: CurrentDisk| CurrentDisk { storage: storage.cloned().or(disk.storage), ..disk };
        let disks = match inherited.disks {
            Part::Given(disks) => {
                Part::Given(disks.into_iter().map(|(slot, disk)| (slot, moved(disk))).collect::<BTreeMap<_, _>>())
            }
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
            disks,
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

/// Whether a storage takes disks of VMs on a node, as far as somebody looked.
pub(super) fn usable(event: &Event, id: &StorageId, node: Option<&NodeName>) -> bool {
    let Part::Given(storages) = &event.context.storages else { return true };
    storages
        .iter()
        .any(|storage| storage.id == *id && storage.images && node.is_none_or(|node| storage.nodes.contains(node)))
}
