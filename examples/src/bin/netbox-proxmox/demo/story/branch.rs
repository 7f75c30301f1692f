//! Changes that are prepared in a branch of NetBox (netbox-branching), planned, and merged.

use proxmox_api::testing::Power;
use serde_json::json;

use super::{Step, change, create, disk};

pub(super) const STORY: &[Step] = &[
    Step {
        title: "Alice creates web01, Staged, from template 9000",
        change: |world| {
            let fields =
                json!({"proxmox_vm_type": "vm", "proxmox_vm_templates": "9000", "proxmox_vm_storage": "local-lvm"});
            create(world, "web01", json!({"status": "staged", "vcpus": 2, "memory": 2048, "custom_fields": fields}));
        },
        expected: |world, checks| checks.recorded(world, 10_000),
    },
    Step {
        title: "In the branch next-week: more memory, and Active. Proxmox hears nothing of it",
        change: |world| {
            world.open_branch("next-week");
            change(world, json!({"memory": 4096}));
            change(world, json!({"status": "active"}));
        },
        expected: |world, checks| {
            checks.guest(world, &[("memory", Some("2048"))]);
            checks.power(world, Power::Stopped);
        },
    },
    Step {
        title: "In the branch: another machine, web02, with a disk of 20 GB",
        change: |world| {
            let fields =
                json!({"proxmox_vm_type": "vm", "proxmox_vm_templates": "9000", "proxmox_vm_storage": "local-lvm"});
            let record =
                json!({"name": "web02", "status": "active", "vcpus": 1, "memory": 1024, "custom_fields": fields});
            let made = world.alice().create_vm(record);
            world.alice().create_disk(json!({"virtual_machine": made["id"], "name": "scsi1", "size": 20_000}));
        },
        expected: |world, checks| {
            checks.same("guests", world.proxmox.guests().iter().filter(|it| !it.is_template()).count(), 1)
        },
    },
    Step {
        title: "In the branch: web01's disk shrunk to 5 GB. It is known that it will not be done",
        change: |world| drop(world.alice().update_disk(disk(world, "scsi0"), json!({"size": 5_000}))),
        expected: |world, checks| checks.listed(world, "shrink", true),
    },
    Step {
        title: "She takes that back",
        change: |world| drop(world.alice().update_disk(disk(world, "scsi0"), json!({"size": 10_000}))),
        expected: |world, checks| checks.listed(world, "shrink", false),
    },
    Step {
        title: "The branch is merged",
        change: |world| world.merge_branch(),
        expected: |world, checks| {
            checks.guest(world, &[("memory", Some("4096"))]);
            checks.power(world, Power::Running);
            let made = world.proxmox.guests().into_iter().find(|guest| guest.name() == Some("web02"));
            checks.same(
                "web02",
                made.as_ref().map(|guest| (guest.power, guest.disk_mib("scsi1"))),
                Some((Power::Running, Some(20_480))),
            );
            checks.as_listed(world);
        },
    },
];
