//! Scenes that the laws leave out for now, because a rule is known to be broken in them. Each has a test of its own
//! that fails until it is mended; then its line here goes.

use netbox_proxmox_core::{Changed, EventKind};

use crate::generate::Scene;

/// Whether a known gap is met.
pub(crate) fn met(scene: &Scene) -> bool {
    let event = scene.world.look_up(&scene.cause);
    let Some(guest) = &event.desired else { return false };
    let creation = event.current.is_none();
    let shared = |id| scene.world.storages.iter().any(|facts| facts.id == id && facts.shared);

    // looked_up: create::a_disk_deleted_before_the_guest_existed_removes_nothing_of_the_clone
    let deleted_disk = creation
        && scene
            .cause
            .iter()
            .any(|change| change.event == EventKind::Deleted && matches!(change.what, Changed::Disk { .. }));

    // looked_up: create::a_clone_to_another_node_onto_storage_that_is_not_shared_is_reported
    let not_shared = creation
        && event
            .context
            .template
            .given()
            .is_some_and(|facts| guest.node.given().is_some_and(|node| *node != facts.node))
        && guest.storage.given().is_some_and(|id| !shared(id.clone()));

    // looked_up: disks::a_disk_that_could_not_be_added_is_not_reported_a_second_time
    let unusable = guest.disks.given().into_iter().flatten().any(|disk| {
        let id = disk.storage.as_ref().or(guest.storage.given());
        id.is_some_and(|id| !matches!(id.as_str(), "local-lvm" | "ceph-pool"))
    });

    deleted_disk || not_shared || unusable
}
