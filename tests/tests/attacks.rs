//! What somebody may try who can write into NetBox or Proxmox, or who kept what was once delivered. Beside these: forged deletions and markers
//! (`judgement/ignored`, `judgement/guards`), a NetBox that was exchanged (`judgement/restored`), signatures and bodies (the server's `receiver`,
//! `receiving`), pages elsewhere and redirects (the clients' `lists`, `foreign`), certificates (`trust`), secrets (`secrets`, the server's own), what is read
//! from others at random (`fuzzed`).
#![allow(clippy::unwrap_used)]

use netbox_proxmox_tests::{KINDS, Lab, changes};
use proxmox_api::testing::{GuestKind, Power};
use serde_json::{Value, json};

/// A guest of ours that runs, and one that somebody made of it by hand: its notes came with it.
async fn cloned_by_hand(kind: GuestKind, notes: impl FnOnce(&str) -> String) -> (Lab, u64, u32) {
    let lab = Lab::new().await;
    let id = lab.create_of(kind, json!({"status": "active"})).await;
    let notes = notes(lab.guest(id).description().unwrap());
    let disk = if kind == GuestKind::Lxc { "rootfs" } else { "scsi0" };
    match kind {
        GuestKind::Lxc => lab
            .proxmox
            .add_container(555, "copy", |guest| guest.disk(disk, "ceph", 1_024).description(&notes).running()),
        _ => lab.proxmox.add_guest(555, "copy", |guest| guest.disk(disk, "ceph", 1_024).description(&notes).running()),
    }
    (lab, id, 555)
}

/// The guest as it is, to see that nothing touches it.
fn whole(lab: &Lab, vmid: u32) -> String {
    format!("{:?}", lab.proxmox.guest(vmid))
}

#[tokio::test]
async fn a_copy_of_our_guest_made_by_hand_is_none_of_ours() {
    for kind in KINDS {
        let (lab, id, copy) = cloned_by_hand(kind, str::to_owned).await;
        let (vmid, before) = (lab.vmid(id).unwrap(), whole(&lab, copy));
        lab.update(id, json!({"status": "offline"})).await;
        lab.dispatcher.reconcile(2).await.unwrap();
        lab.dispatcher.idle().await;
        lab.delete(id).await;
        assert!(lab.proxmox.guest(vmid).is_none(), "{kind:?}: {:?}", lab.journal());
        assert_eq!(whole(&lab, copy), before, "{kind:?}");
    }
}

#[tokio::test]
async fn a_copy_whose_notes_somebody_made_its_own_does_not_go_with_the_record() {
    for kind in KINDS {
        let (lab, id, copy) = cloned_by_hand(kind, |notes| notes.replace("vmid 100 ", "vmid 555 ")).await;
        let (vmid, before) = (lab.vmid(id).unwrap(), whole(&lab, copy));
        assert_eq!(vmid, 100, "{kind:?}");
        lab.update(id, json!({"status": "offline"})).await;
        lab.delete(id).await;
        assert!(lab.proxmox.guest(vmid).is_none(), "{kind:?}: {:?}", lab.journal());
        assert_eq!(whole(&lab, copy), before, "{kind:?}");
    }
}

#[tokio::test]
async fn a_guest_of_another_netbox_is_left_whatever_vmid_a_record_says() {
    for kind in KINDS {
        let (lab, id, theirs) = cloned_by_hand(kind, |notes| {
            notes.replace("netbox.example.org", "netbox.example.net").replace("vmid 100 ", "vmid 555 ")
        })
        .await;
        let before = whole(&lab, theirs);
        lab.update(id, json!({"custom_fields": {"proxmox_vmid": theirs.to_string()}})).await;
        lab.update(id, json!({"status": "offline"})).await;
        assert!(lab.journal().iter().any(|text| text.contains("netbox.example.net")), "{kind:?}: {:?}", lab.journal());
        lab.delete(id).await;
        assert_eq!(whole(&lab, theirs), before, "{kind:?}");
    }
}

/// What was delivered, as it was sent.
fn sent(lab: &Lab) -> Vec<Value> {
    lab.netbox.deliveries().iter().map(|delivery| delivery.json()).collect()
}

/// The same as if it had been sent later: its key is another one.
fn again(delivery: &Value) -> Value {
    let mut delivery = delivery.clone();
    delivery["timestamp"] = json!("2026-06-01T00:00:00.000000+00:00");
    delivery
}

#[tokio::test]
async fn old_deliveries_change_nothing_whenever_they_come_again() {
    for kind in KINDS {
        let lab = Lab::new().await;
        let id = lab.create_of(kind, json!({"memory": 1024})).await;
        lab.update(id, json!({"memory": 2048})).await;
        lab.update(id, json!({"status": "active"})).await;
        let gone = lab.create_of(kind, json!({"name": "gone"})).await;
        lab.delete(gone).await;
        let (writes, before) = (lab.proxmox.writes().len(), whole(&lab, lab.vmid(id).unwrap()));
        let old = sent(&lab);
        for delivery in old.iter().rev().chain(&old) {
            for replayed in [delivery.clone(), again(delivery)] {
                lab.dispatcher.accept(&changes(&replayed)).await.unwrap();
            }
        }
        lab.dispatcher.idle().await;
        assert_eq!(lab.proxmox.writes().len(), writes, "{kind:?}: {:#?}", &lab.proxmox.writes()[writes..]);
        assert_eq!(whole(&lab, lab.vmid(id).unwrap()), before, "{kind:?}");
        assert_eq!(lab.guest(id).power, Power::Running, "{kind:?}");
    }
}

#[tokio::test]
async fn what_people_type_stays_within_its_part_of_a_path() {
    let odd = [
        "../../access/users",
        "x/../../version",
        "%2e%2e%2fversion",
        "a?b=c",
        "a#b",
        "pve01/qemu/101",
        "a b",
        "..",
        ".",
    ];
    for kind in KINDS {
        for text in odd {
            for field in
                ["proxmox_node", "proxmox_vm_storage", "proxmox_vmid", "proxmox_vm_templates", "proxmox_lxc_templates"]
            {
                let lab = Lab::new().await;
                lab.proxmox.add_guest(101, "pet", |guest| guest.disk("scsi0", "ceph", 1_024).running());
                let before = whole(&lab, 101);
                let id = lab.create_of(kind, json!({"custom_fields": {field: text}})).await;
                lab.update(id, json!({"status": "active"})).await;
                lab.delete(id).await;
                for request in lab.proxmox.requests() {
                    let mut parts = request.path.split('/');
                    let leaves = parts.clone().any(|part| matches!(part, "." | ".."))
                        || request.path.contains("%2")
                        || request.path.contains(' ');
                    let ours = ["", "nodes", "cluster", "version", "storage", "access", "pools"]
                        .contains(&parts.nth(1).unwrap());
                    assert!(
                        !leaves && ours && !request.path.contains("users"),
                        "{kind:?} {field} {text:?}: {}",
                        request.path
                    );
                }
                assert_eq!(whole(&lab, 101), before, "{kind:?} {field} {text:?}");
            }
        }
    }
}
