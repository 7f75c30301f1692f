//! The life of a virtual machine.

use proxmox_api::testing::Power;
use serde_json::json;

use super::{KEY, Step, change, create, disk, journal};

pub(super) const LIFE: &[Step] = &[
    Step {
        title: "Alice creates web01, Staged, from template 9000",
        change: |world| {
            let fields =
                json!({"proxmox_vm_type": "vm", "proxmox_vm_templates": "9000", "proxmox_vm_storage": "local-lvm"});
            create(world, "web01", json!({"status": "staged", "vcpus": 2, "memory": 2048, "custom_fields": fields}));
        },
        expected: |world, checks| {
            checks.guest(world, &[("cores", Some("2")), ("memory", Some("2048")), ("lock", None)]);
            checks.power(world, Power::Stopped);
            checks.disk(world, "scsi0", Some(10_240));
            checks.recorded(world, 10_000);
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
        expected: |world, checks| checks.gone(world),
    },
];
