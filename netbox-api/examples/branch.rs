//! Prepares changes in a branch of netbox-branching, looks at them, and merges them.

use std::time::Duration;

use netbox_api::Client;
use netbox_api::client::{BranchAction, BranchChangeFilter, NewBranch, VirtualMachinePatch};
use netbox_api::testing::FakeNetBox;
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), netbox_api::Error> {
    let netbox = FakeNetBox::builder().cluster("pve-cluster-1").start().await;
    netbox.create_vm(json!({"name": "web01", "memory": 1024}));
    let client = Client::builder(netbox.url()).token(netbox.token().into()).build()?;
    let made = client.branches().create(&NewBranch { name: "next-week".into(), ..Default::default() }).await?.value;
    let mut branch = client.branches().get(made.id).await?.value;
    while !branch.is_ready() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        branch = client.branches().get(made.id).await?.value;
    }
    let inside = client.branch(&branch.schema_id)?;
    let patch = VirtualMachinePatch { memory: 2048.into(), ..Default::default() };
    inside.virtual_machines().update(1, &patch, None).await?;
    let filter = BranchChangeFilter { branch_id: vec![branch.id], ..Default::default() };
    for change in client.branch_changes().all(&filter).await? {
        let conflicts = change.conflicts.join(", ");
        println!("{} {} {conflicts}", change.object_type, change.object_repr);
    }
    let job = client.branches().merge(branch.id, BranchAction::commit()).await?;
    let job = client.jobs().ended(job.id, Duration::from_secs(1)).await?;
    println!("merged: {}; {:?}", job.is_completed(), client.virtual_machines().get(1).await?.value.memory);
    Ok(())
}
