//! Opens a port of a machine for some: `cargo run --example firewall_rule`.

mod connect;

use std::error::Error;

use proxmox_api::{Client, ConfigUpdate, FirewallRuleParams, FirewallSetEntryParams, FirewallSetParams, Vmid};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, _fake) = connect::client().await?;
    run(&client).await
}

pub(crate) async fn run(client: &Client) -> Result<(), Box<dyn Error>> {
    let firewall = client.node(&"pve01".parse()?).qemu(Vmid::new(100)?).firewall();
    firewall.sets().create(&FirewallSetParams::new("admins").comment("who may log in")).await?;
    firewall.sets().add("admins", &FirewallSetEntryParams::new("192.0.2.0/24")).await?;
    let rule = FirewallRuleParams::new("in", "ACCEPT").macro_name("SSH").source("+admins").enable(1);
    firewall.rules().create(&rule).await?;
    firewall.set_options(&ConfigUpdate::new().set("enable", true).set("policy_in", "DROP")).await?;
    for rule in firewall.rules().list().await? {
        println!("{} {} {}", rule.kind, rule.action, rule.macro_name.as_deref().unwrap_or_default());
    }
    Ok(())
}
