//! Uploads an image: `cargo run --example upload [FILE]`.

mod connect;

use std::error::Error;

use proxmox_api::{Client, UploadParams, WaitOptions};
use tokio::fs::File;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, _fake) = connect::client().await?;
    run(&client).await
}

pub(crate) async fn run(client: &Client) -> Result<(), Box<dyn Error>> {
    // Any file does for a try.
    let path = std::env::args().nth(1).filter(|path| path.ends_with(".iso"));
    let path = path.unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").to_owned());
    let file = File::open(&path).await?;
    let length = file.metadata().await?.len();
    let storage = client.node(&"pve01".parse()?).storage(&"local".parse()?);
    // The file is read while it is sent: it may be larger than memory.
    let task = storage.upload(&UploadParams::new("iso", "uploaded.iso"), length, file).await?;
    task.wait(&WaitOptions::default()).await?;
    for volume in storage.content(Some("iso"), None).await? {
        println!("{} {}", volume.volid, volume.size.unwrap_or_default());
    }
    Ok(())
}
