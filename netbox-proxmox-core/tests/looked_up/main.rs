//! Plans from events in which both sides were looked up: one test for each rule of the mission.

#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;

mod case;
mod cause;
mod configure;
mod container_clone;
mod container_create;
mod container_disks;
mod containers;
mod create;
mod disks;
mod gone;
mod identity;
mod importers;
mod interfaces;
mod labels;
mod migrate;
mod power;
mod recorded;
mod recorded_containers;
mod recorded_machines;
