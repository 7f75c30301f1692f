//! The planner: the difference between what NetBox says and what Proxmox has, as a list of steps.
//!
//! | file | what it decides |
//! |---|---|
//! | `create`, `clone`, `container` | row 1: a guest that is absent |
//! | `converge` | what an existing guest lacks, in which order |
//! | `configure` | rows 2, 3: CPU, memory, keys, and what else goes into one change of the configuration |
//! | `labels` | rows 12, 14: name, tags, description, start on boot |
//! | `options` | pool, DNS, cloud-init user, start order, protection |
//! | `cards`, `interfaces`, `addresses` | rows 13, 4: which interfaces are cards, the cards and their addresses |
//! | `disks`, `removed_disks` | rows 5 and 6, and row 7 |
//! | `migrate` | row 11 |
//! | `power` | rows 8, 9, 15 |
//! | `gone` | row 10: a record that was deleted |

mod addresses;
mod cards;
mod clone;
mod configure;
mod container;
mod converge;
mod create;
mod disks;
mod draft;
mod gone;
mod interfaces;
mod labels;
mod migrate;
mod options;
mod power;
mod removed_disks;

use crate::action::Action;
#[cfg(feature = "live")]
use crate::event::KnownInterface;
use crate::event::{Event, Intent, Ownership};
use crate::guest::{Blocks, Guest};
use crate::policy::Policy;
use crate::report::Reporter;

/// The ordered actions for one event, by the default [`Policy`].
///
/// Pure and total: no I/O, no clock, no panic; equal events give equal plans. Nothing to change gives an empty plan.
pub fn plan(event: &Event) -> Vec<Action> {
    plan_with(event, &Policy::default())
}

/// The ordered actions for one event, by a policy.
pub fn plan_with(event: &Event, policy: &Policy) -> Vec<Action> {
    let event = policy.heeding(event);
    match &event.desired {
        Some(guest) => present(&event, guest, policy),
        None => gone::plan(&event, policy),
    }
}

/// The creation that a plan could not begin, to be remembered: it is still wanted once what stood in its way is gone.
pub fn refused_creation(event: &Event, plan: &[Action]) -> Option<Intent> {
    let guest = event.desired.as_ref().filter(|guest| guest.kind.is_some() && guest.status.wants_guest())?;
    let begun = plan.iter().any(Action::creates);
    let taken = matches!(event.context.ownership, Ownership::Unmarked | Ownership::Undated | Ownership::Another { .. });
    if begun
        || event.context.unmanaged.is_some()
        || event.context.intent.is_some()
        || (event.current.is_some() && !taken)
    {
        return None;
    }
    create::wanted(event, guest)
}

/// Which `netN` the interfaces of an existing guest are, to be remembered. One that NetBox no longer has is remembered
/// while its card is there.
#[cfg(feature = "live")]
pub(crate) fn known_interfaces(event: &Event, policy: &Policy) -> Vec<KnownInterface> {
    interfaces::known(event, policy)
}

/// Whether a plan compares all of a guest, which it may have `made`: a difference that it does not report is none then.
#[cfg(feature = "live")]
pub(crate) fn compares(event: &Event, made: bool) -> bool {
    let Some((guest, kind)) = event.desired.as_ref().and_then(|guest| Some((guest, guest.kind?))) else { return false };
    let context = &event.context;
    let managed = context.managed != Some(false) && context.unmanaged.is_none() && context.former_cluster.is_none();
    let there = event.current.as_ref().is_some_and(|current| {
        matches!(context.ownership, Ownership::Ours { .. })
            && current.kind == kind
            && converge::stuck(event, guest, current).is_none()
    });
    managed && guest.status.wants_guest() && !guest.blocked(Blocks::Everything) && (there || made)
}

/// A record that exists.
fn present(event: &Event, guest: &Guest, policy: &Policy) -> Vec<Action> {
    if let Some(unmanaged) = &event.context.unmanaged {
        return vec![Action::Report(Reporter::of(guest).unmanaged(unmanaged, false))];
    }
    let Some(kind) = guest.kind else { return Vec::new() };
    if event.context.managed == Some(false) || !guest.status.wants_guest() {
        return Vec::new();
    }
    // What was in NetBox before the server came is left to people: a comparison makes no guest of it, and reports none.
    let ours = event.context.intent.is_some() || matches!(event.context.ownership, Ownership::Ours { .. });
    if event.context.untouched && !ours {
        return Vec::new();
    }
    let reporter = Reporter::of(guest);
    if let Some(former) = &event.context.former_cluster {
        let now = guest.cluster.as_ref().map_or("no cluster", |cluster| &cluster.name);
        return vec![Action::Report(reporter.moved_cluster(former, now))];
    }
    let may_be_ours = matches!(event.context.ownership, Ownership::Ours { .. } | Ownership::Unknown)
        || event.context.takes_over.is_some();
    if let Some(current) = event.current.as_ref().filter(|current| may_be_ours && current.kind != kind) {
        return vec![Action::Report(reporter.other_kind(current.vmid, kind, current.kind))];
    }
    let problems =
        guest.problems.iter().map(|problem| Action::Report(reporter.problem(problem, event.current.is_some())));
    if guest.blocked(Blocks::Everything) {
        return problems.collect();
    }
    if let Some(report) = event.current.as_ref().and_then(|current| converge::stuck(event, guest, current)) {
        return problems.chain([Action::Report(report)]).collect();
    }
    let steps = match &event.current {
        Some(current) => converge::existing(event, guest, current, policy),
        None => create::plan(event, guest, kind, policy),
    };
    if let (Some(current), Some(former)) = (&event.current, event.context.takes_over) {
        return problems.chain([converge::take_over(guest, current, former, policy)]).chain(steps).collect();
    }
    let plan: Vec<Action> = problems.chain(steps).collect();
    match (&event.current, &event.context.ownership) {
        (Some(current), ownership @ (Ownership::Unmarked | Ownership::Undated | Ownership::Another { .. }))
            if !plan.is_empty() =>
        {
            vec![Action::Report(reporter.not_owned(current.vmid, ownership))]
        }
        _ => plan,
    }
}
