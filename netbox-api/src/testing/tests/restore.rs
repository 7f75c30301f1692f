//! A database that goes back, a change log that forgets.

use serde_json::{Value, json};

use super::http::ask;
use super::id;
use crate::testing::FakeNetBox;

async fn start() -> FakeNetBox {
    let netbox = FakeNetBox::builder().start().await;
    netbox.hold();
    netbox.webhook("http://127.0.0.1:9/", None);
    netbox
}

#[tokio::test]
async fn a_restored_dump_gives_ids_out_again_at_another_time() {
    let netbox = start().await;
    let kept = id(&netbox.create_vm(json!({"name": "kept", "memory": 1024})));
    let dump = netbox.dump();
    let before = netbox.vm(kept).unwrap();
    let log = netbox.object_changes();

    netbox.update_vm(kept, json!({"memory": 2048}));
    let lost = netbox.create_vm(json!({"name": "lost"}));
    netbox.create_disk(json!({"virtual_machine": lost["id"], "name": "scsi0", "size": 1000}));
    let made = netbox.deliveries().len();
    netbox.restore(&dump);

    assert_eq!((netbox.vm(kept).unwrap(), netbox.vm(id(&lost))), (before, None));
    assert_eq!((netbox.object_changes(), netbox.all("virtualization/virtual-disks")), (log.clone(), Vec::new()));
    assert_eq!(
        (netbox.deliveries().len(), netbox.held().len()),
        (made, made),
        "restoring sends nothing and takes nothing back"
    );

    let other = netbox.create_vm(json!({"name": "other"}));
    assert_eq!(other["id"], lost["id"], "the id is given out again");
    let second = |record: &Value| record["created"].as_str().unwrap()[..19].to_owned();
    assert!(second(&other) > second(&lost), "{} then {}", lost["created"], other["created"]);
    let entry = netbox.object_changes().pop().unwrap();
    assert_eq!(id(&entry), id(log.last().unwrap()) + 1, "so is that of its entry");
    let deliveries = netbox.deliveries();
    let [first, .., last] = &deliveries[..] else { panic!("several") };
    assert_ne!(first.request_id, last.request_id);
    assert_eq!(last.what(), "virtualmachine-created", "event rules were restored too");
}

#[tokio::test]
async fn a_dump_can_be_restored_again() {
    let netbox = start().await;
    let dump = netbox.dump();
    for _ in 0..2 {
        assert_eq!(netbox.create_vm(json!({"name": "web01"}))["id"], 1);
        netbox.restore(&dump);
    }
    assert_eq!(netbox.all("virtualization/virtual-machines"), Vec::<Value>::new());
}

#[tokio::test]
async fn a_pruned_change_log_keeps_the_newest_and_their_ids() {
    let netbox = start().await;
    for name in ["a", "b", "c"] {
        netbox.create_vm(json!({"name": name}));
    }
    let made = netbox.deliveries().len();
    netbox.prune_change_log(1);
    let ids = |netbox: &FakeNetBox| netbox.object_changes().iter().map(id).collect::<Vec<_>>();
    assert_eq!(ids(&netbox), [3]);
    assert_eq!(ask(&netbox, "GET", "/api/core/object-changes/1/", Value::Null).await.status, 404);
    netbox.prune_change_log(0);
    netbox.create_vm(json!({"name": "d"}));
    assert_eq!(ids(&netbox), [4]);
    assert_eq!(netbox.deliveries().len(), made + 1, "pruning sends nothing");
    netbox.prune_change_log(5);
    assert_eq!(ids(&netbox), [4]);
}
