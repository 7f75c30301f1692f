//! Writes a plan, object type by object type.
//!
//! Where it is cut short the next run goes on: a record is known by its VMID once it is there, and what it lacks is found.

use std::collections::{BTreeMap, BTreeSet};

use netbox_api::client::{
    Field, IpAddressPatch, NewIpAddress, NewMacAddress, NewTag, TagRef, VirtualMachinePatch, VmInterfacePatch,
};
use netbox_api::{ObjectType, VirtualMachine};

use super::bulk::{Writer, Written};
use super::plan::{AddressWrite, GuestPlan, MacPlan, Plan, Write};
use crate::delivery::birth;
use crate::executor::Failure;
use crate::guest::{Owner, RecordId};
use crate::live::bridge::Bridge;

/// Writes a plan, and remembers each request as our own: what it causes is an echo.
pub async fn apply(bridge: &Bridge, plan: Plan) -> Written {
    let mut writer = Writer::new(bridge);
    writer.written.failed = writer.all(plan).await.err();
    writer.written
}

/// A guest and one of its objects.
type At = (usize, usize);

impl Writer<'_> {
    async fn all(&mut self, plan: Plan) -> Result<(), Failure> {
        let Plan { tags, mut guests, .. } = plan;
        self.tags(tags.into_iter().map(|(tag, _)| tag).collect(), &mut guests).await?;
        let mut machines = Machines::default();
        let result = self.objects(&mut guests, &mut machines).await;
        // Also where it was cut short: what we wrote is nobody's wish.
        self.remember(&guests, &machines).await?;
        result
    }

    async fn objects(&mut self, guests: &mut [GuestPlan], machines: &mut Machines) -> Result<(), Failure> {
        self.machines(guests, machines).await?;
        self.parts(guests, machines).await
    }

    /// A tag that cannot be made is left out of the records.
    async fn tags(&mut self, tags: Vec<NewTag>, guests: &mut [GuestPlan]) -> Result<(), Failure> {
        let mut missing: BTreeSet<String> = tags.iter().map(|tag| tag.name.clone()).collect();
        let tags = tags.into_iter().map(|tag| (tag.name.clone(), format!("tag {}", tag.name), tag)).collect();
        for (name, _) in self.create(self.bridge.netbox.tags(), "tags", tags).await? {
            missing.remove(&name);
        }
        if missing.is_empty() {
            return Ok(());
        }
        let is_there = |tag: &TagRef| !matches!(tag, TagRef::Name { name } if missing.contains(name));
        for guest in guests {
            match &mut guest.machine {
                Write::Create(new) => new.tags.iter_mut().for_each(|tags| tags.retain(is_there)),
                Write::Change(_, patch) => {
                    if let Field::Set(tags) = &mut patch.tags {
                        tags.retain(is_there);
                    }
                }
                Write::Keep(_) => {}
            }
        }
        Ok(())
    }

    /// The records: the id of each that is there, by its place, and as NetBox has it if it was written.
    async fn machines(&mut self, guests: &mut [GuestPlan], machines: &mut Machines) -> Result<(), Failure> {
        let (mut new, mut patches) = (Vec::new(), Vec::new());
        for (at, guest) in guests.iter_mut().enumerate() {
            let about = format!("virtual machine {}", guest.name);
            match std::mem::replace(&mut guest.machine, Write::Keep(0)) {
                Write::Create(it) => new.push((at, about, it)),
                Write::Change(id, patch) => {
                    machines.ids.insert(at, id);
                    patches.push((at, about, id, patch));
                }
                Write::Keep(id) => drop(machines.ids.insert(at, id)),
            }
        }
        let endpoint = || self.bridge.netbox.virtual_machines();
        let (create, change) = (endpoint(), endpoint());
        let (mut made, mut changed) = (Vec::new(), Vec::new());
        let mut result = self.create_into(&mut made, create, "virtual machines", new).await;
        if result.is_ok() {
            result = self.change_into(&mut changed, change, "virtual machines", patches).await;
        }
        for (at, machine) in made {
            machines.ids.insert(at, machine.id);
            machines.made.insert(at);
            machines.written.insert(at, machine);
        }
        machines.written.extend(changed);
        result
    }

    /// What belongs to the records that are there.
    async fn parts(&mut self, guests: &mut [GuestPlan], machines: &mut Machines) -> Result<(), Failure> {
        self.disks(guests, machines).await?;
        let interfaces = self.interfaces(guests, machines).await?;
        self.macs(guests, &interfaces).await?;
        let addresses = self.addresses(guests, &interfaces).await?;
        self.primaries(guests, machines, &addresses).await
    }

    async fn disks(&mut self, guests: &mut [GuestPlan], machines: &Machines) -> Result<(), Failure> {
        let (mut new, mut patches) = (Vec::new(), Vec::new());
        for (at, guest) in guests.iter_mut().enumerate() {
            let Some(machine) = machines.ids.get(&at) else { continue };
            for disk in guest.disks.drain(..) {
                match disk {
                    Write::Create(mut disk) => {
                        disk.virtual_machine = *machine;
                        new.push((at, format!("virtual disk {} of {}", disk.name, guest.name), disk));
                    }
                    Write::Change(id, patch) => {
                        patches.push((at, format!("virtual disk {id} of {}", guest.name), id, patch));
                    }
                    Write::Keep(_) => {}
                }
            }
        }
        let disks = self.bridge.netbox.virtual_disks();
        self.create(disks.clone(), "virtual disks", new).await?;
        self.change(disks, "virtual disks", patches).await?;
        Ok(())
    }

    /// The id of each interface that is there.
    async fn interfaces(
        &mut self,
        guests: &mut [GuestPlan],
        machines: &Machines,
    ) -> Result<BTreeMap<At, u64>, Failure> {
        let (mut ids, mut new, mut patches) = (BTreeMap::new(), Vec::new(), Vec::new());
        for (at, guest) in guests.iter_mut().enumerate() {
            let Some(machine) = machines.ids.get(&at) else { continue };
            for (which, interface) in guest.interfaces.iter_mut().enumerate() {
                match std::mem::replace(&mut interface.write, Write::Keep(0)) {
                    Write::Create(mut it) => {
                        it.virtual_machine = *machine;
                        new.push(((at, which), format!("interface {} of {}", it.name, guest.name), it));
                    }
                    Write::Change(id, patch) => {
                        ids.insert((at, which), id);
                        patches.push((at, format!("interface {id} of {}", guest.name), id, patch));
                    }
                    Write::Keep(id) => drop(ids.insert((at, which), id)),
                }
            }
        }
        let interfaces = self.bridge.netbox.interfaces();
        for (at, interface) in self.create(interfaces.clone(), "interfaces", new).await? {
            ids.insert(at, interface.id);
        }
        self.change(interfaces, "interfaces", patches).await?;
        Ok(ids)
    }

    async fn macs(&mut self, guests: &[GuestPlan], interfaces: &BTreeMap<At, u64>) -> Result<(), Failure> {
        let (mut new, mut primary) = (Vec::new(), Vec::new());
        for ((at, which), id) in interfaces {
            let about = format!("MAC address of {}", guests[*at].name);
            match &guests[*at].interfaces[*which].mac {
                MacPlan::Keep => {}
                MacPlan::Use(mac) => primary.push((*at, *id, *mac, about)),
                MacPlan::Make(mac) => {
                    let mac = NewMacAddress {
                        mac_address: mac.clone(),
                        assigned_object_type: Some(ObjectType::VM_INTERFACE.into()),
                        assigned_object_id: Some(*id),
                        ..NewMacAddress::default()
                    };
                    new.push(((*at, (*id, about.clone())), about, mac));
                }
            }
        }
        for ((at, (id, about)), mac) in self.create(self.bridge.netbox.mac_addresses(), "MAC addresses", new).await? {
            primary.push((at, id, mac.id, about));
        }
        let patch = |mac: u64| VmInterfacePatch { primary_mac_address: mac.into(), ..VmInterfacePatch::default() };
        let patches = primary.into_iter().map(|(at, id, mac, about)| (at, about, id, patch(mac))).collect();
        self.change(self.bridge.netbox.interfaces(), "interfaces", patches).await?;
        Ok(())
    }

    /// The ids of the addresses that become primary, by their guest and family.
    async fn addresses(
        &mut self,
        guests: &mut [GuestPlan],
        interfaces: &BTreeMap<At, u64>,
    ) -> Result<BTreeMap<(usize, bool), u64>, Failure> {
        let (mut primary, mut new, mut patches) = (BTreeMap::new(), Vec::new(), Vec::new());
        for ((at, which), interface) in interfaces {
            let guest = &mut guests[*at];
            for address in guest.interfaces[*which].addresses.drain(..) {
                let key = address.primary.then_some((*at, address.address.addr().is_ipv4()));
                let about = format!("IP address {} of {}", address.address, guest.name);
                match address.write {
                    AddressWrite::Keep(id) => primary.extend(key.map(|key| (key, id))),
                    AddressWrite::Assign(id) => {
                        let patch = IpAddressPatch {
                            assigned_object_type: ObjectType::VM_INTERFACE.into(),
                            assigned_object_id: (*interface).into(),
                            ..IpAddressPatch::default()
                        };
                        patches.push(((*at, key), about, id, patch));
                    }
                    AddressWrite::Create { status } => {
                        let it = NewIpAddress {
                            address: address.address.to_string(),
                            status: Some(status.to_owned()),
                            assigned_object_type: Some(ObjectType::VM_INTERFACE.into()),
                            assigned_object_id: Some(*interface),
                            ..NewIpAddress::default()
                        };
                        new.push(((*at, key), about, it));
                    }
                }
            }
        }
        let addresses = self.bridge.netbox.ip_addresses();
        let made = self.create(addresses.clone(), "IP addresses", new).await?;
        let given = self.change(addresses, "IP addresses", patches).await?;
        primary.extend(made.into_iter().chain(given).filter_map(|((_, key), address)| Some((key?, address.id))));
        Ok(primary)
    }

    async fn primaries(
        &mut self,
        guests: &[GuestPlan],
        machines: &mut Machines,
        addresses: &BTreeMap<(usize, bool), u64>,
    ) -> Result<(), Failure> {
        let mut patches: BTreeMap<usize, VirtualMachinePatch> = BTreeMap::new();
        for ((at, v4), id) in addresses {
            let patch = patches.entry(*at).or_default();
            *(if *v4 { &mut patch.primary_ip4 } else { &mut patch.primary_ip6 }) = (*id).into();
        }
        let about = |at: usize| format!("primary address of {}", guests[at].name);
        let id = |at: usize| machines.ids.get(&at).copied();
        let patches = patches.into_iter().filter_map(|(at, patch)| Some((at, about(at), id(at)?, patch))).collect();
        let mut changed = Vec::new();
        let endpoint = self.bridge.netbox.virtual_machines();
        let result = self.change_into(&mut changed, endpoint, "virtual machines", patches).await;
        machines.written.extend(changed);
        result
    }

    /// Remembers the records that nobody but us has written, as they are now: a comparison leaves those to people.
    async fn remember(&mut self, guests: &[GuestPlan], machines: &Machines) -> Result<(), Failure> {
        let inbox = &self.bridge.inbox;
        for (at, id) in &machines.ids {
            // What is not as its guest is not given to it.
            if !guests[*at].owned && !self.refused.contains(at) {
                self.written.records.push((guests[*at].vmid, RecordId(*id)));
            }
            let Some(machine) = machines.written.get(at) else { continue };
            let Some(birth) = birth(machine.created.as_deref()) else { continue };
            let owner = Owner { record: RecordId(*id), birth };
            let ours = || guests[*at].last_updated.as_deref();
            let ours =
                machines.made.contains(at) || (ours().is_some() && inbox.discovered(owner).await?.as_deref() == ours());
            if let Some(now) = machine.last_updated.as_deref().filter(|_| ours) {
                inbox.put_discovered(owner, now).await?;
            }
        }
        Ok(())
    }
}

/// The records of guests, by the guests' places.
#[derive(Default)]
struct Machines {
    ids: BTreeMap<usize, u64>,
    made: BTreeSet<usize>,
    written: BTreeMap<usize, VirtualMachine>,
}
