//! What other tools write into NetBox is no cause of anything.

use netbox_proxmox_core::{Change, Part};

use crate::case::{Case, disk, volume};
use crate::cause;

/// The same case, its changes made by an importer.
fn imported(case: Case) -> Case {
    // The user of `cause`.
    case.policy(|policy| policy.importers = vec!["netbox-sync".into(), "admin".into()])
}

#[test]
fn a_status_that_an_importer_writes_switches_nothing() {
    let off = Case::existing().status("offline").cause(cause::status("active", "offline"));
    off.expect("shutdown web01 (VMID 101): stop after 180 s");
    imported(off).expect("report status: wanted offline, found running");
    let on = Case::existing().power("stopped").cause(cause::created("active"));
    imported(on).expect("report status: wanted active, found stopped");
}

#[test]
fn a_person_who_changes_the_same_is_heeded() {
    let by_alice = Change { user: Some("alice".into()), ..cause::status("offline", "active") };
    let both = Case::existing().power("stopped").cause(cause::status("active", "offline")).cause(by_alice);
    imported(both).expect("start web01 (VMID 101)");
}

#[test]
fn what_an_importer_makes_or_moves_is_not_made_or_moved() {
    let typed = Case::absent().desired(|guest| guest.vmid = Part::Given("101".parse().unwrap()));
    let typed = typed.cause(cause::created_with(cause::facts("active")));
    assert!(typed.plan().iter().any(|action| action.creates()));
    imported(typed).expect_report(&["web01", "101"]);
    let unnumbered = Case::absent().cause(cause::created("active"));
    assert!(unnumbered.plan().iter().any(|action| action.creates()));
    let known = imported(unnumbered.clone()).context(|context| context.imported = true);
    known.expect_report(&["web01", "no guest was made", "[policy] importers", "netbox-proxmox apply --vm 42"]);
    // A delivery alone.
    imported(unnumbered).context(|context| context.looked_up = false).expect_report(&["no guest was made"]);
    let moved = Case::existing()
        .desired(|guest| guest.node = Part::Given("pve02".parse().unwrap()))
        .cause(cause::moved_to("pve02"));
    assert!(moved.plan().iter().any(|action| action.name() == "migrate"));
    imported(moved).expect_no("migrate");
}

#[test]
fn what_an_importer_deletes_is_kept() {
    let gone = Case::gone().cause(cause::deleted("active"));
    gone.expect("destroy web01 (VMID 101)");
    imported(gone).expect_report(&["web01", "the guest 101 in Proxmox was kept", "admin", "[policy] importers"]);
    let removed = Case::staged()
        .disks(vec![disk(1, "scsi0", 10_000)])
        .with_volume("scsi1", volume("local-lvm:vm-101-disk-1", 1_024))
        .known(2, "scsi1", "local-lvm:vm-101-disk-1")
        .cause(cause::disk_deleted(2, "scsi1"));
    assert!(removed.plan().iter().any(|action| action.name() == "remove-disk"));
    imported(removed).expect_no("remove-disk");
}
