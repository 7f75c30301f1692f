//! Other tools write into NetBox what they find in Proxmox: that is no cause of anything, by whichever way it is heard of.

use netbox_proxmox_core::Policy;
use netbox_proxmox_tests::{Lab, record};
use proxmox_api::testing::{GuestKind, Power};
use serde_json::json;

use super::{catch_up, known, on_clusters, says};

const IMPORTER: &str = "netbox-sync";

async fn lab() -> Lab {
    known(Lab::with(Policy { importers: vec![IMPORTER.into()], ..Policy::default() }).await).await
}

/// Loses the deliveries so far: only the change log tells.
fn lose(lab: &Lab) {
    drop(lab.take());
}

#[tokio::test]
async fn a_status_that_an_importer_writes_is_reported() {
    let lab = lab().await;
    let id = lab.create(json!({"status": "active"})).await;
    let importer = lab.netbox.user(IMPORTER);
    for delivered in [true, false] {
        importer.update_vm(id, json!({"status": "offline"}));
        if delivered {
            lab.settle().await;
        } else {
            lose(&lab);
            catch_up(&lab).await;
        }
        lab.dispatcher.reconcile(4).await.unwrap();
        lab.dispatcher.idle().await;
        assert_eq!(lab.guest(id).power, Power::Running, "delivered: {delivered}");
        says(lab.journal().last().unwrap(), &["the status is offline in NetBox", "running"]);
        importer.update_vm(id, json!({"status": "active"}));
        lab.settle().await;
    }
    assert_eq!(lab.journal().len(), 2, "{:?}", lab.journal());
    // A person who does the same is heeded.
    lab.update(id, json!({"status": "offline"})).await;
    assert_eq!(lab.guest(id).power, Power::Stopped);
}

#[tokio::test]
async fn a_record_that_only_importers_have_written_gets_no_guest() {
    let lab = lab().await;
    let importer = lab.netbox.user(IMPORTER);
    let id = importer.create_vm(record(GuestKind::Qemu, json!({"status": "active"})))["id"].as_u64().unwrap();
    lab.settle().await;
    lab.dispatcher.reconcile(4).await.unwrap();
    lab.dispatcher.idle().await;
    assert_eq!((lab.guests(), lab.vmid(id)), (vec![], None));
    let [said] = &lab.journal()[..] else { panic!("{:?}", lab.journal()) };
    says(said, &["web01", "no guest was made", "save the virtual machine"]);
    // A person wants it.
    lab.update(id, json!({"comments": "it is to be"})).await;
    assert_eq!(lab.guests().len(), 1);
}

#[tokio::test]
async fn a_record_that_an_importer_deletes_keeps_its_guest() {
    for delivered in [true, false] {
        let lab = lab().await;
        let ids = [lab.create(json!({"name": "web01"})).await, lab.create(json!({"name": "web02"})).await];
        for id in ids {
            lab.netbox.user(IMPORTER).delete_vm(id);
        }
        if delivered {
            lab.settle().await;
        } else {
            lose(&lab);
            assert_eq!(catch_up(&lab).await.held, 0);
        }
        assert_eq!(lab.guests().len(), 2, "delivered: {delivered}");
        let said = on_clusters(&lab);
        assert_eq!(said.len(), 2, "{said:?}");
        says(&said[0], &["web01", "was kept", IMPORTER]);
    }
}
