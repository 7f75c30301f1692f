//! Drop-in for the predecessor: a NetBox that was set up for it, with its 17 event rules, drives guests through their life,
//! in whatever form its version sends deliveries. On 4.7 one word of the conditions is mended, as docs/switching.md says.
#![allow(clippy::unwrap_used)]

use netbox_api::testing::{FakeNetBox, Version};
use netbox_proxmox_core::Policy;
use netbox_proxmox_tests::{CLUSTER, Lab, VZTMPL, proxmox};
use proxmox_api::testing::Power;
use serde_json::{Value, json};

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq0fFkZtxYb8l1nq7yJm4Qv3l2nUo0Wc5dQH7yXb3Zp admin@example";

/// The rules, as they were made; `mended`: with the path that the conditions need since NetBox 4.7.
fn rules(mended: bool) -> Vec<Value> {
    let text = include_str!("../fixtures/predecessor-rules.json");
    let (was, is) = ("\"custom_fields.proxmox_vm_type\"", "\"custom_fields.proxmox_vm_type.value\"");
    serde_json::from_str(&if mended { text.replace(was, is) } else { text.to_owned() }).unwrap()
}

async fn lab(version: Version, mended: bool) -> Lab {
    let netbox = FakeNetBox::builder().token("nbt_labkey000000.lab-secret").cluster(CLUSTER).version(version);
    let netbox = netbox.start().await;
    netbox.hold();
    let admin = netbox.user("admin");
    let hook = json!({"name": "netbox-proxmox-flask-application", "payload_url": "http://127.0.0.1:9/", "secret": "s"});
    let hook = admin.create("extras/webhooks", hook)["id"].clone();
    for mut rule in rules(mended) {
        let fields = rule.as_object_mut().unwrap();
        fields.insert("enabled".into(), json!(true));
        fields.insert("action_type".into(), json!("webhook"));
        fields.insert("action_object_type".into(), json!("extras.webhook"));
        fields.insert("action_object_id".into(), hook.clone());
        admin.create("extras/event-rules", rule);
    }
    Lab::between(netbox, proxmox().await, Policy::default())
}

async fn life_of_a_vm(lab: &Lab) {
    let custom = json!({"proxmox_node": "pve01", "proxmox_vm_storage": "local-lvm"});
    let id = lab.create(json!({"vcpus": 2, "memory": 2048, "custom_fields": custom})).await;
    assert_eq!((lab.guest(id).get("cores"), lab.guest(id).get("memory")), (Some("2"), Some("2048")));
    lab.update(id, json!({"memory": 4096, "custom_fields": {"proxmox_public_ssh_key": KEY}})).await;
    assert_eq!(lab.guest(id).get("memory"), Some("4096"));
    lab.netbox.give_address(id, "192.0.2.10/24");
    lab.settle().await;
    assert_eq!(lab.guest(id).get("ipconfig0"), Some("ip=192.0.2.10/24,gw=192.0.2.1"));
    let disk = lab.add_disk(id, "scsi1", 2_000).await;
    lab.update_disk(disk, json!({"size": 3_000})).await;
    assert_eq!(lab.guest(id).disk_mib("scsi1"), Some(3_072));
    lab.delete_disk(disk).await;
    assert_eq!(lab.guest(id).volume("scsi1"), None);
    life_of_both(lab, id).await;
}

async fn life_of_a_container(lab: &Lab) {
    let custom = json!({
        "proxmox_node": "pve01", "proxmox_lxc_templates": VZTMPL, "proxmox_vm_type": "lxc", "proxmox_vm_templates": null,
        "proxmox_vm_storage": "local-lvm", "proxmox_public_ssh_key": KEY,
    });
    let id = lab.create(json!({"name": "ct01", "vcpus": 1, "memory": 512, "custom_fields": custom})).await;
    lab.update(id, json!({"vcpus": 2})).await;
    assert_eq!((lab.guest(id).get("cores"), lab.guest(id).get("memory")), (Some("2"), Some("512")));
    lab.netbox.give_address(id, "192.0.2.20/24");
    lab.settle().await;
    assert!(lab.guest(id).get("net0").unwrap().contains("ip=192.0.2.20/24"));
    let root = lab.netbox.disks(id)[0]["id"].as_u64().unwrap();
    lab.update_disk(root, json!({"size": 8_000})).await;
    assert_eq!(lab.guest(id).disk_mib("rootfs"), Some(8_192));
    life_of_both(lab, id).await;
}

async fn life_of_both(lab: &Lab, id: u64) {
    lab.update(id, json!({"status": "active"})).await;
    assert_eq!(lab.guest(id).power, Power::Running);
    lab.update(id, json!({"custom_fields": {"proxmox_node": "pve02"}})).await;
    assert_eq!((lab.guest(id).node.as_str(), lab.guest(id).power), ("pve02", Power::Running));
    lab.update(id, json!({"status": "offline"})).await;
    assert_eq!(lab.guest(id).power, Power::Stopped);
    assert!(lab.journal().is_empty(), "{:?}", lab.journal());
    lab.delete(id).await;
    assert!(lab.guests().is_empty());
    lab.must_have_applied();
}

#[tokio::test]
async fn its_rules_drive_both_lives_whatever_the_version_of_netbox() {
    for (minor, mended) in [(3, false), (4, false), (5, false), (6, false), (7, true)] {
        let lab = lab(Version::new(4, minor), mended).await;
        life_of_a_vm(&lab).await;
        life_of_a_container(&lab).await;
        let deliveries = lab.netbox.deliveries();
        let (mut bodies, all) =
            (deliveries.iter().map(|it| it.json().to_string()).collect::<Vec<_>>(), deliveries.len());
        bodies.sort();
        bodies.dedup();
        assert!(bodies.len() < all, "4.{minor}: several rules send the same");
    }
}

#[tokio::test]
async fn conditions_that_were_not_mended_are_silent_on_4_7_and_the_comparison_makes_up_for_it() {
    let lab = lab(Version::new(4, 7), false).await;
    let custom = json!({"proxmox_node": "pve01"});
    let id = lab.create(json!({"vcpus": 2, "memory": 2048, "custom_fields": custom})).await;
    assert!(lab.guests().is_empty());
    lab.dispatcher.reconcile(4).await.unwrap();
    lab.dispatcher.idle().await;
    assert_eq!(lab.guest(id).get("memory"), Some("2048"));
}
