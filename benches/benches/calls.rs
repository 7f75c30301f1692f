//! How many calls a creation makes on each side, task polling apart: a guest created, configured and started.
#![allow(missing_docs, clippy::unwrap_used)]

use netbox_proxmox_benches::row;
use netbox_proxmox_tests::Lab;
use serde_json::json;

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq0fFkZtxYb8l1nq7yJm4Qv3l2nUo0Wc5dQH7yXb3Zp admin@example";

#[tokio::main]
async fn main() {
    let lab = Lab::new().await;
    let custom = json!({"proxmox_public_ssh_key": KEY, "proxmox_vm_storage": "ceph"});
    lab.create(json!({"status": "active", "vcpus": 2, "memory": 4096, "custom_fields": custom})).await;
    lab.must_have_applied();
    let polls = |path: &str| path.contains("/tasks/");
    let proxmox = lab.proxmox.requests();
    let calls: Vec<_> = proxmox.iter().filter(|request| !polls(&request.path)).collect();
    println!("Proxmox: {} calls, and {} polls of tasks", calls.len(), proxmox.len() - calls.len());
    row("a creation, configured and started: requests to Proxmox", 1, calls.len() as f64, "requests", None);
    for request in calls {
        println!("  {} {}", request.method, request.path);
    }
    let netbox = lab.netbox.requests();
    println!("NetBox: {} calls", netbox.len());
    row("a creation, configured and started: requests to NetBox", 1, netbox.len() as f64, "requests", None);
    for request in &netbox {
        println!("  {} {}?{}", request.method, request.path, request.query);
    }
}
