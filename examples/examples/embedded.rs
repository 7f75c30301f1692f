//! The whole bridge within a program of your own, here between the fakes: what NetBox delivers becomes a guest.
//!
//! `cargo run --example embedded`

use netbox_api::testing::FakeNetBox;
use netbox_proxmox_core::live::{Bridge, Inbox, MemoryStore, NewEvent, ProxmoxCluster, Service, clusters};
use netbox_proxmox_core::{Delivery, FieldNames};
use proxmox_api::testing::{FakeProxmox, Storage};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let netbox = FakeNetBox::builder().cluster("lab").start().await;
    netbox.webhook("http://127.0.0.1:9/", None);
    let proxmox = FakeProxmox::builder().cluster("lab").node("pve01").storage(Storage::lvm_thin("local-lvm"));
    let proxmox = proxmox.template(9000, "debian", |it| it.disk("scsi0", "local-lvm", 10_240)).start().await;

    let client = netbox_api::Client::builder(netbox.url()).token(netbox.token().into()).build()?;
    let pve = proxmox_api::Client::builder(proxmox.url()).token(proxmox.token_string()).build()?;
    let inbox = Inbox::new(MemoryStore::default());
    let netbox_cluster = clusters::resolve(&client, &inbox, "lab").await?.cluster;
    let cluster = ProxmoxCluster { setting: "lab".into(), netbox_cluster, client: pve };
    let service = Service::builder(Bridge::new(client, "netbox.example.org", vec![cluster], inbox)).build();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn({
        let service = service.clone();
        async move { service.run(async { drop(stopped.await) }).await }
    });

    let custom = json!({"proxmox_vm_type": "vm", "proxmox_vm_templates": "9000"});
    netbox.create_vm(json!({"name": "web01", "status": "active", "custom_fields": custom}));
    let delivery: Delivery = serde_json::from_value(netbox.deliveries()[0].json())?;
    service.accept(&NewEvent::from_delivery(&delivery, &FieldNames::default())?).await?;
    service.dispatcher().idle().await;
    println!("{:?}", proxmox.guest(100).map(|guest| (guest.name().map(str::to_owned), guest.is_running())));
    stop.send(()).map_err(|()| "it ended by itself")?;
    Ok(running.await?)
}
