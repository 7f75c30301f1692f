//! Shows the log of a task while it runs: `cargo run --example follow_task`.

mod connect;

use std::error::Error;
use std::time::Duration;

use proxmox_api::{BackupParams, Client};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, _fake) = connect::client().await?;
    run(&client).await
}

pub(crate) async fn run(client: &Client) -> Result<(), Box<dyn Error>> {
    let task = client.node(&"pve01".parse()?).backup(&BackupParams::new().vmid("100")).await?;
    let mut seen = 0;
    loop {
        // The status first: lines that come between the two requests are in the log then.
        let status = task.status().await?;
        for line in task.log(seen, 500).await?.lines {
            println!("{}", line.t);
            seen = line.n;
        }
        if !status.is_running() {
            println!("{}", status.exitstatus.as_deref().unwrap_or("no exit status"));
            return Ok(());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
