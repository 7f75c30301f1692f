//! What a simulated Proxmox does with containers only: creates them from a template volume, and takes a mount point from
//! a running one when that stops.

use std::collections::BTreeMap;

use netbox_proxmox_core::event::KnownDisk;
use netbox_proxmox_core::{
    Action, Current, CurrentDisk, GuestType, Intent, Marker, MarkerState, MiB, Ownership, Part, PowerState, Target,
};
use proxmox_api::DiskSlot;

use crate::common::OWNER;
use crate::common::slot;
use crate::world::{NETBOX, Vm, World, addresses, card, owner, usable};

impl World {
    /// A container as Proxmox makes it, with what it is given.
    pub(crate) fn create_container(&mut self, action: &Action) -> Result<(), String> {
        let Action::CreateContainer { guest, template, node, storage, root_size, set, .. } = action else {
            return Err("this creates no container".into());
        };
        let vmid = guest.vmid.ok_or("the VMID is not known")?;
        if let Some(there) = self.guests.get(&vmid) {
            let ours = matches!(owner(there), Ownership::Ours { .. });
            return if ours { Ok(()) } else { Err("already exists".into()) };
        }
        let nodes = self.volumes.get(template).ok_or("volume does not exist")?;
        let node = node.as_ref().or(nodes.first()).ok_or("no node")?.clone();
        if !nodes.contains(&node) || !self.nodes.contains(&node) {
            return Err("volume does not exist there".into());
        }
        usable(&self.storages, GuestType::Lxc, storage, Some(&node))?;
        // What a creation has no parameter for.
        let ignored = set.balloon.is_some() || !set.options.is_empty() || set.marker.is_some();
        let other_name = set.name.as_ref().is_some_and(|name| *name != guest.name);
        if ignored || other_name || !set.remove_tags.is_empty() || set.takes_from.is_some() {
            return Err("this is not given when a container is created".into());
        }
        let rootfs = CurrentDisk {
            volume: format!("{storage}:vm-{vmid}-rootfs"),
            storage: Some(storage.clone()),
            size: Some(root_size.unwrap_or(MiB(4_096))),
            path: None,
        };
        let mut tags = set.add_tags.clone();
        tags.sort();
        let mut config = Current {
            node: Part::Given(node),
            name: Part::Given(guest.name.clone()),
            power: Part::Given(PowerState::Stopped),
            protection: Part::Given(false),
            options: Part::Given(BTreeMap::new()),
            sockets: Part::Given(1),
            cores: Part::known(set.cores),
            memory: Part::Given(set.memory.unwrap_or(MiB(512))),
            swap: Part::Given(set.swap.unwrap_or(MiB(512))),
            interfaces: Part::Given(BTreeMap::new()),
            ipconfig: Part::Given(BTreeMap::new()),
            disks: Part::Given(BTreeMap::from([(slot("rootfs"), rootfs)])),
            root: Part::Given(slot("rootfs")),
            tags: Part::Given(tags),
            description: Part::known(set.description.given().cloned()),
            onboot: Part::Given(set.onboot.unwrap_or(false)),
            ..Current::new(Some(vmid), GuestType::Lxc)
        };
        for interface in &set.interfaces {
            card(&mut config, true, interface.index, &interface.card)?;
            addresses(&mut config, interface.index, interface)?;
        }
        let marker = Marker {
            netbox: NETBOX.into(),
            record: guest.record,
            birth: guest.birth,
            vmid,
            state: MarkerState::Creating,
        };
        let keys = set.ssh_keys.given().cloned();
        self.guests.insert(vmid, Vm { config, marker: Some(marker), keys, pending: Vec::new() });
        let fresh = Intent { owner: OWNER, vmid, allocated: false, upid: None, root_size: None };
        let size = root_size.map(|size| self.base.to_megabytes(size));
        let intent = self.intent.get_or_insert(fresh);
        intent.root_size = size.or(intent.root_size);
        Ok(())
    }

    /// A mount point was taken away: its volume is removed at once, or waits for the stop.
    pub(crate) fn unmounted(&mut self, guest: &Target, at: DiskSlot, volume: String) -> Result<(), String> {
        let vm = self.ours(guest)?;
        if vm.config.power != Part::Given(PowerState::Stopped) {
            vm.pending.push(volume.clone());
            self.removals.push(KnownDisk { id: 0, slot: at, volume });
        }
        Ok(())
    }

    /// Removes a volume whose removal was begun and that the container has given up; says whether there is nothing else
    /// to do.
    pub(crate) fn finish_removal(&mut self, guest: &Target, volume: Option<&str>) -> Result<bool, String> {
        let Some(volume) = volume.filter(|volume| self.removals.iter().any(|it| it.volume == *volume)) else {
            return Ok(false);
        };
        let vm = self.ours(guest)?;
        let Some(at) = vm.config.unused.iter().position(|it| it == volume) else { return Ok(false) };
        vm.config.unused.remove(at);
        self.removals.retain(|it| it.volume != volume);
        Ok(true)
    }

    /// Of removals that were begun before: what somebody attached again is theirs, and what a stopped container has
    /// nowhere they removed. `found` is the container as the look-up saw it.
    pub(crate) fn forget_removals(&mut self, found: Option<&Vm>, begun: &[KnownDisk]) {
        let Some(vm) = found else { return };
        let stopped = vm.config.power == Part::Given(PowerState::Stopped);
        let attached = |name: &str| vm.config.disks.given().into_iter().flatten().any(|(_, disk)| disk.volume == name);
        let waits = |name: &String| !stopped || vm.config.unused.contains(name);
        self.removals.retain(|it| !begun.contains(it) || !attached(&it.volume) && waits(&it.volume));
    }
}

impl Vm {
    /// What waited for the container to stop.
    pub(crate) fn apply_pending(&mut self) {
        self.config.unused.append(&mut self.pending);
    }
}
