//! Catching up with what was changed while the server was away: ten thousand entries of the change log beside a thousand, read by a child of this process
//! that stores what they mean in SQLite, with its memory before and at its peak. Then 450 changes of another cluster's machines and one of ours in a NetBox that takes
//! 30 ms an entry (a page of 200: six seconds) and does one thing at a time: when Proxmox hears of ours, first or last in the log.
//!
//! `ENTRIES=100000` reads so many beside a tenth of them: the fake looks at all of its entries for each page.
#![allow(missing_docs, clippy::unwrap_used)]

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use netbox_api::testing::FakeNetBox;
use netbox_proxmox_benches::{memory, processor, row};
use netbox_proxmox_core::live::{Bridge, Dispatcher, Inbox, ProxmoxCluster, SqliteStore, clusters};
use netbox_proxmox_core::{Policy, Silent};
use netbox_proxmox_tests::{CLUSTER, Lab, OTHER_CLUSTER, netbox_of, proxmox};
use proxmox_api::testing::FakeProxmox;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;
use tokio::sync::Notify;

/// What NetBox takes for an entry of a page.
const AN_ENTRY: Duration = Duration::from_millis(30);
const FOREIGN: u64 = 450;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, netbox, netbox_token, proxmox, proxmox_token] = arguments.as_slice()
        && flag == "--catch-up"
    {
        return child(netbox, netbox_token, proxmox, proxmox_token).await;
    }
    let entries: u64 = std::env::var("ENTRIES").map_or(10_000, |entries| entries.parse().unwrap());
    let (few, many) = (of(entries / 10).await, of(entries).await);
    let beside = format!("with {} entries", entries / 10);
    row("caught up: processor time an entry", entries, many.0, "µs", Some((&beside, few.0)));
    row("caught up: memory at the peak", entries, many.1, "MB", Some((&beside, few.1)));
    row("caught up: memory before", entries, many.2, "MB", Some((&beside, few.2)));
    let an_entry = Some(("a page of 200", AN_ENTRY.as_secs_f64() * 200.0));
    row("ours is heard of, first of the log, others after it", FOREIGN, behind(true).await, "s", an_entry);
    row("ours is heard of, last of the log, others before it", FOREIGN, behind(false).await, "s", an_entry);
}

/// Microseconds of processor time an entry, and the memory in MB at its peak and before.
async fn of(entries: u64) -> (f64, f64, f64) {
    let (netbox, proxmox) = (netbox_of(&[CLUSTER, OTHER_CLUSTER]).await, proxmox().await);
    let machines: Vec<u64> = (0..100).map(|number| foreign(&netbox, number)).collect();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--catch-up", &netbox.url(), &netbox.token(), proxmox.url(), proxmox.token_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("began"));
    for number in 0..entries {
        let machine = machines[usize::try_from(number).unwrap() % machines.len()];
        netbox.update_vm(machine, json!({"memory": 1_024 + number}));
    }
    child.stdin.take().unwrap().write_all(b"go on\n").await.unwrap();
    let said = lines.next_line().await.unwrap().unwrap();
    assert!(child.wait().await.unwrap().success());
    let figures: Vec<f64> = said.split(' ').map(|figure| figure.parse().unwrap()).collect();
    assert_eq!(figures[0], entries as f64, "all were read");
    (figures[1] / entries as f64 * 1e6, figures[2] / 1e3, figures[3] / 1e3)
}

/// A machine of another cluster.
fn foreign(netbox: &FakeNetBox, number: u64) -> u64 {
    let theirs = json!({"name": format!("theirs-{number}"), "status": "active", "cluster": {"name": OTHER_CLUSTER}});
    netbox.create_vm(theirs)["id"].as_u64().unwrap()
}

async fn child(netbox: &str, netbox_token: &str, proxmox: &str, proxmox_token: &str) {
    let netbox = netbox_api::Client::builder(netbox).token(netbox_token.into()).build().unwrap();
    let client = proxmox_api::Client::builder(proxmox).token(proxmox_token).build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let inbox = Inbox::new(SqliteStore::open(&directory.path().join("inbox.sqlite")).await.unwrap());
    let netbox_cluster = clusters::resolve(&netbox, &inbox, CLUSTER).await.unwrap().cluster;
    let cluster = ProxmoxCluster { setting: CLUSTER.into(), netbox_cluster, client };
    let dispatcher =
        Dispatcher::new(Bridge::new(netbox, "netbox.example.org", vec![cluster], inbox), Silent, "bench", 8);
    dispatcher.catch_up(None).await.unwrap();
    println!("began");
    tokio::task::block_in_place(|| std::io::stdin().read_line(&mut String::new())).unwrap();
    let (before, work) = (memory("VmRSS:"), processor());
    let read = dispatcher.catch_up(None).await.unwrap().read;
    println!("{read} {} {} {before}", processor() - work, memory("VmHWM:"));
}

/// Seconds until Proxmox hears of the change of a guest of ours that was made before or after those of others.
async fn behind(first: bool) -> f64 {
    let lab = Lab::between(netbox_of(&[CLUSTER, OTHER_CLUSTER]).await, proxmox().await, Policy::default());
    let id = lab.create(json!({"status": "active"})).await;
    let machines: Vec<u64> = (0..10).map(|number| foreign(&lab.netbox, number)).collect();
    drop(lab.take());
    lab.dispatcher.catch_up(None).await.unwrap();
    let others = || {
        for number in 0..FOREIGN {
            let machine = machines[usize::try_from(number).unwrap() % machines.len()];
            lab.netbox.update_vm(machine, json!({"memory": 1_024 + number}));
        }
    };
    if !first {
        others();
    }
    lab.netbox.update_vm(id, json!({"status": "offline"}));
    if first {
        others();
    }
    drop(lab.take());
    lab.netbox.on_request(|netbox, request| {
        if request.path.contains("object-changes") {
            let asked = |name: &str| {
                let value = request.query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
                value.and_then(|value| value.parse::<u64>().ok())
            };
            let from = asked("id__gte").unwrap_or(0);
            let left = netbox.object_changes().iter().filter(|entry| entry["id"].as_u64() >= Some(from)).count();
            let entries = left.min(asked("limit").map_or(50, |limit| usize::try_from(limit).unwrap()));
            // The fake has a thread of its own.
            std::thread::sleep(AN_ENTRY * u32::try_from(entries).unwrap());
        }
    });
    let off = heard(&lab.proxmox);
    let begun = Instant::now();
    let dispatcher = lab.dispatcher.clone();
    let reading = tokio::spawn(async move { dispatcher.catch_up(None).await });
    off.notified().await;
    let took = begun.elapsed().as_secs_f64();
    reading.await.unwrap().unwrap();
    took
}

/// Wakes whoever waits for a guest to be shut down.
fn heard(proxmox: &FakeProxmox) -> Arc<Notify> {
    let notify = Arc::new(Notify::new());
    let heard = notify.clone();
    proxmox.before("POST /nodes/*/qemu/*/status/shutdown", move |_, _| heard.notify_one());
    notify
}
