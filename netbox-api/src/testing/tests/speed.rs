//! How long many records take. Not run by itself: `cargo test -p netbox-api --all-features speed -- --ignored --nocapture`.

use std::time::Instant;

use serde_json::{Value, json};

use crate::testing::FakeNetBox;

const MACHINES: u64 = 10_000;

/// What one costs is the same in both lines of a pair: no request looks at all rows.
#[tokio::test]
#[ignore = "a measurement"]
async fn ten_thousand_machines_take_seconds() {
    let netbox = FakeNetBox::builder().start().await;
    netbox.hold();
    netbox.webhook("http://127.0.0.1:9/", None);
    let measured = |what: &str, one: &dyn Fn(u64)| {
        for part in [1..=MACHINES / 10, MACHINES / 10 + 1..=MACHINES] {
            let (begun, count) = (Instant::now(), part.clone().count());
            part.for_each(one);
            println!(
                "{what}: {count} in {:?}, {:?} each",
                begun.elapsed(),
                begun.elapsed() / u32::try_from(count).unwrap()
            );
        }
    };
    measured("machines", &|number| {
        let fields = json!({"name": format!("vm{number:05}"), "memory": 1024, "custom_fields": {"proxmox_vmid": number.to_string()}});
        netbox.create_vm(fields);
    });
    measured("disks", &|vm| drop(netbox.create_disk(json!({"virtual_machine": vm, "name": "scsi0", "size": 1000}))));
    measured("interfaces", &|vm| drop(netbox.create_interface(json!({"virtual_machine": vm, "name": "eth0"}))));
    measured("changes", &|vm| drop(netbox.update_vm(vm, json!({"memory": 2048}))));
    let page = |start: u64| {
        let query = format!("virtualization/virtual-machines?start={start}&limit=1000");
        netbox.user("alice").request("GET", &query, Value::Null).body["results"].as_array().unwrap().len()
    };
    let begun = Instant::now();
    assert_eq!((1..=MACHINES).step_by(1000).map(page).sum::<usize>() as u64, MACHINES);
    println!("ten pages of a thousand: {:?}", begun.elapsed());
}
