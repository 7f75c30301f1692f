//! The brake on destroying: a hundred guests an hour; what is more waits until a person agrees.
#![allow(clippy::unwrap_used)]

use netbox_proxmox_core::live::EventState;
use netbox_proxmox_core::live::bridge::now;
use netbox_proxmox_tests::Lab;
use serde_json::json;

#[tokio::test]
async fn more_than_a_hundred_removals_in_an_hour_wait_for_a_person() {
    let lab = Lab::new().await;
    let records = lab.pairs(1_001..=1_103);
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
