//! What stands in the way for a while, or until a person acts: tried again or parked, and visible, never dropped.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use netbox_api::testing::Fault as NetBoxFault;
use netbox_proxmox_core::live::bridge::now;
use netbox_proxmox_core::live::{EventState, StoredEvent};
use netbox_proxmox_tests::{CLUSTER, Lab};
use proxmox_api::testing::{Fault, Power};
use serde_json::json;

fn create_active(lab: &Lab) {
    let custom = json!({"proxmox_vm_type": "vm", "proxmox_vm_templates": "9000"});
    lab.netbox.create_vm(json!({
        "name": "web01", "status": "active", "cluster": {"name": CLUSTER}, "memory": 2048, "custom_fields": custom,
    }));
}

async fn events(lab: &Lab, state: EventState) -> Vec<StoredEvent> {
    lab.dispatcher.bridge().inbox.store().events(Some(state), 10).await.unwrap()
}

fn one_guest_runs(lab: &Lab) {
    assert_eq!(lab.guests().len(), 1);
    let guest = lab.guest(1);
    assert_eq!((guest.power, guest.get("memory")), (Power::Running, Some("2048")));
    assert_eq!(lab.proxmox.volumes().iter().filter(|volume| volume.vmid == guest.vmid).count(), 2);
}

#[tokio::test]
async fn what_passes_by_itself_is_tried_again_and_nobody_is_told() {
    type Arrange = fn(&Lab);
    let faults: &[(&str, Arrange)] = &[
        ("595 at the clone", |lab| lab.proxmox.fault(Fault::unreachable().on("POST /nodes/*/qemu/*/clone"))),
        ("596 at the clone, executed all the same", |lab| {
            lab.proxmox.fault(Fault::gateway_timeout().on("POST /nodes/*/qemu/*/clone"));
        }),
        ("596 at the clone, not executed", |lab| {
            lab.proxmox.fault(Fault::gateway_timeout_unexecuted().on("POST /nodes/*/qemu/*/clone"));
        }),
        ("596 at the start, executed all the same", |lab| {
            lab.proxmox.fault(Fault::gateway_timeout().on("POST /nodes/*/qemu/*/status/start"));
        }),
        ("another wrote the configuration", |lab| {
            let checksum = "checksum mismatch (file change by other user?)";
            lab.proxmox.fault(Fault::answer(500, checksum).on("PUT /nodes/*/qemu/*/config"));
        }),
        ("the lock of the configuration is busy", |lab| {
            lab.proxmox.fault(Fault::lock_timeout(100).on("PUT /nodes/*/qemu/*/config").times(2));
        }),
        ("the task of the start gets no lock", |lab| {
            let why = "can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout";
            lab.proxmox.fault(Fault::fail_task(why).on("POST /nodes/*/qemu/*/status/start"));
        }),
        ("Proxmox warns", |lab| lab.proxmox.fault(Fault::warn_task(1).on("POST /nodes/*/qemu/*/status/start"))),
        ("NetBox: somebody else wrote the record", |lab| {
            let body = json!({"detail": "Precondition failed."});
            lab.netbox.fault(NetBoxFault::on("PATCH", "*/virtual-machines/*").answer(412, body).times(1));
        }),
        ("NetBox: 500", |lab| {
            lab.netbox.fault(NetBoxFault::on("GET", "*/virtual-machines/*").html(500).times(1));
        }),
        ("NetBox: a page of maintenance", |lab| {
            lab.netbox.fault(NetBoxFault::on("GET", "*/virtual-disks/*").html(404).times(1));
        }),
    ];
    for (what, arrange) in faults {
        println!("{what}");
        let lab = Lab::new().await;
        arrange(&lab);
        create_active(&lab);
        lab.settle().await;
        one_guest_runs(&lab);
        assert!(lab.journal().is_empty(), "{what}: {:?}", lab.journal());
        assert!(events(&lab, EventState::Pending).await.is_empty(), "{what}");
        assert!(events(&lab, EventState::Parked).await.is_empty(), "{what}");
    }
}

#[tokio::test]
async fn a_missing_right_is_parked_with_proxmoxs_words_until_a_person_has_given_it() {
    let lab = Lab::new().await;
    lab.proxmox.fault(
        Fault::permission_denied("/storage/local-lvm", "Datastore.AllocateSpace").on("POST /nodes/*/qemu/*/clone"),
    );
    create_active(&lab);
    lab.settle().await;
    assert!(lab.guests().is_empty());
    let parked = events(&lab, EventState::Parked).await;
    assert_eq!(parked.len(), 1);
    assert!(parked[0].reason.as_ref().unwrap().contains("Datastore.AllocateSpace"), "{:?}", parked[0].reason);
    assert!(lab.journal().iter().any(|text| text.contains("Datastore.AllocateSpace")), "{:?}", lab.journal());
    lab.dispatcher.bridge().inbox.store().release(None, now()).await.unwrap();
    lab.dispatcher.wake();
    lab.dispatcher.idle().await;
    lab.settle().await;
    one_guest_runs(&lab);
}

#[tokio::test]
async fn a_guest_under_a_lock_waits_until_it_is_over() {
    let lab = Lab::new().await;
    let id = lab.create(json!({})).await;
    let vmid = lab.vmid(id).unwrap();
    lab.proxmox.lock_guest(vmid, "backup");
    lab.netbox.update_vm(id, json!({"status": "active"}));
    lab.dispatcher.accept(&lab.take()).await.unwrap();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    let waits = loop {
        let pending = events(&lab, EventState::Pending).await;
        match pending.into_iter().find(|event| event.attempts > 0) {
            Some(event) => break event,
            None => assert!(tokio::time::Instant::now() < deadline, "it is tried"),
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    };
    assert!(waits.reason.as_ref().unwrap().contains("locked (backup)"), "{:?}", waits.reason);
    lab.proxmox.unlock_guest(vmid);
    lab.dispatcher.idle().await;
    assert_eq!(lab.guest(id).power, Power::Running);
}

#[tokio::test]
async fn an_unreadable_change_log_parks_a_deletion() {
    let lab = Lab::new().await;
    let id = lab.create(json!({})).await;
    let empty = json!({"count": 0, "next": null, "previous": null, "results": []});
    lab.netbox.fault(NetBoxFault::on("GET", "*/object-changes/*").answer(200, empty).always());
    lab.delete(id).await;
    assert_eq!(lab.guests().len(), 1, "nothing is destroyed on a delivery alone");
    let parked = events(&lab, EventState::Parked).await;
    assert!(!parked.is_empty() && parked[0].reason.as_ref().unwrap().contains("core.view_objectchange"), "{parked:?}");
    lab.netbox.heal();
    lab.dispatcher.bridge().inbox.store().release(None, now()).await.unwrap();
    lab.dispatcher.wake();
    lab.dispatcher.idle().await;
    assert!(lab.guests().is_empty());
}
