//! For every row of the mission, for virtual machines and for containers: the recorded delivery that causes it and what
//! Proxmox has in, actions out.
//!
//! The deliveries are of a real NetBox 4.7.3 (`tests/fixtures/netbox-webhooks`; `tests/live/netbox/record.py` recorded
//! those from 200 on), unchanged. What NetBox says is read from them too, and Proxmox has just that, save for what a
//! test says it was like before.
//!
//! | row | virtual machine | container |
//! |---|---|---|
//! | 1 created | 001 | 110 |
//! | 2 CPUs, memory | 003, 004 | 115 |
//! | 3 SSH keys | 002 | 203: reported |
//! | 4 addresses | 016, 017, 018, 058 | 114 |
//! | 5 root disk | 022, 097 | 116 |
//! | 5b disk created | 020 | 204 |
//! | 6 disk grown | 200 | 205 |
//! | 6b disk shrunk | 023 | 206 |
//! | 7 disk deleted | 026 | 207 |
//! | 8 Active | 029 | 118 |
//! | 9 Offline | 044 | 119 |
//! | 10 deleted | 069 | 123 |
//! | 11 node | 036 | 120 |
//! | 12 name | 038 | 208 |
//! | 13 interfaces | 010, 054, 055, 064 | 211, 213, 215 |
//! | 14 labels, start on boot | 028, 031, 034, 039 | 216 |
//! | 15 Paused | 048, 201, 202 | 217: reported |

use std::collections::BTreeMap;

use netbox_api::{Object, VirtualMachine};
use netbox_proxmox_core::{
    Change, Current, CurrentDisk, CurrentInterface, Delivery, EventKind, FieldNames, Guest, GuestDisk, GuestInterface,
    GuestType, IpConfig, Part, Policy, PowerState, Related, Status, Vmid,
};

use crate::case::{Case, card, disk, volume};
use crate::common::{slot, vmid};

fn delivery(stem: &str) -> Delivery {
    let path = format!("{}/../tests/fixtures/netbox-webhooks/{stem}.raw", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn machine(stem: &str) -> VirtualMachine {
    match delivery(stem).object {
        Object::VirtualMachine(machine) => *machine,
        other => panic!("{stem} is about {other:?}"),
    }
}

/// What NetBox says once it has sent these: a virtual machine as in a delivery of it, with what belongs to it as in
/// deliveries of that. A root disk belongs to it in any case.
fn said(record: &str, belongings: &[&str]) -> Guest {
    let (mut disks, mut interfaces, mut addresses) = (Vec::new(), Vec::new(), Vec::new());
    for delivery in belongings.iter().map(|stem| delivery(stem)).filter(|it| it.event != EventKind::Deleted) {
        match delivery.object {
            Object::VirtualDisk(disk) => disks.push(*disk),
            Object::VmInterface(interface) => interfaces.push(*interface),
            Object::IpAddress(address) => addresses.push(*address),
            Object::MacAddress(mac) => {
                let of = interfaces.iter_mut().find(|it| Some(it.id) == mac.assigned_object_id).unwrap();
                of.mac_address = Some(mac.mac_address);
            }
            other => panic!("{other:?} does not belong to a virtual machine"),
        }
    }
    let related = Related {
        disks: Some(&disks),
        interfaces: Some(&interfaces).filter(|all| !all.is_empty()).map(Vec::as_slice),
        addresses: &addresses,
        bridges: None,
    };
    FieldNames::default().guest(&machine(record), &related)
}

/// The number that a guest has where its record names none yet.
fn number(guest: &Guest) -> Vmid {
    guest.vmid.given().copied().unwrap_or_else(|| vmid(101))
}

/// Proxmox has a guest that is as NetBox says.
fn settled(guest: &Guest) -> Current {
    let container = guest.kind == Some(GuestType::Lxc);
    let base = if container { Case::container() } else { Case::existing() }.event.current.unwrap();
    let volume_of = |disk: &GuestDisk| {
        let on = disk.storage.as_ref().map_or("local-lvm".into(), ToString::to_string);
        let text = format!("{on}:vm-{}-disk-{}", number(guest), disk.id);
        let size = Policy::default().disk_base.to_mib(disk.size).0;
        CurrentDisk { path: disk.path.clone(), ..volume(&text, size) }
    };
    let card_of = |interface: &GuestInterface| {
        let index = interface.name.trim_start_matches(char::is_alphabetic).parse().unwrap();
        let link_down = interface.enabled == Some(false);
        (index, CurrentInterface { mtu: interface.mtu, link_down, ..card(interface.mac.as_ref().unwrap()) })
    };
    let cards: BTreeMap<u8, CurrentInterface> = guest.interfaces.given().into_iter().flatten().map(card_of).collect();
    let addresses = [("", guest.ipv4), ("6", guest.ipv6)].map(|(family, address)| {
        let gateway = address.given().and_then(|address| Policy::default().gateway.gateway(address));
        address.given().map(|address| format!("ip{family}={address},gw{family}={}", gateway.unwrap()))
    });
    let tags = guest.tags.given().unwrap().iter().cloned().chain(["netbox".to_owned()]);
    Current {
        vmid: Some(number(guest)),
        name: Part::Given(guest.name.clone()),
        node: guest.node.clone(),
        power: Part::Given(match guest.status {
            Status::Active => PowerState::Running,
            Status::Paused if container => PowerState::Running,
            Status::Paused => PowerState::Paused,
            Status::Staged | Status::Offline | Status::Other(_) => PowerState::Stopped,
        }),
        cores: guest.vcpus,
        memory: guest.memory,
        ssh_keys: if container { Part::Unknown } else { guest.ssh_keys.clone() },
        ipconfig: Part::Given([(0, config(&addresses.into_iter().flatten().collect::<Vec<_>>().join(",")))].into()),
        disks: Part::Given(guest.disks.given().unwrap().iter().map(|disk| (disk.slot, volume_of(disk))).collect()),
        interfaces: if cards.is_empty() { base.interfaces.clone() } else { Part::Given(cards) },
        tags: Part::Given(tags.collect()),
        description: guest.description.clone(),
        onboot: guest.onboot,
        ..base
    }
}

pub(crate) fn config(text: &str) -> IpConfig {
    text.parse().unwrap()
}

/// The changes of a delivery, which all concern this virtual machine.
fn caused(stem: &str, record: u64) -> Vec<Change> {
    let changes = Change::from_delivery(&delivery(stem), &FieldNames::default()).unwrap();
    assert!(changes.iter().all(|change| change.record.0 == record), "{stem}: {changes:?}");
    changes
}

/// A change of a virtual machine whose guest exists and is ours.
pub(crate) fn change_of(stem: &str) -> Case {
    change_of_a_part(stem, stem, &[])
}

/// A change of what belongs to a virtual machine whose guest exists and is ours; with it, what else belongs to it.
///
/// Once the guest is as NetBox says the same delivery gives nothing but reports.
pub(crate) fn change_of_a_part(stem: &str, record: &str, others: &[&str]) -> Case {
    let own = (stem != record).then_some(stem);
    let mut guest = said(record, &others.iter().copied().chain(own).collect::<Vec<_>>());
    guest.vmid = Part::Given(number(&guest));
    let (base, root) = match guest.kind.unwrap() {
        GuestType::Qemu => (Case::existing(), "scsi0"),
        GuestType::Lxc => (Case::container(), "rootfs"),
    };
    let Part::Given(disks) = &mut guest.disks else { panic!("the disks are known") };
    if disks.iter().all(|disk| disk.slot != slot(root)) {
        disks.push(disk(1, root, 20_000));
    }
    let mut case = base.current(|current| *current = settled(&guest));
    case.event.cause = caused(stem, guest.record.0);
    case.event.desired = Some(guest);
    assert!(case.plan().iter().all(|action| action.name() == "report"), "{stem}, once done: {:#?}", case.text());
    case
}

/// The creation of a record; there is no guest.
pub(crate) fn creation(stem: &str) -> Case {
    let guest = said(stem, &[]);
    let mut case = if guest.kind == Some(GuestType::Lxc) { Case::absent_container() } else { Case::absent() };
    case.event.cause = caused(stem, guest.record.0);
    case.event.desired = Some(guest);
    case
}

/// The deletion of a record whose guest was as it said.
pub(crate) fn deletion(stem: &str) -> Case {
    let guest = said(stem, &[]);
    let mut case = Case::gone().current(|current| *current = settled(&guest));
    case.event.cause = caused(stem, guest.record.0);
    case
}
