//! Everything this NetBox knows, behind one lock.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::{oneshot, watch};

use super::branches::{BranchMark, BranchRows};
use super::clock::Clock;
use super::delivery::Delivery;
use super::faults::Fault;
use super::pages::Module;
use super::race::Race;
use super::request::Received;
use super::schema::Kind;
use super::settings::Settings;
use super::store::{Record, Store};
use super::{FakeNetBox, changes::Changes, write::Work};

/// Called with every HTTP request before it is executed.
pub(super) type Hook = Arc<dyn Fn(&FakeNetBox, &Received) + Send + Sync>;

/// Decides which deliveries are lost.
pub(super) type Loses = Box<dyn FnMut(&Delivery) -> bool + Send>;

/// A delivery to be sent, and who wants to know when that is done.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) number: usize,
    pub(super) done: Option<oneshot::Sender<Option<u16>>>,
}

/// What happens to new deliveries.
pub(super) struct Mode {
    pub(super) held: bool,
    pub(super) double: bool,
    pub(super) delay: Duration,
    pub(super) loses: Option<Loses>,
    /// What `/api/status/` says of workers.
    pub(super) workers: u64,
    pub(super) failed_jobs: u64,
}

impl Default for Mode {
    fn default() -> Self {
        Self { held: false, double: false, delay: Duration::ZERO, loses: None, workers: 1, failed_jobs: 0 }
    }
}

/// The state.
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) received: Vec<Received>,
    pub(super) faults: Vec<Fault>,
    pub(super) hook: Option<Hook>,
    pub(super) deliveries: Vec<Delivery>,
    /// Numbers of those that are held.
    pub(super) held: Vec<usize>,
    pub(super) queue: VecDeque<Job>,
    /// How many are queued or on their way; changed under the same lock as the queue, so that it is never wrong.
    pub(super) pending: watch::Sender<usize>,
    pub(super) mode: Mode,
    /// The rows as they are in each branch, by its `schema_id`.
    pub(super) branches: BTreeMap<String, BranchRows>,
    pub(super) mark: BranchMark,
    /// Lost updates that are to come.
    pub(super) races: Vec<Race>,
    /// The layout of the dashboard, and what is on it.
    pub(super) dashboard: Map<String, Value>,
    pub(super) modules: Vec<Module>,
}

impl State {
    pub(super) fn new(settings: Settings, clock: Clock) -> Self {
        Self {
            settings,
            store: Store::default(),
            clock,
            received: Vec::new(),
            faults: Vec::new(),
            hook: None,
            deliveries: Vec::new(),
            held: Vec::new(),
            queue: VecDeque::new(),
            pending: watch::Sender::new(0),
            mode: Mode::default(),
            branches: BTreeMap::new(),
            mark: BranchMark::default(),
            races: Vec::new(),
            dashboard: Map::from_iter([("layout".to_owned(), json!([])), ("config".to_owned(), json!({}))]),
            modules: Vec::new(),
        }
    }

    /// From one request to the next.
    pub(super) fn pass(&mut self) {
        self.clock.pass(self.settings.pace);
    }

    /// The id of a user, who is made up when first seen.
    pub(super) fn user(&mut self, name: &str) -> u64 {
        if let Some(known) = self.store.all(Kind::User).find(|user| user.text("username") == name) {
            return known.id;
        }
        let id = self.store.next_id(Kind::User);
        let now = self.clock.tick();
        let mut values = Map::new();
        values.insert("username".to_owned(), Value::from(name));
        values.insert("email".to_owned(), Value::from(format!("{name}@localhost")));
        let record =
            Record { id, created: now, last_updated: Some(now), values, custom_fields: Map::new(), tags: Vec::new() };
        self.store.put(Kind::User, record);
        id
    }

    /// A request's work on the rows, to be kept or undone.
    pub(super) fn work(&mut self, user: u64) -> Work<'_> {
        self.store.keep();
        Work {
            store: &mut self.store,
            clock: &mut self.clock,
            settings: &self.settings,
            user,
            changes: Changes::default(),
        }
    }

    /// Queues a delivery; the worker must be woken afterwards.
    pub(super) fn enqueue(&mut self, job: Job) {
        self.queue.push_back(job);
        self.pending.send_modify(|pending| *pending += 1);
    }

    /// Gives new deliveries their numbers and their fate.
    pub(super) fn dispatch(&mut self, deliveries: Vec<Delivery>) {
        for mut delivery in deliveries {
            let number = self.deliveries.len();
            delivery.number = number;
            let lost = self.mode.loses.as_mut().is_some_and(|loses| loses(&delivery));
            self.deliveries.push(delivery);
            if lost {
                continue;
            }
            if self.mode.held {
                self.held.push(number);
                continue;
            }
            for _ in 0..if self.mode.double { 2 } else { 1 } {
                self.enqueue(Job { number, done: None });
            }
        }
    }
}
