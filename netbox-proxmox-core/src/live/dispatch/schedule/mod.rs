//! What begins next: a pure scheduler. State, time and what happened give what may start; nothing here waits, and the
//! time is an argument.
//!
//! - A *worker* is what a record is begun with. It is given back once the work has been at its node for [`SLOW`]: a node
//!   that answers late, or a guest that takes its time to shut down, holds up only what is at the same node.
//! - A *seat* at a node (of a cluster, while the node is not known) is kept as long as the record is worked on there.
//! - A plan that copies disks needs a *share* of both nodes and of both storages, and has neither worker nor seat while it
//!   copies. Where there is none it is not waited for: the record is begun anew, with what there is then, once there is.
//!
//! What waits is begun in the order in which it was due; copies let go ahead what comes within [`HANDICAP`] after them.

mod share;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

pub use self::share::{Place, Share, shares};
use crate::guest::RecordId;
use crate::policy::Policy;

/// How long work may be at its node before its worker is given back.
pub const SLOW: Duration = Duration::from_millis(500);

/// How much later than due a copy counts as due. One that waits for longer is not overtaken by other copies, either.
pub const HANDICAP: Duration = Duration::from_secs(10);

/// How much is done at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many records are looked up and planned.
    pub workers: usize,
    /// How many are worked on at a place, copies apart.
    pub seats: usize,
    /// How many copies a node takes part in.
    pub copies_per_node: usize,
    /// How many copies a storage takes part in.
    pub copies_per_storage: usize,
}

impl Limits {
    /// As the policy has it, with so many workers.
    pub fn new(workers: usize, policy: &Policy) -> Self {
        Self {
            workers: workers.max(1),
            seats: policy.tasks_per_node.get(),
            copies_per_node: policy.copies_per_node.get(),
            copies_per_storage: policy.copies_per_storage.get(),
        }
    }

    fn of(&self, share: &Share) -> usize {
        match share {
            Share::Node(..) => self.copies_per_node,
            Share::Storage { .. } => self.copies_per_storage,
        }
    }
}

/// What a record needs to begin, beside a worker.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Wish {
    seat: Option<Place>,
    shares: BTreeSet<Share>,
}

/// Since when a record waits, and its number among those that began to wait at the same time.
type Turn = (Duration, u64);

/// A record that is worked on.
#[derive(Debug, Default)]
struct Job {
    /// When it was due.
    since: Duration,
    /// Whether it still counts as a worker.
    worker: bool,
    seat: Option<Place>,
    /// Since when it is at its place. Reading NetBox before is nothing that a node is slow in.
    entered: Option<Duration>,
    shares: BTreeSet<Share>,
    copies: bool,
    /// What it lacked: it ends, and waits for that.
    lacks: Option<Wish>,
    /// Whether something new is due of the record.
    again: bool,
}

/// What is waited for and worked on.
#[derive(Debug)]
pub struct Schedule {
    limits: Limits,
    waiting: HashMap<RecordId, (Wish, Turn)>,
    queues: BTreeMap<Wish, BTreeMap<Turn, RecordId>>,
    /// What rests, by when that is over.
    resting: BTreeSet<(Duration, RecordId)>,
    rests: HashSet<RecordId>,
    jobs: HashMap<RecordId, Job>,
    seats: BTreeMap<Place, usize>,
    shares: BTreeMap<Share, usize>,
    /// Where records were last worked on: a guess, which is put right when they are looked up.
    places: HashMap<RecordId, Place>,
    turns: u64,
}

/// Of how many records the place is kept.
const PLACES: usize = 100_000;

impl Schedule {
    /// Nothing waits.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            waiting: HashMap::new(),
            queues: BTreeMap::new(),
            resting: BTreeSet::new(),
            rests: HashSet::new(),
            jobs: HashMap::new(),
            seats: BTreeMap::new(),
            shares: BTreeMap::new(),
            places: HashMap::new(),
            turns: 0,
        }
    }

    /// Something of a record is due. One that waits for a place to copy is looked at again: what is new may be short.
    pub fn due(&mut self, record: RecordId, now: Duration) {
        if let Some(job) = self.jobs.get_mut(&record) {
            job.again = true;
        } else if let Some((wish, turn)) = self.waiting.get(&record).filter(|(wish, _)| !wish.shares.is_empty()) {
            let (wish, since) = (wish.clone(), turn.0.saturating_sub(HANDICAP));
            self.leave(record);
            self.enqueue(record, Wish { seat: wish.seat, ..Wish::default() }, since);
        } else {
            self.known(record, now);
        }
    }

    /// Something of a record is due, as far as the inbox says: nothing new of one that waits or is worked on.
    pub fn known(&mut self, record: RecordId, now: Duration) {
        let known =
            self.rests.contains(&record) || self.jobs.contains_key(&record) || self.waiting.contains_key(&record);
        if !known {
            let seat = self.places.get(&record).cloned();
            self.enqueue(record, Wish { seat, ..Wish::default() }, now);
        }
    }

    /// What is due of a record that is worked on is read: only what comes from now on is new.
    pub fn read(&mut self, record: RecordId) {
        if let Some(job) = self.jobs.get_mut(&record) {
            job.again = false;
        }
    }

    /// The next record that begins now, if one does.
    pub fn start(&mut self, now: Duration) -> Option<RecordId> {
        self.tick(now);
        if self.workers() >= self.limits.workers {
            return None;
        }
        let mut heads: Vec<(Turn, &Wish, RecordId)> = Vec::with_capacity(self.queues.len());
        heads.extend(self.queues.iter().filter_map(|(wish, queue)| {
            let (turn, record) = queue.first_key_value()?;
            Some((*turn, wish, *record))
        }));
        heads.sort_unstable();
        let mut kept: BTreeSet<&Share> = BTreeSet::new();
        let mut next = None;
        for ((turn, _), wish, record) in heads {
            if self.fits(wish) && wish.shares.iter().all(|share| !kept.contains(share)) {
                next = Some(record);
                break;
            }
            if turn <= now {
                kept.extend(&wish.shares);
            }
        }
        let record = next?;
        let (wish, (turn, _)) = self.leave(record)?;
        let since = if wish.shares.is_empty() { turn } else { turn.saturating_sub(HANDICAP) };
        self.sit(wish.seat.as_ref());
        self.take(&wish.shares);
        let job = Job { since, worker: true, seat: wish.seat, shares: wish.shares, ..Job::default() };
        self.jobs.insert(record, job);
        Some(record)
    }

    /// A record that is worked on goes to a place; says whether there is a seat. If not, it ends, and waits for one. A seat
    /// at a node is one in its cluster.
    pub fn enter(&mut self, record: RecordId, place: &Place, now: Duration) -> bool {
        let Some(job) = self.jobs.get_mut(&record) else { return true };
        job.entered.get_or_insert(now);
        if job.copies || job.seat.as_ref().is_some_and(|seat| seat.covers(place)) {
            return true;
        }
        if self.seats.get(place).copied().unwrap_or_default() >= self.limits.seats {
            job.lacks = Some(Wish { seat: Some(place.clone()), shares: job.shares.clone() });
            self.remember(record, place);
            return false;
        }
        job.entered = Some(now);
        let former = job.seat.replace(place.clone());
        self.rise(former.as_ref());
        self.sit(Some(place));
        self.remember(record, place);
        true
    }

    /// A record that is worked on is about to copy; says whether it may. If not, it ends, and waits for its shares.
    pub fn copy(&mut self, record: RecordId, shares: &BTreeSet<Share>) -> bool {
        let Some(job) = self.jobs.get(&record).filter(|_| !shares.is_empty()) else { return true };
        let more: BTreeSet<Share> = shares.difference(&job.shares).cloned().collect();
        // Those that wait for any of them come first.
        let others = self.queues.keys().any(|wish| !wish.shares.is_disjoint(&more));
        let fits = more.iter().all(|share| self.has(share)) && !others;
        let Some(job) = self.jobs.get_mut(&record) else { return true };
        if !fits {
            job.lacks = Some(Wish { seat: job.seat.clone(), shares: shares.clone() });
            return false;
        }
        let seat = job.seat.clone().filter(|_| !job.copies);
        (job.copies, job.worker) = (true, false);
        job.shares.extend(more.iter().cloned());
        self.take(&more);
        self.rise(seat.as_ref());
        true
    }

    /// It has copied. It goes on at once: what has begun is not held up by what has not.
    pub fn copied(&mut self, record: RecordId) {
        let Some(job) = self.jobs.get_mut(&record).filter(|job| job.copies) else { return };
        job.copies = false;
        let (shares, seat) = (std::mem::take(&mut job.shares), job.seat.clone());
        self.give_back(&shares);
        self.sit(seat.as_ref());
    }

    /// Whether the work on a record has to end, because there was no place for it.
    pub fn lacks(&self, record: RecordId) -> bool {
        self.jobs.get(&record).is_some_and(|job| job.lacks.is_some())
    }

    /// The work on a record has ended. With a rest it is begun again after that.
    pub fn end(&mut self, record: RecordId, now: Duration, rest: Option<Duration>) {
        let Some(job) = self.jobs.remove(&record) else { return };
        self.give_back(&job.shares);
        if !job.copies {
            self.rise(job.seat.as_ref());
        }
        match (rest, job.lacks) {
            (Some(rest), _) => {
                self.resting.insert((now + rest, record));
                self.rests.insert(record);
            }
            (None, Some(wish)) if !job.again => self.enqueue(record, wish, job.since),
            (None, Some(wish)) => self.enqueue(record, Wish { seat: wish.seat, ..Wish::default() }, job.since),
            (None, None) if job.again => self.known(record, now),
            (None, None) => {}
        }
    }

    /// When something may begin although nothing has happened.
    pub fn wakes(&self) -> Option<Duration> {
        let slow = self.jobs.values().filter(|job| job.worker).filter_map(|job| Some(job.entered? + SLOW));
        let slow = slow.min().filter(|_| !self.waiting.is_empty());
        let rested = self.resting.first().map(|(until, _)| *until);
        slow.into_iter().chain(rested).min()
    }

    /// Whether nothing waits, rests or is worked on.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.resting.is_empty() && self.jobs.is_empty()
    }

    /// How many records wait.
    pub fn waits(&self) -> usize {
        self.waiting.len()
    }

    /// What time alone changes.
    fn tick(&mut self, now: Duration) {
        for job in self.jobs.values_mut() {
            job.worker &= job.entered.is_none_or(|entered| now < entered + SLOW);
        }
        while let Some((until, record)) = self.resting.first().copied().filter(|(until, _)| *until <= now) {
            self.resting.remove(&(until, record));
            self.rests.remove(&record);
            self.known(record, until);
        }
    }

    fn workers(&self) -> usize {
        self.jobs.values().filter(|job| job.worker).count()
    }

    fn fits(&self, wish: &Wish) -> bool {
        let seat = wish.seat.as_ref().is_none_or(|place| self.seats.get(place).is_none_or(|n| *n < self.limits.seats));
        seat && wish.shares.iter().all(|share| self.has(share))
    }

    fn has(&self, share: &Share) -> bool {
        self.shares.get(share).is_none_or(|taken| *taken < self.limits.of(share))
    }

    fn enqueue(&mut self, record: RecordId, wish: Wish, since: Duration) {
        let turn = if wish.shares.is_empty() { since } else { since + HANDICAP };
        self.turns += 1;
        let turn = (turn, self.turns);
        self.queues.entry(wish.clone()).or_default().insert(turn, record);
        self.waiting.insert(record, (wish, turn));
    }

    fn leave(&mut self, record: RecordId) -> Option<(Wish, Turn)> {
        let (wish, turn) = self.waiting.remove(&record)?;
        if let Some(queue) = self.queues.get_mut(&wish) {
            queue.remove(&turn);
            if queue.is_empty() {
                self.queues.remove(&wish);
            }
        }
        Some((wish, turn))
    }

    fn remember(&mut self, record: RecordId, place: &Place) {
        if self.places.len() >= PLACES {
            self.places.clear();
        }
        self.places.insert(record, place.clone());
    }

    fn sit(&mut self, place: Option<&Place>) {
        if let Some(place) = place {
            *self.seats.entry(place.clone()).or_default() += 1;
        }
    }

    fn rise(&mut self, place: Option<&Place>) {
        less(&mut self.seats, place);
    }

    fn take(&mut self, shares: &BTreeSet<Share>) {
        for share in shares {
            *self.shares.entry(share.clone()).or_default() += 1;
        }
    }

    fn give_back(&mut self, shares: &BTreeSet<Share>) {
        less(&mut self.shares, shares);
    }
}

/// One less of each; what none is left of goes.
fn less<'a, T: Ord + 'a>(counts: &mut BTreeMap<T, usize>, of: impl IntoIterator<Item = &'a T>) {
    for it in of {
        if let Some(count) = counts.get_mut(it) {
            *count -= 1;
            if *count == 0 {
                counts.remove(it);
            }
        }
    }
}
