//! What an error tells: what went wrong, how far the request came, and NetBox's words on each field.

use netbox_api::client::VirtualMachinePatch;
use netbox_api::testing::{FakeNetBox, Fault};
use netbox_api::{Client, Phase};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), netbox_api::Error> {
    let netbox = FakeNetBox::builder().cluster("pve-cluster-1").start().await;
    netbox.create_vm(json!({"name": "web01"}));
    let client = Client::builder(netbox.url()).token(netbox.token().into()).build()?;
    let patch = VirtualMachinePatch { status: "asleep".into(), ..Default::default() };
    if let Err(error) = client.virtual_machines().update(1, &patch, None).await {
        println!("{:?}: {error}", error.kind());
        for field in error.fields() {
            println!("  {}: {}", field.field, field.message);
        }
    }
    netbox.fault(Fault::on("PATCH", "*").drop_after());
    let patch = VirtualMachinePatch { memory: 2048.into(), ..Default::default() };
    if let Err(error) = client.virtual_machines().update(1, &patch, None).await {
        let advice = if error.phase() == Phase::Ambiguous { "look before it is sent again" } else { "send it again" };
        println!("{:?}: {error}: {advice}", error.kind());
    }
    Ok(())
}
