//! The fake of Proxmox VE as a process, for tests in any language.
//!
//! `fake-proxmox [--listen ADDRESS:PORT] [SEED.json]` prints one line of JSON with `url` and `token` once it answers, and
//! serves until it is ended. The seed is described at `proxmox_api::testing::Builder::from_seed`; without one there is a
//! node without guests. Without an address it takes a free port of `127.0.0.1`.

use std::error::Error;
use std::net::SocketAddr;

use proxmox_api::testing::Builder;

const USAGE: &str = "usage: fake-proxmox [--listen ADDRESS:PORT] [SEED.json]";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (mut address, mut seed): (Option<SocketAddr>, _) = (None, "{}".to_owned());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--listen" => address = Some(arguments.next().ok_or(USAGE)?.parse()?),
            "--help" | "-h" => {
                println!("{USAGE}");
                return Ok(());
            }
            option if option.starts_with('-') => return Err(USAGE.into()),
            file => seed = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?,
        }
    }
    let mut builder = Builder::from_seed(&seed)?;
    if let Some(address) = address {
        builder = builder.listen(address);
    }
    let pve = builder.start().await;
    println!("{}", serde_json::json!({"url": pve.url(), "token": pve.token_string()}));
    std::future::pending().await
}
