//! What stands in the way for a while, or until a person acts: tried again or parked, and visible, never dropped.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use netbox_api::testing::Fault as NetBoxFault;
use netbox_proxmox_core::live::bridge::now;
use netbox_proxmox_core::live::{EventState, StoredEvent};
use netbox_proxmox_tests::{KINDS, Lab, record};
use proxmox_api::testing::{Fault, GuestKind, Power};
use serde_json::json;

fn create_active(lab: &Lab, kind: GuestKind) {
    lab.netbox.create_vm(record(kind, json!({"status": "active", "memory": 2048})));
}

/// The request that creates a guest of this kind: a clone, or a creation from the template volume.
fn creation(kind: GuestKind) -> &'static str {
    if kind == GuestKind::Lxc { "POST /nodes/*/lxc" } else { "POST /nodes/*/qemu/*/clone" }
}

/// A request that concerns one guest of this kind.
fn of_guest(kind: GuestKind, method: &str, what: &str) -> String {
    let kind = if kind == GuestKind::Lxc { "lxc" } else { "qemu" };
    format!("{method} /nodes/*/{kind}/*/{what}")
}

/// What Proxmox says when the lock on the configuration of guest 100 is busy.
fn locked(kind: GuestKind) -> &'static str {
    match kind {
        GuestKind::Lxc => "can't lock file '/run/lock/lxc/pve-config-100.lock' - got timeout",
        _ => "can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout",
    }
}

async fn events(lab: &Lab, state: EventState) -> Vec<StoredEvent> {
    lab.dispatcher.bridge().inbox.store().events(Some(state), 10).await.unwrap()
}

fn one_guest_runs(lab: &Lab) {
    assert_eq!(lab.guests().len(), 1);
    let guest = lab.guest(1);
    assert_eq!((guest.power, guest.get("memory")), (Power::Running, Some("2048")));
    // A VM has a cloud-init drive besides.
    let volumes = if guest.kind == GuestKind::Lxc { 1 } else { 2 };
    assert_eq!(lab.proxmox.volumes().iter().filter(|volume| volume.vmid == guest.vmid).count(), volumes);
}

#[tokio::test]
async fn what_passes_by_itself_is_tried_again_and_nobody_is_told() {
    type Arrange = fn(&Lab, GuestKind);
    let faults: &[(&str, Arrange)] = &[
        ("595 at the creation", |lab, kind| lab.proxmox.fault(Fault::unreachable().on(creation(kind)))),
        ("596 at the creation, executed all the same", |lab, kind| {
            lab.proxmox.fault(Fault::gateway_timeout().on(creation(kind)));
        }),
        ("596 at the creation, not executed", |lab, kind| {
            lab.proxmox.fault(Fault::gateway_timeout_unexecuted().on(creation(kind)));
        }),
        ("596 at the start, executed all the same", |lab, kind| {
            lab.proxmox.fault(Fault::gateway_timeout().on(&of_guest(kind, "POST", "status/start")));
        }),
        ("another wrote the configuration", |lab, kind| {
            let checksum = match kind {
                GuestKind::Lxc => "detected modified configuration - file changed by other user? Try again.",
                _ => "checksum mismatch (file change by other user?)",
            };
            lab.proxmox.fault(Fault::answer(500, checksum).on(&of_guest(kind, "PUT", "config")));
        }),
        ("the lock of the configuration is busy", |lab, kind| {
            lab.proxmox.fault(Fault::answer(500, locked(kind)).on(&of_guest(kind, "PUT", "config")).times(2));
        }),
        ("the task of the start gets no lock", |lab, kind| {
            lab.proxmox.fault(Fault::fail_task(locked(kind)).on(&of_guest(kind, "POST", "status/start")));
        }),
        ("Proxmox warns", |lab, kind| {
            lab.proxmox.fault(Fault::warn_task(1).on(&of_guest(kind, "POST", "status/start")))
        }),
        ("NetBox: somebody else wrote the record", |lab, _| {
            let body = json!({"detail": "Precondition failed."});
            lab.netbox.fault(NetBoxFault::on("PATCH", "*/virtual-machines/*").answer(412, body).times(1));
        }),
        ("NetBox: 500", |lab, _| {
            lab.netbox.fault(NetBoxFault::on("GET", "*/virtual-machines/*").html(500).times(1));
        }),
        ("NetBox: a page of maintenance", |lab, _| {
            lab.netbox.fault(NetBoxFault::on("GET", "*/virtual-disks/*").html(404).times(1));
        }),
    ];
    for kind in KINDS {
        for (what, arrange) in faults {
            let what = format!("{kind:?}: {what}");
            let lab = Lab::new().await;
            arrange(&lab, kind);
            create_active(&lab, kind);
            lab.settle().await;
            one_guest_runs(&lab);
            assert!(lab.journal().is_empty(), "{what}: {:?}", lab.journal());
            assert!(events(&lab, EventState::Pending).await.is_empty(), "{what}");
            assert!(events(&lab, EventState::Parked).await.is_empty(), "{what}");
        }
    }
}

#[tokio::test]
async fn a_missing_right_is_parked_with_proxmoxs_words_until_a_person_has_given_it() {
    for kind in KINDS {
        let lab = Lab::new().await;
        let missing = Fault::permission_denied("/storage/local-lvm", "Datastore.AllocateSpace");
        lab.proxmox.fault(missing.on(creation(kind)));
        create_active(&lab, kind);
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
}

#[tokio::test]
async fn a_guest_under_a_lock_waits_until_it_is_over() {
    for kind in KINDS {
        let lab = Lab::new().await;
        let id = lab.create_of(kind, json!({})).await;
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
        assert!(waits.reason.as_ref().unwrap().contains("locked (backup)"), "{kind:?}: {:?}", waits.reason);
        lab.proxmox.unlock_guest(vmid);
        lab.dispatcher.idle().await;
        assert_eq!(lab.guest(id).power, Power::Running, "{kind:?}");
    }
}

#[tokio::test]
async fn an_unreadable_change_log_parks_a_deletion() {
    for kind in KINDS {
        let lab = Lab::new().await;
        let id = lab.create_of(kind, json!({})).await;
        let empty = json!({"count": 0, "next": null, "previous": null, "results": []});
        lab.netbox.fault(NetBoxFault::on("GET", "*/object-changes/*").answer(200, empty).always());
        lab.delete(id).await;
        assert_eq!(lab.guests().len(), 1, "nothing is destroyed on a delivery alone");
        let parked = events(&lab, EventState::Parked).await;
        assert!(!parked.is_empty(), "{kind:?}");
        assert!(parked[0].reason.as_ref().unwrap().contains("core.view_objectchange"), "{parked:?}");
        lab.netbox.heal();
        lab.dispatcher.bridge().inbox.store().release(None, now()).await.unwrap();
        lab.dispatcher.wake();
        lab.dispatcher.idle().await;
        assert!(lab.guests().is_empty(), "{kind:?}");
    }
}
