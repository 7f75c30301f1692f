//! Deliveries of a real NetBox 4.7.3, byte for byte as it sent them.
#![cfg(feature = "signature")]
#![allow(clippy::unwrap_used)]

mod recorded;

use std::collections::HashSet;

use netbox_api::{CustomValue, Decimal, Delivery, EventKind, Object, ObjectType, signature};
use proptest::prelude::*;
use recorded::{Recorded, recorded};

fn delivery(name: &str) -> Delivery {
    recorded(name).delivery()
}

macro_rules! object {
    ($delivery:expr, $kind:ident) => {
        match &$delivery.object {
            Object::$kind(object) => object,
            other => panic!("another object: {other:?}"),
        }
    };
}

#[test]
fn all_are_read_as_what_they_are() {
    let all = Recorded::all();
    assert!(all.len() > 50, "only {} deliveries found", all.len());
    for recorded in all {
        let delivery = recorded.delivery();
        assert_eq!(delivery.event.as_str(), recorded.event, "{}", recorded.file);
        assert_eq!(delivery.object_type, recorded.object_type, "{}", recorded.file);
        assert_eq!(delivery.object.id(), recorded.id, "{}", recorded.file);
        assert!(!matches!(delivery.object, Object::Other(_)), "{}", recorded.file);
        assert!(
            delivery.request.id.is_some() && delivery.request.user.as_deref() == Some("admin"),
            "{}",
            recorded.file
        );
        assert_eq!(delivery.snapshots.prechange.is_none(), delivery.event == EventKind::Created, "{}", recorded.file);
        assert_eq!(delivery.snapshots.postchange.is_none(), delivery.event == EventKind::Deleted, "{}", recorded.file);
        assert_eq!(delivery.active_branch, None, "{}", recorded.file);
    }
}

#[test]
fn all_are_signed_over_their_raw_bytes() {
    for recorded in Recorded::all() {
        let bytes = recorded.bytes();
        let header = Some(recorded.signature.as_bytes());
        assert_eq!(signature::verify(recorded.secret.as_bytes(), &bytes, header), Ok(()), "{}", recorded.file);
        assert_eq!(signature::sign(recorded.secret.as_bytes(), &bytes), recorded.signature, "{}", recorded.file);
        // The same JSON in other bytes is another text.
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let again = serde_json::to_vec(&value).unwrap();
        assert!(signature::verify(recorded.secret.as_bytes(), &again, header).is_err(), "{}", recorded.file);
    }
}

#[test]
fn what_is_written_is_read_again() {
    for recorded in Recorded::all() {
        let delivery = recorded.delivery();
        let again: Delivery = serde_json::from_slice(&serde_json::to_vec(&delivery).unwrap()).unwrap();
        assert_eq!(again, delivery, "{}", recorded.file);
    }
}

#[test]
fn only_the_same_event_has_the_same_key() {
    let twice = ["161-two-rules-match--virtualmachine-updated.raw", "162-two-rules-match--virtualmachine-updated.raw"];
    assert_eq!(delivery(twice[0]).key(), delivery(twice[1]).key());
    let mut seen = HashSet::new();
    for recorded in Recorded::all().into_iter().filter(|recorded| recorded.file != twice[1]) {
        assert!(seen.insert(recorded.delivery().key()), "{}", recorded.file);
    }
}

#[test]
fn a_machine_with_everything() {
    let delivery = delivery("016-vm-set-primary-ip4--virtualmachine-updated.raw");
    let machine = object!(delivery, VirtualMachine);
    assert_eq!((machine.id, machine.name.as_str(), machine.status.as_str()), (1, "web01", "staged"));
    assert_eq!(machine.cluster.as_ref().map(|cluster| (cluster.id, cluster.name.as_str())), Some((1, "pve-cluster-1")));
    assert_eq!(machine.vcpus, Some(Decimal::from(2)));
    assert_eq!(machine.memory, Some(4096));
    assert_eq!(machine.primary_ip4.as_ref().map(|ip| ip.address.as_str()), Some("192.0.2.10/24"));
    assert_eq!(machine.primary_ip6, None);
    assert_eq!(machine.start_on_boot.as_ref().map(|choice| choice.as_str()), Some("off"));
    assert_eq!(machine.custom_fields.select("proxmox_node"), Some("pve01"));
    assert_eq!(machine.custom_fields.select("proxmox_vm_type"), Some("vm"));
    assert_eq!(machine.custom_fields.text("proxmox_vmid"), None);
    assert!(machine.custom_fields.text("proxmox_public_ssh_key").unwrap().contains("ssh-ed25519"));
}

#[test]
fn a_written_vmid_is_text() {
    let delivery = delivery("027-vm-vmid-written-back--virtualmachine-updated.raw");
    assert_eq!(object!(delivery, VirtualMachine).custom_fields.text("proxmox_vmid").as_deref(), Some("101"));
    let (before, after) = (delivery.snapshots.prechange.unwrap(), delivery.snapshots.postchange.unwrap());
    assert_eq!(before.custom_field("proxmox_vmid"), CustomValue::Absent);
    assert_eq!(after.custom_field("proxmox_vmid").text().as_deref(), Some("101"));
}

#[test]
fn a_save_without_change_is_told_from_a_change() {
    assert!(delivery("005-vm-noop-patch--virtualmachine-updated.raw").is_noop());
    assert!(!delivery("003-vm-set-vcpus-memory--virtualmachine-updated.raw").is_noop());
    assert!(!delivery("001-vm-create-staged--virtualmachine-created.raw").is_noop());
    assert!(!delivery("069-vm-delete-active-cascade--virtualmachine-deleted.raw").is_noop());
}

#[test]
fn snapshots_tell_the_change() {
    let delivery = delivery("003-vm-set-vcpus-memory--virtualmachine-updated.raw");
    let (before, after) = (delivery.snapshots.prechange.unwrap(), delivery.snapshots.postchange.unwrap());
    assert_eq!((before.decimal("vcpus"), before.integer("memory")), (Some(Decimal::from(1)), Some(1024)));
    assert_eq!((after.decimal("vcpus"), after.integer("memory")), (Some(Decimal::from_hundredths(250)), Some(4096)));
    assert_eq!((after.text("status"), after.id("cluster")), (Some("staged"), Some(1)));
}

#[test]
fn a_machine_need_not_have_a_cluster_or_custom_fields() {
    let site_only = delivery("077-vm-create-site-only--virtualmachine-created.raw");
    let machine = object!(site_only, VirtualMachine);
    assert!(machine.cluster.is_none() && machine.site.is_some());
    let null = delivery("073-vm-create-null-custom-fields--virtualmachine-created.raw");
    let machine = object!(null, VirtualMachine);
    assert_eq!(machine.custom_fields.get("proxmox_node"), CustomValue::Null);
}

#[test]
fn disks_name_their_machine() {
    let resized = delivery("022-virtualdisk-resize-scsi0--virtualdisk-updated.raw");
    let disk = object!(resized, VirtualDisk);
    assert_eq!((disk.name.as_str(), disk.size, disk.virtual_machine.id), ("scsi0", 16000, 1));
    assert_eq!(disk.custom_fields.select("proxmox_disk_storage_volume"), Some("local-lvm"));
    assert_eq!(resized.snapshots.prechange.unwrap().integer("size"), Some(10000));
    let moved = delivery("024-virtualdisk-move-storage-scsi1--virtualdisk-updated.raw");
    let before = moved.snapshots.prechange.clone().unwrap();
    assert_ne!(
        before.custom_field("proxmox_disk_storage_volume").select(),
        object!(moved, VirtualDisk).custom_fields.select("proxmox_disk_storage_volume")
    );
}

#[test]
fn addresses_name_their_machine() {
    let address = delivery("018-ipaddress-change-primary-v4--ipaddress-updated.raw");
    let ip = object!(address, IpAddress);
    assert_eq!((ip.address.as_str(), ip.virtual_machine().map(|machine| machine.id)), ("192.0.2.11/24", Some(1)));
    assert_eq!(ip.network().map(|net| net.prefix_len()), Some(24));
    assert_eq!(ip.family.as_ref().map(|family| family.as_str()), Some("4"));
    let unassigned = delivery("059-ipaddress-unassign-v4--ipaddress-updated.raw");
    assert_eq!(object!(unassigned, IpAddress).virtual_machine(), None);
    let mac = delivery("008-macaddress-create--macaddress-created.raw");
    let mac = object!(mac, MacAddress);
    assert_eq!(
        (mac.mac_address.as_str(), mac.virtual_machine().map(|machine| machine.id)),
        ("BC:24:11:00:00:01", Some(1))
    );
}

#[test]
fn an_interface_names_its_mac_address() {
    let delivery = delivery("009-vminterface-set-primary-mac--vminterface-updated.raw");
    let interface = object!(delivery, VmInterface);
    assert_eq!((interface.name.as_str(), interface.enabled, interface.virtual_machine.id), ("eth0", Some(true), 1));
    assert_eq!(interface.mac_address.as_deref(), Some("BC:24:11:00:00:01"));
    assert_eq!(interface.primary_mac_address.as_ref().map(|mac| mac.id), Some(1));
    assert_eq!(interface.mac_addresses.len(), 1);
}

#[test]
fn a_deleted_machine_says_all_it_was() {
    let delivery = delivery("069-vm-delete-active-cascade--virtualmachine-deleted.raw");
    assert_eq!((delivery.event, delivery.object_type.as_str()), (EventKind::Deleted, ObjectType::VIRTUAL_MACHINE));
    let machine = object!(delivery, VirtualMachine);
    assert_eq!(machine.custom_fields.text("proxmox_vmid").as_deref(), Some("101"));
    assert_eq!(delivery.snapshots.prechange.unwrap().custom_field("proxmox_vmid").text().as_deref(), Some("101"));
}

/// Replaces the value at a random place of a JSON document.
fn mutated(value: &mut serde_json::Value, path: &[usize], with: &serde_json::Value) {
    let Some((&first, rest)) = path.split_first() else {
        *value = with.clone();
        return;
    };
    match value {
        serde_json::Value::Object(map) if !map.is_empty() => {
            let index = first % map.len();
            if let Some((_, inner)) = map.iter_mut().nth(index) {
                mutated(inner, rest, with);
            }
        }
        serde_json::Value::Array(items) if !items.is_empty() => {
            let index = first % items.len();
            mutated(&mut items[index], rest, with);
        }
        leaf => *leaf = with.clone(),
    }
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<i32>().prop_map(|number| (f64::from(number) / 4.0).into()),
        ".{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::vec(("[a-z_]{1,8}", inner), 0..4)
                .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// Straight into the record, or by way of a JSON value, whose keys come in another order.
#[test]
fn bytes_and_values_of_a_delivery_are_read_the_same() {
    for recorded in recorded::Recorded::all() {
        let bytes = recorded.bytes();
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(Delivery::from_slice(&bytes).unwrap(), serde_json::from_value(value).unwrap(), "{}", recorded.file);
    }
}

proptest! {
    // A failure is written out in full; nothing is left in the source tree.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in a place where NetBox puts something else: a delivery or an error, and what is read can be
    /// looked at.
    #[test]
    fn a_mutated_delivery_never_panics(
        which in any::<prop::sample::Index>(),
        path in prop::collection::vec(any::<usize>(), 0..5),
        with in any_json(),
    ) {
        let all = Recorded::all();
        let mut value: serde_json::Value = serde_json::from_slice(&which.get(&all).bytes()).unwrap();
        mutated(&mut value, &path, &with);
        let bytes = serde_json::to_vec(&value).unwrap();
        match serde_json::from_slice::<Delivery>(&bytes) {
            Ok(delivery) => {
                let _ = (delivery.key(), delivery.is_noop(), delivery.object.id());
                for snapshot in delivery.snapshots.prechange.iter().chain(&delivery.snapshots.postchange) {
                    for name in ["vcpus", "memory", "status", "tags", "custom_fields", "cluster"] {
                        let _ = (snapshot.text(name), snapshot.id(name), snapshot.integer(name), snapshot.decimal(name));
                        let _ = (snapshot.tags(), snapshot.custom_field(name).text(), snapshot.custom_field(name).select());
                    }
                }
                let again: Delivery = serde_json::from_slice(&serde_json::to_vec(&delivery).unwrap()).unwrap();
                prop_assert_eq!(again, delivery);
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    /// Cut off, or with other bytes in it.
    #[test]
    fn damaged_bytes_never_panic(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let all = Recorded::all();
        let mut bytes = which.get(&all).bytes();
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
            prop_assert!(serde_json::from_slice::<Delivery>(&bytes).is_err());
        } else {
            bytes[at] = byte;
            let _ = serde_json::from_slice::<Delivery>(&bytes);
        }
    }
}
