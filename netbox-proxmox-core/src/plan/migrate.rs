//! Row 11: the node. The guest follows NetBox where NetBox was changed, and NetBox follows the guest where HA or a
//! person moved that.

use proxmox_api::{NodeName, StorageId};

use super::create::usable;
use super::draft::Draft;
use crate::action::{Action, RecordValue};
use crate::event::Change;
use crate::part::Part;

/// Migrates a guest whose node was changed in NetBox.
pub(super) fn plan(draft: &mut Draft<'_>) {
    let Some((wanted, found)) = changed_in_netbox(draft) else { return };
    if draft.event.context.nodes.given().is_some_and(|nodes| !nodes.contains(&wanted)) {
        let report = draft.reporter.no_migration(&wanted, &found, &format!("Proxmox has no node {wanted}"));
        return draft.report(report);
    }
    let guest = draft.target.clone();
    // A clone of a template of another node may not yet be on the storage that is wanted there.
    let root = draft.current.root_disk().and_then(|(_, disk)| disk.storage.as_ref());
    let there = |id: &&StorageId| {
        draft.creating && root != Some(*id) && usable(draft.event, draft.current.kind, id, Some(&wanted))
    };
    let storage = draft.guest.storage.given().filter(there).cloned();
    draft.node = Some(wanted.clone());
    draft.moved_to.clone_from(&storage);
    draft.step(Action::Migrate { guest, node: wanted, storage });
}

/// Tells NetBox where the guest is. Last, because NetBox may refuse a node that is not among its choices.
pub(super) fn record(draft: &mut Draft<'_>) {
    let Part::Given(found) = &draft.current.node else { return };
    match &draft.guest.node {
        Part::Given(wanted) if wanted == found => {}
        Part::Given(_) if changed_in_netbox(draft).is_some() => {}
        Part::Given(_) | Part::None => {
            let guest = draft.target.clone();
            draft.step(Action::Record { guest, value: RecordValue::Node(found.clone()) });
        }
        Part::Unknown => {}
    }
}

/// The wanted and the present node, if they differ because somebody changed NetBox: by the cause, or because both
/// agreed on another one before, or while the guest is being created.
fn changed_in_netbox(draft: &Draft<'_>) -> Option<(NodeName, NodeName)> {
    let (Part::Given(wanted), Part::Given(found)) = (&draft.guest.node, &draft.current.node) else { return None };
    let context = &draft.event.context;
    let creating = draft.creating && context.nodes.given().is_none_or(|nodes| nodes.contains(wanted));
    let another = !context.agreed_node.is_unknown() && context.agreed_node.given() != Some(wanted);
    let moved = draft.event.caused(Change::changed_node) || another;
    // It is said to be none, and not overwritten.
    let absent = context.nodes.given().is_some_and(|nodes| !nodes.contains(wanted));
    (wanted != found && (creating || moved || absent)).then(|| (wanted.clone(), found.clone()))
}
