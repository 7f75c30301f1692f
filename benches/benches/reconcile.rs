//! A comparison of ten thousand guests, VMs and containers, a hundred of which drifted: what it finds, its calls, its time
//! and the memory that it needs at its peak; then the server's own comparison closes it, and another one finds nothing. The
//! fakes are in this process, the comparison in a child of it: its memory and its processor time are its own.
//!
//! `GUESTS=1000` does it with fewer.
#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::Instant;

use netbox_api::testing::FakeNetBox;
use netbox_proxmox_benches::{memory, processor};
use netbox_proxmox_core::Silent;
use netbox_proxmox_core::live::{Bridge, Dispatcher, Found, Inbox, ProxmoxCluster, Reconcile, SqliteStore, clusters};
use netbox_proxmox_tests::{CLUSTER, netbox, proxmox};
use proxmox_api::testing::{FakeProxmox, GuestBuilder};
use serde_json::json;

/// One in so many drifted: both kinds of guests do.
const DRIFTS: u32 = 101;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, netbox, netbox_token, proxmox, proxmox_token] = arguments.as_slice()
        && flag == "--compare"
    {
        return compare(netbox, netbox_token, proxmox, proxmox_token).await;
    }
    let (netbox, proxmox) = (netbox().await, proxmox().await);
    let guests: u32 = std::env::var("GUESTS").map_or(10_000, |guests| guests.parse().unwrap());
    let mut drifted = BTreeSet::new();
    // What a guest costs the fakes is the same in both lines.
    for part in [1..=guests / 10, guests / 10 + 1..=guests] {
        let (begun, count) = (Instant::now(), part.clone().count());
        drifted.extend(part.filter_map(|number| pair(&netbox, &proxmox, number)));
        println!("fakes-set-up guests={count} seconds={:.2}", begun.elapsed().as_secs_f64());
    }
    let fakes = processor();
    let before = (netbox.requests().len(), proxmox.requests().len());
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--compare", &netbox.url(), &netbox.token(), proxmox.url(), proxmox.token_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let found = |lines: &mut dyn Iterator<Item = String>| -> BTreeSet<u64> {
        let mut found = BTreeSet::new();
        for line in lines.take_while(|line| line != "end") {
            match line.parse() {
                Ok(record) => drop(found.insert(record)),
                Err(_) => println!("{line}"),
            }
        }
        found
    };
    tokio::task::block_in_place(|| {
        assert_eq!(found(&mut lines), drifted, "exactly those that drifted");
        let after = (netbox.requests().len(), proxmox.requests().len());
        println!("calls: NetBox {}, Proxmox {}", after.0 - before.0, after.1 - before.1);
        println!("compared-by-fakes guests={guests} processor_seconds={:.2}", processor() - fakes);
        // The child goes on once this was counted.
        child.stdin.take().unwrap().write_all(b"go on\n").unwrap();
        assert_eq!(found(&mut lines), BTreeSet::new(), "a second run plans nothing");
        assert!(child.wait().unwrap().success());
    });
}

/// Makes a record with its guest; gives the record's id if they differ.
fn pair(netbox: &FakeNetBox, proxmox: &FakeProxmox, number: u32) -> Option<u64> {
    let (vmid, name) = (100_000 + number, format!("guest-{number}"));
    let is_container = number.is_multiple_of(2);
    let (kind, root) = if is_container { ("lxc", "rootfs") } else { ("vm", "scsi0") };
    let custom = json!({
        "proxmox_vm_type": kind, "proxmox_vm_templates": "9000", "proxmox_lxc_templates": "9100",
        "proxmox_vmid": vmid.to_string(), "proxmox_node": "pve01", "proxmox_vm_storage": "ceph",
    });
    let record = netbox.create_vm(json!({
        "name": name, "status": "staged", "cluster": {"name": CLUSTER}, "vcpus": 1, "memory": 1024, "custom_fields": custom,
    }));
    let id = record["id"].as_u64().unwrap();
    netbox.create_disk(json!({"virtual_machine": id, "name": root, "size": 10_000}));
    let drifts = number == 1 || number.is_multiple_of(DRIFTS);
    let born = record["created"].as_str().unwrap();
    let marker = format!("netbox-proxmox: netbox.example.org record {id} vmid {vmid} ready born {born}");
    let cores = if drifts { 2 } else { 1 };
    let describe = |guest: GuestBuilder| {
        let guest = guest.node("pve01").disk(root, "ceph", 10_240).cores(cores).memory(1024);
        guest.tags("netbox").description(&marker).running()
    };
    match is_container {
        true => proxmox.add_container(vmid, &name, describe),
        false => proxmox.add_guest(vmid, &name, describe),
    }
    drifts.then_some(id)
}

/// Compares, and prints the records that differ and the memory at the peak; when told to, closes the differences and
/// compares again.
async fn compare(netbox: &str, netbox_token: &str, proxmox: &str, proxmox_token: &str) {
    let netbox = netbox_api::Client::builder(netbox).token(netbox_token.into()).build().unwrap();
    let client = proxmox_api::Client::builder(proxmox).token(proxmox_token).build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let inbox = Inbox::new(SqliteStore::open(&directory.path().join("inbox.sqlite")).await.unwrap());
    let netbox_cluster = clusters::resolve(&netbox, &inbox, CLUSTER).await.unwrap().cluster;
    let cluster = ProxmoxCluster { setting: CLUSTER.into(), netbox_cluster, client };
    let bridge = Bridge::new(netbox, "netbox.example.org", vec![cluster], inbox);
    let (before, begun, processor_before) = (memory("VmHWM:"), Instant::now(), processor());
    sweep(&bridge).await;
    let (took, work, peak) = (begun.elapsed().as_secs_f64(), processor() - processor_before, memory("VmHWM:"));
    println!(
        "compared seconds={took:.2} processor_seconds={work:.2} memory_kb_before={before} memory_kb_at_the_peak={peak}\nend"
    );
    tokio::task::block_in_place(|| std::io::stdin().read_line(&mut String::new())).unwrap();
    let dispatcher = Dispatcher::new(bridge, Silent, "bench", 8);
    let running = dispatcher.clone();
    let run = tokio::spawn(async move { running.run(std::future::pending()).await });
    println!("closed: {:?}", dispatcher.reconcile(8).await.unwrap());
    dispatcher.idle().await;
    sweep(dispatcher.bridge()).await;
    println!("end");
    run.abort();
}

async fn sweep(bridge: &Bridge) {
    let found = &mut |finding: Found| match finding {
        Found::Same { .. } => {}
        Found::Difference { owner, .. } => println!("{}", owner.record),
        Found::Orphan(report) => panic!("{}", report.text),
        Found::Failed { what, failure } => panic!("{what}: {failure}"),
    };
    println!("{:?}", Reconcile::new(bridge, 8).sweep(found).await.unwrap());
}
