//! What was done to the real NetBox 4.7.3 while its deliveries were recorded: the life of a virtual machine, other ways to make one, bulk
//! requests, the life of a container.

use serde_json::{Value, json};

use super::id;
use crate::testing::{Builder, FakeNetBox, User};

const KEYS: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq0fFkZtxYb8l1nq7yJm4Qv3l2nUo0Wc5dQH7yXb3Zp admin@example\n\
    ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7+k/Jr= ops@example";
const VM: &str = "virtualization/virtual-machines";

/// The NetBox it was done to.
pub(super) fn seeded() -> Builder {
    let template = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst";
    FakeNetBox::builder()
        .cluster("pve-cluster-1")
        .cluster("pve-cluster-2")
        .tag("managed")
        .tag("backup")
        .tag("production")
        .choices("proxmox_node", ["pve01", "pve02"])
        .labelled_choices("proxmox_vm_templates", [("9000", "debian-12-cloud"), ("9001", "ubuntu-24.04-cloud")])
        .labelled_choices("proxmox_lxc_templates", [(template, "debian-12-standard_12.7-1_amd64.tar.zst")])
        .choices("proxmox_vm_storage", ["local-lvm", "ceph-pool", "local-zfs"])
        .default_of("proxmox_node", json!("pve01"))
        .default_of("proxmox_vm_type", json!("vm"))
        .default_of("proxmox_vm_storage", json!("local-lvm"))
        .default_of("proxmox_vm_templates", json!("9000"))
        .default_of("proxmox_disk_storage_volume", json!("local-lvm"))
}

/// The objects beside virtual machines.
pub(super) fn prepare(netbox: &FakeNetBox) {
    let shell = netbox.shell();
    for (name, slug) in [("Hypervisor", "hypervisor"), ("Proxmox VM", "proxmox-vm"), ("Proxmox LXC", "proxmox-lxc")] {
        shell.create("dcim/device-roles", json!({"name": name, "slug": slug}));
    }
    shell.create("dcim/platforms", json!({"name": "Debian 12", "slug": "debian-12"}));
    shell.create("tenancy/tenants", json!({"name": "Acme", "slug": "acme"}));
    for name in ["pve01", "pve02"] {
        shell.create("dcim/devices", json!({"name": name, "site": 1, "cluster": 1}));
    }
    let small =
        json!({"name": "Small", "slug": "small", "default_vcpus": 1, "default_memory": 1024, "default_platform": 1});
    shell.create("virtualization/virtual-machine-types", small);
}

/// All of it.
pub(super) fn play(admin: &User<'_>) {
    machine(admin);
    other_machines(admin);
    bulk(admin);
    container(admin);
}

fn machine(admin: &User<'_>) {
    let vm = admin.create_vm(json!({"name": "web01", "status": "staged", "cluster": 1, "role": 2, "vcpus": 1, "memory": 1024,
        "custom_fields": {"proxmox_vm_type": "vm", "proxmox_node": "pve01", "proxmox_vm_templates": "9000", "proxmox_vm_storage": "local-lvm"}}));
    let vm = id(&vm);
    let patch = |fields: Value| admin.update_vm(vm, fields);
    let custom = |name: &str, value: &str| admin.update_vm(vm, json!({"custom_fields": {name: value}}));
    let on = |interface: &Value| json!({"assigned_object_type": "virtualization.vminterface", "assigned_object_id": interface["id"]});
    let with = |mut fields: Value, more: Value| {
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    custom("proxmox_public_ssh_key", KEYS);
    patch(json!({"vcpus": 2.5, "memory": 4096}));
    patch(json!({"vcpus": 2}));
    patch(json!({"vcpus": 2}));
    patch(json!({}));
    let eth0 = admin.create_interface(json!({"virtual_machine": vm, "name": "eth0", "enabled": true}));
    let mac = admin.create_mac(with(json!({"mac_address": "bc:24:11:00:00:01"}), on(&eth0)));
    admin.update_interface(id(&eth0), json!({"primary_mac_address": mac["id"]}));
    let eth1 = admin.create_interface(
        json!({"virtual_machine": vm, "name": "eth1", "mac_address": "BC:24:11:00:00:02", "mtu": 9000}),
    );
    admin.update_interface(id(&eth1), json!({"mac_address": "BC:24:11:00:00:03"}));
    let four = admin.create_ip(with(
        json!({"address": "192.0.2.10/24", "status": "active", "dns_name": "web01.example.org"}),
        on(&eth0),
    ));
    let six = admin.create_ip(with(json!({"address": "2001:db8::10/64", "status": "active"}), on(&eth0)));
    patch(json!({"primary_ip4": four["id"]}));
    patch(json!({"primary_ip6": six["id"]}));
    admin.update_ip(id(&four), json!({"address": "192.0.2.11/24"}));
    let disk = |name: &str, size: u64| json!({"virtual_machine": vm, "name": name, "size": size});
    let storage = |name: &str| json!({"custom_fields": {"proxmox_disk_storage_volume": name}});
    let scsi0 = admin.create_disk(with(disk("scsi0", 10000), storage("local-lvm")));
    let scsi1 = admin.create_disk(disk("scsi1", 20000));
    let scsi2 = admin.create_disk(with(disk("scsi2", 5000), storage("ceph-pool")));
    admin.update_disk(id(&scsi0), json!({"size": 16000}));
    admin.update_disk(id(&scsi1), json!({"size": 15000}));
    admin.update_disk(id(&scsi1), storage("ceph-pool"));
    admin.update_disk(id(&scsi2), json!({"name": "scsi3"}));
    admin.delete_disk(id(&scsi2));
    custom("proxmox_vmid", "101");
    patch(json!({"description": "front end", "comments": "# Notes\n\nmarkdown, ünïcode ✓"}));
    patch(json!({"status": "active"}));
    patch(json!({"tags": [{"name": "managed"}, {"slug": "backup"}]}));
    patch(json!({"add_tags": [{"name": "production"}]}));
    patch(json!({"remove_tags": [{"name": "backup"}]}));
    patch(json!({"tags": [{"name": "managed"}], "status": "offline"}));
    patch(json!({"tags": []}));
    patch(json!({"status": "active"}));
    custom("proxmox_node", "pve02");
    patch(json!({"device": 2}));
    patch(json!({"name": "web01-renamed"}));
    patch(json!({"start_on_boot": "on"}));
    patch(json!({"virtual_machine_type": 1, "platform": 1, "tenant": 1}));
    patch(json!({"local_context_data": {"proxmox": {"onboot": true}}}));
    patch(json!({"serial": "SN1", "changelog_message": "ticket 42"}));
    admin.request("PATCH", &format!("{VM}/{vm}?a=1&a=2&fields=id,name"), json!({"serial": "SN2"}));
    for status in ["offline", "failed", "planned", "decommissioning", "paused", "staged", "active"] {
        patch(json!({"status": status}));
    }
    admin.request(
        "PUT",
        &format!("{VM}/{vm}"),
        json!({"name": "web01", "cluster": 1, "status": "active", "memory": 2048}),
    );
    assert_eq!(admin.request("PATCH", &format!("{VM}/{vm}"), json!({"status": "bogus", "memory": -1})).status, 400);
    assert_eq!(admin.request("PATCH", &format!("{VM}/{vm}"), json!({"disk": 5})).status, 400);
    patch(json!({"cluster": 2, "device": null}));
    patch(json!({"cluster": 1}));
    admin.update_interface(id(&eth0), json!({"name": "net0", "enabled": false}));
    admin.update("dcim/mac-addresses", id(&mac), json!({"mac_address": "BC:24:11:00:00:0A"}));
    admin.delete_ip(id(&six));
    let off = json!({"assigned_object_type": null, "assigned_object_id": null});
    assert_eq!(admin.request("PATCH", &format!("ipam/ip-addresses/{}", id(&four)), off.clone()).status, 400);
    patch(json!({"primary_ip4": null}));
    admin.update_ip(id(&four), off);
    admin.update_ip(id(&four), on(&eth0));
    patch(json!({"primary_ip4": four["id"]}));
    admin.delete_interface(id(&eth1));
    admin.request("DELETE", &format!("{VM}/{vm}"), json!({"changelog_message": "gone"}));
}

fn other_machines(admin: &User<'_>) {
    let nulls = json!({"proxmox_node": null, "proxmox_vm_type": null, "proxmox_vm_storage": null, "proxmox_vm_templates": null});
    for fields in [
        json!({"name": "plain01", "cluster": 1}),
        json!({"name": "null01", "cluster": 1, "custom_fields": nulls}),
        json!({"name": "partial01", "cluster": 1, "custom_fields": {"proxmox_vmid": "200"}}),
        json!({"name": "nocluster01", "site": 1}),
        json!({"name": "typed01", "cluster": 1, "status": "staged", "virtual_machine_type": 1, "tags": [{"name": "managed"}]}),
    ] {
        admin.delete_vm(id(&admin.create_vm(fields)));
    }
    let vm = id(&admin.create_vm(json!({"name": "disknum01", "cluster": 1, "disk": 32000})));
    let disk = admin.create_disk(json!({"virtual_machine": vm, "name": "scsi0", "size": 8000}));
    admin.delete_disk(id(&disk));
    admin.delete_vm(vm);
}

fn bulk(admin: &User<'_>) {
    let new = |name: String| json!({"name": name, "cluster": 1, "status": "staged", "vcpus": 1, "memory": 512});
    let machines = admin.create(VM, (1..=5).map(|number| new(format!("bulk{number:02}"))).collect());
    let machines: Vec<u64> = machines.as_array().unwrap().iter().map(id).collect();
    admin.request("PATCH", VM, machines.iter().map(|id| json!({"id": id, "status": "active"})).collect());
    let disk = |vm: &u64| json!({"virtual_machine": vm, "name": "scsi0", "size": 4000});
    let disks = admin.create("virtualization/virtual-disks", machines[..2].iter().map(disk).collect());
    let resized = disks.as_array().unwrap().iter().map(|disk| json!({"id": disk["id"], "size": 6000})).collect();
    admin.request("PATCH", "virtualization/virtual-disks", resized);
    admin.request("DELETE", VM, machines.iter().map(|id| json!({"id": id})).collect());
    assert_eq!(admin.request("POST", VM, json!([{"name": "half01", "cluster": 1}, {"name": "half02"}])).status, 400);
    let later = format!("{VM}?background=true");
    let made =
        admin.request("POST", &later, json!([{"name": "bg01", "cluster": 1}, {"name": "bg02", "cluster": 1}])).body;
    admin.request("DELETE", &later, made.as_array().unwrap().iter().map(|vm| json!({"id": vm["id"]})).collect());
}

fn container(admin: &User<'_>) {
    let template = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst";
    let ct = admin.create_vm(json!({"name": "ct01", "status": "staged", "cluster": 1, "role": 3, "vcpus": 1, "memory": 512,
        "custom_fields": {"proxmox_vm_type": "lxc", "proxmox_node": "pve01", "proxmox_vm_templates": null, "proxmox_lxc_templates": template,
            "proxmox_vm_storage": "local-lvm", "proxmox_public_ssh_key": KEYS.lines().next()}}));
    let ct = id(&ct);
    let root = admin.create_disk(json!({"virtual_machine": ct, "name": "rootfs", "size": 8000}));
    admin.give_address(ct, "192.0.2.20/24");
    admin.update_vm(ct, json!({"vcpus": 2, "memory": 1024}));
    admin.update_disk(id(&root), json!({"size": 12000}));
    admin.update_vm(ct, json!({"custom_fields": {"proxmox_vmid": "102"}}));
    admin.update_vm(ct, json!({"status": "active"}));
    admin.update_vm(ct, json!({"status": "offline"}));
    admin.update_vm(ct, json!({"custom_fields": {"proxmox_node": "pve02"}}));
    admin.delete_vm(ct);
}
