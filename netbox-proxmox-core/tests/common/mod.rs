//! What the tests of the planner share: short names for values, and a plan as text.
#![allow(dead_code)] // each test uses its part

use netbox_proxmox_core::{Action, Cluster, Moment, NodeName, Owner, RecordId, StorageId, Vmid};
use proxmox_api::{DiskSlot, SshKeys};

/// A key that Proxmox takes.
pub(crate) const ALICE: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f alice@example.org";
/// Another.
pub(crate) const BOB: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGRlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn+AgYKD bob@example.org";

/// The record of most tests, and when it was created.
pub(crate) const OWNER: Owner = Owner { record: RecordId(42), birth: Moment::from_millis(1_763_800_000_000) };

/// Its cluster in NetBox.
pub(crate) fn lab() -> Cluster {
    Cluster { id: 1, name: "lab".into() }
}

pub(crate) fn vmid(number: u32) -> Vmid {
    Vmid::new(number).unwrap()
}

pub(crate) fn node(name: &str) -> NodeName {
    name.parse().unwrap()
}

pub(crate) fn storage(name: &str) -> StorageId {
    name.parse().unwrap()
}

pub(crate) fn slot(name: &str) -> DiskSlot {
    name.parse().unwrap()
}

pub(crate) fn keys(text: &str) -> SshKeys {
    text.parse().unwrap()
}

/// Expected text, written over several indented lines.
pub(crate) fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// An action as its line; of a report only what it is about.
pub(crate) fn brief(action: &Action) -> String {
    match action {
        Action::Report(report) => format!("report {}", report.field),
        action => action.to_string(),
    }
}

/// An action as its line; a report with what was wanted and found.
pub(crate) fn detailed(action: &Action) -> String {
    match action {
        Action::Report(report) if report.wanted.is_empty() && report.found.is_empty() => {
            format!("report {}", report.field)
        }
        Action::Report(report) => format!("report {}: wanted {}, found {}", report.field, report.wanted, report.found),
        action => action.to_string(),
    }
}
