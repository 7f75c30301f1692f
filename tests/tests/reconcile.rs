//! Every record is compared with its guest, and every guest of ours with its record.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use netbox_proxmox_core::RecordId;
use netbox_proxmox_core::live::bridge::now;
use netbox_proxmox_core::live::{EventState, Found, Reconcile, Swept};
use netbox_proxmox_tests::{CLUSTER, Lab};
use proxmox_api::testing::Power;
use serde_json::json;

const GIB: u64 = 1024;

/// Makes a record with its guest, which are alike; gives the record's id.
fn pair(lab: &Lab, vmid: u32) -> u64 {
    let name = format!("guest-{vmid}");
    let record = record(lab, &name, vmid);
    let marker = lab.marker(record, vmid);
    lab.proxmox.add_guest(vmid, &name, |guest| {
        guest
            .node("pve01")
            .disk("scsi0", "ceph", 10 * GIB)
            .cores(1)
            .memory(GIB)
            .tags("netbox")
            .description(&marker)
            .running()
    });
    record
}

fn record(lab: &Lab, name: &str, vmid: u32) -> u64 {
    let custom = json!({
        "proxmox_vm_type": "vm", "proxmox_vm_templates": "9000", "proxmox_vmid": vmid.to_string(),
        "proxmox_node": "pve01", "proxmox_vm_storage": "ceph",
    });
    let record = lab.netbox.create_vm(json!({
        "name": name, "status": "active", "cluster": {"name": CLUSTER}, "vcpus": 1, "memory": GIB, "custom_fields": custom,
    }));
    let id = record["id"].as_u64().unwrap();
    lab.netbox.create_disk(json!({"virtual_machine": id, "name": "scsi0", "size": 10_000}));
    id
}

async fn sweep(lab: &Lab) -> (Swept, BTreeMap<RecordId, Vec<String>>, Vec<String>) {
    let (mut differ, mut orphans) = (BTreeMap::new(), Vec::new());
    let swept = Reconcile::new(lab.dispatcher.bridge(), 8)
        .sweep(&mut |found| match found {
            Found::Same { .. } => {}
            Found::Difference { owner, plan, .. } => {
                assert!(plan.iter().all(|action| !["destroy", "remove-disk"].contains(&action.name())), "{plan:?}");
                differ.insert(owner.record, plan.iter().map(ToString::to_string).collect());
            }
            Found::Orphan(report) => orphans.push(report.text),
            Found::Failed { what, failure } => panic!("{what}: {failure}"),
        })
        .await
        .unwrap();
    (swept, differ, orphans)
}

/// Compares, and answers what differs. No delivery of NetBox's is taken here: all are lost.
async fn reconciled(lab: &Lab) -> Swept {
    let swept = lab.dispatcher.reconcile(8).await.unwrap();
    lab.dispatcher.idle().await;
    swept
}

/// `cargo bench --bench reconcile` does the same with ten thousand.
#[tokio::test]
async fn exactly_the_guests_that_drifted_are_planned() {
    const GUESTS: u32 = 500;
    let lab = Lab::new().await;
    let records: Vec<u64> = (1..=GUESTS).map(|number| pair(&lab, 10_000 + number)).collect();
    lab.proxmox.add_guest(9_500, "theirs", |guest| guest.node("pve02").disk("scsi0", "ceph", GIB));
    let drifted: Vec<(RecordId, u32)> =
        records.iter().zip(10_001_u32..).step_by(25).map(|(record, vmid)| (RecordId(*record), vmid)).collect();
    for (at, (record, vmid)) in drifted.iter().enumerate() {
        match at % 4 {
            0 => drop(lab.proxmox.edit(*vmid, |guest| guest.set("cores", "7"))),
            1 => lab.proxmox.set_power(*vmid, Power::Stopped),
            2 => lab.proxmox.move_guest(*vmid, "pve02"),
            _ => drop(lab.netbox.update_vm(record.0, json!({"description": "drifted"}))),
        }
    }
    let calls = |lab: &Lab| (lab.netbox.requests().len(), lab.proxmox.requests().len());
    let before = calls(&lab);
    let (swept, differ, orphans) = sweep(&lab).await;
    let after = calls(&lab);
    let pages = 1 + 6 + 5; // what version it is; of records, the last of which is empty; of disks
    assert!(after.0 - before.0 <= pages + 20 * 2, "of what differs record and disks are read again");
    assert_eq!(
        after.1 - before.1,
        1 + 501 + 20 * 3,
        "the listing, each configuration, and again listing, configuration, state"
    );
    assert_eq!(swept, Swept { compared: 500, differ: 20, orphans: 0, foreign: 1, failed: 0 });
    assert_eq!(
        differ.keys().copied().collect::<Vec<_>>(),
        drifted.iter().map(|(record, _)| *record).collect::<Vec<_>>()
    );
    assert!(orphans.is_empty());

    // What can be closed is closed, the rest is reported, once; then nothing is left to be answered.
    reconciled(&lab).await;
    assert_eq!(lab.journal().len(), 10, "CPU and power are a person's to decide while the record is Active");
    let (again, differ, _) = sweep(&lab).await;
    assert_eq!((again.differ, differ.values().flatten().filter(|text| !text.starts_with("report")).count()), (10, 0));
    let (plans, events) = (lab.seen.plans.lock().unwrap().len(), lab.journal().len());
    reconciled(&lab).await;
    assert_eq!((lab.seen.plans.lock().unwrap().len(), lab.journal().len()), (plans, events), "nothing is said twice");
}

#[tokio::test]
async fn a_report_whose_difference_is_over_is_made_again_when_it_returns() {
    let lab = Lab::new().await;
    pair(&lab, 200);
    let set = |power: Power| lab.proxmox.set_power(200, power);
    for expected in [1, 2] {
        set(Power::Stopped);
        reconciled(&lab).await;
        reconciled(&lab).await;
        assert_eq!(lab.journal().len(), expected, "{:?}", lab.journal());
        assert_eq!(lab.news().len(), expected - 1, "it is not over yet");
        set(Power::Running);
        reconciled(&lab).await;
        reconciled(&lab).await;
        assert_eq!(lab.news(), vec!["guest-200: what was reported of status is over."; expected]);
    }
}

#[tokio::test]
async fn guests_that_netbox_lost_are_reported_and_left() {
    let lab = Lab::new().await;
    for vmid in [200, 201, 202] {
        pair(&lab, vmid);
    }
    let gone = record_of(&lab, "guest-200");
    lab.netbox.delete_vm(gone);
    let moved = record_of(&lab, "guest-201");
    lab.netbox.update_vm(moved, json!({"custom_fields": {"proxmox_vmid": "202"}}));
    lab.proxmox.add_guest(300, "theirs", |guest| guest.node("pve01").disk("scsi0", "ceph", GIB));
    let swept = reconciled(&lab).await;
    assert_eq!((swept.orphans, swept.foreign, lab.guests().len()), (2, 1, 4), "{:?}", lab.journal());
    let journal = lab.journal();
    for words in [["guest 200", "which NetBox does not have"], ["guest 201", "set the VMID to 201 if it is its guest"]]
    {
        assert!(journal.iter().any(|text| words.iter().all(|word| text.contains(word))), "{words:?} in {journal:#?}");
    }
    reconciled(&lab).await;
    assert_eq!(lab.journal().len(), journal.len(), "said once");
}

fn record_of(lab: &Lab, name: &str) -> u64 {
    lab.netbox.vm_named(name).unwrap()["id"].as_u64().unwrap()
}

#[tokio::test]
async fn a_guest_that_vanished_is_reported_and_not_made_again() {
    let lab = Lab::new().await;
    pair(&lab, 200);
    lab.proxmox.remove_guest(200);
    reconciled(&lab).await;
    assert!(lab.guests().is_empty());
    assert!(lab.journal().len() == 1 && lab.journal()[0].contains("vanished"), "{:?}", lab.journal());
}

fn absent(lab: &Lab, count: usize) {
    for number in 0..count {
        let custom = json!({"proxmox_vm_type": "vm", "proxmox_vm_templates": "9000"});
        lab.netbox.create_vm(json!({
            "name": format!("new-{number}"), "status": "active", "cluster": {"name": CLUSTER}, "custom_fields": custom,
        }));
    }
}

#[tokio::test]
async fn ten_guests_are_created_by_a_reconcile() {
    let lab = Lab::new().await;
    absent(&lab, 10);
    reconciled(&lab).await;
    assert_eq!(lab.guests().len(), 10);
    assert_eq!(sweep(&lab).await.0.differ, 0);
}

#[tokio::test]
async fn eleven_wait_for_a_person() {
    let lab = Lab::new().await;
    absent(&lab, 11);
    pair(&lab, 200);
    lab.proxmox.set_power(200, Power::Stopped);
    for _ in 0..2 {
        reconciled(&lab).await;
        assert_eq!(lab.guests(), [200]);
        let journal = lab.journal();
        assert_eq!(journal.len(), 2, "it is said on the cluster; what is no creation goes on: {journal:?}");
        assert!(journal[0].contains("11 guests") && journal[0].contains("--release"), "{journal:?}");
    }
    let store = lab.dispatcher.bridge().inbox.store();
    let held = store.events(Some(EventState::Parked), 100).await.unwrap();
    assert_eq!(held.len(), 11);
    assert!(held.iter().all(|event| event.reason.as_ref().unwrap().contains("events --release")), "{held:?}");
    store.release(None, now()).await.unwrap();
    lab.dispatcher.wake();
    lab.dispatcher.idle().await;
    assert_eq!(lab.guests().len(), 12);
}

#[tokio::test]
async fn a_gap_in_a_listing_destroys_nothing() {
    let lab = Lab::new().await;
    let record = pair(&lab, 200);
    lab.proxmox.attach_disk(200, "scsi1", "ceph", GIB);
    for disk in lab.netbox.disks(record) {
        lab.netbox.delete_disk(disk["id"].as_u64().unwrap());
    }
    reconciled(&lab).await;
    let guest = lab.proxmox.guest(200).unwrap();
    assert!(guest.volume("scsi0").is_some() && guest.volume("scsi1").is_some());
    assert!(lab.journal().iter().any(|text| text.contains("scsi1")), "{:?}", lab.journal());
}

#[tokio::test]
async fn a_comparison_tells_how_far_it_has_come() {
    let lab = Lab::new().await;
    for number in 1..=250 {
        pair(&lab, 10_000 + number);
    }
    let told = std::sync::Mutex::new(Vec::new());
    lab.dispatcher.reconcile_telling(8, &|doing| told.lock().unwrap().push((doing.done, doing.of))).await.unwrap();
    assert_eq!(*told.lock().unwrap(), [(100, 250), (200, 250), (250, 250)]);
}
