//! Virtual machines of something else: what a delivery itself shows to be none of ours costs NetBox nothing.
#![allow(clippy::unwrap_used)]

use netbox_proxmox_core::live::{EventState, MemoryStore};
use netbox_proxmox_tests::{CLUSTER, Lab, OTHER_CLUSTER, bridge_of, netbox_of, proxmox, record};
use proxmox_api::testing::GuestKind;
use serde_json::json;

/// Hands over what NetBox has delivered, and waits until it is answered; gives what NetBox was asked.
async fn asked(lab: &Lab) -> Vec<String> {
    lab.netbox.forget_requests();
    lab.settle().await;
    lab.netbox.requests().iter().map(|request| format!("{} {}", request.method, request.path)).collect()
}

async fn ignored(lab: &Lab) -> usize {
    lab.dispatcher.bridge().inbox.store().events(Some(EventState::Ignored), 1_000).await.unwrap().len()
}

#[tokio::test]
async fn a_hundred_events_of_others_cost_netbox_nothing() {
    let (netbox, proxmox) = (netbox_of(&[CLUSTER, OTHER_CLUSTER]).await, proxmox().await);
    let bridge = bridge_of(&netbox, &[(CLUSTER, &proxmox)], MemoryStore::default());
    let lab = Lab::over(netbox.into(), proxmox.into(), bridge);
    let custom = json!({"proxmox_vm_type": "vm"});
    for number in 0..50 {
        let fields = match number % 2 {
            0 => json!({"cluster": {"name": CLUSTER}}),
            _ => json!({"cluster": {"name": OTHER_CLUSTER}, "custom_fields": custom}),
        };
        let mut machine = json!({"name": format!("theirs-{number}"), "status": "active"});
        machine.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let id = lab.netbox.create_vm(machine)["id"].as_u64().unwrap();
        lab.netbox.create_interface(json!({"virtual_machine": id, "name": "eth0"}));
    }
    assert_eq!(asked(&lab).await, [""; 0]);
    assert_eq!(ignored(&lab).await, 100);
    // A disk that comes later, alone, does not say whose it is; the record does not come with it.
    lab.netbox.create_disk(json!({"virtual_machine": 1, "name": "scsi0", "size": 1_000}));
    lab.netbox.update_vm(2, json!({"memory": 2048}));
    lab.netbox.delete_vm(3);
    assert_eq!(asked(&lab).await, [""; 0]);
    assert!(lab.journal().is_empty() && lab.proxmox.requests().is_empty());
}

#[tokio::test]
async fn what_belongs_to_a_record_of_which_nothing_is_known_is_looked_up_once() {
    let lab = Lab::new().await;
    lab.netbox.create_vm(json!({"name": "theirs", "status": "active", "cluster": {"name": CLUSTER}}));
    // The server comes only now.
    lab.take();
    for name in ["eth0", "eth1", "eth2"] {
        lab.netbox.create_interface(json!({"virtual_machine": 1, "name": name}));
        let requests = asked(&lab).await;
        assert_eq!(requests.len(), usize::from(name == "eth0"), "{name}: {requests:?}");
    }
}

#[tokio::test]
async fn a_record_that_becomes_ours_is_looked_up_with_all_that_belongs_to_it() {
    let lab = Lab::new().await;
    let id = lab.netbox.create_vm(record(GuestKind::Qemu, json!({"custom_fields": {"proxmox_vm_type": null}})));
    let id = id["id"].as_u64().unwrap();
    lab.settle().await;
    assert!(lab.guests().is_empty());
    lab.netbox.create_disk(json!({"virtual_machine": id, "name": "scsi1", "size": 2_000}));
    lab.update(id, json!({"custom_fields": {"proxmox_vm_type": "vm"}})).await;
    assert_eq!(lab.guest(id).disk_mib("scsi1"), Some(2_048));
    // And one that is ours no more is said, though the change is none of ours afterwards.
    lab.update(id, json!({"custom_fields": {"proxmox_vm_type": null}})).await;
    lab.update(id, json!({"memory": 4096})).await;
    assert_eq!(lab.journal().len(), 1, "{:?}", lab.journal());
}

#[tokio::test]
async fn one_that_has_a_guest_of_ours_is_looked_up_whatever_its_changes_show() {
    let lab = Lab::new().await;
    let id = lab.create(json!({})).await;
    lab.netbox.update_vm(id, json!({"custom_fields": {"proxmox_vm_type": null}}));
    // That is lost; what comes shows no type, neither before nor after.
    drop(lab.take());
    lab.update(id, json!({"memory": 4096})).await;
    assert!(lab.journal().iter().any(|text| text.contains("proxmox_vm_type")), "{:?}", lab.journal());
}
