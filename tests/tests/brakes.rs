//! The brake on destroying: a hundred guests an hour; what is more waits until a person agrees.
#![allow(clippy::unwrap_used)]

use netbox_proxmox_core::live::EventState;
use netbox_proxmox_core::live::bridge::now;
use netbox_proxmox_tests::{CLUSTER, Lab};
use serde_json::json;

/// Makes records with their guests, which are alike; gives the records' ids.
fn pairs(lab: &Lab, vmids: std::ops::RangeInclusive<u32>) -> Vec<u64> {
    let pair = |vmid: u32| {
        let name = format!("guest-{vmid}");
        let custom = json!({"proxmox_vm_type": "vm", "proxmox_vm_templates": "9000", "proxmox_vmid": vmid.to_string()});
        let cluster = json!({"name": CLUSTER});
        let record = json!({"name": name, "status": "offline", "cluster": cluster, "custom_fields": custom});
        let record = lab.netbox.create_vm(record)["id"].as_u64().unwrap();
        let marker = lab.marker(record, vmid);
        lab.proxmox.add_guest(vmid, &name, |guest| guest.disk("scsi0", "ceph", 1_024).description(&marker));
        record
    };
    vmids.map(pair).collect()
}

#[tokio::test]
async fn more_than_a_hundred_removals_in_an_hour_wait_for_a_person() {
    let lab = Lab::new().await;
    let records = pairs(&lab, 1_001..=1_103);
    // Nobody heard of their creation: they are as they should be.
    drop(lab.take());
    let (hundred, more) = records.split_at(100);
    hundred.iter().for_each(|record| lab.netbox.delete_vm(*record));
    lab.settle().await;
    assert_eq!(lab.guests(), [1_101, 1_102, 1_103], "a hundred are a day's work");
    lab.must_have_applied();

    more[..2].iter().for_each(|record| lab.netbox.delete_vm(*record));
    lab.settle().await;
    assert_eq!(lab.guests(), [1_101, 1_102, 1_103], "nothing more is destroyed");
    let store = lab.dispatcher.bridge().inbox.store();
    let held = store.events(Some(EventState::Parked), 10).await.unwrap();
    assert!(held.len() == 2 && held.iter().all(|it| it.reason.as_ref().unwrap().starts_with("held: ")), "{held:#?}");
    assert!(held[0].reason.as_ref().unwrap().contains("--release"), "{held:#?}");
    // Everything else goes on.
    lab.update(more[2], json!({"status": "active"})).await;
    assert!(lab.proxmox.guest(1_103).unwrap().is_running());

    store.release(None, now()).await.unwrap();
    lab.dispatcher.wake();
    lab.dispatcher.idle().await;
    assert_eq!(lab.guests(), [1_103]);
    assert!(store.events(Some(EventState::Parked), 10).await.unwrap().is_empty());
}
