//! `adopt`: a guest that exists becomes a record's, or is refused.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::sides::Sides;
use common::{IDENTITY, code, stderr, stdout};
use netbox_proxmox_core::live::inbox::Leasing;
use netbox_proxmox_core::live::{SqliteStore, Store};
use netbox_proxmox_core::{Moment, RecordId};
use proxmox_api::testing::{Fault, GuestBuilder};
use serde_json::{Value, json};

const ADOPT: [&str; 4] = ["adopt", "--vm", "web01", "--yes"];
const CONFIG: &str = "PUT /nodes/*/qemu/*/config";

/// web01, to which NetBox gives VMID 500, and a guest there.
async fn begin(describe: impl FnOnce(GuestBuilder) -> GuestBuilder) -> Sides {
    let sides = Sides::begin().await;
    sides.netbox.update_vm(1, json!({"custom_fields": {"proxmox_vmid": "500"}}));
    sides.proxmox.add_guest(500, "old-name", |guest| describe(guest.disk("scsi0", "local-lvm", 10_240)));
    sides.store().await;
    sides
}

/// The marker of guest 500, if it is this record's: web01's, or another's, which NetBox has or does not have.
fn marker(sides: &Sides, record: u64) -> String {
    let created = sides.netbox.vm(record).map(|record| record["created"].as_str().unwrap().to_owned());
    let birth: Moment = created.as_deref().unwrap_or("2026-01-01T00:00:00Z").parse().unwrap();
    format!("netbox-proxmox: {IDENTITY} record {record} vmid 500 ready born {birth}")
}

fn notes(sides: &Sides) -> String {
    sides.proxmox.guest(500).unwrap().description().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adopted_guest_is_configured_by_apply() {
    let sides = begin(|guest| guest.description("ask Ops before a restart").memory(1024)).await;
    let apply = ["apply", "--vm", "web01", "--yes"];
    let before = sides.run(&apply);
    assert!(stdout(&before).contains("`netbox-proxmox adopt`"), "{}{}", stdout(&before), stderr(&before));
    assert_eq!(sides.proxmox.guest(500).unwrap().get("memory"), Some("1024"), "it is not ours yet");

    let adopted = sides.run(&ADOPT);
    assert_eq!((code(&adopted), stdout(&adopted).as_str()), (0, "done       adopt web01 (VMID 500)\n"));
    let talk = stderr(&adopted);
    let first =
        "virtual machine web01 (id 1 in NetBox) adopts guest 500 (old-name) on pve01, stopped; the names differ\n";
    assert!(talk.starts_with(first), "{talk}");
    assert!(talk.contains("`netbox-proxmox apply --vm 1` would do:\n  ") && talk.contains("configure web01"), "{talk}");
    assert_eq!(notes(&sides), format!("ask Ops before a restart\n{}", marker(&sides, 1)));
    assert_eq!(sides.proxmox.guest(500).unwrap().get("memory"), Some("1024"), "only the marker is written");

    let applied = sides.run(&apply);
    assert_eq!(code(&applied), 0, "{}", stderr(&applied));
    let guest = sides.proxmox.guest(500).unwrap();
    assert_eq!((guest.get("memory"), guest.name()), (Some("2048"), Some("web01")));
    assert!(notes(&sides).starts_with("ask Ops before a restart\n"));

    sides.proxmox.clear_requests();
    let again = sides.run(&["adopt", "--vm", "1", "--yes", "--output", "json", "--quiet"]);
    assert_eq!((code(&again), stderr(&again)), (0, String::new()));
    let wanted = json!({"outcome": "unchanged", "record": 1, "name": "web01", "vmid": 500, "plan": []});
    assert_eq!(serde_json::from_slice::<Value>(&again.stdout).unwrap(), wanted);
    assert!(sides.proxmox.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adopted_container_is_configured_by_apply() {
    let sides = Sides::begin().await;
    let custom = json!({"proxmox_vm_type": "lxc", "proxmox_vm_templates": null, "proxmox_vmid": "500"});
    sides.netbox.update_vm(1, json!({ "custom_fields": custom }));
    sides.proxmox.add_container(500, "old-name", |container| {
        container.disk("rootfs", "local-lvm", 4_096).memory(1024).description("ask Ops before a restart")
    });
    sides.store().await;

    let adopted = sides.run(&ADOPT);
    assert_eq!((code(&adopted), stdout(&adopted).as_str()), (0, "done       adopt web01 (VMID 500)\n"));
    assert_eq!(notes(&sides).trim_end(), format!("ask Ops before a restart\n{}", marker(&sides, 1)));
    assert_eq!(sides.proxmox.writes(), ["PUT /nodes/pve01/lxc/500/config"], "only the marker is written");

    let applied = sides.run(&["apply", "--vm", "web01", "--yes"]);
    assert_eq!(code(&applied), 0, "{}", stderr(&applied));
    let guest = sides.proxmox.guest(500).unwrap();
    assert_eq!((guest.get("memory"), guest.get("hostname")), (Some("2048"), Some("web01")));
    assert!(notes(&sides).starts_with("ask Ops before a restart\n"));

    let again = sides.run(&ADOPT);
    assert_eq!((code(&again), stdout(&again).contains("done")), (0, false), "{}", stdout(&again));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_a_virtual_machine_adopts_no_container() {
    let sides = Sides::begin().await;
    sides.netbox.update_vm(1, json!({"custom_fields": {"proxmox_vmid": "500"}}));
    sides.proxmox.add_container(500, "web01", |container| container.disk("rootfs", "local-lvm", 4_096));
    sides.store().await;
    let output = sides.run(&ADOPT);
    assert_eq!((code(&output), stdout(&output)), (1, String::new()), "{}", stderr(&output));
    assert!(stderr(&output).contains("a container (lxc)"), "{}", stderr(&output));
    assert!(sides.proxmox.writes().is_empty() && notes(&sides).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_to_be_adopted_is_left_alone() {
    let elsewhere = "netbox-proxmox: netbox.another.org record 1 vmid 500 ready born 2026-01-01T00:00:00Z";
    type Describe = fn(GuestBuilder, &str) -> GuestBuilder;
    let noted: Describe = |guest, notes| guest.description(notes);
    let table: [(&str, Describe, &str); 3] = [
        (elsewhere, noted, "guest 500 belongs to virtual machine 1 of NetBox netbox.another.org, which"),
        ("", |guest, _| guest.template(), "guest 500 is a template"),
        ("", |guest, _| guest.option("lock", "clone"), "guest 500 is still being created (lock: clone)"),
    ];
    for (text, describe, says) in table {
        let sides = begin(|guest| describe(guest, text)).await;
        let output = sides.run(&ADOPT);
        assert_eq!((code(&output), stdout(&output)), (1, String::new()), "{says}: {}", stderr(&output));
        assert!(stderr(&output).starts_with(&format!("netbox-proxmox: {says}")), "{}", stderr(&output));
        assert!(sides.proxmox.writes().is_empty(), "{says}");
        assert_eq!(notes(&sides), text);
    }
    let sides = begin(|guest| guest).await;
    sides.netbox.create_vm(json!({"name": "db01", "status": "planned"}));
    let another = marker(&sides, 2);
    sides.proxmox.edit(500, |guest| guest.set("description", another.clone()));
    let output = sides.run(&ADOPT);
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("guest 500 belongs to virtual machine 2 (created "), "{}", stderr(&output));
    assert_eq!(notes(&sides), another);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guest_of_a_record_that_is_gone_may_be_given_to_another() {
    let sides = begin(|guest| guest).await;
    let gone = marker(&sides, 7);
    // Of a former record with its own id, too: NetBox was restored, and gave it again.
    let former = gone.replace("record 7", "record 1");
    let undated = "netbox-proxmox: netbox.example.org record 1 vmid 500 ready".to_owned();
    for before in [gone, former, undated] {
        sides.proxmox.edit(500, |guest| guest.set("description", format!("ask Ops\n{before}")));
        let output = sides.run(&ADOPT);
        assert_eq!(code(&output), 0, "{before}: {}", stderr(&output));
        assert_eq!(notes(&sides), format!("ask Ops\n{}", marker(&sides, 1)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_that_leave_no_room_for_the_marker_are_said_to_be_too_long() {
    let sides = begin(|guest| guest.description(&"x".repeat(8_150))).await;
    let output = sides.run(&ADOPT);
    assert_eq!(code(&output), 1);
    let told = stderr(&output);
    assert!(
        told.contains("guest 500") && told.contains("too long") && told.contains("shorten them in Proxmox"),
        "{told}"
    );
    assert!(sides.proxmox.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_cannot_adopt_says_what_to_do() {
    let sides = begin(|guest| guest).await;
    let is = |sides: &Sides, arguments: &[&str], wanted: i32, says: &str| {
        let output = sides.run(arguments);
        assert_eq!((code(&output), stdout(&output)), (wanted, String::new()), "{}", stderr(&output));
        assert!(stderr(&output).contains(says), "{}", stderr(&output));
    };
    is(&sides, &["adopt", "--vm", "web01"], 2, "--yes");
    is(&sides, &["adopt", "--vm", "web99", "--yes"], 4, "NetBox has no virtual machine web99");
    let store = sides.store().await;
    let lease = async |store: &SqliteStore| store.lease(RecordId(1).into(), "server", None).await.unwrap();
    assert!(matches!(lease(&store).await, Leasing::Taken(_)));
    let renewed = store.clone();
    let server = tokio::spawn(async move {
        loop {
            renewed.lease(RecordId(1).into(), "server", None).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    });
    is(&sides, &ADOPT, 5, "the server is working on it");
    server.abort();
    let _ = server.await;
    store.unlease(None, "server").await.unwrap();
    sides.netbox.update_vm(1, json!({"custom_fields": {"proxmox_vmid": "501"}}));
    is(&sides, &ADOPT, 5, "Proxmox has no guest 501");
    sides.netbox.update_vm(1, json!({"name": "old-name", "custom_fields": {"proxmox_vmid": null}}));
    let says = "write that of its guest into proxmox_vmid (a guest of this name: VMID 500)";
    is(&sides, &["adopt", "--vm", "1", "--yes"], 1, says);
    sides.netbox.update_vm(1, json!({"custom_fields": {"proxmox_vm_type": null}}));
    is(&sides, &["adopt", "--vm", "1", "--yes"], 1, "is not managed: proxmox_vm_type is not set");
    assert!(sides.proxmox.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_adopted_before_the_first_start_makes_the_inbox() {
    let sides = begin(|guest| guest).await;
    std::fs::remove_file(sides.inbox()).unwrap();
    let adopted = sides.run(&ADOPT);
    assert_eq!(code(&adopted), 0, "{}", stderr(&adopted));
    let says = "the server needs the same NETBOX_PROXMOX_INBOX";
    assert!(stderr(&adopted).contains(says) && sides.inbox().exists(), "{}", stderr(&adopted));
    let again = sides.run(&ADOPT);
    assert_eq!((code(&again), stderr(&again).contains(says)), (0, false), "{}", stderr(&again));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_meanwhile_is_looked_at_again() {
    // A person writes a note between reading and writing.
    let sides = begin(|guest| guest.description("old")).await;
    let mut first = true;
    sides.proxmox.before(CONFIG, move |proxmox, _| {
        if std::mem::take(&mut first) {
            proxmox.edit(500, |guest| guest.set("description", "new"));
        }
    });
    let output = sides.run(&ADOPT);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(notes(&sides), format!("new\n{}", marker(&sides, 1)));
    assert_eq!(sides.proxmox.count(CONFIG), 2);

    // The reply is lost.
    let sides = begin(|guest| guest).await;
    sides.proxmox.fault(Fault::drop_after().on(CONFIG));
    let output = sides.run(&ADOPT);
    assert_eq!((code(&output), stdout(&output).as_str()), (0, "done       adopt web01 (VMID 500)\n"));
    assert_eq!((notes(&sides), sides.proxmox.count(CONFIG)), (marker(&sides, 1), 1));

    // Another record is faster.
    let sides = begin(|guest| guest).await;
    sides.netbox.create_vm(json!({"name": "db01", "status": "planned"}));
    let theirs = marker(&sides, 2);
    let written = theirs.clone();
    sides.proxmox.before(CONFIG, move |proxmox, _| {
        proxmox.edit(500, |guest| guest.set("description", written.clone()));
    });
    let output = sides.run(&ADOPT);
    assert_eq!((code(&output), stdout(&output)), (1, String::new()));
    assert!(stderr(&output).contains("guest 500 belongs to virtual machine 2"), "{}", stderr(&output));
    assert_eq!(notes(&sides), theirs);
}
