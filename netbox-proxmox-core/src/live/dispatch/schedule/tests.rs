#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::action::Action;
use crate::event::{Context, Event, StorageFacts};
use crate::part::Part;

const CLUSTER: u64 = 1;
const LIMITS: Limits = Limits { workers: 4, seats: 3, copies_per_node: 2, copies_per_storage: 2 };

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn place(node: u8) -> Place {
    Place { cluster: CLUSTER, node: Some(format!("pve{node:02}").parse().unwrap()) }
}

fn node_share(node: u8) -> Share {
    Share::Node(CLUSTER, format!("pve{node:02}").parse().unwrap())
}

fn storage(name: &str) -> Share {
    Share::Storage { cluster: CLUSTER, storage: name.parse().unwrap(), node: None }
}

/// What the work on a record is, once somebody looks.
#[derive(Debug, Clone)]
struct Work {
    due: Duration,
    node: u8,
    /// How long its steps at the node take.
    takes: Duration,
    /// What it copies through, and for how long.
    copies: Option<(BTreeSet<Share>, Duration)>,
}

fn short(due: u64, node: u8, takes: u64) -> Work {
    Work { due: ms(due), node, takes: ms(takes), copies: None }
}

fn copy(due: u64, node: u8, shares: &[Share], takes: u64) -> Work {
    let shares = shares.iter().cloned().chain([node_share(node)]).collect();
    Work { due: ms(due), node, takes: ms(50), copies: Some((shares, ms(takes))) }
}

/// What happens to a record next.
#[derive(Debug, Clone, Copy)]
enum Next {
    Due,
    /// NetBox has answered.
    Cluster,
    /// Proxmox has listed its guests.
    Node,
    Copied,
    End,
}

/// Work under a simulated clock. Looking up takes 20 ms on each side.
struct World {
    schedule: Schedule,
    work: Vec<Work>,
    happens: BTreeMap<(Duration, usize), (RecordId, Next)>,
    /// When each record first got as far as its own steps, and when it was answered.
    begun: BTreeMap<RecordId, Duration>,
    ended: BTreeMap<RecordId, Duration>,
    running: BTreeSet<RecordId>,
    returned: BTreeSet<RecordId>,
    count: usize,
    /// How often a record was begun.
    starts: usize,
}

impl World {
    fn of(work: Vec<Work>) -> Self {
        let mut world = Self {
            schedule: Schedule::new(LIMITS),
            happens: BTreeMap::new(),
            begun: BTreeMap::new(),
            ended: BTreeMap::new(),
            running: BTreeSet::new(),
            returned: BTreeSet::new(),
            count: 0,
            starts: 0,
            work,
        };
        for (record, work) in world.work.clone().iter().enumerate() {
            world.at(work.due, RecordId(record as u64), Next::Due);
        }
        world
    }

    fn at(&mut self, time: Duration, record: RecordId, next: Next) {
        self.count += 1;
        self.happens.insert((time, self.count), (record, next));
    }

    /// Until nothing is left. Every step is checked.
    fn run(mut self) -> Self {
        let mut now = Duration::ZERO;
        while self.ended.len() < self.work.len() {
            while let Some(record) = self.schedule.start(now) {
                assert!(self.running.insert(record), "{record} is worked on twice");
                self.starts += 1;
                self.at(now + ms(20), record, Next::Cluster);
                self.check();
            }
            let happens = self.happens.first_key_value().map(|((time, _), _)| *time);
            let next = happens.into_iter().chain(self.schedule.wakes()).min();
            now = next.expect("something waits, and nothing would ever begin it").max(now);
            if happens.is_some_and(|time| time <= now) {
                let (_, (record, next)) = self.happens.pop_first().unwrap();
                self.step(record, next, now);
                self.check();
            }
        }
        assert!(self.schedule.is_idle());
        assert!(self.schedule.seats.is_empty() && self.schedule.shares.is_empty(), "all is given back");
        self
    }

    fn step(&mut self, record: RecordId, next: Next, now: Duration) {
        let work = self.work[record.0 as usize].clone();
        let cluster = Place { cluster: CLUSTER, node: None };
        match next {
            Next::Due => self.schedule.due(record, now),
            Next::Cluster if self.schedule.enter(record, &cluster, now) => self.at(now + ms(20), record, Next::Node),
            Next::Node if self.schedule.enter(record, &place(work.node), now) => match work.copies {
                None => {
                    self.begun.entry(record).or_insert(now);
                    self.at(now + work.takes, record, Next::End);
                }
                Some((shares, takes)) if self.schedule.copy(record, &shares) => {
                    self.begun.entry(record).or_insert(now);
                    self.at(now + takes, record, Next::Copied);
                }
                Some(_) => self.end(record, now),
            },
            Next::Cluster | Next::Node => self.end(record, now),
            Next::Copied => {
                self.schedule.copied(record);
                self.returned.insert(record);
                self.at(now + work.takes, record, Next::End);
            }
            Next::End => {
                self.ended.insert(record, now);
                self.end(record, now);
            }
        }
    }

    fn end(&mut self, record: RecordId, now: Duration) {
        assert_eq!(
            self.schedule.lacks(record),
            !self.ended.contains_key(&record),
            "what lacks a place is not answered"
        );
        self.schedule.end(record, now, None);
        self.running.remove(&record);
        self.returned.remove(&record);
    }

    fn check(&self) {
        let schedule = &self.schedule;
        assert!(schedule.workers() <= LIMITS.workers);
        assert!(schedule.shares.iter().all(|(share, taken)| *taken <= LIMITS.of(share)), "{:?}", schedule.shares);
        for (place, seats) in &schedule.seats {
            let returned = |record: &&RecordId| schedule.jobs[record].seat.as_ref() == Some(place);
            assert!(*seats <= LIMITS.seats + self.returned.iter().filter(returned).count(), "{place:?}: {seats}");
        }
    }

    /// How long a record waited until its own steps began.
    fn waited(&self, record: u64) -> Duration {
        self.begun[&RecordId(record)] - self.work[record as usize].due
    }
}

fn work() -> impl Strategy<Value = Work> {
    let shares = proptest::collection::btree_set(0..3usize, 1..3)
        .prop_map(|of| of.into_iter().map(|it| storage(["ceph", "nfs", "backup"][it])).collect::<Vec<_>>());
    let short = (0..5_000u64, 0..4u8, 10..4_000u64).prop_map(|(due, node, takes)| short(due, node, takes));
    let long = (0..5_000u64, 0..4u8, shares, 1_000..60_000u64)
        .prop_map(|(due, node, shares, takes)| copy(due, node, &shares, takes));
    prop_oneof![2 => short, 1 => long]
}

proptest! {
    #[test]
    fn no_limit_is_exceeded_and_everything_is_answered_once(work in proptest::collection::vec(work(), 1..60)) {
        let all = work.len();
        let world = World::of(work).run();
        prop_assert_eq!(world.ended.len(), all);
        // A record is begun anew only for a place that it did not have, and then has: its node, and its copy.
        prop_assert!(world.starts <= 4 * all, "{} starts of {all}", world.starts);
    }

    #[test]
    fn copies_hold_up_no_short_work(
        copies in proptest::collection::vec((0..4u8, 1_000..600_000u64), 0..100),
        node in 0..4u8,
    ) {
        let mut work: Vec<Work> =
            copies.iter().map(|(node, takes)| copy(0, *node, &[storage("ceph")], *takes)).collect();
        work.push(short(30_000, node, 10));
        let last = work.len() as u64 - 1;
        prop_assert!(World::of(work).run().waited(last) < ms(200));
    }

    #[test]
    fn nothing_is_overtaken_by_more_than_what_has_begun(count in 1..100u64) {
        let world = World::of((0..count).map(|due| short(due, 0, 100)).collect()).run();
        let begun = |record: u64| world.begun[&RecordId(record)];
        for record in 0..count {
            let overtakes = (record + 1..count).filter(|later| begun(*later) < begun(record)).count();
            prop_assert!(overtakes <= LIMITS.workers, "{overtakes} before {record}");
        }
    }
}

#[test]
fn a_node_that_answers_late_holds_up_only_its_own_guests() {
    // Each of its requests takes 30 s.
    let mut work: Vec<Work> = (0..24).map(|_| short(0, 1, 90_000)).collect();
    work.push(short(100, 2, 10));
    let world = World::of(work).run();
    assert!(world.waited(24) <= SLOW + ms(100), "{:?}", world.waited(24));
}

#[test]
fn a_hundred_copies_go_through_a_storage_two_at_a_time() {
    let work: Vec<Work> = (0..100).map(|record| copy(0, record % 4, &[storage("ceph")], 10_000)).collect();
    let world = World::of(work).run();
    let all = world.ended.values().max().unwrap();
    assert!((ms(500_000)..ms(520_000)).contains(all), "the storage is never idle: {all:?}");
    assert!(world.starts <= 300, "each is looked up for its node, for its copy, and to be made: {}", world.starts);
}

#[test]
fn a_copy_through_two_storages_is_not_overtaken_for_ever() {
    let (ceph, nfs) = (storage("ceph"), storage("nfs"));
    // Of either storage there is always one that could begin, and of both hardly ever.
    let one = |due: u64| {
        copy(due, (due % 3) as u8, &[if due.is_multiple_of(2_000) { ceph.clone() } else { nfs.clone() }], 7_000)
    };
    let mut work: Vec<Work> = (0..200).map(|it| one(it * 1_000)).collect();
    work.push(copy(5_000, 3, &[ceph.clone(), nfs.clone()], 1_000));
    let world = World::of(work).run();
    assert!(world.waited(200) < HANDICAP + ms(20_000), "{:?}", world.waited(200));
}

#[test]
fn copies_go_on_while_short_work_never_ends() {
    // More short work than four workers can do; each is at its node for less than it takes to count as slow.
    let mut work: Vec<Work> = (0..3_000).map(|it| short(it * 25, (it % 3) as u8, 400)).collect();
    work.push(copy(1_000, 3, &[storage("ceph")], 1_000));
    let world = World::of(work).run();
    let (copy, last) = (world.begun[&RecordId(3_000)], world.ended.values().max().unwrap());
    assert!(copy < *last / 2, "{copy:?} of {last:?}");
}

#[test]
fn ten_thousand_that_wait_at_the_start_begin_a_few_at_a_time() {
    let mut schedule = Schedule::new(LIMITS);
    (0..10_000).for_each(|record| schedule.known(RecordId(record), Duration::ZERO));
    let mut begun = 0;
    while let Some(record) = schedule.start(Duration::ZERO) {
        begun += 1;
        assert!(begun <= LIMITS.workers);
        schedule.known(record, Duration::ZERO);
    }
    assert_eq!((begun, schedule.waits()), (LIMITS.workers, 10_000 - LIMITS.workers));
}

#[test]
fn something_new_of_a_copy_that_waits_is_looked_at_at_once() {
    let mut schedule = Schedule::new(LIMITS);
    let (now, shares) = (Duration::ZERO, BTreeSet::from([storage("ceph")]));
    for record in (0..3).map(RecordId) {
        schedule.due(record, now);
        assert_eq!(schedule.start(now), Some(record));
        let may = schedule.copy(record, &shares);
        assert_eq!(may, record.0 < 2);
        if !may {
            schedule.end(record, now, None);
        }
    }
    assert_eq!(schedule.start(now), None, "there is no place");
    schedule.known(RecordId(2), now);
    assert_eq!(schedule.start(now), None, "the inbox has nothing new of it");
    schedule.due(RecordId(2), now);
    assert_eq!(schedule.start(now), Some(RecordId(2)));
    assert!(schedule.copy(RecordId(2), &BTreeSet::new()), "it was deleted: nothing is to be copied");
}

#[test]
fn what_comes_while_a_record_is_worked_on_is_looked_at_after_that() {
    let mut schedule = Schedule::new(LIMITS);
    let (record, now) = (RecordId(1), Duration::ZERO);
    schedule.due(record, now);
    assert_eq!(schedule.start(now), Some(record));
    schedule.due(record, now);
    assert_eq!(schedule.start(now), None, "one guest, one plan at a time");
    schedule.read(record);
    schedule.end(record, now, None);
    assert!(schedule.is_idle(), "it was read together with the first");
    schedule.due(record, now);
    schedule.start(now);
    schedule.due(record, now);
    schedule.end(record, now, None);
    assert_eq!(schedule.start(now), Some(record));
}

#[test]
fn what_rests_begins_when_that_is_over() {
    let mut schedule = Schedule::new(LIMITS);
    schedule.due(RecordId(1), Duration::ZERO);
    schedule.start(Duration::ZERO);
    schedule.end(RecordId(1), ms(100), Some(ms(1_000)));
    schedule.due(RecordId(1), ms(200));
    assert_eq!((schedule.start(ms(1_099)), schedule.wakes()), (None, Some(ms(1_100))));
    assert_eq!(schedule.start(ms(1_100)), Some(RecordId(1)));
}

#[test]
fn a_storage_that_nodes_share_is_one_and_one_that_they_do_not_is_several() {
    let node = |node: u8| place(node).node.unwrap();
    let storages = [("ceph", true), ("local-lvm", false)].map(|(id, shared)| StorageFacts {
        id: id.parse().unwrap(),
        shared,
        nodes: vec![node(1), node(2)],
        images: true,
        rootdir: true,
        files: false,
    });
    let clone = |storage: Option<&str>| {
        let json = serde_json::json!({
            "action": "clone", "guest": {"record": 7, "name": "web01", "kind": "qemu", "vmid": 100}, "template": 9000,
            "template_node": "pve01", "node": "pve02", "storage": storage, "full": true,
        });
        serde_json::from_value::<Action>(json).unwrap()
    };
    let context = Context { storages: Part::Given(storages.to_vec()), ..Context::default() };
    let event = Event { cause: Vec::new(), desired: None, current: None, context };
    let nodes = [node_share(1), node_share(2)];
    let local =
        |node: u8| Share::Storage { cluster: CLUSTER, storage: "local-lvm".parse().unwrap(), node: place(node).node };
    let through = |storage| shares(CLUSTER, &event, &[clone(storage)]);
    assert_eq!(through(Some("ceph")), nodes.iter().cloned().chain([storage("ceph")]).collect());
    assert_eq!(through(Some("local-lvm")), nodes.iter().cloned().chain([local(2)]).collect());
}
