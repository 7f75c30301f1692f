//! A comparison of ten thousand guests, a hundred of which drifted: what it finds, its calls, and the memory that it
//! needs at its peak. The fakes are in this process, the comparison in a child of it: its memory is its own.
#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::process::Command;

use netbox_api::testing::FakeNetBox;
use netbox_proxmox_core::live::{Bridge, Found, Inbox, MemoryStore, ProxmoxCluster, Reconcile};
use netbox_proxmox_tests::{CLUSTER, netbox, proxmox};
use proxmox_api::testing::FakeProxmox;
use serde_json::json;

const GUESTS: u32 = 10_000;
const DRIFTED: u32 = 100;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, netbox, netbox_token, proxmox, proxmox_token] = arguments.as_slice()
        && flag == "--compare"
    {
        return compare(netbox, netbox_token, proxmox, proxmox_token).await;
    }
    let (netbox, proxmox) = (netbox().await, proxmox().await);
    let drifted: BTreeSet<u64> = (1..=GUESTS).filter_map(|number| pair(&netbox, &proxmox, number)).collect();
    let before = (netbox.requests().len(), proxmox.requests().len());
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--compare", &netbox.url(), &netbox.token(), proxmox.url(), proxmox.token_string()])
        .output();
    let output = tokio::task::block_in_place(|| child).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: BTreeSet<u64> = text.lines().filter_map(|line| line.parse().ok()).collect();
    assert_eq!(found, drifted, "exactly those that drifted");
    text.lines().filter(|line| line.parse::<u64>().is_err()).for_each(|line| println!("{line}"));
    let after = (netbox.requests().len(), proxmox.requests().len());
    println!("calls: NetBox {}, Proxmox {}", after.0 - before.0, after.1 - before.1);
}

/// Makes a record with its guest; gives the record's id if they differ.
fn pair(netbox: &FakeNetBox, proxmox: &FakeProxmox, number: u32) -> Option<u64> {
    let (vmid, name) = (100_000 + number, format!("guest-{number}"));
    let custom = json!({
        "proxmox_vm_type": "vm", "proxmox_vm_templates": "9000", "proxmox_vmid": vmid.to_string(),
        "proxmox_node": "pve01", "proxmox_vm_storage": "ceph",
    });
    let record = netbox.create_vm(json!({
        "name": name, "status": "active", "cluster": {"name": CLUSTER}, "vcpus": 1, "memory": 1024, "custom_fields": custom,
    }));
    let id = record["id"].as_u64().unwrap();
    netbox.create_disk(json!({"virtual_machine": id, "name": "scsi0", "size": 10_000}));
    let drifts = number.is_multiple_of(GUESTS / DRIFTED);
    let marker = format!("netbox-proxmox: netbox.example.org record {id} vmid {vmid} ready");
    let cores = if drifts { 2 } else { 1 };
    proxmox.add_guest(vmid, &name, |guest| {
        let guest = guest.node("pve01").disk("scsi0", "ceph", 10_240).cores(cores).memory(1024);
        guest.tags("netbox").description(&marker).running()
    });
    drifts.then_some(id)
}

/// Compares, and prints the records that differ and the memory at the peak.
async fn compare(netbox: &str, netbox_token: &str, proxmox: &str, proxmox_token: &str) {
    let netbox = netbox_api::Client::builder(netbox).token(netbox_token.into()).build().unwrap();
    let client = proxmox_api::Client::builder(proxmox).token(proxmox_token).build().unwrap();
    let cluster = ProxmoxCluster { netbox_cluster: CLUSTER.into(), client };
    let bridge = Bridge::new(netbox, "netbox.example.org", vec![cluster], Inbox::new(MemoryStore::default()));
    let before = memory("VmHWM:");
    let swept = Reconcile::new(&bridge, 8)
        .sweep(&mut |finding| match finding {
            Found::Same { .. } => {}
            Found::Difference { record, .. } => println!("{record}"),
            Found::Orphan(report) => panic!("{}", report.text),
            Found::Failed { what, failure } => panic!("{what}: {failure}"),
        })
        .await
        .unwrap();
    println!("{swept:?}");
    println!("memory: {before} kB before, {} kB at the peak", memory("VmHWM:"));
}

fn memory(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}
