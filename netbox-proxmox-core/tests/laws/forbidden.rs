//! What no plan does, whatever the event.

use netbox_proxmox_core::guest::Blocks;
use netbox_proxmox_core::policy::{ConfigureWhen, DestroyWhen};
use netbox_proxmox_core::{
    Action, Card, Change, Changed, Current, DiskRef, Event, EventKind, GuestOption, GuestType, MarkerState, NodeName,
    Ownership, Part, Policy, PowerState, RecordId, Status, StorageId, Target, Template, plan_with,
};
use proptest::prelude::*;
use proxmox_api::{DiskSlot, MiB};

/// Options that a running guest notices.
const GATED: [GuestOption; 3] = [GuestOption::Nameserver, GuestOption::Searchdomain, GuestOption::Ciuser];

use crate::common::detailed;
use crate::converging::{any_scene, config};

/// Checks a plan against everything that is forbidden.
pub(crate) fn check(event: &Event, policy: &Policy) -> Result<(), TestCaseError> {
    let plan = plan_with(event, policy);
    let shown: Vec<String> = plan.iter().map(detailed).collect();
    prop_assert_eq!(&plan, &plan_with(&event.clone(), &policy.clone()), "equal events give equal plans");
    for (index, action) in plan.iter().enumerate() {
        let allowed = match &event.desired {
            Some(_) => Rules { event, policy, before: &plan[..index] }.allows(action),
            None => allowed_once_gone(event, policy, action),
        };
        if let Err(why) = allowed {
            return Err(TestCaseError::fail(format!("{why}: {}\nin {shown:#?}", detailed(action))));
        }
    }
    let steps = plan.iter().filter(|action| action.name() != "report").count();
    if event.current.is_some()
        && matches!(event.context.ownership, Ownership::Another { .. } | Ownership::Undated | Ownership::Unmarked)
    {
        // Where it is not known which guest is meant, that is said instead.
        let unclear = event.desired.as_ref().is_none_or(|guest| guest.blocked(Blocks::Everything));
        prop_assert!(
            steps == 0 && (plan.len() <= 1 || unclear || killed_clone(event)),
            "a guest that is not ours is left alone: {:#?}",
            shown
        );
    }
    if let Some(guest) = &event.desired {
        let managed = event.context.managed != Some(false) && guest.kind.is_some();
        let wanted = managed && guest.status.wants_guest();
        prop_assert!(wanted || plan.is_empty(), "nothing is wanted: {:#?}", shown);
        let other_kind = event.current.as_ref().is_some_and(|current| Some(current.kind) != guest.kind);
        prop_assert!(!other_kind || steps == 0, "a guest of the other kind is left alone: {:#?}", shown);
    }
    same_key_same_text(&plan)
}

fn interface_deleted(change: &Change) -> bool {
    matches!(change.what, Changed::Interface { before: Some(_), after: None })
}

/// A creation of ours that was killed: it is known by its VMID, as it has no marker yet.
fn killed_clone(event: &Event) -> bool {
    let lock = event.current.as_ref().and_then(|guest| guest.lock.as_deref());
    let begun = event.context.intent.as_ref().map(|intent| intent.vmid);
    matches!(lock, Some("clone" | "create")) && begun == event.current.as_ref().and_then(|guest| guest.vmid)
}

/// A report whose key was told before is swallowed, so it must say the same.
fn same_key_same_text(plan: &[Action]) -> Result<(), TestCaseError> {
    let mut told = std::collections::HashMap::new();
    for action in plan {
        let Action::Report(report) = action else { continue };
        prop_assert!(!report.text.is_empty());
        let first = told.entry(report.key()).or_insert_with(|| report.text.clone());
        prop_assert_eq!(&*first, &report.text, "the second report of this key would never be read");
    }
    Ok(())
}

/// What may happen to the guest of a record that is gone.
fn allowed_once_gone(event: &Event, policy: &Policy, action: &Action) -> Result<(), &'static str> {
    let deleted = event.cause.iter().any(|change| change.deleted_record());
    let Some(guest) = &event.current else {
        return if action.name() == "report" { Ok(()) } else { Err("there is no guest") };
    };
    let destroyable = !guest.template && guest.protection != Part::Given(true);
    let confirmed =
        !event.context.looked_up || event.context.deletion == Some(netbox_proxmox_core::event::Deletion::Confirmed);
    match action {
        Action::Report(_) => Ok(()),
        _ if !deleted => Err("nobody deleted the record"),
        _ if !confirmed => Err("the change log does not have the deletion"),
        _ if !destroyable => Err("a template or a protected guest is kept"),
        Action::Destroy { not_before: None, .. } if policy.destroy.when == DestroyWhen::Now => Ok(()),
        Action::Destroy { not_before: Some(_), .. } => Ok(()),
        Action::Shutdown { .. } | Action::Configure { .. } if matches!(policy.destroy.when, DestroyWhen::After(_)) => {
            Ok(())
        }
        _ => Err("this is no part of a removal"),
    }
}

/// What may happen to the guest of a record that exists.
struct Rules<'a> {
    event: &'a Event,
    policy: &'a Policy,
    before: &'a [Action],
}

impl Rules<'_> {
    fn creating(&self) -> bool {
        let ours = &self.event.context.ownership;
        self.event.current.is_none() || *ours == (Ownership::Ours { state: MarkerState::Creating })
    }

    fn gate_open(&self) -> bool {
        let staged = self.event.desired.as_ref().is_some_and(|guest| guest.status == Status::Staged);
        // What was changed while the record was Staged may be answered later.
        let then = self.event.caused(|change| match &change.what {
            Changed::Record { before, after } => {
                [before, after].into_iter().flatten().any(|facts| facts.status == Status::Staged)
            }
            _ => change.status == Some(Status::Staged),
        });
        self.creating() || staged || then || self.policy.configure == ConfigureWhen::Always
    }

    /// What the guest is like before the plan: a clone is like its template.
    fn found(&self) -> Option<&Current> {
        let cloned = || {
            let template = self.event.desired.as_ref()?.template.given()?;
            let facts = self.event.context.template.given()?;
            matches!(template, Template::Guest(_) | Template::Named(_)).then_some(&facts.config)
        };
        self.event.current.as_ref().or_else(cloned)
    }

    fn allows(&self, action: &Action) -> Result<(), &'static str> {
        let guest = self.event.desired.as_ref().ok_or("the record is gone")?;
        if let Some(target) = action.target() {
            // A VMID that we chose; one that a person typed is theirs to clear.
            let chosen = self.event.context.intent.as_ref().filter(|intent| intent.allocated);
            let of_record = guest.vmid.given().copied().or(chosen.map(|intent| intent.vmid));
            let expected = self.event.current.as_ref().map_or(of_record, |current| current.vmid);
            if target.owner() != guest.owner() || target.vmid != expected {
                return Err("this is another guest");
            }
        }
        match action {
            Action::Report(_) | Action::Record { .. } => Ok(()),
            Action::Destroy { .. } => Err("the record exists"),
            Action::Clone { guest: target, .. } => self.creation_allowed().and_then(|()| {
                let kind = self.found().map(|template| template.kind);
                if kind.is_some_and(|kind| kind != target.kind) { Err("a template of the other kind") } else { Ok(()) }
            }),
            Action::CreateContainer { guest: target, template, node, storage, .. } => {
                self.creation_allowed()?;
                self.container_allowed(target, template, node.as_ref(), storage)
            }
            Action::Suspend { guest } | Action::Resume { guest } if guest.kind == GuestType::Lxc => {
                Err("a container is neither suspended nor resumed")
            }
            Action::Configure { guest: target, set } if target.kind == GuestType::Lxc && !set.ssh_keys.is_unknown() => {
                Err("a container takes no keys once it exists")
            }
            Action::Configure { guest: target, set }
                if set.swap.is_some() && (target.kind == GuestType::Qemu || !self.creating()) =>
            {
                Err("swap is of a container that is created")
            }
            Action::Configure { set, .. } => {
                let gated = set.cores.is_some()
                    || set.memory.is_some()
                    || set.balloon.is_some()
                    || !set.ssh_keys.is_unknown()
                    || !set.interfaces.is_empty()
                    || set.options.keys().any(|option| GATED.contains(option));
                let protection = set.options.get(&GuestOption::Protection);
                let of_creation = set.marker.is_some();
                let wants = |option: &GuestOption| {
                    let desired = self.event.desired.as_ref();
                    desired.is_some_and(|guest| guest.options.contains_key(option))
                        || self.event.caused(|it| it.cleared_option(*option))
                };
                let removed = set.interfaces.iter().any(|it| matches!(it.card, Card::Remove { .. }));
                let balloon = set.balloon.or(self.found().and_then(|found| found.balloon.given().copied()));
                match set.memory {
                    _ if gated && !self.gate_open() => Err("the gate is closed"),
                    _ if of_creation && !self.creating() => Err("this belongs to a creation"),
                    _ if removed && !self.event.caused(interface_deleted) => Err("nobody deleted an interface"),
                    _ if set.remove_tags.iter().any(|tag| {
                        let taken = self.event.caused(|it| it.tags_of_record().any(|it| it == tag));
                        // That of a removal which is forgotten.
                        let ours =
                            self.event.context.removal_due.is_some() && self.policy.removal_tag.as_ref() == Some(tag);
                        !taken && !ours
                    }) =>
                    {
                        Err("nobody took this tag away")
                    }
                    _ if set.onboot == Some(false)
                        && !self.creating()
                        && !self.event.caused(Change::changed_onboot) =>
                    {
                        Err("nobody turned it off")
                    }
                    _ if set.options.keys().any(|option| !wants(option) && !self.creating()) => {
                        Err("nobody asked for this option")
                    }
                    _ if protection.is_some_and(|to| to.as_deref() != Some("0"))
                        && !wants(&GuestOption::Protection) =>
                    {
                        Err("nothing is protected unasked")
                    }
                    Some(memory) if balloon.is_some_and(|balloon| balloon > memory) => Err("the balloon is too large"),
                    _ => Ok(()),
                }
            }
            Action::ResizeDisk { disk, size, .. } => self.resize_allowed(*disk, *size),
            Action::AddDisk { guest: target, path: None, .. } if target.kind == GuestType::Lxc => {
                Err("a container mounts its disks at a path")
            }
            Action::AddDisk { slot, .. } => {
                let created =
                    guest.disk(*slot).map(|disk| disk.id).is_some_and(|id| self.disk_was(id, EventKind::Created));
                let taken =
                    self.found().is_some_and(|found| found.disk(*slot).is_some() || found.other_drives.contains(slot));
                match (self.gate_open(), self.creating() || created, taken) {
                    (true, true, false) => Ok(()),
                    (false, ..) => Err("the gate is closed"),
                    (_, false, _) => Err("nobody created this disk"),
                    _ => Err("the slot is taken"),
                }
            }
            Action::RemoveDisk { slot, volume, .. } => self.removal_allowed(*slot, volume.as_deref()),
            Action::Start { .. } if !matches!(guest.status, Status::Active | Status::Paused) => Err("only Active runs"),
            Action::Resume { .. } if guest.status != Status::Active => Err("only Active runs"),
            Action::Suspend { .. } if guest.status != Status::Paused => Err("only Paused is suspended"),
            Action::Shutdown { .. } if guest.status != Status::Offline => Err("only Offline is shut down"),
            Action::Start { .. } | Action::Shutdown { .. } | Action::Suspend { .. } | Action::Resume { .. } => Ok(()),
            Action::Migrate { node, .. } => {
                let stays = self.event.current.as_ref().is_some_and(|current| {
                    let last = &self.event.context.agreed_node;
                    let another = !last.is_unknown() && last.given() != Some(node);
                    let caused = self.event.caused(Change::changed_node);
                    current.node.given() == Some(node) || !caused && !self.creating() && !another
                });
                if stays { Err("nobody wants it to move") } else { Ok(()) }
            }
        }?;
        let changes = matches!(action.name(), "resize-disk" | "add-disk" | "remove-disk")
            || matches!(action, Action::Configure { set, .. } if set.marker.is_none());
        if changes && self.before.iter().any(|earlier| earlier.name() == "start") {
            return Err("the start comes last");
        }
        Ok(())
    }

    fn disk_was(&self, id: u64, kind: EventKind) -> bool {
        let changes = self.event.cause.iter();
        changes
            .filter(|change| matches!(change.what, Changed::Disk { .. }))
            .any(|change| change.object == id && change.event == kind)
    }

    /// From a volume that is there, to where containers may be, as the policy says.
    fn container_allowed(
        &self,
        target: &Target,
        volume: &str,
        node: Option<&NodeName>,
        storage: &StorageId,
    ) -> Result<(), &'static str> {
        let guest = self.event.desired.as_ref().ok_or("the record is gone")?;
        let context = &self.event.context;
        let wanted = guest.node.given();
        let has = |node: &NodeName| context.volume_nodes.given().is_none_or(|nodes| nodes.contains(node));
        let usable = context.storages.given().zip(node).is_none_or(|(storages, node)| {
            storages.iter().any(|it| it.id == *storage && it.rootdir && it.nodes.contains(node))
        });
        if target.kind != GuestType::Lxc || guest.kind != Some(GuestType::Lxc) {
            Err("a virtual machine is not created from a volume")
        } else if guest.template != Part::Given(Template::Volume(volume.into())) {
            Err("this is another template")
        } else if context.volume_nodes.is_none() || node.is_some_and(|node| !has(node)) {
            Err("the template is not there")
        } else if wanted.is_some() && wanted != node {
            Err("this is another node")
        } else if context.nodes.given().zip(node).is_some_and(|(nodes, node)| !nodes.contains(node)) {
            Err("there is no such node")
        } else if !usable {
            Err("the storage takes no containers there")
        } else if guest.storage.given().is_some_and(|wanted| wanted != storage) {
            Err("this is another storage")
        } else {
            Ok(())
        }
    }

    fn creation_allowed(&self) -> Result<(), &'static str> {
        let guest = self.event.desired.as_ref().ok_or("the record is gone")?;
        let context = &self.event.context;
        let begun = context.intent.is_some();
        let caused = self
            .event
            .cause
            .iter()
            .any(|change| change.created_record() || change.moved_into_p() || change.first_set_vmid());
        let vanished = guest.vmid.given().is_some() && !begun && !caused;
        let recorded = guest.vmid.given().is_some() || self.before.iter().any(|earlier| earlier.name() == "record");
        if self.event.current.is_some() {
            Err("there is a guest")
        } else if context.elsewhere.is_some() || !context.same_name.is_empty() {
            Err("another guest is in the way")
        } else if vanished {
            Err("a guest that vanished is not created again by itself")
        } else if !recorded {
            Err("the VMID is recorded first")
        } else {
            Ok(())
        }
    }

    fn resize_allowed(&self, disk: DiskRef, size: MiB) -> Result<(), &'static str> {
        let found = self.found().and_then(|found| match disk {
            DiskRef::Root => found.root_disk().map(|(_, disk)| disk),
            DiskRef::Slot(slot) => found.disk(slot),
        });
        match found.and_then(|disk| disk.size) {
            Some(present) if size <= present => Err("a disk is grown or left"),
            _ if !self.gate_open() => Err("the gate is closed"),
            _ => Ok(()),
        }
    }

    /// A container has given the volume up, or does so with the shutdown before, or the restart of a migration.
    fn removal_was_begun(&self, current: &Current, slot: DiskSlot, volume: Option<&str>) -> bool {
        let mut begun = self.event.context.removals.iter();
        let attached =
            current.disks.given().into_iter().flatten().any(|(_, disk)| Some(disk.volume.as_str()) == volume);
        let unused = current.unused.iter().any(|unused| Some(unused.as_str()) == volume);
        let off = self.before.iter().any(|earlier| matches!(earlier.name(), "shutdown" | "migrate"));
        let given_up = unused || off && current.power != Part::Given(PowerState::Stopped);
        begun.any(|it| it.slot == slot && Some(it.volume.as_str()) == volume) && !attached && given_up
    }

    fn removal_allowed(&self, slot: DiskSlot, volume: Option<&str>) -> Result<(), &'static str> {
        let record: Option<RecordId> = self.event.desired.as_ref().map(|guest| guest.record);
        let deleted: Vec<u64> = self
            .event
            .cause
            .iter()
            .filter(|change| match &change.what {
                Changed::Disk { before: Some(before), after: None } => {
                    before.name.parse() == Ok(slot) && (before.record.is_none() || before.record == record)
                }
                _ => false,
            })
            .map(|change| change.object)
            .collect();
        let Some(current) = &self.event.current else {
            // Of a guest that is only planned nobody has seen a volume: the template's must not be named.
            return match (deleted.is_empty(), volume) {
                (false, None) => Ok(()),
                (true, _) => Err("nobody deleted this disk"),
                (false, Some(_)) => Err("a guest that is only planned has no volume to remove"),
            };
        };
        if self.removal_was_begun(current, slot, volume) {
            return Ok(());
        }
        let there = current.disk(slot).map(|disk| disk.volume.as_str());
        let mut known = self.event.context.known_disks.iter().filter(|known| deleted.contains(&known.id));
        if deleted.is_empty() {
            Err("nobody deleted this disk")
        } else if self.event.desired.as_ref().is_some_and(|guest| guest.disk(slot).is_some()) {
            Err("the record names the slot")
        } else if current.root.given() == Some(&slot) {
            Err("the guest boots from it")
        } else if volume.is_none() || volume != there {
            Err("this is not the volume that was seen")
        } else if deleted.len() == 1 && known.any(|known| Some(known.volume.as_str()) != volume || known.slot != slot) {
            Err("the deleted disk was another volume")
        } else {
            Ok(())
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_plan_does_what_is_forbidden(scene in any_scene()) {
        check(&scene.world.look_up(&scene.cause), &scene.policy)?;
    }
}
