//! What becomes of a volume when NetBox deletes the disk whose slot it has: only the disk's own goes.
#![allow(clippy::unwrap_used, missing_docs)]

use netbox_proxmox_tests::Lab;
use serde_json::json;

/// A guest with a disk `scsi1` of NetBox's; gives the record and the disk.
async fn with_a_disk(lab: &Lab) -> (u64, u64) {
    let id = lab.create(json!({})).await;
    let disk = lab.add_disk(id, "scsi1", 2_000).await;
    (id, disk)
}

/// Somebody takes the disk away in Proxmox and attaches another volume in its place.
fn swap(lab: &Lab, id: u64) -> String {
    let vmid = lab.vmid(id).unwrap();
    lab.proxmox.edit(vmid, |guest| guest.unset("scsi1"));
    lab.proxmox.attach_disk(vmid, "scsi1", "ceph", 1_024)
}

fn must_have_kept(lab: &Lab, id: u64, volume: &str) {
    assert_eq!(lab.guest(id).volume("scsi1"), Some(volume), "{:?}", lab.last_plan());
    let told = lab.journal().into_iter().any(|text| text.contains("not removed") && text.contains(volume));
    assert!(told, "{:?}", lab.journal());
}

#[tokio::test]
async fn what_was_attached_since_the_disk_was_added_is_kept() {
    let lab = Lab::new().await;
    let (id, disk) = with_a_disk(&lab).await;
    let theirs = swap(&lab, id);
    lab.delete_disk(disk).await;
    must_have_kept(&lab, id, &theirs);
}

#[tokio::test]
async fn what_was_attached_is_kept_whatever_is_answered_before_the_deletion() {
    let lab = Lab::new().await;
    let (id, disk) = with_a_disk(&lab).await;
    lab.update(id, json!({"comments": "seen"})).await;
    let theirs = swap(&lab, id);
    lab.netbox.delete_disk(disk);
    let deletion = lab.take();
    lab.update(id, json!({"comments": "saved meanwhile"})).await;
    let _ = lab.dispatcher.accept(&deletion).await.unwrap();
    lab.dispatcher.idle().await;
    must_have_kept(&lab, id, &theirs);
}

#[tokio::test]
async fn what_cannot_be_the_disk_is_kept_by_a_server_that_remembers_nothing() {
    let lab = Lab::new().await;
    let (id, disk) = with_a_disk(&lab).await;
    let theirs = swap(&lab, id);
    lab.dispatcher.bridge().inbox.forget(lab.owner(id)).await.unwrap();
    lab.delete_disk(disk).await;
    must_have_kept(&lab, id, &theirs);
}
