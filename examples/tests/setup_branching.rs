//! `setup --branching --gate`: the gate's file, and what an operator is told to do with it.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::sides::Sides;
use common::{code, stderr};
use netbox_proxmox_core::live::setup::branching::{GATE, GATE_SETTINGS};

const RECEIVER: &str = "http://bridge.example.org:8080/webhook";

#[tokio::test(flavor = "multi_thread")]
async fn the_gate_is_written_and_its_settings_are_said() {
    let sides = Sides::begin().await;
    let path = sides.inbox().with_file_name("proxmox_gate.py");
    let file = path.to_str().unwrap();
    let dry = sides.run(&["setup", "--branching", "--gate", file, "--receiver", RECEIVER, "--dry-run"]);
    assert_eq!((code(&dry), path.exists()), (0, false), "{}", stderr(&dry));
    let output = sides.run(&["setup", "--branching", "--gate", file, "--receiver", RECEIVER, "--yes"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), GATE);
    assert!(stderr(&output).contains(GATE_SETTINGS) && stderr(&output).contains("restart"), "{}", stderr(&output));
    // What the document tells to write is what is said here.
    let document = include_str!("../../docs/branches.md");
    assert!(GATE_SETTINGS.lines().all(|line| document.contains(line)));
    let without = sides.run(&["setup", "--gate", file, "--yes"]);
    assert_eq!(code(&without), 2, "it is said with --branching");
}
