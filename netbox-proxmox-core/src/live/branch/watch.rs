//! Branches are planned by themselves: looked at again and again, planned once they have settled, and told where they stand.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use netbox_api::client::{Branch, BranchFilter, ObjectChangeFilter};
use netbox_api::{ErrorKind, ObjectChange, ObjectType};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::fields::{Shown, Stand};
use super::{PlannedAnswer, approval, merged, plan_branch, written};
use crate::executor::{Failure, FailureKind};
use crate::guest::RecordId;
use crate::live::bridge::Bridge;
use crate::live::inbox::KeptBranch;
use crate::live::sweep::entries::ReadLog;
use crate::live::sweep::page::FIELDS;

/// How often branches are looked at without a cause.
pub const LOOK: Duration = Duration::from_secs(30);

/// How long a branch must have been left alone before it is planned; nobody looks more often, whatever is delivered.
pub const SETTLED: Duration = Duration::from_secs(4);

/// How often NetBox is asked whether it has branches, while it has none that could be planned.
const AGAIN: Duration = Duration::from_secs(300);

/// When a plan is made anew without a cause: Proxmox may have moved on.
const OLD: Duration = Duration::from_secs(900);

/// When it is tried again to plan a branch that could not be planned.
const FAILED: Duration = Duration::from_secs(60);

/// How many branches are planned at once, and how long one may take.
const PARALLEL: usize = 2;
const PATIENCE: Duration = Duration::from_secs(300);

/// How many entries of main's change log are read at most: after more, every branch is planned anew.
const ENTRIES: usize = 1000;

/// What is known of the branches between two looks.
#[derive(Debug, Default)]
pub struct Watch {
    known: Mutex<Known>,
    read_log: ReadLog,
    heard: Notify,
}

#[derive(Debug, Default)]
struct Known {
    branches: HashMap<u64, Seen>,
    /// The last entry of main's change log.
    main: Option<u64>,
}

/// A branch as this process has seen it.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    /// Its changes.
    digest: String,
    /// Since when they, and what main has beside them, are as they are.
    since: Instant,
    /// Whether main has changed what they are about, or a merge of them was undone.
    touched: bool,
    /// When it was last planned, or looked at for the first time.
    planned: Instant,
    /// Whether that failed.
    failed: bool,
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// When to look again at the latest.
    pub again: Duration,
    /// What people are told.
    pub told: String,
}

/// How far the planning of a branch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Planning {
    /// It shows its plan.
    Done,
    /// It has not settled.
    Waits,
    /// It could not be planned.
    Failed,
}

/// What is to be done with a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Nothing.
    Nothing,
    /// It has not settled.
    Wait { stale: bool },
    /// It is planned.
    Plan,
}

impl Watch {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A delivery came that may have been made in a branch.
    pub(in crate::live) fn hear(&self) {
        self.heard.notify_one();
    }

    /// Ends once it is to be looked again: at the latest after this time, and no sooner than a branch can have settled.
    pub(in crate::live) async fn pause(&self, at_most: Duration) {
        tokio::time::sleep(SETTLED.min(at_most)).await;
        let rest = at_most.saturating_sub(SETTLED);
        // Where nothing can be planned nobody is woken.
        if at_most >= AGAIN {
            return tokio::time::sleep(rest).await;
        }
        tokio::select! {
            biased;
            () = tokio::time::sleep(rest) => {}
            () = self.heard.notified() => {}
        }
    }

    /// Looks at all branches, and plans those that need it.
    ///
    /// # Errors
    /// NetBox does not list them, or the inbox failed.
    pub async fn look(&self, bridge: &Bridge) -> Result<Look, Failure> {
        let kept: HashMap<u64, KeptBranch> = bridge.inbox.branches().await?.into_iter().collect();
        let filter = BranchFilter { status: vec!["ready".to_owned()], ..BranchFilter::default() };
        let ready = match bridge.netbox.branches().all(&filter).await {
            Ok(branches) => branches,
            Err(error) if error.kind() == ErrorKind::NotFound || error.kind() == ErrorKind::NotNetBox => {
                return Ok(Look {
                    again: AGAIN,
                    told: "not planned: NetBox does not have netbox-branching".to_owned(),
                });
            }
            Err(error) if error.kind() == ErrorKind::Permission => {
                let told = "not planned: the token may not view them (netbox_branching.view_branch)".to_owned();
                return Ok(Look { again: AGAIN, told });
            }
            Err(error) => return Err(error.into()),
        };
        // NetBox ignores filters that it does not know, and returns everything.
        let ready: Vec<Branch> = ready.into_iter().filter(Branch::is_ready).collect();
        if ready.first().is_some_and(|branch| Shown::of(branch).is_none()) {
            let told =
                "not planned: their custom field proxmox_plan is missing (`netbox-proxmox setup --branching` makes it)";
            return Ok(Look { again: AGAIN, told: told.to_owned() });
        }
        self.known().branches.retain(|id, _| ready.iter().any(|branch| branch.id == *id));
        let mut waits = merged::look(bridge, &ready, &kept).await?;
        let touched = self.touched(bridge, ready.iter().filter_map(|branch| kept.get(&branch.id)?.main).min()).await?;
        let doing: Vec<_> =
            ready.iter().map(|branch| self.one(bridge, branch, kept.get(&branch.id), &touched)).collect();
        let stand: Vec<Planning> = stream::iter(doing).buffer_unordered(PARALLEL).collect().await;
        let of = |what: Planning| stand.iter().filter(|stand| **stand == what).count();
        waits |= of(Planning::Waits) > 0;
        let told = match (ready.len(), of(Planning::Waits), of(Planning::Failed)) {
            (0, ..) => "none is ready".to_owned(),
            (ready, 0, 0) => format!("{ready} ready, all planned"),
            (ready, waits, 0) => format!("{ready} ready, {waits} of them about to be planned"),
            (ready, _, failed) => format!("{ready} ready, {failed} of them could not be planned"),
        };
        Ok(Look { again: if waits { SETTLED } else { LOOK }, told })
    }

    /// Looks at one branch for no longer than that may take.
    async fn one(&self, bridge: &Bridge, branch: &Branch, kept: Option<&KeptBranch>, touched: &Touched) -> Planning {
        let done = timeout(PATIENCE, self.branch(bridge, branch, kept, touched)).await;
        let late = || Failure::new(FailureKind::Retry, format!("it took longer than {} s", PATIENCE.as_secs()));
        match done.unwrap_or_else(|_| Err(late())) {
            Ok(stands) => stands,
            Err(failure) => {
                self.could_not(bridge, branch, &failure).await;
                Planning::Failed
            }
        }
    }

    /// Looks at one branch, and does what is to be done with it.
    async fn branch(
        &self,
        bridge: &Bridge,
        branch: &Branch,
        kept: Option<&KeptBranch>,
        touched: &Touched,
    ) -> Result<Planning, Failure> {
        let Some(shown) = Shown::of(branch) else { return Ok(Planning::Done) };
        let digest = digest(bridge, branch).await?;
        let mut is_touched = kept.is_some_and(|kept| kept.merged.is_some());
        if touched.any()
            && let Some(plan) = bridge.inbox.branch_plan(branch.id).await?
        {
            is_touched |= plan.records.iter().any(|planned| touched.has(planned.record));
        }
        let seen = self.see(branch.id, &digest, is_touched);
        let fits = kept.is_some_and(|kept| kept.digest == shown.digest) && shown.of_branch() == digest;
        match next(&seen, &shown, fits, Instant::now()) {
            Next::Nothing => {
                approval::keep(bridge, branch, &shown, kept).await?;
                Ok(if seen.failed { Planning::Failed } else { Planning::Done })
            }
            Next::Wait { stale } => {
                if stale {
                    written::stale(bridge, branch, &shown).await?;
                }
                Ok(Planning::Waits)
            }
            Next::Plan => {
                plan(bridge, branch, &shown, kept).await?;
                self.planned(branch.id, false);
                Ok(Planning::Done)
            }
        }
    }

    /// Notes how a branch is now.
    fn see(&self, id: u64, digest: &str, touched: bool) -> Seen {
        let mut known = self.known();
        let now = Instant::now();
        let new = || Seen { digest: digest.to_owned(), since: now, touched, planned: now, failed: false };
        let seen = known.branches.entry(id).or_insert_with(new);
        if seen.digest != digest {
            (seen.digest, seen.since) = (digest.to_owned(), now);
        } else if touched && !seen.touched {
            seen.since = now;
        }
        seen.touched |= touched;
        seen.clone()
    }

    fn planned(&self, id: u64, failed: bool) {
        if let Some(seen) = self.known().branches.get_mut(&id) {
            (seen.planned, seen.failed, seen.touched) = (Instant::now(), failed, seen.touched && failed);
        }
    }

    /// Says of a branch that it could not be planned, as far as that can be said.
    async fn could_not(&self, bridge: &Bridge, branch: &Branch, failure: &Failure) {
        tracing::warn!(branch = %branch.name, why = %failure.why, "a branch cannot be planned");
        self.planned(branch.id, true);
        if let Some(shown) = Shown::of(branch)
            && let Err(failure) = written::failed(bridge, branch, &shown, &failure.why).await
        {
            tracing::warn!(branch = %branch.name, why = %failure.why, "nor can that be written onto it");
        }
    }

    /// The records that main has changed since the last look, or since the oldest of the plans, whose position this is.
    async fn touched(&self, bridge: &Bridge, planned: Option<u64>) -> Result<Touched, Failure> {
        let Some(planned) = planned else { return Ok(Touched::default()) };
        let log = bridge.netbox.object_changes();
        let newest = log.clone().fields(ENTRY).newest(&ObjectChangeFilter::default()).await?.map(|newest| newest.id);
        let before = std::mem::replace(&mut self.known().main, newest);
        let (before, Some(newest)) = (before.unwrap_or(planned), newest) else { return Ok(Touched::default()) };
        if newest <= before {
            return Ok(Touched::default());
        }
        // The plugin is of releases that filter by several types.
        let changed_object_type = ObjectType::DELIVERED.map(str::to_owned).to_vec();
        let filter = ObjectChangeFilter { id_gte: Some(before + 1), changed_object_type, ..Default::default() };
        let entries = log.fields(FIELDS).list(&filter).take(ENTRIES + 1).try_collect::<Vec<ObjectChange>>().await?;
        let events = self.read_log.events(bridge, &entries[..entries.len().min(ENTRIES)]).await?;
        let records = events.into_iter().map(|(_, event)| event.change.record).collect();
        Ok(Touched { records, all: entries.len() > ENTRIES })
    }
}

/// What of an entry is asked for, where it is about nothing but which one it is.
const ENTRY: [&str; 4] = ["id", "action", "changed_object_type", "changed_object_id"];

/// What main has changed.
#[derive(Debug, Default)]
struct Touched {
    records: BTreeSet<RecordId>,
    all: bool,
}

impl Touched {
    fn any(&self) -> bool {
        self.all || !self.records.is_empty()
    }

    fn has(&self, record: RecordId) -> bool {
        self.all || self.records.contains(&record)
    }
}

/// What is to be done. `fits`: what the branch shows is the plan of its changes, and is known.
fn next(seen: &Seen, shown: &Shown, fits: bool, now: Instant) -> Next {
    let since = |then: Instant| now.saturating_duration_since(then);
    let stands = shown.stand.is_some_and(Stand::is_of_a_plan);
    let old = since(seen.planned) >= OLD;
    if seen.failed && since(seen.planned) < FAILED && since(seen.since) > since(seen.planned) {
        return Next::Nothing;
    }
    if fits && stands && !seen.touched && !old {
        return Next::Nothing;
    }
    if since(seen.since) < SETTLED {
        return Next::Wait { stale: stands && shown.of_branch() != seen.digest };
    }
    Next::Plan
}

/// Of what the branch's changes are: how many, and the last one's id.
async fn digest(bridge: &Bridge, branch: &Branch) -> Result<String, Failure> {
    let inside = bridge.netbox.branch(&branch.schema_id)?;
    let query = [("limit", "1"), ("ordering", "-id"), ("fields", "id")];
    let page = inside.get("core/object-changes/", &query).await?.body;
    let count = page["count"].as_u64().ok_or_else(|| {
        Failure::new(FailureKind::Retry, "NetBox does not say how many changes the branch has".to_owned())
    })?;
    let last = page["results"][0]["id"].as_u64().unwrap_or_default();
    Ok(format!("{count}:{last}"))
}

/// Plans a branch, keeps the plan, and shows it.
async fn plan(bridge: &Bridge, branch: &Branch, shown: &Shown, kept: Option<&KeptBranch>) -> Result<(), Failure> {
    let mut plan = plan_branch(bridge, branch).await?;
    // What of a machine cannot be looked up is no plan yet; the reason changes too often for an entry of the journal.
    let why = plan.records.iter().find_map(|planned| match &planned.answer {
        PlannedAnswer::Failed { why } => Some(format!("{}: {why}", planned.name)),
        _ => None,
    });
    if let Some(why) = why {
        return Err(Failure::new(FailureKind::Retry, why));
    }
    let inside = bridge.netbox.branch(&branch.schema_id)?;
    let log = inside.object_changes().fields(ENTRY.into_iter().chain(["time", "user_name", "request_id"]));
    let entries: Vec<ObjectChange> = log.all(&ObjectChangeFilter::default()).await?;
    let of = |part: fn(&ObjectChange) -> &String| -> Vec<String> {
        entries.iter().map(part).collect::<BTreeSet<_>>().into_iter().cloned().collect()
    };
    let last = entries.iter().filter_map(|entry| entry.time.parse().ok()).max();
    let reverted = kept.and_then(|kept| kept.after);
    let agreed = kept.filter(|kept| kept.approved).map(|kept| kept.digest.as_str());
    let words = written::InWords::of(&mut plan, bridge, agreed);
    let now = KeptBranch {
        approved: words.agreed,
        digest: words.digest.clone(),
        main: plan.digest.main,
        requests: of(|entry| &entry.request_id),
        authors: of(|entry| &entry.user_name),
        after: last.max(reverted),
        merged: None,
    };
    let mut lean = plan.clone();
    lean.records.iter_mut().for_each(|planned| planned.current = None);
    // It is known before it is shown: the merge may follow at once.
    bridge.inbox.put_branch_plan(&lean).await?;
    bridge.inbox.put_branch(branch.id, &now).await?;
    written::plan(bridge, branch, shown, words).await?;
    tracing::info!(branch = %branch.name, digest = %now.digest, plan = %plan.summary(), "planned a branch");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn seen(now: Instant) -> Seen {
        Seen { digest: "2:9".into(), since: now, touched: false, planned: now, failed: false }
    }

    fn shown(stand: Stand, digest: &str) -> Shown {
        Shown { stand: Some(stand), digest: digest.into(), ..Shown::default() }
    }

    #[test]
    fn a_branch_is_planned_once_it_has_settled() {
        let now = Instant::now();
        let old = shown(Stand::Planned, "1:5 abc");
        let after = |time: Duration| next(&seen(now), &old, false, now + time);
        assert_eq!(after(SECOND), Next::Wait { stale: true });
        assert_eq!(after(SETTLED), Next::Plan);
        assert_eq!(next(&seen(now), &shown(Stand::Stale, "1:5 abc"), false, now), Next::Wait { stale: false });
        assert_eq!(next(&seen(now), &Shown::default(), false, now), Next::Wait { stale: false }, "never planned");
    }

    #[test]
    fn a_plan_that_fits_is_left_until_main_or_time_has_moved_on() {
        let now = Instant::now();
        let fits = shown(Stand::Refused, "2:9 abc");
        assert_eq!(next(&seen(now), &fits, true, now + SETTLED), Next::Nothing);
        assert_eq!(next(&seen(now), &fits, false, now + SETTLED), Next::Plan, "not known any more");
        assert_eq!(next(&seen(now), &fits, true, now + OLD), Next::Plan);
        let touched = Seen { touched: true, ..seen(now) };
        assert_eq!(next(&touched, &fits, true, now + SECOND), Next::Wait { stale: false });
        assert_eq!(next(&touched, &fits, true, now + SETTLED), Next::Plan);
    }

    #[test]
    fn one_that_could_not_be_planned_rests_until_it_changes() {
        let start = Instant::now();
        let now = start + SETTLED * 2;
        let failed = Seen { failed: true, planned: now, since: start, ..seen(start) };
        let shown = shown(Stand::Failed, "");
        assert_eq!(next(&failed, &shown, false, now + SETTLED), Next::Nothing);
        assert_eq!(next(&failed, &shown, false, now + FAILED), Next::Plan);
        let changed = Seen { since: now + SECOND, ..failed };
        assert_eq!(next(&changed, &shown, false, now + SECOND + SETTLED), Next::Plan);
    }
}
