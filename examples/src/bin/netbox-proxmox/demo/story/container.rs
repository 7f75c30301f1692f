//! The life of a container.

use proxmox_api::testing::Power;
use serde_json::json;

use super::{KEY, Step, change, create, disk, journal};
use crate::demo::world::VZTMPL;

pub(super) const LIFE: &[Step] = &[
    Step {
        title: "Alice creates the container dns01, Active, with her SSH key",
        change: |world| {
            let fields = json!({
                "proxmox_vm_type": "lxc", "proxmox_lxc_templates": VZTMPL, "proxmox_vm_storage": "local-lvm",
                "proxmox_public_ssh_key": KEY,
            });
            let record = json!({"status": "active", "vcpus": 1, "memory": 512, "disk": 8_000, "custom_fields": fields});
            create(world, "dns01", record);
        },
        expected: |world, checks| {
            checks.guest(world, &[("cores", Some("1")), ("memory", Some("512")), ("unprivileged", Some("1"))]);
            checks.power(world, Power::Running);
            checks.disk(world, "rootfs", Some(8_192));
            let keys = world.guest().and_then(|guest| guest.ssh_public_keys);
            checks.same("SSH key within", keys.as_deref().map(str::trim), Some(KEY));
            checks.recorded(world, 8_000);
        },
    },
    Step {
        title: "Another key, which Proxmox cannot give a container that exists: Alice is told",
        change: |world| {
            change(world, json!({"custom_fields": {"proxmox_public_ssh_key": KEY.replace("alice", "bob")}}))
        },
        expected: |world, checks| checks.same("journal entries on SSH keys", journal(world, "SSH keys"), 1),
    },
    Step {
        title: "Staged: an address and a mount point of 20 GB, while it runs",
        change: |world| {
            change(world, json!({"status": "staged"}));
            world.netbox.give_address(world.record.get(), "192.0.2.53/24");
            let path = json!({"proxmox_mount_path": "/var/lib/dns"});
            world.netbox.create_disk(json!({
                "virtual_machine": world.record.get(), "name": "mp0", "size": 20_000, "custom_fields": path,
            }));
        },
        expected: |world, checks| {
            let net0 = world.guest().and_then(|guest| guest.get("net0").map(str::to_owned)).unwrap_or_default();
            checks.same("net0's address", net0.contains("ip=192.0.2.53/24") && net0.contains("gw=192.0.2.1"), true);
            checks.disk(world, "mp0", Some(20_480));
        },
    },
    Step {
        title: "The mount point is removed: Proxmox takes it when the container stops",
        change: |world| world.netbox.delete_disk(disk(world, "mp0")),
        expected: |world, checks| {
            checks.disk(world, "mp0", Some(20_480));
            checks.same("journal entries on mp0", journal(world, "mp0"), 1);
        },
    },
    Step {
        title: "Offline: it is shut down, and what was removed goes",
        change: |world| change(world, json!({"status": "offline"})),
        expected: |world, checks| {
            checks.power(world, Power::Stopped);
            checks.guest(world, &[("mp0", None), ("unused0", None)]);
        },
    },
    Step {
        title: "To the other node",
        change: |world| change(world, json!({"custom_fields": {"proxmox_node": "pve02"}})),
        expected: |world, checks| checks.same("node", world.guest().map(|guest| guest.node), Some("pve02".to_owned())),
    },
    Step {
        title: "Deleted",
        change: |world| world.netbox.delete_vm(world.record.get()),
        expected: |world, checks| checks.gone(world),
    },
];
