//! Whom the examples talk to: the Proxmox VE that the environment names, or a fake in this process.
//!
//! `PROXMOX_URL=https://pve01:8006 PROXMOX_TOKEN='user@realm!name=secret' PROXMOX_FINGERPRINT=AA:BB:… cargo run …`

use std::env::var;
use std::error::Error;

use proxmox_api::Client;
use proxmox_api::testing::FakeProxmox;

/// The client, and the fake where there is one: it ends with its handle.
pub(crate) async fn client() -> Result<(Client, Option<FakeProxmox>), Box<dyn Error>> {
    let Ok(url) = var("PROXMOX_URL") else {
        let fake = fake().await;
        let client = Client::builder(fake.url()).token(fake.token_string()).build()?;
        return Ok((client, Some(fake)));
    };
    let mut builder = Client::builder(url).token(var("PROXMOX_TOKEN")?);
    if let Ok(fingerprint) = var("PROXMOX_FINGERPRINT") {
        builder = builder.fingerprint(fingerprint);
    }
    Ok((builder.build()?, None))
}

/// A node with a template, a machine with an agent, and a container.
async fn fake() -> FakeProxmox {
    FakeProxmox::builder()
        .node("pve01")
        .template(9000, "debian-12", |it| it.disk("scsi0", "local-lvm", 2048).cores(2).memory(2048))
        .guest(100, "web01", |it| {
            let it = it.disk("scsi0", "local-lvm", 4096).net("net0", "virtio=BC:24:11:00:00:01,bridge=vmbr0").running();
            it.inner("eth0", "net0", &["192.0.2.10/24", "2001:db8::10/64"])
        })
        .container(200, "dns01", |it| {
            it.disk("rootfs", "local-lvm", 1024).inner("eth0", "BC:24:11:00:00:02", &["192.0.2.53/24"]).running()
        })
        .start()
        .await
}
