//! What of the settings is not so yet in the configuration of a guest, whichever kind it is.

use proxmox_api::{ConfigUpdate, GuestConfig};

use crate::executor::Failure;
use crate::live::execute::step::refused;
use crate::marker::{Marker, MarkerState};
use crate::note;
use crate::option::GuestOption;
use crate::part::Part;
use crate::settings::Settings;

pub(super) fn update(config: &GuestConfig, set: &Settings, marker: Option<Marker>) -> Result<ConfigUpdate, Failure> {
    let mut update = ConfigUpdate::new();
    if let Some(onboot) = set.onboot.filter(|onboot| config.onboot() != *onboot) {
        update = update.onboot(onboot);
    }
    for (option, value) in set.options.iter().filter(|(option, _)| **option != GuestOption::Pool) {
        let found = option.of(config);
        match value {
            Some(value) if found.as_deref().or(option.unset()) != Some(value.as_str()) => {
                update = update.set(option.name(), value.as_str());
            }
            None if found.is_some() => update = update.delete(option.name()),
            Some(_) | None => {}
        }
    }
    if let Some(tags) = tags(&config.tags(), set) {
        update = update.tags(tags);
    }
    if let Some(text) = description(config.description().unwrap_or_default(), set, marker) {
        note::fits(&text).map_err(refused)?;
        update = update.description(&text);
    }
    Ok(update)
}

/// Refuses to remove a card that is not the one whose interface was deleted: `wanted` is the address that it had.
/// Without one it is the copy of a template's card, in a guest that is still being created.
pub(super) fn check_card(
    config: &GuestConfig,
    index: u8,
    found: Option<&str>,
    wanted: Option<&str>,
) -> Result<(), Failure> {
    let marker = config.description().and_then(Marker::find);
    let creating = marker.is_some_and(|marker| marker.state == MarkerState::Creating);
    if found == wanted || (wanted.is_none() && creating) {
        return Ok(());
    }
    Err(refused(format!("net{index} is another card than the one whose interface was deleted in NetBox")))
}

/// The tags after a change, if it changes any.
fn tags(present: &[String], set: &Settings) -> Option<Vec<String>> {
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
fn description(present: &str, set: &Settings, marker: Option<Marker>) -> Option<String> {
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
