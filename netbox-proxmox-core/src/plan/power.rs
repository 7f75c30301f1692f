//! Rows 8, 9 and 15: the power state that the status asks for.
//!
//! Acts when a cause changed the status or moved the record into P; a creation includes it. Another difference is an
//! administrator's doing until the policy says otherwise.

use proxmox_api::{GuestType, PowerState};

use super::draft::Draft;
use crate::action::Action;
use crate::guest::Status;
use crate::policy::{PowerOff, ReconcilePower};

pub(super) fn plan(draft: &mut Draft<'_>) {
    let found = draft.current.power.given().cloned();
    let wanted = match draft.guest.status {
        Status::Active => PowerState::Running,
        Status::Offline => PowerState::Stopped,
        Status::Paused => PowerState::Paused,
        Status::Staged | Status::Other(_) => return,
    };
    if found.as_ref() == Some(&wanted) {
        return;
    }
    if wanted == PowerState::Paused && draft.current.kind == GuestType::Lxc {
        let report = draft.reporter.not_suspended();
        return draft.report(report);
    }
    // A removal that is forgotten had it shut down.
    let undeleted = draft.event.context.removal_due.is_some();
    let caused =
        draft.creating || undeleted || draft.event.caused(|change| change.changed_status() || change.moved_into_p());
    let shown = found.as_ref().map_or_else(|| "not known".to_owned(), ToString::to_string);
    if !caused && found.is_none() {
        return;
    }
    // What nobody asked for, or of a container nobody can end: somebody froze it.
    let frozen = draft.current.kind == GuestType::Lxc && found == Some(PowerState::Paused);
    if (!caused && draft.policy.reconcile_power == ReconcilePower::Report) || frozen {
        let report = draft.reporter.power(&draft.guest.status, shown);
        return draft.report(report);
    }
    let guest = draft.target.clone();
    match (wanted, found) {
        (PowerState::Paused, Some(PowerState::Stopped)) => {
            draft.step(Action::Start { guest: guest.clone() });
            draft.step(Action::Suspend { guest });
        }
        (PowerState::Paused, _) => draft.step(Action::Suspend { guest }),
        (PowerState::Running, Some(PowerState::Paused)) => draft.step(Action::Resume { guest }),
        (PowerState::Running, _) => draft.step(Action::Start { guest }),
        _ => {
            let limit = power_off_limit(draft.policy.power_off);
            draft.step(Action::Shutdown { guest, limit });
        }
    }
}

/// How long a guest may take to shut down, in seconds.
pub(super) fn power_off_limit(power_off: PowerOff) -> u32 {
    match power_off {
        PowerOff::Graceful(seconds) => seconds,
        PowerOff::Hard => 0,
    }
}
