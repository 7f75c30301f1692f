//! Deliveries that never come are made up for from NetBox's change log.
#![allow(clippy::unwrap_used)]

use netbox_proxmox_core::live::EventState;
use netbox_proxmox_tests::{KINDS, Lab, address_option, record, second_disk, second_slot};
use proxmox_api::testing::{GuestKind, Power};
use serde_json::json;

/// Reads the change log and lets it be answered; the deliveries are lost.
async fn catch_up(lab: &Lab) -> netbox_proxmox_core::live::CatchUp {
    let _ = lab.take();
    let done = lab.dispatcher.catch_up(None).await.unwrap();
    lab.dispatcher.idle().await;
    let _ = lab.take();
    done
}

/// A laboratory in which the end of the change log was noted: the log of a NetBox in use is never empty.
async fn lab() -> Lab {
    let lab = Lab::new().await;
    lab.netbox.user("alice").create("extras/tags", json!({"name": "used", "slug": "used"}));
    assert_eq!(catch_up(&lab).await.new, 0, "the first time only the end of the log is noted");
    lab
}

fn staged(name: &str) -> serde_json::Value {
    record(GuestKind::Qemu, json!({ "name": name }))
}

#[tokio::test]
async fn a_life_without_any_delivery() {
    for kind in KINDS {
        let lab = lab().await;
        let (slot, has) = (second_slot(kind), |address: &str| {
            lab.guest(1).merged().get(address_option(kind)).is_some_and(|it| it.contains(&format!("ip={address}")))
        });
        lab.netbox.create_vm(record(kind, json!({})));
        assert!(catch_up(&lab).await.new > 0);
        let vmid = lab.vmid(1).expect("it was created");
        lab.netbox.update_vm(1, json!({"memory": 4096}));
        let disk = lab.netbox.create_disk(second_disk(kind, 1, 2_000));
        catch_up(&lab).await;
        assert_eq!((lab.guest(1).get("memory"), lab.guest(1).disk_mib(slot)), (Some("4096"), Some(2_048)), "{kind:?}");
        lab.netbox.give_address(1, "192.0.2.10/24");
        catch_up(&lab).await;
        assert!(has("192.0.2.10/24"), "{kind:?}");
        let ip = lab.netbox.all("ipam/ip-addresses")[0]["id"].as_u64().unwrap();
        lab.netbox.update_ip(ip, json!({"address": "192.0.2.11/24"}));
        catch_up(&lab).await;
        assert!(has("192.0.2.11/24"), "{kind:?}");
        lab.netbox.delete_disk(disk["id"].as_u64().unwrap());
        catch_up(&lab).await;
        assert_eq!(lab.guest(1).volume(slot), None, "{kind:?}");
        lab.netbox.update_vm(1, json!({"status": "active"}));
        catch_up(&lab).await;
        assert_eq!(lab.guest(1).power, Power::Running, "{kind:?}");
        lab.netbox.delete_vm(1);
        catch_up(&lab).await;
        assert!(lab.proxmox.guest(vmid).is_none(), "{kind:?}");
        lab.must_have_applied();
    }
}

#[tokio::test]
async fn what_was_delivered_is_not_answered_twice() {
    let lab = lab().await;
    lab.create(json!({})).await;
    lab.update(1, json!({"status": "active"})).await;
    let writes = lab.proxmox.writes();
    let done = lab.dispatcher.catch_up(None).await.unwrap();
    lab.dispatcher.idle().await;
    assert!(done.read > 0, "the log has it");
    // Only our own writes were not taken as deliveries by then, and those are echoes.
    assert_eq!(lab.proxmox.writes(), writes);
    lab.must_have_applied();
}

#[tokio::test]
async fn many_deletions_at_once_wait_for_a_person() {
    let lab = lab().await;
    for number in 0..11 {
        lab.netbox.create_vm(staged(&format!("web{number:02}")));
    }
    lab.settle().await;
    let ids: Vec<u64> = (1..=11).collect();
    ids.iter().for_each(|id| lab.netbox.delete_vm(*id));
    assert_eq!(catch_up(&lab).await.held, 11);
    assert_eq!(lab.guests().len(), 11, "nothing was destroyed");
    let store = lab.dispatcher.bridge().inbox.store();
    let parked = store.events(Some(EventState::Parked), 100).await.unwrap();
    assert!(parked.len() == 11 && parked[0].reason.as_ref().unwrap().contains("release"), "{parked:#?}");
    store.release(None, netbox_proxmox_core::live::bridge::now()).await.unwrap();
    lab.dispatcher.wake();
    lab.dispatcher.idle().await;
    assert!(lab.guests().is_empty());
}

#[tokio::test]
async fn a_few_lost_deletions_among_many_that_came_are_made_up_for() {
    let lab = lab().await;
    for number in 0..12 {
        lab.netbox.create_vm(staged(&format!("web{number:02}")));
    }
    lab.settle().await;
    (1..=11).for_each(|id| lab.netbox.delete_vm(id));
    lab.settle().await;
    lab.netbox.delete_vm(12);
    assert_eq!(catch_up(&lab).await.held, 0);
    assert!(lab.guests().is_empty());
}

#[tokio::test]
async fn a_log_that_could_not_be_read_is_not_replayed_once_it_can_be() {
    let lab = Lab::new().await;
    assert_eq!(catch_up(&lab).await.newest, None, "it is empty, as for a token without rights");
    lab.create(json!({})).await;
    lab.proxmox.remove_guest(lab.vmid(1).unwrap());
    assert_eq!(catch_up(&lab).await.new, 0);
    assert!(lab.guests().is_empty(), "what an administrator removed is not made again");
}

#[tokio::test]
async fn what_is_younger_is_left_to_its_delivery() {
    let lab = lab().await;
    let before = lab.dispatcher.catch_up(None).await.unwrap();
    lab.netbox.create_vm(staged("web01"));
    assert_eq!(lab.dispatcher.catch_up(before.newest).await.unwrap().new, 0);
    assert_eq!(lab.dispatcher.catch_up(None).await.unwrap().new, 1);
}

#[tokio::test]
async fn nobody_is_told_that_nobody_did_what_is_still_on_its_way() {
    let lab = lab().await;
    lab.netbox.create_vm(staged("web01"));
    lab.settle().await;
    let old = lab.netbox.create_disk(json!({"virtual_machine": 1, "name": "scsi1", "size": 2_000}));
    lab.settle().await;
    // The first of three changes is heard of; by then NetBox has a disk more and one less.
    lab.netbox.update_vm(1, json!({"memory": 4096}));
    let first = lab.take();
    lab.netbox.delete_disk(old["id"].as_u64().unwrap());
    lab.netbox.create_disk(json!({"virtual_machine": 1, "name": "scsi2", "size": 3_000}));
    lab.dispatcher.accept(&first).await.unwrap();
    lab.dispatcher.idle().await;
    let guest = lab.guest(1);
    assert_eq!(
        (guest.volume("scsi1"), guest.disk_mib("scsi2"), guest.get("memory")),
        (None, Some(3_072), Some("4096"))
    );
    assert!(lab.journal().is_empty(), "{:?}", lab.journal());
    // The deliveries come after all. Whether they are others nobody can tell: a look finds nothing to do.
    let plans = lab.seen.plans.lock().unwrap().len();
    lab.settle().await;
    assert!(lab.seen.plans.lock().unwrap()[plans..].iter().all(Vec::is_empty), "{:?}", lab.last_plan());
}
