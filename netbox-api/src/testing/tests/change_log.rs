//! The change log as REST shows it, and how a moment is written where.

use std::path::Path;

use serde_json::{Value, json};

use super::http::ask;
use super::id;
use crate::testing::FakeNetBox;

const LOG: &str = "core/object-changes";

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn ids(netbox: &FakeNetBox, query: &str) -> Vec<u64> {
    let found = netbox.user("alice").request("GET", &format!("{LOG}?{query}"), Value::Null);
    assert_eq!(found.status, 200, "{query}: {}", found.body);
    found.body["results"].as_array().unwrap().iter().map(id).collect()
}

#[tokio::test]
async fn an_entry_has_the_fields_that_were_recorded() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/netbox-rest");
    let recorded = std::fs::read_to_string(fixtures.join("object-change.json")).unwrap();
    let recorded: Value = serde_json::from_str(&recorded).unwrap();
    let netbox = FakeNetBox::builder().start().await;
    let vm = id(&netbox.create_vm(json!({"name": "p01"})));
    netbox.user("alice").update_vm(vm, json!({"description": "for the log", "changelog_message": "why"}));
    let entry = netbox.object_changes().pop().unwrap();
    assert_eq!(keys(&entry), keys(&recorded));
    for side in ["prechange_data", "postchange_data"] {
        assert_eq!(keys(&entry[side]), keys(&recorded[side]), "{side}");
    }
    assert_eq!(keys(&entry["user"]), keys(&recorded["user"]));
    assert_eq!(keys(&entry["changed_object"]), keys(&recorded["changed_object"]));
}

#[tokio::test]
async fn a_moment_has_microseconds_in_rest_and_milliseconds_in_snapshots() {
    let netbox = FakeNetBox::builder().start().await;
    netbox.hold();
    netbox.webhook("http://127.0.0.1:9/", None);
    let vm = netbox.create_vm(json!({"name": "web01"}));
    let body = netbox.deliveries()[0].json();
    let created = vm["created"].as_str().unwrap();
    assert_eq!((created.len(), &created[26..]), ("2026-01-05T08:00:00.000123Z".len(), "Z"));
    assert_eq!(body["data"]["created"], created);
    let after = &body["snapshots"]["postchange"];
    assert_eq!(after["created"], format!("{}Z", &created[..23]));
    assert_eq!(after.get("last_updated"), None);
    let entry = netbox.object_changes().pop().unwrap();
    assert_eq!(entry["prechange_data"], json!({}), "before a creation it is empty, not null");
    for field in ["created", "last_updated"] {
        assert_eq!(entry["postchange_data"].get(field), None);
    }
    netbox.delete_vm(id(&vm));
    let entry = netbox.object_changes().pop().unwrap();
    assert_eq!((&entry["postchange_data"], entry["prechange_data"].get("created")), (&json!({}), None));
}

#[tokio::test]
async fn entries_are_found_by_what_they_are_about() {
    let netbox = FakeNetBox::builder().start().await;
    for name in ["a", "b"] {
        netbox.create_vm(json!({"name": name}));
    }
    netbox.create_disk(json!({"virtual_machine": 1, "name": "scsi0", "size": 1}));
    netbox.update_vm(2, json!({"memory": 1}));
    netbox.user("bob").delete_vm(2);
    let third = netbox.object_changes()[2].clone();
    let time = third["time"].as_str().unwrap();
    for (query, found) in [
        (String::new(), &[5, 4, 3, 2, 1][..]),
        ("ordering=id".into(), &[1, 2, 3, 4, 5]),
        ("ordering=-id".into(), &[5, 4, 3, 2, 1]),
        ("limit=1&ordering=-id".into(), &[5]),
        ("ordering=-id&id__gte=4".into(), &[5, 4]),
        ("id__gt=4".into(), &[5]),
        ("id__lte=2&ordering=id".into(), &[1, 2]),
        ("changed_object_type=virtualization.virtualdisk".into(), &[3]),
        ("changed_object_type=virtualization.virtualmachine&changed_object_id=2&ordering=id".into(), &[2, 4, 5]),
        ("changed_object_id=1&changed_object_id=2&action=update".into(), &[4]),
        ("action=delete".into(), &[5]),
        ("action=delete&action=update&ordering=id".into(), &[4, 5]),
        ("user_name=bob".into(), &[5]),
        (format!("time_after={time}&ordering=id"), &[3, 4, 5]),
        (format!("time_before={time}&ordering=id"), &[1, 2, 3]),
        // There is a range of `time`, and no lookup on it (believed): ignored, as all that is unknown.
        (format!("time__gte={time}&ordering=id"), &[1, 2, 3, 4, 5]),
        (format!("request_id={}", third["request_id"].as_str().unwrap()), &[3]),
        ("start=0&limit=2".into(), &[1, 2]),
        ("start=3&limit=2".into(), &[3, 4]),
    ] {
        assert_eq!(ids(&netbox, &query), found, "{query}");
    }
    let one = ask(&netbox, "GET", "/api/core/object-changes/3/", Value::Null).await;
    assert_eq!((one.status, one.json()), (200, third));
    assert_eq!(ask(&netbox, "GET", "/api/core/object-changes/9/", Value::Null).await.status, 404);
}

/// Recorded of 4.7.3: exact, loose and disabled, on the text field that holds a VMID.
#[tokio::test]
async fn the_logic_of_a_custom_fields_filter_decides() {
    let netbox = FakeNetBox::builder().start().await;
    for vmid in ["100", "1005", "2100", "7"] {
        netbox.create_vm(
            json!({"name": vmid, "custom_fields": {"proxmox_vmid": vmid, "proxmox_node": format!("pve{vmid}")}}),
        );
    }
    netbox.create_vm(json!({"name": "none"}));
    let alice = netbox.user("alice");
    let names = |query: &str| {
        let found = alice.request("GET", &format!("virtualization/virtual-machines?ordering=id&{query}"), Value::Null);
        let found = found.body["results"].as_array().unwrap().clone();
        found.iter().map(|vm| vm["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let vmid = netbox.all("extras/custom-fields").iter().find(|field| field["name"] == "proxmox_vmid").map(id).unwrap();
    let everything = ["100", "1005", "2100", "7", "none"];
    for (logic, found, empty) in [
        ("exact", &["100"][..], &["none"][..]),
        ("loose", &["100", "1005", "2100"], &["none"]),
        ("disabled", &everything, &everything),
    ] {
        alice.update("extras/custom-fields", vmid, json!({"filter_logic": logic}));
        assert_eq!(names("cf_proxmox_vmid=100"), found, "{logic}");
        assert_eq!(names("cf_proxmox_vmid__empty=true"), empty, "{logic}");
    }
    alice.update("extras/custom-fields", vmid, json!({"filter_logic": "exact"}));
    assert_eq!(names("cf_proxmox_vmid__ic=100"), ["100", "1005", "2100"]);
    assert_eq!(names("cf_proxmox_vmid=100&cf_proxmox_vmid=7"), ["100", "7"]);
    let node = netbox.all("extras/custom-fields").iter().find(|field| field["name"] == "proxmox_node").map(id).unwrap();
    alice.update("extras/custom-fields", node, json!({"filter_logic": "loose"}));
    assert_eq!(names("cf_proxmox_node=pve100"), ["100"], "a selection is never loose (believed)");
}
