//! Rows 1 to 15 of the mission for a container: a change in NetBox ends in the stated state of Proxmox.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::Ordering;

use netbox_proxmox_core::live::MemoryStore;
use netbox_proxmox_core::policy::Containers;
use netbox_proxmox_core::{Marker, MarkerState, MiB, Policy};
use netbox_proxmox_tests::{Lab, VZTMPL, bridge, netbox, proxmox};
use proxmox_api::testing::{GuestKind, Power};
use serde_json::{Value, json};

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq0fFkZtxYb8l1nq7yJm4Qv3l2nUo0Wc5dQH7yXb3Zp admin@example";

async fn add_mount(lab: &Lab, id: u64, name: &str, size: u64, path: &str) -> u64 {
    let custom = json!({"proxmox_mount_path": path});
    let disk = lab.netbox.create_disk(json!({
        "virtual_machine": id, "name": name, "size": size, "custom_fields": custom,
    }));
    lab.settle().await;
    disk["id"].as_u64().unwrap()
}

fn net0(lab: &Lab, id: u64) -> String {
    lab.guest(id).merged()["net0"].clone()
}

#[tokio::test]
async fn a_staged_record_becomes_a_configured_stopped_container() {
    let lab = Lab::new().await;
    let id = lab
        .create_container(json!({
            "vcpus": 2, "memory": 1024, "disk": 20_000, "start_on_boot": "on", "description": "name server",
            "custom_fields": {"proxmox_public_ssh_key": KEY},
        }))
        .await;
    lab.must_have_applied();
    let guest = lab.guest(id);
    assert_eq!((guest.kind, guest.power, guest.node.as_str()), (GuestKind::Lxc, Power::Stopped, "pve01"));
    let expected = [
        ("hostname", "ct01"),
        ("cores", "2"),
        ("memory", "1024"),
        ("unprivileged", "1"),
        ("features", "nesting=1"),
        ("onboot", "1"),
        ("tags", "netbox"),
    ];
    for (key, value) in expected {
        assert_eq!(guest.get(key), Some(value), "{key}");
    }
    assert_eq!(guest.disk_mib("rootfs"), Some(20_480));
    assert!(guest.volume("rootfs").unwrap().starts_with("local-lvm:"));
    assert_eq!(guest.ssh_public_keys.as_deref().map(str::trim), Some(KEY));
    assert!(guest.get("net0").unwrap().starts_with("name=eth0,bridge=vmbr0"), "{:?}", guest.get("net0"));
    assert!(guest.description().unwrap().contains("name server"));
    let marker = Marker::find(guest.description().unwrap()).unwrap();
    assert_eq!((marker.record.0, marker.vmid.get(), marker.state), (id, guest.vmid, MarkerState::Ready));
    let disks = lab.netbox.disks(id);
    assert_eq!((disks[0]["name"].as_str(), disks[0]["size"].as_u64()), (Some("rootfs"), Some(20_000)));
    assert_eq!(lab.netbox.vm(id).unwrap()["custom_fields"]["proxmox_node"]["value"], "pve01");
    assert!(lab.journal().is_empty(), "{:?}", lab.journal());
    // Everything that can be given at once is: only the marker is written after.
    let configs = lab.proxmox.writes().iter().filter(|write| write.ends_with("/config")).count();
    assert_eq!(configs, 1, "{:?}", lab.proxmox.writes());
}

#[tokio::test]
async fn a_whole_life() {
    let lab = Lab::new().await;
    whole_life(&lab).await;
}

#[tokio::test]
async fn every_delivery_may_come_twice() {
    let lab = Lab::new().await;
    lab.twice.store(true, Ordering::SeqCst);
    whole_life(&lab).await;
}

#[tokio::test]
async fn the_privileges_of_the_readme_are_enough() {
    let lab = Lab::with_the_role_of_setup().await;
    whole_life(&lab).await;
    // With keys, from a container template; labels, and a card.
    lab.create_container(json!({"name": "ct03", "custom_fields": {"proxmox_public_ssh_key": KEY}})).await;
    let custom = json!({"proxmox_lxc_templates": "9100", "proxmox_vm_storage": null});
    let id = lab.create_container(json!({"name": "ct04", "custom_fields": custom})).await;
    lab.netbox.user("admin").create("extras/tags", json!({"name": "shop", "slug": "shop"}));
    lab.update(id, json!({"description": "a shop", "start_on_boot": "on", "tags": [{"name": "shop"}]})).await;
    let guest = lab.guest(id);
    assert_eq!((guest.get("onboot"), guest.tags().contains("shop")), (Some("1"), true));
    lab.netbox.create_interface(json!({"virtual_machine": id, "name": "net0"}));
    let net1 = lab.netbox.create_interface(json!({"virtual_machine": id, "name": "net1"}))["id"].as_u64().unwrap();
    lab.settle().await;
    assert!(lab.guest(id).get("net1").is_some());
    lab.netbox.delete_interface(net1);
    lab.settle().await;
    assert_eq!(lab.guest(id).get("net1"), None);
    lab.must_have_applied();
    assert!(lab.journal().is_empty(), "{:?}", lab.journal());
}

async fn whole_life(lab: &Lab) {
    let id = lab.create_container(json!({"vcpus": 1, "memory": 512})).await;
    let vmid = lab.vmid(id).unwrap();
    assert_eq!(lab.guest(id).disk_mib("rootfs"), Some(4_096), "Proxmox's default");
    lab.update(id, json!({"vcpus": 4, "memory": 2048, "name": "ct02"})).await;
    let guest = lab.guest(id);
    assert_eq!(
        (guest.get("cores"), guest.get("memory"), guest.get("hostname")),
        (Some("4"), Some("2048"), Some("ct02"))
    );

    lab.netbox.give_address(id, "192.0.2.10/24");
    lab.settle().await;
    let before = net0(lab, id);
    assert!(before.contains("ip=192.0.2.10/24") && before.contains("gw=192.0.2.1"), "{before}");
    let ip = lab.netbox.vm(id).unwrap()["primary_ip4"]["id"].as_u64().unwrap();
    lab.netbox.user("admin").update("ipam/ip-addresses", ip, json!({"address": "192.0.2.11/24"}));
    lab.settle().await;
    assert_eq!(net0(lab, id), before.replace("192.0.2.10", "192.0.2.11"), "every other part is kept");

    let disk = add_mount(lab, id, "mp0", 20_000, "/srv/data").await;
    assert_eq!(lab.guest(id).disk_mib("mp0"), Some(20_480));
    assert!(lab.guest(id).get("mp0").unwrap().contains("mp=/srv/data"));
    lab.update_disk(disk, json!({"size": 30_000})).await;
    assert_eq!(lab.guest(id).disk_mib("mp0"), Some(30_720));
    let resizes = lab.proxmox.count("PUT /nodes/*/lxc/*/resize");
    lab.update_disk(disk, json!({"size": 5_000})).await;
    assert_eq!(lab.proxmox.count("PUT /nodes/*/lxc/*/resize"), resizes, "a shrink is refused before anything is sent");
    let journal = lab.journal();
    assert!(journal.len() == 1 && journal[0].contains("shrink") && journal[0].contains("mp0"), "{journal:?}");
    let root = lab.netbox.disks(id).iter().find(|disk| disk["name"] == "rootfs").unwrap()["id"].as_u64().unwrap();
    lab.update_disk(root, json!({"size": 8_000})).await;
    assert_eq!(lab.guest(id).disk_mib("rootfs"), Some(8_192));
    let volumes = lab.proxmox.volumes().len();
    lab.delete_disk(disk).await;
    assert_eq!((lab.guest(id).volume("mp0"), lab.guest(id).get("unused0")), (None, None));
    assert_eq!(lab.proxmox.volumes().len(), volumes - 1, "the volume is gone too");
    lab.delete_disk(root).await;
    assert!(lab.guest(id).volume("rootfs").is_some(), "the root disk is kept");

    lab.update(id, json!({"status": "active"})).await;
    assert_eq!(lab.guest(id).power, Power::Running);
    lab.update(id, json!({"custom_fields": {"proxmox_node": "pve02"}})).await;
    let guest = lab.guest(id);
    assert_eq!((guest.node.as_str(), guest.power), ("pve02", Power::Running), "restarted there");
    lab.update(id, json!({"status": "offline"})).await;
    assert_eq!(lab.guest(id).power, Power::Stopped);
    lab.update(id, json!({"status": "active"})).await;
    lab.delete(id).await;
    assert!(lab.proxmox.guest(vmid).is_none());
    lab.must_have_applied();
}

#[tokio::test]
async fn a_clone_of_a_container_template_keeps_its_templates_keys() {
    let lab = Lab::new().await;
    let custom = json!({"proxmox_lxc_templates": "9100", "proxmox_vm_storage": null, "proxmox_public_ssh_key": KEY});
    let id = lab.create_container(json!({"vcpus": 2, "memory": 1024, "custom_fields": custom})).await;
    lab.must_have_applied();
    let guest = lab.guest(id);
    assert_eq!(
        (guest.get("hostname"), guest.get("cores"), guest.get("memory")),
        (Some("ct01"), Some("2"), Some("1024"))
    );
    assert_ne!(guest.get("protection"), Some("1"), "a clone inherits protection, and it was cleared");
    assert!(net0(&lab, id).contains("ip=dhcp") && net0(&lab, id).contains("firewall=1"), "{}", net0(&lab, id));
    let journal = lab.journal();
    assert!(journal.len() == 1 && journal[0].contains("SSH keys"), "{journal:?}");
    lab.delete(id).await;
    assert!(lab.guests().is_empty());
}

#[tokio::test]
async fn keys_set_later_are_reported_once() {
    let lab = Lab::new().await;
    let id = lab.create_container(json!({})).await;
    lab.update(id, json!({"custom_fields": {"proxmox_public_ssh_key": KEY}})).await;
    let journal = lab.journal();
    assert!(journal.len() == 1 && journal[0].contains("SSH keys") && journal[0].contains("ct01"), "{journal:?}");
    lab.update(id, json!({"comments": "saved again"})).await;
    assert_eq!(lab.journal().len(), 1);
}

#[tokio::test]
async fn keys_that_were_changed_before_the_container_was_created_are_in_it() {
    let lab = Lab::new().await;
    let custom = json!({"proxmox_vm_type": "lxc", "proxmox_lxc_templates": VZTMPL, "proxmox_vm_storage": "ceph"});
    let cluster = json!({"name": netbox_proxmox_tests::CLUSTER});
    lab.netbox.create_vm(json!({"name": "ct01", "status": "staged", "cluster": cluster, "custom_fields": custom}));
    let created = lab.take();
    lab.netbox.update_vm(1, json!({"custom_fields": {"proxmox_public_ssh_key": KEY}}));
    lab.dispatcher.accept(&created).await.unwrap();
    lab.dispatcher.idle().await;
    assert_eq!(lab.guest(1).ssh_public_keys.as_deref().map(str::trim), Some(KEY));
    lab.settle().await;
    assert!(lab.journal().is_empty(), "{:?}", lab.journal());
}

#[tokio::test]
async fn a_mount_point_of_a_running_container_goes_when_it_stops() {
    let lab = Lab::new().await;
    let id = lab.create_container(json!({})).await;
    let disk = add_mount(&lab, id, "mp0", 2_000, "/srv").await;
    lab.update(id, json!({"status": "active"})).await;
    let volumes = lab.proxmox.volumes().len();
    lab.delete_disk(disk).await;
    assert!(lab.guest(id).volume("mp0").is_some(), "it is still mounted");
    assert_eq!(lab.proxmox.volumes().len(), volumes);
    let journal = lab.journal();
    assert!(journal.len() == 1 && journal[0].contains("mp0") && journal[0].contains("stopped"), "{journal:?}");
    lab.update(id, json!({"comments": "saved again"})).await;
    assert_eq!(lab.journal().len(), 1);
    lab.update(id, json!({"status": "offline"})).await;
    assert_eq!((lab.guest(id).volume("mp0"), lab.guest(id).get("unused0")), (None, None));
    assert_eq!(lab.proxmox.volumes().len(), volumes - 1);
    lab.must_have_applied();
}

#[tokio::test]
async fn a_container_that_stops_by_itself_loses_its_deleted_disk_at_the_next_look() {
    let lab = Lab::new().await;
    let id = lab.create_container(json!({"status": "active"})).await;
    lab.update(id, json!({"status": "staged"})).await;
    let disk = add_mount(&lab, id, "mp0", 2_000, "/srv").await;
    assert!(lab.guest(id).volume("mp0").is_some(), "mounted while it runs");
    let foreign = lab.proxmox.volumes().len();
    lab.delete_disk(disk).await;
    lab.proxmox.set_power(lab.vmid(id).unwrap(), Power::Stopped);
    assert_eq!(lab.proxmox.volumes().len(), foreign);
    lab.dispatcher.reconcile(4).await.unwrap();
    lab.settle().await;
    lab.dispatcher.idle().await;
    assert_eq!(lab.proxmox.volumes().len(), foreign - 1);
    assert_eq!(lab.guest(id).get("unused0"), None);
}

#[tokio::test]
async fn a_disk_without_a_mount_path_waits_for_one() {
    let lab = Lab::new().await;
    let id = lab.create_container(json!({})).await;
    let disk = lab.add_disk(id, "mp0", 2_000).await;
    assert_eq!(lab.guest(id).volume("mp0"), None);
    let journal = lab.journal();
    assert!(journal.len() == 1 && journal[0].contains("proxmox_mount_path"), "{journal:?}");
    lab.update_disk(disk, json!({"custom_fields": {"proxmox_mount_path": "/srv"}})).await;
    assert_eq!(lab.guest(id).disk_mib("mp0"), Some(2_048));
}

#[tokio::test]
async fn what_would_be_mounted_over_something_else_or_has_no_size_is_told_and_not_made() {
    let lab = Lab::new().await;
    let id = lab.create_container(json!({})).await;
    for (slot, size, path, told) in [
        ("mp0", 2_000, "/srv/../etc", "proxmox_mount_path"),
        ("mp1", 2_000, "/..", "proxmox_mount_path"),
        ("mp2", 2_000, "/", "proxmox_mount_path"),
        ("mp3", 2_000, "srv", "proxmox_mount_path"),
        ("mp4", 2_000, "/srv,size=9T", "proxmox_mount_path"),
        ("mp5", 0, "/srv", "without a size"),
    ] {
        add_mount(&lab, id, slot, size, path).await;
        assert_eq!(lab.guest(id).volume(slot), None, "{path}");
        let said = |text: &String| text.contains(&format!("disk {slot}")) && text.contains(told);
        assert!(lab.journal().iter().any(said), "{path}: {:?}", lab.journal());
    }
}

#[tokio::test]
async fn interfaces_become_cards_with_their_addresses() {
    let lab = Lab::new().await;
    let id = lab.create_container(json!({})).await;
    let interface = |name: &str, fields: Value| {
        let mut body = json!({"virtual_machine": id, "name": name});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        lab.netbox.create_interface(body)["id"].as_u64().unwrap()
    };
    let first = interface("eth0", json!({}));
    let second = interface("net1", json!({"mtu": 1400}));
    let address = |to: u64, ip: &str| {
        lab.netbox.create_ip(json!({
            "address": ip, "assigned_object_type": "virtualization.vminterface", "assigned_object_id": to,
        }));
    };
    address(second, "198.51.100.7/24");
    lab.settle().await;
    let net1 = lab.guest(id).merged()["net1"].clone();
    assert!(net1.starts_with("name=eth1,bridge=vmbr0") && net1.contains("ip=198.51.100.7/24"), "{net1}");
    assert!(net1.contains("mtu=1400") && !net1.contains("gw="), "{net1}");
    let recorded = |id: u64| {
        let all = lab.netbox.interfaces(1);
        all.iter().find(|it| it["id"] == id).unwrap()["mac_address"].as_str().unwrap().to_owned()
    };
    assert!(net1.contains(&recorded(second)), "its MAC address is recorded");
    assert!(net0(&lab, id).contains(&recorded(first)));
    lab.netbox.user("admin").delete("virtualization/interfaces", second);
    lab.settle().await;
    assert!(!lab.guest(id).merged().contains_key("net1"));
}

#[tokio::test]
async fn the_policy_says_swap_and_features_and_a_paused_container_is_reported() {
    let containers = Containers { unprivileged: true, features: None, swap: Some(MiB(0)) };
    let lab = Lab::with(Policy { containers, ..Policy::default() }).await;
    let id = lab.create_container(json!({"status": "active"})).await;
    let guest = lab.guest(id);
    assert_eq!((guest.get("swap"), guest.get("features"), guest.power), (Some("0"), None, Power::Running));
    lab.update(id, json!({"status": "paused"})).await;
    assert_eq!(lab.guest(id).power, Power::Running);
    let journal = lab.journal();
    assert!(journal.len() == 1 && journal[0].contains("cannot be suspended"), "{journal:?}");
}

#[tokio::test]
async fn a_template_that_is_not_there_is_reported() {
    let lab = Lab::new().await;
    let custom = json!({"proxmox_lxc_templates": "local:vztmpl/nosuch.tar.zst"});
    let id = lab.create_container(json!({"custom_fields": custom})).await;
    assert!(lab.guests().is_empty() && lab.vmid(id).is_none());
    let journal = lab.journal();
    assert!(journal.len() == 1 && journal[0].contains("nosuch.tar.zst"), "{journal:?}");
    lab.update(id, json!({"custom_fields": {"proxmox_lxc_templates": VZTMPL, "proxmox_vm_storage": null}})).await;
    let journal = lab.journal();
    assert!(lab.guests().is_empty() && journal.len() == 2 && journal[1].contains("no storage is set"), "{journal:?}");
    lab.update(id, json!({"custom_fields": {"proxmox_vm_storage": "ceph"}})).await;
    assert!(lab.guest(id).volume("rootfs").unwrap().starts_with("ceph:"));
}

#[tokio::test]
async fn a_password_is_given_only_where_one_is_configured_and_nobody_reads_it() {
    let lab = Lab::new().await;
    let id = lab.create_container(json!({})).await;
    let created = |lab: &Lab| {
        lab.proxmox.requests().into_iter().rfind(|it| it.method == "POST" && it.path.ends_with("/lxc")).unwrap().params
    };
    assert!(!created(&lab).contains_key("password"), "{:?}", created(&lab).keys());
    lab.delete(id).await;

    let (netbox, proxmox) = (netbox().await, proxmox().await);
    let mut bridge = bridge(&netbox, &proxmox, MemoryStore::default());
    bridge.container_password = Some("hunter2-secret".into());
    let lab = Lab::over(netbox.into(), proxmox.into(), bridge);
    lab.create_container(json!({})).await;
    assert!(created(&lab).contains_key("password"));
    let events = lab.dispatcher.bridge().inbox.store().events(None, 100).await.unwrap();
    let told = format!("{:?} {events:?} {:?} {:?}", lab.journal(), lab.seen.plans, lab.seen.answers);
    assert!(!told.contains("hunter2"), "{told}");
}
