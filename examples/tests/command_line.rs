//! What the command line prints and how it exits, with the built binary.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::io::Write;
use std::process::{Output, Stdio};

use common::sides::{PROGRAM, Sides, run};
use common::{code, command, delivery, fixture_path, stderr, stdout, with};
use netbox_proxmox_core::FieldNames;
use netbox_proxmox_core::live::{EventState, NewEvent, Settlement, SqliteStore, Store};
use serde_json::{Value, json};

fn plan_of(number: &str) -> String {
    let output = run(&["plan", "--event", fixture_path(number).to_str().unwrap()], &[]);
    assert_eq!((code(&output), stderr(&output)), (0, String::new()));
    stdout(&output)
}

#[test]
fn the_plan_of_a_recorded_delivery_as_a_table() {
    assert_eq!(
        plan_of("029"),
        " #  action  what\n \
          1  start   web01 (VMID 101)\n"
    );
    assert_eq!(
        plan_of("044"),
        " #  action    what\n \
          1  shutdown  web01-renamed (VMID 101): stop after 180 s\n"
    );
    assert_eq!(
        plan_of("069"),
        " #  action   what\n \
          1  destroy  web01 (VMID 101)\n"
    );
    let creation = plan_of("001");
    let actions: Vec<_> = creation.lines().skip(1).filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(actions[..3], ["record", "clone", "configure"], "{creation}");
    assert!(
        creation
            .contains("clone      web01 (VMID to be allocated) from template 9000 on pve01 storage local-lvm full\n")
    );
}

#[test]
fn the_plan_of_a_recorded_delivery_as_json() {
    let path = fixture_path("029");
    let output = run(&["plan", "--output", "json", "--event", path.to_str().unwrap()], &[]);
    let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    let born = "2026-11-22T08:48:37.130Z";
    let guest = json!({"record": 1, "birth": born, "name": "web01", "kind": "qemu", "vmid": 101});
    assert_eq!(plan, json!([{"action": "start", "guest": guest}]));
}

#[test]
fn a_delivery_may_come_through_a_pipe() {
    let mut command = command(PROGRAM, &[]);
    command.args(["plan", "--event", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(&delivery("029").0).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(stdout(&output).contains("start   web01 (VMID 101)"), "{}", stdout(&output));
}

#[test]
fn what_concerns_no_guest_has_an_empty_plan() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), r#"{"event": "created", "object_type": "dcim.site", "data": {"id": 1}}"#).unwrap();
    let file = file.path().to_str().unwrap();
    let output = run(&["plan", "--event", file], &[]);
    assert_eq!((code(&output), stdout(&output)), (0, String::new()));
    assert!(stderr(&output).contains("objects of type dcim.site concern no guest"));
    let output = run(&["plan", "--quiet", "--output", "json", "--event", file], &[]);
    assert_eq!((code(&output), stdout(&output), stderr(&output)), (0, "[]\n".into(), String::new()));
}

#[test]
fn the_policy_of_the_file_counts() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "[policy]\ndestroy = 'never'\n").unwrap();
    let deletion = fixture_path("069");
    let output = run(&["--config", file.path().to_str().unwrap(), "plan", "--event", deletion.to_str().unwrap()], &[]);
    assert!(stdout(&output).contains("report") && !stdout(&output).contains("destroy  "), "{}", stdout(&output));
}

#[test]
fn what_is_wrong_with_the_command_exits_2() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), r#"{"event": "created", "object_type": "dcim.site", "data": {}}"#).unwrap();
    let not_a_delivery = file.path().to_str().unwrap();
    let nowhere = &with(&[("NETBOX_PROXMOX_INBOX", "mysql://db/inbox")]);
    for (arguments, variables, says) in [
        (&["plan"][..], &[][..], "--event"),
        (&["plan", "--event", "x", "--vm", "y"], &[], "cannot be used with"),
        (&["plan", "--event", "/nonexistent.json"], &[], "/nonexistent.json"),
        (&["plan", "--event", not_a_delivery], &[], "data.id"),
        (&["plan", "--vm", "web01"], &[], "NETBOX_URL is not set"),
        (&["apply", "--vm", "web01"], &with(&[]), "--yes"),
        (&["events"], nowhere, "sqlite:PATH"),
        (&["--config", "/nonexistent.toml", "events"], &[], "/nonexistent.toml"),
    ] {
        let output = run(arguments, variables);
        assert_eq!((code(&output), stdout(&output)), (2, String::new()), "{arguments:?}");
        assert!(stderr(&output).contains(says), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let path = fixture_path("001");
    let mut command = command(PROGRAM, &[]);
    command.args(["plan", "--event", path.to_str().unwrap()]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), stderr(&output)), (0, String::new()));
}

#[test]
fn an_inbox_that_is_not_there_is_not_made() {
    let directory = tempfile::tempdir().unwrap();
    let inbox = directory.path().join("inbox.sqlite");
    let output = run(&["events"], &[("NETBOX_PROXMOX_INBOX", &format!("sqlite:{}", inbox.display()))]);
    assert_eq!(code(&output), 4);
    assert!(stderr(&output).contains("NETBOX_PROXMOX_INBOX") && !inbox.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn parked_events_are_listed_and_released() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("inbox.sqlite");
    let store = SqliteStore::open(&path).await.unwrap();
    let read = netbox_proxmox_examples::delivery::read(&delivery("029").0).unwrap();
    let events = NewEvent::from_delivery(&read, &FieldNames::default()).unwrap();
    store.insert(&events, 1_763_800_000).await.unwrap();
    let id = store.events(None, 1).await.unwrap()[0].id;
    let reason = Some("the token may not start it".to_owned());
    let parked = Settlement { state: EventState::Parked, reason, brake: None, due: 0, attempted: true };
    store.settle(&[id], &parked).await.unwrap();

    let inbox = format!("sqlite:{}", path.display());
    let events = |arguments: &[&str]| run(&[&["events"], arguments].concat(), &[("NETBOX_PROXMOX_INBOX", &inbox)]);
    let listed = stdout(&events(&["--state", "parked"]));
    for part in ["2025-11-22T08:26:40Z", "parked", "web01", "virtualmachine 1 updated", "the token may not start it"] {
        assert!(listed.contains(part), "{part}: {listed}");
    }
    let json: Value = serde_json::from_slice(&events(&["--output", "json"]).stdout).unwrap();
    assert_eq!(json[0]["change"]["record"], 1);
    for (arguments, found) in [
        (&["--vm", "web01"][..], true),
        (&["--vm", "1"], true),
        (&["--vm", "web02"], false),
        (&["--since", "2025-11-22T08:26:40Z"], true),
        (&["--since", "2h"], false),
        (&["--since", "3d"], false),
        (&["--since", "9999d"], true),
        (&["--state", "reported"], false),
    ] {
        assert_eq!(!stdout(&events(arguments)).is_empty(), found, "{arguments:?}");
    }
    assert_eq!(code(&events(&["--since", "yesterday"])), 2);
    for unknown in ["2", "web02"] {
        let released = events(&["--release", unknown]);
        assert_eq!(code(&released), 4, "{}", stderr(&released));
        assert!(stderr(&released).contains(unknown), "{}", stderr(&released));
    }
    assert!(stderr(&events(&["--release", "web01"])).starts_with("1 released"));
    assert_eq!(store.events(Some(EventState::Pending), 9).await.unwrap().len(), 1);
    let none = events(&["--state", "parked"]);
    assert_eq!((code(&none), stdout(&none)), (0, String::new()));
    store.settle(&[id], &parked).await.unwrap();
    assert!(stderr(&events(&["--release"])).starts_with("1 released"));
    // What could only be reported is not said to be done.
    let reported = Settlement { state: EventState::Done, ..parked };
    store.settle(&[id], &reported).await.unwrap();
    assert!(stdout(&events(&["--state", "reported"])).contains(" reported "));
    assert_eq!(stdout(&events(&["--state", "done"])), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_is_planned_applied_and_then_as_it_should_be() {
    let sides = Sides::begin().await;
    let plan = sides.run(&["plan", "--vm", "web01", "--check"]);
    assert_eq!(code(&plan), 5, "{}", stderr(&plan));
    assert!(stdout(&plan).contains("clone"), "{}", stdout(&plan));
    assert!(sides.proxmox.writes().is_empty() && !sides.inbox().exists(), "a plan changes nothing");

    let nowhere = sides.run(&["apply", "--vm", "web01", "--yes"]);
    assert_eq!(code(&nowhere), 4, "nothing is created that the server does not know of");
    assert!(stderr(&nowhere).contains("NETBOX_PROXMOX_INBOX") && !sides.inbox().exists());
    assert!(sides.proxmox.writes().is_empty());

    sides.store().await;
    let applied = sides.run(&["apply", "--vm", "web01", "--yes"]);
    assert_eq!(code(&applied), 0, "{}", stderr(&applied));
    assert!(stdout(&applied).contains("done       clone web01 (VMID 100)"), "{}", stdout(&applied));
    assert!(stderr(&applied).contains("UPID:pve01:"), "{}", stderr(&applied));
    assert_eq!(sides.proxmox.guest(100).unwrap().get("memory"), Some("2048"));

    let again = sides.run(&["plan", "--vm", "1", "--check"]);
    assert_eq!((code(&again), stdout(&again)), (0, String::new()), "{}", stderr(&again));
    assert!(stderr(&again).contains("nothing to do"));
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes_tell_the_class_of_a_failure() {
    let sides = Sides::begin().await;
    let plan = ["plan", "--vm", "web01"];
    let is = |output: Output, wanted: i32, says: &str| {
        assert_eq!((code(&output), stdout(&output)), (wanted, String::new()), "{}", stderr(&output));
        assert!(stderr(&output).contains(says), "{}", stderr(&output));
    };
    is(sides.run_with(&plan, &[("NETBOX_TOKEN", "nbt_wrongwrongwr.wrong")]), 3, "NetBox");
    is(sides.run_with(&plan, &[("PROXMOX_TOKEN", "root@pam!test=wrong")]), 3, "Proxmox");
    is(sides.run(&["plan", "--vm", "web99"]), 4, "NetBox has no virtual machine web99");
    is(sides.run(&["plan", "--vm", "99"]), 4, "NetBox has no virtual machine 99");
    is(sides.run_with(&plan, &[("NETBOX_URL", "http://127.0.0.1:9")]), 6, "NetBox");
    is(sides.run_with(&plan, &[("PROXMOX_URL", "http://127.0.0.1:9")]), 6, "Proxmox");
    sides.netbox.create_vm(json!({"name": "web01", "status": "active", "cluster": 2}));
    is(sides.run(&plan), 2, "1, 2");
    let unmanaged = sides.run(&["plan", "--vm", "2"]);
    is(unmanaged, 0, "is not managed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_what_is_missing() {
    let sides = Sides::begin().await;
    sides.netbox.webhook("http://bridge.example.org/webhook", Some("hook"));
    let healthy = sides.run(&["doctor"]);
    assert_eq!(code(&healthy), 0, "{}", stdout(&healthy));
    let wrong = sides.run_with(&["doctor", "--output", "json"], &[("NETBOX_CLUSTER", "nowhere")]);
    assert_eq!(code(&wrong), 4);
    let findings: Value = serde_json::from_slice(&wrong.stdout).unwrap();
    let failed = findings.as_array().unwrap().iter().filter(|finding| finding["verdict"] == "failure");
    assert_eq!(failed.map(|finding| &finding["what"]).collect::<Vec<_>>(), ["cluster of nowhere in NetBox"]);
}

#[test]
fn the_demo_holds() {
    let output = run(&["demo"], &[]);
    assert_eq!(code(&output), 0, "{}\n{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).contains("19 changes, ") && !stdout(&output).contains("DIFFERS"));
    assert!(stdout(&output).lines().all(|line| line.chars().count() <= 100), "too wide:\n{}", stdout(&output));
    let output = run(&["demo", "--branch"], &[]);
    assert_eq!(code(&output), 0, "{}\n{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).contains("6 changes, ") && !stdout(&output).contains("DIFFERS"));
}
