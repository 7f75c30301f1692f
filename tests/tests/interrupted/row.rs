//! A row of the mission, and what rows are made of.

use netbox_proxmox_tests::{CLUSTER, Lab};
use serde_json::{Value, json};

pub(crate) const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq0fFkZtxYb8l1nq7yJm4Qv3l2nUo0Wc5dQH7yXb3Zp admin@example";

/// The record that every row is about: the first of its NetBox.
pub(crate) const RECORD: u64 = 1;

/// What somebody does in NetBox.
pub(crate) type Doing = Box<dyn Fn(&Lab) + Send + Sync>;

/// One row: what there is before, and what a person then does.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// What was done before, and answered; none: the row creates the record.
    pub(crate) before: Option<Doing>,
    pub(crate) change: Doing,
}

/// Creates the record of a guest of this type from this template, in the field that is for it.
pub(crate) fn create(lab: &Lab, kind: &str, template: (&str, &str), fields: &Value) {
    let mut vm = json!({"name": "web01", "status": "staged", "cluster": {"name": CLUSTER}});
    vm.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let custom = vm.as_object_mut().unwrap().entry("custom_fields").or_insert(json!({})).as_object_mut().unwrap();
    custom.insert("proxmox_vm_type".into(), kind.into());
    custom.insert(template.0.into(), template.1.into());
    lab.netbox.create_vm(vm);
}

/// Changes the record.
pub(crate) fn update(fields: Value) -> Doing {
    Box::new(move |lab| drop(lab.netbox.update_vm(RECORD, fields.clone())))
}

/// Creates a virtual disk of the record.
pub(crate) fn add_disk(lab: &Lab, name: &str, size: u64, custom_fields: Value) {
    let disk = json!({"virtual_machine": RECORD, "name": name, "size": size, "custom_fields": custom_fields});
    lab.netbox.create_disk(disk);
}

/// The id of a virtual disk of the record.
pub(crate) fn disk(lab: &Lab, name: &str) -> u64 {
    lab.netbox.disks(RECORD).iter().find(|disk| disk["name"] == name).unwrap()["id"].as_u64().unwrap()
}

pub(crate) fn resize(name: &'static str, size: u64) -> Doing {
    Box::new(move |lab| drop(lab.netbox.update_disk(disk(lab, name), json!({"size": size}))))
}

pub(crate) fn delete_disk(name: &'static str) -> Doing {
    Box::new(move |lab| lab.netbox.delete_disk(disk(lab, name)))
}

/// Adds the interface `net1` with an address.
pub(crate) fn add_interface(lab: &Lab) {
    let interface = json!({"virtual_machine": RECORD, "name": "net1", "mtu": 9000});
    let interface = lab.netbox.create_interface(interface);
    lab.netbox.create_ip(json!({
        "address": "198.51.100.7/24", "assigned_object_type": "virtualization.vminterface",
        "assigned_object_id": interface["id"],
    }));
}

/// Changes the interface `net1`.
pub(crate) fn change_interface(lab: &Lab) {
    lab.netbox.update_interface(interface(lab), json!({"mtu": 1400, "enabled": false}));
}

/// Deletes the interface `net1`, and so its address.
pub(crate) fn delete_interface(lab: &Lab) {
    lab.netbox.delete_interface(interface(lab));
}

fn interface(lab: &Lab) -> u64 {
    lab.netbox.interfaces(RECORD).iter().find(|it| it["name"] == "net1").unwrap()["id"].as_u64().unwrap()
}

/// Renames the record and gives it a tag, a description and start on boot.
pub(crate) fn label(lab: &Lab) {
    lab.netbox.user("admin").create("extras/tags", json!({"name": "shop", "slug": "shop"}));
    let labels = json!({"name": "web02", "description": "a shop", "start_on_boot": "on", "tags": [{"name": "shop"}]});
    lab.netbox.update_vm(RECORD, labels);
}
