//! Every guest with its addresses, as lines of JSON or as CSV: `cargo run --example inventory [csv]`.
//!
//! Each guest is written when its answer has come, so the memory does not grow with the cluster.

mod connect;

use std::error::Error;
use std::io::Write;

use proxmox_api::{Client, GuestType, InnerInterface, PowerState, Resource, ResourceType};
use serde::Serialize;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, _fake) = connect::client().await?;
    let form = if std::env::args().nth(1).as_deref() == Some("csv") { Form::Csv } else { Form::Json };
    export(&client, form, &mut std::io::stdout().lock()).await
}

#[derive(Clone, Copy)]
pub(crate) enum Form {
    Json,
    Csv,
}

#[derive(Serialize)]
struct Row {
    vmid: u32,
    kind: &'static str,
    name: String,
    node: String,
    running: bool,
    /// Of its cards, without loopback and link-local ones; none where no agent answers.
    addresses: Vec<String>,
}

pub(crate) async fn export(client: &Client, form: Form, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    if let Form::Csv = form {
        writeln!(out, "vmid,kind,name,node,running,addresses")?;
    }
    for guest in client.cluster().resources(Some(ResourceType::Vm)).await? {
        let Some(row) = row(client, guest).await else { continue };
        match form {
            Form::Json => writeln!(out, "{}", serde_json::to_string(&row)?)?,
            Form::Csv => writeln!(
                out,
                "{},{},{},{},{},{}",
                row.vmid,
                row.kind,
                quoted(&row.name),
                row.node,
                row.running,
                quoted(&row.addresses.join(" "))
            )?,
        }
    }
    Ok(())
}

async fn row(client: &Client, guest: Resource) -> Option<Row> {
    let (kind, running) = (guest.guest_type()?, guest.power_state() == Some(PowerState::Running));
    let (vmid, node) = (guest.vmid?, guest.node?);
    let interfaces = match (running, kind) {
        (false, _) => Vec::new(),
        // An agent that does not answer is no reason to have no inventory.
        (true, GuestType::Qemu) => client.node(&node).qemu(vmid).agent().interfaces().await.unwrap_or_default(),
        (true, GuestType::Lxc) => client.node(&node).lxc(vmid).interfaces().await.unwrap_or_default(),
    };
    let kind = if kind == GuestType::Qemu { "vm" } else { "lxc" };
    let addresses = interfaces.iter().flat_map(outer).collect();
    Some(Row {
        vmid: vmid.get(),
        kind,
        name: guest.name.unwrap_or_default(),
        node: node.to_string(),
        running,
        addresses,
    })
}

fn outer(interface: &InnerInterface) -> impl Iterator<Item = String> {
    let reached = |address: &std::net::IpAddr| match address {
        std::net::IpAddr::V4(address) => !address.is_loopback() && !address.is_link_local(),
        std::net::IpAddr::V6(address) => !address.is_loopback() && !address.is_unicast_link_local(),
    };
    interface.addresses.iter().filter(move |cidr| reached(&cidr.address)).map(ToString::to_string)
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
