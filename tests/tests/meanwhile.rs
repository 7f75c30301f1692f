//! What people and other programs do while the server works: between its look and its act, and between two looks.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicBool, Ordering};

use netbox_api::testing::FakeNetBox;
use netbox_proxmox_core::Policy;
use netbox_proxmox_core::live::{EventState, adopt};
use netbox_proxmox_tests::{CLUSTER, Lab, proxmox, second_disk};
use proxmox_api::testing::{GuestKind, Power};
use serde_json::json;

/// Does something at the first request to NetBox for virtual disks; `of`: which has this in its query.
fn at_first_look_at_disks(lab: &Lab, of: &'static str, act: impl Fn(&FakeNetBox) + Send + Sync + 'static) {
    let done = AtomicBool::new(false);
    lab.netbox.on_request(move |netbox, request| {
        let is_it = request.is("GET", "/api/virtualization/virtual-disks/") && request.query.contains(of);
        if is_it && !done.swap(true, Ordering::SeqCst) {
            act(netbox);
        }
    });
}

#[tokio::test]
async fn another_volume_that_somebody_attaches_just_before_a_disk_is_removed_is_kept() {
    let lab = Lab::new().await;
    let id = lab.create(json!({})).await;
    let vmid = lab.vmid(id).unwrap();
    let disk = lab.add_disk(id, "scsi1", 2_000).await;
    let proxmox = lab.proxmox.clone();
    at_first_look_at_disks(&lab, "name=scsi1", move |_| {
        proxmox.edit(vmid, |guest| {
            let volume = guest.get("scsi1").unwrap().split(',').next().unwrap().to_owned();
            guest.unset("scsi1");
            guest.set("unused5", volume);
        });
        proxmox.attach_disk(vmid, "scsi1", "ceph", 4_096);
    });
    lab.delete_disk(disk).await;
    assert!(lab.guest(id).get("scsi1").is_some_and(|drive| drive.starts_with("ceph:")), "{:?}", lab.guest(id).config);
}

#[tokio::test]
async fn a_guest_whose_marker_is_anothers_by_the_time_it_has_stopped_is_not_destroyed() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"status": "active"})).await;
    let vmid = lab.vmid(id).unwrap();
    lab.proxmox.before("POST /nodes/*/qemu/*/status/stop", move |proxmox, _| {
        let marker =
            format!("netbox-proxmox: netbox.example.org record 77 vmid {vmid} ready born 2026-01-01T00:00:00Z");
        proxmox.edit(vmid, |guest| guest.set("description", marker));
    });
    lab.delete(id).await;
    assert!(lab.proxmox.guest(vmid).is_some());
    assert_eq!(lab.proxmox.count("DELETE /nodes/*/qemu/*"), 0);
}

#[tokio::test]
async fn a_record_that_is_deleted_while_its_event_is_answered_is_a_removal() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"status": "active"})).await;
    lab.netbox.update_vm(id, json!({"comments": "saved"}));
    at_first_look_at_disks(&lab, "", move |netbox| netbox.delete_vm(id));
    lab.settle().await;
    assert!(lab.guests().is_empty());
    let parked = lab.dispatcher.bridge().inbox.store().events(Some(EventState::Parked), 9).await.unwrap();
    assert!(parked.is_empty(), "{parked:#?}");
}

#[tokio::test]
async fn what_is_refused_because_its_record_was_deleted_waits_for_nobody() {
    let lab = Lab::new().await;
    let done = AtomicBool::new(false);
    lab.netbox.on_request(move |netbox, request| {
        // That the guest was made is about to be said on the record.
        if request.is("POST", "/api/extras/journal-entries/") && !done.swap(true, Ordering::SeqCst) {
            netbox.delete_vm(1);
        }
    });
    lab.create(json!({"status": "active"})).await;
    lab.settle().await;
    assert!(lab.guests().is_empty());
    let parked = lab.dispatcher.bridge().inbox.store().events(Some(EventState::Parked), 9).await.unwrap();
    assert!(parked.is_empty(), "{parked:#?}");
}

#[tokio::test]
async fn a_record_that_is_deleted_during_a_comparison_does_not_end_it() {
    let lab = Lab::new().await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(lab.create(json!({"name": name})).await);
    }
    lab.proxmox.edit(lab.vmid(ids[0]).unwrap(), |guest| guest.set("cores", "7"));
    lab.update(ids[0], json!({"vcpus": 2})).await;
    lab.proxmox.edit(lab.vmid(ids[0]).unwrap(), |guest| guest.set("cores", "7"));
    let last = ids[2];
    at_first_look_at_disks(&lab, "", move |netbox| netbox.delete_vm(last));
    let swept = lab.dispatcher.reconcile(4).await.unwrap();
    lab.dispatcher.idle().await;
    assert_eq!((swept.compared, swept.differ, swept.failed), (2, 1, 0));
    assert_eq!(lab.guest(ids[0]).get("cores"), Some("2"));
}

#[tokio::test]
async fn an_adopted_guest_stays_on_its_node_and_netbox_is_told() {
    let lab = Lab::new().await;
    lab.proxmox.add_guest(105, "web01", |guest| {
        guest.node("pve02").disk("scsi0", "ceph", 10_240).cores(1).memory(1024).running()
    });
    let custom = json!({"proxmox_vmid": "105", "proxmox_node": "pve01"});
    let id = lab.create(json!({"status": "active", "custom_fields": custom})).await;
    let bridge = lab.dispatcher.bridge();
    let candidates = adopt::candidates(bridge, None).await.unwrap();
    adopt::adopt(bridge, lab.cluster(), &candidates[0].guest).await.unwrap();
    lab.dispatcher.reconcile(4).await.unwrap();
    lab.dispatcher.idle().await;
    assert_eq!(lab.guest(id).node, "pve02");
    assert_eq!(lab.netbox.vm(id).unwrap()["custom_fields"]["proxmox_node"]["value"], "pve02");
}

#[tokio::test]
async fn a_guest_that_was_moved_stays_where_it_is_though_netbox_does_not_take_its_node() {
    let netbox = FakeNetBox::builder().token("nbt_labkey000000.lab-secret").cluster(CLUSTER);
    let netbox = netbox.choices("proxmox_node", ["pve01"]).start().await;
    netbox.hold();
    netbox.webhook("http://127.0.0.1:9/webhook", Some("hook"));
    let lab = Lab::between(netbox, proxmox().await, Policy::default());
    let custom = json!({"proxmox_node": "pve01", "proxmox_vm_storage": "ceph"});
    let id = lab.create(json!({"status": "active", "custom_fields": custom})).await;
    lab.proxmox.move_guest(lab.vmid(id).unwrap(), "pve02");
    for comment in ["saved", "saved again"] {
        lab.update(id, json!({ "comments": comment })).await;
        assert_eq!(lab.guest(id).node, "pve02");
    }
    assert_eq!(lab.journal().len(), 1, "{:?}", lab.journal());
}

#[tokio::test]
async fn what_was_begun_for_a_guest_ends_with_it() {
    let lab = Lab::new().await;
    let clone = json!({"custom_fields": {"proxmox_lxc_templates": "9100", "proxmox_vm_storage": null}});
    let id = lab.create_container(clone).await;
    let vmid = lab.vmid(id).unwrap();
    let path = json!({"proxmox_mount_path": "/srv"});
    let disk = json!({"virtual_machine": id, "name": "mp0", "size": 2_000, "custom_fields": path});
    let disk = lab.netbox.create_disk(disk)["id"].as_u64().unwrap();
    lab.settle().await;
    lab.update(id, json!({"status": "active"})).await;
    lab.delete_disk(disk).await;
    let inbox = lab.dispatcher.bridge().inbox.clone();
    assert_eq!(inbox.seen(lab.owner(id)).await.unwrap().unwrap().removals.len(), 1);
    // Somebody destroys it by hand, and clears the VMID to have it made again: the same one is free.
    lab.proxmox.remove_guest(vmid);
    lab.update(id, json!({"custom_fields": {"proxmox_vmid": null}})).await;
    assert_eq!(lab.guest(id).power, Power::Running);
    lab.update(id, json!({"status": "offline"})).await;
    assert!(inbox.seen(lab.owner(id)).await.unwrap().unwrap().removals.is_empty());
}

#[tokio::test]
async fn an_address_that_is_taken_from_an_interface_goes_when_the_change_log_is_read() {
    let lab = Lab::new().await;
    lab.netbox.user("alice").create("extras/tags", json!({"name": "used", "slug": "used"}));
    lab.dispatcher.catch_up(None).await.unwrap();
    let id = lab.create(json!({})).await;
    let interface =
        |name: &str| lab.netbox.create_interface(json!({"virtual_machine": id, "name": name}))["id"].clone();
    let (_, second) = (interface("eth0"), interface("eth1"));
    let ip = lab.netbox.create_ip(json!({
        "address": "198.51.100.7/24", "assigned_object_type": "virtualization.vminterface", "assigned_object_id": second,
    }));
    lab.settle().await;
    assert_eq!(lab.guest(id).get("ipconfig1"), Some("ip=198.51.100.7/24"));
    let nowhere = json!({"assigned_object_type": null, "assigned_object_id": null});
    lab.netbox.update_ip(ip["id"].as_u64().unwrap(), nowhere);
    lab.settle().await;
    lab.dispatcher.catch_up(None).await.unwrap();
    lab.dispatcher.idle().await;
    assert_eq!(lab.guest(id).get("ipconfig1"), None);
    // What was asked of the addresses once is not asked again.
    lab.netbox.forget_requests();
    lab.dispatcher.catch_up(None).await.unwrap();
    let asked = lab.netbox.requests().iter().filter(|request| request.path.contains("interfaces")).count();
    assert_eq!(asked, 0);
}

#[tokio::test]
async fn what_was_in_netbox_before_the_server_came_is_left_until_somebody_touches_it() {
    let lab = Lab::new().await;
    lab.netbox.create_vm(json!({
        "name": "web01", "status": "active", "cluster": {"name": CLUSTER},
        "custom_fields": {"proxmox_vm_type": "vm", "proxmox_vm_templates": "9000"},
    }));
    let interface = lab.netbox.create_interface(json!({"virtual_machine": 1, "name": "eth0"}))["id"].clone();
    let _ = lab.take();
    lab.dispatcher.catch_up(None).await.unwrap();
    // Nobody asks for a guest by giving an address to an interface, be it that of a device with its number.
    lab.netbox.create_ip(json!({
        "address": "198.51.100.7/24", "assigned_object_type": "virtualization.vminterface",
        "assigned_object_id": interface,
    }));
    lab.settle().await;
    for _ in 0..2 {
        assert_eq!(lab.dispatcher.reconcile(4).await.unwrap().differ, 0);
    }
    assert!(lab.guests().is_empty() && lab.journal().is_empty());
    // A change that was lost is a touch.
    lab.netbox.update_vm(1, json!({"comments": "now it is wanted"}));
    let _ = lab.take();
    assert_eq!(lab.dispatcher.reconcile(4).await.unwrap().differ, 1);
    lab.dispatcher.idle().await;
    assert_eq!(lab.guests().len(), 1);
}

#[tokio::test]
async fn the_guest_of_an_untouched_record_is_missed_once_it_was_adopted() {
    let lab = Lab::new().await;
    lab.proxmox.add_guest(105, "web01", |guest| guest.disk("scsi0", "ceph", 10_240).cores(1).memory(1024));
    let custom = json!({"proxmox_vm_type": "vm", "proxmox_vm_templates": "9000", "proxmox_vmid": "105"});
    lab.netbox
        .create_vm(json!({"name": "web01", "status": "active", "cluster": {"name": CLUSTER}, "custom_fields": custom}));
    let _ = lab.take();
    lab.dispatcher.catch_up(None).await.unwrap();
    let bridge = lab.dispatcher.bridge();
    let candidates = adopt::candidates(bridge, None).await.unwrap();
    adopt::adopt(bridge, lab.cluster(), &candidates[0].guest).await.unwrap();
    lab.proxmox.remove_guest(105);
    for _ in 0..2 {
        lab.dispatcher.reconcile(4).await.unwrap();
        lab.dispatcher.idle().await;
    }
    let journal = lab.journal();
    assert!(journal.len() == 1 && journal[0].contains("105"), "{journal:?}");
    assert!(lab.guests().is_empty());
}

#[tokio::test]
async fn what_was_begun_for_a_former_guest_is_not_done_to_the_one_that_is_adopted_in_its_place() {
    let lab = Lab::new().await;
    let id = lab.create_container(json!({})).await;
    let vmid = lab.vmid(id).unwrap();
    let disk = lab.netbox.create_disk(second_disk(GuestKind::Lxc, id, 2_000))["id"].as_u64().unwrap();
    lab.settle().await;
    lab.update(id, json!({"status": "active"})).await;
    lab.delete_disk(disk).await;
    let inbox = lab.dispatcher.bridge().inbox.clone();
    let removals = inbox.seen(lab.owner(id)).await.unwrap().unwrap().removals;
    assert_eq!(removals.len(), 1);
    // Somebody builds another one under its VMID, with a volume of that name that is detached on purpose.
    lab.proxmox.remove_guest(vmid);
    let volume = removals[0].volume.clone();
    lab.proxmox
        .add_container(vmid, "web01", |guest| guest.disk("rootfs", "local-lvm", 4_096).option("unused0", &volume));
    let bridge = lab.dispatcher.bridge();
    let guest = adopt::candidates(bridge, None).await.unwrap().remove(0).guest;
    adopt::adopt(bridge, lab.cluster(), &guest).await.unwrap();
    lab.update(id, json!({"comments": "saved"})).await;
    assert_eq!(lab.guest(id).get("unused0"), Some(volume.as_str()));
}
