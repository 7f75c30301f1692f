//! Row 10: what destroys needs a cause. The guest of a record is removed only because NetBox said that this record
//! was deleted, and only where its change log agrees.

use super::power::power_off_limit;
use crate::action::{Action, Target};
use crate::event::{Change, Changed, Deletion, Event, Ownership};
use crate::part::Part;
use crate::policy::{DestroyWhen, Policy};
use crate::report::Reporter;
use crate::settings::Settings;

pub(super) fn plan(event: &Event, policy: &Policy) -> Vec<Action> {
    // Of a record that was deleted, was there again and was deleted again, the last counts.
    let Some(deleted) = event.cause.iter().rfind(|change| change.deleted_record()) else {
        // A deleted disk whose record is gone too is part of the guest's removal.
        return if event.context.looked_up { Vec::new() } else { needs_look_up(event) };
    };
    let Changed::Record { before: Some(facts), .. } = &deleted.what else { return Vec::new() };
    if event.context.looked_up && event.context.deletion != Some(Deletion::Confirmed) {
        return Vec::new();
    }
    let reporter = Reporter::new(deleted.record, facts.birth, &deleted.name, facts.cluster);
    if let Some(unmanaged) = &event.context.unmanaged {
        return vec![Action::Report(reporter.unmanaged(unmanaged, true))];
    }
    if facts.kind.is_none() || event.context.managed == Some(false) {
        return Vec::new();
    }
    if let Some(former) = &event.context.former_cluster {
        let why = format!("it is in cluster {former}, from which it was moved in NetBox. Remove it in Proxmox");
        return vec![Action::Report(reporter.not_destroyed(None, &why))];
    }
    let Some(current) = &event.current else { return Vec::new() };
    let keep = |why: &str| vec![Action::Report(reporter.not_destroyed(current.vmid, why))];
    match &event.context.ownership {
        Ownership::Another { whose, .. } => return keep(&format!("it belongs to {whose}")),
        Ownership::Unmarked => {
            return keep("it has no marker of this NetBox. Remove it in Proxmox if nobody needs it");
        }
        Ownership::Undated => {
            return keep(
                "its marker is of an early version, which does not say when its virtual machine was created. \
                         Remove it in Proxmox if nothing on it is needed",
            );
        }
        Ownership::Ours { .. } | Ownership::Unknown => {}
    }
    if let Some(user) = deleted.user.as_deref().filter(|user| policy.is_importer(user)) {
        return keep(&format!(
            "{user} deleted it, which is an importer ([policy] importers). Remove it in Proxmox if nobody needs it"
        ));
    }
    if current.template {
        return keep("it is a template");
    }
    if current.protection == Part::Given(true) {
        return keep("it is protected. Clear its protection in Proxmox and remove it there");
    }
    if let Some(other) = event.context.claimed {
        return keep(&format!(
            "virtual machine {other} has its VMID now. Adopt it for that one (`netbox-proxmox adopt`)"
        ));
    }
    let kind = current.kind;
    let (record, birth, name) = (deleted.record, facts.birth, deleted.name.clone());
    let guest = Target { record, birth, name, kind, vmid: current.vmid };
    let (backup, approve) = (policy.destroy.backup.clone(), policy.destroy.approve);
    let deletion = deleted.deletion();
    match (policy.destroy.when, event.context.removal_due, event.context.now) {
        (DestroyWhen::Never, ..) => keep("the policy is never to destroy. Remove it in Proxmox"),
        (_, Some(due), _) => vec![Action::Destroy { guest, not_before: Some(due), deletion, backup, approve }],
        (DestroyWhen::Now, ..) => {
            let deletion = deletion.filter(|_| backup.is_some());
            vec![Action::Destroy { guest, not_before: None, deletion, backup, approve }]
        }
        (DestroyWhen::After(_), None, None) => needs_look_up(event),
        (DestroyWhen::After(seconds), None, Some(now)) => {
            let due = now.saturating_add(seconds);
            let tag = Settings { add_tags: policy.removal_tag.iter().cloned().collect(), ..Settings::default() };
            let mut plan = vec![
                Action::Report(reporter.destroyed_later(current.vmid, seconds)),
                Action::Shutdown { guest: guest.clone(), limit: power_off_limit(policy.power_off) },
            ];
            if !tag.is_empty() {
                plan.push(Action::Configure { guest: guest.clone(), set: tag });
            }
            plan.push(Action::Destroy { guest, not_before: Some(due), deletion, backup, approve });
            plan
        }
    }
}

/// One report for each virtual machine that the changes concern.
fn needs_look_up(event: &Event) -> Vec<Action> {
    let mut records: Vec<&Change> = event.cause.iter().collect();
    records.sort_by_key(|change| change.record);
    records.dedup_by_key(|change| change.record);
    let report =
        |change: &Change| Action::Report(Reporter::new(change.record, None, &change.name, None).needs_look_up());
    records.into_iter().map(report).collect()
}
