//! What a comparison found, answered: what differs as events of the inbox, orphans with a report.

use std::collections::{HashMap, HashSet};

use super::{Found, Reconcile, Swept, creates, difference};
use crate::action::Action;
use crate::event::Event;
use crate::executor::{Executor, Failure, Silent};
use crate::guest::{Owner, RecordId};
use crate::live::clock;
use crate::live::dispatch::Dispatcher;
use crate::live::execute::LiveExecutor;
use crate::live::inbox::{Brake, EventState, Held, Inbox, NewEvent, Reported};
use crate::live::status::Doing;
use crate::report::{Report, ReportKey, Reporter};
use crate::state::{Said, Standing};

/// How many guests one comparison may want to create: more than that is more likely a mistake, or a listing with a gap,
/// than a wish, and waits for a person.
pub const CREATIONS_AT_ONCE: usize = 10;

impl Dispatcher {
    /// Compares everything, and answers what differs as events of the inbox, one for each record. Orphans are reported.
    ///
    /// The brake: where more than ten guests would be created, their events wait for a person.
    ///
    /// # Errors
    /// NetBox, Proxmox or the inbox failed.
    pub async fn reconcile(&self, parallel: usize) -> Result<Swept, Failure> {
        self.reconcile_telling(parallel, &|_| {}).await
    }

    /// The same, and `told` is told after each page how far it has come.
    ///
    /// # Errors
    /// As [`reconcile`](Self::reconcile).
    pub async fn reconcile_telling(&self, parallel: usize, told: &(dyn Fn(Doing) + Sync)) -> Result<Swept, Failure> {
        let bridge = self.bridge();
        let (mut same, mut differ, mut orphans) = (Vec::new(), Vec::new(), Vec::new());
        let swept = Reconcile::new(bridge, parallel)
            .unasked()
            .telling(told)
            .sweep(&mut |found| match found {
                Found::Same { owner, name, stands } => same.push((owner, name, stands)),
                Found::Difference { owner, name, said, event, plan } => {
                    differ.push(Differing::new(owner, name, said, &event, &plan))
                }
                Found::Orphan(report) => orphans.push(report),
                Found::Failed { what, failure } => tracing::warn!(what, why = %failure.why, "not compared"),
            })
            .await?;
        let mut still_true: HashMap<_, Vec<ReportKey>> = HashMap::new();
        for key in orphans.iter().map(Report::key) {
            still_true.entry((key.record, key.birth)).or_default().push(key);
        }
        for owner in same.iter().map(|(owner, ..)| *owner).chain(differ.iter().map(|it| it.owner)) {
            // What was reported is over: should it return, it is reported again.
            let of_it = still_true.get(&(Some(owner.record), Some(owner.birth)));
            bridge.inbox.retain_orphans(owner, of_it.map_or(&[], Vec::as_slice)).await?;
        }
        for (owner, name, stands) in same {
            // That a difference is over is told by the answer to an event.
            if bridge.inbox.standing(owner).await?.is_empty() {
                bridge.inbox.retain_reports(owner, &[]).await?;
                if let Some((standing, said)) = stands {
                    self.stands(owner.record, standing, said);
                }
            } else {
                differ.push(Differing::no_more(owner, name));
            }
        }
        let events = self.differences(differ).await?;
        self.store(&events).await?;
        for report in orphans {
            let Some(cluster) = report.cluster.and_then(|id| bridge.cluster(id)) else { continue };
            LiveExecutor::new(bridge, cluster, None).execute(&Action::Report(report), &Silent).await?;
        }
        Ok(swept)
    }

    /// The events of what differs, without what is under way, waits at a brake, or was said before.
    async fn differences(&self, mut differ: Vec<Differing>) -> Result<Vec<NewEvent>, Failure> {
        let inbox = &self.bridge().inbox;
        let parked = inbox.store().events(Some(EventState::Parked), u32::MAX).await?;
        let held: HashSet<RecordId> =
            parked.iter().filter(|event| event.brake.is_some()).map(|event| event.change.record).collect();
        differ.retain(|it| !held.contains(&it.owner.record));
        let creations = differ.iter().filter(|it| it.creates).count();
        let why = (creations > CREATIONS_AT_ONCE).then(|| {
            format!(
                "{creations} guests would be created by one reconcile, more than {CREATIONS_AT_ONCE} at once. If this is \
                 meant, release them (`netbox-proxmox events --release`)"
            )
        });
        if let Some(why) = &why {
            tracing::warn!("held: {why}");
            for cluster in &self.bridge().clusters {
                let of_it = |it: &&Differing| it.creates && it.cluster == Some(cluster.netbox_cluster.id);
                let count = differ.iter().filter(of_it).count();
                if count > 0 {
                    self.tell(cluster, Reporter::of_cluster(&cluster.netbox_cluster).held_creations(count)).await;
                }
            }
        }
        let mut events = Vec::new();
        for it in differ {
            // An event that is open sees the difference, too; a removal that waits does not.
            let waits = inbox.removal(it.owner).await?.is_some();
            let open = !waits && !inbox.store().pending(it.owner.record).await?.is_empty();
            if open {
                continue;
            }
            if it.told(inbox).await? {
                // Nothing will be answered: it stands as it was reported.
                if let Some((standing, said)) = it.stands {
                    self.stands(it.owner.record, standing, said);
                }
            } else {
                let held = why.clone().filter(|_| it.creates).map(|why| Held { brake: Brake::Creations, why });
                events.push(it.event(held));
            }
        }
        Ok(events)
    }
}

/// A record that differs from its guest.
struct Differing {
    owner: Owner,
    name: String,
    cluster: Option<u64>,
    creates: bool,
    /// The reports, where the plan is nothing else.
    reports: Option<Vec<ReportKey>>,
    /// How it stands if people were told all of that, with what NetBox says of it.
    stands: Option<(Standing, Said)>,
}

impl Differing {
    fn new(owner: Owner, name: String, said: Option<Said>, event: &Event, plan: &[Action]) -> Self {
        let key = |action: &Action| match action {
            Action::Report(report) => Some(report.key()),
            _ => None,
        };
        let cluster = event.desired.as_ref().and_then(|guest| guest.cluster.as_ref()).map(|cluster| cluster.id);
        let reports: Option<Vec<ReportKey>> = plan.iter().map(key).collect();
        let stands = reports.as_ref().zip(said).and_then(|(reports, said)| Some((Standing::of(event, reports)?, said)));
        Self { owner, name, cluster, creates: creates(plan), reports, stands }
    }

    /// One that differs no more.
    fn no_more(owner: Owner, name: String) -> Self {
        Self { owner, name, cluster: None, creates: false, reports: Some(Vec::new()), stands: None }
    }

    /// Whether there is nothing but what a person was told before, and all of that.
    async fn told(&self, inbox: &Inbox) -> Result<bool, Failure> {
        let Some(reports) = &self.reports else { return Ok(false) };
        for key in reports {
            if inbox.reported(key).await? != Some(Reported::Delivered) {
                return Ok(false);
            }
        }
        Ok(inbox.standing(self.owner).await?.iter().all(|key| reports.contains(key)))
    }

    fn event(self, held: Option<Held>) -> NewEvent {
        let record = self.owner.record;
        let change = difference(record, &self.name);
        // Each comparison is an event of its own.
        NewEvent { key: format!("reconcile/{record}@{}", clock::nanoseconds()), change, held }
    }
}
