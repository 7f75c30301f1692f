//! Changes a record only if nobody else did since it was read.

use netbox_api::client::{CustomFieldsPatch, Field, VirtualMachinePatch};
use netbox_api::testing::FakeNetBox;
use netbox_api::{Client, ErrorKind};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), netbox_api::Error> {
    let netbox = FakeNetBox::builder().cluster("pve-cluster-1").start().await;
    netbox.create_vm(json!({"name": "web01", "memory": 1024}));
    let client = Client::builder(netbox.url()).token(netbox.token().into()).build()?;
    let machines = client.virtual_machines().changelog_message("more memory");
    let read = machines.get(1).await?;
    netbox.update_vm(1, json!({"comments": "somebody else"}));
    let patch = VirtualMachinePatch {
        memory: 2048.into(),
        disk: Field::Clear,
        custom_fields: CustomFieldsPatch::new().text("proxmox_vmid", "101"),
        ..Default::default()
    };
    match machines.update(1, &patch, read.etag.as_ref()).await {
        Err(error) if error.kind() == ErrorKind::Precondition => println!("changed meanwhile: {error}"),
        other => println!("{:?}", other?.value.memory),
    }
    let read = machines.get(1).await?;
    println!("{:?}", machines.update(1, &patch, read.etag.as_ref()).await?.value.memory);
    Ok(())
}
