//! What NetBox's journal says of what went as it should: that a guest was made, and that what was reported is over.
#![allow(clippy::unwrap_used)]

use netbox_api::testing::Fault;
use netbox_proxmox_core::Policy;
use netbox_proxmox_core::live::inbox::EventState;
use netbox_proxmox_tests::{KINDS, Lab};
use serde_json::json;

const OVER: &str = "web01: what was reported of memory is over.";

async fn active(policy: Policy) -> (Lab, u64) {
    let lab = Lab::with(policy).await;
    let id = lab.create(json!({"status": "active", "memory": 2048})).await;
    (lab, id)
}

#[tokio::test]
async fn a_guest_that_was_made_is_told_once_with_its_vmid_and_its_node_and_waits_for_nobody() {
    for kind in KINDS {
        let lab = Lab::new().await;
        let id = lab.create_of(kind, json!({"status": "active"})).await;
        let name = lab.guest(id).name().unwrap().to_owned();
        let made = format!("{name}: created as VMID {} on node {}.", lab.vmid(id).unwrap(), lab.guest(id).node);
        assert_eq!(lab.news(), [made]);
        lab.update(id, json!({"comments": "saved again"})).await;
        assert_eq!((lab.news().len(), lab.journal()), (1, Vec::<String>::new()));
        let done = lab.dispatcher.bridge().inbox.store().events(Some(EventState::Done), 100).await.unwrap();
        assert!(!done.is_empty() && done.iter().all(|event| !event.is_reported()), "{done:#?}");
    }
}

#[tokio::test]
async fn a_guest_that_is_made_again_is_told_again() {
    let (lab, id) = active(Policy::default()).await;
    lab.proxmox.remove_guest(lab.vmid(id).unwrap());
    lab.update(id, json!({"custom_fields": {"proxmox_vmid": null}})).await;
    assert_eq!(lab.news().iter().filter(|text| text.contains("created as VMID")).count(), 2, "{:?}", lab.news());
}

#[tokio::test]
async fn the_policy_says_whether_either_is_told() {
    let (lab, id) = active(Policy { report_created: false, report_over: false, ..Policy::default() }).await;
    for memory in [4096, 2048] {
        lab.update(id, json!({"memory": memory})).await;
    }
    assert_eq!((lab.news(), lab.journal().len()), (Vec::<String>::new(), 1));
}

#[tokio::test]
async fn what_was_reported_and_is_over_is_told_each_time() {
    let (lab, id) = active(Policy { report_created: false, ..Policy::default() }).await;
    for times in [1, 2] {
        // Another difference of the same field is a report of its own, and none is over.
        for memory in [4096, 8192] {
            lab.update(id, json!({"memory": memory})).await;
            assert_eq!(lab.news().len(), times - 1, "{:?}", lab.news());
        }
        lab.update(id, json!({"memory": 2048})).await;
        lab.update(id, json!({"comments": format!("saved again {times}")})).await;
        assert_eq!(lab.news(), vec![OVER; times]);
    }
    assert_eq!(lab.journal().len(), 4, "each difference was reported each time: {:?}", lab.journal());
}

#[tokio::test]
async fn what_stands_is_not_over_while_the_rest_is() {
    let (lab, id) = active(Policy { report_created: false, ..Policy::default() }).await;
    lab.update(id, json!({"memory": 4096, "vcpus": 4})).await;
    lab.update(id, json!({"memory": 2048})).await;
    assert_eq!(lab.news(), [OVER], "the CPUs are not: {:?}", lab.journal());
}

/// It is neither looked at nor as NetBox says: nothing is known of it.
#[tokio::test]
async fn what_is_not_looked_at_any_more_is_not_said_to_be_over() {
    for change in [
        json!({"status": "failed"}),
        json!({"custom_fields": {"proxmox_vmid": "none of them"}}),
        json!({"custom_fields": {"proxmox_vm_type": "lxc"}}),
    ] {
        let (lab, id) = active(Policy { report_created: false, ..Policy::default() }).await;
        lab.update(id, json!({"memory": 4096})).await;
        assert_eq!(lab.journal().len(), 1);
        lab.update(id, change.clone()).await;
        assert_eq!(lab.news(), Vec::<String>::new(), "{change}");
    }
}

#[tokio::test]
async fn the_end_of_a_report_that_nobody_got_is_told_nobody() {
    let (lab, id) = active(Policy { report_created: false, ..Policy::default() }).await;
    let refused = json!({"detail": "You do not have permission to perform this action."});
    lab.netbox.fault(Fault::on("POST", "*/journal-entries/").answer(400, refused).times(2));
    lab.update(id, json!({"memory": 4096})).await;
    assert_eq!(lab.journal(), Vec::<String>::new());
    lab.update(id, json!({"memory": 2048})).await;
    assert_eq!((lab.news(), lab.journal()), (Vec::new(), Vec::<String>::new()));
}

#[tokio::test]
async fn a_record_that_is_deleted_leaves_nothing_to_be_over() {
    let (lab, id) = active(Policy { report_created: false, ..Policy::default() }).await;
    lab.update(id, json!({"memory": 4096})).await;
    lab.delete(id).await;
    assert_eq!(lab.netbox.journal(), Vec::<serde_json::Value>::new(), "entries on a record go with it");
    assert!(lab.guests().is_empty());
}
