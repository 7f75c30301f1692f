//! The life of a virtual machine: what a person changes in NetBox, and what Proxmox must then have.

use std::fmt::Debug;

use netbox_proxmox_core::{Marker, MarkerState};
use proxmox_api::testing::Power;
use serde_json::{Value, json};

use super::world::World;

/// The guest whose life it is.
pub(super) const NAME: &str = "web01";

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq0fFkZtxYb8l1nq7yJm4Qv3l2nUo0Wc5dQH7yXb3Zp alice@example.org";

/// A change, and what must hold once it is answered.
pub(super) struct Step {
    pub(super) title: &'static str,
    pub(super) change: fn(&World),
    pub(super) expected: fn(&World, &mut Checks),
}

/// What was compared, and what differed.
#[derive(Default)]
pub(super) struct Checks {
    pub(super) held: Vec<String>,
    pub(super) differed: Vec<String>,
}

impl Checks {
    pub(super) fn same<T: PartialEq + Debug>(&mut self, what: &str, found: T, wanted: T) {
        if found == wanted {
            self.held.push(what.to_owned());
        } else {
            self.differed.push(format!("{what}: is {found:?}, should be {wanted:?}"));
        }
    }

    /// Options of the guest in Proxmox.
    fn guest(&mut self, world: &World, options: &[(&str, Option<&str>)]) {
        let guest = world.guest();
        for (option, wanted) in options {
            let found = guest.as_ref().and_then(|guest| guest.get(option).map(str::to_owned));
            self.same(option, found, wanted.map(str::to_owned));
        }
    }

    fn power(&mut self, world: &World, wanted: Power) {
        self.same("power", world.guest().map(|guest| guest.power), Some(wanted));
    }

    fn disk(&mut self, world: &World, slot: &str, mib: Option<u64>) {
        self.same(slot, world.guest().and_then(|guest| guest.disk_mib(slot)), mib);
    }
}

fn change(world: &World, fields: Value) {
    world.netbox.update_vm(world.record.get(), fields);
}

/// The id of the disk at a slot.
fn disk(world: &World, slot: &str) -> u64 {
    let disks = world.netbox.disks(world.record.get());
    disks.iter().find(|disk| disk["name"] == slot).and_then(|disk| disk["id"].as_u64()).unwrap_or_default()
}

fn journal(world: &World, word: &str) -> usize {
    world.netbox.journal().iter().filter(|entry| entry["comments"].as_str().is_some_and(|it| it.contains(word))).count()
}

pub(super) const STORY: &[Step] = &[
    Step {
        title: "Alice creates web01, Staged, from template 9000",
        change: |world| {
            let fields =
                json!({"proxmox_vm_type": "vm", "proxmox_vm_templates": "9000", "proxmox_vm_storage": "local-lvm"});
            let record = world.netbox.create_vm(
                json!({"name": NAME, "status": "staged", "vcpus": 2, "memory": 2048, "custom_fields": fields}),
            );
            world.record.set(record["id"].as_u64().unwrap_or_default());
        },
        expected: |world, checks| {
            checks.guest(world, &[("cores", Some("2")), ("memory", Some("2048")), ("lock", None)]);
            checks.power(world, Power::Stopped);
            checks.disk(world, "scsi0", Some(10_240));
            let guest = world.guest();
            let marker = guest.as_ref().and_then(|guest| guest.description().and_then(Marker::find));
            checks.same("marker", marker.map(|marker| marker.state), Some(MarkerState::Ready));
            let record = world.record();
            let vmid = guest.map(|guest| json!(guest.vmid.to_string())).unwrap_or_default();
            checks.same("VMID in NetBox", &record["custom_fields"]["proxmox_vmid"], &vmid);
            checks.same("node in NetBox", &record["custom_fields"]["proxmox_node"]["value"], &json!("pve01"));
            let disks = world.netbox.disks(world.record.get());
            checks.same("root disk in NetBox (MB)", disks.first().map(|disk| &disk["size"]), Some(&json!(10_000)));
        },
    },
    Step {
        title: "She gives it her SSH key",
        change: |world| change(world, json!({"custom_fields": {"proxmox_public_ssh_key": KEY}})),
        expected: |world, checks| {
            let found =
                world.guest().and_then(|guest| guest.get("sshkeys").map(|keys| keys.contains("ssh-ed25519%20AAAA")));
            checks.same("sshkeys", found, Some(true));
        },
    },
    Step {
        title: "More CPU and memory",
        change: |world| change(world, json!({"vcpus": 4, "memory": 4096})),
        expected: |world, checks| checks.guest(world, &[("cores", Some("4")), ("memory", Some("4096"))]),
    },
    Step {
        title: "An address: an interface, an IP address, and that as the primary one",
        change: |world| {
            world.netbox.give_address(world.record.get(), "192.0.2.10/24");
        },
        expected: |world, checks| checks.guest(world, &[("ipconfig0", Some("ip=192.0.2.10/24,gw=192.0.2.1"))]),
    },
    Step {
        title: "A second disk of 20 GB",
        change: |world| {
            world.netbox.create_disk(json!({"virtual_machine": world.record.get(), "name": "scsi1", "size": 20_000}));
        },
        expected: |world, checks| checks.disk(world, "scsi1", Some(20_480)),
    },
    Step {
        title: "Grown to 30 GB",
        change: |world| drop(world.netbox.update_disk(disk(world, "scsi1"), json!({"size": 30_000}))),
        expected: |world, checks| checks.disk(world, "scsi1", Some(30_720)),
    },
    Step {
        title: "Shrunk to 15 GB, which Proxmox cannot do: refused, and Alice is told",
        change: |world| drop(world.netbox.update_disk(disk(world, "scsi1"), json!({"size": 15_000}))),
        expected: |world, checks| {
            checks.disk(world, "scsi1", Some(30_720));
            checks.same("journal entries that say shrink", journal(world, "shrink"), 1);
        },
    },
    Step {
        title: "The second disk is removed",
        change: |world| world.netbox.delete_disk(disk(world, "scsi1")),
        expected: |world, checks| {
            checks.guest(world, &[("scsi1", None), ("unused0", None)]);
            let vmid = world.guest().map(|guest| guest.vmid);
            let left = world.proxmox.volumes().iter().filter(|volume| Some(volume.vmid) == vmid).count();
            checks.same("volumes left: root disk, cloud-init", left, 2);
        },
    },
    Step {
        title: "Active",
        change: |world| change(world, json!({"status": "active"})),
        expected: |world, checks| checks.power(world, Power::Running),
    },
    Step {
        title: "More memory while it is Active: reported, not reached into a running machine",
        change: |world| change(world, json!({"memory": 8192})),
        expected: |world, checks| {
            checks.guest(world, &[("memory", Some("4096"))]);
            checks.power(world, Power::Running);
            checks.same("journal entries on memory", journal(world, "memory"), 1);
        },
    },
    Step {
        title: "Offline",
        change: |world| change(world, json!({"memory": 4096, "status": "offline"})),
        expected: |world, checks| checks.power(world, Power::Stopped),
    },
    Step {
        title: "Deleted",
        change: |world| world.netbox.delete_vm(world.record.get()),
        expected: |world, checks| {
            checks.same("guest", world.guest().map(|guest| guest.vmid), None);
            let others: Vec<u32> =
                world.proxmox.volumes().iter().map(|volume| volume.vmid).filter(|it| *it != 9000).collect();
            checks.same("volumes of the guest", others, Vec::new());
            checks.same("the template", world.proxmox.guest(9000).is_some_and(|guest| guest.is_template()), true);
        },
    },
];
