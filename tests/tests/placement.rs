//! Row 11: the node; and guests that HA looks after.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use netbox_proxmox_core::Policy;
use netbox_proxmox_tests::{KINDS, Lab, described, netbox, record};
use proxmox_api::testing::{Power, Storage, TaskTime};
use serde_json::{Value, json};

async fn active() -> (Lab, u64) {
    let lab = Lab::new().await;
    let id = lab.create(json!({"status": "active", "custom_fields": {"proxmox_node": "pve01"}})).await;
    (lab, id)
}

fn to(node: &str) -> Value {
    json!({"custom_fields": {"proxmox_node": node}})
}

#[tokio::test]
async fn a_running_guest_goes_on_running_on_the_node_that_netbox_says() {
    let (lab, id) = active().await;
    lab.update(id, to("pve02")).await;
    let guest = lab.guest(id);
    assert_eq!((guest.node.as_str(), guest.power), ("pve02", Power::Running));
    assert!(lab.journal().is_empty(), "{:?}", lab.journal());
    lab.update(id, json!({"comments": "saved again"})).await;
    assert!(lab.last_plan().is_empty(), "{:?}", lab.last_plan());
}

#[tokio::test]
async fn migration_and_status_in_one_save_are_both_done() {
    let (lab, id) = active().await;
    lab.update(id, json!({"status": "offline", "custom_fields": {"proxmox_node": "pve02"}})).await;
    let guest = lab.guest(id);
    assert_eq!((guest.node.as_str(), guest.power), ("pve02", Power::Stopped));
}

/// Whenever it is: before the creation's last step reads the record, or between its reading and its writing.
#[tokio::test]
async fn a_node_that_is_set_while_the_guest_is_made_is_followed() {
    for kind in KINDS {
        for said in [None, Some("pve01")] {
            let lab = Lab::new().await;
            let custom = said.map_or(json!({}), |node| json!({"proxmox_node": node}));
            let record = record(kind, json!({"custom_fields": custom, "vcpus": 2}));
            let record = lab.netbox.create_vm(record)["id"].as_u64().unwrap();
            let (netbox, changed) = (lab.netbox.clone(), AtomicBool::new(false));
            lab.proxmox.after("PUT /nodes/*/*/*/config", move |proxmox, _| {
                let ready =
                    proxmox.guests().iter().any(|guest| guest.description().is_some_and(|it| it.contains(" ready ")));
                if ready && !changed.swap(true, Ordering::SeqCst) {
                    netbox.update_vm(record, to("pve02"));
                }
            });
            lab.settle().await;
            assert_eq!(lab.guest(record).node, "pve02", "{kind:?} {said:?}: {:?}", lab.journal());
            assert_eq!(lab.netbox.vm(record).unwrap()["custom_fields"]["proxmox_node"]["value"], "pve02");
        }
    }
}

#[tokio::test]
async fn a_guest_that_a_person_moved_is_recorded_and_not_moved_back() {
    let (lab, id) = active().await;
    let vmid = lab.vmid(id).unwrap();
    lab.proxmox.move_guest(vmid, "pve02");
    lab.update(id, json!({"comments": "saved again"})).await;
    assert_eq!(lab.netbox.vm(id).unwrap()["custom_fields"]["proxmox_node"]["value"], "pve02");
    assert_eq!(lab.guest(id).node, "pve02");
}

#[tokio::test]
async fn what_proxmox_cannot_migrate_is_refused_before_it_is_tried() {
    let proxmox = described().storage(Storage::lvm_thin("fast").on(&["pve01"])).token("bridge@pve!lab", "s").start();
    let lab = Lab::between(netbox().await, proxmox.await, Policy::default());
    let custom = json!({"proxmox_node": "pve01", "proxmox_vm_storage": "fast"});
    let id = lab.create(json!({"status": "offline", "custom_fields": custom})).await;
    lab.update(id, to("pve02")).await;
    assert_eq!(lab.guest(id).node, "pve01");
    assert_eq!(lab.proxmox.count("POST /nodes/*/qemu/*/migrate"), 0);
    let journal = lab.journal();
    assert!(journal.len() == 1 && journal[0].contains("storage fast") && journal[0].contains("pve02"), "{journal:?}");
}

#[tokio::test]
async fn under_ha_the_state_is_awaited_and_not_the_task() {
    for kind in KINDS {
        let lab = Lab::new().await;
        let id = lab.create_of(kind, json!({"status": "active", "custom_fields": {"proxmox_node": "pve01"}})).await;
        let vmid = lab.vmid(id).unwrap();
        lab.proxmox.ha_managed(vmid, TaskTime::Real(Duration::from_millis(300)));
        lab.update(id, json!({"status": "offline"})).await;
        assert_eq!(lab.guest(id).power, Power::Stopped, "{kind:?}");
        lab.update(id, json!({"status": "active"})).await;
        assert_eq!(lab.guest(id).power, Power::Running, "{kind:?}");
        lab.update(id, to("pve02")).await;
        let guest = lab.guest(id);
        assert_eq!((guest.node.as_str(), guest.power), ("pve02", Power::Running), "{kind:?}");
        lab.must_have_applied();
        lab.delete(id).await;
        assert!(lab.proxmox.guest(vmid).is_none(), "{kind:?}");
        assert!(lab.journal().is_empty(), "{kind:?}: {:?}", lab.journal());
        let asked: Vec<String> = lab.proxmox.tasks().into_iter().map(|task| task.kind).collect();
        for task in ["hastop", "hastart", "hamigrate"] {
            assert!(asked.iter().any(|kind| kind == task), "{kind:?}: {task} in {asked:?}");
        }
    }
}

#[tokio::test]
async fn a_template_on_another_node_is_cloned_there_and_the_guest_migrated_before_it_starts() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"status": "active", "custom_fields": {"proxmox_node": "pve02"}})).await;
    let guest = lab.guest(id);
    assert_eq!((guest.node.as_str(), guest.power), ("pve02", Power::Running));
    let order = lab.proxmox.writes();
    let at = |end: &str| order.iter().position(|write| write.ends_with(end)).unwrap();
    assert!(at("/clone") < at("/migrate") && at("/migrate") < at("/status/start"), "{order:?}");
    lab.must_have_applied();
    assert!(lab.journal().is_empty(), "{:?}", lab.journal());
}

#[tokio::test]
async fn a_guest_that_a_device_binds_to_its_node_is_not_asked_to_leave_it() {
    let (lab, id) = active().await;
    lab.proxmox.edit(lab.vmid(id).unwrap(), |guest| guest.set("hostpci0", "0000:01:00.0"));
    lab.update(id, to("pve02")).await;
    assert_eq!((lab.guest(id).node.as_str(), lab.proxmox.count("POST /nodes/*/*/*/migrate")), ("pve01", 0));
    assert!(lab.journal().iter().any(|text| text.contains("bound to node pve01 by hostpci0")), "{:?}", lab.journal());
}
