//! What a guest lacks to be what NetBox says, in the order in which it is done.

use super::draft::Draft;
use super::{configure, disks, migrate, power, removed_disks};
use crate::action::{Action, RecordValue, Target, VmidSource};
use crate::current::Current;
use crate::event::{Context, Event, Ownership};
use crate::guest::{Guest, Owner};
use crate::marker::MarkerState;
use crate::part::Part;
use crate::policy::Policy;
use crate::report::{Report, ReportKind, Reporter};
use crate::settings::Settings;

/// A guest that we began to create and that is still locked, though whoever looked has waited for its task: nobody
/// holds the lock any more. It has no marker yet.
pub(super) fn stuck(event: &Event, guest: &Guest, current: &Current) -> Option<Report> {
    let (vmid, lock) = (current.vmid?, current.lock.as_deref().filter(|lock| matches!(*lock, "clone" | "create"))?);
    let ours = event.context.intent.as_ref().is_some_and(|intent| intent.vmid == vmid)
        && !matches!(event.context.ownership, Ownership::Another { .. });
    ours.then(|| Reporter::of(guest).stuck_lock(current.kind, vmid, lock))
}

/// Makes the guest of a deleted record, whose removal was put off, this record's.
pub(super) fn take_over(guest: &Guest, current: &Current, former: Owner, policy: &Policy) -> Action {
    let target = Target::of(guest, current.kind, current.vmid);
    let set = Settings {
        takes_from: Some(former),
        marker: Some(MarkerState::Ready),
        remove_tags: policy.removal_tag.iter().cloned().collect(),
        ..Settings::default()
    };
    Action::Configure { guest: target, set }
}

/// A guest that Proxmox has.
pub(super) fn existing(event: &Event, guest: &Guest, current: &Current, policy: &Policy) -> Vec<Action> {
    let target = Target::of(guest, current.kind, current.vmid);
    let mut plan = Vec::new();
    if let (Part::None, Some(vmid)) = (&guest.vmid, event.context.unwritten_vmid()) {
        let value = RecordValue::Vmid(VmidSource::Chosen(vmid));
        plan.push(Action::Record { guest: target.clone(), value });
    }
    if event.context.removal_due.is_some() && matches!(event.context.ownership, Ownership::Ours { .. }) {
        plan.push(Action::Report(Reporter::of(guest).undeleted(current.vmid)));
        let set = Settings { remove_tags: policy.removal_tag.iter().cloned().collect(), ..Settings::default() };
        if !set.is_empty() {
            plan.push(Action::Configure { guest: target.clone(), set });
        }
    }
    plan.extend(converge(event, guest, current, policy, target));
    plan
}

/// The steps that lead from `current`, which a clone may only be about to become, to what the record says.
pub(super) fn converge(
    event: &Event,
    guest: &Guest,
    current: &Current,
    policy: &Policy,
    target: Target,
) -> Vec<Action> {
    let mut plan = steps(event, guest, current, policy, target.clone());
    let known = event.cause.is_empty() && event.context.ownership == ready();
    if !known && plan.iter().any(|action| matches!(action, Action::Report(_))) {
        let context = Context { ownership: ready(), ..event.context.clone() };
        let (desired, there) = (event.desired.clone(), Some(current.clone()));
        let later = Event { cause: Vec::new(), desired, current: there, context };
        remarks(&mut plan, &steps(&later, guest, current, policy, target));
    }
    plan
}

fn ready() -> Ownership {
    Ownership::Ours { state: MarkerState::Ready }
}

/// What a later plan, which knows neither the causes nor that the guest was being made, does not report is a remark.
fn remarks(plan: &mut [Action], later: &[Action]) {
    let again = |report: &Report| later.iter().any(|it| matches!(it, Action::Report(it) if it.key() == report.key()));
    for action in plan {
        if let Action::Report(report) = action
            && report.kind == ReportKind::Difference
            && !again(report)
        {
            report.kind = ReportKind::Remark;
        }
    }
}

/// The same, with each report as what it would be if it lasted.
fn steps(event: &Event, guest: &Guest, current: &Current, policy: &Policy, target: Target) -> Vec<Action> {
    let mut draft = Draft::new(event, guest, current, policy, target);
    let macs = configure::plan(&mut draft);
    // Before what needs a storage of the node it goes to, and before the power state.
    migrate::plan(&mut draft);
    disks::plan(&mut draft);
    power::plan(&mut draft);
    removed_disks::given_up_at_stop(&mut draft);
    if draft.creating {
        if policy.report_created {
            let report = draft.reporter.created(draft.target.vmid, draft.node.as_ref());
            draft.step(Action::Report(report));
        }
        let set = Settings { marker: Some(MarkerState::Ready), ..Settings::default() };
        let guest = draft.target.clone();
        draft.step(Action::Configure { guest, set });
    }
    migrate::record(&mut draft);
    macs.into_iter().for_each(|action| draft.step(action));
    draft.finish()
}
