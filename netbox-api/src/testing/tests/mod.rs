//! Tests of the stand-in against what the real NetBox was seen to do.

#![allow(clippy::unwrap_used)]

#[cfg(feature = "client")]
mod available;
mod branches;
mod change_log;
mod clusters;
mod deliveries;
mod faults;
mod http;
mod race;
mod replay;
mod rest;
mod restore;
mod scenario;
mod speed;
mod tokens;
mod versions;

use serde_json::Value;

/// The id of a record.
fn id(record: &Value) -> u64 {
    record["id"].as_u64().unwrap()
}
