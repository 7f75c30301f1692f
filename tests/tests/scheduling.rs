//! What is slow holds up nothing else: between the fakes, by the order in which things happen.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use netbox_proxmox_core::Policy;
use netbox_proxmox_core::live::{EventState, MemoryStore};
use netbox_proxmox_tests::mortal::Mortal;
use netbox_proxmox_tests::{CLUSTER, Lab, OTHER_CLUSTER, bridge, netbox, proxmox, record};
use proxmox_api::testing::{FakeProxmox, Fault, GuestKind, Power, TaskTime};
use serde_json::json;
use tokio::sync::Notify;

/// Counts requests of a pattern as they come, and wakes whoever waits for them.
#[derive(Clone, Default)]
struct Requests {
    count: Arc<AtomicUsize>,
    came: Arc<Notify>,
}

impl Requests {
    fn to(proxmox: &FakeProxmox, pattern: &str) -> Self {
        let requests = Self::default();
        let Self { count, came } = requests.clone();
        proxmox.before(pattern, move |_, _| {
            count.fetch_add(1, Ordering::SeqCst);
            came.notify_one();
        });
        requests
    }

    fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    /// Waits until so many came.
    async fn wait(&self, count: usize) {
        let wait = async {
            while self.count() < count {
                self.came.notified().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), wait).await.expect("they come");
    }
}

/// Hands over what NetBox has delivered, and waits for nothing.
async fn hand_over(lab: &Lab) {
    lab.dispatcher.accept(&lab.take()).await.unwrap();
}

/// Records that are to be cloned, named so.
fn to_be_cloned(lab: &Lab, cluster: &str, count: usize) -> Vec<u64> {
    let storage = json!({"proxmox_vm_storage": "ceph"});
    let create = |number| {
        let name = format!("{cluster}-{number}");
        let fields = json!({"name": name, "cluster": {"name": cluster}, "custom_fields": storage});
        lab.netbox.create_vm(record(GuestKind::Qemu, fields))["id"].as_u64().unwrap()
    };
    (0..count).map(create).collect()
}

#[tokio::test]
async fn clones_that_wait_hold_up_no_power_off() {
    let lab = Lab::new().await;
    let running = lab.create(json!({"status": "active"})).await;
    lab.proxmox.task_time("qmclone", TaskTime::Manual);
    let clones = Requests::to(&lab.proxmox, "POST /nodes/*/qemu/*/clone");
    let made = to_be_cloned(&lab, CLUSTER, 100);
    hand_over(&lab).await;
    clones.wait(2).await;
    let off = Requests::to(&lab.proxmox, "POST /nodes/*/qemu/*/status/shutdown");
    lab.netbox.update_vm(running, json!({"status": "offline"}));
    hand_over(&lab).await;
    off.wait(1).await;
    assert_eq!(clones.count(), 2, "as many as the storage may");
    let vmids: Vec<u32> = made.iter().filter_map(|id| lab.vmid(*id)).collect();
    assert_eq!(vmids.len(), 2, "those that wait have begun nothing");
    // One of those that wait is not wanted any more.
    lab.netbox.delete_vm(made[99]);
    hand_over(&lab).await;
    lab.proxmox.task_time("qmclone", TaskTime::Instant);
    lab.proxmox.finish_tasks();
    tokio::time::timeout(Duration::from_secs(60), lab.dispatcher.idle()).await.unwrap();
    lab.settle().await;
    assert_eq!((clones.count(), lab.guests().len()), (99, 100));
    assert_eq!(lab.guest(running).power, Power::Stopped);
    lab.must_have_applied();
}

#[tokio::test]
async fn a_node_that_does_not_answer_holds_up_no_other() {
    let lab = Lab::new().await;
    let there = lab.pairs(301..=324);
    (301..=324).for_each(|vmid| lab.proxmox.move_guest(vmid, "pve02"));
    let here = lab.create(json!({"status": "active"})).await;
    lab.proxmox.fault(Fault::delay(Duration::from_secs(3600)).on("GET /nodes/pve02/**").always());
    let waits = Requests::to(&lab.proxmox, "GET /nodes/pve02/**");
    for (number, id) in there.iter().enumerate() {
        lab.netbox.update_vm(*id, json!({"name": format!("renamed-{number}")}));
    }
    hand_over(&lab).await;
    waits.wait(1).await;
    let off = Requests::to(&lab.proxmox, "POST /nodes/pve01/qemu/*/status/shutdown");
    lab.netbox.update_vm(here, json!({"status": "offline"}));
    hand_over(&lab).await;
    off.wait(1).await;
    assert!(waits.count() <= Policy::default().tasks_per_node.get(), "{} requests wait there", waits.count());
}

#[tokio::test]
async fn the_copies_of_one_cluster_are_not_those_of_another() {
    let (lab, second) = Lab::of_two_clusters().await;
    lab.proxmox.task_time("qmclone", TaskTime::Manual);
    let first = Requests::to(&lab.proxmox, "POST /nodes/*/qemu/*/clone");
    let theirs = Requests::to(&second, "POST /nodes/*/qemu/*/clone");
    to_be_cloned(&lab, CLUSTER, 8);
    hand_over(&lab).await;
    first.wait(2).await;
    to_be_cloned(&lab, OTHER_CLUSTER, 1);
    hand_over(&lab).await;
    theirs.wait(1).await;
    assert_eq!(first.count(), 2);
}

/// What the store is asked while so many records, with one trivial event each, are answered.
async fn asked(records: u64) -> BTreeMap<&'static str, usize> {
    let (netbox, proxmox) = (netbox().await, proxmox().await);
    let store = Mortal::new(Arc::new(MemoryStore::default()));
    let bridge = bridge(&netbox, &proxmox, store.clone());
    for number in 0..records {
        netbox
            .create_vm(json!({"name": format!("foreign-{number}"), "status": "active", "cluster": {"name": CLUSTER}}));
    }
    let deliveries = netbox.deliveries();
    let events: Vec<_> = deliveries.iter().flat_map(|it| netbox_proxmox_tests::changes(&it.json())).collect();
    bridge.inbox.accept(&events, 0).await.unwrap();
    let before = store.calls();
    // They wait when the server starts.
    let lab = Lab::over(netbox.into(), proxmox.into(), bridge);
    tokio::time::timeout(Duration::from_secs(60), lab.dispatcher.idle()).await.unwrap();
    let done = lab.dispatcher.bridge().inbox.store().events(Some(EventState::Ignored), u32::MAX).await.unwrap();
    assert_eq!(done.len() as u64, records);
    let mut asked = store.calls();
    asked.iter_mut().for_each(|(call, count)| *count -= before.get(call).copied().unwrap_or_default());
    asked
}

#[tokio::test]
async fn what_the_inbox_is_asked_grows_with_what_waits_and_no_faster() {
    let (few, many) = (asked(20).await, asked(400).await);
    assert!(many["due"] <= 3, "what is due is read once, not after each answer: {many:?}");
    for (call, count) in &many {
        let a_record = few.get(call).copied().unwrap_or_default().div_ceil(20);
        assert!(*count <= a_record * 400 + 3, "{call}: {count}, and {few:?} of 20");
    }
}
