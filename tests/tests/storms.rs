//! What a busy cluster does to a whole life, of a VM and of a container: listings that lag, a node that is down, a VMID
//! that somebody else takes first, deliveries in the wrong order. The right end, and nobody is told anything.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};

use netbox_proxmox_core::Policy;
use netbox_proxmox_core::live::{Answer, EventState};
use netbox_proxmox_tests::{KINDS, Lab, address_option, described, netbox, record, second_disk, second_slot};
use proxmox_api::testing::{GuestKind, Power, Storage, TaskTime};
use serde_json::{Value, json};

fn to(node: &str) -> Value {
    json!({"custom_fields": {"proxmox_node": node, "proxmox_vm_storage": "ceph"}})
}

/// Nothing waits, nothing is parked, nobody was told anything.
async fn quiet(lab: &Lab, what: &str) {
    assert!(lab.journal().is_empty(), "{what}: {:?}", lab.journal());
    for state in [EventState::Pending, EventState::Parked] {
        let left = lab.dispatcher.bridge().inbox.store().events(Some(state), 10).await.unwrap();
        assert!(left.is_empty(), "{what}: {left:#?}");
    }
}

fn has_address(lab: &Lab, id: u64, kind: GuestKind, address: &str) -> bool {
    lab.guest(id).merged().get(address_option(kind)).is_some_and(|it| it.contains(&format!("ip={address}")))
}

/// From the creation to the deletion.
async fn whole_life(lab: &Lab, kind: GuestKind) {
    let id =
        lab.create_of(kind, json!({"vcpus": 1, "memory": 1024, "custom_fields": {"proxmox_vm_storage": "ceph"}})).await;
    let vmid = lab.vmid(id).unwrap();
    lab.update(id, json!({"vcpus": 4, "memory": 2048, "name": "renamed"})).await;
    assert_eq!((lab.guest(id).get("cores"), lab.guest(id).name()), (Some("4"), Some("renamed")));
    lab.netbox.give_address(id, "192.0.2.10/24");
    lab.settle().await;
    assert!(has_address(lab, id, kind, "192.0.2.10/24"));
    let disk = lab.netbox.create_disk(second_disk(kind, id, 2_000))["id"].as_u64().unwrap();
    lab.settle().await;
    lab.update_disk(disk, json!({"size": 3_000})).await;
    assert_eq!(lab.guest(id).disk_mib(second_slot(kind)), Some(3_072));
    lab.delete_disk(disk).await;
    assert_eq!(lab.guest(id).volume(second_slot(kind)), None);
    for (fields, node, power) in [
        (json!({"status": "active"}), "pve01", Power::Running),
        (to("pve02"), "pve02", Power::Running),
        (json!({"status": "offline"}), "pve02", Power::Stopped),
        (to("pve01"), "pve01", Power::Stopped),
        (json!({"status": "active"}), "pve01", Power::Running),
    ] {
        lab.update(id, fields.clone()).await;
        assert_eq!((lab.guest(id).node.as_str(), lab.guest(id).power), (node, power), "{kind:?} {fields}");
    }
    lab.delete(id).await;
    assert!(lab.proxmox.guest(vmid).is_none(), "{kind:?}");
    lab.must_have_applied();
}

#[tokio::test]
async fn listings_may_lag_for_a_whole_life() {
    for kind in KINDS {
        // They never learn of the guest.
        let proxmox = described().lagging_listings().token("bridge@pve!lab", "s").start().await;
        let lab = Lab::between(netbox().await, proxmox, Policy::default());
        whole_life(&lab, kind).await;
        quiet(&lab, &format!("{kind:?}")).await;
    }
}

#[tokio::test]
async fn listings_may_be_some_requests_behind() {
    for kind in KINDS {
        let lab = Lab::new().await;
        lab.proxmox.lag_listings();
        let listed = AtomicUsize::new(0);
        lab.proxmox.before("GET /cluster/resources", move |proxmox, _| {
            if listed.fetch_add(1, Ordering::SeqCst) % 3 == 2 {
                proxmox.refresh_status();
            }
        });
        whole_life(&lab, kind).await;
        quiet(&lab, &format!("{kind:?}")).await;
    }
}

/// Takes the node down until the cluster was listed so often.
fn down_until_listed(lab: &Lab, node: &'static str, listings: usize) {
    let seen = AtomicUsize::new(0);
    lab.proxmox.node_down(node);
    lab.proxmox.before("GET /cluster/resources", move |proxmox, _| {
        if seen.fetch_add(1, Ordering::SeqCst) + 1 == listings {
            proxmox.node_up(node);
        }
    });
}

/// The event was tried in vain at least once.
fn waited(lab: &Lab) -> bool {
    lab.seen.answers.lock().unwrap().iter().any(|it| matches!(it, Answer::Failed { again: Some(_), .. }))
}

#[tokio::test]
async fn an_event_waits_for_a_node_that_is_down() {
    for kind in KINDS {
        for (before, fields, power) in [
            ("active", json!({"status": "offline"}), Power::Stopped),
            ("staged", json!({"status": "active"}), Power::Running),
            ("staged", json!({"memory": 2048, "name": "renamed"}), Power::Stopped),
        ] {
            let what = format!("{kind:?} {before} {fields}");
            let lab = Lab::new().await;
            let custom = json!({"proxmox_node": "pve02", "proxmox_vm_storage": "ceph"});
            let id = lab.create_of(kind, json!({"status": before, "custom_fields": custom})).await;
            lab.must_have_applied();
            down_until_listed(&lab, "pve02", 3);
            lab.update(id, fields.clone()).await;
            assert!(waited(&lab), "{what}");
            let guest = lab.guest(id);
            assert_eq!((guest.node.as_str(), guest.power), ("pve02", power), "{what}");
            if fields.get("name").is_some() {
                assert_eq!((guest.name(), guest.get("memory")), (Some("renamed"), Some("2048")), "{what}");
            }
            quiet(&lab, &what).await;
        }
    }
}

#[tokio::test]
async fn a_removal_waits_for_a_node_that_is_down() {
    for kind in KINDS {
        let lab = Lab::new().await;
        let id = lab.create_of(kind, to("pve02")).await;
        let vmid = lab.vmid(id).unwrap();
        down_until_listed(&lab, "pve02", 3);
        lab.delete(id).await;
        assert!(waited(&lab) && lab.proxmox.guest(vmid).is_none(), "{kind:?}");
        quiet(&lab, &format!("{kind:?}")).await;
    }
}

#[tokio::test]
async fn a_creation_waits_for_its_node() {
    for kind in KINDS {
        let template = described().template(9001, "debian-12-ceph", |it| it.node("pve01").disk("scsi0", "ceph", 4_096));
        let proxmox = template.token("bridge@pve!lab", "s").start().await;
        let lab = Lab::between(netbox().await, proxmox, Policy::default());
        down_until_listed(&lab, "pve02", 3);
        let template = (kind == GuestKind::Qemu).then_some("9001");
        let custom = json!({"proxmox_node": "pve02", "proxmox_vm_storage": "ceph", "proxmox_vm_templates": template});
        let id = lab.create_of(kind, json!({"custom_fields": custom})).await;
        assert!(waited(&lab), "{kind:?}: {:?}", lab.journal());
        assert_eq!((lab.guest(id).node.as_str(), lab.guests().len()), ("pve02", 1), "{kind:?}");
        quiet(&lab, &format!("{kind:?}")).await;
    }
}

#[tokio::test]
async fn a_creation_waits_for_the_node_that_has_its_template() {
    let volume = "archive:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst";
    let archive = Storage::dir("archive").on(&["pve01"]).content("vztmpl");
    let proxmox = described().storage(archive).vztmpl(volume).token("bridge@pve!lab", "s").start().await;
    let lab = Lab::between(netbox().await, proxmox, Policy::default());
    down_until_listed(&lab, "pve01", 3);
    let custom = json!({"proxmox_lxc_templates": volume, "proxmox_vm_storage": "ceph"});
    let id = lab.create_of(GuestKind::Lxc, json!({"custom_fields": custom})).await;
    assert!(waited(&lab), "{:?}", lab.journal());
    assert_eq!((lab.guest(id).node.as_str(), lab.guests().len()), ("pve01", 1));
    quiet(&lab, "no node is wanted").await;
}

#[tokio::test]
async fn a_migration_waits_for_the_node_that_it_goes_to() {
    for kind in KINDS {
        let lab = Lab::new().await;
        let custom = json!({"proxmox_node": "pve01", "proxmox_vm_storage": "ceph"});
        let id = lab.create_of(kind, json!({"status": "active", "custom_fields": custom})).await;
        down_until_listed(&lab, "pve02", 3);
        lab.update(id, to("pve02")).await;
        let guest = lab.guest(id);
        assert_eq!((guest.node.as_str(), guest.power), ("pve02", Power::Running), "{kind:?}: {:?}", lab.journal());
        quiet(&lab, &format!("{kind:?}")).await;
    }
}

/// A foreign guest at 100 appears at the first request of this pattern, before it or after it is answered.
fn another_takes_100(lab: &Lab, pattern: &str, after: bool) {
    let mut first = true;
    let take = move |proxmox: &proxmox_api::testing::FakeProxmox, _: &proxmox_api::testing::Recorded| {
        if std::mem::take(&mut first) {
            proxmox.add_guest(100, "theirs", |guest| guest.node("pve02").disk("scsi0", "ceph", 1_024).running());
            proxmox.task_time("qmclone", TaskTime::Instant);
            proxmox.finish_tasks();
        }
    };
    if after { lab.proxmox.after(pattern, take) } else { lab.proxmox.before(pattern, take) }
}

#[tokio::test]
async fn another_guest_is_faster_at_the_vmid() {
    let of_template = json!({"custom_fields": {"proxmox_lxc_templates": "9100", "proxmox_vm_storage": null}});
    let clone = |kind: &str| format!("POST /nodes/*/{kind}/*/clone");
    for (kind, fields, pattern, task) in [
        (GuestKind::Qemu, json!({}), clone("qemu"), Some("qmclone")),
        (GuestKind::Qemu, json!({}), clone("qemu"), None),
        (GuestKind::Lxc, of_template, clone("lxc"), None),
        (GuestKind::Lxc, json!({}), "POST /nodes/*/lxc".to_owned(), None),
    ] {
        let what = format!("{pattern}, in its task: {task:?}");
        let lab = Lab::new().await;
        // A worker that has not begun when its UPID is answered: the VMID is still free, and then no more.
        if let Some(task) = task {
            lab.proxmox.task_time(task, TaskTime::Queued);
        }
        another_takes_100(&lab, &pattern, task.is_some());
        let id = lab.create_of(kind, fields).await;
        assert!(lab.vmid(id).is_some_and(|vmid| vmid != 100), "{what}: {:?}", lab.vmid(id));
        assert_eq!(lab.guests(), [100, lab.guest(id).vmid], "{what}");
        let theirs = lab.proxmox.guest(100).unwrap();
        assert_eq!(
            (theirs.name(), theirs.power, theirs.description()),
            (Some("theirs"), Power::Running, None),
            "{what}"
        );
        let touched = lab.proxmox.writes().into_iter().filter(|write| write.contains("/100/")).collect::<Vec<_>>();
        assert!(touched.is_empty(), "{what}: {touched:?}");
        assert!(theirs.disk_mib("scsi0").is_some() && lab.proxmox.volumes().iter().any(|it| it.vmid == 100), "{what}");
        if let Some(task) = task {
            let lost = lab.proxmox.tasks().into_iter().filter(|it| it.kind == task).map(|it| it.exitstatus.unwrap());
            let lost: Vec<String> = lost.filter(|exit| exit != "OK").collect();
            assert!(
                lost.len() == 1 && lost[0].contains("already exists"),
                "{what}: the race is lost in the task: {lost:?}"
            );
        }
        quiet(&lab, &what).await;
    }
}

/// What a person does to a record in a minute.
fn a_busy_minute(lab: &Lab, kind: GuestKind) -> u64 {
    let id = lab.netbox.create_vm(record(kind, json!({"vcpus": 1, "memory": 512})))["id"].as_u64().unwrap();
    lab.netbox.update_vm(id, json!({"vcpus": 4, "memory": 2048}));
    lab.netbox.create_disk(second_disk(kind, id, 2_000));
    lab.netbox.give_address(id, "192.0.2.10/24");
    lab.netbox.update_vm(id, json!({"status": "active"}));
    id
}

fn must_be_as_it_was_left(lab: &Lab, id: u64, kind: GuestKind) {
    assert_eq!(lab.guests().len(), 1, "{kind:?}");
    let guest = lab.guest(id);
    let merged = guest.merged();
    assert_eq!((merged["cores"].as_str(), merged["memory"].as_str()), ("4", "2048"), "{kind:?}");
    assert_eq!((guest.power, guest.disk_mib(second_slot(kind))), (Power::Running, Some(2_048)), "{kind:?}");
    assert!(has_address(lab, id, kind, "192.0.2.10/24"), "{kind:?}: {merged:?}");
}

/// The server has noted the end of the change log when it started.
async fn started() -> Lab {
    let lab = Lab::new().await;
    lab.netbox.user("alice").create("extras/tags", json!({"name": "used", "slug": "used"}));
    lab.dispatcher.catch_up(None).await.unwrap();
    lab
}

#[tokio::test]
async fn deliveries_may_come_in_reverse_order() {
    for kind in KINDS {
        for at_once in [true, false] {
            let lab = started().await;
            let id = a_busy_minute(&lab, kind);
            let mut events = lab.take();
            events.reverse();
            let parts: Vec<_> = if at_once { vec![events.as_slice()] } else { events.chunks(1).collect() };
            for part in parts {
                lab.dispatcher.accept(part).await.unwrap();
                lab.dispatcher.idle().await;
            }
            lab.settle().await;
            must_be_as_it_was_left(&lab, id, kind);
            quiet(&lab, &format!("{kind:?}, at once: {at_once}")).await;
        }
    }
}
