//! What the parts of the planner share: the guest being planned for, the gate, and the steps found so far.

use proxmox_api::{GuestType, NodeName, StorageId};

use crate::action::{Action, Target};
use crate::current::{Current, CurrentDisk};
use crate::event::{Aspect, Event, Ownership};
use crate::guest::{Guest, Status, Template};
use crate::marker::MarkerState;
use crate::part::Part;
use crate::policy::{ConfigureWhen, Policy};
use crate::report::{Report, Reporter};

/// A plan in the making for a guest that exists, or will once the steps before have run.
pub(super) struct Draft<'a> {
    pub(super) event: &'a Event,
    pub(super) guest: &'a Guest,
    pub(super) current: &'a Current,
    pub(super) policy: &'a Policy,
    pub(super) target: Target,
    pub(super) reporter: Reporter,
    /// The node it is on once the steps so far have run.
    pub(super) node: Option<NodeName>,
    /// The storage that its disks are moved to by the steps so far.
    pub(super) moved_to: Option<StorageId>,
    /// Whether the guest is being created: everything its record says is applied, power included.
    pub(super) creating: bool,
    reports: Vec<Action>,
    steps: Vec<Action>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        event: &'a Event,
        guest: &'a Guest,
        current: &'a Current,
        policy: &'a Policy,
        target: Target,
    ) -> Self {
        let creating =
            event.current.is_none() || event.context.ownership == Ownership::Ours { state: MarkerState::Creating };
        let reporter = Reporter::of(guest);
        let node = current.node.given().cloned();
        let (reports, steps) = (Vec::new(), Vec::new());
        let moved_to = None;
        Self { event, guest, current, policy, target, reporter, node, moved_to, creating, reports, steps }
    }

    /// Whether it is a container that is about to be created from a template volume.
    pub(super) fn made_from_volume(&self) -> bool {
        let from_volume = matches!(self.guest.template, Part::Given(Template::Volume(_)));
        self.event.current.is_none() && self.current.kind == GuestType::Lxc && from_volume
    }

    /// The storage of a disk, once the steps so far have run.
    pub(super) fn storage_of(&self, disk: &CurrentDisk) -> Option<StorageId> {
        self.moved_to.clone().or_else(|| disk.storage.clone())
    }

    /// Whether NetBox may reach into this part of the guest's configuration. NetBox is first a record: correcting it must
    /// not change a running machine unasked. What was changed while the record was Staged is applied, also later.
    pub(super) fn gate_open(&self, aspect: Aspect) -> bool {
        self.creating
            || self.guest.status == Status::Staged
            || self.policy.configure == ConfigureWhen::Always
            || self.event.changed_while_staged(aspect)
    }

    /// Does `change` if the gate is open, otherwise reports the difference.
    pub(super) fn gated(
        &mut self,
        aspect: Aspect,
        field: &str,
        wanted: impl ToString,
        found: impl ToString,
        change: impl FnOnce(&mut Self),
    ) {
        if self.gate_open(aspect) {
            change(self);
        } else {
            let report = self.reporter.gated(field, wanted, found, &self.guest.status);
            self.report(report);
        }
    }

    /// Whether cloud-init can tell the guest; reports it otherwise.
    pub(super) fn cloud_init(&mut self, field: &str, wanted: &str) -> bool {
        if self.current.cloud_init == Part::Given(false) {
            let report = self.reporter.no_cloud_init(field, wanted);
            self.report(report);
            return false;
        }
        true
    }

    pub(super) fn report(&mut self, report: Report) {
        self.reports.push(Action::Report(report));
    }

    /// The steps so far.
    pub(super) fn steps(&self) -> impl Iterator<Item = &Action> {
        self.steps.iter()
    }

    pub(super) fn step(&mut self, action: Action) {
        self.steps.push(action);
    }

    /// Reports first: a step that fails must not swallow them.
    pub(super) fn finish(mut self) -> Vec<Action> {
        self.reports.append(&mut self.steps);
        self.reports
    }
}
