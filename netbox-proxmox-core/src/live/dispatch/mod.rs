//! Answers the events of the inbox: one guest, one plan at a time; repeated triggers of a guest are answered together;
//! different guests in parallel, bounded.
//!
//! | file | what |
//! |---|---|
//! | `schedule/` | what begins next: pure |
//! | `run` | the loop around it |
//! | `job` | a record that is worked on, as the schedule sees it |
//! | `answer` | the pending events of a record, under its lease, and how they are settled |
//! | `work` | looks up, plans and applies; plans again where the world had moved on |
//! | `asked` | what a person asks for without a change in NetBox |
//! | `meanwhile` | what came while a plan was made |
//! | `agreement` | another person agrees that a guest is destroyed |
//! | `branches` | what is noted for whoever planned a branch |
//! | `told`, `over` | what people are told outside plans, and that it is over |
//! | `standings` | how records stand, said in NetBox |
//! | `lease`, `backoff`, `brakes`, `remember` | who works on it, when again, what waits for a person, what is kept |

mod agreement;
mod answer;
mod asked;
pub mod backoff;
pub(crate) mod brakes;
mod branches;
mod job;
pub mod lease;
mod meanwhile;
mod over;
mod remember;
mod run;
pub mod schedule;
pub(in crate::live) mod standings;
mod told;
mod work;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use self::agreement::Agreements;
use self::brakes::Destroys;
use self::lease::Leases;
use self::schedule::{Limits, Schedule};
use self::standings::Standings;
use crate::action::Action;
use crate::apply::Applied;
use crate::event::Event;
use crate::executor::{Failure, Progress, Silent};
use crate::guest::RecordId;
use crate::live::bridge::{Bridge, now};
use crate::live::inbox::{Held, InboxError, NewEvent, StoredEvent};
use crate::live::look_up::Foreign;
use crate::live::look_up::ignored::Ignored;
use crate::live::sweep::entries::ReadLog;
use crate::report::Report;

/// What became of the events of a record.
#[derive(Debug, Clone)]
pub enum Answer {
    /// It is certain that they concern nothing of ours.
    Ignored(Ignored),
    /// They cannot be judged: a person was told, and they wait.
    Parked(Box<Report>),
    /// A brake holds them until a person agrees.
    Held(Held),
    /// A plan was performed. It may be empty.
    Applied(Applied),
    /// A plan, or the look-up before it, failed: it is tried again at this time, in seconds since 1970, or parked.
    Failed {
        /// What was done before.
        applied: Applied,
        /// Why.
        failure: Failure,
        /// When it is tried again; `None`: parked.
        again: Option<u64>,
    },
}

/// Is told what the dispatcher does: for logs, metrics and demos. All methods have an empty default.
pub trait Observer: Send + Sync {
    /// The events of a record are being answered.
    fn begin(&self, _record: RecordId, _events: &[StoredEvent]) {}
    /// A plan was made.
    fn planned(&self, _record: RecordId, _event: &Event, _plan: &[Action]) {}
    /// Who is told how the plan proceeds.
    fn progress(&self, _record: RecordId) -> Box<dyn Progress> {
        Box::new(Silent)
    }
    /// The events were answered.
    fn end(&self, _record: RecordId, _answer: &Answer) {}
}

impl Observer for Silent {}

/// The dispatcher. Cheap to clone.
#[derive(Clone)]
pub struct Dispatcher {
    inner: Arc<Inner>,
}

struct Inner {
    bridge: Bridge,
    observer: Box<dyn Observer>,
    leases: Leases,
    wake: Notify,
    rounds: watch::Sender<Rounds>,
    schedule: std::sync::Mutex<Schedule>,
    epoch: Instant,
    /// Whether the inbox may have something due that the schedule was not told of.
    asked: AtomicBool,
    destroys: Destroys,
    agreements: Agreements,
    foreign: Foreign,
    standings: Standings,
    troubles: std::sync::Mutex<Vec<String>>,
    read_log: ReadLog,
}

/// How often the inbox was to be looked at, and up to which of these everything due was answered.
#[derive(Debug, Clone, Copy)]
struct Rounds {
    asked: u64,
    answered: u64,
}

impl Inner {
    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time of the schedule.
    fn time(&self) -> Duration {
        self.epoch.elapsed()
    }

    /// Whether the inbox is to be looked at; it is asked once.
    fn is_asked(&self) -> bool {
        self.asked.swap(false, Ordering::SeqCst)
    }
}

impl Dispatcher {
    /// Over a bridge. `owner` names this process in leases, and no other one ([`unique_owner`](self::lease::unique_owner));
    /// `parallel` bounds how many guests are looked up and
    /// planned at once; what waits for its node, or copies, is bounded by the policy.
    pub fn new(bridge: Bridge, observer: impl Observer + 'static, owner: &str, parallel: usize) -> Self {
        let limits = Limits::new(parallel, &bridge.policy);
        let inner = Inner {
            bridge,
            observer: Box::new(observer),
            leases: Leases::new(owner),
            wake: Notify::new(),
            rounds: watch::Sender::new(Rounds { asked: 1, answered: 0 }),
            schedule: std::sync::Mutex::new(Schedule::new(limits)),
            epoch: Instant::now(),
            asked: AtomicBool::new(false),
            destroys: Destroys::default(),
            agreements: Agreements::default(),
            foreign: Foreign::default(),
            standings: Standings::new(owner),
            troubles: std::sync::Mutex::default(),
            read_log: ReadLog::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The bridge it works over.
    pub fn bridge(&self) -> &Bridge {
        &self.inner.bridge
    }

    /// How NetBox's change log is read.
    pub(in crate::live) fn read_log(&self) -> &ReadLog {
        &self.inner.read_log
    }

    /// Stores changes that NetBox delivered durably and wakes the dispatcher; says for each whether it is new.
    ///
    /// # Errors
    /// They could not be stored.
    pub async fn accept(&self, events: &[NewEvent]) -> Result<Vec<bool>, InboxError> {
        let new = self.inner.bridge.inbox.accept(events, now()).await?;
        self.arrived(events, &new);
        Ok(new)
    }

    /// Stores changes that nobody delivered.
    pub(in crate::live) async fn store(&self, events: &[NewEvent]) -> Result<Vec<bool>, InboxError> {
        let new = self.inner.bridge.inbox.store().insert(events, now()).await?;
        self.arrived(events, &new);
        Ok(new)
    }

    /// Tells the schedule of what was stored: the inbox need not be asked.
    fn arrived(&self, events: &[NewEvent], new: &[bool]) {
        let inner = &self.inner;
        let time = inner.time();
        for (event, new) in events.iter().zip(new) {
            // A deletion that is delivered after all lifts the hold of one that was stored before.
            if (*new || event.change.deleted_record()) && event.held.is_none() {
                inner.schedule().due(event.change.record, time);
            }
        }
        self.ask();
    }

    /// Has the loop go round.
    fn ask(&self) {
        self.inner.rounds.send_modify(|rounds| rounds.asked += 1);
        self.inner.wake.notify_one();
    }

    /// Looks at the inbox again: something was released.
    pub fn wake(&self) {
        self.inner.asked.store(true, Ordering::SeqCst);
        self.ask();
    }

    /// Waits until nothing is due and nothing is being worked on.
    pub async fn idle(&self) {
        let mut rounds = self.inner.rounds.subscribe();
        // The sender lives as long as `self`.
        let _ = rounds.wait_for(|rounds| rounds.answered == rounds.asked).await;
    }
}

fn log_error<T, E: std::fmt::Display>(result: Result<T, E>) {
    if let Err(error) = result {
        tracing::error!(%error);
    }
}
