//! The client of Proxmox VE alone: the guests of a cluster.
//!
//! `PROXMOX_URL=https://pve01:8006 PROXMOX_TOKEN=… PROXMOX_CA_FILE=pve-root-ca.pem cargo run --example list_guests`

use proxmox_api::{Client, ResourceType, SecretString};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let builder =
        Client::builder(std::env::var("PROXMOX_URL")?).token(SecretString::from(std::env::var("PROXMOX_TOKEN")?));
    let client = match std::env::var("PROXMOX_CA_FILE") {
        Ok(path) => builder.ca_file(path).build()?,
        Err(_) => builder.build()?,
    };
    for guest in client.cluster().resources(Some(ResourceType::Vm)).await? {
        let Some(vmid) = guest.vmid else { continue };
        println!("{:>9}  {:<8}  {}", vmid.get(), guest.status.unwrap_or_default(), guest.name.unwrap_or_default());
    }
    Ok(())
}
