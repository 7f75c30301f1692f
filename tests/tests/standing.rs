//! How records stand, said in NetBox: what is written and how often, when it is not, and that nothing follows from it.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use netbox_api::testing::{FakeNetBox, Fault as NetBoxFault};
use netbox_proxmox_core::live::setup::Options;
use netbox_proxmox_core::live::{Leases, Setup};
use netbox_proxmox_core::{Policy, RecordId};
use netbox_proxmox_tests::{Lab, netbox, proxmox, record};
use proxmox_api::testing::{Fault, GuestKind, TaskTime};
use serde_json::{Value, json};

const IMPORTER: &str = "netbox-sync";

/// A laboratory whose NetBox has the fields, as a set-up makes them.
async fn lab() -> Lab {
    let (netbox, policy) = (netbox().await, Policy { importers: vec![IMPORTER.into()], ..Policy::default() });
    let client = netbox_api::Client::builder(netbox.url()).token(netbox.token().into()).build().unwrap();
    let options = Options { status_field: true, ..Options::default() };
    Setup::look(&client, &[], &options).await.unwrap().make(|_| ()).await.unwrap();
    netbox.forget_requests();
    Lab::between(netbox, proxmox().await, policy)
}

/// Says how records stand that have been at rest for no time.
async fn tell(lab: &Lab) -> usize {
    lab.dispatcher.tell_standings(Duration::ZERO).await.unwrap()
}

async fn compare(lab: &Lab) {
    lab.dispatcher.reconcile(4).await.unwrap();
    lab.dispatcher.idle().await;
}

/// What NetBox says of a record: the state and the words.
fn said(lab: &Lab, id: u64) -> (String, String) {
    let custom = lab.netbox.vm(id).unwrap()["custom_fields"].clone();
    let text = |value: &Value| value.get("value").unwrap_or(value).as_str().unwrap_or_default().to_owned();
    (text(&custom["proxmox_state"]), text(&custom["proxmox_state_text"]))
}

fn state(lab: &Lab, id: u64) -> String {
    said(lab, id).0
}

/// The writes to records that say how they stand.
fn writes(netbox: &FakeNetBox) -> usize {
    let requests = netbox.requests();
    requests.iter().filter(|it| it.method == "PATCH" && it.body.to_string().contains("proxmox_state")).count()
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(tokio::time::Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn a_change_that_is_answered_costs_one_write_at_most_and_that_causes_nothing() {
    let lab = lab().await;
    let id = lab.create(json!({"status": "active", "memory": 2048})).await;
    assert_eq!(writes(&lab.netbox), 0, "while its plan was performed");
    assert_eq!((tell(&lab).await, state(&lab, id).as_str()), (1, "in-sync"));
    let since = lab.netbox.vm(id).unwrap()["custom_fields"]["proxmox_state_since"].clone();
    assert!(since.as_str().is_some_and(|since| since.ends_with("+00:00")), "{since}");
    for (times, memory, stands) in [(2, 4096, "differs"), (3, 2048, "in-sync")] {
        lab.update(id, json!({"memory": memory})).await;
        tell(&lab).await;
        assert_eq!((writes(&lab.netbox), state(&lab, id).as_str()), (times, stands));
    }
    // What is said already is not written, whoever finds it.
    lab.update(id, json!({"comments": "saved again"})).await;
    compare(&lab).await;
    assert_eq!((tell(&lab).await, writes(&lab.netbox)), (0, 3));
    // The deliveries of these writes are no events, nor are their entries in the change log.
    let plans = lab.seen.plans.lock().unwrap().len();
    assert!(lab.take().is_empty());
    lab.dispatcher.catch_up(None).await.unwrap();
    lab.dispatcher.idle().await;
    assert_eq!(lab.seen.plans.lock().unwrap().len(), plans);
    lab.must_have_applied();
}

#[tokio::test]
async fn the_fields_are_no_cause_whoever_writes_them() {
    let lab = lab().await;
    let id = lab.create(json!({"status": "active"})).await;
    tell(&lab).await;
    let plans = lab.seen.plans.lock().unwrap().len();
    lab.netbox.user("alice").update_vm(id, json!({"custom_fields": {"proxmox_state": "refused"}}));
    lab.settle().await;
    assert_eq!(lab.seen.plans.lock().unwrap().len(), plans);
    // A comparison puts it right.
    compare(&lab).await;
    tell(&lab).await;
    assert_eq!(state(&lab, id), "in-sync");
    // Together with something else they are a change like any other.
    lab.netbox.user("alice").update_vm(id, json!({"status": "offline", "custom_fields": {"proxmox_state": "refused"}}));
    lab.settle().await;
    assert!(!lab.guest(id).is_running());
}

#[tokio::test]
async fn nothing_is_said_while_somebody_works_on_the_record() {
    let lab = lab().await;
    let id = lab.create(json!({"status": "active"})).await;
    let (another, store) = (Leases::new("another"), lab.dispatcher.bridge().inbox.store());
    another.take(store, RecordId(id)).await.unwrap();
    assert_eq!((tell(&lab).await, writes(&lab.netbox)), (0, 0));
    another.give_up(store, RecordId(id)).await.unwrap();
    assert_eq!((tell(&lab).await, state(&lab, id).as_str()), (1, "in-sync"));
}

#[tokio::test]
async fn a_plan_that_takes_long_is_said_and_goes_on_under_the_new_etag() {
    let netbox = netbox().await;
    let client = netbox_api::Client::builder(netbox.url()).token(netbox.token().into()).build().unwrap();
    let options = Options { status_field: true, ..Options::default() };
    Setup::look(&client, &[], &options).await.unwrap().make(|_| ()).await.unwrap();
    let proxmox = proxmox().await;
    let mut bridge = netbox_proxmox_tests::bridge(&netbox, &proxmox, netbox_proxmox_core::live::MemoryStore::default());
    bridge.working_after = Duration::ZERO;
    let lab = Lab::over(netbox.into(), proxmox.into(), bridge);
    lab.proxmox.task_time("qmclone", TaskTime::Manual);
    // The node is recorded after the clone.
    let fields = record(GuestKind::Qemu, json!({"status": "active", "custom_fields": {"proxmox_vmid": "100"}}));
    let id = lab.netbox.create_vm(fields)["id"].as_u64().unwrap();
    lab.netbox.forget_requests();
    lab.dispatcher.accept(&lab.take()).await.unwrap();
    until("it is said", || state(&lab, id) == "working").await;
    until("the clone runs", || lab.proxmox.guest(100).is_some()).await;
    assert!(said(&lab, id).1.contains("clone"), "{:?}", said(&lab, id));
    assert_eq!(tell(&lab).await, 0);
    lab.proxmox.finish_tasks();
    lab.dispatcher.idle().await;
    lab.settle().await;
    assert!(lab.guest(id).is_running());
    assert_eq!(lab.netbox.vm(id).unwrap()["custom_fields"]["proxmox_node"]["value"], "pve01");
    let path = format!("/api/virtualization/virtual-machines/{id}/");
    let reads = lab.netbox.requests().iter().filter(|request| request.is("GET", &path)).count();
    assert_eq!((reads, lab.seen.plans.lock().unwrap().len()), (1, 1), "neither read nor planned again");
    assert_eq!((tell(&lab).await, state(&lab, id).as_str()), (1, "in-sync"));
    lab.must_have_applied();
}

#[tokio::test]
async fn many_are_written_at_once_and_one_that_netbox_refuses_costs_no_other() {
    let lab = lab().await;
    let ids = lab.pairs(200..=229);
    drop(lab.take());
    compare(&lab).await;
    lab.netbox.forget_requests();
    // One was deleted meanwhile.
    lab.netbox.delete_vm(ids[3]);
    assert_eq!(tell(&lab).await, 29);
    assert!(ids.iter().filter(|id| **id != ids[3]).all(|id| state(&lab, *id) == "in-sync"));
    // Twenty at once: refused, and one by one; the other ten.
    assert_eq!(writes(&lab.netbox), 1 + 20 + 1);
    assert_eq!(tell(&lab).await, 0, "what is refused is not tried again and again");
}

#[tokio::test]
async fn what_netbox_does_not_answer_is_said_later() {
    let lab = lab().await;
    let id = lab.create(json!({})).await;
    lab.netbox.fault(NetBoxFault::on("PATCH", "/api/virtualization/virtual-machines/").html(502).always());
    assert!(lab.dispatcher.tell_standings(Duration::ZERO).await.is_err());
    lab.netbox.heal();
    assert_eq!((tell(&lab).await, state(&lab, id).as_str()), (1, "in-sync"));
}

#[tokio::test]
async fn what_waits_and_what_is_refused_is_said_with_its_reason() {
    let lab = lab().await;
    lab.proxmox.fault(Fault::permission_denied("/vms/100", "VM.Clone").on("POST /nodes/*/qemu/*/clone"));
    let id = lab.create(json!({"status": "active"})).await;
    tell(&lab).await;
    let (state, words) = said(&lab, id);
    assert!(state == "refused" && words.contains("VM.Clone"), "{state}: {words}");
    // A person gives it what it lacks, and saves the record.
    lab.update(id, json!({"comments": "again"})).await;
    tell(&lab).await;
    assert_eq!(said(&lab, id), ("in-sync".into(), String::new()));
    // A record that is taken from the bridge.
    lab.update(id, json!({"custom_fields": {"proxmox_vm_type": null}})).await;
    tell(&lab).await;
    assert_eq!(said(&lab, id).0, "unmanaged");
}

#[tokio::test]
async fn of_records_that_nobody_has_touched_nothing_is_said_by_which_they_would_seem_touched() {
    let lab = lab().await;
    let wanted = lab.netbox.create_vm(record(GuestKind::Qemu, json!({})))["id"].as_u64().unwrap();
    let planned = lab.netbox.create_vm(record(GuestKind::Qemu, json!({"name": "web02", "status": "planned"})));
    drop(lab.take());
    lab.dispatcher.catch_up(None).await.unwrap();
    compare(&lab).await;
    assert_eq!((tell(&lab).await, lab.guests()), (0, vec![]));
    assert_eq!(state(&lab, planned["id"].as_u64().unwrap()), "");
    lab.update(wanted, json!({"comments": "it is to be"})).await;
    assert_eq!((tell(&lab).await, lab.guests().len()), (1, 1));
}

#[tokio::test]
async fn who_says_how_a_record_stands_has_not_asked_for_its_guest() {
    let lab = lab().await;
    lab.dispatcher.catch_up(None).await.unwrap();
    let fields = record(GuestKind::Qemu, json!({"status": "active"}));
    let id = lab.netbox.user(IMPORTER).create_vm(fields)["id"].as_u64().unwrap();
    lab.settle().await;
    tell(&lab).await;
    assert_eq!((state(&lab, id).as_str(), lab.guests()), ("differs", vec![]));
    for _ in 0..2 {
        compare(&lab).await;
        tell(&lab).await;
    }
    assert_eq!((lab.guests(), writes(&lab.netbox)), (vec![], 1));
}

#[tokio::test]
async fn a_netbox_without_the_fields_is_asked_and_told_nothing_more() {
    let lab = Lab::new().await;
    lab.create(json!({"status": "active"})).await;
    compare(&lab).await;
    lab.netbox.forget_requests();
    assert_eq!((tell(&lab).await, lab.netbox.requests().len()), (0, 0));
}
