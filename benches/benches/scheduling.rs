//! What waits and what is slow, and how long something else is held up by it; what one of many waiting events costs.
#![allow(missing_docs, clippy::unwrap_used)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use netbox_proxmox_benches::{processor, row};
use netbox_proxmox_core::Policy;
use netbox_proxmox_core::live::{MemoryStore, NewEvent, SqliteStore, Store};
use netbox_proxmox_tests::{CLUSTER, Lab, bridge, changes, netbox, proxmox, record};
use proxmox_api::testing::{FakeProxmox, Fault, GuestKind, TaskTime};
use serde_json::json;
use tokio::sync::Notify;

/// Wakes whoever waits for a request.
fn heard(proxmox: &FakeProxmox, pattern: &str) -> Arc<Notify> {
    let notify = Arc::new(Notify::new());
    let heard = notify.clone();
    proxmox.before(pattern, move |_, _| heard.notify_one());
    notify
}

async fn hand_over(lab: &Lab) {
    lab.dispatcher.accept(&lab.take()).await.unwrap();
}

/// How long it takes until Proxmox hears of a power-off.
async fn power_off(lab: &Lab, id: u64) -> f64 {
    let off = heard(&lab.proxmox, "POST /nodes/*/qemu/*/status/shutdown");
    lab.netbox.update_vm(id, json!({"status": "offline"}));
    let begun = Instant::now();
    hand_over(lab).await;
    off.notified().await;
    begun.elapsed().as_secs_f64() * 1e3
}

async fn idle_power_off() -> f64 {
    let lab = Lab::new().await;
    let id = lab.create(json!({"status": "active"})).await;
    power_off(&lab, id).await
}

async fn behind_clones(clones: u64) -> f64 {
    let lab = Lab::new().await;
    let id = lab.create(json!({"status": "active"})).await;
    lab.proxmox.task_time("qmclone", TaskTime::Manual);
    let cloning = heard(&lab.proxmox, "POST /nodes/*/qemu/*/clone");
    for number in 0..clones {
        let storage = json!({"proxmox_vm_storage": "ceph"});
        let fields = json!({"name": format!("clone-{number}"), "custom_fields": storage});
        lab.netbox.create_vm(record(GuestKind::Qemu, fields));
    }
    hand_over(&lab).await;
    cloning.notified().await;
    power_off(&lab, id).await
}

/// So many events of guests on a node that does not answer.
async fn behind_a_node(events: u32) -> f64 {
    let lab = Lab::new().await;
    let there = lab.pairs(301..=300 + events);
    (301..=300 + events).for_each(|vmid| lab.proxmox.move_guest(vmid, "pve02"));
    let id = lab.create(json!({"status": "active"})).await;
    lab.proxmox.fault(Fault::delay(Duration::from_secs(3600)).on("GET /nodes/pve02/**").always());
    let asked = heard(&lab.proxmox, "GET /nodes/pve02/**");
    for id in there {
        lab.netbox.update_vm(id, json!({"memory": 2048}));
    }
    hand_over(&lab).await;
    asked.notified().await;
    power_off(&lab, id).await
}

/// The changes of virtual machines of another cluster, each one.
fn trivial(count: u64) -> Vec<NewEvent> {
    let change = |id: u64| {
        let data = json!({"id": id, "name": "theirs", "status": {"value": "active"}, "cluster": {"id": 999, "name": "theirs"}});
        let snapshot = json!({"name": "theirs", "status": "active", "cluster": 999, "custom_fields": {}});
        changes(&json!({
            "event": "created", "timestamp": "2026-01-01T00:00:00Z", "object_type": "virtualization.virtualmachine",
            "request": {"id": format!("request-{id}"), "user": "alice"}, "data": data,
            "snapshots": {"prechange": null, "postchange": snapshot},
        }))
    };
    (1..=count).flat_map(change).collect()
}

/// How long it takes until so many events of others are answered, with a NetBox that takes its time for each request.
async fn foreign(count: u64, latency: Duration) -> f64 {
    let netbox = netbox_api::testing::FakeNetBox::builder().token("nbt_labkey000000.lab-secret").cluster(CLUSTER);
    let lab = Lab::between(netbox.latency(latency).start().await, proxmox().await, Policy::default());
    let begun = Instant::now();
    lab.dispatcher.accept(&trivial(count)).await.unwrap();
    lab.dispatcher.idle().await;
    begun.elapsed().as_secs_f64() * 1e3
}

/// Milliseconds of CPU for each of so many events that wait when the server starts.
async fn waiting(store: impl Store + 'static, count: u64) -> f64 {
    let (netbox, proxmox) = (netbox().await, proxmox().await);
    let bridge = bridge(&netbox, &proxmox, store);
    for events in trivial(count).chunks(1_000) {
        bridge.inbox.accept(events, 0).await.unwrap();
    }
    let before = processor();
    let lab = Lab::over(netbox.into(), proxmox.into(), bridge);
    lab.dispatcher.idle().await;
    (processor() - before) * 1e3 / count as f64
}

#[tokio::main]
async fn main() {
    let idle = idle_power_off().await;
    for clones in [10, 100] {
        row(
            "power-off behind clones that wait",
            clones,
            behind_clones(clones).await,
            "ms",
            Some(("with nothing waiting", idle)),
        );
    }
    for events in [24, 240] {
        let behind = behind_a_node(events).await;
        row(
            "power-off behind a node that does not answer",
            events.into(),
            behind,
            "ms",
            Some(("with nothing waiting", idle)),
        );
    }
    let latency = Duration::from_secs(2);
    let beside = Some(("one request to NetBox", latency.as_secs_f64() * 1e3));
    row("events of others at a slow NetBox", 137, foreign(137, latency).await, "ms", beside);
    let directory = tempfile::tempdir().unwrap();
    for count in [1_000, 10_000] {
        let store = SqliteStore::open(&directory.path().join(format!("{count}.sqlite"))).await.unwrap();
        row("a trivial event that waits, SQLite", count, waiting(store, count).await, "ms of CPU", None);
    }
    let memory = waiting(MemoryStore::default(), 500).await;
    row("a trivial event that waits, in memory", 500, memory, "ms of CPU", None);
}
