//! What was reported and is found no more: people are told that it is over, and it is forgotten, so that it is reported
//! again should it return.

use crate::action::Action;
use crate::apply::Applied;
use crate::event::Event;
use crate::executor::{Executor, Failure, Silent};
use crate::guest::Guest;
use crate::live::bridge::Bridge;
use crate::live::execute::LiveExecutor;
use crate::plan::compares;
use crate::report::{ReportKey, Reporter};

/// After a plan that went through. The forgetting comes last: what was told and not yet forgotten is not told twice.
pub(super) async fn tell_and_forget(
    bridge: &Bridge,
    event: &Event,
    applied: &Applied,
    executor: &LiveExecutor<'_>,
) -> Result<(), Failure> {
    let Some(owner) = event.owner() else { return Ok(()) };
    let told = executor.told();
    if let Some(guest) = compared(bridge, event, applied) {
        let fields = over(&bridge.inbox.standing(owner).await?, &told);
        if !fields.is_empty() {
            let report = Reporter::of(guest).over(&fields);
            executor.execute(&Action::Report(report), &Silent).await?;
        }
    }
    Ok(bridge.inbox.retain_reports(owner, &told).await?)
}

/// The guest, if the plan has looked at all of it, and the policy wants to have it told.
fn compared<'a>(bridge: &Bridge, event: &'a Event, applied: &Applied) -> Option<&'a Guest> {
    let made = applied.done.iter().any(|(action, _)| action.creates());
    event.desired.as_ref().filter(|_| bridge.policy.report_over && compares(event, made))
}

/// The fields of which nothing is reported any more. Another difference of the same field has a report of its own.
fn over(standing: &[ReportKey], told: &[ReportKey]) -> Vec<String> {
    let is_over = |key: &&ReportKey| told.iter().all(|told| told.field != key.field);
    let mut fields: Vec<String> = standing.iter().filter(is_over).map(|key| key.field.clone()).collect();
    fields.sort();
    fields.dedup();
    fields
}
