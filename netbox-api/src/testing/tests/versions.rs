//! Older releases, by their release notes.

use serde_json::{Value, json};

use super::http::ask;
use crate::testing::{FakeNetBox, Version};

async fn body_of(version: Version) -> Value {
    let netbox = FakeNetBox::builder().version(version).start().await;
    netbox.hold();
    netbox.webhook("http://127.0.0.1:9/", None);
    netbox.create_vm(json!({"name": "a", "custom_fields": {"proxmox_vm_type": "vm"}}));
    netbox.deliveries()[0].json()
}

#[tokio::test]
async fn deliveries_changed_with_the_releases() {
    for (minor, keys) in [
        (3, &["data", "event", "model", "request_id", "snapshots", "timestamp", "username"][..]),
        (4, &["data", "event", "model", "object_type", "request_id", "snapshots", "timestamp", "username"]),
        (5, &["data", "event", "object_type", "request_id", "snapshots", "timestamp", "username"]),
        (6, &["data", "event", "object_type", "request", "request_id", "snapshots", "timestamp", "username"]),
        (7, &["data", "event", "object_type", "request", "snapshots", "timestamp"]),
    ] {
        let body = body_of(Version::new(4, minor)).await;
        let mut found: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
        found.sort_unstable();
        assert_eq!(found, keys, "4.{minor}");
        let kind = &body["data"]["custom_fields"]["proxmox_vm_type"];
        assert_eq!(kind.is_string(), minor < 7, "4.{minor}");
        assert_eq!(body["data"].get("start_on_boot").is_some(), minor >= 5, "4.{minor}");
        let after = &body["snapshots"]["postchange"];
        assert_eq!(after.get("virtual_machine_type").is_some(), minor >= 6, "4.{minor}");
        // Recorded of 4.2.9, 4.3.7, 4.4.10, 4.5.10, 4.6.8.
        assert_eq!(after.get("last_updated").is_some(), minor < 5, "4.{minor}");
        assert_eq!(body["data"].get("config_context").is_some(), minor >= 7, "4.{minor}");
        if let Some(request) = body["request"].as_object() {
            let more = ["GET", "path_info"].map(|name| request.contains_key(name));
            assert_eq!(more, [minor >= 7; 2], "4.{minor}");
        }
    }
}

#[tokio::test]
async fn before_4_6_there_are_no_etags_and_no_cursor() {
    let netbox = FakeNetBox::builder().version(Version::new(4, 5)).page_size(1, 1).start().await;
    netbox.create_vm(json!({"name": "a"}));
    netbox.create_vm(json!({"name": "b"}));
    let one = ask(&netbox, "GET", "/api/virtualization/virtual-machines/1/", Value::Null).await;
    assert_eq!((one.header("ETag"), one.header("API-Version")), (None, Some("4.5")));
    let page = ask(&netbox, "GET", "/api/virtualization/virtual-machines/?start=0", Value::Null).await.json();
    assert_eq!(
        (&page["count"], page["next"].as_str().is_some_and(|next| next.contains("offset=1"))),
        (&json!(2), true)
    );
    assert_eq!(ask(&netbox, "GET", "/api/status/", Value::Null).await.json()["netbox-version"], "4.5.3");
}

/// Recorded of 4.2.9, 4.4.10, 4.5.10, 4.6.8.
#[tokio::test]
async fn rest_changed_with_the_releases() {
    for minor in [2, 4, 5, 6, 7] {
        let netbox = FakeNetBox::builder().version(Version::new(4, minor)).start().await;
        netbox.create_vm(json!({"name": "a"}));
        netbox.give_address(1, "192.0.2.1/24");
        let vm = netbox.vm(1).unwrap();
        assert!(vm.get("config_context").is_some(), "4.{minor}");
        let more = ["dns_name", "nat_inside", "nat_outside"].map(|name| vm["primary_ip4"].get(name).is_some());
        assert_eq!(more, [minor >= 6; 3], "4.{minor}");
        let entry = netbox.object_changes().pop().unwrap();
        assert_eq!(entry.get("object_repr").is_some(), minor >= 5, "4.{minor}");
        assert_eq!(entry.get("message").is_some(), minor >= 4, "4.{minor}");
        assert_eq!(entry["postchange_data"].get("last_updated"), None, "4.{minor}");
    }
}
