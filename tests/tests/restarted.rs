//! A server that ends during a clone, and starts again over the same inbox file.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use netbox_proxmox_core::live::{Bridge, SqliteStore};
use netbox_proxmox_core::{Intent, Owner, RecordId, Vmid};
use netbox_proxmox_tests::{CLUSTER, Lab, bridge, netbox, proxmox};
use proxmox_api::testing::{Fault, Power, TaskTime};
use serde_json::json;

/// A laboratory over an inbox file.
async fn lab(file: &Path) -> Lab {
    let (netbox, proxmox) = (Arc::new(netbox().await), Arc::new(proxmox().await));
    let bridge = bridge(&netbox, &proxmox, SqliteStore::open(file).await.unwrap());
    Lab::over(netbox, proxmox, bridge)
}

async fn next_life(lab: &Lab, file: &Path) -> Bridge {
    bridge(&lab.netbox, &lab.proxmox, SqliteStore::open(file).await.unwrap())
}

fn create_active(lab: &Lab) {
    let custom = json!({"proxmox_vm_type": "vm", "proxmox_vm_templates": "9000"});
    lab.netbox.create_vm(json!({
        "name": "web01", "status": "active", "cluster": {"name": CLUSTER}, "memory": 2048, "custom_fields": custom,
    }));
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(tokio::time::Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Ends the server while the clone runs, starts it again, and lets the clone end.
async fn killed_during_the_clone(lab: &mut Lab, file: &Path) {
    lab.proxmox.task_time("qmclone", TaskTime::Manual);
    create_active(lab);
    let events = lab.take();
    lab.dispatcher.accept(&events).await.unwrap();
    until("the clone runs", || lab.proxmox.guest(100).is_some()).await;
    let bridge = next_life(lab, file).await;
    lab.restart(bridge).await;
}

#[tokio::test]
async fn killed_during_the_clone_there_is_one_guest_configured_and_running() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("inbox.sqlite");
    let mut lab = lab(&file).await;
    killed_during_the_clone(&mut lab, &file).await;
    let polls = lab.proxmox.count("GET /nodes/*/tasks/*/status");
    until("the task is waited for", || lab.proxmox.count("GET /nodes/*/tasks/*/status") > polls).await;
    assert_eq!(lab.proxmox.count("POST /nodes/*/qemu/*/clone"), 1);
    lab.proxmox.finish_tasks();
    lab.dispatcher.idle().await;
    lab.settle().await;
    assert_eq!(lab.guests(), [100]);
    assert_eq!(lab.proxmox.count("POST /nodes/*/qemu/*/clone"), 1);
    let guest = lab.guest(1);
    assert_eq!((guest.power, guest.get("memory")), (Power::Running, Some("2048")));
    assert!(lab.journal().is_empty(), "{:?}", lab.journal());
}

#[tokio::test]
async fn a_clone_that_dies_while_the_server_is_away_is_made_again() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("inbox.sqlite");
    let mut lab = lab(&file).await;
    lab.proxmox.fault(Fault::fail_task("no space left on device").on("POST /nodes/*/qemu/*/clone"));
    killed_during_the_clone(&mut lab, &file).await;
    lab.proxmox.task_time("qmclone", TaskTime::Instant);
    lab.proxmox.finish_tasks();
    lab.dispatcher.idle().await;
    lab.settle().await;
    assert_eq!(lab.guests(), [100]);
    assert_eq!(lab.guest(1).power, Power::Running);
}

#[tokio::test]
async fn a_lock_that_nobody_holds_is_reported_with_what_to_do() {
    let lab = Lab::new().await;
    lab.proxmox.fault(Fault::kill_task().on("POST /nodes/*/qemu/*/clone"));
    create_active(&lab);
    lab.settle().await;
    let journal = lab.journal().join("\n");
    assert!(journal.contains("qm unlock 100"), "{journal}");
    assert_eq!(lab.guests(), [100]);
}

#[tokio::test]
async fn a_vmid_that_another_took_is_replaced_if_we_chose_it() {
    let lab = Lab::new().await;
    // Between the choice of the VMID and the clone, somebody else takes it.
    lab.proxmox.before("POST /nodes/*/qemu/*/clone", |proxmox, request| {
        if request.params.get("newid").map(String::as_str) == Some("100") {
            proxmox.add_guest(100, "faster", |guest| guest.node("pve02").disk("scsi0", "ceph", 1024));
        }
    });
    create_active(&lab);
    lab.settle().await;
    assert_eq!(lab.vmid(1), Some(101));
    assert_eq!(lab.guest(1).power, Power::Running);
    assert_eq!(lab.proxmox.guest(100).unwrap().name(), Some("faster"));
    assert!(lab.journal().is_empty(), "{:?}", lab.journal());
}

#[tokio::test]
async fn a_vmid_that_another_process_chose_meanwhile_is_not_chosen_too() {
    let lab = Lab::new().await;
    let inbox = lab.dispatcher.bridge().inbox.clone();
    lab.proxmox.before("GET /cluster/nextid", move |_, request| {
        // It stores its intent after we have read them.
        let vmid: Vmid = request.params["vmid"].parse().unwrap();
        let owner = Owner { record: RecordId(77), birth: "2026-01-05T08:00:00Z".parse().unwrap() };
        if vmid.get() == 100 && inbox.choices().now_or_never().unwrap().unwrap() == 0 {
            let intent = Intent { owner, vmid, allocated: true, upid: None, root_size: None };
            inbox.put_intent(&intent).now_or_never().unwrap().unwrap();
            assert!(inbox.count_choice(0).now_or_never().unwrap().unwrap());
        }
    });
    create_active(&lab);
    lab.settle().await;
    assert_eq!(lab.vmid(1), Some(101));
    assert_eq!(lab.proxmox.count("POST /nodes/*/qemu/*/clone"), 1);
}

#[tokio::test]
async fn a_vmid_that_a_person_typed_is_not_replaced() {
    let lab = Lab::new().await;
    lab.proxmox.before("POST /nodes/*/qemu/*/clone", |proxmox, _| {
        if proxmox.guest(222).is_none() {
            proxmox.add_guest(222, "faster", |guest| guest.node("pve02").disk("scsi0", "ceph", 1024));
        }
    });
    lab.create(json!({"custom_fields": {"proxmox_vmid": "222"}})).await;
    assert_eq!(lab.guests(), [222]);
    assert_eq!(lab.vmid(1), Some(222));
    assert_eq!(lab.journal().len(), 1, "{:?}", lab.journal());
}

#[tokio::test]
async fn many_guests_at_once_have_a_vmid_each() {
    let lab = Lab::new().await;
    for number in 0..12 {
        let custom = json!({"proxmox_vm_type": "vm", "proxmox_vm_templates": "9000"});
        lab.netbox.create_vm(json!({
            "name": format!("web{number:02}"), "status": "active", "cluster": {"name": CLUSTER}, "custom_fields": custom,
        }));
    }
    lab.settle().await;
    lab.must_have_applied();
    assert_eq!(lab.guests().len(), 12);
    let mut vmids: Vec<_> = (1..=12).map(|id| lab.vmid(id).unwrap()).collect();
    vmids.sort_unstable();
    vmids.dedup();
    assert_eq!(vmids.len(), 12);
    assert!((1..=12).all(|id| lab.guest(id).power == Power::Running));
}
