//! NetBox is restored from a dump that was made before: ids come again.

use netbox_proxmox_tests::{KINDS, Lab, record};
use proxmox_api::testing::Power;
use serde_json::json;

use crate::{catch_up, lab, on_clusters, release, says, waiting};

/// The guest of a record that a restore took away, and the record that has its id since.
async fn another_with_its_id(lab: &Lab, kind: proxmox_api::testing::GuestKind) -> (u32, String, u64) {
    let dump = lab.netbox.dump();
    let web01 = lab.create_of(kind, json!({"name": "web01", "status": "active"})).await;
    let vmid = lab.vmid(web01).unwrap();
    let notes = lab.guest(web01).description().unwrap().to_owned();
    lab.netbox.restore(&dump);
    let db01 = lab.create_of(kind, json!({"name": "db01", "status": "planned"})).await;
    assert_eq!(db01, web01, "its sequence went back");
    (vmid, notes, db01)
}

#[tokio::test]
async fn the_guest_of_a_record_that_had_the_id_before_is_not_destroyed() {
    for kind in KINDS {
        let lab = lab().await;
        let (vmid, notes, db01) = another_with_its_id(&lab, kind).await;
        lab.delete(db01).await;
        let guest = lab.proxmox.guest(vmid).unwrap();
        assert_eq!((guest.power, guest.description()), (Power::Running, Some(notes.as_str())), "{kind:?}");
        assert!(!lab.proxmox.writes().iter().any(|write| write.starts_with("DELETE")), "{:?}", lab.proxmox.writes());
    }
}

#[tokio::test]
async fn a_new_record_with_the_id_is_made_a_guest_of_its_own() {
    for kind in KINDS {
        let lab = lab().await;
        let (vmid, notes, db01) = another_with_its_id(&lab, kind).await;
        lab.update(db01, json!({"status": "active"})).await;
        assert_ne!(lab.vmid(db01), Some(vmid));
        assert_eq!((lab.guest(db01).power, lab.guests().len()), (Power::Running, 2), "{kind:?}");
        assert_eq!(lab.proxmox.guest(vmid).unwrap().description(), Some(notes.as_str()));
        assert!(lab.journal().iter().all(|text| !text.contains("remove that guest")), "{:?}", lab.journal());
        // And goes without taking the other along.
        lab.delete(db01).await;
        release(&lab).await;
        assert_eq!(lab.guests(), [vmid], "{kind:?}");
    }
}

#[tokio::test]
async fn a_deletion_that_only_the_log_tells_of_does_not_reach_the_former_guest_either() {
    let lab = lab().await;
    let (vmid, _, db01) = another_with_its_id(&lab, KINDS[0]).await;
    lab.netbox.delete_vm(db01);
    drop(lab.take());
    catch_up(&lab).await;
    lab.netbox.create_vm(record(KINDS[0], json!({"name": "db02", "status": "planned"})));
    catch_up(&lab).await;
    release(&lab).await;
    assert_eq!(lab.proxmox.guest(vmid).unwrap().power, Power::Running);
}

#[tokio::test]
async fn a_restore_is_noticed_said_on_the_cluster_and_holds_what_destroys() {
    let lab = lab().await;
    let old = lab.create(json!({"name": "old01", "status": "active"})).await;
    let older = lab.vmid(old).unwrap();
    catch_up(&lab).await;
    let dump = lab.netbox.dump();
    let web01 = lab.create(json!({"name": "web01", "status": "active"})).await;
    let vmid = lab.vmid(web01).unwrap();
    catch_up(&lab).await;
    lab.netbox.restore(&dump);
    catch_up(&lab).await;
    let told = on_clusters(&lab);
    assert_eq!(told.len(), 1, "{told:?}");
    says(&told[0], &["restored from a backup", "Nothing is destroyed", "events --release"]);

    lab.delete(old).await;
    assert_eq!(lab.guests(), [older, vmid], "held");
    let parked = waiting(&lab).await;
    assert_eq!(parked.len(), 1, "{parked:#?}");
    says(parked[0].reason.as_ref().unwrap(), &["held: ", "restored or exchanged"]);
    // Everything else goes on, and it is said once.
    let new = lab.create(json!({"name": "new01", "status": "active"})).await;
    assert_eq!(lab.guest(new).power, Power::Running);
    catch_up(&lab).await;
    assert_eq!(on_clusters(&lab).len(), 1, "{:?}", on_clusters(&lab));

    release(&lab).await;
    assert!(lab.proxmox.guest(older).is_none(), "a person agreed");
    lab.delete(new).await;
    assert_eq!(lab.guests(), [vmid], "and what is deleted from then on goes");
}

#[tokio::test]
async fn a_restore_is_noticed_before_anything_is_destroyed_though_nobody_read_the_log() {
    let lab = lab().await;
    let old = lab.create(json!({"name": "old01"})).await;
    let dump = lab.netbox.dump();
    lab.create(json!({"name": "web01"})).await;
    catch_up(&lab).await;
    lab.netbox.restore(&dump);
    lab.delete(old).await;
    assert_eq!(lab.guests().len(), 2, "{:?}", lab.journal());
    says(&on_clusters(&lab)[0], &["restored"]);
}

#[tokio::test]
async fn a_log_whose_entry_is_of_another_request_is_another_log() {
    let lab = lab().await;
    let dump = lab.netbox.dump();
    let old = lab.create(json!({"name": "old01"})).await;
    catch_up(&lab).await;
    // Restored, and by the time anybody looks as long as it was.
    lab.netbox.restore(&dump);
    for number in 0..20 {
        lab.netbox
            .user("bob")
            .create("extras/tags", json!({"name": format!("t{number}"), "slug": format!("t{number}")}));
    }
    catch_up(&lab).await;
    says(&on_clusters(&lab)[0], &["its entry", "and was of"]);
    assert!(lab.netbox.vm(old).is_none() && lab.guests().len() == 1);
}

#[tokio::test]
async fn a_log_that_was_pruned_is_no_other_one() {
    let lab = lab().await;
    let id = lab.create(json!({"status": "active"})).await;
    catch_up(&lab).await;
    for number in 0..5 {
        lab.netbox
            .user("bob")
            .create("extras/tags", json!({"name": format!("t{number}"), "slug": format!("t{number}")}));
    }
    lab.netbox.prune_change_log(3);
    catch_up(&lab).await;
    assert!(on_clusters(&lab).is_empty(), "{:?}", on_clusters(&lab));
    lab.delete(id).await;
    assert!(lab.guests().is_empty(), "{:?}", lab.journal());
}

#[tokio::test]
async fn a_guest_that_the_restored_netbox_lacks_is_reported_and_never_called_removable_without_a_doubt() {
    let lab = lab().await;
    let (vmid, _, db01) = another_with_its_id(&lab, KINDS[0]).await;
    lab.dispatcher.reconcile(2).await.unwrap();
    lab.dispatcher.idle().await;
    let told = lab.journal().into_iter().find(|text| text.contains(&format!("guest {vmid}"))).unwrap();
    says(&told, &["has another one with this id now", "restored from a backup", "If nothing on it is needed"]);
    assert!(lab.netbox.vm(db01).is_some());
}
