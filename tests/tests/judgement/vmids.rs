//! VMIDs: which one is chosen, which one is NetBox's to lose.

use netbox_proxmox_core::Policy;
use netbox_proxmox_core::policy::VmidChoice;
use netbox_proxmox_tests::{KINDS, Lab, record};
use proxmox_api::testing::{GuestKind, Power};
use serde_json::json;

use crate::{catch_up, known, lab, says};

#[tokio::test]
async fn one_that_a_record_says_is_not_given_to_another() {
    for kind in KINDS {
        let lab = lab().await;
        let custom = json!({"proxmox_vmid": "100"});
        let planned =
            lab.create_of(kind, json!({"name": "planned", "status": "planned", "custom_fields": custom})).await;
        let id = lab.create_of(kind, json!({"name": "new01"})).await;
        assert_eq!((lab.vmid(id), lab.guests()), (Some(101), vec![101]), "{kind:?}");
        lab.update(planned, json!({"status": "staged"})).await;
        assert_eq!(lab.guests(), [100, 101], "{kind:?}: {:?}", lab.journal());
        assert!(lab.journal().is_empty(), "{:?}", lab.journal());
    }
}

#[tokio::test]
async fn one_of_a_guest_that_is_gone_rests() {
    for kind in KINDS {
        let lab = lab().await;
        let first = lab.create_of(kind, json!({"name": "first"})).await;
        lab.delete(first).await;
        let second = lab.create_of(kind, json!({"name": "second"})).await;
        assert_eq!(lab.vmid(second), Some(101), "{kind:?}");
        // A guest that somebody removed by hand leaves one behind, too.
        lab.proxmox.remove_guest(101);
        lab.delete(second).await;
        let third = lab.create_of(kind, json!({"name": "third"})).await;
        assert_eq!(lab.vmid(third), Some(102), "{kind:?}");
        // One whose record is still there, too: it is given another one.
        lab.proxmox.remove_guest(102);
        lab.update(third, json!({"custom_fields": {"proxmox_vmid": null}, "status": "planned"})).await;
        lab.update(third, json!({"status": "staged"})).await;
        assert_eq!(lab.vmid(third), Some(103), "{kind:?}: {:?}", lab.journal());
    }
}

#[tokio::test]
async fn if_all_rest_the_one_that_rested_longest_is_used() {
    let range =
        |first: u32, last: u32| VmidChoice::Range { first: first.try_into().unwrap(), last: last.try_into().unwrap() };
    let lab = known(Lab::with(Policy { vmids: range(500, 501), ..Policy::default() }).await).await;
    let inbox = &lab.dispatcher.bridge().inbox;
    let now = netbox_proxmox_core::live::bridge::now();
    inbox.put_rested(1, 500.try_into().unwrap(), now - 100).await.unwrap();
    inbox.put_rested(1, 501.try_into().unwrap(), now - 200).await.unwrap();
    let id = lab.create(json!({})).await;
    assert_eq!(lab.vmid(id), Some(501));
    assert!(!inbox.rested(1).await.unwrap().contains_key(&501.try_into().unwrap()), "it is a guest's again");
    let none = lab.create(json!({"name": "second"})).await;
    assert_eq!(lab.vmid(none), Some(500));
    lab.create(json!({"name": "third"})).await;
    assert!(lab.journal().iter().any(|text| text.contains("no VMID is free")), "{:?}", lab.journal());
}

#[tokio::test]
async fn one_that_rested_long_enough_is_used_again() {
    let lab = known(Lab::with(Policy { vmid_rest: 60, ..Policy::default() }).await).await;
    let inbox = &lab.dispatcher.bridge().inbox;
    inbox.put_rested(1, 100.try_into().unwrap(), netbox_proxmox_core::live::bridge::now() - 61).await.unwrap();
    let id = lab.create(json!({})).await;
    assert_eq!(lab.vmid(id), Some(100));
    assert!(inbox.rested(1).await.unwrap().is_empty());
}

#[tokio::test]
async fn two_records_that_choose_at_once_choose_two() {
    let lab = lab().await;
    lab.proxmox.fault(
        proxmox_api::testing::Fault::delay(std::time::Duration::from_millis(30)).on("GET /cluster/nextid").always(),
    );
    let ids: Vec<u64> = (0..4)
        .map(|number| {
            let fields = json!({"name": format!("web{number}")});
            lab.netbox.create_vm(record(GuestKind::Qemu, fields))["id"].as_u64().unwrap()
        })
        .collect();
    lab.settle().await;
    let mut vmids: Vec<u32> = ids.iter().map(|id| lab.vmid(*id).unwrap()).collect();
    vmids.sort_unstable();
    assert_eq!(vmids, [100, 101, 102, 103]);
}

#[tokio::test]
async fn one_that_netbox_lost_in_a_race_is_written_again() {
    for kind in KINDS {
        let lab = lab().await;
        let id = lab.netbox.create_vm(record(kind, json!({"status": "active"})))["id"].as_u64().unwrap();
        // Somebody else had read the record before the VMID was written back, and saves it afterwards.
        lab.netbox.race(id, "bob", json!({"comments": "written meanwhile"}));
        lab.settle().await;
        // Whatever came first: in the end the VMID is there, and the guest one.
        lab.update(id, json!({"description": "saved again"})).await;
        let vmid = lab.vmid(id).unwrap_or_else(|| panic!("{kind:?}: {:?}", lab.journal()));
        assert_eq!((lab.guests(), lab.guest(id).power), (vec![vmid], Power::Running), "{kind:?}");
        assert!(lab.journal().iter().all(|text| !text.contains("Set the VMID")), "{kind:?}: {:?}", lab.journal());
    }
}

#[tokio::test]
async fn one_that_was_lost_long_ago_is_written_again_by_a_comparison() {
    let lab = lab().await;
    let id = lab.create(json!({"status": "active"})).await;
    let vmid = lab.vmid(id).unwrap();
    lab.update(id, json!({"comments": "settled"})).await;
    // NetBox lost it with nothing in its log.
    lab.netbox.shell().update("virtualization/virtual-machines", id, json!({"custom_fields": {"proxmox_vmid": null}}));
    assert_eq!(lab.vmid(id), None);
    catch_up(&lab).await;
    lab.dispatcher.reconcile(2).await.unwrap();
    lab.dispatcher.idle().await;
    assert_eq!((lab.vmid(id), lab.guests()), (Some(vmid), vec![vmid]), "{:?}", lab.journal());
    assert!(lab.journal().is_empty(), "it is no orphan: {:?}", lab.journal());
}

#[tokio::test]
async fn one_that_somebody_cleared_is_not_written_again() {
    let lab = lab().await;
    let id = lab.create(json!({"status": "active"})).await;
    let vmid = lab.vmid(id).unwrap();
    lab.update(id, json!({"custom_fields": {"proxmox_vmid": null}})).await;
    assert_eq!((lab.vmid(id), lab.guests()), (None, vec![vmid]));
    let journal = lab.journal();
    says(&journal[0], &["no VMID", &vmid.to_string(), "Set the VMID"]);
    assert!(!journal[0].contains("remove"), "{journal:?}");
}
