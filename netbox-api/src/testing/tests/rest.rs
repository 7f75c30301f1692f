//! What may be written, what follows from it, what can be found again.

use serde_json::{Value, json};

use super::id;
use crate::testing::{Answer, FakeNetBox};

const VM: &str = "virtualization/virtual-machines";

async fn start() -> FakeNetBox {
    FakeNetBox::builder()
        .cluster("pve-cluster-1")
        .cluster("pve-cluster-2")
        .tag("managed")
        .choices("proxmox_node", ["pve01", "pve02"])
        .start()
        .await
}

fn refused(answer: &Answer, status: u16, body: &Value) {
    assert_eq!((answer.status, &answer.body), (status, body));
}

#[tokio::test]
async fn writes_are_refused_with_netboxs_words() {
    let netbox = start().await;
    let vm = id(&netbox.create_vm(json!({"name": "p01"})));
    let patch = |fields: Value| netbox.user("alice").request("PATCH", &format!("{VM}/{vm}"), fields);
    for (fields, errors) in [
        (json!({"vcpus": 0.125}), json!({"vcpus": ["Ensure that there are no more than 2 decimal places."]})),
        (json!({"memory": 1024.5}), json!({"memory": ["A valid integer is required."]})),
        (
            json!({"memory": 2_147_483_648_u64}),
            json!({"memory": ["Ensure this value is less than or equal to 2147483647."]}),
        ),
        (
            json!({"status": {"value": "active", "label": "Active"}}),
            json!({"status": ["Value must be passed directly (e.g. \"foo\": 123); do not use a dictionary or list."]}),
        ),
        (json!({"status": "bogus"}), json!({"status": ["bogus is not a valid choice."]})),
        (
            json!({"cluster": {"name": "nope"}}),
            json!({"cluster": ["Related object not found using the provided attributes: {'name': 'nope'}"]}),
        ),
        (
            json!({"cluster": 99999}),
            json!({"cluster": ["Related object not found using the provided numeric ID: 99999"]}),
        ),
        (json!({"name": ""}), json!({"name": ["This field may not be blank."]})),
        (
            json!({"custom_fields": {"no_such_cf": 1}}),
            json!({"custom_fields": {"no_such_cf": "Custom field 'no_such_cf' does not exist for this object type."}}),
        ),
        (
            json!({"custom_fields": {"proxmox_vmid": 101}}),
            json!({"__all__": ["Invalid value for custom field 'proxmox_vmid': Value must be a string."]}),
        ),
        (
            json!({"custom_fields": {"proxmox_node": {"value": "pve02", "label": "pve02"}}}),
            json!({"__all__": ["Invalid value for custom field 'proxmox_node': Invalid choice ({'value': 'pve02', 'label': 'pve02'}) for choice set proxmox-cluster-nodes."]}),
        ),
        (json!({"custom_fields": null}), json!({"custom_fields": ["This field may not be null."]})),
        (
            json!({"tags": [], "add_tags": [1]}),
            json!({"tags": ["Cannot specify \"tags\" together with \"add_tags\" or \"remove_tags\"."]}),
        ),
    ] {
        refused(&patch(fields), 400, &errors);
    }
    assert_eq!(patch(json!({"no_such_field": 1, "vcpus": "2.50"})).body["vcpus"], 2.5);
    let post = |fields: Value| netbox.user("alice").request("POST", VM, fields);
    refused(
        &post(json!({"name": "P01", "cluster": 1})),
        400,
        &json!({"__all__": ["Virtual machine name must be unique per cluster and tenant."]}),
    );
    assert_eq!(post(json!({"name": "p01", "cluster": 2})).status, 201);
    refused(
        &post(json!({"name": "x"})),
        400,
        &json!({"__all__": ["A virtual machine must be assigned to a site, cluster, or device."]}),
    );
    refused(&post(json!({"cluster": 1})), 400, &json!({"name": ["This field is required."]}));
}

#[tokio::test]
async fn custom_fields_merge_and_read_as_objects() {
    let netbox = start().await;
    let vm = id(&netbox
        .create_vm(json!({"name": "web01", "custom_fields": {"proxmox_vm_type": "vm", "proxmox_node": "pve01"}})));
    let after =
        netbox.update_vm(vm, json!({"custom_fields": {"proxmox_vmid": "101", "proxmox_vm_storage": "anything goes"}}));
    let fields = &after["custom_fields"];
    assert_eq!(fields["proxmox_vm_type"], json!({"value": "vm", "label": "Virtual Machine"}));
    assert_eq!(fields["proxmox_vmid"], "101");
    assert_eq!(
        fields["proxmox_vm_storage"],
        json!({"value": "anything goes", "label": "anything goes"}),
        "an open set"
    );
    assert_eq!(
        netbox.update_vm(vm, json!({"custom_fields": {"proxmox_node": null}}))["custom_fields"]["proxmox_node"],
        Value::Null
    );
}

#[tokio::test]
async fn the_disk_of_a_machine_follows_its_disks_silently() {
    let netbox = start().await;
    let vm = id(&netbox.create_vm(json!({"name": "web01", "disk": 20000})));
    let other = id(&netbox.create_vm(json!({"name": "web02"})));
    let before = netbox.vm(vm).unwrap();
    let disk = id(&netbox.create_disk(json!({"virtual_machine": vm, "name": "scsi0", "size": 1000})));
    netbox.create_disk(json!({"virtual_machine": vm, "name": "scsi1", "size": 3000}));
    let after = netbox.vm(vm).unwrap();
    assert_eq!((&after["disk"], &after["virtual_disk_count"]), (&json!(4000), &json!(2)));
    assert_eq!(after["last_updated"], before["last_updated"]);

    netbox.update_disk(disk, json!({"virtual_machine": {"name": "web02"}}));
    assert_eq!(netbox.vm(other).unwrap()["disk"], 1000);
    let text = "The specified disk size (4000) must match the aggregate size of assigned virtual disks (3000).";
    let patch = |fields: Value| netbox.user("alice").request("PATCH", &format!("{VM}/{vm}"), fields);
    refused(&patch(json!({"description": "x"})), 400, &json!({"disk": [text]}));
    assert_eq!(patch(json!({"disk": null})).body["disk"], Value::Null);
    assert_eq!(patch(json!({})).body["disk"], 3000);

    netbox.delete_disk(id(&netbox.disks(vm)[0]));
    assert_eq!(netbox.vm(vm).unwrap()["disk"], Value::Null);
    let big = |name: &str| json!({"virtual_machine": vm, "name": name, "size": 2_147_483_647});
    netbox.create_disk(big("scsi0"));
    let sum = netbox.user("alice").request("POST", "virtualization/virtual-disks", big("scsi1"));
    assert_eq!((sum.status, &sum.body["exception"]), (500, &json!("DataError")));
    assert_eq!(netbox.disks(vm).len(), 1, "nothing was done");
}

#[tokio::test]
async fn primary_addresses_belong_to_the_machine() {
    let netbox = start().await;
    let vm = id(&netbox.create_vm(json!({"name": "web01"})));
    let ip = id(&netbox.give_address(vm, "192.0.2.10/24"));
    let six = netbox.create_ip(json!({"address": "2001:db8::10/64"}));
    assert_eq!(netbox.vm(vm).unwrap()["primary_ip4"]["address"], "192.0.2.10/24");
    let alice = netbox.user("alice");
    let patch = |fields: Value| alice.request("PATCH", &format!("{VM}/{vm}"), fields);
    refused(
        &patch(json!({"primary_ip4": six["id"]})),
        400,
        &json!({"primary_ip4": ["Must be an IPv4 address. (2001:db8::10/64 is an IPv6 address.)"]}),
    );
    assert_eq!(patch(json!({"primary_ip6": six["id"]})).status, 400);
    assert_eq!(
        alice
            .request(
                "PATCH",
                &format!("ipam/ip-addresses/{ip}"),
                json!({"assigned_object_type": null, "assigned_object_id": null})
            )
            .status,
        400
    );
    let twice = alice.request("POST", "ipam/ip-addresses", json!({"address": "192.0.2.10/25"}));
    refused(&twice, 400, &json!({"address": ["Duplicate IP address found in global table: 192.0.2.10/24"]}));
    netbox.delete_ip(ip);
    assert_eq!(netbox.vm(vm).unwrap()["primary_ip4"], Value::Null);
}

#[tokio::test]
async fn filters_that_do_not_exist_return_everything() {
    let netbox = start().await;
    let alice = netbox.user("alice");
    netbox.create_vm(
        json!({"name": "web01", "tags": [1], "custom_fields": {"proxmox_vmid": "101", "proxmox_node": "pve01"}}),
    );
    let second = netbox.create_vm(
        json!({"name": "web02", "cluster": 2, "status": "staged", "custom_fields": {"proxmox_vmid": "102"}}),
    );
    netbox.give_address(id(&second), "192.0.2.7/24");
    let count = |path: &str| alice.request("GET", path, Value::Null).body["count"].as_u64();
    for (query, expected) in [
        ("name=web01", 1),
        ("name__ic=WEB", 2),
        ("name__isw=web", 2),
        ("name__nolookup=x", 2),
        ("nosuch=1", 2),
        ("cf_nosuch=1", 2),
        ("cluster_id=2", 1),
        ("cluster_id=1&cluster_id=2", 2),
        ("cluster=pve-cluster-1", 1),
        ("status=staged", 1),
        ("status__n=staged", 1),
        ("tag=managed", 1),
        ("tag__n=managed", 1),
        ("cf_proxmox_vmid=101", 1),
        ("cf_proxmox_vmid=101&cf_proxmox_vmid=102", 2),
        ("cf_proxmox_node=pve01", 1),
        ("cf_proxmox_node=bogus", 0),
        ("cf_proxmox_node__empty=true", 1),
        ("id=1&id=2", 2),
        ("id__gte=2", 1),
        ("last_updated__gte=2026-01-01T00:00:00Z", 2),
        ("last_updated__gte=2099-01-01T00:00:00Z", 0),
        ("has_primary_ip=true", 1),
        ("q=web01", 1),
    ] {
        assert_eq!(count(&format!("{VM}?{query}")), Some(expected), "{query}");
    }
    for (query, text) in [
        ("cluster_id=99999", "Select a valid choice. 99999 is not one of the available choices."),
        ("cluster_id=abc", "\u{201c}abc\u{201d} is not a valid value."),
        ("status=bogus", "Select a valid choice. bogus is not one of the available choices."),
        ("tag=nope", "Select a valid choice. nope is not one of the available choices."),
        ("last_updated__gte=2026-01-01T00:00:00+00:00", "Enter a valid date/time."),
    ] {
        let answer = alice.request("GET", &format!("{VM}?{query}"), Value::Null);
        refused(&answer, 400, &json!({query.split('=').next().unwrap(): [text]}));
    }
    assert_eq!(count("ipam/ip-addresses?virtual_machine_id=2"), Some(1));
    assert_eq!(count("ipam/ip-addresses?virtual_machine_id=1"), Some(0));
    assert_eq!(count("ipam/ip-addresses?parent=192.0.2.0/28"), Some(1));
    assert_eq!(count("virtualization/interfaces?virtual_machine_id=2"), Some(1));
    netbox.shell().create("ipam/prefixes", json!({"prefix": "192.0.2.0/24"}));
    assert_eq!(count("ipam/prefixes?contains=192.0.2.7"), Some(1));
    assert_eq!(count("ipam/prefixes?contains=198.51.100.7"), Some(0));

    alice.update("extras/custom-fields", 3, json!({"filter_logic": "disabled"}));
    assert_eq!(count(&format!("{VM}?cf_proxmox_vmid=101")), Some(2));
}

#[tokio::test]
async fn the_change_log_keeps_what_was_deleted() {
    let netbox = start().await;
    let vm = id(&netbox.create_vm(json!({"name": "web01", "custom_fields": {"proxmox_vmid": "101"}})));
    netbox.create_disk(json!({"virtual_machine": vm, "name": "scsi0", "size": 1000}));
    let alice = netbox.user("alice");
    let patched = alice.request("PATCH", &format!("{VM}/{vm}"), json!({"memory": 1024, "changelog_message": "why"}));
    alice.request("PATCH", &format!("{VM}/{vm}"), json!({"memory": 1024}));
    let gone = alice.request("DELETE", &format!("{VM}/{vm}"), Value::Null);

    let rows = netbox.object_changes();
    let short: Vec<String> = rows
        .iter()
        .map(|row| {
            format!("{} {}", row["action"]["value"].as_str().unwrap(), row["changed_object_type"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        short,
        [
            "create virtualization.virtualmachine",
            "create virtualization.virtualdisk",
            "update virtualization.virtualmachine",
            "delete virtualization.virtualdisk",
            "delete virtualization.virtualmachine",
        ],
        "a save that changes nothing leaves no row"
    );
    let update = &rows[2];
    assert_eq!((&update["message"], &update["user_name"]), (&json!("why"), &json!("alice")));
    assert_eq!(update["request_id"].as_str(), patched.header("X-Request-ID"));
    assert_eq!(
        (&update["prechange_data"]["memory"], &update["postchange_data"]["memory"]),
        (&Value::Null, &json!(1024))
    );
    assert_eq!(update["changed_object"], Value::Null, "it is gone by now");
    let keys: Vec<&String> = update.as_object().unwrap().keys().collect();
    let mut known = [
        "id",
        "url",
        "display_url",
        "display",
        "time",
        "user",
        "user_name",
        "request_id",
        "action",
        "changed_object_type",
        "changed_object_id",
        "changed_object",
        "object_repr",
        "message",
        "prechange_data",
        "postchange_data",
    ];
    known.sort_unstable();
    assert_eq!(keys, known);

    let query = format!(
        "core/object-changes?action=delete&changed_object_type=virtualization.virtualmachine&request_id={}&id__gt=4",
        gone.header("X-Request-ID").unwrap()
    );
    let found = alice.request("GET", &query, Value::Null).body;
    assert_eq!(found["count"], 1);
    assert_eq!(found["results"][0]["prechange_data"]["custom_fields"]["proxmox_vmid"], "101");
    assert_eq!(found["results"][0]["postchange_data"], json!({}));
    assert_eq!(alice.request("GET", "core/object-changes?action=nope", Value::Null).status, 400);
}

#[tokio::test]
async fn journal_entries_need_their_object_and_go_with_it() {
    let netbox = start().await;
    let vm = id(&netbox.create_vm(json!({"name": "web01"})));
    let before = netbox.vm(vm).unwrap();
    let entry = |on: u64| json!({"assigned_object_type": "virtualization.virtualmachine", "assigned_object_id": on, "kind": "warning", "comments": "x"});
    let alice = netbox.user("alice");
    let made = alice.create("extras/journal-entries", entry(vm));
    assert_eq!((&made["kind"]["label"], &made["assigned_object"]["name"]), (&json!("Warning"), &json!("web01")));
    assert_eq!(netbox.vm(vm).unwrap(), before);
    let query =
        format!("extras/journal-entries?assigned_object_type=virtualization.virtualmachine&assigned_object_id={vm}");
    assert_eq!(alice.request("GET", &query, Value::Null).body["count"], 1);
    netbox.delete_vm(vm);
    assert_eq!(netbox.journal(), Vec::<Value>::new());
    let late = alice.request("POST", "extras/journal-entries", entry(vm));
    assert_eq!(late.status, 400);
    assert!(late.body.to_string().contains("Invalid assigned_object"));
}

#[tokio::test]
async fn bulk_writes_are_all_or_none() {
    let netbox = start().await;
    let alice = netbox.user("alice");
    alice.create(VM, json!([{"name": "a", "cluster": 1}, {"name": "b", "cluster": 1}]));
    let bad =
        alice.request("POST", VM, json!([{"name": "c", "cluster": 1}, {"name": "A", "cluster": 1}, {"cluster": 1}]));
    refused(
        &bad,
        400,
        &json!({"detail": "2 of 3 objects could not be created.", "errors": [
        {"index": 1, "errors": {"__all__": ["Virtual machine name must be unique per cluster and tenant."]}},
        {"index": 2, "errors": {"name": ["This field is required."]}}]}),
    );
    let bad = alice.request("PATCH", VM, json!([{"id": 1, "memory": 3}, {"id": 2, "memory": -3}]));
    refused(
        &bad,
        400,
        &json!({"detail": "1 of 2 objects could not be updated.", "errors": [
        {"id": 2, "errors": {"memory": ["Ensure this value is greater than or equal to 0."]}}]}),
    );
    assert_eq!(netbox.vm(1).unwrap()["memory"], Value::Null);
    assert_eq!(
        alice.request("PATCH", VM, json!({"id": 1})).body["detail"],
        "Expected a list of objects, but got dict."
    );
    let unknown = alice.request("DELETE", VM, json!([{"id": 1}, {"id": 99}]));
    assert_eq!((unknown.status, &unknown.body["detail"]), (400, &json!("1 of 2 objects could not be found.")));
    let cluster = alice.request("DELETE", "virtualization/clusters/1", Value::Null);
    assert_eq!(
        (cluster.status, &cluster.body["detail"]),
        (409, &json!("Unable to delete object. 2 dependent objects were found: a (1), b (2)"))
    );
    assert_eq!(alice.request("DELETE", VM, json!([{"id": 1}, {"id": 2}])).status, 204);
    assert_eq!(
        alice.request("POST", VM, json!({"name": "d", "cluster": 1})).body["id"],
        4,
        "ids of what was undone are used up"
    );
}

#[tokio::test]
async fn a_setup_can_make_its_custom_fields_itself() {
    let netbox = FakeNetBox::builder().without_custom_fields().start().await;
    let vm = id(&netbox.create_vm(json!({"name": "web01"})));
    let alice = netbox.user("alice");
    let set = alice
        .create("extras/custom-field-choice-sets", json!({"name": "nodes", "extra_choices": [["pve01", "Node 1"]]}));
    let field = json!({"name": "proxmox_node", "type": "select", "object_types": ["virtualization.virtualmachine"], "choice_set": set["id"], "default": "pve01"});
    alice.create("extras/custom-fields", field.clone());
    assert_eq!(netbox.vm(vm).unwrap()["custom_fields"]["proxmox_node"], json!({"value": "pve01", "label": "Node 1"}));
    assert_eq!(alice.request("POST", "extras/custom-fields", field).status, 400, "the name is taken");
    assert_eq!(alice.request("DELETE", "extras/custom-field-choice-sets/1", Value::Null).status, 409);
    let fewer =
        alice.request("PATCH", "extras/custom-field-choice-sets/1", json!({"extra_choices": [["pve02", "Node 2"]]}));
    refused(
        &fewer,
        400,
        &json!({"__all__": ["Cannot remove choice pve01 as there are Virtualization | virtual machine objects which reference it."]}),
    );
    alice.delete("extras/custom-fields", 1);
    assert_eq!(netbox.vm(vm).unwrap()["custom_fields"], json!({}));
}
