//! What the tests share.
#![allow(dead_code, clippy::unwrap_used, missing_docs)]

pub(crate) mod sides;

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;

use netbox_proxmox_core::live::Inbox;
use netbox_proxmox_examples::server::{Peers, ServerState};
use netbox_proxmox_examples::{Settings, connect};
use serde_json::Value;

pub(crate) fn fixture_path(number: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/netbox-webhooks");
    let mut files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    files.find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(&format!("{number}-"))).unwrap()
}

/// A delivery that a NetBox 4.7.3 sent: its body and its signature.
pub(crate) fn delivery(number: &str) -> (Vec<u8>, String) {
    let path = fixture_path(number);
    let index = std::fs::read(path.with_file_name("index.json")).unwrap();
    let index: Value = serde_json::from_slice(&index).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let entry = index["deliveries"].as_array().unwrap().iter().find(|entry| entry["file"] == name).unwrap();
    (std::fs::read(&path).unwrap(), entry["signature"].as_str().unwrap().to_owned())
}

/// The secret that the recorded deliveries are signed with.
pub(crate) const RECORDED_SECRET: &str = "netbox-lab-webhook-secret-0123456789";

/// What markers call our NetBox: an address would be that of many.
pub(crate) const IDENTITY: &str = "netbox.example.org";

/// Settings that lack nothing; nobody is at their addresses.
pub(crate) const COMPLETE: &[(&str, &str)] = &[
    ("NETBOX_URL", "http://127.0.0.1:9"),
    ("NETBOX_TOKEN", "nbt_abcdefghijkl.token-of-netbox"),
    ("NETBOX_PROXMOX_IDENTITY", IDENTITY),
    ("NETBOX_WEBHOOK_SECRET", RECORDED_SECRET),
    ("PROXMOX_URL", "http://127.0.0.1:9"),
    ("PROXMOX_TOKEN", "root@pam!bridge=token-of-proxmox"),
];

/// `COMPLETE` with others in place of some, or beside them.
pub(crate) fn with<'a>(others: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    COMPLETE.iter().chain(others).copied().collect()
}

pub(crate) fn settings(others: &[(&str, &str)]) -> Settings {
    Settings::from_environment(with(others)).unwrap()
}

/// What the handlers of a server share.
pub(crate) fn state(others: &[(&str, &str)], inbox: Inbox) -> Arc<ServerState> {
    let settings = settings(others);
    let netbox = connect::netbox(&settings.netbox().unwrap()).unwrap();
    let proxmox = connect::proxmox(&settings.clusters().unwrap()[0]).unwrap();
    let peers = Peers { netbox, proxmox: vec![("pve-cluster-1".into(), proxmox)] };
    Arc::new(ServerState::new(settings.receiver().unwrap(), settings.fields().clone(), inbox, peers))
}

/// A command in this environment and no other.
pub(crate) fn command(program: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs(variables.iter().copied());
    command
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}
