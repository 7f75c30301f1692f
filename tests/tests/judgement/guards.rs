//! The guards between a look and a destroy, each provoked by what happens in between.

use std::sync::Arc;

use netbox_proxmox_core::live::inbox::Leasing;
use netbox_proxmox_core::live::{Dispatcher, MemoryStore, Store, adopt};
use netbox_proxmox_core::{RecordId, Silent};
use netbox_proxmox_tests::mortal::Mortal;
use netbox_proxmox_tests::{KINDS, Lab, bridge, netbox, proxmox, record, second_disk};
use proxmox_api::testing::{GuestKind, Power, Recorded, TaskTime};
use serde_json::json;

use crate::lab;

async fn running(kind: GuestKind) -> (Lab, u64, u32) {
    let lab = lab().await;
    let id = lab.create_of(kind, json!({"status": "active"})).await;
    let vmid = lab.vmid(id).unwrap();
    (lab, id, vmid)
}

#[tokio::test]
async fn a_guest_that_is_protected_between_the_look_and_the_stop_is_not_even_stopped() {
    for kind in KINDS {
        let (lab, id, vmid) = running(kind).await;
        // The second reading is that of the executor: the first is the look-up's.
        let mut reads = 0;
        lab.proxmox.before("GET /nodes/*/*/*/config", move |proxmox, _| {
            reads += 1;
            if reads == 2 {
                proxmox.edit(vmid, |guest| guest.set("protection", "1"));
            }
        });
        lab.delete(id).await;
        assert_eq!(lab.proxmox.guest(vmid).unwrap().power, Power::Running, "{kind:?}");
    }
}

#[tokio::test]
async fn a_guest_without_a_marker_by_the_time_it_has_stopped_is_not_destroyed() {
    for kind in KINDS {
        let (lab, id, vmid) = running(kind).await;
        lab.proxmox.before("POST /nodes/*/*/*/status/stop", move |proxmox, _| {
            proxmox.edit(vmid, |guest| guest.set("description", "mine"));
        });
        lab.delete(id).await;
        assert!(lab.proxmox.guest(vmid).is_some(), "{kind:?}");
        assert_eq!(lab.proxmox.count("DELETE /nodes/*/*/*"), 0, "{kind:?}");
    }
}

#[tokio::test]
async fn a_guest_whose_marker_has_another_birth_is_not_touched() {
    for kind in KINDS {
        let (lab, id, vmid) = running(kind).await;
        let birth = lab.owner(id).birth;
        lab.proxmox.edit(vmid, |guest| {
            let notes = guest.description().unwrap().replace(&birth.to_string(), &birth.plus(-60).to_string());
            guest.set("description", notes);
        });
        lab.update(id, json!({"status": "offline"})).await;
        assert_eq!(lab.guest(id).power, Power::Running, "{kind:?}");
        assert!(lab.journal()[0].contains("a former virtual machine"), "{kind:?}: {:?}", lab.journal());
        lab.delete(id).await;
        assert!(lab.proxmox.guest(vmid).is_some(), "{kind:?}");
    }
}

#[tokio::test]
async fn a_marker_of_an_early_version_owns_nothing_and_is_said_to_be_one() {
    for kind in KINDS {
        let (lab, id, vmid) = running(kind).await;
        let marker = format!("netbox-proxmox: netbox.example.org record {id} vmid {vmid} ready");
        lab.proxmox.edit(vmid, |guest| guest.set("description", marker));
        lab.update(id, json!({"status": "offline"})).await;
        assert_eq!(lab.guest(id).power, Power::Running, "{kind:?}");
        let journal = lab.journal();
        assert!(journal[0].contains("early version") && journal[0].contains("adopt"), "{kind:?}: {journal:?}");
        lab.delete(id).await;
        assert!(lab.proxmox.guest(vmid).is_some(), "{kind:?}");
    }
}

/// What was read is what is changed: an edit in between is not overwritten, nor does a wrong `unusedN` go.
#[tokio::test]
async fn every_change_of_a_configuration_carries_the_digest_that_was_read() {
    for kind in KINDS {
        let lab = lab().await;
        let id = lab.create_of(kind, json!({"memory": 1024})).await;
        let disk = lab.netbox.create_disk(second_disk(kind, id, 2_000))["id"].as_u64().unwrap();
        lab.settle().await;
        lab.update_disk(disk, json!({"size": 3_000})).await;
        lab.netbox.give_address(id, "192.0.2.10/24");
        lab.update(id, json!({"memory": 2048, "description": "a", "tags": [{"name": "used"}], "status": "active"}))
            .await;
        lab.delete_disk(disk).await;
        lab.update(id, json!({"status": "offline"})).await;
        // Adopted anew.
        lab.proxmox.edit(lab.vmid(id).unwrap(), |guest| guest.set("description", "mine"));
        let guest = adopt::candidates(lab.dispatcher.bridge(), None).await.unwrap().remove(0).guest;
        adopt::adopt(lab.dispatcher.bridge(), lab.cluster(), &guest).await.unwrap();

        let of_config = |it: &Recorded| {
            let config = it.path.ends_with("/config") || it.path.ends_with("/resize");
            config && matches!(it.method.as_str(), "PUT" | "POST")
        };
        let writes: Vec<Recorded> = lab.proxmox.requests().into_iter().filter(of_config).collect();
        assert!(writes.len() >= 5, "{kind:?}: {writes:#?}");
        for write in writes {
            assert!(write.params.contains_key("digest"), "{kind:?}: {write:#?}");
        }
    }
}

#[tokio::test]
async fn a_volume_that_took_the_place_of_a_deleted_one_while_it_was_removed_stays() {
    let lab = lab().await;
    let id = lab.create_container(json!({})).await;
    let disk = lab.netbox.create_disk(second_disk(GuestKind::Lxc, id, 2_000))["id"].as_u64().unwrap();
    lab.settle().await;
    let vmid = lab.vmid(id).unwrap();
    let theirs = lab.proxmox.attach_disk(vmid, "mp5", "local-lvm", 4_096);
    // Between the reading of the unused volume and its removal somebody exchanges it.
    let mut deletes = 0;
    let other = theirs.clone();
    lab.proxmox.before("PUT /nodes/*/lxc/*/config", move |proxmox, request| {
        if request.params.get("delete").is_some_and(|delete| delete.starts_with("unused")) {
            deletes += 1;
            if deletes == 1 {
                proxmox.edit(vmid, |guest| {
                    guest.unset("mp5");
                    guest.set("unused0", other.clone());
                });
            }
        }
    });
    lab.delete_disk(disk).await;
    assert!(lab.proxmox.volumes().iter().any(|volume| theirs.contains(&volume.volid)), "{:?}", lab.proxmox.volumes());
}

/// Two servers over one memory: a guest is worked on by one of them, and what the other has heard of waits for it.
#[tokio::test]
async fn two_servers_do_not_work_on_one_guest() {
    let (netbox, proxmox) = (Arc::new(netbox().await), Arc::new(proxmox().await));
    let memory = Arc::new(MemoryStore::default());
    let first = bridge(&netbox, &proxmox, Mortal::new(memory.clone()));
    let second = bridge(&netbox, &proxmox, Mortal::new(memory.clone()));
    let lab = Lab::over(netbox, proxmox, first);
    let other = Dispatcher::new(second, Silent, "another", 4);
    let running = other.clone();
    let run = tokio::spawn(async move { running.run(std::future::pending()).await });
    lab.proxmox.task_time("qmclone", TaskTime::Manual);
    lab.netbox.create_vm(record(GuestKind::Qemu, json!({"status": "active"})));
    lab.dispatcher.accept(&lab.take()).await.unwrap();
    while lab.proxmox.count("GET /nodes/*/tasks/*/status") < 3 {
        tokio::task::yield_now().await;
    }
    lab.netbox.update_vm(1, json!({"comments": "heard of by the other one"}));
    other.accept(&lab.take()).await.unwrap();
    while lab.proxmox.count("GET /nodes/*/tasks/*/status") < 8 {
        tokio::task::yield_now().await;
    }
    assert_eq!(lab.proxmox.count("POST /nodes/*/qemu/*/clone"), 1);
    let lease = memory.lease(RecordId(1).into(), "a glance", None).await.unwrap();
    assert!(matches!(&lease, Leasing::Held(lease) if lease.owner == "lab"), "{lease:?}");
    lab.proxmox.finish_tasks();
    lab.dispatcher.idle().await;
    other.idle().await;
    assert_eq!((lab.guests(), lab.guest(1).power), (vec![100], Power::Running));
    run.abort();
}

/// Stopping a guest may take minutes.
#[tokio::test]
async fn a_record_that_is_there_again_while_its_guest_is_stopped_keeps_it() {
    for kind in KINDS {
        let (lab, id, vmid) = running(kind).await;
        let (netbox, mut stops) = (Arc::clone(&lab.netbox), 0);
        lab.proxmox.before("POST /nodes/*/*/*/status/stop", move |_, _| {
            stops += 1;
            if stops == 1 {
                netbox.revert_deletion(id);
            }
        });
        lab.delete(id).await;
        lab.settle().await;
        assert_eq!(lab.proxmox.count("DELETE /nodes/*/*/*"), 0, "{kind:?}: {:?}", lab.journal());
        assert_eq!(lab.proxmox.guest(vmid).unwrap().power, Power::Running, "{kind:?}");
    }
}
