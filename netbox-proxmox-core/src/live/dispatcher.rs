//! Answers the events of the inbox: one guest, one plan at a time; repeated triggers of a guest are answered together;
//! different guests in parallel, bounded.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Notify, Semaphore, watch};
use tokio::task::JoinSet;

use super::brakes::{DESTROYS_PER_HOUR, Destroys, HELD};
use super::bridge::{Bridge, now};
use super::execute::LiveExecutor;
use super::inbox::{EventState, InboxError, NewEvent, Reported, Settlement, StoredEvent};
use super::look_up::{LookUp, Looked};
use super::remember::remember;
use crate::action::Action;
use crate::apply::{Applied, apply};
use crate::event::{Change, Event};
use crate::executor::{Executor, Failure, FailureKind, Outcome, Progress, Silent};
use crate::guest::RecordId;
use crate::plan::{plan_with, refused_creation};
use crate::report::Reporter;

/// How long a lease on a record lasts without being renewed, in seconds.
const LEASE: u64 = 60;

/// How long a record rests after the inbox failed, or after a bug.
const PAUSE: Duration = Duration::from_secs(5);

/// After how many attempts in vain a person is told of what is still tried.
const TOLD_AFTER: u32 = 5;

/// How often a plan is made anew at once, because the world was not as it had been looked up.
const REPLANS: u32 = 5;

/// How often the events of a record are answered together with newer ones, rather than tell a person that nobody did
/// what these are about.
const PATIENCE: u32 = 10;

/// What became of the events of a record.
#[derive(Debug, Clone)]
pub enum Answer {
    /// They concern nothing of ours: why.
    Ignored(String),
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
    owner: String,
    wake: Notify,
    rounds: watch::Sender<Rounds>,
    parallel: Arc<Semaphore>,
    destroys: Destroys,
    read_log: Mutex<BTreeMap<u64, Vec<NewEvent>>>,
}

/// How often the inbox was to be looked at, and up to which of these everything due was answered.
#[derive(Debug, Clone, Copy)]
struct Rounds {
    asked: u64,
    answered: u64,
}

impl Dispatcher {
    /// Over a bridge. `owner` names this process in leases; `parallel` bounds how many guests are worked on at once.
    pub fn new(bridge: Bridge, observer: impl Observer + 'static, owner: &str, parallel: usize) -> Self {
        let inner = Inner {
            bridge,
            observer: Box::new(observer),
            owner: owner.to_owned(),
            wake: Notify::new(),
            rounds: watch::Sender::new(Rounds { asked: 1, answered: 0 }),
            parallel: Arc::new(Semaphore::new(parallel)),
            destroys: Destroys::default(),
            read_log: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The bridge it works over.
    pub fn bridge(&self) -> &Bridge {
        &self.inner.bridge
    }

    /// The events of the entries of NetBox's change log that may be read again, by the entry's id.
    pub(super) fn read_log(&self) -> &Mutex<BTreeMap<u64, Vec<NewEvent>>> {
        &self.inner.read_log
    }

    /// Stores changes durably and wakes the dispatcher; says for each whether it is new.
    ///
    /// # Errors
    /// They could not be stored.
    pub async fn accept(&self, events: &[NewEvent]) -> Result<Vec<bool>, InboxError> {
        let new = self.inner.bridge.inbox.store().insert(events, now()).await?;
        self.wake();
        Ok(new)
    }

    /// Looks at the inbox again: something was released.
    pub fn wake(&self) {
        self.inner.rounds.send_modify(|rounds| rounds.asked += 1);
        self.inner.wake.notify_one();
    }

    /// Waits until nothing is due and nothing is being worked on.
    pub async fn idle(&self) {
        let mut rounds = self.inner.rounds.subscribe();
        // The sender lives as long as `self`.
        let _ = rounds.wait_for(|rounds| rounds.answered == rounds.asked).await;
    }

    /// Answers events until told to stop; then finishes what is in hand.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let inner = &self.inner;
        // Leases of a former life of this process.
        log_error(inner.bridge.inbox.store().unlease(None, &inner.owner).await);
        let mut tasks: JoinSet<()> = JoinSet::new();
        let mut busy: HashMap<tokio::task::Id, RecordId> = HashMap::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let asked = inner.rounds.borrow().asked;
            let (due, next) = match inner.bridge.inbox.store().due(now()).await {
                Ok(due) => due,
                Err(error) => {
                    tracing::error!(%error, "the inbox cannot be read");
                    (Vec::new(), Some(now() + 5))
                }
            };
            for record in due {
                if busy.values().any(|working| *working == record) {
                    continue;
                }
                let dispatcher = self.clone();
                let task = tasks.spawn(async move {
                    let _permit = dispatcher.inner.parallel.acquire().await;
                    if let Err(error) = dispatcher.answer(record).await {
                        tracing::error!(%record, %error, "not answered");
                        tokio::time::sleep(PAUSE).await;
                    }
                });
                busy.insert(task.id(), record);
            }
            if busy.is_empty() && next.is_none_or(|next| next > now()) {
                inner.rounds.send_modify(|rounds| rounds.answered = asked);
            }
            let sleep = next.map_or(3600, |next| next.saturating_sub(now()).clamp(1, 3600));
            tokio::select! {
                () = &mut stop => break,
                () = inner.wake.notified() => {}
                Some(ended) = tasks.join_next_with_id(), if !tasks.is_empty() => match ended {
                    Ok((task, ())) => {
                        busy.remove(&task);
                    }
                    Err(error) => {
                        // A bug. The record rests, so that it does not take all the time there is.
                        tracing::error!(%error, "answering an event ended in a panic");
                        if let Some(record) = busy.remove(&error.id()) {
                            let rest = tasks.spawn(tokio::time::sleep(PAUSE));
                            busy.insert(rest.id(), record);
                        }
                    }
                },
                () = tokio::time::sleep(Duration::from_secs(sleep)) => {}
            }
        }
        tasks.join_all().await;
    }

    /// Answers what is due of a record, under its lease.
    async fn answer(&self, record: RecordId) -> Result<(), InboxError> {
        let inner = &self.inner;
        let store = inner.bridge.inbox.store();
        if !store.lease(record, &inner.owner, now(), now() + LEASE).await? {
            // Another instance works on it, and settles the events.
            tokio::time::sleep(Duration::from_secs(1)).await;
            return Ok(());
        }
        let lost = async {
            loop {
                tokio::time::sleep(Duration::from_secs(LEASE / 3)).await;
                match store.lease(record, &inner.owner, now(), now() + LEASE).await {
                    Ok(true) => {}
                    Ok(false) => return,
                    Err(error) => tracing::error!(%record, %error, "the lease is not renewed"),
                }
            }
        };
        let result = tokio::select! {
            result = self.answer_leased(record) => result,
            // This process slept for longer than a lease lasts.
            () = lost => Err(InboxError::new("keep a lease", "another instance works on the record")),
        };
        store.unlease(Some(record), &inner.owner).await?;
        result
    }

    async fn answer_leased(&self, record: RecordId) -> Result<(), InboxError> {
        // A change that comes while another one is answered may be what the answer says that nobody did.
        for _ in 0..PATIENCE {
            if self.answer_pending(record, true).await? {
                return Ok(());
            }
        }
        self.answer_pending(record, false).await.map(drop)
    }

    /// Answers the pending events of a record, all together; says whether it did, rather than find that more are coming.
    /// `heed`: look for those before a person is told that nobody did something.
    async fn answer_pending(&self, record: RecordId, heed: bool) -> Result<bool, InboxError> {
        let inner = &self.inner;
        let events = inner.bridge.inbox.store().pending(record).await?;
        if events.is_empty() {
            return Ok(true);
        }
        inner.observer.begin(record, &events);
        let (echoes, events) = self.split_echoes(events).await?;
        self.settle(&echoes, EventState::Ignored, Some("an echo of our own write".into()), now(), false).await?;
        if events.is_empty() {
            inner.observer.end(record, &Answer::Ignored("an echo of our own write".into()));
            return Ok(true);
        }
        let Some(answer) = self.work(record, &events, heed).await else { return Ok(false) };
        let answer = match answer {
            Answer::Ignored(why) => {
                self.settle(&events, EventState::Ignored, Some(why.clone()), now(), false).await?;
                Answer::Ignored(why)
            }
            Answer::Applied(applied) => {
                match applied.done.iter().find_map(|(_, outcome)| deferred(outcome)) {
                    Some(due) => {
                        let reason = Some("put off by the policy".into());
                        self.settle(&events, EventState::Pending, reason, due, false).await?;
                    }
                    None => self.settle(&events, EventState::Done, told(&applied), now(), true).await?,
                }
                Answer::Applied(applied)
            }
            Answer::Failed { applied, failure, again } => {
                let state = if again.is_some() { EventState::Pending } else { EventState::Parked };
                let due = again.unwrap_or_else(now);
                self.settle(&events, state, Some(failure.why.clone()), due, true).await?;
                Answer::Failed { applied, failure, again }
            }
        };
        inner.observer.end(record, &answer);
        Ok(true)
    }

    /// Looks up, plans and applies; again at once where the world was not as it had been looked up. `None`: more events of
    /// the record are coming, and it is planned anew with them.
    async fn work(&self, record: RecordId, events: &[StoredEvent], heed: bool) -> Option<Answer> {
        let bridge = &self.inner.bridge;
        let cause: Vec<Change> = events.iter().map(|event| event.change.clone()).collect();
        let attempts = events.iter().map(|event| event.attempts).max().unwrap_or_default() + 1;
        // A person agreed to what a brake held.
        let released = events.iter().any(|event| event.reason.as_ref().is_some_and(|reason| reason.starts_with(HELD)));
        let mut replans = 0;
        loop {
            let (event, cluster) = match LookUp::new(bridge).record(record, cause.clone()).await {
                Ok(Looked::Event { event, cluster }) => (event, cluster),
                Ok(Looked::Unmanaged(why)) => return Some(Answer::Ignored(why)),
                Err(failure) => {
                    // A token that was renewed or given its rights is good for all events that wait for it.
                    let waits = failure.kind == FailureKind::Permission || failure.kind.is_tried_again();
                    let again = waits.then(|| now() + bridge.backoff.delay(attempts));
                    // Only a person can give it what it lacks.
                    if again.is_none() || failure.kind == FailureKind::Permission && attempts == TOLD_AFTER {
                        self.tell_not_looked_up(record, &cause, &failure, again.is_some()).await;
                    }
                    return Some(Answer::Failed { applied: Applied::default(), failure, again });
                }
            };
            let Some(cluster) = bridge.cluster(&cluster) else {
                return Some(Answer::Ignored(format!("cluster {cluster} is not one of ours")));
            };
            let plan = plan_with(&event, &bridge.policy);
            if heed && self.more_is_coming(record, events, &plan).await {
                return None;
            }
            self.inner.observer.planned(record, &event, &plan);
            let destroys = plan.iter().any(|action| matches!(action, Action::Destroy { .. }));
            if destroys && !released && self.inner.destroys.too_many(now()) {
                let why = format!(
                    "{HELD}{DESTROYS_PER_HOUR} guests were destroyed within an hour. If this is meant, release it \
                     (`netbox-proxmox events --release`)"
                );
                let failure = Failure::new(FailureKind::Refused, why);
                return Some(Answer::Failed { applied: Applied::default(), failure, again: None });
            }
            let progress = self.inner.observer.progress(record);
            let node = event.current.as_ref().and_then(|current| current.node.given().cloned());
            let executor = LiveExecutor::new(bridge, cluster, node);
            if let Some(intent) = refused_creation(&event, &plan) {
                log_error(bridge.inbox.put_intent(&intent).await);
            }
            let applied = apply(plan, &executor, &*progress).await;
            if applied.done.iter().any(|(action, it)| matches!((action, it), (Action::Destroy { .. }, Outcome::Done))) {
                self.inner.destroys.note(now());
            }
            match applied.failed.clone() {
                None => {
                    log_error(remember(bridge, cluster, record, &event, &applied).await);
                    log_error(bridge.inbox.retain_reports(record, &executor.told()).await);
                    return Some(Answer::Applied(applied));
                }
                Some((_, failure))
                    if matches!(failure.kind, FailureKind::Conflict | FailureKind::Ambiguous) && replans < REPLANS =>
                {
                    tracing::info!(%record, why = %failure.why, "planning again");
                    replans += 1;
                }
                Some((action, failure)) => {
                    let again = failure.kind.is_tried_again().then(|| now() + bridge.backoff.delay(attempts));
                    // What is tried again for long is told once, too.
                    if again.is_none() || attempts == TOLD_AFTER {
                        let report = failed_report(&event, record, &action, &failure, again.is_some());
                        log_error(executor.execute(&Action::Report(report), &*progress).await);
                    }
                    return Some(Answer::Failed { applied, failure, again });
                }
            }
        }
    }

    /// An event that fails before there is a plan is told of like one that fails in it.
    async fn tell_not_looked_up(&self, record: RecordId, cause: &[Change], failure: &Failure, again: bool) {
        let bridge = &self.inner.bridge;
        let name = cause.first().map_or_else(|| format!("virtual machine {record}"), |change| change.name.clone());
        // Of a record that is gone its cluster's journal tells.
        let deleted = cause.iter().find_map(|change| change.deleted_facts()?.cluster.as_deref());
        let cluster = deleted.and_then(|name| bridge.cluster(name)).or(bridge.clusters.first());
        let Some(cluster) = cluster else { return };
        let report = Reporter::new(record, &name, deleted).failed("look-up", &failure.why, again);
        let executor = LiveExecutor::new(bridge, cluster, None);
        log_error(executor.execute(&Action::Report(report), &Silent).await);
    }

    /// Whether a plan would tell a person that nobody did something, and somebody has: the event has come meanwhile, or
    /// NetBox's change log has it.
    async fn more_is_coming(&self, record: RecordId, events: &[StoredEvent], plan: &[Action]) -> bool {
        let inbox = &self.inner.bridge.inbox;
        let claims = plan.iter().filter_map(|action| match action {
            Action::Report(report) if report.claims_no_cause => Some(report.key()),
            _ => None,
        });
        let mut news = false;
        for key in claims {
            news |= !matches!(inbox.reported(&key).await, Ok(Some(Reported::Delivered)));
        }
        if !news {
            return false;
        }
        if self.has_more_than(record, events).await {
            return true;
        }
        match self.catch_up_with(record).await {
            Ok(true) => return true,
            Ok(false) => {}
            Err(failure) => tracing::warn!(%record, why = %failure.why, "NetBox's change log cannot be asked"),
        }
        // What came while the change log was read is known by then, and nothing new in it.
        self.has_more_than(record, events).await
    }

    async fn has_more_than(&self, record: RecordId, events: &[StoredEvent]) -> bool {
        match self.inner.bridge.inbox.store().pending(record).await {
            Ok(pending) => pending.len() > events.len(),
            Err(error) => {
                log_error::<(), _>(Err(error));
                false
            }
        }
    }

    async fn split_echoes(&self, events: Vec<StoredEvent>) -> Result<(Vec<StoredEvent>, Vec<StoredEvent>), InboxError> {
        let (mut echoes, mut others) = (Vec::new(), Vec::new());
        for event in events {
            let echo = match &event.change.request {
                Some(request) => self.inner.bridge.inbox.is_own_request(request).await?,
                None => false,
            };
            if echo { echoes.push(event) } else { others.push(event) }
        }
        Ok((echoes, others))
    }

    async fn settle(
        &self,
        events: &[StoredEvent],
        state: EventState,
        reason: Option<String>,
        due: u64,
        attempted: bool,
    ) -> Result<(), InboxError> {
        if events.is_empty() {
            return Ok(());
        }
        let ids: Vec<i64> = events.iter().map(|event| event.id).collect();
        let settlement = Settlement { state, reason, due, attempted };
        self.inner.bridge.inbox.store().settle(&ids, &settlement).await
    }
}

fn deferred(outcome: &Outcome) -> Option<u64> {
    match outcome {
        Outcome::Deferred(due) => Some(*due),
        _ => None,
    }
}

fn failed_report(
    event: &Event,
    record: RecordId,
    action: &Action,
    failure: &Failure,
    again: bool,
) -> crate::report::Report {
    let reporter = match &event.desired {
        Some(guest) => Reporter::of(guest),
        None => {
            let name = event.cause.first().map_or_else(|| format!("virtual machine {record}"), |it| it.name.clone());
            Reporter::new(record, &name, None)
        }
    };
    reporter.failed(&action.to_string(), &failure.why, again)
}

/// What people were told, for the list of events.
fn told(applied: &Applied) -> Option<String> {
    let texts = applied.done.iter().filter_map(|(action, _)| match action {
        Action::Report(report) => Some(report.text.as_str()),
        _ => None,
    });
    let texts: Vec<&str> = texts.collect();
    (!texts.is_empty()).then(|| format!("reported: {}", texts.join(" | ")))
}

fn log_error<T, E: std::fmt::Display>(result: Result<T, E>) {
    if let Err(error) = result {
        tracing::error!(%error);
    }
}
