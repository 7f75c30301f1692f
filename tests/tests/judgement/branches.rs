//! Changes in a NetBox branch: heard of unmarked, merged with the same request ids, reverted, merged again.

use netbox_api::testing::BranchMark;
use netbox_proxmox_core::live::EventState;
use netbox_proxmox_tests::{changes, record};
use proxmox_api::testing::{GuestKind, Power};
use serde_json::json;

use crate::{catch_up, events, lab, waiting};

#[tokio::test]
async fn a_machine_that_was_heard_of_within_a_branch_is_made_at_the_merge() {
    let lab = lab().await;
    let request = lab.netbox.branch_delivery("created", 0, record(GuestKind::Qemu, json!({})));
    lab.settle().await;
    assert!(lab.guests().is_empty() && events(&lab, EventState::Parked).await.is_empty());
    lab.netbox.forget_branch();
    lab.netbox.user("alice").in_request(&request).create_vm(record(GuestKind::Qemu, json!({})));
    lab.settle().await;
    assert_eq!(lab.guests(), [100], "{:?}", events(&lab, EventState::Ignored).await);
    lab.must_have_applied();
}

#[tokio::test]
async fn the_same_where_only_the_change_log_tells_of_the_merge() {
    let lab = lab().await;
    let request = lab.netbox.branch_delivery("created", 0, record(GuestKind::Qemu, json!({})));
    lab.settle().await;
    lab.netbox.forget_branch();
    lab.netbox.user("alice").in_request(&request).create_vm(record(GuestKind::Qemu, json!({})));
    drop(lab.take());
    assert!(catch_up(&lab).await.new > 0);
    assert_eq!(lab.guests(), [100]);
}

#[tokio::test]
async fn merged_reverted_and_merged_again_with_one_request_the_guest_follows_each_time() {
    let lab = lab().await;
    let id = lab.create(json!({"status": "offline"})).await;
    let request = lab.netbox.branch_delivery("updated", id, json!({"status": "active"}));
    lab.settle().await;
    assert_eq!(lab.guest(id).power, Power::Stopped, "not merged");
    lab.netbox.forget_branch();
    let merge =
        |status: &str| drop(lab.netbox.user("alice").in_request(&request).update_vm(id, json!({"status": status})));
    for (status, power) in [("active", Power::Running), ("offline", Power::Stopped), ("active", Power::Running)] {
        merge(status);
        lab.settle().await;
        assert_eq!(lab.guest(id).power, power, "{status}");
    }
    for (status, power) in [("offline", Power::Stopped), ("active", Power::Running)] {
        merge(status);
        drop(lab.take());
        catch_up(&lab).await;
        assert_eq!(lab.guest(id).power, power, "{status}, made up for");
    }
}

#[tokio::test]
async fn a_deletion_within_a_branch_destroys_nothing_until_it_is_merged() {
    let lab = lab().await;
    let id = lab.create(json!({"status": "active"})).await;
    let request = lab.netbox.branch_delivery("deleted", id, json!({}));
    lab.settle().await;
    assert_eq!(lab.guest(id).power, Power::Running);
    assert!(lab.journal().is_empty() && events(&lab, EventState::Parked).await.is_empty(), "{:?}", lab.journal());
    lab.netbox.forget_branch();
    lab.netbox.user("alice").in_request(&request).delete_vm(id);
    lab.settle().await;
    assert!(lab.guests().is_empty());
}

#[tokio::test]
async fn made_and_deleted_within_a_branch_is_nothing_of_ours() {
    let lab = lab().await;
    lab.netbox.branch_delivery("created", 0, record(GuestKind::Qemu, json!({})));
    let id = lab.netbox.deliveries().last().unwrap().json()["data"]["id"].as_u64().unwrap();
    lab.netbox.branch_delivery("deleted", id, json!({}));
    lab.settle().await;
    assert!(lab.journal().is_empty() && events(&lab, EventState::Parked).await.is_empty(), "{:?}", lab.journal());
    let ignored = events(&lab, EventState::Ignored).await;
    assert!(
        !ignored.is_empty() && ignored.iter().all(|it| !it.reason.as_ref().unwrap().contains("forged")),
        "{ignored:?}"
    );
}

#[tokio::test]
async fn a_marked_change_within_a_branch_is_no_event() {
    let lab = lab().await;
    let id = lab.create(json!({"status": "offline"})).await;
    for mark in [BranchMark::Data, BranchMark::Context] {
        lab.netbox.mark_branches(mark);
        lab.netbox.branch_delivery("updated", id, json!({"status": "active"}));
        let delivery = lab.netbox.deliveries().last().unwrap().json();
        assert!(changes(&delivery).is_empty(), "{delivery:#}");
    }
    // What is made in main is marked with null, and counts.
    lab.settle().await;
    lab.update(id, json!({"status": "active"})).await;
    assert_eq!(lab.guest(id).power, Power::Running);
}

#[tokio::test]
async fn what_a_merge_made_goes_although_only_the_change_log_tells_of_its_deletion() {
    let lab = lab().await;
    let request = lab.netbox.branch_delivery("created", 0, record(GuestKind::Qemu, json!({})));
    let mut made = lab.netbox.deliveries().last().unwrap().json()["data"].clone();
    lab.settle().await;
    lab.netbox.forget_branch();
    // The record keeps the time at which it was made in the branch; the entry in the change log has that of the merge.
    made["created"] = json!("2026-01-05T08:00:00Z");
    let id = lab.netbox.user("alice").in_request(&request).create_again(made)["id"].as_u64().unwrap();
    lab.settle().await;
    assert_eq!(lab.guests(), [100]);
    lab.netbox.delete_vm(id);
    drop(lab.take());
    catch_up(&lab).await;
    assert!(lab.guests().is_empty(), "{:?}", waiting(&lab).await);
}
