//! A comparison of ten thousand guests, a hundred of which drifted: what it finds, its calls, its time for each guest
//! beside that of a bare configuration request, and the memory it needs at its peak.
#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::time::Instant;

use netbox_proxmox_core::live::{Found, Reconcile};
use netbox_proxmox_tests::{CLUSTER, Lab};
use serde_json::json;

const GUESTS: u32 = 10_000;
const DRIFTED: usize = 100;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let lab = Lab::new().await;
    let mut drifted = BTreeSet::new();
    for number in 1..=GUESTS {
        let (vmid, name) = (100_000 + number, format!("guest-{number}"));
        let custom = json!({
            "proxmox_vm_type": "vm", "proxmox_vm_templates": "9000", "proxmox_vmid": vmid.to_string(),
            "proxmox_node": "pve01", "proxmox_vm_storage": "ceph",
        });
        let record = lab.netbox.create_vm(json!({
            "name": name, "status": "active", "cluster": {"name": CLUSTER}, "vcpus": 1, "memory": 1024,
            "custom_fields": custom,
        }));
        let id = record["id"].as_u64().unwrap();
        lab.netbox.create_disk(json!({"virtual_machine": id, "name": "scsi0", "size": 10_000}));
        let drifts = number as usize % (GUESTS as usize / DRIFTED) == 0;
        let marker = format!("netbox-proxmox: netbox.example.org record {id} vmid {vmid} ready");
        let cores = if drifts { 2 } else { 1 };
        lab.proxmox.add_guest(vmid, &name, |guest| {
            let guest = guest.node("pve01").disk("scsi0", "ceph", 10_240).cores(cores).memory(1024);
            guest.tags("netbox").description(&marker).running()
        });
        if drifts {
            drifted.insert(id);
        }
    }
    let calls = || (lab.netbox.requests().len(), lab.proxmox.requests().len());
    let before = calls();
    // The peak from here on.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let resident = memory("VmRSS:");
    let began = Instant::now();
    let mut found = BTreeSet::new();
    let swept = Reconcile::new(lab.dispatcher.bridge(), 8)
        .sweep(&mut |finding| match finding {
            Found::Same { .. } => {}
            Found::Difference { record, .. } => drop(found.insert(record.0)),
            Found::Orphan(report) => panic!("{}", report.text),
            Found::Failed { what, failure } => panic!("{what}: {failure}"),
        })
        .await
        .unwrap();
    let took = began.elapsed();
    let peak = memory("VmHWM:");
    let after = calls();
    assert_eq!(found, drifted, "exactly those that drifted");
    println!("{swept:?}");
    println!("calls: NetBox {}, Proxmox {}", after.0 - before.0, after.1 - before.1);
    println!("memory: {resident} kB with both fakes before, {peak} kB at the peak of the comparison");

    let client = &lab.dispatcher.bridge().clusters[0].client;
    let (node, vmid) = ("pve01".parse().unwrap(), 100_001.try_into().unwrap());
    let began = Instant::now();
    for _ in 0..1_000 {
        client.node(&node).qemu(vmid).config(proxmox_api::ConfigView::Pending).await.unwrap();
    }
    let one = began.elapsed().as_secs_f64() / 1_000.0;
    let each = took.as_secs_f64() / f64::from(GUESTS);
    println!("a compared guest : one configuration request = {:.2}", each / one);
}

fn memory(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}
