//! The tables "Attribute by attribute" of docs/mission.md: each attribute of a real NetBox 4.7.3 has its row, and what is
//! said to mean nothing changes no guest.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use netbox_proxmox_core::record::Related;
use netbox_proxmox_core::{FieldNames, Guest};
use serde_json::{Value, json};

const MODELS: [(&str, &str); 5] = [
    ("virtual machine", "virtual-machine"),
    ("interface", "interface"),
    ("IP address", "ip-address"),
    ("MAC address", "mac-address"),
    ("virtual disk", "virtual-disk"),
];

fn recorded(model: &str) -> Value {
    let path = format!("{}/fixtures/netbox-rest/{model}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Attribute → what it does, of the table of a model.
fn rows(of: &str) -> BTreeMap<String, String> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/mission.md")).unwrap();
    let tables = page.split_once("## Attribute by attribute").unwrap().1;
    let table = tables.split_once(&format!("| {of} | |\n|---|---|\n")).unwrap_or_else(|| panic!("no table of {of}")).1;
    let lines = table.lines().take_while(|line| line.starts_with('|'));
    let cells = lines.map(|line| line.trim_matches('|').split_once(" | ").unwrap());
    cells
        .flat_map(|(attributes, does)| {
            attributes.split('`').skip(1).step_by(2).map(|attribute| (attribute.to_owned(), does.trim().to_owned()))
        })
        .collect()
}

/// What each object has, and says nothing: the page has it before its tables.
const OF_ALL: [&str; 4] = ["url", "display", "display_url", "last_updated"];

fn mean_nothing(model: &str) -> BTreeSet<String> {
    let rows = rows(model).into_iter().filter(|(_, does)| does.starts_with("nothing")).map(|(attribute, _)| attribute);
    rows.chain(OF_ALL.map(str::to_owned)).collect()
}

/// The guest of the recorded objects, which belong together, with some attributes changed.
fn guest(changed: &str, change: impl FnOnce(&mut Value)) -> Guest {
    let mut objects: BTreeMap<&str, Value> = MODELS.into_iter().map(|(_, file)| (file, recorded(file))).collect();
    let machine = objects.get_mut("virtual-machine").unwrap();
    for (name, value) in [("proxmox_vm_type", "vm"), ("proxmox_vmid", "101")] {
        machine["custom_fields"][name] = json!(value);
    }
    machine["disk"] = json!(20_000);
    // An address that is not primary is the card's by its status and role.
    machine["primary_ip4"] = Value::Null;
    change(objects.get_mut(changed).unwrap());
    let read = |file: &str| objects[file].clone();
    let related = Related {
        disks: Some(&[serde_json::from_value(read("virtual-disk")).unwrap()]),
        interfaces: Some(&[serde_json::from_value(read("interface")).unwrap()]),
        addresses: &[serde_json::from_value(read("ip-address")).unwrap()],
        bridges: None,
    };
    FieldNames::default().guest(&serde_json::from_value(read("virtual-machine")).unwrap(), &related)
}

#[test]
fn each_attribute_of_a_real_netbox_has_its_row() {
    for (model, file) in MODELS {
        let rows = rows(model);
        let sent = recorded(file);
        let lacking = sent.as_object().unwrap().keys().filter(|key| !rows.contains_key(*key));
        let lacking: Vec<_> = lacking.filter(|key| !OF_ALL.contains(&key.as_str())).collect();
        assert!(lacking.is_empty(), "{model}: {lacking:?}");
        assert!(rows.values().all(|does| !does.contains("unknown")), "{model}");
    }
}

#[test]
fn what_means_nothing_changes_no_guest() {
    for (model, file) in MODELS {
        let unchanged = guest(file, |_| {});
        for attribute in mean_nothing(model) {
            // One that is read at all is read in one of these types.
            let object = json!({"id": 7, "name": "changed", "slug": "changed", "display": "changed"});
            let values = [json!("changed"), json!(7), object.clone(), json!([object])];
            let mut read = 0;
            for value in values {
                let changed = || guest(file, |object| object[&attribute] = value.clone());
                if let Ok(changed) = std::panic::catch_unwind(changed) {
                    read += 1;
                    assert_eq!(changed, unchanged, "{model}: {attribute} = {value}");
                }
            }
            assert!(read > 0, "{model}: {attribute} could not be read as anything");
        }
    }
}

/// One change of each attribute that means something, of those that are read from these four models.
#[test]
fn what_means_something_changes_the_guest() {
    let choice = |value: &str| json!({"value": value, "label": value});
    let vlan = json!({"id": 3, "vid": 30, "name": "thirty"});
    let changes = [
        ("virtual-machine", "created", json!("2020-01-01T00:00:00Z")),
        ("virtual-machine", "name", json!("other")),
        ("virtual-machine", "status", choice("offline")),
        ("virtual-machine", "cluster", json!({"id": 9, "name": "other"})),
        ("virtual-machine", "vcpus", json!(3)),
        ("virtual-machine", "memory", json!(4096)),
        ("virtual-machine", "primary_ip4", json!({"id": 9, "address": "192.0.2.9/24"})),
        ("virtual-machine", "primary_ip6", json!({"id": 9, "address": "2001:db8::9/64"})),
        ("virtual-machine", "tags", json!([{"id": 9, "name": "other", "slug": "other"}])),
        ("virtual-machine", "description", json!("other")),
        ("virtual-machine", "start_on_boot", choice("on")),
        ("interface", "name", json!("eth7")),
        ("interface", "parent", json!({"id": 9, "name": "eth1"})),
        ("interface", "bridge", json!({"id": 5, "name": "br0"})),
        ("interface", "enabled", json!(false)),
        ("interface", "mac_address", json!("BC:24:11:00:00:99")),
        ("interface", "mtu", json!(1400)),
        ("interface", "mode", choice("access")),
        ("ip-address", "address", json!("198.51.100.8/24")),
        ("ip-address", "status", choice("deprecated")),
        ("ip-address", "role", choice("vip")),
        ("ip-address", "nat_inside", json!({"id": 9, "address": "10.0.0.9/24"})),
        ("ip-address", "assigned_object_id", json!(9)),
        ("virtual-disk", "id", json!(12)),
        ("virtual-disk", "name", json!("scsi1")),
        ("virtual-disk", "size", json!(30_000)),
        ("virtual-disk", "custom_fields", json!({"proxmox_disk_storage_volume": "ceph"})),
    ];
    for (file, attribute, value) in changes {
        let model = MODELS.iter().find(|(_, it)| *it == file).unwrap().0;
        assert!(!mean_nothing(model).contains(attribute), "{model}: {attribute}");
        let changed = guest(file, |object| object[attribute] = value.clone());
        assert_ne!(changed, guest(file, |_| {}), "{model}: {attribute} = {value}");
    }
    for (attribute, value) in [("untagged_vlan", vlan.clone()), ("tagged_vlans", json!([vlan]))] {
        let tagged = |value: Value| {
            guest("interface", |interface| {
                interface["mode"] = choice("tagged");
                interface[attribute] = value;
            })
        };
        assert_ne!(tagged(value), guest("interface", |interface| interface["mode"] = choice("tagged")), "{attribute}");
    }
}
