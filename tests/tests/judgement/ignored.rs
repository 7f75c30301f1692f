//! What is ignored, and what is not, though it could have been.

use netbox_proxmox_core::live::EventState;
use netbox_proxmox_tests::{CLUSTER, Lab, changes, record};
use proxmox_api::testing::{GuestKind, Power};
use serde_json::json;

use crate::{events, lab, on_clusters, says};

/// The reasons of what was ignored.
async fn reasons(lab: &Lab) -> Vec<String> {
    events(lab, EventState::Ignored).await.into_iter().map(|event| event.reason.unwrap()).collect()
}

#[tokio::test]
async fn every_way_to_ignored() {
    let netbox = netbox_proxmox_tests::netbox_of(&[CLUSTER, "vmware"]).await;
    let proxmox = netbox_proxmox_tests::proxmox().await;
    let lab = crate::known(Lab::between(netbox, proxmox, Default::default())).await;
    let with_none = json!({"custom_fields": {"proxmox_vm_type": null}});
    let elsewhere = json!({"name": "b", "cluster": {"name": "vmware"}});
    let no_type = lab.create(with_none).await;
    let other = lab.create(elsewhere).await;
    says(&reasons(&lab).await.join("|"), &["proxmox_vm_type is not set", "cluster with the id 2 is not one of ours"]);
    lab.delete(no_type).await;
    lab.delete(other).await;
    says(&reasons(&lab).await.join("|"), &["was deleted, and was none of ours"]);
    let id = lab.create(json!({"name": "c", "status": "active"})).await;
    says(&reasons(&lab).await.join("|"), &["an echo of our own write"]);
    let disk = lab.netbox.disks(id)[0]["id"].as_u64().unwrap();
    lab.netbox.update_disk(disk, json!({"description": "x"}));
    let late = lab.take();
    lab.delete(id).await;
    lab.dispatcher.accept(&late).await.unwrap();
    lab.dispatcher.idle().await;
    says(&reasons(&lab).await.join("|"), &["NetBox does not have the virtual machine"]);
    assert!(lab.journal().is_empty() && events(&lab, EventState::Parked).await.is_empty(), "{:?}", lab.journal());
}

/// A delivery of a deletion that never happened, or that another NetBox sent.
fn forged(lab: &Lab, id: u64) -> serde_json::Value {
    let machine = lab.netbox.vm(id).unwrap();
    json!({
        "event": "deleted", "timestamp": "2026-01-05T09:00:00.000000+00:00",
        "object_type": "virtualization.virtualmachine", "data": machine,
        "request": {"id": "00000000-0000-0000-0000-000000000000", "user": "mallory"},
        "snapshots": {"prechange": {"name": "web01"}, "postchange": null},
    })
}

#[tokio::test]
async fn a_forged_deletion_of_a_record_that_is_there_does_nothing() {
    let lab = lab().await;
    let id = lab.create(json!({"status": "active"})).await;
    lab.dispatcher.accept(&changes(&forged(&lab, id))).await.unwrap();
    lab.dispatcher.idle().await;
    assert_eq!(lab.guest(id).power, Power::Running);
    assert!(lab.journal().is_empty(), "{:?}", lab.journal());
}

#[tokio::test]
async fn a_deletion_that_the_log_does_not_have_of_a_record_that_is_gone_waits_for_a_person() {
    let lab = lab().await;
    let id = lab.create(json!({"status": "active"})).await;
    let (vmid, delivery) = (lab.vmid(id).unwrap(), forged(&lab, id));
    // By the shell: no delivery, and nothing in the log.
    lab.netbox.shell().delete_vm(id);
    lab.dispatcher.accept(&changes(&delivery)).await.unwrap();
    lab.dispatcher.idle().await;
    assert_eq!(lab.proxmox.guest(vmid).unwrap().power, Power::Running);
    assert_eq!(events(&lab, EventState::Parked).await.len(), 1);
    says(&on_clusters(&lab)[0], &["web01", "change log has no such deletion", "events --release"]);
}

#[tokio::test]
async fn an_unrelated_deletion_confirms_nothing() {
    let lab = lab().await;
    let (one, two) = (lab.create(json!({})).await, lab.create(json!({"name": "web02"})).await);
    let (vmid, delivery) = (lab.vmid(one).unwrap(), forged(&lab, one));
    lab.delete(two).await;
    lab.netbox.shell().delete_vm(one);
    lab.dispatcher.accept(&changes(&delivery)).await.unwrap();
    lab.dispatcher.idle().await;
    assert_eq!(lab.guests(), [vmid]);
}

#[tokio::test]
async fn a_forged_deletion_of_a_disk_removes_nothing() {
    let lab = lab().await;
    let id = lab.create(json!({})).await;
    let disk = lab.add_disk(id, "scsi1", 2_000).await;
    let data = lab.netbox.disks(id).into_iter().find(|it| it["id"] == disk).unwrap();
    let delivery = |at: u64| {
        json!({
            "event": "deleted", "timestamp": format!("2026-01-05T09:00:0{at}.000000+00:00"),
            "object_type": "virtualization.virtualdisk", "data": data,
            "request": {"id": "00000000-0000-0000-0000-000000000000"},
            "snapshots": {"prechange": {"name": "scsi1", "virtual_machine": id}, "postchange": null},
        })
    };
    lab.dispatcher.accept(&changes(&delivery(1))).await.unwrap();
    lab.dispatcher.idle().await;
    assert!(lab.guest(id).volume("scsi1").is_some(), "NetBox has it");
    lab.netbox.shell().delete("virtualization/virtual-disks", disk);
    lab.dispatcher.accept(&changes(&delivery(2))).await.unwrap();
    lab.dispatcher.idle().await;
    assert!(lab.guest(id).volume("scsi1").is_some(), "its log has no such deletion");
    let parked = events(&lab, EventState::Parked).await;
    assert_eq!(parked.len(), 1, "{parked:#?}");
    says(parked[0].reason.as_ref().unwrap(), &["the deletion of disk scsi1 cannot be judged"]);
    // Everything else goes on.
    lab.update(id, json!({"status": "active"})).await;
    assert_eq!(lab.guest(id).power, Power::Running);
}

#[tokio::test]
async fn a_type_that_is_not_understood_is_not_taken_for_none() {
    let netbox = netbox_api::testing::FakeNetBox::builder().token("nbt_labkey000000.lab-secret").cluster(CLUSTER);
    let netbox = netbox.choices("proxmox_vm_type", ["vm", "lxc", "kvm"]).start().await;
    netbox.hold();
    netbox.webhook("http://127.0.0.1:9/webhook", Some("hook"));
    let lab = crate::known(Lab::between(netbox, netbox_proxmox_tests::proxmox().await, Default::default())).await;
    let fields = json!({"custom_fields": {"proxmox_vm_type": "kvm"}});
    lab.netbox.create_vm(record(GuestKind::Qemu, fields));
    lab.settle().await;
    assert!(lab.guests().is_empty());
    assert_eq!(events(&lab, EventState::Parked).await.len(), 1);
    says(&lab.journal()[0], &["proxmox_vm_type", "neither vm nor lxc"]);
}
