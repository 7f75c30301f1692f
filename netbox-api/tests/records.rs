//! Records as the REST API of a real NetBox 4.7.3 gives them, and as other versions might.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use netbox_api::{
    CustomField, CustomFieldChoiceSet, Decimal, EventKind, IpAddress, ObjectChange, Prefix, Status, Version,
    VirtualDisk, VirtualMachine, VmInterface, Webhook,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn json_of(name: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/netbox-rest/{name}.json"));
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

fn record<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_value(json_of(name)).unwrap()
}

#[test]
fn records_are_read_as_netbox_4_7_gives_them() {
    let machine: VirtualMachine = record("virtual-machine");
    assert_eq!((machine.id, machine.memory, machine.disk, machine.virtual_disk_count), (19, Some(2048), None, Some(2)));
    assert_eq!(machine.primary_ip4.unwrap().network().unwrap().to_string(), "198.51.100.7/24");
    assert_eq!(machine.start_on_boot.unwrap(), "laststate");
    assert_eq!(machine.tags[0].slug, "managed");
    assert_eq!(machine.custom_fields.select("proxmox_vm_templates"), Some("9000"));
    let disk: VirtualDisk = record("virtual-disk");
    assert_eq!((disk.size, disk.virtual_machine.id, disk.virtual_machine.name.as_str()), (20000, 19, "p01"));
    let interface: VmInterface = record("interface");
    assert_eq!((interface.enabled, interface.mac_address.as_deref()), (Some(true), Some("BC:24:11:AA:BB:CC")));
    let address: IpAddress = record("ip-address");
    assert_eq!((address.dns_name.as_str(), address.virtual_machine().unwrap().id), ("p01.example.org", 19));
    let prefix: Prefix = record("prefix");
    assert_eq!((prefix.network().unwrap().prefix_len(), prefix.is_pool), (24, Some(false)));
    let change: ObjectChange = record("object-change");
    assert_eq!((change.event(), change.message.as_str()), (Some(EventKind::Updated), "why"));
    assert_eq!(change.prechange_data.unwrap().custom_field("proxmox_vmid").text().as_deref(), Some("101"));
    let field: CustomField = record("custom-field");
    assert_eq!((field.field_type.as_str(), field.filter_logic.as_str()), ("select", "exact"));
    assert_eq!((field.choice_set.unwrap().id, field.default), (2, Some(json!("pve01"))));
    let choices: CustomFieldChoiceSet = record("custom-field-choice-set");
    assert_eq!(choices.extra_choices[1], ("lxc".to_owned(), "LXC Container".to_owned()));
    let webhook: Webhook = record("webhook");
    assert_eq!((webhook.ssl_verification, webhook.timeout), (Some(false), None));
    assert!(!format!("{webhook:?}").contains("secret"));
    assert_eq!(record::<Status>("status").version(), Some(Version::new(4, 7)));
}

/// What an older or newer NetBox may not send: each field in turn is left out, or null.
fn survives_missing_fields<T: DeserializeOwned>(name: &str, needed: &[&str]) {
    let whole = json_of(name);
    for key in whole.as_object().unwrap().keys() {
        let mut without = whole.clone();
        without.as_object_mut().unwrap().remove(key);
        assert_eq!(
            serde_json::from_value::<T>(without).is_ok(),
            !needed.contains(&key.as_str()),
            "{name} without {key}"
        );
        let mut null = whole.clone();
        null[key] = Value::Null;
        // A text that must be there may be null, which is empty.
        let read = serde_json::from_value::<T>(null).is_ok();
        assert!(read || needed.contains(&key.as_str()), "{name} with {key} null");
    }
    let mut more = whole.clone();
    more["something_new"] = json!({"deep": [1, 2, {"x": null}]});
    assert!(serde_json::from_value::<T>(more).is_ok(), "{name} with a new field");
}

#[test]
fn only_what_identifies_a_record_must_be_there() {
    survives_missing_fields::<VirtualMachine>("virtual-machine", &["id"]);
    survives_missing_fields::<VirtualDisk>("virtual-disk", &["id", "size", "virtual_machine"]);
    survives_missing_fields::<VmInterface>("interface", &["id", "virtual_machine"]);
    survives_missing_fields::<IpAddress>("ip-address", &["id", "address"]);
    survives_missing_fields::<Prefix>("prefix", &["id", "prefix"]);
    survives_missing_fields::<ObjectChange>("object-change", &["id", "changed_object_id"]);
    survives_missing_fields::<CustomField>("custom-field", &["id"]);
    survives_missing_fields::<CustomFieldChoiceSet>("custom-field-choice-set", &["id"]);
    survives_missing_fields::<Webhook>("webhook", &["id"]);
    survives_missing_fields::<Status>("status", &[]);
}

#[test]
fn other_forms_of_the_same_values_are_read() {
    let mut other = json_of("virtual-machine");
    other["id"] = json!("19");
    other["memory"] = json!("2048");
    other["disk"] = json!(3000.0);
    other["vcpus"] = json!("2.50");
    other["status"] = json!("a status of our own");
    other["cluster"] = json!(4);
    other["tags"] = json!([{"id": 1, "name": "a"}, {"no": "id"}, null, "b"]);
    other["custom_fields"] = json!({"proxmox_node": "pve02", "proxmox_vmid": 101});
    let machine: VirtualMachine = serde_json::from_value(other).unwrap();
    assert_eq!((machine.id, machine.memory, machine.disk), (19, Some(2048), Some(3000)));
    assert_eq!(machine.vcpus, Some(Decimal::from_hundredths(250)));
    assert_eq!(machine.status, "a status of our own");
    assert_eq!(machine.cluster.unwrap().id, 4);
    assert_eq!(machine.tags.len(), 1);
    assert_eq!(machine.custom_fields.select("proxmox_node"), Some("pve02"));
    assert_eq!(machine.custom_fields.text("proxmox_vmid").as_deref(), Some("101"));
}

/// Taking it for "none" could clear something in Proxmox.
#[test]
fn a_value_that_means_nothing_is_an_error_not_an_empty_field() {
    for (field, value) in [("memory", json!("much")), ("vcpus", json!(2.505)), ("primary_ip4", json!(true))] {
        let mut wrong = json_of("virtual-machine");
        wrong[field] = value;
        assert!(serde_json::from_value::<VirtualMachine>(wrong).is_err(), "{field}");
    }
}
