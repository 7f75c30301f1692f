//! Interrupted anywhere: for each request that a row makes, the process is killed before it, or after it and before
//! its reply; the reply is lost; the request is; the task fails. Then it starts again. The same final state, one guest,
//! nothing foreign touched, the user told once.
#![allow(clippy::unwrap_used)]

mod containers;
mod machines;
mod row;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use netbox_api::testing::Fault as NetBoxFault;
use netbox_proxmox_core::live::{Answer, Bridge, EventState, MemoryStore};
use netbox_proxmox_tests::mortal::Mortal;
use netbox_proxmox_tests::{Lab, bridge, netbox, proxmox};
use proxmox_api::testing::Fault;

use row::{RECORD, Row};

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
            before(&lab);
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
            let unstable = ["digest", "meta", "smbios1", "vmgenid"];
            let merged: BTreeMap<_, _> = guest.merged().into_iter().collect();
            for (key, value) in merged.iter().filter(|(key, _)| !unstable.contains(&key.as_str())) {
                let value = if key.starts_with("net") { without_mac(value) } else { value.clone() };
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

    /// Whether anything waited for a person.
    fn parked(&self) -> bool {
        self.lab.seen.answers.lock().unwrap().iter().any(|it| matches!(it, Answer::Failed { again: None, .. }))
    }

    async fn nothing_is_left(&self) {
        for state in [EventState::Pending, EventState::Parked] {
            let left = self.lab.dispatcher.bridge().inbox.store().events(Some(state), 10).await.unwrap();
            assert!(left.is_empty(), "{left:#?}");
        }
    }
}

/// A card without its MAC address, which Proxmox chooses.
fn without_mac(card: &str) -> String {
    let is_mac = |value: &str| value.len() == 17 && value.matches(':').count() == 5;
    let parts = card.split(',').map(|part| match part.split_once('=') {
        Some((key, value)) if is_mac(value) => key,
        _ => part,
    });
    parts.collect::<Vec<_>>().join(",")
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

/// What a container's configuration says that is locked for too long; [`Fault::lock_timeout`] is a VM's.
const CONTAINER_LOCKED: &str = "can't lock file '/run/lock/lxc/pve-config-101.lock' - got timeout";

/// Arranges an interruption at the request with this number, counted from 0 on its side.
fn arrange(bench: &Bench, row: &Row, side: Side, number: usize, interruption: Interruption) {
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
        (Side::Proxmox, Interruption::LockTimeout) => {
            let container = row.name.starts_with("lxc");
            let fault = if container { Fault::answer(500, CONTAINER_LOCKED) } else { Fault::lock_timeout(101) };
            proxmox.fault(fault.after(skip));
        }
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

/// Says whether the event waited for a person.
async fn interrupted(row: &Row, side: Side, number: usize, interruption: Interruption, expected: &str) -> bool {
    let what = format!("{} / {side:?} request {number} / {interruption:?}", row.name);
    let mut bench = Bench::new(row).await;
    arrange(&bench, row, side, number, interruption);
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
    let parked = bench.parked();
    if interruption == Interruption::TaskFails {
        // The person was told of the failure where it waits for one: once.
        let told = bench.lab.journal().iter().filter(|text| text.contains("no space left on device")).count();
        assert_eq!(told, usize::from(parked), "{what}: parked: {parked}");
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
    parked
}

/// The requests that a row makes when nothing interrupts it, those of them that start a task, and the state it ends in.
async fn undisturbed(row: &Row) -> (usize, usize, Vec<usize>, String) {
    let bench = Bench::new(row).await;
    let tasks = Arc::new(Mutex::new(Vec::new()));
    let (found, mut answered, mut before) = (tasks.clone(), 0, bench.lab.proxmox.tasks().len());
    bench.lab.proxmox.after("* /**", move |proxmox, _| {
        let now = proxmox.tasks().len();
        if now > before {
            found.lock().unwrap().push(answered);
        }
        (answered, before) = (answered + 1, now);
    });
    (row.change)(&bench.lab);
    bench.settle().await;
    bench.nothing_is_left().await;
    let tasks = tasks.lock().unwrap().clone();
    (bench.lab.proxmox.requests().len(), bench.lab.netbox.requests().len(), tasks, bench.state())
}

/// Every interruption of every request of these rows.
async fn every_interruption_of(rows: Vec<Row>) {
    let only = std::env::var("INTERRUPT_ROW").unwrap_or_default();
    let (mut covered, mut parked) = (0, 0);
    for row in rows.into_iter().filter(|row| row.name.starts_with(&only)) {
        let (to_proxmox, to_netbox, tasks, expected) = undisturbed(&row).await;
        let everything =
            [Interruption::KilledBefore, Interruption::KilledAfter, Interruption::RequestLost, Interruption::ReplyLost];
        let before = covered;
        for interruption in everything {
            for number in 0..to_proxmox {
                interrupted(&row, Side::Proxmox, number, interruption, &expected).await;
                covered += 1;
            }
            for number in 0..to_netbox {
                interrupted(&row, Side::NetBox, number, interruption, &expected).await;
                covered += 1;
            }
        }
        for number in tasks {
            parked += u32::from(interrupted(&row, Side::Proxmox, number, Interruption::TaskFails, &expected).await);
            interrupted(&row, Side::Proxmox, number, Interruption::LockTimeout, &expected).await;
            covered += 2;
        }
        println!("{}: {to_proxmox} + {to_netbox} requests, {} interruptions", row.name, covered - before);
    }
    println!("{covered} interruptions, {parked} failed tasks wait for a person");
    assert!((covered > 0 && parked > 0) || !only.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_interruption_of_every_row_of_a_vm_ends_well() {
    every_interruption_of(machines::rows()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_interruption_of_every_row_of_a_container_ends_well() {
    every_interruption_of(containers::rows()).await;
}
