//! What a creation asks of both sides, call by call: each has a reason, and there is no other.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicBool, Ordering};

use netbox_proxmox_tests::Lab;
use serde_json::json;

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq0fFkZtxYb8l1nq7yJm4Qv3l2nUo0Wc5dQH7yXb3Zp admin@example";

#[tokio::test]
async fn a_guest_that_is_created_configured_and_started() {
    let lab = Lab::new().await;
    let custom = json!({"proxmox_public_ssh_key": KEY, "proxmox_vm_storage": "ceph"});
    let id = lab.create(json!({"status": "active", "vcpus": 2, "memory": 4096, "custom_fields": custom})).await;
    lab.must_have_applied();
    assert!(lab.guest(id).is_running());
    assert_eq!(lab.netbox.vm(id).unwrap()["custom_fields"]["proxmox_node"]["value"], "pve01");
    let proxmox = lab.proxmox.requests();
    let asked: Vec<String> = proxmox
        .iter()
        .filter(|request| !request.path.contains("/tasks/"))
        .map(|request| format!("{} {}", request.method, request.path))
        .collect();
    let wanted = [
        // Which guests, nodes and storages there are.
        "GET /cluster/resources",
        // What a clone will inherit.
        "GET /nodes/pve01/qemu/9000/config",
        // Whether the VMID is free: no listing says so.
        "GET /cluster/nextid",
        "POST /nodes/pve01/qemu/9000/clone",
        // Whose it is, and what it has; then changed under its digest.
        "GET /nodes/pve01/qemu/100/config",
        "PUT /nodes/pve01/qemu/100/config",
        "PUT /nodes/pve01/qemu/100/cloudinit",
        "POST /nodes/pve01/qemu/100/status/start",
        // The digest, for the marker `ready`; what it has then is remembered.
        "GET /nodes/pve01/qemu/100/config",
        "PUT /nodes/pve01/qemu/100/config",
    ];
    assert_eq!(asked, wanted);
    let asked: Vec<String> =
        lab.netbox.requests().iter().map(|request| format!("{} {}", request.method, request.path)).collect();
    let wanted = [
        // The record; it says that it has neither disks nor interfaces.
        "GET /api/virtualization/virtual-machines/1/",
        // Whether another record says the VMID.
        "GET /api/virtualization/virtual-machines/",
        // VMID and node, under the ETag of the look-up.
        "PATCH /api/virtualization/virtual-machines/1/",
        // The root disk.
        "POST /api/virtualization/virtual-disks/",
        // That the guest was made: `report_created` asks for it.
        "POST /api/extras/journal-entries/",
    ];
    assert_eq!(asked, wanted);
}

#[tokio::test]
async fn a_record_that_somebody_changes_meanwhile_is_read_again() {
    let lab = Lab::new().await;
    let done = std::sync::atomic::AtomicBool::new(false);
    lab.netbox.on_request(move |netbox, request| {
        // After the look-up, and before anything is written.
        let is_it = request.is("GET", "/api/virtualization/virtual-machines/") && request.query.contains("cf_");
        if is_it && !done.swap(true, std::sync::atomic::Ordering::SeqCst) {
            netbox.update_vm(1, json!({"comments": "by somebody else"}));
        }
    });
    let id = lab.create(json!({})).await;
    lab.must_have_applied();
    assert_eq!((lab.vmid(id), lab.guests()), (Some(100), vec![100]));
    assert_eq!(lab.netbox.vm(id).unwrap()["comments"], "by somebody else");
}

/// Before NetBox 4.6 no write can be bound to what was read: it is read back instead.
#[tokio::test]
async fn a_vmid_that_somebody_types_while_ours_is_written_is_the_one_that_counts() {
    let netbox = netbox_api::testing::FakeNetBox::builder().token("nbt_labkey000000.lab-secret");
    let version = netbox_api::testing::Version::new(4, 5);
    let netbox = netbox.cluster(netbox_proxmox_tests::CLUSTER).version(version).start().await;
    netbox.hold();
    netbox.webhook("http://127.0.0.1:9/webhook", Some("hook"));
    let lab = Lab::between(netbox, netbox_proxmox_tests::proxmox().await, Default::default());
    let (written, done) = (AtomicBool::new(false), AtomicBool::new(false));
    lab.netbox.on_request(move |netbox, request| {
        let record = "/api/virtualization/virtual-machines/1/";
        if request.is("PATCH", record) {
            written.store(true, Ordering::SeqCst);
        } else if request.is("GET", record) && written.load(Ordering::SeqCst) && !done.swap(true, Ordering::SeqCst) {
            netbox.update_vm(1, json!({"custom_fields": {"proxmox_vmid": "777"}}));
        }
    });
    let id = lab.create(json!({})).await;
    assert_eq!((lab.vmid(id), lab.guests()), (Some(777), vec![777]), "{:?}", lab.journal());
}

#[tokio::test]
async fn a_node_that_netbox_does_not_take_costs_no_vmid() {
    let netbox = netbox_api::testing::FakeNetBox::builder().token("nbt_labkey000000.lab-secret");
    let netbox = netbox.cluster(netbox_proxmox_tests::CLUSTER).choices("proxmox_node", ["another"]).start().await;
    netbox.hold();
    netbox.webhook("http://127.0.0.1:9/webhook", Some("hook"));
    let lab = Lab::between(netbox, netbox_proxmox_tests::proxmox().await, Default::default());
    let id = lab.create(json!({})).await;
    lab.must_have_applied();
    assert_eq!((lab.vmid(id), lab.guests()), (Some(100), vec![100]));
    assert!(lab.journal().iter().any(|text| text.contains("pve01")), "{:?}", lab.journal());
}
