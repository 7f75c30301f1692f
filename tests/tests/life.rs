//! Rows 1 to 10 of the mission for a VM: a change in NetBox ends in the stated state of Proxmox.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::Ordering;

use netbox_proxmox_core::policy::{DestroyWhen, ReconcilePower};
use netbox_proxmox_core::{Marker, MarkerState, Policy, RecordId};
use netbox_proxmox_tests::Lab;
use proxmox_api::testing::Power;
use serde_json::json;

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq0fFkZtxYb8l1nq7yJm4Qv3l2nUo0Wc5dQH7yXb3Zp admin@example";

fn marker(description: Option<&str>) -> Marker {
    Marker::find(description.unwrap_or_default()).expect("the guest has a marker")
}

#[tokio::test]
async fn a_staged_record_becomes_a_configured_stopped_guest() {
    let lab = Lab::new().await;
    let custom = json!({"proxmox_public_ssh_key": KEY, "proxmox_vm_storage": "ceph"});
    let id = lab.create(json!({"vcpus": 2, "memory": 4096, "custom_fields": custom})).await;
    lab.must_have_applied();
    let guest = lab.guest(id);
    assert_eq!(guest.name(), Some("web01"));
    assert_eq!(guest.power, Power::Stopped);
    assert_eq!(guest.get("cores"), Some("2"));
    assert_eq!(guest.get("memory"), Some("4096"));
    assert_ne!(guest.get("protection"), Some("1"), "a clone inherits protection, and it was cleared");
    assert!(guest.get("sshkeys").unwrap().starts_with("ssh-ed25519%20AAAA"));
    assert!(guest.volume("scsi0").unwrap().starts_with("ceph:"));
    assert!(guest.tags().contains("netbox") && guest.tags().contains("golden"));
    let marker = marker(guest.description());
    assert_eq!((marker.record.0, marker.vmid.get(), marker.state), (id, guest.vmid, MarkerState::Ready));
    let disks = lab.netbox.disks(id);
    assert_eq!(disks.len(), 1);
    assert_eq!((disks[0]["name"].as_str(), disks[0]["size"].as_u64()), (Some("scsi0"), Some(10_000)));
    assert_eq!(lab.netbox.vm(id).unwrap()["custom_fields"]["proxmox_node"]["value"], "pve01");
    assert!(lab.journal().is_empty(), "{:?}", lab.journal());
}

#[tokio::test]
async fn every_delivery_may_come_twice() {
    let lab = Lab::new().await;
    lab.twice.store(true, Ordering::SeqCst);
    whole_life(&lab).await;
}

#[tokio::test]
async fn a_whole_life() {
    whole_life(&Lab::new().await).await;
}

async fn whole_life(lab: &Lab) {
    let id = lab.create(json!({"vcpus": 1, "memory": 1024})).await;
    let vmid = lab.vmid(id).unwrap();
    lab.update(id, json!({"custom_fields": {"proxmox_public_ssh_key": KEY}})).await;
    assert!(lab.guest(id).get("sshkeys").is_some());
    lab.update(id, json!({"vcpus": 4, "memory": 2048})).await;
    assert_eq!((lab.guest(id).get("cores"), lab.guest(id).get("memory")), (Some("4"), Some("2048")));

    lab.netbox.give_address(id, "192.0.2.10/24");
    lab.settle().await;
    assert_eq!(lab.guest(id).get("ipconfig0"), Some("ip=192.0.2.10/24,gw=192.0.2.1"));

    let disk = lab.add_disk(id, "scsi1", 20_000).await;
    assert_eq!(lab.guest(id).disk_mib("scsi1"), Some(20_480));
    lab.update_disk(disk, json!({"size": 30_000})).await;
    assert_eq!(lab.guest(id).disk_mib("scsi1"), Some(30_720));
    lab.update_disk(disk, json!({"size": 5_000})).await;
    assert_eq!(lab.guest(id).disk_mib("scsi1"), Some(30_720));
    let journal = lab.journal();
    assert!(journal.len() == 1 && journal[0].contains("shrink") && journal[0].contains("scsi1"), "{journal:?}");
    let volumes = lab.proxmox.volumes().len();
    lab.delete_disk(disk).await;
    assert_eq!(lab.guest(id).volume("scsi1"), None);
    assert_eq!(lab.proxmox.volumes().len(), volumes - 1, "the volume is gone too");

    lab.update(id, json!({"status": "active"})).await;
    assert_eq!(lab.guest(id).power, Power::Running);
    lab.update(id, json!({"status": "offline"})).await;
    assert_eq!(lab.guest(id).power, Power::Stopped);
    lab.update(id, json!({"status": "active"})).await;
    lab.delete(id).await;
    assert!(lab.proxmox.guest(vmid).is_none());
    assert!(lab.guests().is_empty());
    lab.must_have_applied();
}

#[tokio::test]
async fn an_active_record_is_started_once_it_is_configured() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"status": "active", "vcpus": 2, "memory": 4096})).await;
    let guest = lab.guest(id);
    assert_eq!(guest.power, Power::Running);
    assert!(guest.pending.is_empty(), "nothing waits for a restart: {:?}", guest.pending);
    let writes = lab.proxmox.writes();
    let position = |what: &str| {
        writes.iter().position(|write| write.contains(what)).unwrap_or_else(|| panic!("{what}: {writes:?}"))
    };
    assert!(position("/clone") < position("/config") && position("/config") < position("/status/start"));
}

#[tokio::test]
async fn no_reaching_into_a_guest_that_is_not_staged() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"status": "active", "vcpus": 1, "memory": 1024})).await;
    lab.update(id, json!({"memory": 8192})).await;
    assert_eq!(lab.guest(id).merged().get("memory").map(String::as_str), Some("1024"));
    let journal = lab.journal();
    assert!(journal.len() == 1 && journal[0].contains("memory") && journal[0].contains("Staged"), "{journal:?}");
    // Saying it again adds nothing.
    lab.update(id, json!({"comments": "x"})).await;
    assert_eq!(lab.journal().len(), 1);
    // Staged again: it is applied, pending until the next start of the running guest.
    lab.update(id, json!({"status": "staged"})).await;
    assert_eq!(lab.guest(id).merged().get("memory").map(String::as_str), Some("8192"));
    assert!(lab.journal().iter().any(|text| text.contains("next")), "{:?}", lab.journal());
}

#[tokio::test]
async fn a_disk_created_while_active_is_added_once_the_record_is_staged() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"status": "active"})).await;
    lab.add_disk(id, "scsi1", 2_000).await;
    assert_eq!(lab.guest(id).volume("scsi1"), None);
    assert!(lab.journal()[0].contains("Staged"), "{:?}", lab.journal());
    lab.update(id, json!({"status": "staged"})).await;
    assert_eq!(lab.guest(id).disk_mib("scsi1"), Some(2_048));
    // Once only: what an administrator removes then is reported.
    lab.proxmox.edit(lab.vmid(id).unwrap(), |guest| guest.unset("scsi1"));
    lab.update(id, json!({"comments": "x"})).await;
    assert_eq!(lab.guest(id).volume("scsi1"), None);
    assert!(
        lab.journal().iter().any(|text| text.contains("missing in Proxmox and was not added")),
        "{:?}",
        lab.journal()
    );
}

#[tokio::test]
async fn the_privileges_that_setup_gives_are_enough() {
    let lab = Lab::with_the_role_of_setup().await;
    whole_life(&lab).await;
    let client = proxmox_api::Client::builder(lab.proxmox.url()).token(lab.proxmox.token_string()).build().unwrap();
    assert!(client.cluster().status().await.is_ok(), "the server asks for the cluster's name");
}

#[tokio::test]
async fn the_privileges_that_setup_gives_are_enough_for_rows_11_to_15() {
    let lab = Lab::with_the_role_of_setup().await;
    let id = lab.create(json!({"status": "active", "custom_fields": {"proxmox_node": "pve01"}})).await;
    lab.update(id, json!({"custom_fields": {"proxmox_node": "pve02"}})).await;
    assert_eq!((lab.guest(id).node.as_str(), lab.guest(id).power), ("pve02", Power::Running));
    lab.netbox.user("admin").create("extras/tags", json!({"name": "shop", "slug": "shop"}));
    let labels = json!({"name": "web02", "description": "a shop", "start_on_boot": "on", "tags": [{"name": "shop"}]});
    lab.update(id, labels).await;
    let guest = lab.guest(id);
    assert_eq!((guest.name(), guest.get("onboot"), guest.tags().contains("shop")), (Some("web02"), Some("1"), true));
    for (status, power) in
        [("paused", Power::Paused), ("active", Power::Running), ("offline", Power::Stopped), ("staged", Power::Stopped)]
    {
        lab.update(id, json!({ "status": status })).await;
        assert_eq!(lab.guest(id).power, power, "{status}");
    }
    let vlan = lab.netbox.user("admin").create("ipam/vlans", json!({"vid": 20, "name": "servers"}));
    lab.netbox.create_interface(json!({"virtual_machine": id, "name": "net0"}));
    let interface = json!({"virtual_machine": id, "name": "net1", "mode": "access", "untagged_vlan": vlan["id"]});
    let interface = lab.netbox.create_interface(interface)["id"].as_u64().unwrap();
    lab.settle().await;
    assert!(lab.guest(id).get("net1").unwrap().contains("tag=20"));
    lab.netbox.update_interface(interface, json!({"mtu": 1400, "enabled": false}));
    lab.settle().await;
    assert!(lab.guest(id).get("net1").unwrap().contains("link_down=1"));
    lab.netbox.delete_interface(interface);
    lab.settle().await;
    assert_eq!(lab.guest(id).get("net1"), None);
    lab.must_have_applied();
    assert!(lab.journal().is_empty(), "{:?}", lab.journal());
}

#[tokio::test]
async fn the_size_of_the_record_is_that_of_the_root_disk() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"disk": 32_000})).await;
    assert_eq!(lab.guest(id).disk_mib("scsi0"), Some(32_768));
    assert_eq!(lab.netbox.disks(id)[0]["size"], 32_000);
    assert_eq!(lab.netbox.vm(id).unwrap()["disk"], 32_000);
}

#[tokio::test]
async fn a_root_disk_is_never_removed() {
    let lab = Lab::new().await;
    let id = lab.create(json!({})).await;
    let root = lab.netbox.disks(id)[0]["id"].as_u64().unwrap();
    lab.delete_disk(root).await;
    assert!(lab.guest(id).volume("scsi0").is_some());
    assert!(lab.journal().iter().any(|text| text.contains("boots from it")), "{:?}", lab.journal());
    assert_eq!(lab.netbox.disks(id).len(), 1, "NetBox is told again");
}

#[tokio::test]
async fn a_cleared_address_goes_and_an_address_change_is_seen() {
    let lab = Lab::new().await;
    let id = lab.create(json!({})).await;
    let ip = lab.netbox.give_address(id, "192.0.2.10/24");
    lab.settle().await;
    // No virtual machine event comes with this one.
    lab.netbox.update_ip(ip["id"].as_u64().unwrap(), json!({"address": "192.0.2.77/25"}));
    lab.settle().await;
    assert_eq!(lab.guest(id).get("ipconfig0"), Some("ip=192.0.2.77/25,gw=192.0.2.1"));
    lab.update(id, json!({"primary_ip4": null})).await;
    assert_eq!(lab.guest(id).get("ipconfig0"), None);
}

#[tokio::test]
async fn an_address_goes_to_the_interface_that_holds_it() {
    let lab = Lab::new().await;
    let id = lab.create(json!({})).await;
    let vmid = lab.vmid(id).unwrap();
    lab.proxmox.edit(vmid, |guest| guest.set("net1", "virtio=BC:24:11:00:00:99,bridge=vmbr0"));
    let interface = lab
        .netbox
        .create_interface(json!({"virtual_machine": id, "name": "storage", "mac_address": "bc:24:11:00:00:99"}));
    let ip = lab.netbox.create_ip(json!({
        "address": "198.51.100.7/24", "assigned_object_type": "virtualization.vminterface",
        "assigned_object_id": interface["id"],
    }));
    lab.update(id, json!({"primary_ip4": ip["id"]})).await;
    assert_eq!(lab.guest(id).get("ipconfig1"), Some("ip=198.51.100.7/24,gw=198.51.100.1"));
    assert_eq!(lab.guest(id).get("ipconfig0"), None);
}

#[tokio::test]
async fn what_is_not_ours_is_left_alone() {
    let lab = Lab::new().await;
    lab.proxmox.add_guest(105, "theirs", |guest| guest.node("pve02").disk("scsi0", "ceph", 4096).running());
    let id = lab.create(json!({"name": "mine", "custom_fields": {"proxmox_vmid": "105"}, "memory": 512})).await;
    lab.update(id, json!({"status": "offline"})).await;
    lab.delete(id).await;
    let guest = lab.proxmox.guest(105).unwrap();
    assert_eq!((guest.power, guest.name()), (Power::Running, Some("theirs")));
    assert!(lab.proxmox.writes().is_empty(), "{:?}", lab.proxmox.writes());
}

#[tokio::test]
async fn a_guest_of_the_same_name_stops_a_creation() {
    let lab = Lab::new().await;
    lab.proxmox.add_guest(105, "web01", |guest| guest.node("pve02").disk("scsi0", "ceph", 4096));
    let id = lab.create(json!({})).await;
    assert_eq!(lab.guests(), [105]);
    assert_eq!(lab.vmid(id), None);
    assert!(lab.journal()[0].contains("adopt"), "{:?}", lab.journal());
}

#[tokio::test]
async fn a_vanished_guest_is_reported_and_not_made_again() {
    let lab = Lab::new().await;
    let id = lab.create(json!({})).await;
    lab.proxmox.remove_guest(lab.vmid(id).unwrap());
    lab.update(id, json!({"status": "active"})).await;
    assert!(lab.guests().is_empty());
    assert!(lab.journal().iter().any(|text| text.contains("vanished")), "{:?}", lab.journal());
}

#[tokio::test]
async fn a_forged_deletion_does_nothing() {
    let lab = Lab::new().await;
    let id = lab.create(json!({})).await;
    lab.netbox.delete_vm(id);
    let mut deleted = lab.take();
    deleted.retain(|event| event.change.deleted_record());
    // The same with another id: a record that exists, and one that never did.
    let other = lab.create(json!({"name": "web02"})).await;
    for record in [other, 4711] {
        let mut forged = deleted[0].clone();
        forged.key = format!("forged {record}");
        forged.change.record = netbox_proxmox_core::RecordId(record);
        lab.dispatcher.accept(&[forged]).await.unwrap();
        lab.dispatcher.idle().await;
    }
    assert_eq!(lab.guests().len(), 2);
}

#[tokio::test]
async fn protection_keeps_a_guest() {
    let lab = Lab::new().await;
    let id = lab.create(json!({})).await;
    let vmid = lab.vmid(id).unwrap();
    lab.proxmox.edit(vmid, |guest| guest.set("protection", "1"));
    lab.delete(id).await;
    assert!(lab.proxmox.guest(vmid).is_some());
    let journal = lab.journal();
    assert!(journal.iter().any(|text| text.contains("protected")), "on the cluster: {journal:?}");
}

#[tokio::test]
async fn a_guest_that_a_person_moved_is_recorded_where_it_is() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"custom_fields": {"proxmox_vm_storage": "ceph"}})).await;
    lab.proxmox.move_guest(lab.vmid(id).unwrap(), "pve02");
    lab.update(id, json!({"status": "active"})).await;
    assert_eq!(lab.guest(id).power, Power::Running);
    assert_eq!(lab.netbox.vm(id).unwrap()["custom_fields"]["proxmox_node"]["value"], "pve02");
}

#[tokio::test]
async fn bad_input_is_reported_by_field_and_the_rest_is_done() {
    let lab = Lab::new().await;
    let id = lab
        .create(json!({"vcpus": 0.5, "memory": 2048, "custom_fields": {"proxmox_public_ssh_key": "not a key"}}))
        .await;
    assert_eq!(lab.guest(id).get("memory"), Some("2048"));
    lab.add_disk(id, "foo", 1000).await;
    let journal = lab.journal().join("\n");
    for word in ["vcpus", "proxmox_public_ssh_key", "disk foo"] {
        assert!(journal.contains(word), "{word}: {journal}");
    }
}

#[tokio::test]
async fn what_cannot_be_created_says_why() {
    for (fields, word) in [
        (json!({"custom_fields": {"proxmox_vm_templates": null}}), "no template"),
        (json!({"custom_fields": {"proxmox_vm_templates": "4242"}}), "4242"),
        (json!({"custom_fields": {"proxmox_vmid": "twelve"}}), "proxmox_vmid"),
        (json!({"name": "web 01"}), "DNS name"),
        (json!({"custom_fields": {"proxmox_node": "pve09"}}), "pve09"),
        (json!({"custom_fields": {"proxmox_vm_storage": "tape"}}), "tape"),
    ] {
        let lab = Lab::new().await;
        lab.create(fields.clone()).await;
        assert!(lab.guests().is_empty(), "{fields}");
        let journal = lab.journal();
        assert!(journal.len() == 1 && journal[0].contains(word), "{fields}: {journal:?}");
        lab.must_have_applied();
    }
}

#[tokio::test]
async fn a_creation_that_was_refused_is_made_once_nothing_is_in_its_way() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"custom_fields": {"proxmox_vm_templates": null, "proxmox_vmid": "333"}})).await;
    assert!(lab.guests().is_empty() && lab.journal()[0].contains("no template"), "{:?}", lab.journal());
    lab.update(id, json!({"custom_fields": {"proxmox_vm_templates": "9000"}})).await;
    assert_eq!(lab.guests(), [333]);
    assert_eq!(lab.journal().len(), 1, "{:?}", lab.journal());
}

#[tokio::test]
async fn a_removal_may_be_put_off() {
    let lab = Lab::with(Policy { destroy: DestroyWhen::After(3600).into(), ..Policy::default() }).await;
    let id = lab.create(json!({"status": "active"})).await;
    let vmid = lab.vmid(id).unwrap();
    lab.delete(id).await;
    assert_eq!(lab.proxmox.guest(vmid).unwrap().power, Power::Stopped);
    assert!(lab.journal()[0].contains("1 hours"), "{:?}", lab.journal());
}

#[tokio::test]
async fn a_new_record_with_the_vmid_takes_the_guest_over_before_it_is_removed() {
    let lab = Lab::with(Policy { destroy: DestroyWhen::After(3600).into(), ..Policy::default() }).await;
    let old = lab.create(json!({"status": "active"})).await;
    let (vmid, former) = (lab.vmid(old).unwrap(), lab.owner(old));
    lab.delete(old).await;
    assert!(lab.proxmox.guest(vmid).unwrap().tags().contains("netbox-deleted"));
    let custom = json!({"proxmox_vmid": vmid.to_string()});
    let new = lab.create(json!({"name": "web02", "status": "active", "custom_fields": custom})).await;
    let guest = lab.guest(new);
    assert_eq!((guest.power, guest.name(), lab.guests()), (Power::Running, Some("web02"), vec![vmid]));
    assert_eq!(marker(guest.description()).record.0, new);
    assert!(!guest.tags().contains("netbox-deleted"), "{:?}", guest.tags());
    let inbox = &lab.dispatcher.bridge().inbox;
    assert_eq!(inbox.removal(former).await.unwrap(), None);
    assert!(inbox.store().pending(RecordId(old)).await.unwrap().is_empty(), "the removal is cancelled");
    lab.must_have_applied();
}

#[tokio::test]
async fn a_guest_whose_removal_is_not_put_off_is_not_taken_over() {
    let lab = Lab::new().await;
    let old = lab.create(json!({"status": "active"})).await;
    let vmid = lab.vmid(old).unwrap();
    let custom = json!({"proxmox_vmid": vmid.to_string()});
    lab.create(json!({"name": "web02", "status": "active", "custom_fields": custom})).await;
    assert_eq!(marker(lab.guest(old).description()).record.0, old);
    assert!(lab.journal()[0].contains("belongs to virtual machine"), "{:?}", lab.journal());
}

#[tokio::test]
async fn a_power_state_without_a_cause_is_reported_or_repaired() {
    for (reconcile_power, power) in [(ReconcilePower::Report, Power::Stopped), (ReconcilePower::Repair, Power::Running)]
    {
        let lab = Lab::with(Policy { reconcile_power, ..Policy::default() }).await;
        let id = lab.create(json!({"status": "active"})).await;
        lab.proxmox.set_power(lab.vmid(id).unwrap(), Power::Stopped);
        lab.update(id, json!({"comments": "x"})).await;
        assert_eq!(lab.guest(id).power, power);
    }
}
