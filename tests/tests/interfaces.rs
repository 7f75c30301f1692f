//! Row 13: network cards and their addresses follow NetBox's interfaces; and rows 14 and 15.
#![allow(clippy::unwrap_used)]

use netbox_proxmox_core::Marker;
use netbox_proxmox_tests::Lab;
use proxmox_api::testing::Power;
use serde_json::{Value, json};

fn interface(lab: &Lab, id: u64) -> Value {
    let all = lab.netbox.all("virtualization/interfaces");
    all.into_iter().find(|interface| interface["id"] == id).unwrap()
}

#[tokio::test]
async fn cards_are_added_changed_and_removed_and_their_mac_addresses_recorded() {
    let lab = Lab::new().await;
    let id = lab.create(json!({})).await;
    let first = lab.add_interface(id, "eth0", json!({})).await;
    let mac = lab.guest(id).get("net0").unwrap()[7..24].to_owned();
    assert_eq!(interface(&lab, first)["mac_address"], mac, "the address that Proxmox gave the clone");

    let second = lab.add_interface(id, "eth1", json!({"mac_address": "bc:24:11:00:00:77", "mtu": 9000})).await;
    assert_eq!(lab.guest(id).get("net1"), Some("virtio=BC:24:11:00:00:77,bridge=vmbr0,mtu=9000"));
    let third = lab.add_interface(id, "eth2", json!({"enabled": false})).await;
    let card = lab.guest(id).get("net2").unwrap().to_owned();
    assert!(card.contains(",bridge=vmbr0,link_down=1"), "{card}");
    assert_eq!(interface(&lab, third)["mac_address"], card[7..24]);

    lab.netbox.update_interface(second, json!({"enabled": false, "mtu": 1400}));
    lab.settle().await;
    assert_eq!(lab.guest(id).get("net1"), Some("virtio=BC:24:11:00:00:77,bridge=vmbr0,link_down=1,mtu=1400"));

    lab.netbox.delete_interface(second);
    lab.settle().await;
    assert_eq!(lab.guest(id).get("net1"), None);
    assert!(lab.guest(id).get("net0").is_some() && lab.guest(id).get("net2").is_some());
    lab.must_have_applied();
    assert!(lab.journal().is_empty(), "{:?}", lab.journal());
}

#[tokio::test]
async fn the_vlan_follows_mode_and_untagged_vlan() {
    let lab = Lab::new().await;
    let id = lab.create(json!({})).await;
    let vlan = lab.netbox.user("admin").create("ipam/vlans", json!({"vid": 20, "name": "servers"}));
    let eth0 = lab.add_interface(id, "eth0", json!({"mode": "access", "untagged_vlan": vlan["id"]})).await;
    assert!(lab.guest(id).get("net0").unwrap().ends_with(",tag=20"), "{:?}", lab.guest(id).get("net0"));
    lab.netbox.update_interface(eth0, json!({"mode": "tagged-all", "untagged_vlan": null}));
    lab.settle().await;
    assert!(!lab.guest(id).get("net0").unwrap().contains("tag="));
}

#[tokio::test]
async fn a_card_is_left_alone_while_the_record_is_active() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"status": "active"})).await;
    let before = lab.guest(id).get("net0").map(str::to_owned);
    lab.add_interface(id, "eth0", json!({"mtu": 9000})).await;
    assert_eq!(lab.guest(id).get("net0"), before.as_deref());
    assert!(lab.journal()[0].contains("interface eth0") && lab.journal()[0].contains("Staged"), "{:?}", lab.journal());
    lab.update(id, json!({"status": "staged"})).await;
    assert!(lab.guest(id).merged()["net0"].contains("mtu=9000"));
}

#[tokio::test]
async fn a_guest_is_created_with_its_interfaces_and_all_their_addresses() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"status": "planned"})).await;
    for (name, address) in [("eth0", "192.0.2.10/24"), ("eth1", "198.51.100.7/24")] {
        let interface = lab.add_interface(id, name, json!({})).await;
        lab.netbox.create_ip(json!({
            "address": address, "assigned_object_type": "virtualization.vminterface", "assigned_object_id": interface,
        }));
    }
    let primary = lab.netbox.all("ipam/ip-addresses")[0]["id"].clone();
    lab.update(id, json!({"primary_ip4": primary, "status": "active"})).await;
    let guest = lab.guest(id);
    assert_eq!(guest.get("ipconfig0"), Some("ip=192.0.2.10/24,gw=192.0.2.1"));
    assert_eq!(guest.get("ipconfig1"), Some("ip=198.51.100.7/24"));
    assert!(guest.get("net1").unwrap().contains("bridge=vmbr0"));
    assert_eq!(guest.power, Power::Running);
    lab.must_have_applied();
}

// Row 14.

#[tokio::test]
async fn tags_description_and_start_on_boot_follow_netbox_and_what_is_peoples_stays() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"status": "active", "description": "web server"})).await;
    let vmid = lab.vmid(id).unwrap();
    lab.proxmox.edit(vmid, |guest| {
        let notes = format!("ask Ops\n{}", guest.description().unwrap());
        guest.set("description", notes);
        guest.set("tags", "golden;netbox;hand-made");
    });
    lab.netbox.user("admin").create("extras/tags", json!({"name": "Front End", "slug": "front-end"}));
    let tags = json!([{"name": "Front End"}]);
    lab.update(id, json!({"tags": tags, "description": "shop", "start_on_boot": "on"})).await;
    let guest = lab.guest(id);
    assert_eq!(guest.get("tags"), Some("front-end;golden;hand-made;netbox"));
    assert_eq!(guest.get("onboot"), Some("1"));
    let notes = guest.description().unwrap();
    assert!(notes.starts_with("ask Ops\n") && notes.contains("netbox-description: shop"), "{notes}");
    assert!(Marker::find(notes).is_some(), "{notes}");

    lab.update(id, json!({"tags": [], "description": "", "start_on_boot": "off"})).await;
    let guest = lab.guest(id);
    assert_eq!((guest.get("tags"), guest.get("onboot")), (Some("golden;hand-made;netbox"), Some("0")));
    assert!(!guest.description().unwrap().contains("netbox-description"));
    assert!(lab.journal().is_empty(), "{:?}", lab.journal());
}

// Row 15.

#[tokio::test]
async fn paused_suspends_and_active_resumes() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"status": "active"})).await;
    lab.update(id, json!({"status": "paused"})).await;
    assert_eq!(lab.guest(id).power, Power::Paused);
    lab.update(id, json!({"status": "active"})).await;
    assert_eq!(lab.guest(id).power, Power::Running);
    lab.update(id, json!({"status": "paused"})).await;
    lab.update(id, json!({"status": "offline"})).await;
    assert_eq!(lab.guest(id).power, Power::Stopped);
    assert!(lab.journal().is_empty(), "{:?}", lab.journal());
}
