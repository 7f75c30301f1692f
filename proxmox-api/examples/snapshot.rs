//! Takes a snapshot, sets the machine back to it, removes it: `cargo run --example snapshot`.

mod connect;

use std::error::Error;

use proxmox_api::{Client, QemuSnapshotParams, Vmid, WaitOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, _fake) = connect::client().await?;
    run(&client).await
}

pub(crate) async fn run(client: &Client) -> Result<(), Box<dyn Error>> {
    let snapshots = client.node(&"pve01".parse()?).qemu(Vmid::new(100)?).snapshots();
    let wait = WaitOptions::default();
    let params = QemuSnapshotParams::new("before-upgrade").description("All is well.").vmstate(true);
    snapshots.create(&params).await?.wait(&wait).await?;
    for snapshot in snapshots.list().await?.iter().filter(|it| !it.is_current()) {
        println!("{}: {}", snapshot.name, snapshot.description.as_deref().unwrap_or_default());
    }
    snapshots.rollback("before-upgrade", false).await?.wait(&wait).await?;
    snapshots.delete("before-upgrade", false).await?.wait(&wait).await?;
    Ok(())
}
