//! Recorded deliveries of older releases, NetBox 4.2.9 to 4.6.8: the same plans from all of them. Nothing is looked up.
#![allow(clippy::unwrap_used)]

mod common;

use common::{brief, lines};
use netbox_proxmox_core::record::Related;
use netbox_proxmox_core::{Delivery, Event, FieldNames, GuestType, Megabytes, MiB, Part, plan};
use serde_json::{Value, json};

const RELEASES: [u8; 5] = [42, 43, 44, 45, 46];

fn file(name: &str) -> Value {
    let path = format!("{}/../tests/fixtures/netbox-versions/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn planned(body: Value) -> Vec<String> {
    let delivery: Delivery = serde_json::from_value(body).unwrap();
    match Event::from_delivery(&delivery) {
        Ok(event) => plan(&event).iter().map(brief).collect(),
        Err(why) => vec![format!("ignored: {why}")],
    }
}

#[test]
fn each_delivery_leads_to_the_same_plan() {
    let table = [
        // Its status is Planned; then Active, with one and a half CPU and no template; and it never had a VMID.
        ("virtualmachine-created", ""),
        ("virtualmachine-updated", "report vcpus\nreport template"),
        ("virtualmachine-deleted", ""),
        ("virtualdisk-created", "report look-up"),
        ("virtualdisk-deleted", "report look-up"),
        ("vminterface-created", "report look-up"),
        ("vminterface-updated", "report look-up"),
        ("vminterface-deleted", "report look-up"),
        ("ipaddress-created", "report look-up"),
        ("ipaddress-deleted", "report look-up"),
        ("macaddress-created", "report look-up"),
        ("macaddress-deleted", "report look-up"),
    ];
    for release in RELEASES {
        for (what, expected) in table {
            let body = file(&format!("{release}-{what}"))["body"].clone();
            assert_eq!(planned(body), lines(expected), "{release}-{what}");
        }
    }
}

/// The same deliveries, of a guest that has a VMID and whole CPUs.
#[test]
fn a_guest_that_exists_is_changed_and_removed() {
    let changed = "configure capture1 (VMID 101): memory=2048 ipconfig0.ip=10.9.0.5/24,gw=10.9.0.1
                   start capture1 (VMID 101)";
    let table = [("virtualmachine-updated", changed), ("virtualmachine-deleted", "destroy capture1 (VMID 101)")];
    for release in RELEASES {
        for (what, expected) in table {
            let mut body = file(&format!("{release}-{what}"))["body"].clone();
            for (at, vcpus) in
                [("/data", json!(2)), ("/snapshots/prechange", json!("2.00")), ("/snapshots/postchange", json!("2.00"))]
            {
                if let Some(Value::Object(record)) = body.pointer_mut(at) {
                    record.insert("vcpus".into(), vcpus);
                    record["custom_fields"]["proxmox_vmid"] = json!("101");
                }
            }
            // It was changed, not moved into the statuses of a guest.
            if let Some(Value::Object(before)) = body.pointer_mut("/snapshots/prechange") {
                before.insert("status".into(), json!("staged"));
            }
            assert_eq!(planned(body), lines(expected), "{release}-{what}");
        }
    }
}

#[test]
fn a_record_asked_for_describes_the_same_guest() {
    for release in RELEASES {
        let rest = file(&format!("{release}-rest"));
        let read = |what: &str| rest[what].clone();
        let machine = serde_json::from_value(read("virtual-machine")).unwrap();
        let interfaces = [serde_json::from_value(read("interface")).unwrap()];
        let disks = [serde_json::from_value(read("virtual-disk")).unwrap()];
        let addresses = [serde_json::from_value(read("ip-address")).unwrap()];
        let related =
            Related { disks: Some(&disks), interfaces: Some(&interfaces), addresses: &addresses, ..Related::default() };
        let guest = FieldNames::default().guest(&machine, &related);
        assert_eq!((guest.kind, guest.memory), (Some(GuestType::Qemu), Part::Given(MiB(2048))), "{release}");
        let problems: Vec<_> = guest.problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(problems, ["vcpus"], "{release}: one and a half");
        assert!(guest.birth.is_some(), "{release}");
        let disk = &guest.disks.given().unwrap()[0];
        assert_eq!((disk.size, disk.storage.as_ref().unwrap().as_str()), (Megabytes(2000), "second"), "{release}");
        let card = &guest.interfaces.given().unwrap()[0];
        assert_eq!(card.mac.as_deref(), Some("BC:24:11:00:00:01"), "{release}");
    }
}
