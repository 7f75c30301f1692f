//! Runs a program within a machine: `cargo run --example agent_exec`.

mod connect;

use std::error::Error;
use std::time::Duration;

use proxmox_api::{Client, Vmid, WaitOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, _fake) = connect::client().await?;
    run(&client).await
}

pub(crate) async fn run(client: &Client) -> Result<(), Box<dyn Error>> {
    let agent = client.node(&"pve01".parse()?).qemu(Vmid::new(100)?).agent();
    let system = agent.os_info().await?;
    println!("{}", system.pretty_name.as_deref().unwrap_or("an unknown system"));
    let exit = agent.run(&["echo", "hello from within"], None, &WaitOptions::within(Duration::from_secs(30))).await?;
    print!("{}", exit.out_data.as_deref().unwrap_or_default());
    match exit.exitcode {
        Some(0) => Ok(()),
        code => Err(format!("it ended with {code:?}: {}", exit.err_data.unwrap_or_default()).into()),
    }
}
