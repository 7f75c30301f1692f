//! One NetBox and two Proxmox clusters: a record that is moved from one to the other takes no guest along.
#![allow(clippy::unwrap_used)]

use netbox_proxmox_tests::{KINDS, Lab, OTHER_CLUSTER};
use proxmox_api::testing::{FakeProxmox, GuestKind, Power};
use serde_json::json;

/// A record whose guest runs in the first cluster, moved to the second in NetBox.
async fn moved(kind: GuestKind) -> (Lab, FakeProxmox, u64, u32) {
    let (lab, second) = Lab::of_two_clusters().await;
    let id = lab.create_of(kind, json!({"name": "shop", "status": "active"})).await;
    let vmid = lab.vmid(id).unwrap();
    lab.must_have_applied();
    assert!(lab.journal().is_empty(), "{:?}", lab.journal());
    lab.proxmox.clear_requests();
    lab.update(id, json!({"cluster": {"name": OTHER_CLUSTER}})).await;
    (lab, second, id, vmid)
}

/// The guest runs where it was, and no cluster was asked to change anything.
fn nothing_was_done(lab: &Lab, second: &FakeProxmox, vmid: u32) {
    assert_eq!(lab.proxmox.guest(vmid).unwrap().power, Power::Running);
    assert!(lab.proxmox.writes().is_empty(), "{:?}", lab.proxmox.writes());
    assert!(second.writes().is_empty(), "{:?}", second.writes());
}

#[tokio::test]
async fn each_cluster_has_its_own_guests() {
    for kind in KINDS {
        let (lab, second) = Lab::of_two_clusters().await;
        let first = lab.create_of(kind, json!({"name": "shop"})).await;
        let custom = json!({"proxmox_vmid": "333"});
        lab.create_of(kind, json!({"name": "shop", "cluster": {"name": OTHER_CLUSTER}, "custom_fields": custom})).await;
        assert_eq!(lab.guests(), [lab.vmid(first).unwrap()], "{kind:?}");
        assert_eq!(second.guest(333).unwrap().name(), Some("shop"), "{kind:?}");
        lab.delete(first).await;
        assert!(lab.guests().is_empty() && second.guest(333).is_some(), "{kind:?}");
        assert!(lab.journal().is_empty(), "{kind:?}: {:?}", lab.journal());
    }
}

#[tokio::test]
async fn a_record_that_is_moved_to_another_cluster_is_reported_once_and_nothing_is_done() {
    for kind in KINDS {
        let (lab, second, id, vmid) = moved(kind).await;
        lab.update(id, json!({"comments": "saved again"})).await;
        lab.update(id, json!({"status": "offline"})).await;
        nothing_was_done(&lab, &second, vmid);
        let journal = lab.journal();
        assert!(journal.len() == 1 && journal[0].contains("shop"), "{kind:?}: {journal:?}");
        assert!(journal[0].contains(OTHER_CLUSTER), "{kind:?}: {journal:?}");
    }
}

#[tokio::test]
async fn a_record_that_was_moved_back_is_as_before() {
    for kind in KINDS {
        let (lab, second, id, _) = moved(kind).await;
        lab.update(id, json!({"cluster": {"name": netbox_proxmox_tests::CLUSTER}})).await;
        lab.update(id, json!({"status": "offline"})).await;
        assert_eq!(lab.guest(id).power, Power::Stopped, "{kind:?}");
        assert!(second.writes().is_empty() && lab.journal().len() == 1, "{kind:?}: {:?}", lab.journal());
    }
}

#[tokio::test]
async fn the_guest_of_a_record_that_is_deleted_elsewhere_is_kept_and_its_people_are_told() {
    for kind in KINDS {
        let (lab, second, id, vmid) = moved(kind).await;
        lab.delete(id).await;
        nothing_was_done(&lab, &second, vmid);
        let journal = lab.netbox.journal();
        let on_a_cluster: Vec<_> = journal
            .iter()
            .filter(|entry| entry["assigned_object_type"] == "virtualization.cluster")
            .map(|entry| entry["comments"].as_str().unwrap())
            .collect();
        assert!(
            on_a_cluster.len() == 1 && on_a_cluster[0].contains("shop") && on_a_cluster[0].contains("kept"),
            "{kind:?}: {journal:#?}"
        );
    }
}
