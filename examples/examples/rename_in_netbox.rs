//! The client of NetBox alone: finds a virtual machine, and renames it unless somebody changed it meanwhile.
//!
//! `NETBOX_URL=https://netbox.example.org NETBOX_TOKEN=… cargo run --example rename_in_netbox web01 web02`

use netbox_api::Client;
use netbox_api::client::{Field, VirtualMachineFilter, VirtualMachinePatch};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut names = std::env::args().skip(1);
    let (from, to) = names.next().zip(names.next()).ok_or("give the present name and the new one")?;
    let client = Client::builder(std::env::var("NETBOX_URL")?).token(std::env::var("NETBOX_TOKEN")?.into()).build()?;
    let filter = VirtualMachineFilter { name: vec![from], ..Default::default() };
    let found = client.virtual_machines().all(&filter).await?;
    let machine = found.first().ok_or("there is no such virtual machine")?;
    let fetched = client.virtual_machines().get(machine.id).await?;
    let patch = VirtualMachinePatch { name: Field::Set(to), ..Default::default() };
    let written = client.virtual_machines().update(machine.id, &patch, fetched.etag.as_ref()).await?;
    println!("{} is {} now", written.value.id, written.value.name);
    Ok(())
}
