//! What people are told outside plans: of clusters, of what could not be looked up, of plans that failed.

use std::sync::PoisonError;

use super::{Answer, Dispatcher, log_error};
use crate::action::Action;
use crate::apply::Applied;
use crate::event::{Change, Event};
use crate::executor::{Executor, Failure, FailureKind, Silent};
use crate::guest::RecordId;
use crate::live::bridge::{ProxmoxCluster, now};
use crate::live::clusters;
use crate::live::execute::LiveExecutor;
use crate::report::{Report, Reporter};

/// After how many attempts in vain a person is told of what is still tried.
pub(super) const TOLD_AFTER: u32 = 5;

impl Dispatcher {
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

    /// The cluster on which something is told.
    pub(super) fn cluster_of(&self, id: Option<u64>) -> Option<&ProxmoxCluster> {
        let bridge = &self.inner.bridge;
        id.and_then(|id| bridge.cluster(id)).or(bridge.clusters.first())
    }

    /// An event that fails before there is a plan is told of like one that fails in it.
    pub(super) async fn not_looked_up(
        &self,
        record: RecordId,
        cause: &[Change],
        failure: Failure,
        attempts: u32,
    ) -> Answer {
        let bridge = &self.inner.bridge;
        // A token that was renewed or given its rights is good for all events that wait for it.
        let waits = failure.kind == FailureKind::Permission || failure.kind.is_tried_again();
        let again = waits.then(|| now() + bridge.backoff.delay(attempts, record));
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
}

pub(super) fn failed_report(
    event: &Event,
    record: RecordId,
    action: &Action,
    failure: &Failure,
    again: bool,
) -> Report {
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
pub(super) fn told(applied: &Applied) -> Option<String> {
    let texts = applied.done.iter().filter_map(|(action, _)| match action {
        Action::Report(report) if report.is_for_a_person() => Some(report.text.as_str()),
        _ => None,
    });
    let texts: Vec<&str> = texts.collect();
    (!texts.is_empty()).then(|| format!("reported: {}", texts.join(" | ")))
}
