//! Nodes become devices.

use netbox_proxmox_core::live::discover::{NodeChoices, apply_nodes, plan_nodes};
use netbox_proxmox_tests::CLUSTER;
use serde_json::json;

use super::{between_them, lab, writes};

fn choices() -> NodeChoices {
    let text = |text: &str| Some(text.to_owned());
    NodeChoices {
        role: text("Hypervisor"),
        device_type: text("R640"),
        manufacturer: text("Dell Inc."),
        site: text("fra1"),
    }
}

#[tokio::test]
async fn a_node_becomes_a_device_with_what_it_needs() {
    let lab = lab().await;
    lab.netbox.user("alice").create("dcim/sites", json!({"name": "Frankfurt", "slug": "fra1"}));
    let missing =
        plan_nodes(between_them(&lab), &NodeChoices { manufacturer: None, role: None, ..choices() }).await.unwrap();
    assert!(missing.proposed.is_empty(), "{:?}", missing.proposed);
    assert!(missing.remarks[0].text.contains("give --manufacturer, --role"), "{:?}", missing.remarks);

    let plan = plan_nodes(between_them(&lab), &choices()).await.unwrap();
    let shown: Vec<String> = plan.proposed.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            r#"create manufacturer Dell Inc.: slug "dell-inc""#,
            r#"create device type R640: slug "r640""#,
            r#"create device role Hypervisor: slug "hypervisor""#,
            r#"create device pve01: status "active", cluster "pve-cluster-1""#,
            r#"create device pve02: status "active", cluster "pve-cluster-1""#,
        ]
    );
    let written = apply_nodes(between_them(&lab), plan).await;
    assert_eq!((written.failed, written.refused.len(), written.made["devices"]), (None, 0, 2));
    let devices = lab.netbox.all("dcim/devices");
    assert_eq!((&devices[0]["cluster"]["name"], &devices[0]["site"]["slug"]), (&json!(CLUSTER), &json!("fra1")));

    lab.netbox.forget_requests();
    let again = plan_nodes(between_them(&lab), &choices()).await.unwrap();
    assert!(again.proposed.is_empty(), "{:?}", again.proposed);
    apply_nodes(between_them(&lab), again).await;
    assert_eq!(writes(&lab), Vec::<String>::new());
    lab.settle().await;
}

#[tokio::test]
async fn a_device_of_its_name_elsewhere_is_left_and_one_that_is_planned_is_a_persons() {
    let lab = lab().await;
    let alice = lab.netbox.user("alice");
    alice.create("dcim/devices", json!({"name": "PVE01", "status": "offline"}));
    let cluster = lab.cluster().netbox_cluster.id;
    let planned = alice.create("dcim/devices", json!({"name": "pve02", "cluster": cluster, "status": "planned"}));
    let plan = plan_nodes(between_them(&lab), &choices()).await.unwrap();
    assert!(plan.proposed.is_empty(), "{:?}", plan.proposed);
    let alike = alice.update("dcim/devices", planned["id"].as_u64().unwrap(), json!({"status": "offline"}));
    assert_eq!(alike["status"]["value"], "offline");
    let plan = plan_nodes(between_them(&lab), &choices()).await.unwrap();
    let shown: Vec<String> = plan.proposed.iter().map(ToString::to_string).collect();
    assert_eq!(shown, [r#"change device pve02: status "offline" → "active""#]);
}
