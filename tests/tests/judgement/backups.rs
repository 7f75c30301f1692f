//! A backup before a guest is destroyed: without one it is kept, and of one deletion there is one.

use std::sync::atomic::{AtomicBool, Ordering};

use netbox_proxmox_core::Policy;
use netbox_proxmox_core::live::EventState;
use netbox_proxmox_core::policy::Destroy;
use netbox_proxmox_tests::{KINDS, Lab, described, netbox};
use proxmox_api::testing::{Fault, GuestKind, Power, Storage, Volume};
use serde_json::json;

use crate::{events, known, release, says};

const STORAGE: &str = "backups";

async fn lab() -> Lab {
    let policy = Policy {
        destroy: Destroy { backup: Some(STORAGE.parse().unwrap()), ..Destroy::default() },
        ..Policy::default()
    };
    let proxmox =
        described().storage(Storage::dir(STORAGE).content("backup")).token("bridge@pve!lab", "proxmox-secret");
    known(Lab::between(netbox().await, proxmox.start().await, policy)).await
}

fn backups(lab: &Lab) -> Vec<Volume> {
    lab.proxmox.volumes().into_iter().filter(|volume| volume.content == "backup").collect()
}

async fn running(lab: &Lab, kind: GuestKind) -> (u64, u32) {
    let id = lab.create_of(kind, json!({"status": "active"})).await;
    (id, lab.vmid(id).unwrap())
}

#[tokio::test]
async fn a_guest_is_backed_up_and_then_destroyed() {
    for kind in KINDS {
        let lab = lab().await;
        let (id, vmid) = running(&lab, kind).await;
        lab.delete(id).await;
        assert!(lab.proxmox.guest(vmid).is_none(), "{kind:?}: {:?}", lab.journal());
        let [backup] = &backups(&lab)[..] else { panic!("{:?}", backups(&lab)) };
        assert!(backup.vmid == vmid && backup.protected && backup.volid.starts_with("backups:"), "{backup:?}");
        says(backup.notes.as_ref().unwrap(), &[&format!("virtual machine {id} of netbox.example.org"), "created "]);
    }
}

#[tokio::test]
async fn without_a_whole_backup_the_guest_is_kept_and_that_is_said() {
    for fault in [Fault::fail_task("no space left on device"), Fault::warn_task(1)] {
        let lab = lab().await;
        let (id, vmid) = running(&lab, GuestKind::Qemu).await;
        lab.proxmox.fault(fault.on("POST /nodes/*/vzdump"));
        lab.delete(id).await;
        assert_eq!(lab.proxmox.guest(vmid).unwrap().power, Power::Stopped);
        let release_it = format!("--release {id}");
        says(
            &lab.journal().pop().unwrap(),
            &[&vmid.to_string(), "not backed up to storage backups, and kept", &release_it],
        );
        assert_eq!(events(&lab, EventState::Parked).await.iter().filter(|it| it.change.deleted_record()).count(), 1);
        release(&lab).await;
        assert!(lab.proxmox.guest(vmid).is_none(), "{:?}", lab.journal());
        assert_eq!(backups(&lab).len(), 1);
    }
}

#[tokio::test]
async fn a_storage_that_does_not_exist_keeps_the_guest() {
    let policy = Policy {
        destroy: Destroy { backup: Some("nowhere".parse().unwrap()), ..Destroy::default() },
        ..Policy::default()
    };
    let lab = known(Lab::with(policy).await).await;
    let (id, vmid) = running(&lab, GuestKind::Qemu).await;
    lab.delete(id).await;
    assert!(lab.proxmox.guest(vmid).is_some());
    says(&lab.journal().pop().unwrap(), &["storage nowhere, and kept"]);
}

#[tokio::test]
async fn what_is_tried_again_makes_no_second_backup_unless_the_guest_has_run_since() {
    for ran in [false, true] {
        let lab = lab().await;
        let (id, vmid) = running(&lab, GuestKind::Qemu).await;
        lab.proxmox.fault(Fault::fail_task("no space left on device").on("DELETE /nodes/*/qemu/*"));
        lab.delete(id).await;
        assert_eq!((backups(&lab).len(), lab.proxmox.guest(vmid).is_some()), (1, true));
        if ran {
            lab.proxmox.set_power(vmid, Power::Running);
        }
        release(&lab).await;
        assert!(lab.proxmox.guest(vmid).is_none(), "{:?}", lab.journal());
        assert_eq!(backups(&lab).len(), 1 + usize::from(ran));
    }
}

#[tokio::test]
async fn the_backup_of_an_earlier_deletion_does_not_count() {
    let lab = lab().await;
    let (id, vmid) = running(&lab, GuestKind::Qemu).await;
    lab.proxmox.fault(Fault::fail_task("no space left on device").on("DELETE /nodes/*/qemu/*"));
    lab.delete(id).await;
    lab.netbox.revert_deletion(id);
    lab.settle().await;
    assert_eq!(backups(&lab).len(), 1);
    lab.delete(id).await;
    assert!(lab.proxmox.guest(vmid).is_none(), "{:?}", lab.journal());
    assert_eq!(backups(&lab).len(), 2);
}

#[tokio::test]
async fn a_record_that_is_there_again_after_the_backup_keeps_its_guest() {
    let lab = lab().await;
    let (id, vmid) = running(&lab, GuestKind::Qemu).await;
    let (proxmox, once) = (lab.proxmox.clone(), AtomicBool::new(true));
    lab.netbox.on_request(move |netbox, _| {
        if proxmox.count("POST /nodes/*/vzdump") > 0 && once.swap(false, Ordering::SeqCst) {
            netbox.revert_deletion(id);
        }
    });
    lab.delete(id).await;
    assert!(lab.proxmox.guest(vmid).is_some(), "{:?}", lab.last_plan());
    assert_eq!(backups(&lab).len(), 1);
}
