//! A NetBox record, a Proxmox cluster and the durable memory between them. Proxmox refuses what the real one refuses;
//! the executor's preconditions are checked; doing a step twice does no more than doing it once.
//!
//! What only containers have is in `container`.

use std::collections::{BTreeMap, BTreeSet};

use netbox_proxmox_core::action::RecordValue;
use netbox_proxmox_core::event::{Deletion, KnownDisk, RecordFacts, StorageFacts};
use netbox_proxmox_core::marker::ownership;
use netbox_proxmox_core::{
    Action, Addressing, Card, Change, Changed, Context, Current, CurrentDisk, CurrentInterface, DiskBase, DiskRef,
    Event, Guest, GuestDisk, GuestOption, GuestType, Intent, InterfaceSettings, Marker, MarkerState, Megabytes,
    NodeName, Ownership, Part, PowerState, RecordId, ReportKey, Settings, StorageId, Target, Template, TemplateFacts,
    Vmid, VmidSource,
};
use proxmox_api::{Cidr, DiskSlot, IpConfig, SshKeys};

use crate::common::OWNER;

pub(crate) const RECORD: RecordId = OWNER.record;
pub(crate) const NETBOX: &str = "netbox.example.org";

/// The record in NetBox.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    /// All but what follows.
    pub(crate) guest: Guest,
    /// The record's own size, which NetBox replaces by the sum of its virtual disks once there are any.
    pub(crate) disk: Option<Megabytes>,
    pub(crate) disks: Vec<GuestDisk>,
}

/// A guest in Proxmox, and the marker in its description.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Vm {
    pub(crate) config: Current,
    pub(crate) marker: Option<Marker>,
    /// The keys of a container's root, which nobody sees from outside.
    pub(crate) keys: Option<SshKeys>,
    /// Volumes that a running container gives up when it stops. Its configuration shows neither the slot nor `unused`.
    pub(crate) pending: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct World {
    /// None: deleted, and the change log says so.
    pub(crate) record: Option<Record>,
    pub(crate) guests: BTreeMap<Vmid, Vm>,
    pub(crate) storages: Vec<StorageFacts>,
    pub(crate) nodes: Vec<NodeName>,
    /// The template volumes, and the nodes that have each.
    pub(crate) volumes: BTreeMap<String, Vec<NodeName>>,
    pub(crate) base: DiskBase,
    // The durable memory.
    pub(crate) intent: Option<Intent>,
    pub(crate) removal_due: Option<u64>,
    pub(crate) removals: Vec<KnownDisk>,
    pub(crate) agreed_node: Part<NodeName>,
    pub(crate) told: BTreeSet<ReportKey>,
    pub(crate) now: u64,
}

impl World {
    /// Both sides, as a look-up sees them.
    pub(crate) fn look_up(&self, cause: &[Change]) -> Event {
        let cause = cause.to_vec();
        let mut context = Context {
            looked_up: true,
            managed: Some(true),
            intent: self.intent.clone(),
            agreed_node: self.agreed_node.clone(),
            removals: self.removals.clone(),
            removal_due: self.removal_due,
            now: Some(self.now),
            ..Context::default()
        };
        let Some(record) = &self.record else {
            let vmid = deleted(&cause).and_then(|facts| facts.vmid.as_deref()?.parse().ok());
            let vmid = vmid.or(self.intent.as_ref().map(|intent| intent.vmid));
            let vm = vmid.and_then(|vmid| self.guests.get(&vmid));
            context.ownership = vm.map_or(Ownership::Unknown, owner);
            context.deletion = Some(Deletion::Confirmed);
            return Event { cause, desired: None, current: vm.map(|vm| vm.config.clone()), context };
        };
        let guest = self.desired(record);
        if !guest.status.wants_guest() {
            return Event { cause, desired: Some(guest), current: None, context };
        }
        let vmid = guest.vmid.given().copied().or(self.intent.as_ref().map(|intent| intent.vmid));
        let vm = vmid.and_then(|vmid| self.guests.get(&vmid));
        context.ownership = vm.map_or(Ownership::Unknown, owner);
        context.storages = Part::Given(self.storages.clone());
        context.nodes = Part::Given(self.nodes.clone());
        if vm.is_none() {
            match &guest.template {
                Part::Given(Template::Guest(template)) => {
                    let found = self.guests.get(template).map(|vm| self.template(*template, vm));
                    context.template = Part::known(found);
                }
                Part::Given(Template::Named(name)) => {
                    let is_it = |vm: &Vm| {
                        let kind = Some(vm.config.kind) == guest.kind;
                        vm.config.template && kind && vm.config.name == Part::Given(name.clone())
                    };
                    let found: Vec<_> = self.guests.iter().filter(|(_, vm)| is_it(vm)).collect();
                    context.template = Part::known(match found[..] {
                        [(vmid, vm)] => Some(self.template(*vmid, vm)),
                        _ => None,
                    });
                    context.same_template = found.iter().map(|(vmid, _)| **vmid).filter(|_| found.len() > 1).collect();
                }
                Part::Given(Template::Volume(volume)) => {
                    context.volume_nodes = Part::known(self.volumes.get(volume).cloned());
                }
                _ => {}
            }
            let others = self.guests.iter().filter(|(other, vm)| Some(**other) != vmid && !vm.config.template);
            for (other, vm) in others {
                match owner(vm) {
                    Ownership::Ours { .. } => context.elsewhere = Some(*other),
                    Ownership::Unmarked if vm.config.name == Part::Given(guest.name.clone()) => {
                        context.same_name.push(*other);
                    }
                    _ => {}
                }
            }
        }
        Event { cause, desired: Some(guest), current: vm.map(|vm| vm.config.clone()), context }
    }

    /// The guest that carries the record's marker.
    pub(crate) fn there(&self) -> Option<&Vm> {
        self.guests.values().find(|vm| matches!(owner(vm), Ownership::Ours { .. }))
    }

    fn desired(&self, record: &Record) -> Guest {
        let root_size = if record.disks.is_empty() { Part::maybe(record.disk) } else { Part::Unknown };
        Guest { disks: Part::Given(record.disks.clone()), root_size, ..record.guest.clone() }
    }

    fn template(&self, vmid: Vmid, vm: &Vm) -> TemplateFacts {
        let node = vm.config.node.given().cloned().expect("a template is on a node");
        let disks = vm.config.disks.given().into_iter().flatten();
        let storages = disks.filter_map(|(_, disk)| disk.storage.clone()).collect();
        TemplateFacts { vmid, node, config: vm.config.clone(), storages }
    }

    /// Answers an event: its whole plan must go through, and a node on which both sides then agree is remembered.
    pub(crate) fn answer(&mut self, plan: &[Action]) -> Result<(), String> {
        let (found, begun) = (self.there().cloned(), self.removals.clone());
        self.run(plan)?;
        let says = self.record.as_ref().map(|record| record.guest.node.clone()).unwrap_or_default();
        if self.there().is_some_and(|vm| vm.config.node == says) {
            self.agreed_node = says;
        }
        if self.record.is_some() {
            self.removal_due = None;
        }
        self.forget_removals(found.as_ref(), &begun);
        Ok(())
    }

    /// Runs a plan, or the part of it that a crash leaves; all of it must go through.
    pub(crate) fn run(&mut self, plan: &[Action]) -> Result<(), String> {
        let mut vmid = None;
        for action in plan {
            let action = match vmid {
                Some(vmid) => action.clone().with_vmid(vmid),
                None => action.clone(),
            };
            let chosen = self.perform(&action).map_err(|why| format!("{action}: {why}"))?;
            vmid = chosen.or(vmid);
        }
        Ok(())
    }

    /// Performs one action; the answer is the VMID that was chosen, if one was.
    pub(crate) fn perform(&mut self, action: &Action) -> Result<Option<Vmid>, String> {
        match action {
            Action::Report(report) => {
                self.told.insert(report.key());
            }
            Action::Record { guest, value } => return self.write_back(guest, value),
            Action::Clone { guest, template, node, storage, root_size, pool, .. } => {
                self.clone_template(guest, *template, node.as_ref(), storage.as_ref(), *root_size)?;
                self.put_into(guest, pool.as_ref());
            }
            Action::CreateContainer { guest, pool, .. } => {
                self.create_container(action)?;
                self.put_into(guest, pool.as_ref());
            }
            Action::Configure { guest, set } => self.configure(guest, set)?,
            Action::AddDisk { guest, slot, storage, size, path, .. } => {
                let storage = storage.clone();
                let known = self.storages.clone();
                let vm = self.ours(guest)?;
                if vm.config.other_drives.contains(slot) {
                    return Err("another drive is there".into());
                }
                if slot.kind() != guest.kind || path.is_some() != (guest.kind == GuestType::Lxc) {
                    return Err("a container mounts its disks at a path, a VM does not".into());
                }
                let root = vm.config.root_disk().and_then(|(_, disk)| disk.storage.clone());
                let storage = storage.or(root).ok_or("no storage")?;
                usable(&known, guest.kind, &storage, vm.config.node.given())?;
                let mut volume = format!("{storage}:vm-{}-{slot}", guest.vmid.expect("checked"));
                while vm.pending.contains(&volume) || vm.config.unused.contains(&volume) {
                    volume.push('x');
                }
                let disk = CurrentDisk { volume, storage: Some(storage), size: Some(*size), path: path.clone() };
                disks(vm).entry(*slot).or_insert(disk);
            }
            Action::ResizeDisk { guest, disk, size } => {
                let vm = self.ours(guest)?;
                let slot = match disk {
                    DiskRef::Root => *vm.config.root.given().ok_or("no root disk")?,
                    DiskRef::Slot(slot) => *slot,
                };
                let disk = disks(vm).get_mut(&slot).ok_or("no such disk")?;
                disk.size = Some(disk.size.map_or(*size, |found| found.max(*size)));
            }
            Action::RemoveDisk { guest, slot, volume } => {
                if guest.kind == GuestType::Lxc && self.finish_removal(guest, volume.as_deref())? {
                    return Ok(None);
                }
                let named = self.record.iter().flat_map(|record| &record.disks).any(|disk| disk.slot == *slot);
                let vm = self.ours(guest)?;
                let Some(found) = vm.config.disk(*slot) else { return Ok(None) };
                let creating = vm.marker.as_ref().is_some_and(|marker| marker.state == MarkerState::Creating);
                let this = volume.as_ref().map_or(creating, |volume| *volume == found.volume);
                if named || vm.config.root.given() == Some(slot) || !this {
                    return Err("this disk is kept".into());
                }
                let volume = found.volume.clone();
                disks(vm).remove(slot);
                if guest.kind == GuestType::Lxc {
                    self.unmounted(guest, *slot, volume)?;
                }
            }
            Action::Start { guest } => self.ours(guest)?.config.power = Part::Given(PowerState::Running),
            Action::Shutdown { guest, .. } => {
                let vm = self.ours(guest)?;
                vm.config.power = Part::Given(PowerState::Stopped);
                vm.apply_pending();
            }
            Action::Suspend { guest } | Action::Resume { guest } if guest.kind == GuestType::Lxc => {
                return Err("a container is neither suspended nor resumed".into());
            }
            Action::Suspend { guest } => {
                let power = &mut self.ours(guest)?.config.power;
                if *power == Part::Given(PowerState::Stopped) {
                    return Err("it is not running".into());
                }
                *power = Part::Given(PowerState::Paused);
            }
            Action::Resume { guest } => self.ours(guest)?.config.power = Part::Given(PowerState::Running),
            Action::Migrate { guest, node, storage } => {
                if !self.nodes.contains(node) {
                    return Err("no such node".into());
                }
                let known = self.storages.clone();
                let vm = self.ours(guest)?;
                if vm.config.node.given() == Some(node) {
                    return Ok(None);
                }
                for disk in disks(vm).values_mut() {
                    disk.storage = storage.clone().or(disk.storage.take());
                    usable(&known, guest.kind, disk.storage.as_ref().ok_or("a disk without a storage")?, Some(node))?;
                }
                if guest.kind == GuestType::Lxc {
                    // A running container is restarted.
                    vm.apply_pending();
                }
                vm.config.node = Part::Given(node.clone());
            }
            Action::Destroy { guest, not_before, .. } => self.destroy(guest, *not_before)?,
        }
        Ok(None)
    }

    /// The guest of a target: it carries the record's marker, or nothing is done to it.
    pub(crate) fn ours(&mut self, guest: &Target) -> Result<&mut Vm, String> {
        let vmid = guest.vmid.ok_or("the VMID is not known")?;
        let vm = self.guests.get_mut(&vmid).ok_or("there is no such guest")?;
        match owner(vm) {
            Ownership::Ours { .. } if vm.config.kind != guest.kind => Err("it is of the other kind".into()),
            Ownership::Ours { .. } if guest.owner() == Some(OWNER) && !vm.config.template => Ok(vm),
            Ownership::Ours { .. } => Err("it is a template, or another record's".into()),
            other => Err(format!("it is not ours: {other:?}")),
        }
    }

    fn write_back(&mut self, guest: &Target, value: &RecordValue) -> Result<Option<Vmid>, String> {
        let record = self.record.as_mut().ok_or("the record is gone")?;
        match value {
            RecordValue::Vmid(VmidSource::Allocate) => {
                if let Part::Given(written) = record.guest.vmid {
                    return Ok(Some(written));
                }
                let taken = &self.guests;
                let free = (100..).filter_map(|number| Vmid::new(number).ok()).find(|vmid| !taken.contains_key(vmid));
                let vmid = self.intent.as_ref().map_or(free.ok_or("none is free")?, |intent| intent.vmid);
                let intent = Intent { owner: OWNER, vmid, allocated: true, upid: None, root_size: None };
                self.intent.get_or_insert(intent);
                record.guest.vmid = Part::Given(vmid);
                return Ok(Some(vmid));
            }
            RecordValue::Vmid(VmidSource::Chosen(vmid)) => {
                if record.guest.vmid.is_none() {
                    record.guest.vmid = Part::Given(*vmid);
                }
                return Ok(Some(*vmid));
            }
            RecordValue::Node(node) => record.guest.node = Part::Given(node.clone()),
            RecordValue::RootDisk => {
                let base = self.base;
                let vm = self.ours(guest)?;
                let (slot, disk) = vm.config.root_disk().ok_or("it has no root disk")?;
                let size = base.to_megabytes(disk.size.ok_or("its size is not known")?);
                let disk = GuestDisk { id: 1000, slot, size, storage: disk.storage.clone(), path: None };
                let record = self.record.as_mut().ok_or("the record is gone")?;
                if !record.disks.iter().any(|disk| disk.slot == slot) {
                    record.disks.push(disk);
                }
                record.disk = Some(Megabytes(record.disks.iter().map(|disk| disk.size.0).sum()));
            }
            RecordValue::Mac { interface, index } => {
                let cards = self.ours(guest)?.config.interfaces.given().cloned().unwrap_or_default();
                let card = cards.get(index).ok_or("there is no such card")?;
                let record = self.record.as_mut().ok_or("the record is gone")?;
                let Part::Given(all) = &mut record.guest.interfaces else { return Err("no interfaces".into()) };
                let interface = all.iter_mut().find(|it| it.id == *interface).ok_or("no such interface")?;
                interface.mac = interface.mac.take().or(card.mac.clone());
            }
        }
        Ok(None)
    }

    /// What is made is made in its pool, and in none without one.
    fn put_into(&mut self, guest: &Target, pool: Option<&String>) {
        let vm = guest.vmid.and_then(|vmid| self.guests.get_mut(&vmid));
        if let Some(Part::Given(options)) = vm.map(|vm| &mut vm.config.options) {
            match pool {
                Some(pool) => options.insert(GuestOption::Pool, pool.clone()),
                None => options.remove(&GuestOption::Pool),
            };
        }
    }

    fn clone_template(
        &mut self,
        guest: &Target,
        template: Vmid,
        node: Option<&NodeName>,
        storage: Option<&StorageId>,
        root_size: Option<Megabytes>,
    ) -> Result<(), String> {
        let vmid = guest.vmid.ok_or("the VMID is not known")?;
        if let Some(there) = self.guests.get(&vmid) {
            let ours = matches!(owner(there), Ownership::Ours { .. });
            return if ours { Ok(()) } else { Err("config file already exists".into()) };
        }
        let source = self.guests.get(&template).filter(|vm| vm.config.template && vm.config.kind == guest.kind);
        let source = source.ok_or("there is no such template")?;
        let keys = source.keys.clone();
        let mut config = source.config.clone();
        let node = node.or(config.node.given()).cloned().ok_or("no node")?;
        if !self.nodes.contains(&node) {
            return Err("hostname lookup failed".into());
        }
        for (slot, disk) in config.disks.given().cloned().unwrap_or_default() {
            let from = disk.storage.ok_or("a disk without a storage")?;
            let to = storage.cloned().unwrap_or(from.clone());
            usable(&self.storages, guest.kind, &to, Some(&node))?;
            let shared = |id: &StorageId| self.storages.iter().any(|facts| facts.id == *id && facts.shared);
            if Some(&node) != config.node.given() && !(shared(&from) && shared(&to)) {
                return Err("can't clone to non-shared storage".into());
            }
            let volume = format!("{to}:vm-{vmid}-{slot}");
            let Part::Given(disks) = &mut config.disks else { return Err("its disks are not known".into()) };
            disks.insert(slot, CurrentDisk { volume, storage: Some(to), size: disk.size, path: disk.path });
        }
        config.vmid = Some(vmid);
        config.node = Part::Given(node);
        config.name = Part::Given(guest.name.clone());
        config.template = false;
        config.description = Part::None;
        config.unused.clear();
        if let Part::Given(cards) = &mut config.interfaces {
            for (index, card) in cards {
                card.mac = Some(format!("BC:24:11:FF:00:{index:02X}"));
            }
        }
        let marker = Marker {
            netbox: NETBOX.into(),
            record: guest.record,
            birth: guest.birth,
            vmid,
            state: MarkerState::Creating,
        };
        self.guests.insert(vmid, Vm { config, marker: Some(marker), keys, pending: Vec::new() });
        let fresh = Intent { owner: OWNER, vmid, allocated: false, upid: None, root_size: None };
        let intent = self.intent.get_or_insert(fresh);
        intent.root_size = root_size.or(intent.root_size);
        Ok(())
    }

    fn configure(&mut self, guest: &Target, set: &Settings) -> Result<(), String> {
        let vm = self.ours(guest)?;
        let creating = vm.marker.as_ref().is_some_and(|marker| marker.state == MarkerState::Creating);
        let config = &mut vm.config;
        if let Some(name) = &set.name {
            config.name = Part::Given(name.clone());
        }
        if let Some(cores) = set.cores {
            config.cores = Part::Given(cores);
        }
        if let Some(memory) = set.memory {
            config.memory = Part::Given(memory);
        }
        if let Some(balloon) = set.balloon {
            config.balloon = Part::Given(balloon);
        }
        if config.balloon.given() > config.memory.given() {
            return Err("balloon value too large".into());
        }
        if config.kind == GuestType::Lxc && (!set.ssh_keys.is_unknown() || set.balloon.is_some()) {
            return Err("property is not defined in schema".into());
        }
        if config.kind == GuestType::Qemu && set.swap.is_some() {
            return Err("property is not defined in schema".into());
        }
        if !set.ssh_keys.is_unknown() {
            config.ssh_keys = set.ssh_keys.clone();
        }
        if let Some(swap) = set.swap {
            config.swap = Part::Given(swap);
        }
        for interface in &set.interfaces {
            card(config, creating, interface.index, &interface.card)?;
            addresses(config, interface.index, interface)?;
        }
        if let Some(onboot) = set.onboot {
            config.onboot = Part::Given(onboot);
        }
        if !set.description.is_unknown() {
            config.description = set.description.clone();
        }
        for (option, value) in &set.options {
            if *option == GuestOption::Protection {
                config.protection = Part::Given(value.as_deref() == Some("1"));
            }
        }
        if let Part::Given(options) = &mut config.options {
            for (option, value) in set.options.iter().filter(|(option, _)| **option != GuestOption::Protection) {
                match value {
                    Some(value) => options.insert(*option, value.clone()),
                    None => options.remove(option),
                };
            }
        }
        if let Part::Given(tags) = &mut config.tags {
            tags.retain(|tag| !set.remove_tags.contains(tag));
            tags.extend(set.add_tags.iter().cloned());
            tags.sort();
            tags.dedup();
        }
        if let (Some(state), Some(marker)) = (set.marker, &mut vm.marker) {
            marker.state = state;
            if state == MarkerState::Ready {
                self.intent = None;
            }
        }
        Ok(())
    }

    fn destroy(&mut self, guest: &Target, not_before: Option<u64>) -> Result<(), String> {
        let vmid = guest.vmid.ok_or("the VMID is not known")?;
        if !self.guests.contains_key(&vmid) {
            return Ok(());
        }
        if self.ours(guest)?.config.protection == Part::Given(true) {
            return Err("protection mode enabled".into());
        }
        match not_before {
            Some(due) if due > self.now => self.removal_due = Some(due),
            _ => {
                self.guests.remove(&vmid);
                self.intent = None;
            }
        }
        Ok(())
    }
}

fn deleted(cause: &[Change]) -> Option<&RecordFacts> {
    cause.iter().find_map(|change| match &change.what {
        Changed::Record { before: Some(facts), after: None } => Some(facts),
        _ => None,
    })
}

/// Whom a guest belongs to, seen from the record.
pub(crate) fn owner(vm: &Vm) -> Ownership {
    let text = vm.marker.as_ref().map(ToString::to_string);
    let vmid = vm.config.vmid.expect("a guest has a VMID");
    ownership(text.as_deref(), vmid, OWNER, &[NETBOX.to_owned()])
}

fn disks(vm: &mut Vm) -> &mut BTreeMap<DiskSlot, CurrentDisk> {
    let Part::Given(disks) = &mut vm.config.disks else { panic!("the disks of every guest are known here") };
    disks
}

pub(crate) fn usable(
    storages: &[StorageFacts],
    kind: GuestType,
    id: &StorageId,
    node: Option<&NodeName>,
) -> Result<(), String> {
    let fits = |facts: &&StorageFacts| {
        facts.id == *id && facts.takes(kind) && node.is_none_or(|node| facts.nodes.contains(node))
    };
    storages.iter().find(fits).map(|_| ()).ok_or_else(|| format!("storage '{id}' is not available on node {node:?}"))
}

pub(crate) fn card(config: &mut Current, creating: bool, index: u8, card: &Card) -> Result<(), String> {
    let Part::Given(all) = &mut config.interfaces else { panic!("the cards of every guest are known here") };
    match card {
        Card::Leave => {}
        Card::Remove { mac } => {
            if all.get(&index).is_some_and(|found| found.mac != *mac && !(creating && mac.is_none())) {
                return Err("another card is there".into());
            }
            all.remove(&index);
            if let (GuestType::Lxc, Part::Given(addresses)) = (config.kind, &mut config.ipconfig) {
                addresses.remove(&index);
            }
        }
        Card::Set(set) => {
            if config.kind == GuestType::Lxc && !all.contains_key(&index) && set.name.is_none() {
                return Err("a card of a container needs a name".into());
            }
            let given = || Some(format!("BC:24:11:00:00:{index:02X}"));
            let found = all.entry(index).or_insert_with(|| CurrentInterface { mac: given(), ..Default::default() });
            found.mac = set.mac.clone().or(found.mac.take());
            found.bridge = set.bridge.clone().or(found.bridge.take());
            found.vlans = set.vlans.clone().unwrap_or_else(|| found.vlans.clone());
            found.mtu = set.mtu.or(found.mtu);
            found.link_down = set.link_down.unwrap_or(found.link_down);
            if found.bridge.is_none() {
                return Err("a card needs a bridge".into());
            }
            if let (GuestType::Lxc, Part::Given(addresses)) = (config.kind, &mut config.ipconfig) {
                addresses.entry(index).or_default();
            }
        }
    }
    Ok(())
}

/// The addresses of a VM are `ipconfigN`, whether it has the card or not; those of a container are parts of its card.
pub(crate) fn addresses(config: &mut Current, index: u8, set: &InterfaceSettings) -> Result<(), String> {
    let has_card = config.interfaces.given().is_some_and(|all| all.contains_key(&index));
    if config.kind == GuestType::Lxc && set.changes_addresses() && !has_card {
        return Err("an address needs a card".into());
    }
    let Part::Given(all) = &mut config.ipconfig else { panic!("the addresses of every guest are known here") };
    let mut found: IpConfig = all.get(&index).cloned().unwrap_or_default();
    let setting = |Addressing { address, gateway }: Addressing| {
        let cidr = Cidr::new(address.addr(), address.prefix_len()).expect("a prefix fits its address");
        (Some(cidr.into()), gateway)
    };
    match set.ipv4 {
        Part::Unknown => {}
        Part::None if found.ip.as_ref().is_some_and(|ip| !ip.is_static()) => {}
        Part::None => (found.ip, found.gw) = (None, None),
        Part::Given(address) => (found.ip, found.gw) = setting(address),
    }
    match set.ipv6 {
        Part::Unknown => {}
        Part::None if found.ip6.as_ref().is_some_and(|ip| !ip.is_static()) => {}
        Part::None => (found.ip6, found.gw6) = (None, None),
        Part::Given(address) => (found.ip6, found.gw6) = setting(address),
    }
    all.remove(&index);
    if !found.is_empty() || config.kind == GuestType::Lxc && has_card {
        all.insert(index, found);
    }
    Ok(())
}
