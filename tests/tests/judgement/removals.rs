//! Removals that wait: the record comes back, or NetBox's change log forgets the deletion meanwhile.

use netbox_proxmox_core::live::{EventState, Settlement};
use netbox_proxmox_core::policy::DestroyWhen;
use netbox_proxmox_core::{Owner, Policy};
use netbox_proxmox_tests::{KINDS, Lab};
use proxmox_api::testing::{GuestKind, Power, Recorded};
use serde_json::json;

use crate::{catch_up, events, known, says, waiting};

/// A record whose guest is to be destroyed in an hour.
async fn put_off(kind: GuestKind) -> (Lab, u64, u32, Owner) {
    let policy = Policy { destroy: DestroyWhen::After(3600).into(), ..Policy::default() };
    let lab = known(Lab::with(policy).await).await;
    let id = lab.create_of(kind, json!({"status": "active"})).await;
    let (vmid, owner) = (lab.vmid(id).unwrap(), lab.owner(id));
    lab.delete(id).await;
    let guest = lab.proxmox.guest(vmid).unwrap();
    assert_eq!((guest.power, guest.tags().contains("netbox-deleted")), (Power::Stopped, true));
    (lab, id, vmid, owner)
}

/// The hour is over.
async fn fall_due(lab: &Lab, owner: Owner) {
    let inbox = &lab.dispatcher.bridge().inbox;
    let mut removal = inbox.removal(owner).await.unwrap().unwrap();
    removal.due = 1;
    inbox.put_removal(owner, &removal).await.unwrap();
    for event in inbox.store().pending(owner.record).await.unwrap() {
        let settlement = Settlement { state: EventState::Pending, reason: None, brake: None, due: 0, attempted: false };
        inbox.store().settle(&[event.id], &settlement).await.unwrap();
    }
    lab.dispatcher.wake();
    lab.dispatcher.idle().await;
}

#[tokio::test]
async fn a_record_that_is_there_again_keeps_its_guest_and_a_later_deletion_waits_its_full_time() {
    for kind in KINDS {
        let (lab, id, vmid, owner) = put_off(kind).await;
        lab.netbox.revert_deletion(id);
        lab.settle().await;
        let guest = lab.proxmox.guest(vmid).unwrap();
        assert_eq!((guest.power, guest.tags().contains("netbox-deleted")), (Power::Running, false), "{kind:?}");
        assert!(lab.journal().iter().any(|text| text.contains("in NetBox again")), "{:?}", lab.journal());
        let inbox = &lab.dispatcher.bridge().inbox;
        assert_eq!(inbox.removal(owner).await.unwrap(), None);

        let before = netbox_proxmox_core::live::bridge::now();
        lab.delete(id).await;
        assert!(lab.proxmox.guest(vmid).is_some(), "{kind:?}: it is not due");
        assert!(inbox.removal(owner).await.unwrap().unwrap().due >= before + 3600, "{kind:?}");
    }
}

#[tokio::test]
async fn a_second_deletion_before_anybody_noticed_that_it_was_there_again_waits_its_full_time_too() {
    let (lab, id, vmid, owner) = put_off(GuestKind::Qemu).await;
    let inbox = lab.dispatcher.bridge().inbox.clone();
    let mut removal = inbox.removal(owner).await.unwrap().unwrap();
    removal.due = 1;
    inbox.put_removal(owner, &removal).await.unwrap();
    lab.netbox.revert_deletion(id);
    lab.netbox.delete_vm(id);
    lab.settle().await;
    assert!(lab.proxmox.guest(vmid).is_some(), "{:?}", lab.last_plan());
    assert!(inbox.removal(owner).await.unwrap().unwrap().due > 1);
}

#[tokio::test]
async fn a_comparison_finds_a_record_that_a_restore_brought_back() {
    let policy = Policy { destroy: DestroyWhen::After(3600).into(), ..Policy::default() };
    let lab = known(Lab::with(policy).await).await;
    let id = lab.create(json!({"status": "active"})).await;
    let vmid = lab.vmid(id).unwrap();
    let dump = lab.netbox.dump();
    lab.delete(id).await;
    assert_eq!(lab.proxmox.guest(vmid).unwrap().power, Power::Stopped);
    // No delivery tells of it.
    lab.netbox.restore(&dump);
    lab.dispatcher.reconcile(2).await.unwrap();
    lab.dispatcher.idle().await;
    let guest = lab.proxmox.guest(vmid).unwrap();
    assert_eq!((guest.power, guest.tags().contains("netbox-deleted")), (Power::Running, false), "{:?}", lab.journal());
}

#[tokio::test]
async fn a_removal_that_outlives_the_change_log_is_carried_out() {
    for kind in KINDS {
        let (lab, _, vmid, owner) = put_off(kind).await;
        lab.netbox.user("bob").create("extras/tags", json!({"name": "later", "slug": "later"}));
        lab.netbox.prune_change_log(1);
        fall_due(&lab, owner).await;
        assert!(lab.proxmox.guest(vmid).is_none(), "{kind:?}: {:?}", lab.journal());
        assert!(lab.dispatcher.bridge().inbox.store().pending(owner.record).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn what_a_brake_held_while_the_log_was_pruned_is_carried_out_once_a_person_agrees() {
    let lab = crate::lab().await;
    let ids: Vec<u64> = {
        let mut ids = Vec::new();
        for number in 0..11 {
            ids.push(lab.create(json!({"name": format!("web{number:02}")})).await);
        }
        ids
    };
    ids.iter().for_each(|id| lab.netbox.delete_vm(*id));
    drop(lab.take());
    assert_eq!(catch_up(&lab).await.held, 11);
    lab.netbox.user("bob").create("extras/tags", json!({"name": "later", "slug": "later"}));
    catch_up(&lab).await;
    lab.netbox.prune_change_log(1);
    crate::release(&lab).await;
    assert!(lab.guests().is_empty(), "{:?}", events(&lab, EventState::Parked).await);
}

#[tokio::test]
async fn a_deletion_that_the_log_does_not_reach_back_to_waits_for_a_person_and_is_said() {
    let lab = crate::lab().await;
    let id = lab.create(json!({"status": "active"})).await;
    let vmid = lab.vmid(id).unwrap();
    catch_up(&lab).await;
    lab.netbox.delete_vm(id);
    let delivered = lab.take();
    lab.netbox.user("bob").create("extras/tags", json!({"name": "later", "slug": "later"}));
    lab.netbox.prune_change_log(1);
    lab.dispatcher.accept(&delivered).await.unwrap();
    lab.dispatcher.idle().await;
    assert_eq!(lab.proxmox.guest(vmid).unwrap().power, Power::Running);
    let parked = waiting(&lab).await;
    assert_eq!(parked.len(), 1, "{parked:#?}");
    says(parked[0].reason.as_ref().unwrap(), &["web01", "its deletion cannot be judged", "CHANGELOG_RETENTION"]);
    says(&crate::on_clusters(&lab)[0], &["its deletion cannot be judged"]);
}

#[tokio::test]
async fn a_removal_is_refused_that_falls_due_when_another_record_has_the_vmid() {
    let (lab, _, vmid, owner) = put_off(GuestKind::Qemu).await;
    let custom = json!({"proxmox_vmid": vmid.to_string()});
    lab.netbox.create_vm(netbox_proxmox_tests::record(
        GuestKind::Qemu,
        json!({"name": "web02", "status": "planned", "custom_fields": custom}),
    ));
    fall_due(&lab, owner).await;
    assert!(lab.proxmox.guest(vmid).is_some());
    assert!(crate::on_clusters(&lab).iter().any(|text| text.contains("has its VMID now")), "{:?}", lab.journal());
}

#[tokio::test]
async fn a_guest_whose_removal_is_due_is_not_taken_over() {
    let (lab, _, vmid, owner) = put_off(GuestKind::Qemu).await;
    let inbox = lab.dispatcher.bridge().inbox.clone();
    let mut removal = inbox.removal(owner).await.unwrap().unwrap();
    removal.due = 1;
    inbox.put_removal(owner, &removal).await.unwrap();
    let custom = json!({"proxmox_vmid": vmid.to_string()});
    lab.create(json!({"name": "web02", "status": "active", "custom_fields": custom})).await;
    let notes = lab.proxmox.guest(vmid).unwrap().description().unwrap().to_owned();
    assert!(notes.contains(&format!("record {} vmid {vmid}", owner.record)), "{notes}");
}

/// An edit between the reading and the marker of the new record is not overwritten.
#[tokio::test]
async fn a_guest_is_taken_over_under_the_digest_that_was_read() {
    for kind in KINDS {
        let (lab, _, vmid, _) = put_off(kind).await;
        let custom = json!({"proxmox_vmid": vmid.to_string()});
        let new = lab.create_of(kind, json!({"name": "web02", "status": "active", "custom_fields": custom})).await;
        let marked = format!("record {new} ");
        let requests = lab.proxmox.requests();
        let takes = |it: &&Recorded| it.params.get("description").is_some_and(|text| text.contains(&marked));
        let first = requests.iter().find(takes).unwrap_or_else(|| panic!("{kind:?}: {:?}", lab.journal()));
        assert!(first.params.contains_key("digest"), "{kind:?}: {first:#?}");
    }
}
