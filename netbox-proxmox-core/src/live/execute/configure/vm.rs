//! What of the settings is not so yet in the configuration of a VM.

use proxmox_api::{ConfigUpdate, NetDevice, QemuConfig};

use super::address::merged;
use crate::executor::Failure;
use crate::live::execute::step::refused;
use crate::marker::{Marker, MarkerState};
use crate::note;
use crate::part::Part;
use crate::settings::{Card, CardSettings, Settings};

/// The card of a VM to which NetBox gives one more: every guest with drivers for it is the faster for it.
const MODEL: &str = "virtio";

pub(in crate::live::execute) fn update(
    config: &QemuConfig,
    set: &Settings,
    marker: Option<Marker>,
) -> Result<ConfigUpdate, Failure> {
    let mut update = ConfigUpdate::new();
    if let Some(name) = set.name.as_deref().filter(|name| config.name() != Some(*name)) {
        update = update.name(name);
    }
    if let Some(cores) = set.cores.filter(|cores| config.cores() != *cores) {
        update = update.cores(cores);
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
                let creating = Marker::find(config.description().unwrap_or_default())
                    .is_some_and(|marker| marker.state == MarkerState::Creating);
                if present.macaddr != *mac && !(mac.is_none() && creating) {
                    return Err(another_card(index));
                }
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
    if let Some(onboot) = set.onboot.filter(|onboot| config.onboot() != *onboot) {
        update = update.onboot(onboot);
    }
    if let Some(protection) = set.protection.filter(|protection| config.protection() != *protection) {
        update = update.protection(protection);
    }
    if let Some(tags) = tags(&config.tags(), set) {
        update = update.tags(tags);
    }
    if let Some(text) = description(config.description().unwrap_or_default(), set, marker) {
        update = update.description(&text);
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

pub(super) fn another_card(index: u8) -> Failure {
    refused(format!("net{index} is another card than the one whose interface was deleted in NetBox"))
}

/// The tags after a change, if it changes any.
pub(super) fn tags(present: &[String], set: &Settings) -> Option<Vec<String>> {
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let removed = |tag: &String| set.remove_tags.iter().any(|it| same(it, tag));
    let mut tags: Vec<String> = present.iter().filter(|tag| !removed(tag)).cloned().collect();
    for tag in &set.add_tags {
        if !tags.iter().any(|it| same(it, tag)) {
            tags.push(tag.clone());
        }
    }
    (tags != present).then_some(tags)
}

/// The description after a change, if it changes: NetBox's line and the marker, each in its place among people's notes.
pub(super) fn description(present: &str, set: &Settings, marker: Option<Marker>) -> Option<String> {
    let mut text = match &set.description {
        Part::Unknown => present.to_owned(),
        Part::None => note::write_into(present, None),
        Part::Given(line) => note::write_into(present, Some(line)),
    };
    if let Some(marker) = marker.filter(|marker| Marker::find(&text).as_ref() != Some(marker)) {
        text = marker.write_into(&text);
    }
    (text.trim_end() != present.trim_end()).then_some(text)
}
