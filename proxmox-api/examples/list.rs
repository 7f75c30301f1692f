//! The guests of a cluster: `cargo run --example list`.

mod connect;

use std::error::Error;

use proxmox_api::{Client, ResourceType};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, _fake) = connect::client().await?;
    run(&client).await
}

pub(crate) async fn run(client: &Client) -> Result<(), Box<dyn Error>> {
    for guest in client.cluster().resources(Some(ResourceType::Vm)).await? {
        let (Some(vmid), Some(node)) = (guest.vmid, &guest.node) else { continue };
        println!("{vmid:>9} {node:<12} {}", guest.name.as_deref().unwrap_or_default());
    }
    Ok(())
}
