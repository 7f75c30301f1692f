//! The planner alone, with no network and nothing asynchronous: what does this recorded delivery ask for?
//!
//! `cargo run --example plan_a_delivery tests/fixtures/netbox-webhooks/029-*.raw`

use netbox_proxmox_core::{Delivery, Event, plan};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("give the file of a delivery")?;
    let delivery: Delivery = serde_json::from_slice(&std::fs::read(path)?)?;
    for action in plan(&Event::from_delivery(&delivery)?) {
        println!("{action}");
    }
    Ok(())
}
