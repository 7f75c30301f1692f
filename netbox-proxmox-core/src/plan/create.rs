//! Row 1: a guest that is absent is cloned from its template or, a container, created from a template volume.

use proxmox_api::{GuestType, NodeName, StorageId};

use crate::action::{Action, RecordValue, Target, VmidSource};
use crate::event::{Change, Event, Intent};
use crate::guest::{Blocks, Guest, Template};
use crate::option::{GuestOption, GuestOptions};
use crate::policy::Policy;
use crate::report::{Report, Reporter};

pub(super) fn plan(event: &Event, guest: &Guest, kind: GuestType, policy: &Policy) -> Vec<Action> {
    if guest.blocked(Blocks::Creation) {
        return Vec::new();
    }
    let creation = Creation { event, guest, kind, policy, reporter: Reporter::of(guest) };
    let steps = creation.allowed().and_then(|template| match template {
        Template::Guest(template) => creation.clone_of_guest(*template),
        Template::Named(name) => creation.clone_of_named(name),
        Template::Volume(volume) if kind == GuestType::Lxc => creation.container_of_volume(volume),
        Template::Volume(_) => Err(creation.reporter.no_template().into()),
    });
    steps.unwrap_or_else(|report| vec![Action::Report(*report)])
}

/// The creation that an event asks for under a VMID that a person typed. If it is refused for now, only an intent tells
/// it later from a guest that has vanished.
pub(super) fn wanted(event: &Event, guest: &Guest) -> Option<Intent> {
    let vmid = *guest.vmid.given()?;
    let owner = guest.owner()?;
    may_fill(event).then(|| Intent {
        owner,
        vmid,
        allocated: false,
        upid: None,
        root_size: super::disks::root_size_of_record(event, guest),
    })
}

/// Whether an absent guest with a recorded VMID is to be created, rather than one that has vanished. While an intent is
/// open no creation was reached, whatever VMID it was begun with.
fn may_fill(event: &Event) -> bool {
    let cause = |change: &Change| change.created_record() || change.moved_into_p() || change.first_set_vmid();
    event.context.intent.is_some() || event.caused(cause)
}

/// A creation being planned. What it is made from has a file each: `clone`, `container`.
pub(super) struct Creation<'a> {
    pub(super) event: &'a Event,
    pub(super) guest: &'a Guest,
    pub(super) kind: GuestType,
    pub(super) policy: &'a Policy,
    pub(super) reporter: Reporter,
}

impl<'a> Creation<'a> {
    /// What the guest is to be made from, or why nothing may be created.
    fn allowed(&self) -> Result<&'a Template, Box<Report>> {
        let context = &self.event.context;
        let recorded = self.guest.vmid.given().copied();
        if let Some(found) = context.elsewhere {
            return Err(self.reporter.elsewhere(recorded, found).into());
        }
        if let Some(vmid) = recorded.filter(|_| !may_fill(self.event)) {
            return Err(self.reporter.vanished(vmid).into());
        }
        if context.imported && context.intent.is_none() {
            return Err(self.reporter.only_imported().into());
        }
        if !context.same_name.is_empty() {
            return Err(self.reporter.same_name(&context.same_name).into());
        }
        self.guest.template.given().ok_or_else(|| self.reporter.no_template().into())
    }

    /// The guest to be, and the step that records its VMID.
    pub(super) fn begin(&self) -> (Target, Vec<Action>) {
        let Self { event, guest, kind, .. } = self;
        let recorded = guest.vmid.given().copied();
        let vmid = recorded.or(event.context.unwritten_vmid());
        let target = Target::of(guest, *kind, vmid);
        let mut plan = Vec::new();
        if recorded.is_none() {
            let source = vmid.map_or(VmidSource::Allocate, VmidSource::Chosen);
            plan.push(Action::Record { guest: target.clone(), value: RecordValue::Vmid(source) });
        }
        (target, plan)
    }

    /// The pool that the guest is made in.
    pub(super) fn pool(&self) -> Option<String> {
        let of_record = self.guest.options.get(&GuestOption::Pool).map(String::as_str);
        of_record.or(self.policy.option(GuestOption::Pool)).map(str::to_owned)
    }

    /// The options of a guest that is made in its pool.
    pub(super) fn in_pool(&self, mut options: GuestOptions) -> GuestOptions {
        options.extend(self.pool().map(|pool| (GuestOption::Pool, pool)));
        options
    }

    /// Refuses a node that the cluster does not have, and a storage that is not usable there.
    pub(super) fn there(&self, node: &NodeName, storage: Option<&StorageId>) -> Result<(), Box<Report>> {
        if self.event.context.nodes.given().is_some_and(|nodes| !nodes.contains(node)) {
            return Err(self.reporter.no_such_node(node).into());
        }
        match storage {
            Some(id) if !usable(self.event, self.kind, id, Some(node)) => {
                Err(self.reporter.storage_unusable(self.kind, "the guest", id, Some(node)).into())
            }
            _ => Ok(()),
        }
    }
}

/// Whether a storage takes disks of guests of a kind on a node, as far as somebody looked.
pub(super) fn usable(event: &Event, kind: GuestType, id: &StorageId, node: Option<&NodeName>) -> bool {
    let Some(storages) = event.context.storages.given() else { return true };
    storages
        .iter()
        .any(|storage| storage.id == *id && storage.takes(kind) && node.is_none_or(|node| storage.nodes.contains(node)))
}
