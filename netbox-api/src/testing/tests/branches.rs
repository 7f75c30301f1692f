//! What a bridge hears of branches: changes in them, merges, reverts.

use serde_json::{Value, json};

use super::id;
use crate::testing::{BranchMark, Delivery, FakeNetBox};

async fn start() -> FakeNetBox {
    let netbox = FakeNetBox::builder().start().await;
    netbox.hold();
    netbox.webhook("http://127.0.0.1:9/", None);
    netbox
}

fn last(netbox: &FakeNetBox) -> Delivery {
    netbox.deliveries().pop().unwrap()
}

#[tokio::test]
async fn changes_in_a_branch_are_delivered_and_are_not_in_main() {
    let netbox = start().await;
    let vm = id(&netbox.create_vm(json!({"name": "web01", "memory": 1024})));
    let (before, log) = (netbox.vm(vm), netbox.object_changes());
    let request = netbox.branch_delivery("updated", vm, json!({"memory": 2048}));
    let made = last(&netbox);
    assert_eq!((made.what().as_str(), made.request_id.as_str()), ("virtualmachine-updated", request.as_str()));
    let body = made.json();
    assert_eq!((&body["data"]["memory"], &body["snapshots"]["prechange"]["memory"]), (&json!(2048), &json!(1024)));
    assert_eq!(body["request"]["path"], format!("/api/virtualization/virtual-machines/{vm}/"));
    assert_eq!((body.get("context"), body["data"].get("active_branch")), (None, None), "nothing says so");

    netbox.user("bob").branch_delivery("updated", vm, json!({"vcpus": 2}));
    let body = last(&netbox).json();
    assert_eq!(
        (&body["request"]["user"], &body["snapshots"]["prechange"]["memory"]),
        (&json!("bob"), &json!(2048)),
        "on the branch's rows"
    );
    netbox.branch_delivery("deleted", vm, Value::Null);
    assert_eq!(last(&netbox).what(), "virtualmachine-deleted");
    assert_eq!((netbox.vm(vm), netbox.object_changes()), (before, log), "main has none of it");

    netbox.create_vm(json!({"name": "main01"}));
    let entry = netbox.object_changes().pop().unwrap();
    assert_eq!(id(&entry), 5, "but the ids of its entries have gaps");
    assert_eq!(entry["user_name"], "alice");
}

#[tokio::test]
async fn what_is_created_in_a_branch_has_its_id_for_good_and_is_merged_with_it() {
    let netbox = start().await;
    let request = netbox.branch_delivery(
        "created",
        7,
        json!({"name": "new01", "status": "staged", "vcpus": 2,
        "custom_fields": {"proxmox_vm_type": "vm"}}),
    );
    let inside = last(&netbox).json();
    assert_eq!((&inside["data"]["id"], netbox.vm(7)), (&json!(7), None));
    let disk =
        netbox.user("alice").in_branch().create_disk(json!({"virtual_machine": 7, "name": "scsi0", "size": 1000}));
    assert_eq!(last(&netbox).what(), "virtualdisk-created");
    assert_eq!(netbox.create_vm(json!({"name": "main01"}))["id"], 8, "one sequence");

    let merged = netbox.user("alice").in_request(&request).create_again(inside["data"].clone());
    let body = last(&netbox).json();
    assert_eq!((&merged["id"], &body["request"]["id"]), (&json!(7), &json!(request)));
    assert_eq!(body["event"], "created");
    // As in the recording of a merge (netbox-branching 1.2.2).
    let told = &body["request"];
    assert_eq!(
        (&told["path"], &told["path_info"], &told["method"], &told["user"]),
        (&json!("/"), &json!("/"), &json!("GET"), &json!("alice"))
    );
    assert_eq!(body["context"], json!({"active_branch": null}));
    assert_eq!(body["data"]["last_updated"], Value::Null);
    let created = inside["data"]["created"].as_str().unwrap();
    assert_eq!(body["data"]["created"], format!("{}000Z", &created[..23]));
    assert_eq!(body["snapshots"]["postchange"]["created"], inside["snapshots"]["postchange"]["created"]);
    assert_eq!(body["snapshots"]["postchange"]["vcpus"], "2.00");
    assert_eq!(body["snapshots"]["postchange"]["custom_fields"], json!({"proxmox_vm_type": "vm"}));
    assert!(body["timestamp"].as_str() > inside["timestamp"].as_str(), "of now");

    let changed =
        netbox.user("bob").in_request("a2d4c8a3-0000-4000-8000-000000000000").update_vm(7, json!({"memory": 1}));
    assert_ne!(changed["last_updated"], Value::Null);
    let entry = netbox.object_changes().pop().unwrap();
    assert_eq!(
        (&entry["request_id"], &entry["user_name"]),
        (&json!("a2d4c8a3-0000-4000-8000-000000000000"), &json!("bob"))
    );
    assert_eq!(last(&netbox).json()["request"]["path"], "/");
    assert_eq!(
        netbox.user("alice").in_request("x").create_disk(json!({"virtual_machine": 7, "name": "scsi1", "size": 1}))["id"],
        id(&disk) + 1
    );
}

#[tokio::test]
async fn one_request_id_creates_and_deletes_again_and_again() {
    let netbox = start().await;
    let record = netbox.create_vm(json!({"name": "web01", "memory": 1024}));
    let request = last(&netbox).request_id;
    for _ in 0..2 {
        netbox.user("alice").in_request(&request).delete_vm(id(&record));
        netbox.user("alice").in_request(&request).create_again(record.clone());
    }
    let made = netbox.deliveries();
    let what: Vec<_> = made.iter().map(|delivery| delivery.event.as_str()).collect();
    assert_eq!(what, ["created", "deleted", "created", "deleted", "created"]);
    assert!(made.iter().all(|delivery| delivery.request_id == request));
    let mut times: Vec<_> = made.iter().map(|delivery| delivery.json()["timestamp"].to_string()).collect();
    times.dedup();
    assert!(times.len() == 5 && times.is_sorted(), "{times:?}");
    assert_eq!(netbox.object_changes().len(), 5);
    let mut without = record.clone();
    without.as_object_mut().unwrap().remove("created");
    netbox.delete_vm(id(&record));
    let anew = netbox.user("alice").in_request(&request).create_again(without);
    assert!(anew["created"].as_str().unwrap() > record["created"].as_str().unwrap());
}

#[tokio::test]
async fn a_reverted_deletion_brings_back_what_went() {
    let netbox = start().await;
    let vm =
        id(&netbox.create_vm(json!({"name": "web01", "custom_fields": {"proxmox_vmid": "101", "proxmox_node": null}})));
    netbox.create_disk(json!({"virtual_machine": vm, "name": "scsi0", "size": 1000}));
    netbox.create_interface(json!({"virtual_machine": vm, "name": "eth0", "mac_address": "BC:24:11:00:00:01"}));
    netbox.give_address(vm, "192.0.2.10/24");
    let other = id(&netbox.create_vm(json!({"name": "other"})));
    let before = netbox.vm(vm).unwrap();
    let bob = netbox.user("bob");
    bob.request("DELETE", "virtualization/virtual-machines", json!([{"id": vm}, {"id": other}]));
    let deleted = last(&netbox);
    let made = netbox.deliveries().len();

    let request = netbox.revert_deletion(vm);
    assert_eq!(request, deleted.request_id);
    let back = netbox.deliveries().split_off(made);
    let what: Vec<_> = back.iter().map(|delivery| delivery.what()).collect();
    assert_eq!(
        what,
        [
            "virtualmachine-created",
            "vminterface-created",
            "virtualdisk-created",
            "macaddress-created",
            "ipaddress-created"
        ]
    );
    assert!(back.iter().all(|delivery| delivery.request_id == request && delivery.json()["request"]["user"] == "bob"));
    assert_eq!(netbox.vm(other), None, "only that one");

    let after = netbox.vm(vm).unwrap();
    let created = before["created"].as_str().unwrap();
    assert_eq!(after["created"], format!("{}000Z", &created[..23]), "the same, as far as a snapshot has it");
    for field in
        ["name", "disk", "custom_fields", "cluster", "site", "primary_ip4", "interface_count", "virtual_disk_count"]
    {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(netbox.interfaces(vm)[0]["mac_address"], "BC:24:11:00:00:01");
    assert_eq!(netbox.all("ipam/ip-addresses")[0]["assigned_object"]["virtual_machine"]["name"], "web01");
    let entries: Vec<_> =
        netbox.object_changes().iter().rev().take(5).map(|entry| entry["action"]["value"].clone()).collect();
    assert_eq!(entries, ["create"; 5]);

    netbox.user("alice").in_request(&request).delete_vm(vm);
    netbox.revert_deletion(vm);
    assert_eq!(netbox.disks(vm).len(), 1, "once, though that request id deleted it twice");
    assert_ne!(netbox.create_vm(json!({"name": "next"}))["id"], vm);
}

#[tokio::test]
async fn branches_are_marked_where_somebody_configured_it() {
    let netbox = start().await;
    let vm = id(&netbox.create_vm(json!({"name": "web01"})));
    netbox.mark_branches(BranchMark::Data);
    netbox.branch_delivery("updated", vm, json!({"comments": "x"}));
    let body = last(&netbox).json();
    let branch = body["data"]["active_branch"].clone();
    let keys: Vec<_> = branch.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((&keys[..], body.get("context")), (&["id", "name", "schema_id"][..], None));
    netbox.update_vm(vm, json!({"comments": "main"}));
    let body = last(&netbox).json();
    assert_eq!(
        (body["data"].get("active_branch"), body.get("context")),
        (Some(&Value::Null), None),
        "in main it is null"
    );
    netbox.user("alice").in_request("x").update_vm(vm, json!({"comments": "merged"}));
    assert_eq!(last(&netbox).json()["context"], json!({"active_branch": null}));

    netbox.mark_branches(BranchMark::Context);
    netbox.branch_delivery("updated", vm, json!({"comments": "y"}));
    let body = last(&netbox).json();
    assert_eq!((&body["context"]["active_branch"], body["data"].get("active_branch")), (&branch, None));
    let told = &body["request"];
    assert_eq!(
        (&told["path"], &told["method"]),
        (&json!(format!("/virtualization/virtual-machines/{vm}/edit/")), &json!("POST"))
    );
    netbox.update_vm(vm, json!({"comments": "main again"}));
    assert_eq!(last(&netbox).json().get("context"), None);
}

#[tokio::test]
async fn a_branch_sees_main_as_it_was_until_it_is_forgotten() {
    let netbox = start().await;
    let vm = id(&netbox.create_vm(json!({"name": "web01", "memory": 1})));
    netbox.branch_delivery("updated", vm, json!({"vcpus": 1}));
    netbox.update_vm(vm, json!({"memory": 2}));
    netbox.branch_delivery("updated", vm, json!({"vcpus": 2}));
    assert_eq!(last(&netbox).json()["data"]["memory"], 1);
    netbox.forget_branch();
    netbox.branch_delivery("updated", vm, json!({"vcpus": 3}));
    let body = last(&netbox).json();
    assert_eq!((&body["data"]["memory"], &body["snapshots"]["prechange"]["vcpus"]), (&json!(2), &Value::Null));
}
