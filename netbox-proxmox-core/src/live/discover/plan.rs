//! Which guest is which record, and what is written of it. Pure: equal sides give equal plans.

use std::collections::BTreeMap;

use ipnet::IpNet;
use netbox_api::client::{
    NewTag, NewVirtualDisk, NewVirtualMachine, NewVmInterface, VirtualDiskPatch, VirtualMachinePatch, VmInterfacePatch,
};
use proxmox_api::{GuestType, Vmid};

use super::addresses::Taken;
use super::fields::record;
use super::machine::{Tags, disks, machine};
use super::{Found, Known, Record, Remark, RemarkKind, cards};
use crate::delivery::birth;
use crate::event::Ownership;
use crate::guest::{Cluster, Owner, RecordId};
use crate::live::proposed::Proposed;
use crate::marker::MarkerState;
use crate::policy::Policy;

/// Both sides of a cluster, and what an operator chose.
#[derive(Debug, Clone, Copy)]
pub struct World<'a> {
    /// The cluster in NetBox.
    pub cluster: &'a Cluster,
    /// The guests in Proxmox, by VMID.
    pub found: &'a [Found],
    /// What NetBox has.
    pub known: &'a Known,
    /// The choices.
    pub policy: &'a Policy,
    /// The names by which markers know our NetBox.
    pub identities: &'a [String],
}

/// What is to be written.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Tags that NetBox lacks.
    pub tags: Vec<(NewTag, Proposed)>,
    /// The guests that are records, or become ones, by VMID.
    pub guests: Vec<GuestPlan>,
    /// What a person is told.
    pub remarks: Vec<Remark>,
}

/// An object to be written. One that is new names what it belongs to once that is there.
#[derive(Debug, Clone, PartialEq)]
pub enum Write<New, Patch> {
    /// It is made.
    Create(New),
    /// The object with this id is changed.
    Change(u64, Patch),
    /// The object with this id is as it should be.
    Keep(u64),
}

/// A guest's record with what belongs to it.
#[derive(Debug, Clone)]
pub struct GuestPlan {
    /// The guest.
    pub vmid: Vmid,
    /// The record's name.
    pub name: String,
    /// The id of the NetBox cluster.
    pub cluster: u64,
    /// Whether the guest carries the record's marker.
    pub owned: bool,
    /// When the record was last saved, if it was there before.
    pub last_updated: Option<String>,
    /// The record.
    pub machine: Write<NewVirtualMachine, VirtualMachinePatch>,
    /// Its virtual disks.
    pub disks: Vec<Write<NewVirtualDisk, VirtualDiskPatch>>,
    /// Its interfaces.
    pub interfaces: Vec<InterfacePlan>,
    /// All of that as it is shown.
    pub proposed: Vec<Proposed>,
}

/// An interface.
#[derive(Debug, Clone, PartialEq)]
pub struct InterfacePlan {
    /// The interface itself.
    pub write: Write<NewVmInterface, VmInterfacePatch>,
    /// Its primary MAC address.
    pub mac: MacPlan,
    /// Its addresses.
    pub addresses: Vec<AddressPlan>,
}

/// The primary MAC address of an interface: an object of its own since NetBox 4.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MacPlan {
    /// It is as it should be.
    Keep,
    /// The object with this id, which is the interface's, becomes its primary one.
    Use(u64),
    /// One is made.
    Make(String),
}

/// An address of an interface.
#[derive(Debug, Clone, PartialEq)]
pub struct AddressPlan {
    /// The address.
    pub address: IpNet,
    /// What becomes of it.
    pub write: AddressWrite,
    /// Whether it becomes the record's primary address of its family.
    pub primary: bool,
}

/// What becomes of an address in NetBox.
#[derive(Debug, Clone, PartialEq)]
pub enum AddressWrite {
    /// The object with this id is on the interface already.
    Keep(u64),
    /// The object with this id is on no interface, and is given to this one.
    Assign(u64),
    /// One is made, with this status.
    Create {
        /// `active`, `dhcp` or `slaac`.
        status: &'static str,
    },
}

impl Plan {
    /// Whether nothing is to be written.
    pub fn is_empty(&self) -> bool {
        self.proposed().next().is_none()
    }

    pub(super) fn add(&mut self, other: Self) {
        let known = |tag: &NewTag| self.tags.iter().any(|(it, _)| it.name == tag.name);
        let new: Vec<_> = other.tags.into_iter().filter(|(tag, _)| !known(tag)).collect();
        self.tags.extend(new);
        self.guests.extend(other.guests);
        self.remarks.extend(other.remarks);
    }

    fn remark(&mut self, kind: RemarkKind, about: impl Into<String>, text: impl Into<String>) {
        let remark = Remark::new(kind, about, text);
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }
}

/// What Proxmox has and NetBox lacks.
pub fn plan(world: &World<'_>) -> Plan {
    let index = Index::new(world);
    let mut taken = Taken::new(&world.known.addresses);
    let mut tags = Tags::new(&world.known.tags);
    let mut names: BTreeMap<String, Vmid> = BTreeMap::new();
    let mut plan = Plan::default();
    for guest in world.found {
        let (vmid, about) = (guest.observed.vmid, guest.about());
        let target = index.target(world, guest).and_then(|target| match target {
            Target::New => match names.insert(guest.name().to_lowercase(), vmid) {
                Some(other) => Err(format!(
                    "guest {other} has the same name, and NetBox takes a name once in a cluster: rename one of them in Proxmox"
                )),
                None => Ok(target),
            },
            Target::Known { .. } => Ok(target),
        });
        match target {
            Ok(target) => {
                let guest = one(world, guest, &target, &mut taken, &mut tags, &mut plan);
                plan.guests.extend(guest);
            }
            Err(why) => plan.remark(RemarkKind::Left, about, why),
        }
    }
    plan.tags = tags.made();
    plan
}

/// A guest's record.
pub(super) enum Target<'a> {
    /// It has none yet.
    New,
    /// This one; `follows`: the guest carries its marker, and NetBox is the master.
    Known { record: &'a Record, follows: bool },
}

impl<'a> Target<'a> {
    pub(super) fn record(&self) -> Option<&'a Record> {
        match self {
            Self::New => None,
            Self::Known { record, .. } => Some(record),
        }
    }

    pub(super) fn follows(&self) -> bool {
        matches!(self, Self::Known { follows: true, .. })
    }
}

/// The records of the cluster, by what they are looked for.
struct Index<'a> {
    by_vmid: BTreeMap<Vmid, Vec<&'a Record>>,
    by_name: BTreeMap<String, &'a Record>,
}

impl<'a> Index<'a> {
    fn new(world: &World<'a>) -> Self {
        let names = world.known.fields.names();
        let (mut by_vmid, mut by_name) = (BTreeMap::<Vmid, Vec<&Record>>::new(), BTreeMap::new());
        for record in &world.known.records {
            if let Some(vmid) = names.vmid_of(&record.machine) {
                by_vmid.entry(vmid).or_default().push(record);
            }
            by_name.insert(record.machine.name.to_lowercase(), record);
        }
        Self { by_vmid, by_name }
    }

    /// The record of a guest, or why it is left: what to do then.
    fn target(&self, world: &World<'_>, guest: &Found) -> Result<Target<'a>, String> {
        let observed = &guest.observed;
        if let Some(lock) = observed.creation_lock() {
            return Err(format!("it is still being created (lock: {lock}). Discover again later"));
        }
        let marker = observed.marker(world.identities);
        if marker.as_ref().is_some_and(|marker| world.known.busy.contains(&marker.record)) {
            return Err(
                "changes of its virtual machine, or its removal, wait to be answered. Discover again later".to_owned()
            );
        }
        let whose = marker.filter(|marker| {
            let there = world.known.owners.get(&marker.record);
            there.is_some_and(|(_, birth)| marker.birth.is_none() || *birth == marker.birth)
        });
        match self.by_vmid.get(&observed.vmid).map(Vec::as_slice) {
            Some([known]) => {
                if let Some(whose) = whose.filter(|whose| whose.record.0 != known.machine.id) {
                    return Err(self.belongs(world, whose.record, observed.vmid));
                }
                self.known(world, guest, known)
            }
            None | Some([]) => match whose {
                Some(whose) => Err(self.belongs(world, whose.record, observed.vmid)),
                None => self.nameless(world, guest),
            },
            Some(several) => {
                let all = several.iter().map(|it| record(RecordId(it.machine.id), &it.machine.name));
                let all = all.collect::<Vec<_>>().join(" and ");
                Err(format!("{all} say VMID {}: correct that in NetBox", observed.vmid))
            }
        }
    }

    fn belongs(&self, world: &World<'_>, owner: RecordId, vmid: Vmid) -> String {
        let name = world.known.owners.get(&owner).map(|(name, _)| name.as_str()).unwrap_or_default();
        let field = &world.known.fields.names().vmid;
        format!("it belongs to {}, whose {field} or cluster says otherwise: write {vmid} there", record(owner, name))
    }

    /// The record at its VMID, if it can only be its.
    fn known(&self, world: &World<'_>, guest: &Found, known: &'a Record) -> Result<Target<'a>, String> {
        let (observed, machine, names) = (&guest.observed, &known.machine, world.known.fields.names());
        let (kind, id) = (observed.config.kind(), RecordId(machine.id));
        let called = record(id, &machine.name);
        let written = names.kind(&machine.custom_fields);
        let typed = machine.custom_fields.get(&names.vm_type).is_set();
        if typed && written != Some(kind) {
            let is = if kind == GuestType::Lxc { "a container" } else { "a virtual machine" };
            return Err(format!(
                "{called} says its VMID and another {}, and it is {is}: correct one of them",
                names.vm_type
            ));
        }
        if !machine.name.eq_ignore_ascii_case(&guest.name()) {
            return Err(format!(
                "{called} says its VMID and has another name. If it is the one, rename one of them; else correct the VMID in NetBox"
            ));
        }
        let owner = birth(machine.created.as_deref()).map(|birth| Owner { record: id, birth });
        let follows = match owner.map(|owner| observed.ownership(owner, world.identities)) {
            Some(Ownership::Ours { state: MarkerState::Creating }) => {
                return Err(format!("it is still being created for {called}. Discover again later"));
            }
            ownership => matches!(ownership, Some(Ownership::Ours { .. })),
        };
        if follows && !typed {
            return Err(format!(
                "it belongs to {called}, whose {} is empty, so it is not managed: set it in NetBox",
                names.vm_type
            ));
        }
        Ok(Target::Known { record: known, follows })
    }

    /// A guest whose VMID no record says: it may become one, unless a record has its name.
    fn nameless(&self, world: &World<'_>, guest: &Found) -> Result<Target<'a>, String> {
        let name = guest.name();
        if name.len() > 64 {
            return Err("its name is longer than the 64 characters that NetBox takes: rename it in Proxmox".to_owned());
        }
        let Some(same) = self.by_name.get(&name.to_lowercase()) else { return Ok(Target::New) };
        let (field, vmid) = (&world.known.fields.names().vmid, guest.observed.vmid);
        let called = record(RecordId(same.machine.id), &same.machine.name);
        Err(match world.known.fields.names().vmid_of(&same.machine) {
            None => format!("{called} has its name and no VMID. If it is the one, write {vmid} into {field} there"),
            Some(other) => format!(
                "{called} has its name and VMID {other}, and NetBox takes a name once in a cluster: rename one of them"
            ),
        })
    }
}

/// One guest; nothing where NetBox cannot hold it.
fn one(
    world: &World<'_>,
    guest: &Found,
    target: &Target<'_>,
    taken: &mut Taken<'_>,
    tags: &mut Tags<'_>,
    plan: &mut Plan,
) -> Option<GuestPlan> {
    let about = guest.about();
    if let super::Inner::Silent(why) = &guest.inner {
        let text =
            format!("its addresses are those of its configuration, as what is within it could not be asked: {why}");
        plan.remark(RemarkKind::Note, about.as_str(), text);
    }
    let mut said = Vec::new();
    let mut proposed = Vec::new();
    let cards = match target.follows() {
        true => cards::Cards::default(),
        false => cards::cards(world, guest, target.record(), taken, &mut said),
    };
    let machine = machine(world, guest, target, &cards, tags, &mut said);
    let disks = if target.follows() { Vec::new() } else { disks(world, guest, target.record(), &mut said) };
    for (kind, text) in said {
        // What NetBox's definitions lack is the same for many guests.
        let about = if text.contains("has no choice") { "NetBox" } else { about.as_str() };
        plan.remark(kind, about, text);
    }
    let (machine, shown) = machine?;
    proposed.extend(shown);
    let (disks, shown): (Vec<_>, Vec<_>) = disks.into_iter().unzip();
    proposed.extend(shown.into_iter().flatten());
    proposed.extend(cards.proposed);
    let (vmid, name, cluster) = (guest.observed.vmid, guest.name(), world.cluster.id);
    let name = target.record().map_or(name, |record| record.machine.name.clone());
    Some(GuestPlan {
        vmid,
        name,
        cluster,
        owned: target.follows(),
        last_updated: target.record().and_then(|record| record.machine.last_updated.clone()),
        machine,
        disks,
        interfaces: cards.interfaces,
        proposed,
    })
}
