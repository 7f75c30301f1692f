//! The rows for a VM.

use netbox_proxmox_tests::Lab;
use serde_json::{Value, json};

use crate::row::{
    Doing, KEY, RECORD, Row, add_disk, add_interface, change_interface, create, delete_disk, delete_interface, label,
    resize, update,
};

/// The record, with a disk `scsi1`.
fn there(fields: Value) -> Option<Doing> {
    Some(Box::new(move |lab| {
        made(lab, &fields);
        add_disk(lab, "scsi1", 5_000, json!({}));
    }))
}

/// The record, with the interface `net1`.
fn with_interface() -> Option<Doing> {
    Some(Box::new(|lab| {
        made(lab, &json!({}));
        add_interface(lab);
    }))
}

/// The record, with an address.
fn with_address() -> Option<Doing> {
    Some(Box::new(|lab| {
        made(lab, &json!({}));
        lab.netbox.give_address(RECORD, "192.0.2.10/24");
    }))
}

fn made(lab: &Lab, fields: &Value) {
    create(lab, "vm", ("proxmox_vm_templates", "9000"), fields);
}

pub(crate) fn rows() -> Vec<Row> {
    let staged = || there(json!({}));
    let status = |status: &str| there(json!({ "status": status }));
    let custom = json!({"proxmox_public_ssh_key": KEY, "proxmox_vm_storage": "ceph"});
    let full = json!({"vcpus": 2, "memory": 4096, "disk": 32_000, "custom_fields": custom});
    let row = |name, before, change| Row { name, before, change };
    vec![
        row("1 created staged", None, Box::new(move |lab| made(lab, &full))),
        row("1 created active", None, Box::new(|lab| made(lab, &json!({"status": "active"})))),
        row("2 vcpus and memory", staged(), update(json!({"vcpus": 4, "memory": 2048}))),
        row("3 SSH key", staged(), update(json!({"custom_fields": {"proxmox_public_ssh_key": KEY}}))),
        row("4 address", staged(), Box::new(|lab| drop(lab.netbox.give_address(RECORD, "192.0.2.10/24")))),
        row("4 address cleared", with_address(), update(json!({"primary_ip4": null}))),
        row("5 root disk grown", staged(), resize("scsi0", 20_000)),
        row("5b disk added", staged(), Box::new(|lab| add_disk(lab, "scsi2", 3_000, json!({})))),
        row("6 disk grown", staged(), resize("scsi1", 7_000)),
        row("6b disk shrunk", staged(), resize("scsi1", 1_000)),
        row("7 disk deleted", staged(), delete_disk("scsi1")),
        row("8 active", staged(), update(json!({"status": "active"}))),
        row("9 offline", status("active"), update(json!({"status": "offline"}))),
        row("10 deleted", status("active"), Box::new(|lab| lab.netbox.delete_vm(RECORD))),
        row("11 node changed", status("active"), update(json!({"custom_fields": {"proxmox_node": "pve02"}}))),
        row("12 and 14 name, tag, description, start on boot", staged(), Box::new(label)),
        row("13 interface added, its address and its MAC address", staged(), Box::new(add_interface)),
        row("13 interface changed", with_interface(), Box::new(change_interface)),
        row("13 interface removed", with_interface(), Box::new(delete_interface)),
        row("15 paused", status("active"), update(json!({"status": "paused"}))),
        row("15 resumed", status("paused"), update(json!({"status": "active"}))),
        row("15 paused then offline", status("paused"), update(json!({"status": "offline"}))),
    ]
}
