//! What a receiver of webhooks does: verify the raw bytes, read them, look at what changed.

use netbox_api::testing::FakeNetBox;
use netbox_api::{Delivery, Object, signature};
use serde_json::json;

const SECRET: &str = "hook-secret";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let netbox = FakeNetBox::builder().cluster("pve-cluster-1").start().await;
    netbox.hold();
    netbox.webhook("http://127.0.0.1:9/", Some(SECRET));
    netbox.create_vm(json!({"name": "web01", "memory": 1024}));
    netbox.update_vm(1, json!({"memory": 2048}));
    for sent in netbox.deliveries() {
        signature::verify(SECRET.as_bytes(), &sent.body, sent.signature().map(str::as_bytes))?;
        let delivery = Delivery::from_slice(&sent.body)?;
        let before = delivery.snapshots.prechange.as_ref().and_then(|snapshot| snapshot.integer("memory"));
        if let Object::VirtualMachine(machine) = &delivery.object {
            println!("{} {}: {before:?} -> {:?} MB", delivery.event, machine.name, machine.memory);
        }
    }
    Ok(())
}
