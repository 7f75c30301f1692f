//! Clones a template, waits, and starts the clone: `cargo run --example clone`.

mod connect;

use std::error::Error;

use proxmox_api::{Client, CloneParams, StartParams, Vmid, WaitOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, _fake) = connect::client().await?;
    run(&client).await
}

pub(crate) async fn run(client: &Client) -> Result<(), Box<dyn Error>> {
    let node = client.node(&"pve01".parse()?);
    let newid = client.cluster().next_id(None).await?;
    let clone = CloneParams { name: Some("web02".into()), full: Some(true), ..CloneParams::new(newid) };
    let task = node.qemu(Vmid::new(9000)?).clone_to(&clone).await?;
    println!("{}", task.upid());
    task.wait(&WaitOptions::default()).await?;
    node.qemu(newid).start(&StartParams::default()).await?.wait(&WaitOptions::default()).await?;
    println!("{newid} is {:?}", node.qemu(newid).status().await?.power_state());
    Ok(())
}
