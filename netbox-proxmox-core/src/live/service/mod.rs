//! Everything that runs between the two sides, in one call: events are answered, deliveries that never came are made up
//! for, both sides are compared, what a person released is taken up, and the inbox forgets what is old.

mod board;
pub mod checking;
pub mod naming;

use std::sync::Arc;
use std::time::Duration;

pub use self::board::Board;
use crate::executor::{Failure, Silent};
use crate::live::branch::watch::{LOOK as LOOK_AT_BRANCHES, Watch};
use crate::live::bridge::{Bridge, now};
use crate::live::dispatch::lease::{Leases, unique_owner};
use crate::live::dispatch::standings::REST;
use crate::live::dispatch::{Dispatcher, Observer};
use crate::live::inbox::retention::{Pruned, Retention};
use crate::live::inbox::{InboxError, NewEvent, Work};
use crate::live::status::{Compared, Doing};
use crate::live::sweep::catch_up::CatchUp;
use crate::live::sweep::reconcile::Swept;

/// How often the inbox is looked at without a cause: another process may have released events.
const LOOK: Duration = Duration::from_secs(5);

/// How many guests are worked on at once, if nothing else was said.
pub const PARALLEL: usize = 8;

/// How often NetBox's change log is read, if nothing else was said.
pub const CATCH_UP: Duration = Duration::from_secs(60);

/// How often both sides are compared, if nothing else was said.
pub const RECONCILE: Duration = Duration::from_secs(3600);

/// How often what is old is removed from the inbox.
const TIDY: Duration = Duration::from_secs(3600);

/// How often it is looked whether NetBox is to be told how records stand; and how long after it did not take that.
const SAY: Duration = Duration::from_secs(1);
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// What is to run, before it runs.
#[must_use = "a service does nothing until it runs"]
pub struct Builder<O = Silent> {
    bridge: Bridge,
    observer: O,
    board: Board,
    owner: String,
    parallel: usize,
    catch_up: Duration,
    reconcile: Option<Duration>,
    retention: Retention,
}

impl<O: Observer + 'static> Builder<O> {
    /// Who is told what happens to events.
    pub fn observer<P: Observer + 'static>(self, observer: P) -> Builder<P> {
        let Self { bridge, observer: _, board, owner, parallel, catch_up, reconcile, retention } = self;
        Builder { bridge, observer, board, owner, parallel, catch_up, reconcile, retention }
    }

    /// Where it is noted what was last done.
    pub fn board(self, board: Board) -> Self {
        Self { board, ..self }
    }

    /// What names this process in leases, and no other one; by default a number that nobody else has.
    pub fn owner(self, owner: &str) -> Self {
        Self { owner: owner.to_owned(), ..self }
    }

    /// How many guests are worked on at once.
    pub fn parallel(self, parallel: usize) -> Self {
        Self { parallel, ..self }
    }

    /// How often NetBox's change log is read for what was not delivered.
    pub fn catch_up(self, every: Duration) -> Self {
        Self { catch_up: every, ..self }
    }

    /// How often both sides are compared; none: never.
    pub fn reconcile(self, every: Option<Duration>) -> Self {
        Self { reconcile: every, ..self }
    }

    /// How long the inbox keeps what nothing waits for any more.
    pub fn retention(self, retention: Retention) -> Self {
        Self { retention, ..self }
    }

    /// The service, which does not run yet.
    pub fn build(self) -> Service {
        let Self { bridge, observer, board, owner, parallel, catch_up, reconcile, retention } = self;
        let dispatcher = Dispatcher::new(bridge, observer, &owner, parallel);
        let leases = Arc::new(Leases::new(&format!("{owner} (sweeps)")));
        let branches = Arc::default();
        Service { dispatcher, board, parallel, catch_up, reconcile, retention, leases, branches }
    }
}

/// Everything that runs between the two sides. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    dispatcher: Dispatcher,
    board: Board,
    parallel: usize,
    catch_up: Duration,
    reconcile: Option<Duration>,
    retention: Retention,
    leases: Arc<Leases>,
    branches: Arc<Watch>,
}

impl Service {
    /// Over a bridge, with the usual intervals.
    pub fn builder(bridge: Bridge) -> Builder {
        Builder {
            bridge,
            observer: Silent,
            board: Board::default(),
            owner: unique_owner("service"),
            parallel: PARALLEL,
            catch_up: CATCH_UP,
            reconcile: Some(RECONCILE),
            retention: Retention::default(),
        }
    }

    /// What answers the events.
    pub fn dispatcher(&self) -> &Dispatcher {
        &self.dispatcher
    }

    /// What is known of it.
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// Stores changes that NetBox delivered durably, to be answered; says for each whether it is new.
    ///
    /// # Errors
    /// They could not be stored.
    pub async fn accept(&self, events: &[NewEvent]) -> Result<Vec<bool>, InboxError> {
        let new = self.dispatcher.accept(events).await?;
        // What is changed in a branch by REST does not say so (seen: netbox-branching 1.2.2).
        self.heard_of_a_branch();
        Ok(new)
    }

    /// Something was delivered that was made in a branch: it is planned soon.
    pub fn heard_of_a_branch(&self) {
        self.branches.hear();
    }

    /// Runs until told to stop; then finishes what is in hand. What is not finished is continued at the next start.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        tokio::select! {
            biased;
            () = self.dispatcher.run(stop) => {}
            () = self.look() => {}
            () = self.catch_ups() => {}
            () = self.comparisons() => {}
            () = self.plan_branches() => {}
            () = self.tidy() => {}
            () = self.standings() => {}
        }
    }

    async fn look(&self) {
        loop {
            tokio::select! {
                biased;
                () = tokio::time::sleep(LOOK) => {}
                () = self.dispatcher.bridge().inbox.store().changed() => {}
            }
            self.dispatcher.wake();
        }
    }

    /// Reads NetBox's change log: at the start to its end, as what came while nobody listened is lost; then, at an
    /// interval, only what was there the time before, as younger deliveries may still be on their way.
    async fn catch_ups(&self) {
        let mut upto = None;
        loop {
            let told = |done: CatchUp| {
                let left = usize::try_from(done.left).unwrap_or(usize::MAX);
                tracing::info!(read = done.read, left, new = done.new, "reading NetBox's change log");
                let doing = Doing { done: done.read, of: done.read.saturating_add(left) };
                self.board.note(|status| status.catching_up = Some(doing));
            };
            let done = self.alone(Work::CatchUp, self.dispatcher.catch_up_telling(upto, told)).await;
            self.board.note(|status| status.catching_up = None);
            match done {
                Ok(Some(done)) => {
                    self.board.note(|status| status.caught_up = Some(now()));
                    if done.new > 0 {
                        tracing::info!(new = done.new, held = done.held, "made up for lost deliveries");
                    }
                    upto = done.newest.or(upto);
                    tokio::time::sleep(self.catch_up).await;
                }
                // One that has ended meanwhile leaves it to us.
                Ok(None) => tokio::time::sleep(self.catch_up.min(LOOK)).await,
                Err(why) => {
                    tracing::warn!(%why, "NetBox's change log cannot be read");
                    tokio::time::sleep(self.catch_up).await;
                }
            }
        }
    }

    /// Compares both sides at an interval. Not at the start: first comes what was lost while nobody listened.
    async fn comparisons(&self) {
        let Some(every) = self.reconcile else { return std::future::pending().await };
        loop {
            tokio::time::sleep(every).await;
            let told = |doing: Doing| {
                tracing::debug!(done = doing.done, of = doing.of, "comparing both sides");
                self.board.note(|status| status.comparing = Some(doing));
            };
            let swept = self.alone(Work::Comparison, self.dispatcher.reconcile_telling(self.parallel, &told)).await;
            self.board.note(|status| status.comparing = None);
            match swept {
                Ok(None) => {}
                Ok(Some(swept)) => {
                    let Swept { compared, differ, orphans, foreign, failed } = swept;
                    self.board.note(|status| status.compared = Some(Compared { at: now(), compared, differ, failed }));
                    tracing::info!(compared, differ, orphans, foreign, failed, "compared both sides");
                }
                Err(why) => tracing::warn!(%why, "both sides cannot be compared"),
            }
        }
    }

    /// Plans NetBox's branches, and tells what was done once they are merged.
    async fn plan_branches(&self) {
        let bridge = self.dispatcher.bridge();
        loop {
            let again = match self.alone(Work::Branches, self.branches.look(bridge)).await {
                Ok(Some(look)) => {
                    self.board.note(|status| status.branches = look.told);
                    look.again
                }
                Ok(None) => LOOK,
                Err(why) => {
                    tracing::warn!(%why, "NetBox's branches cannot be looked at");
                    self.board.note(|status| status.branches = format!("cannot be looked at: {why}"));
                    LOOK_AT_BRANCHES
                }
            };
            self.branches.pause(again).await;
        }
    }

    /// Does a sweep. `None`: another instance does it.
    async fn alone<T>(
        &self,
        work: Work,
        sweep: impl Future<Output = Result<T, Failure>>,
    ) -> Result<Option<T>, Failure> {
        self.leases.alone(self.dispatcher.bridge().inbox.store(), work, sweep).await?.transpose()
    }

    /// Says in NetBox how records stand.
    async fn standings(&self) {
        loop {
            tokio::time::sleep(SAY).await;
            if let Err(why) = self.dispatcher.tell_standings(REST).await {
                tracing::warn!(%why, "it is not said in NetBox how virtual machines stand");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }

    /// Removes from the inbox what is old.
    async fn tidy(&self) {
        loop {
            match self.retention.prune(&self.dispatcher.bridge().inbox, now()).await {
                Ok(pruned) if pruned.sum() > 0 => {
                    let Pruned { done, ignored, keys, requests, records } = pruned;
                    tracing::info!(done, ignored, keys, requests, records, "removed from the inbox what is old");
                }
                Ok(_) => {}
                Err(why) => tracing::warn!(%why, "what is old is not removed from the inbox"),
            }
            tokio::time::sleep(TIDY).await;
        }
    }
}
