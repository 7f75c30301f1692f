//! Backs up a guest and makes another one of the backup: `cargo run --example backup`.

mod connect;

use std::error::Error;

use proxmox_api::{BackupParams, Client, QemuRestoreParams, StorageId, Vmid, WaitOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, _fake) = connect::client().await?;
    run(&client).await
}

pub(crate) async fn run(client: &Client) -> Result<(), Box<dyn Error>> {
    let (node, wait) = (client.node(&"pve01".parse()?), WaitOptions::default());
    let (local, source): (StorageId, Vmid) = ("local".parse()?, Vmid::new(100)?);
    let params = BackupParams::new().vmid(source.to_string()).storage(local.clone()).mode("snapshot").compress("zstd");
    node.backup(&params).await?.wait(&wait).await?;
    let backups = node.storage(&local).content(Some("backup"), Some(source)).await?;
    let newest = backups.last().ok_or("no backup")?.volid.to_string();
    println!("{newest}");
    let newid = client.cluster().next_id(None).await?;
    let params = QemuRestoreParams::new(newid, newest).unique(true).name("web01-restored");
    node.restore_qemu(&params).await?.wait(&wait).await?;
    println!("restored as {newid}");
    Ok(())
}
