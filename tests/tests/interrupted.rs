//! Interrupted anywhere: for each request that a row makes, the process is killed before it, or after it and before
//! its reply; the reply is lost; the request is; the task fails. Then it starts again. The same final state, one guest,
//! nothing foreign touched, the user told once.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use netbox_api::testing::Fault as NetBoxFault;
use netbox_proxmox_core::live::{Bridge, EventState, MemoryStore};
use netbox_proxmox_tests::mortal::Mortal;
use netbox_proxmox_tests::{CLUSTER, Lab, bridge, netbox, proxmox};
use proxmox_api::testing::Fault;
use serde_json::{Value, json};

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq0fFkZtxYb8l1nq7yJm4Qv3l2nUo0Wc5dQH7yXb3Zp admin@example";

/// One row: what there is before, and what a person then does.
struct Row {
    name: &'static str,
    /// The record and its disk `scsi1` before; none: the row creates it.
    before: Option<Value>,
    change: fn(&Lab),
}

const RECORD: u64 = 1;

fn rows() -> Vec<Row> {
    let staged = || Some(json!({}));
    vec![
        Row {
            name: "1 created staged",
            before: None,
            change: |lab| {
                let custom = json!({"proxmox_public_ssh_key": KEY, "proxmox_vm_storage": "ceph"});
                create(lab, json!({"vcpus": 2, "memory": 4096, "disk": 32_000, "custom_fields": custom}));
            },
        },
        Row { name: "1 created active", before: None, change: |lab| create(lab, json!({"status": "active"})) },
        Row {
            name: "2 vcpus and memory",
            before: staged(),
            change: |lab| drop(lab.netbox.update_vm(RECORD, json!({"vcpus": 4, "memory": 2048}))),
        },
        Row {
            name: "3 SSH key",
            before: staged(),
            change: |lab| drop(lab.netbox.update_vm(RECORD, json!({"custom_fields": {"proxmox_public_ssh_key": KEY}}))),
        },
        Row {
            name: "4 address",
            before: staged(),
            change: |lab| drop(lab.netbox.give_address(RECORD, "192.0.2.10/24")),
        },
        Row { name: "5 root disk grown", before: staged(), change: |lab| resize(lab, "scsi0", 20_000) },
        Row {
            name: "5b disk added",
            before: staged(),
            change: |lab| {
                drop(lab.netbox.create_disk(json!({"virtual_machine": RECORD, "name": "scsi2", "size": 3_000})))
            },
        },
        Row { name: "6 disk grown", before: staged(), change: |lab| resize(lab, "scsi1", 7_000) },
        Row { name: "6b disk shrunk", before: staged(), change: |lab| resize(lab, "scsi1", 1_000) },
        Row { name: "7 disk deleted", before: staged(), change: |lab| lab.netbox.delete_disk(disk(lab, "scsi1")) },
        Row {
            name: "8 active",
            before: staged(),
            change: |lab| drop(lab.netbox.update_vm(RECORD, json!({"status": "active"}))),
        },
        Row {
            name: "9 offline",
            before: Some(json!({"status": "active"})),
            change: |lab| drop(lab.netbox.update_vm(RECORD, json!({"status": "offline"}))),
        },
        Row {
            name: "10 deleted",
            before: Some(json!({"status": "active"})),
            change: |lab| lab.netbox.delete_vm(RECORD),
        },
        Row {
            name: "11 node changed",
            before: Some(json!({"status": "active"})),
            change: |lab| drop(lab.netbox.update_vm(RECORD, json!({"custom_fields": {"proxmox_node": "pve02"}}))),
        },
        Row {
            name: "12 and 14 name, tag, description, start on boot",
            before: staged(),
            change: |lab| {
                lab.netbox.user("admin").create("extras/tags", json!({"name": "shop", "slug": "shop"}));
                let labels = json!({
                    "name": "web02", "description": "a shop", "start_on_boot": "on", "tags": [{"name": "shop"}],
                });
                lab.netbox.update_vm(RECORD, labels);
            },
        },
        Row {
            name: "13 interface added, its address and its MAC address",
            before: staged(),
            change: |lab| {
                let interface = json!({"virtual_machine": RECORD, "name": "net1", "mtu": 9000});
                let interface = lab.netbox.create_interface(interface);
                lab.netbox.create_ip(json!({
                    "address": "198.51.100.7/24", "assigned_object_type": "virtualization.vminterface",
                    "assigned_object_id": interface["id"],
                }));
            },
        },
        Row {
            name: "15 paused",
            before: Some(json!({"status": "active"})),
            change: |lab| drop(lab.netbox.update_vm(RECORD, json!({"status": "paused"}))),
        },
        Row {
            name: "15 resumed",
            before: Some(json!({"status": "paused"})),
            change: |lab| drop(lab.netbox.update_vm(RECORD, json!({"status": "active"}))),
        },
    ]
}

fn create(lab: &Lab, fields: Value) {
    let mut vm = json!({"name": "web01", "status": "staged", "cluster": {"name": CLUSTER}});
    vm.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let custom = vm.as_object_mut().unwrap().entry("custom_fields").or_insert(json!({})).as_object_mut().unwrap();
    custom.insert("proxmox_vm_type".into(), "vm".into());
    custom.insert("proxmox_vm_templates".into(), "9000".into());
    lab.netbox.create_vm(vm);
}

fn disk(lab: &Lab, name: &str) -> u64 {
    lab.netbox.disks(RECORD).iter().find(|disk| disk["name"] == name).unwrap()["id"].as_u64().unwrap()
}

fn resize(lab: &Lab, name: &str, size: u64) {
    lab.netbox.update_disk(disk(lab, name), json!({"size": size}));
}

/// A laboratory whose memory can be cut off, with a foreign guest, in the state before the row.
struct Bench {
    lab: Lab,
    life: Mortal,
    store: Arc<MemoryStore>,
}

impl Bench {
    async fn new(row: &Row) -> Self {
        let (netbox, proxmox) = (Arc::new(netbox().await), Arc::new(proxmox().await));
        proxmox.add_guest(100, "foreign", |guest| guest.node("pve02").disk("scsi0", "ceph", 1024).running());
        let store = Arc::new(MemoryStore::default());
        let life = Mortal::new(store.clone());
        let lab = Lab::over(netbox.clone(), proxmox.clone(), bridge(&netbox, &proxmox, life.clone()));
        if let Some(before) = &row.before {
            create(&lab, before.clone());
            lab.netbox.create_disk(json!({"virtual_machine": RECORD, "name": "scsi1", "size": 5_000}));
            lab.settle().await;
        }
        lab.proxmox.clear_requests();
        lab.netbox.forget_requests();
        Self { lab, life, store }
    }

    fn next_life(&mut self) -> Bridge {
        self.life = Mortal::new(self.store.clone());
        bridge(&self.lab.netbox, &self.lab.proxmox, self.life.clone())
    }

    /// Everything that the row is about, as text.
    fn state(&self) -> String {
        let mut text = String::new();
        for guest in self.lab.proxmox.guests() {
            writeln!(text, "guest {} on {} {:?}", guest.vmid, guest.node, guest.power).unwrap();
            let unstable = ["digest", "meta", "smbios1", "vmgenid", "net0", "net1"];
            let merged: BTreeMap<_, _> = guest.merged().into_iter().collect();
            for (key, value) in merged.iter().filter(|(key, _)| !unstable.contains(&key.as_str())) {
                writeln!(text, "  {key}: {value}").unwrap();
            }
        }
        let mut volumes: Vec<_> = self
            .lab
            .proxmox
            .volumes()
            .iter()
            .map(|volume| format!("volume {} {}", volume.volid, volume.size))
            .collect();
        volumes.sort();
        writeln!(text, "{}", volumes.join("\n")).unwrap();
        if let Some(vm) = self.lab.netbox.vm(RECORD) {
            writeln!(text, "record {} {}", vm["status"]["value"], vm["custom_fields"]).unwrap();
        }
        for disk in self.lab.netbox.disks(RECORD) {
            writeln!(text, "disk {} {} {}", disk["name"], disk["size"], disk["custom_fields"]).unwrap();
        }
        for interface in self.lab.netbox.interfaces(RECORD) {
            let recorded = interface["mac_addresses"].as_array().unwrap().len();
            let mac = interface["mac_address"].as_str().unwrap_or("none");
            let card =
                self.lab.proxmox.guests().iter().any(|guest| guest.get("net1").is_some_and(|it| it.contains(mac)));
            writeln!(text, "interface {} of {recorded} MAC address(es), that of net1: {card}", interface["name"])
                .unwrap();
        }
        writeln!(text, "journal {:#?}", self.lab.journal()).unwrap();
        text
    }

    /// Hands over what NetBox said, and waits until all is answered; releases what was parked, as a person would who
    /// has read why.
    async fn settle(&self) {
        self.lab.settle().await;
        let store = self.lab.dispatcher.bridge().inbox.store();
        if store.release(None, netbox_proxmox_core::live::bridge::now()).await.unwrap() > 0 {
            self.lab.dispatcher.wake();
            tokio::time::timeout(Duration::from_secs(60), self.lab.dispatcher.idle()).await.unwrap();
            self.lab.settle().await;
        }
    }

    async fn nothing_is_left(&self) {
        for state in [EventState::Pending, EventState::Parked] {
            let left = self.lab.dispatcher.bridge().inbox.store().events(Some(state), 10).await.unwrap();
            assert!(left.is_empty(), "{left:#?}");
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Side {
    Proxmox,
    NetBox,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Interruption {
    KilledBefore,
    KilledAfter,
    RequestLost,
    ReplyLost,
    TaskFails,
    LockTimeout,
}

/// Arranges an interruption at the request with this number, counted from 0 on its side.
fn arrange(bench: &Bench, side: Side, number: usize, interruption: Interruption) {
    let (netbox, proxmox) = (&bench.lab.netbox, &bench.lab.proxmox);
    let skip = u32::try_from(number).unwrap();
    let kills = matches!(interruption, Interruption::KilledBefore | Interruption::KilledAfter);
    match (side, interruption) {
        (Side::Proxmox, Interruption::KilledBefore | Interruption::RequestLost) => {
            proxmox.fault(Fault::drop_before().after(skip));
        }
        (Side::Proxmox, Interruption::KilledAfter | Interruption::ReplyLost) => {
            proxmox.fault(Fault::drop_after().after(skip));
        }
        (Side::Proxmox, Interruption::TaskFails) => {
            proxmox.fault(Fault::fail_task("no space left on device").after(skip))
        }
        (Side::Proxmox, Interruption::LockTimeout) => proxmox.fault(Fault::lock_timeout(101).after(skip)),
        (Side::NetBox, Interruption::KilledBefore | Interruption::RequestLost) => {
            netbox.fault(NetBoxFault::on("*", "*").drop_before().skip(number).times(1));
        }
        (Side::NetBox, Interruption::KilledAfter | Interruption::ReplyLost) => {
            netbox.fault(NetBoxFault::on("*", "*").drop_after().skip(number).times(1));
        }
        (Side::NetBox, Interruption::TaskFails | Interruption::LockTimeout) => unreachable!("NetBox has no tasks"),
    }
    if !kills {
        return;
    }
    // From that request on, the old life does nothing any more: its memory hangs, its requests are not executed.
    let (life, other_netbox, other_proxmox) = (bench.life.clone(), netbox.clone(), Arc::downgrade(proxmox));
    let counter = AtomicUsize::new(0);
    let kill = move || {
        if counter.fetch_add(1, Ordering::SeqCst) == number {
            other_netbox.fault(NetBoxFault::on("*", "*").drop_before().always());
            if let Some(proxmox) = other_proxmox.upgrade() {
                proxmox.fault(Fault::drop_before().after(u32::from(side == Side::Proxmox)).always());
            }
            // Last: from here on the test may clear the faults for the next life.
            life.die();
        }
    };
    match side {
        Side::Proxmox => proxmox.before("* /**", move |_, _| kill()),
        Side::NetBox => netbox.on_request(move |_, _| kill()),
    }
}

async fn interrupted(row: &Row, side: Side, number: usize, interruption: Interruption, expected: &str) {
    let what = format!("{} / {side:?} request {number} / {interruption:?}", row.name);
    let mut bench = Bench::new(row).await;
    arrange(&bench, side, number, interruption);
    (row.change)(&bench.lab);
    if matches!(interruption, Interruption::KilledBefore | Interruption::KilledAfter) {
        let events = bench.lab.take();
        bench.lab.dispatcher.accept(&events).await.unwrap();
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        while !bench.life.is_dead() {
            assert!(tokio::time::Instant::now() < deadline, "{what}: the request was never made");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let bridge = bench.next_life();
        bench.lab.restart(bridge).await;
        bench.lab.proxmox.clear_faults();
        bench.lab.netbox.heal();
        tokio::time::timeout(Duration::from_secs(60), bench.lab.dispatcher.idle()).await.expect("it ends");
    }
    bench.settle().await;
    bench.nothing_is_left().await;
    let mut state = bench.state();
    if interruption == Interruption::TaskFails {
        // The person was told of the failure, once.
        let told = bench.lab.journal().iter().filter(|text| text.contains("no space left on device")).count();
        assert!(told <= 1, "{what}: told {told} times");
        let journal: Vec<String> =
            bench.lab.journal().into_iter().filter(|text| !text.contains("no space left on device")).collect();
        let from = state.find("journal ").unwrap();
        state.truncate(from);
        writeln!(state, "journal {journal:#?}").unwrap();
    }
    let (state, expected): (Vec<_>, Vec<_>) = (state.lines().collect(), expected.lines().collect());
    let only = |of: &[&str], other: &[&str]| {
        of.iter().filter(|line| !other.contains(line)).map(|line| format!("{line}\n")).collect::<String>()
    };
    assert!(
        state == expected,
        "{what}: the state is another\n-- only now:\n{}-- missing:\n{}",
        only(&state, &expected),
        only(&expected, &state)
    );
}

/// The requests that a row makes when nothing interrupts it, and the state it ends in.
async fn undisturbed(row: &Row) -> (usize, usize, Vec<usize>, String) {
    let bench = Bench::new(row).await;
    (row.change)(&bench.lab);
    bench.settle().await;
    bench.nothing_is_left().await;
    let requests = bench.lab.proxmox.requests();
    let starts_task = |path: &str| {
        ["/clone", "/resize", "/status/start", "/status/shutdown", "/status/stop"].iter().any(|end| path.ends_with(end))
    };
    let tasks = requests.iter().enumerate().filter(|(_, request)| {
        request.method != "GET"
            && (starts_task(&request.path)
                || request.method == "DELETE"
                || (request.method == "POST" && request.path.ends_with("/config")))
    });
    let tasks = tasks.map(|(number, _)| number).collect();
    (requests.len(), bench.lab.netbox.requests().len(), tasks, bench.state())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_interruption_of_every_row_ends_well() {
    let only = std::env::var("INTERRUPT_ROW").unwrap_or_default();
    let mut covered = 0;
    for row in rows().iter().filter(|row| row.name.starts_with(&only)) {
        let (to_proxmox, to_netbox, tasks, expected) = undisturbed(row).await;
        let everything =
            [Interruption::KilledBefore, Interruption::KilledAfter, Interruption::RequestLost, Interruption::ReplyLost];
        let before = covered;
        for interruption in everything {
            for number in 0..to_proxmox {
                interrupted(row, Side::Proxmox, number, interruption, &expected).await;
                covered += 1;
            }
            for number in 0..to_netbox {
                interrupted(row, Side::NetBox, number, interruption, &expected).await;
                covered += 1;
            }
        }
        for number in tasks {
            interrupted(row, Side::Proxmox, number, Interruption::TaskFails, &expected).await;
            interrupted(row, Side::Proxmox, number, Interruption::LockTimeout, &expected).await;
            covered += 2;
        }
        println!("{}: {to_proxmox} + {to_netbox} requests, {} interruptions", row.name, covered - before);
    }
    println!("{covered} interruptions");
    assert!(covered > 0);
}
