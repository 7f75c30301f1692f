//! The command `inbox`: size, pruning, copies.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::sides::run;
use common::{code, delivery, stderr, stdout};
use netbox_proxmox_core::FieldNames;
use netbox_proxmox_core::live::{EventState, NewEvent, Settlement, SqliteStore, Store};
use serde_json::{Value, json};
use std::path::Path;

struct Kept {
    directory: tempfile::TempDir,
    store: SqliteStore,
}

impl Kept {
    /// An inbox with one event of long ago.
    async fn begin() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&directory.path().join("inbox.sqlite")).await.unwrap();
        let read = netbox_proxmox_examples::delivery::read(&delivery("029").0).unwrap();
        store.insert(&NewEvent::from_delivery(&read, &FieldNames::default()).unwrap(), 1_600_000_000).await.unwrap();
        Self { directory, store }
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    fn run_on(&self, inbox: &str, arguments: &[&str], others: &[(&str, &str)]) -> std::process::Output {
        let inbox = format!("sqlite:{}", self.path(inbox));
        run(&[&["inbox"], arguments].concat(), &[&[("NETBOX_PROXMOX_INBOX", inbox.as_str())], others].concat())
    }

    fn run(&self, arguments: &[&str]) -> std::process::Output {
        self.run_on("inbox.sqlite", arguments, &[])
    }

    async fn settle(&self, state: EventState) {
        let id = self.store.events(None, 1).await.unwrap()[0].id;
        let settlement = Settlement { state, reason: None, due: 0, attempted: true, brake: None };
        self.store.settle(&[id], &settlement).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_size_is_told_and_what_is_old_goes() {
    let kept = Kept::begin().await;
    let count = |output: &std::process::Output, what: &str| {
        assert_eq!(code(output), 0, "{}", stderr(output));
        let counts: Value = serde_json::from_slice(&output.stdout).unwrap();
        counts.as_array().unwrap().iter().find(|it| it["what"] == what).unwrap()["count"].as_u64().unwrap()
    };
    let size = || kept.run(&["size", "--output", "json"]);
    assert_eq!((count(&size(), "pending"), count(&size(), "done")), (1, 0));
    assert!(count(&size(), "bytes") > 4096);
    assert!(stdout(&kept.run(&["size"])).contains("pending   1"), "{}", stdout(&kept.run(&["size"])));

    let prune = |options: &[&str]| kept.run(&[&["prune", "--output", "json"], options].concat());
    assert_eq!(count(&prune(&[]), "done"), 0, "what waits stays");
    kept.settle(EventState::Done).await;
    let dry = prune(&["--dry-run"]);
    assert!(stderr(&dry).contains("nothing was removed"), "{}", stderr(&dry));
    assert_eq!((count(&dry, "done"), count(&size(), "done")), (1, 1));
    // Longer kept by the configuration.
    let config = kept.path("config.toml");
    std::fs::write(&config, "[inbox]\ndone = 9999999999\n").unwrap();
    let longer = kept.run_on("inbox.sqlite", &["prune", "--output", "json"], &[("NETBOX_PROXMOX_CONFIG", &config)]);
    assert_eq!(count(&longer, "done"), 0);
    let pruned = prune(&[]);
    assert_eq!((count(&pruned, "done"), count(&pruned, "keys of events")), (1, 1), "so old that its key goes, too");
    assert_eq!(count(&size(), "done"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_the_same_inbox() {
    let kept = Kept::begin().await;
    kept.settle(EventState::Parked).await;
    kept.store.put("first-start", "netbox", "\"2026-11-01T08:00:00Z\"").await.unwrap();
    let exported = kept.run(&["export"]);
    assert_eq!((code(&exported), stderr(&exported).as_str()), (0, "2 exported\n"));
    let copy = kept.path("copy.jsonl");
    std::fs::write(&copy, &exported.stdout).unwrap();

    let imported = kept.run_on("other.sqlite", &["import", &copy], &[]);
    assert_eq!(code(&imported), 0, "{}", stderr(&imported));
    assert!(stderr(&imported).ends_with("2 imported\n"), "{}", stderr(&imported));
    assert_eq!(stdout(&kept.run_on("other.sqlite", &["export"], &[])), stdout(&exported));
    let again = kept.run_on("other.sqlite", &["import", &copy], &[]);
    assert_eq!(code(&again), 5);
    assert!(stderr(&again).contains("not empty"), "{}", stderr(&again));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_whole_copy_is_refused_before_anything_is_stored() {
    let kept = Kept::begin().await;
    let exported = stdout(&kept.run(&["export"]));
    let lines: Vec<&str> = exported.lines().collect();
    let [head, event, end] = lines[..] else { panic!("{exported}") };
    let younger = json!({"inbox": {"format": 2}}).to_string();
    for (name, lines, why) in [
        ("half", &[head, event][..], "ends too early"),
        ("lacking", &[head, end], "0 of 1 entries"),
        ("other", &[event, end], "no copy of an inbox"),
        ("younger", &[&younger, event, end], "form 2"),
        ("spoilt", &[head, &event[..event.len() / 2], end], "line 2"),
        ("empty", &[], "no copy of an inbox"),
    ] {
        let file = kept.path(name);
        std::fs::write(&file, lines.join("\n")).unwrap();
        let refused = kept.run_on("other.sqlite", &["import", &file], &[]);
        assert_eq!(code(&refused), 2, "{name}");
        assert!(stderr(&refused).contains(why), "{name}: {}", stderr(&refused));
        assert!(!Path::new(&kept.path("other.sqlite")).exists(), "{name}");
    }
}

/// Whatever the umask: deliveries may have in them what is secret.
#[tokio::test(flavor = "multi_thread")]
async fn only_its_owner_reads_the_inbox() {
    use std::os::unix::fs::PermissionsExt;

    let kept = Kept::begin().await;
    let (directory, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let copy = copies.path().join("copy.jsonl");
    std::fs::write(&copy, kept.run(&["export"]).stdout).unwrap();
    let output = std::process::Command::new("sh")
        .args(["-c", "umask 0; exec \"$0\" inbox import \"$1\"", env!("CARGO_BIN_EXE_netbox-proxmox")])
        .arg(&copy)
        .env_clear()
        .env("NETBOX_PROXMOX_INBOX", format!("sqlite:{}", directory.path().join("inbox.sqlite").display()))
        .output()
        .unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    // Beside an open one are its other files.
    for folder in [&directory, &kept.directory] {
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
        assert!(!files.is_empty());
        for file in files {
            let mode = file.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{:?} has the mode {mode:o}", file.file_name());
        }
    }
}
