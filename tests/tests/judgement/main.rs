//! What must never happen to the wrong guest, nor happen or be left out without a word: ids that come again, removals that
//! wait, clusters that are renamed, VMIDs that are another's, brakes, the gate, branches.
//!
//! Each file is one kind of fault, seen on a real NetBox 4.7.3 and Proxmox VE 9.1.7 or on the fakes.

#![allow(clippy::unwrap_used)]

mod agreement;
mod backups;
mod brakes;
mod branches;
mod clusters;
mod gate;
mod guards;
mod ignored;
mod importers;
mod removals;
mod restored;
mod vmids;

use netbox_proxmox_core::live::{CatchUp, EventState, StoredEvent};
use netbox_proxmox_tests::Lab;
use serde_json::{Value, json};

/// A laboratory in which the end of the change log is known: the log of a NetBox in use is never empty.
async fn lab() -> Lab {
    known(Lab::new().await).await
}

async fn known(lab: Lab) -> Lab {
    lab.netbox.user("alice").create("extras/tags", json!({"name": "used", "slug": "used"}));
    lab.dispatcher.catch_up(None).await.unwrap();
    lab
}

/// Reads the change log, and lets everything be answered, deliveries too.
async fn catch_up(lab: &Lab) -> CatchUp {
    let done = lab.dispatcher.catch_up(None).await.unwrap();
    lab.dispatcher.idle().await;
    done
}

/// The events in a state, newest first.
async fn events(lab: &Lab, state: EventState) -> Vec<StoredEvent> {
    lab.dispatcher.bridge().inbox.store().events(Some(state), 1000).await.unwrap()
}

/// What waits for a person: one event of each record, as the disks of a deleted one are deleted with it.
async fn waiting(lab: &Lab) -> Vec<StoredEvent> {
    let mut parked = events(lab, EventState::Parked).await;
    parked.sort_by_key(|event| (event.change.record, !event.change.deleted_record()));
    parked.dedup_by_key(|event| event.change.record);
    parked
}

/// A person agrees to everything that waits.
async fn release(lab: &Lab) {
    netbox_proxmox_core::live::release::all(&lab.dispatcher.bridge().inbox, "dave on the command line").await.unwrap();
    lab.dispatcher.wake();
    lab.dispatcher.idle().await;
}

/// The texts of the journal of clusters.
fn on_clusters(lab: &Lab) -> Vec<String> {
    let of_cluster = |entry: &Value| entry["assigned_object_type"] == "virtualization.cluster";
    let text = |entry: Value| entry["comments"].as_str().unwrap().to_owned();
    lab.netbox.journal().into_iter().filter(of_cluster).map(text).collect()
}

/// The text has all of these words.
#[track_caller]
fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "no {word:?} in: {text}");
    }
}
