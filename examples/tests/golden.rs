//! What the commands print, on both streams, with their exit codes: compared with the files in `golden/`.
//!
//! `UPDATE_EXPECT=1 cargo test -p netbox-proxmox-examples --test golden` writes them anew: read what changed as an
//! operator would.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::fmt::Write;
use std::process::Output;

use common::sides::{Sides, run};
use common::{IDENTITY, code, fixture_path, stderr, stdout, with};
use expect_test::{ExpectFile, expect_file};
use netbox_proxmox_core::FieldNames;
use netbox_proxmox_core::live::{EventState, NewEvent, Settlement, Store};
use serde_json::json;

/// Commands with what they printed.
#[derive(Default)]
struct Transcript {
    text: String,
    /// What differs from run to run, and what stands for it.
    hidden: Vec<(String, &'static str)>,
}

impl Transcript {
    fn between(sides: &Sides) -> Self {
        let host = |url: &str| url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let inbox = sides.inbox();
        let hidden = vec![
            (host(&sides.netbox.url()), "NETBOX"),
            (host(sides.proxmox.url()), "PROXMOX"),
            (inbox.parent().unwrap().display().to_string(), "DIRECTORY"),
        ];
        Self { text: String::new(), hidden }
    }

    fn add(&mut self, arguments: &[&str], output: &Output) {
        let mut shown = format!("$ netbox-proxmox {}\n{}", arguments.join(" "), stdout(output));
        for line in stderr(output).lines() {
            writeln!(shown, "! {line}").unwrap();
        }
        writeln!(shown, "exit {}\n", code(output)).unwrap();
        for (found, name) in &self.hidden {
            shown = shown.replace(found, name);
        }
        let words: Vec<String> = shown.split_inclusive([' ', '\n', '"', ',']).map(stable).collect();
        self.text.push_str(&words.concat());
    }

    fn is(&self, file: &ExpectFile) {
        file.assert_eq(&self.text);
    }
}

/// A word without its UPID, its time or its version.
fn stable(word: &str) -> String {
    let end = word.len() - usize::from(word.ends_with([' ', '\n', '"', ',']));
    let (bare, end) = word.split_at(end);
    let is_time = bare.len() == 20 && bare.starts_with("20") && bare.ends_with('Z');
    match bare {
        _ if bare.starts_with("UPID:") => format!("UPID{end}"),
        _ if is_time => format!("TIME{end}"),
        _ => word.replace(env!("CARGO_PKG_VERSION"), "VERSION"),
    }
}

#[test]
fn help() {
    let mut transcript = Transcript::default();
    let commands = [
        "",
        "plan",
        "apply",
        "adopt",
        "discover",
        "events",
        "inbox",
        "inbox prune",
        "setup",
        "doctor",
        "status",
        "demo",
        "completions",
        "man",
    ];
    for command in commands {
        let arguments: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        transcript.add(&arguments, &run(&arguments, &[]));
    }
    transcript.is(&expect_file!["golden/help.txt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn plan() {
    let sides = Sides::begin().await;
    let mut transcript = Transcript::between(&sides);
    let deliveries = ["001", "029", "069"].map(|number| fixture_path(number).display().to_string());
    let fixtures = fixture_path("001").parent().unwrap().display().to_string();
    transcript.hidden.push((fixtures, "FIXTURES"));
    for file in &deliveries {
        for arguments in [vec!["plan", "--event", file], vec!["plan", "--output", "json", "--event", file]] {
            transcript.add(&arguments, &run(&arguments, &[]));
        }
    }
    for arguments in [
        &["plan", "--vm", "web01"][..],
        &["plan", "--vm", "web01", "--check", "--output", "json"],
        &["plan", "--vm", "nobody"],
        &["plan"],
    ] {
        transcript.add(arguments, &sides.run(arguments));
    }
    let unset = ["plan", "--vm", "web01"];
    transcript.add(&unset, &run(&unset, &[]));
    transcript.is(&expect_file!["golden/plan.txt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn apply() {
    let sides = Sides::begin().await;
    let mut transcript = Transcript::between(&sides);
    let file = sides.inbox().with_file_name("plan.json").display().to_string();
    let mut step = |arguments: &[&str]| transcript.add(arguments, &sides.run(arguments));
    step(&["apply", "--vm", "web01"]);
    step(&["apply", "--vm", "web01", "--yes"]);
    sides.store().await;
    step(&["plan", "--vm", "web01", "--quiet", "--out", &file]);
    step(&["apply", &file, "--yes"]);
    step(&["apply", &file, "--yes"]);
    step(&["apply", "--vm", "web01", "--yes", "--output", "json"]);
    sides.netbox.update_vm(1, json!({"memory": 4096, "status": "active"}));
    step(&["apply", "--vm", "web01", "--yes", "--output", "json"]);
    sides.netbox.update_vm(1, json!({"status": "staged"}));
    step(&["plan", "--vm", "web01"]);
    sides.proxmox.hold_config_lock(100);
    step(&["apply", "--vm", "web01", "--yes"]);
    transcript.is(&expect_file!["golden/apply.txt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn adopt() {
    let sides = Sides::begin().await;
    sides.netbox.update_vm(1, json!({"custom_fields": {"proxmox_vmid": "500"}}));
    sides.proxmox.add_guest(500, "old-name", |guest| guest.disk("scsi0", "local-lvm", 10_240).memory(1024));
    sides.store().await;
    let mut transcript = Transcript::between(&sides);
    for arguments in [
        &["plan", "--vm", "web01"][..],
        &["adopt", "--vm", "web01"],
        &["adopt", "--vm", "web01", "--yes"],
        &["adopt", "--vm", "web01", "--yes", "--output", "json"],
    ] {
        transcript.add(arguments, &sides.run(arguments));
    }
    let fields = json!({"proxmox_vm_type": "vm"});
    for (name, vmid, called) in [("app", 600, "app"), ("db", 601, "mail"), ("gone", 602, ""), ("twin", 600, "")] {
        let mut fields = fields.clone();
        fields["proxmox_vmid"] = json!(vmid.to_string());
        sides.netbox.create_vm(json!({"name": name, "status": "active", "custom_fields": fields}));
        if !called.is_empty() {
            sides.proxmox.add_guest(vmid, called, |guest| guest.disk("scsi0", "local-lvm", 1024));
        }
    }
    let mut all = |arguments: &[&str]| transcript.add(arguments, &sides.run(arguments));
    all(&["adopt", "--all", "--yes"]);
    sides.netbox.update_vm(5, json!({"custom_fields": {"proxmox_vmid": null}}));
    all(&["adopt", "--all"]);
    all(&["adopt", "--all", "--yes"]);
    all(&["adopt", "--all", "--yes"]);
    all(&["adopt", "--tag", "nothing", "--yes"]);
    transcript.is(&expect_file!["golden/adopt.txt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn discover() {
    let sides = Sides::begin().await;
    sides.proxmox.add_guest(500, "shop", |guest| {
        let guest =
            guest.disk("scsi0", "local-lvm", 10_240).net("net0", "virtio=BC:24:11:00:05:00,bridge=vmbr0,tag=20");
        let guest = guest.option("agent", "enabled=1").option("ipconfig0", "ip=192.0.2.10/24,gw=192.0.2.1");
        guest.cores(2).memory(2048).tags("prod").running()
    });
    sides.proxmox.add_guest(501, "web01", |guest| guest.disk("scsi0", "local-lvm", 10_240));
    let mut transcript = Transcript::between(&sides);
    for arguments in [
        &["discover"][..],
        &["discover", "--vm", "nobody", "--dry-run"],
        &["discover", "--dry-run"],
        &["discover", "--vm", "shop", "--dry-run", "--output", "json"],
        &["discover", "--yes"],
        &["discover", "--vm", "500", "--yes", "--output", "json"],
        &["discover", "--vm", "500", "--adopt", "--yes"],
    ] {
        transcript.add(arguments, &sides.run(arguments));
        assert!(sides.inbox().exists() || !arguments.contains(&"--yes"), "a dry run leaves nothing behind");
    }
    transcript.is(&expect_file!["golden/discover.txt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn events() {
    let sides = Sides::begin().await;
    let mut transcript = Transcript::between(&sides);
    transcript.add(&["events"], &sides.run(&["events"]));
    let store = sides.store().await;
    let read = netbox_proxmox_examples::delivery::read(&common::delivery("029").0).unwrap();
    store.insert(&NewEvent::from_delivery(&read, &FieldNames::default()).unwrap(), 1_763_800_000).await.unwrap();
    let mut step = |arguments: &[&str]| transcript.add(arguments, &sides.run(arguments));
    step(&["events"]);
    let reason = Some("guest 101 belongs to record 7".to_owned());
    let parked = Settlement { state: EventState::Parked, reason, due: 0, attempted: true, brake: None };
    store.settle(&[1], &parked).await.unwrap();
    step(&["events", "--state", "parked"]);
    step(&["events", "--output", "json"]);
    step(&["events", "--release"]);
    step(&["events", "--state", "parked"]);
    transcript.is(&expect_file!["golden/events.txt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor() {
    let sides = Sides::begin().await;
    let mut transcript = Transcript::between(&sides);
    // Nobody listens at the lowest ports of this machine.
    let nobody = ("NETBOX_PROXMOX_LISTEN", "127.0.0.1:9");
    let secret = ("NETBOX_WEBHOOK_SECRET", "hook");
    let mut step = |arguments: &[&str], others: &[(&str, &str)]| {
        transcript.add(arguments, &sides.run_with(arguments, &[&[nobody, secret], others].concat()));
    };
    step(&["doctor"], &[]);
    sides.netbox.webhook("http://bridge.example.org:8080/webhook", Some("hook"));
    step(&["doctor"], &[]);
    let slips = [("NETBOX_CLUSTER", "nowhere"), ("NETBOX_PROXMOX_LISTN", ":80"), ("NETBOX_WEBHOOK_SECRET", "another")];
    step(&["doctor"], &slips);
    step(&["doctor", "--output", "json"], &slips);
    step(&["doctor"], &[("PROXMOX_TOKEN", "root@pam!test=wrong")]);
    step(&["plan", "--vm", "web01", "--quiet"], &[("NETBOX_PROXMOX_LISTN", ":80")]);
    step(&["plan", "--vm", "web01"], &[("NETBOX_PROXMOX_LISTN", ":80")]);
    step(&["status"], &[]);
    transcript.add(&["doctor"], &run(&["doctor"], &with(&[nobody])));
    transcript.is(&expect_file!["golden/doctor.txt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn setup() {
    let sides = Sides::begin().await;
    let mut transcript = Transcript::between(&sides);
    let secret = [("NETBOX_WEBHOOK_SECRET", "a-secret-that-is-given"), ("NETBOX_CLUSTER", "pve-cluster-2")];
    let mut step = |arguments: &[&str]| transcript.add(arguments, &sides.run_with(arguments, &secret));
    let receiver = ["setup", "--receiver", "http://bridge.example.org:8080/webhook"];
    step(&["setup", "--dry-run"]);
    step(&receiver);
    step(&["setup", "--receiver", "http://bridge.example.org:8080/webhook", "--yes", "--quiet"]);
    step(&["setup", "--yes"]);
    step(&["setup", "--remove", "--dry-run", "--output", "json"]);
    step(&["setup", "--remove", "--yes", "--quiet"]);
    step(&["setup", "--proxmox"]);
    step(&["setup", "--proxmox", "--output", "json", "--token", "netbox"]);
    transcript.add(&["setup"], &sides.run_with(&["setup"], &[("NETBOX_TOKEN", "nbt_wrongwrong00.wrong")]));
    transcript.is(&expect_file!["golden/setup.txt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn all() {
    let sides = Sides::begin().await;
    sides.store().await;
    let marker = format!("netbox-proxmox: {IDENTITY} record 99 vmid 300 ready born 2026-01-01T00:00:00Z");
    sides.proxmox.add_guest(300, "left", |guest| guest.disk("scsi0", "local-lvm", 1024).description(&marker));
    sides.proxmox.add_guest(301, "theirs", |guest| guest.disk("scsi0", "local-lvm", 1024));
    let mut transcript = Transcript::between(&sides);
    for arguments in [
        &["plan", "--all"][..],
        &["plan", "--all", "--check", "--output", "json"],
        &["apply", "--all"],
        &["apply", "--all", "--yes"],
        &["apply", "--all", "--yes"],
        &["plan", "--all", "--check"],
    ] {
        transcript.add(arguments, &sides.run(arguments));
    }
    let fields = json!({"proxmox_vm_type": "vm", "proxmox_vm_templates": "9000"});
    for number in 1..=11 {
        sides
            .netbox
            .create_vm(json!({"name": format!("new-{number:02}"), "status": "staged", "custom_fields": fields}));
    }
    transcript.add(&["apply", "--all", "--yes"], &sides.run(&["apply", "--all", "--yes"]));
    transcript.is(&expect_file!["golden/all.txt"]);
}
