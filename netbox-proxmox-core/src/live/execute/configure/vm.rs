//! What of the settings is not so yet in the configuration of a VM.

use proxmox_api::{ConfigUpdate, NetDevice, QemuConfig};

use super::address::merged;
use super::shared::check_card;
use crate::executor::Failure;
use crate::part::Part;
use crate::settings::{Card, CardSettings, Settings};

/// The card of a VM to which NetBox gives one more: every guest with drivers for it is the faster for it.
const MODEL: &str = "virtio";

/// Adds what a VM has for itself.
pub(super) fn add(mut update: ConfigUpdate, config: &QemuConfig, set: &Settings) -> Result<ConfigUpdate, Failure> {
    if let Some(name) = set.name.as_deref().filter(|name| config.name() != Some(*name)) {
        update = update.name(name);
    }
    if let Some(cores) = set.cores {
        if config.cores() != cores {
            update = update.cores(cores);
        }
        // What a template that is plugged into has left: more than there are, and the guest never starts (seen on Proxmox VE
        // 9.1: invalid CPU topology); fewer, and it has fewer than NetBox says.
        if config.vcpus().is_some() {
            update = update.delete("vcpus");
        }
    }
    if let Some(memory) = set.memory.filter(|memory| config.memory() != Some(*memory)) {
        update = update.memory(memory);
    }
    if let Some(balloon) = set.balloon.filter(|balloon| config.balloon() != Some(*balloon)) {
        update = update.balloon(balloon);
    }
    match &set.ssh_keys {
        Part::Given(keys) if config.sshkeys().as_ref() != Some(keys) => update = update.sshkeys(keys),
        Part::None if config.sshkeys().is_some() => update = update.delete("sshkeys"),
        _ => {}
    }
    let cards = config.nets();
    for interface in &set.interfaces {
        let index = interface.index;
        match (&interface.card, cards.get(&index)) {
            (Card::Set(card), present) => {
                let wanted = with(present, card);
                if present != Some(&wanted) {
                    update = update.net(index, &wanted);
                }
            }
            (Card::Remove { mac }, Some(present)) => {
                check_card(config, index, present.macaddr.as_deref(), mac.as_deref())?;
                update = update.delete(format!("net{index}"));
            }
            (Card::Remove { .. }, None) | (Card::Leave, _) => {}
        }
        let present = config.ipconfig(index).unwrap_or_default();
        let wanted = merged(&present, &interface.ipv4, &interface.ipv6);
        if wanted != present {
            update = update.ipconfig(index, &wanted);
        }
    }
    Ok(update)
}

/// The card with what is set of it; its other parts stay.
fn with(present: Option<&NetDevice>, card: &CardSettings) -> NetDevice {
    let mut device = present.cloned().unwrap_or_else(|| NetDevice::new(MODEL));
    if let Some(mac) = &card.mac {
        device.macaddr = Some(mac.clone());
    }
    if let Some(bridge) = &card.bridge {
        device.bridge = Some(bridge.clone());
    }
    if let Some(vlans) = &card.vlans {
        device.tag = vlans.untagged;
        device.rest.retain(|(key, _)| key != "trunks");
        device.rest.extend(vlans.trunks().map(|trunks| ("trunks".to_owned(), trunks)));
    }
    if let Some(mtu) = card.mtu {
        device.mtu = Some(mtu);
    }
    match card.link_down {
        Some(true) => device.link_down = Some(true),
        Some(false) => device.link_down = None,
        None => {}
    }
    device
}
