//! Answers the events of the inbox: one guest, one plan at a time; repeated triggers of a guest are answered together;
//! different guests in parallel, bounded.

pub mod backoff;
pub(crate) mod brakes;
pub mod lease;
mod remember;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex, Notify, Semaphore, watch};
use tokio::task::JoinSet;

use self::brakes::{DESTROYS_PER_HOUR, Destroys};
use self::lease::{Leases, Taken};
use self::remember::{remember, remember_said};
use crate::action::Action;
use crate::apply::{Applied, apply};
use crate::event::{Change, Event};
use crate::executor::{Executor, Failure, FailureKind, Outcome, Progress, Silent};
use crate::guest::RecordId;
use crate::live::bridge::{Bridge, ProxmoxCluster, now};
use crate::live::clusters;
use crate::live::execute::LiveExecutor;
use crate::live::inbox::{Brake, EventState, Held, InboxError, NewEvent, Reported, Settlement, StoredEvent};
use crate::live::look_up::ignored::Ignored;
use crate::live::look_up::{LookUp, Looked, Unjudged};
use crate::live::sweep::restored;
use crate::plan::{plan_with, refused_creation};
use crate::report::{Report, Reporter};

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
    parallel: Arc<Semaphore>,
    destroys: Destroys,
    troubles: std::sync::Mutex<Vec<String>>,
    read_log: Mutex<BTreeMap<u64, Vec<NewEvent>>>,
}

/// How often the inbox was to be looked at, and up to which of these everything due was answered.
#[derive(Debug, Clone, Copy)]
struct Rounds {
    asked: u64,
    answered: u64,
}

impl Dispatcher {
    /// Over a bridge. `owner` names this process in leases, and no other one ([`unique_owner`](self::lease::unique_owner));
    /// `parallel` bounds how many guests are worked on at once.
    pub fn new(bridge: Bridge, observer: impl Observer + 'static, owner: &str, parallel: usize) -> Self {
        let inner = Inner {
            bridge,
            observer: Box::new(observer),
            leases: Leases::new(owner),
            wake: Notify::new(),
            rounds: watch::Sender::new(Rounds { asked: 1, answered: 0 }),
            parallel: Arc::new(Semaphore::new(parallel)),
            destroys: Destroys::default(),
            troubles: std::sync::Mutex::default(),
            read_log: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The bridge it works over.
    pub fn bridge(&self) -> &Bridge {
        &self.inner.bridge
    }

    /// The events of the entries of NetBox's change log that may be read again, by the entry's id.
    pub(in crate::live) fn read_log(&self) -> &Mutex<BTreeMap<u64, Vec<NewEvent>>> {
        &self.inner.read_log
    }

    /// Stores changes that NetBox delivered durably and wakes the dispatcher; says for each whether it is new.
    ///
    /// # Errors
    /// They could not be stored.
    pub async fn accept(&self, events: &[NewEvent]) -> Result<Vec<bool>, InboxError> {
        let new = self.inner.bridge.inbox.accept(events, now()).await?;
        self.wake();
        Ok(new)
    }

    /// Stores changes that nobody delivered.
    pub(in crate::live) async fn store(&self, events: &[NewEvent]) -> Result<Vec<bool>, InboxError> {
        let new = self.inner.bridge.inbox.store().insert(events, now()).await?;
        self.wake();
        Ok(new)
    }

    /// What stands in the way of managing the guests of a cluster, as it was last seen.
    pub fn troubles(&self) -> Vec<String> {
        self.inner.troubles.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks whether the clusters in NetBox are there, and says of one that was renamed that it is followed.
    pub(in crate::live) async fn follow_clusters(&self) {
        let bridge = &self.inner.bridge;
        let mut troubles = Vec::new();
        for cluster in &bridge.clusters {
            match clusters::resolve(&bridge.netbox, &bridge.inbox, &cluster.setting).await {
                Ok(clusters::Resolved { cluster: now, renamed_from: Some(former) }) => {
                    let report = Reporter::of_cluster(&now).renamed_cluster(&former, &now.name, &cluster.setting);
                    tracing::warn!("{}", report.text);
                    self.tell(cluster, report).await;
                    log_error(clusters::followed(&bridge.inbox, &cluster.setting, &now).await);
                }
                Ok(_) => {}
                Err(failure) if failure.kind == FailureKind::Refused => {
                    tracing::error!(why = %failure.why, "a cluster cannot be managed");
                    troubles.push(failure.why);
                }
                Err(failure) => tracing::warn!(why = %failure.why, "the clusters cannot be looked up"),
            }
        }
        *self.inner.troubles.lock().unwrap_or_else(PoisonError::into_inner) = troubles;
    }

    /// Tells a person in NetBox, outside any plan.
    pub(in crate::live) async fn tell(&self, cluster: &ProxmoxCluster, report: Report) {
        let executor = LiveExecutor::new(&self.inner.bridge, cluster, None);
        log_error(executor.execute(&Action::Report(report), &Silent).await);
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
        // Leases of a former life, where its name is the same.
        log_error(inner.bridge.inbox.store().unlease(None, inner.leases.owner()).await);
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
        if inner.leases.take(store, record).await? != Taken::Yes {
            // Another instance works on it, and settles the events.
            tokio::time::sleep(Duration::from_secs(1)).await;
            return Ok(());
        }
        let result = tokio::select! {
            result = self.answer_leased(record) => result,
            // The inbox failed, or this process slept, for longer than a lease lasts.
            () = inner.leases.keep(store, record) => {
                Err(InboxError::new("keep a lease", "another instance may work on the record"))
            }
        };
        inner.leases.give_up(store, record).await?;
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
        self.settle(&echoes, EventState::Ignored, Some(Ignored::Echo.to_string()), now(), false).await?;
        if events.is_empty() {
            inner.observer.end(record, &Answer::Ignored(Ignored::Echo));
            return Ok(true);
        }
        let Some(answer) = self.work(record, &events, heed).await else { return Ok(false) };
        let answer = match answer {
            Answer::Ignored(why) => {
                self.settle(&events, EventState::Ignored, Some(why.to_string()), now(), false).await?;
                Answer::Ignored(why)
            }
            Answer::Parked(report) => {
                self.settle(&events, EventState::Parked, Some(report.text.clone()), now(), true).await?;
                Answer::Parked(report)
            }
            Answer::Held(held) => {
                let ids: Vec<i64> = events.iter().map(|event| event.id).collect();
                let (state, reason, brake) = (EventState::Parked, Some(held.reason()), Some(held.brake));
                let settlement = Settlement { state, reason, brake, due: now(), attempted: false };
                inner.bridge.inbox.store().settle(&ids, &settlement).await?;
                Answer::Held(held)
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
    /// the record are coming, or some of these wait for a person now, and it is planned anew.
    async fn work(&self, record: RecordId, events: &[StoredEvent], heed: bool) -> Option<Answer> {
        let bridge = &self.inner.bridge;
        let cause: Vec<Change> = events.iter().map(|event| event.change.clone()).collect();
        let attempts = events.iter().map(|event| event.attempts).max().unwrap_or_default() + 1;
        let mut replans = 0;
        loop {
            let looked = match LookUp::new(bridge).record(record, cause.clone()).await {
                Ok(looked) => looked,
                Err(failure) => return Some(self.not_looked_up(record, &cause, failure, attempts).await),
            };
            let (event, cluster) = match looked {
                Looked::Event { event, cluster, unjudged } => {
                    if !unjudged.is_empty() {
                        log_error(self.park(events, unjudged, cluster).await);
                        return None;
                    }
                    (event, cluster)
                }
                Looked::Ignored(why) => return Some(Answer::Ignored(why)),
                Looked::Parked(report) => {
                    if let Some(cluster) = self.cluster_of(report.cluster) {
                        self.tell(cluster, (*report).clone()).await;
                    }
                    return Some(Answer::Parked(report));
                }
            };
            log_error(self.keep_confirmations(events, &event).await);
            let cluster = bridge.cluster(cluster)?;
            let plan = plan_with(&event, &bridge.policy);
            if heed && self.more_is_coming(record, events, &plan).await {
                return None;
            }
            self.inner.observer.planned(record, &event, &plan);
            match self.held(events, &event, &plan, cluster).await {
                Ok(None) => {}
                Ok(Some(held)) => return Some(Answer::Held(held)),
                Err(failure) => return Some(self.not_looked_up(record, &cause, failure, attempts).await),
            }
            let progress = self.inner.observer.progress(record);
            let executor = LiveExecutor::of(bridge, cluster, &event);
            if let Some(intent) = refused_creation(&event, &plan) {
                log_error(bridge.inbox.put_intent(&intent).await);
            }
            let applied = apply(plan, &executor, &*progress).await;
            if applied.failed.is_some() {
                log_error(remember_said(bridge, &event, &applied).await);
            }
            match applied.failed.clone() {
                None => {
                    log_error(remember(bridge, cluster, &event, &applied).await);
                    if let Some(owner) = event.owner() {
                        log_error(bridge.inbox.retain_reports(owner, &executor.told()).await);
                    }
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

    /// What a brake holds: what destroys, while NetBox seems to be another one, or where many guests were destroyed of late.
    async fn held(
        &self,
        events: &[StoredEvent],
        event: &Event,
        plan: &[Action],
        cluster: &ProxmoxCluster,
    ) -> Result<Option<Held>, Failure> {
        let inner = &self.inner;
        let destroys = plan.iter().find(
            |action| matches!(action, Action::Destroy { not_before, .. } if not_before.is_none_or(|due| due <= now())),
        );
        let removes = plan.iter().any(|action| matches!(action, Action::RemoveDisk { .. }));
        if destroys.is_none() && !removes {
            return Ok(None);
        }
        // A person agreed to what a brake held.
        let agreed = |brake: Option<Brake>| {
            events.iter().any(|event| event.brake.is_some() && (brake.is_none() || event.brake == brake))
        };
        let restored = restored::seen(&inner.bridge).await?;
        if let Some(seen) = restored.filter(|_| !agreed(Some(Brake::Restored))) {
            let why = format!(
                "NetBox seems to have been restored or exchanged: {seen}. If this is meant, release it (`netbox-proxmox events \
                 --release`)"
            );
            return Ok(Some(Held { brake: Brake::Restored, why }));
        }
        let Some(guest) = destroys.and_then(Action::target) else { return Ok(None) };
        let counted = event.owner().map_or_else(|| guest.record.to_string(), |owner| owner.to_string());
        let too_many = inner.destroys.begin(&inner.bridge.inbox, &counted, now(), agreed(None)).await?;
        let Some(since) = too_many else { return Ok(None) };
        self.tell(cluster, Reporter::of_cluster(&cluster.netbox_cluster).held_destroys(DESTROYS_PER_HOUR, since)).await;
        let why = format!(
            "{DESTROYS_PER_HOUR} guests were destroyed within an hour. If this is meant, release it (`netbox-proxmox events \
             --release`)"
        );
        Ok(Some(Held { brake: Brake::Destroys, why }))
    }

    /// That NetBox's change log has been seen to have a deletion is kept: the log is pruned, and it may be due later.
    async fn keep_confirmations(&self, events: &[StoredEvent], event: &Event) -> Result<(), InboxError> {
        let confirmed = |change: &Change| {
            let same = |it: &Change| it.object == change.object && it.event == change.event && it.time == change.time;
            !change.confirmed && event.caused(|it| it.confirmed && same(it))
        };
        let ids: Vec<i64> = events.iter().filter(|event| confirmed(&event.change)).map(|event| event.id).collect();
        if ids.is_empty() { Ok(()) } else { self.inner.bridge.inbox.store().confirm(&ids).await }
    }

    /// Changes that cannot be judged wait for a person, who is told; the others are answered without them.
    async fn park(&self, events: &[StoredEvent], unjudged: Vec<Unjudged>, cluster: u64) -> Result<(), InboxError> {
        for Unjudged { change, report } in unjudged {
            let of_it: Vec<StoredEvent> = events.iter().filter(|event| event.change == change).cloned().collect();
            let why = report.text.clone();
            if let Some(cluster) = self.cluster_of(Some(cluster)) {
                self.tell(cluster, report).await;
            }
            self.settle(&of_it, EventState::Parked, Some(why), now(), true).await?;
        }
        Ok(())
    }

    /// The cluster on which something is told.
    fn cluster_of(&self, id: Option<u64>) -> Option<&ProxmoxCluster> {
        let bridge = &self.inner.bridge;
        id.and_then(|id| bridge.cluster(id)).or(bridge.clusters.first())
    }

    /// An event that fails before there is a plan is told of like one that fails in it.
    async fn not_looked_up(&self, record: RecordId, cause: &[Change], failure: Failure, attempts: u32) -> Answer {
        let bridge = &self.inner.bridge;
        // A token that was renewed or given its rights is good for all events that wait for it.
        let waits = failure.kind == FailureKind::Permission || failure.kind.is_tried_again();
        let again = waits.then(|| now() + bridge.backoff.delay(attempts));
        // Only a person can give it what it lacks.
        if again.is_none() || failure.kind == FailureKind::Permission && attempts == TOLD_AFTER {
            let name = cause.first().map_or_else(|| format!("virtual machine {record}"), |change| change.name.clone());
            // Of a record that is gone its cluster's journal tells.
            let deleted = cause.iter().find_map(Change::deleted_facts);
            let (birth, id) = (deleted.and_then(|facts| facts.birth), deleted.and_then(|facts| facts.cluster));
            if let Some(cluster) = self.cluster_of(id) {
                let reporter = Reporter::new(record, birth, &name, id);
                self.tell(cluster, reporter.failed("look-up", &failure.why, again.is_some())).await;
            }
        }
        Answer::Failed { applied: Applied::default(), failure, again }
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
        let settlement = Settlement { state, reason, brake: None, due, attempted };
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
            let facts = event.cause.iter().rev().find_map(Change::deleted_facts);
            Reporter::new(record, facts.and_then(|it| it.birth), &name, facts.and_then(|it| it.cluster))
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
