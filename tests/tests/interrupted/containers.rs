//! The rows for a container.

use netbox_proxmox_tests::{Lab, VZTMPL};
use serde_json::{Value, json};

use crate::row::{
    Doing, KEY, RECORD, Row, add_disk, add_interface, create, delete_disk, delete_interface, label, resize, update,
};

/// The record, with a mount point.
fn there(fields: Value) -> Option<Doing> {
    Some(Box::new(move |lab| {
        made(lab, &fields);
        add_disk(lab, "mp0", 5_000, json!({"proxmox_mount_path": "/srv"}));
    }))
}

/// The record, with the interface `net1`.
fn with_interface() -> Option<Doing> {
    Some(Box::new(|lab| {
        made(lab, &json!({}));
        add_interface(lab);
    }))
}

fn made(lab: &Lab, fields: &Value) {
    let mut fields = fields.clone();
    fields.as_object_mut().unwrap().entry("custom_fields").or_insert(json!({}))["proxmox_vm_storage"] = json!("ceph");
    create(lab, "lxc", ("proxmox_lxc_templates", VZTMPL), &fields);
}

fn cloned(lab: &Lab) {
    create(lab, "lxc", ("proxmox_lxc_templates", "9100"), &json!({"vcpus": 2}));
}

pub(crate) fn rows() -> Vec<Row> {
    let staged = || there(json!({}));
    let status = |status: &str| there(json!({ "status": status }));
    let full = json!({
        "vcpus": 2, "memory": 1024, "disk": 8_000, "status": "active", "custom_fields": {"proxmox_public_ssh_key": KEY},
    });
    let row = |name, before, change| Row { name, before, change };
    vec![
        row("lxc 1 created staged", None, Box::new(|lab| made(lab, &json!({"vcpus": 2, "disk": 8_000})))),
        row("lxc 1 created active", None, Box::new(move |lab| made(lab, &full))),
        row("lxc 1 cloned", None, Box::new(cloned)),
        row("lxc 2 vcpus and memory", staged(), update(json!({"vcpus": 4, "memory": 2048}))),
        row("lxc 3 SSH key", staged(), update(json!({"custom_fields": {"proxmox_public_ssh_key": KEY}}))),
        row("lxc 4 address", staged(), Box::new(|lab| drop(lab.netbox.give_address(RECORD, "192.0.2.10/24")))),
        row("lxc 5 root disk grown", staged(), resize("rootfs", 20_000)),
        row(
            "lxc 5b mount point added",
            staged(),
            Box::new(|lab| add_disk(lab, "mp1", 3_000, json!({"proxmox_mount_path": "/var/www"}))),
        ),
        row("lxc 6 mount point grown", staged(), resize("mp0", 7_000)),
        row("lxc 6b mount point shrunk", staged(), resize("mp0", 1_000)),
        row("lxc 7 mount point deleted", staged(), delete_disk("mp0")),
        row("lxc 7 mount point deleted while running", status("active"), delete_disk("mp0")),
        row(
            "lxc 7 and 9 mount point deleted and shut down",
            status("active"),
            Box::new(|lab| {
                delete_disk("mp0")(lab);
                update(json!({"status": "offline"}))(lab);
            }),
        ),
        row("lxc 8 active", staged(), update(json!({"status": "active"}))),
        row("lxc 9 offline", status("active"), update(json!({"status": "offline"}))),
        row("lxc 10 deleted", status("active"), Box::new(|lab| lab.netbox.delete_vm(RECORD))),
        row("lxc 11 node changed", status("active"), update(json!({"custom_fields": {"proxmox_node": "pve02"}}))),
        row("lxc 11 stopped, node changed", staged(), update(json!({"custom_fields": {"proxmox_node": "pve02"}}))),
        row("lxc 12 and 14 name, tag, description, start on boot", staged(), Box::new(label)),
        row("lxc 13 interface added, its address and its MAC address", staged(), Box::new(add_interface)),
        row("lxc 13 interface removed", with_interface(), Box::new(delete_interface)),
        row("lxc 15 paused, which is reported", status("active"), update(json!({"status": "paused"}))),
    ]
}
