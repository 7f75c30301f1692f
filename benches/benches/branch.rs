//! What merging a branch of 200 changes will do, planned in a NetBox of five thousand machines and in one of five hundred: its time, which
//! the fakes' own is part of, and how often it asks either side.
#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Instant;

use netbox_api::client::{Branch, NewBranch};
use netbox_proxmox_benches::row;
use netbox_proxmox_core::live::branch::{Verdict, plan_branch};
use netbox_proxmox_tests::{Lab, record};
use proxmox_api::testing::GuestKind;
use serde_json::json;

const CHANGES: usize = 200;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let few = of(500).await;
    let many = of(5_000).await;
    let what = format!("a branch of {CHANGES} changes planned");
    let beside = |few: f64| Some(("with 500 machines", few));
    row(&what, 5_000, many.0, "s", beside(few.0));
    row(&format!("{what}: requests to NetBox"), 5_000, many.1, "requests", beside(few.1));
    row(&format!("{what}: requests to Proxmox"), 5_000, many.2, "requests", beside(few.2));
}

async fn of(machines: u32) -> (f64, f64, f64) {
    let lab = Lab::new().await;
    let records = lab.pairs(10_000..=9_999 + machines);
    for id in &records[60..120] {
        lab.netbox.update_vm(*id, json!({"status": "staged", "custom_fields": {"proxmox_vm_storage": "ceph"}}));
    }
    drop(lab.take());
    let branch = branch(&lab, &records).await;
    lab.netbox.forget_requests();
    let (before, begun) = (lab.proxmox.requests().len(), Instant::now());
    let plan = plan_branch(lab.dispatcher.bridge(), &branch).await.unwrap();
    let took = begun.elapsed().as_secs_f64();
    let counts = plan.counts();
    assert_eq!((counts.created, counts.changed, counts.destroyed, plan.verdict()), (20, 120, 60, Verdict::Planned));
    (took, lab.netbox.requests().len() as f64, (lab.proxmox.requests().len() - before) as f64)
}

/// Sixty machines get more memory, sixty a disk; sixty go, and twenty are made.
async fn branch(lab: &Lab, records: &[u64]) -> Branch {
    let client = lab.dispatcher.bridge().netbox.clone();
    let new = NewBranch { name: "next-week".into(), ..NewBranch::default() };
    let id = client.branches().create(&new).await.unwrap().value.id;
    let branch = client.branches().get(id).await.unwrap().value;
    let inside = client.branch(&branch.schema_id).unwrap();
    let machine = |id: u64| format!("virtualization/virtual-machines/{id}/");
    for id in &records[..60] {
        inside.patch(&machine(*id), &json!({"memory": 2048, "status": "staged"}), None).await.unwrap();
    }
    for id in &records[60..120] {
        let disk = json!({"virtual_machine": id, "name": "scsi1", "size": 3000});
        inside.post("virtualization/virtual-disks/", &disk).await.unwrap();
    }
    for id in &records[120..180] {
        inside.delete(&machine(*id), None).await.unwrap();
    }
    for number in 0..20 {
        let new = record(GuestKind::Qemu, json!({"name": format!("new-{number}")}));
        inside.post("virtualization/virtual-machines/", &new).await.unwrap();
    }
    branch
}
