//! Lists virtual machines as they come, page by page.

use futures_util::TryStreamExt;
use netbox_api::Client;
use netbox_api::client::VirtualMachineFilter;
use netbox_api::testing::FakeNetBox;
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), netbox_api::Error> {
    let netbox = FakeNetBox::builder().cluster("pve-cluster-1").start().await;
    for number in 1..=5 {
        netbox.create_vm(json!({"name": format!("web{number:02}"), "memory": 1024 * number}));
    }
    let client = Client::builder(netbox.url()).token(netbox.token().into()).build()?;
    let machines = client.virtual_machines().fields(["name", "memory"]).page_size(2);
    let mut list = machines.list(&VirtualMachineFilter::default());
    while let Some(machine) = list.try_next().await? {
        println!("{:>4} {} {} MB", machine.id, machine.name, machine.memory.unwrap_or_default());
    }
    Ok(())
}
