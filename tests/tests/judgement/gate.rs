//! What was changed while the record was Staged is applied, also when it is answered later.

use netbox_proxmox_tests::{KINDS, Lab, address_option, second_disk, second_slot};
use proxmox_api::testing::{GuestKind, Power};
use serde_json::json;

use crate::{catch_up, lab};

/// A Staged guest whose memory, disks and address a script changes, and that it then sets Active, in one second.
async fn script(lab: &Lab, kind: GuestKind) -> u64 {
    let id = lab.create_of(kind, json!({"memory": 1024})).await;
    lab.proxmox.clear_requests();
    lab.netbox.update_vm(id, json!({"memory": 4096, "vcpus": 2}));
    lab.netbox.create_disk(second_disk(kind, id, 2_000));
    let root = lab.netbox.disks(id)[0]["id"].as_u64().unwrap();
    lab.netbox.update_disk(root, json!({"size": 30_000}));
    lab.netbox.give_address(id, "192.0.2.10/24");
    lab.netbox.update_vm(id, json!({"status": "active"}));
    id
}

fn as_written(lab: &Lab, kind: GuestKind, id: u64) {
    let guest = lab.guest(id);
    let has_address = guest.merged().get(address_option(kind)).is_some_and(|it| it.contains("ip=192.0.2.10/24"));
    assert_eq!(
        (guest.power, guest.get("memory"), guest.get("cores"), guest.disk_mib(second_slot(kind)), has_address),
        (Power::Running, Some("4096"), Some("2"), Some(2_048), true),
        "{kind:?}: {:#?}",
        lab.journal()
    );
    let root = if kind == GuestKind::Lxc { "rootfs" } else { "scsi0" };
    assert_eq!(guest.disk_mib(root), Some(30_720), "{kind:?}");
    assert!(lab.journal().is_empty(), "{kind:?}: {:?}", lab.journal());
    let starts = lab.proxmox.count("POST /nodes/*/*/*/status/start");
    assert_eq!((starts, lab.proxmox.count("POST /nodes/*/*/*/status/shutdown")), (1, 0), "{kind:?}: started once");
}

#[tokio::test]
async fn a_script_that_configures_and_then_activates_gets_what_it_wrote_started_once() {
    for kind in KINDS {
        let lab = lab().await;
        let id = script(&lab, kind).await;
        lab.settle().await;
        as_written(&lab, kind, id);
    }
}

#[tokio::test]
async fn in_any_order_of_deliveries() {
    for kind in KINDS {
        for rotate in 1..5 {
            let lab = lab().await;
            let id = script(&lab, kind).await;
            let mut events = lab.take();
            let at = rotate % events.len();
            events.rotate_left(at);
            if rotate == 4 {
                events.reverse();
            }
            // One after the other: each is answered before the next is heard of.
            for event in events {
                lab.dispatcher.accept(&[event]).await.unwrap();
                lab.dispatcher.idle().await;
            }
            as_written(&lab, kind, id);
        }
    }
}

#[tokio::test]
async fn though_no_delivery_comes() {
    for kind in KINDS {
        let lab = lab().await;
        let id = script(&lab, kind).await;
        drop(lab.take());
        catch_up(&lab).await;
        as_written(&lab, kind, id);
    }
}

#[tokio::test]
async fn what_is_changed_once_it_is_active_is_reported() {
    for kind in KINDS {
        let lab = lab().await;
        let id = lab.create_of(kind, json!({"memory": 1024})).await;
        lab.netbox.update_vm(id, json!({"memory": 2048}));
        lab.netbox.update_vm(id, json!({"status": "active"}));
        lab.netbox.update_vm(id, json!({"memory": 8192}));
        lab.settle().await;
        assert_eq!(lab.guest(id).get("memory"), Some("1024"), "{kind:?}: the last change counts, and was made later");
        assert!(lab.journal().iter().any(|text| text.contains("8192")), "{kind:?}: {:?}", lab.journal());
    }
}

#[tokio::test]
async fn a_disk_that_grows_while_it_is_active_is_reported() {
    let lab = lab().await;
    let id = lab.create(json!({"status": "active"})).await;
    let disk = lab.netbox.disks(id)[0]["id"].as_u64().unwrap();
    lab.update_disk(disk, json!({"size": 30_000})).await;
    assert_eq!(lab.guest(id).disk_mib("scsi0"), Some(10_240));
    assert!(lab.journal()[0].contains("status is active"), "{:?}", lab.journal());
}
