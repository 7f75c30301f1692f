//! Deliveries and records of real older releases: NetBox 4.2.9, 4.3.7, 4.4.10, 4.5.10 and 4.6.8.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use netbox_api::{
    Decimal, Delivery, EventKind, IpAddress, MacAddress, Object, ObjectChange, ObjectType, VirtualDisk, VirtualMachine,
    VmInterface,
};
use serde_json::{Value, json};

const RELEASES: [u8; 5] = [42, 43, 44, 45, 46];

fn file(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/netbox-versions").join(name);
    serde_json::from_slice(&std::fs::read(&path).unwrap_or_else(|_| panic!("{}", path.display()))).unwrap()
}

fn delivery(release: u8, what: &str) -> Delivery {
    serde_json::from_value(file(&format!("{release}-{what}.json"))["body"].clone())
        .unwrap_or_else(|error| panic!("{release}-{what}: {error}"))
}

/// The record that a REST call returned.
fn record<T: serde::de::DeserializeOwned>(release: u8, what: &str) -> T {
    serde_json::from_value(file(&format!("{release}-rest.json"))[what].clone())
        .unwrap_or_else(|error| panic!("{release} {what}: {error}"))
}

#[test]
fn each_delivery_says_what_happened_to_what_and_who_did_it() {
    let kinds = [
        ("virtualmachine", ObjectType::VIRTUAL_MACHINE, &["created", "updated", "deleted"][..]),
        ("vminterface", ObjectType::VM_INTERFACE, &["created", "updated", "deleted"]),
        ("virtualdisk", ObjectType::VIRTUAL_DISK, &["created", "deleted"]),
        ("ipaddress", ObjectType::IP_ADDRESS, &["created", "deleted"]),
        ("macaddress", ObjectType::MAC_ADDRESS, &["created", "deleted"]),
    ];
    for release in RELEASES {
        for (kind, object_type, events) in kinds {
            for event in events {
                let what = format!("{kind}-{event}");
                let delivery = delivery(release, &what);
                assert_eq!(
                    (delivery.event.as_str(), delivery.object_type.as_str()),
                    (*event, object_type),
                    "{release}"
                );
                assert!(!matches!(delivery.object, Object::Other(_)), "{release} {what}");
                assert!(delivery.request.id.is_some(), "{release} {what}");
                assert_eq!(delivery.request.user.as_deref(), Some("admin"), "{release} {what}");
                let (before, after) = (&delivery.snapshots.prechange, &delivery.snapshots.postchange);
                assert_eq!(before.is_none(), delivery.event == EventKind::Created, "{release} {what}");
                assert_eq!(after.is_none(), delivery.event == EventKind::Deleted, "{release} {what}");
            }
        }
    }
}

#[test]
fn a_virtual_machine_is_read_the_same_from_a_delivery_and_over_rest() {
    for release in RELEASES {
        let Object::VirtualMachine(told) = delivery(release, "virtualmachine-updated").object else { panic!() };
        let asked: VirtualMachine = record(release, "virtual-machine");
        for machine in [&*told, &asked] {
            assert_eq!(machine.name, "capture1", "{release}");
            assert_eq!(machine.status.value.as_str(), "active", "{release}");
            assert_eq!(machine.vcpus.map(|vcpus: Decimal| vcpus.to_string()).as_deref(), Some("1.5"), "{release}");
            assert_eq!((machine.memory, machine.disk), (Some(2048), Some(2000)), "{release}");
            assert_eq!(machine.custom_fields.select("proxmox_vm_type"), Some("vm"), "{release}");
            assert_eq!(machine.custom_fields.select("proxmox_node"), Some("pve"), "{release}");
            assert_eq!(machine.start_on_boot.is_some(), release >= 45, "{release}");
            assert!(machine.created.is_some() && machine.cluster.is_some(), "{release}");
        }
    }
}

#[test]
fn what_belongs_to_a_machine_names_it() {
    for release in RELEASES {
        let machine = record::<VirtualMachine>(release, "virtual-machine").id;
        let interface: VmInterface = record(release, "interface");
        assert_eq!((interface.virtual_machine.id, interface.name.as_str()), (machine, "eth0"), "{release}");
        assert_eq!(interface.mac_address.as_deref(), Some("BC:24:11:00:00:01"), "{release}");
        let disk: VirtualDisk = record(release, "virtual-disk");
        assert_eq!((disk.virtual_machine.id, disk.name.as_str(), disk.size), (machine, "scsi1", 2000), "{release}");
        assert_eq!(disk.custom_fields.select("proxmox_disk_storage_volume"), Some("second"), "{release}");
        let mac: MacAddress = record(release, "mac-address");
        assert_eq!(mac.mac_address, "BC:24:11:00:00:01", "{release}");
        let address: IpAddress = record(release, "ip-address");
        assert_eq!(address.address, "10.9.0.5/24", "{release}");
    }
}

#[test]
fn the_change_log_tells_of_the_deletion_with_what_was_deleted() {
    for release in RELEASES {
        let deleted: ObjectChange = record(release, "object-change delete");
        assert_eq!(deleted.prechange_data.as_ref().unwrap().get("name"), Some(&json!("capture1")), "{release}");
        let updated: ObjectChange = record(release, "object-change update");
        assert_eq!(updated.postchange_data.as_ref().unwrap().get("name"), Some(&json!("capture1")), "{release}");
    }
}

/// Seen on 4.2.9: `tags: []` was sent, and all that the delivery says is the tag that was there before.
#[test]
fn of_4_2_a_delivery_does_not_say_that_all_tags_were_taken() {
    let Object::VirtualMachine(machine) = delivery(42, "virtualmachine-updated-tags-cleared").object else { panic!() };
    assert_eq!(machine.tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(), ["acc-red"]);
}
