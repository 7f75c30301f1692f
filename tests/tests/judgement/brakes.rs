//! The brakes: what is counted, what is kept, and what lifts them.

use netbox_proxmox_core::live::EventState;

use proxmox_api::testing::Fault;

use crate::{catch_up, events, lab, on_clusters, says, waiting};

#[tokio::test]
async fn deliveries_that_come_after_all_lift_what_was_held_as_not_delivered() {
    let lab = lab().await;
    let records = lab.pairs(1_001..=1_050);
    lab.settle().await;
    records.iter().for_each(|id| lab.netbox.delete_vm(*id));
    // The webhook queue is a minute behind.
    assert_eq!(catch_up(&lab).await.held, 50);
    assert_eq!(lab.guests().len(), 50);
    let told = on_clusters(&lab);
    assert_eq!(told.len(), 1, "{told:?}");
    says(&told[0], &["50 virtual machines", "not been delivered", "events --release"]);
    lab.settle().await;
    assert!(lab.guests().is_empty(), "{:?}", events(&lab, EventState::Parked).await.len());
    assert!(events(&lab, EventState::Parked).await.is_empty(), "nothing stays held");
}

#[tokio::test]
async fn a_delivery_lifts_the_hold_of_its_own_deletion_only() {
    let lab = lab().await;
    let records = lab.pairs(1_001..=1_011);
    lab.settle().await;
    records.iter().for_each(|id| lab.netbox.delete_vm(*id));
    let delivered = lab.take();
    assert_eq!(catch_up(&lab).await.held, 11);
    let one: Vec<_> = delivered.into_iter().filter(|event| event.change.record.0 == records[3]).collect();
    lab.dispatcher.accept(&one).await.unwrap();
    lab.dispatcher.idle().await;
    assert_eq!(lab.guests().len(), 10);
    assert_eq!(waiting(&lab).await.len(), 10);
}

#[tokio::test]
async fn destroys_that_end_with_warnings_or_fail_are_counted_and_a_restart_forgets_none() {
    let mut lab = lab().await;
    let records = lab.pairs(1_001..=1_102);
    lab.settle().await;
    lab.proxmox.fault(Fault::warn_task(1).on("DELETE /nodes/*/qemu/*").always());
    let (hundred, more) = records.split_at(100);
    hundred.iter().for_each(|id| lab.netbox.delete_vm(*id));
    lab.settle().await;
    assert_eq!(lab.guests().len(), 2);
    let bridge = lab.dispatcher.bridge().clone();
    lab.restart(bridge).await;
    lab.delete(more[0]).await;
    assert_eq!(lab.guests().len(), 2, "the hundred of before count");
    let parked = waiting(&lab).await;
    says(parked[0].reason.as_ref().unwrap(), &["held: 100 guests were destroyed within an hour", "--release"]);
    assert!(on_clusters(&lab).iter().any(|text| text.contains("100 guests were destroyed")), "{:?}", on_clusters(&lab));
    crate::release(&lab).await;
    assert_eq!(lab.guests().len(), 1, "a person agreed to this one");
}

#[tokio::test]
async fn those_under_way_count() {
    let lab = lab().await;
    let records = lab.pairs(1_001..=1_110);
    lab.settle().await;
    // All are heard of before the first has ended.
    records.iter().for_each(|id| lab.netbox.delete_vm(*id));
    lab.settle().await;
    assert_eq!(lab.guests().len(), 10);
    assert_eq!(waiting(&lab).await.len(), 10);
}
