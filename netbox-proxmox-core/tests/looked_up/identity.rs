//! Whose a guest is: what is not ours is left alone, and what was begun is known again.

use netbox_proxmox_core::guest::{Blocks, Problem};
use netbox_proxmox_core::{GuestType, MiB, Ownership, Part, PowerState, RecordId};

use crate::case::{Case, disk, intent};
use crate::cause;
use crate::common::vmid;

fn differing() -> Case {
    Case::staged()
        .desired(|guest| {
            guest.name = "web02".into();
            guest.memory = Part::Given(MiB(4096));
        })
        .disks(vec![disk(1, "scsi0", 30_000)])
        .cause(cause::typed_vmid("staged"))
}

#[test]
fn a_guest_that_is_not_ours_gives_one_report_that_names_adopt() {
    differing().unmarked().expect_report(&["101", "adopt"]);
    differing().of_another().expect_report(&["101", "record 7", "adopt"]);
}

#[test]
fn that_report_is_the_same_whatever_was_wanted_of_the_guest() {
    let rename = Case::existing().unmarked().desired(|guest| guest.name = "web02".into());
    let start = Case::existing().unmarked().power("stopped").cause(cause::created("active"));
    let keys = [differing().unmarked(), rename, start].map(|case| case.expect_report(&["adopt"]).key());
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

// not told again.
#[test]
fn another_guest_that_is_not_ours_is_another_report() {
    let other = differing().unmarked().desired(|guest| guest.vmid = Part::Given(vmid(102)));
    let other = other.current(|guest| guest.vmid = Some(vmid(102)));
    assert_ne!(differing().unmarked().expect_report(&["101"]).key(), other.expect_report(&["102"]).key());
}

#[test]
fn a_guest_that_is_not_ours_and_as_netbox_says_gives_nothing() {
    Case::existing().unmarked().expect("");
    Case::existing().of_another().expect("");
}

#[test]
fn a_typed_vmid_that_is_taken_stops_the_creation() {
    Case::existing()
        .unmarked()
        .current(|guest| guest.name = Part::Given("old-database".into()))
        .cause(cause::created("active"))
        .expect_report(&["101", "adopt"]);
}

#[test]
fn a_disk_of_a_guest_that_is_not_ours_is_not_removed() {
    let case = Case::existing().with_volume("scsi1", crate::case::volume("local-lvm:vm-101-disk-1", 5_120));
    let case = case.cause(cause::disk_deleted(2, "scsi1"));
    case.clone().unmarked().expect_report(&["adopt"]);
    case.of_another().expect_report(&["adopt"]);
}

#[test]
fn a_container_at_the_vmid_is_not_ours() {
    Case::existing()
        .unmarked()
        .current(|guest| {
            *guest = netbox_proxmox_core::Current::new(Some(vmid(101)), GuestType::Lxc);
        })
        .cause(cause::created("active"))
        .expect_report(&["101", "adopt"]);
}

#[test]
fn every_action_names_the_marker_that_it_expects() {
    let plan = differing().context(|context| context.ownership = Ownership::Unknown).plan();
    assert!(!plan.is_empty());
    for action in plan {
        let guest = action.target().unwrap();
        assert_eq!((guest.owner(), guest.vmid), (Some(crate::common::OWNER), Some(vmid(101))), "{action}");
    }
}

#[test]
fn records_that_are_not_managed_plan_nothing() {
    differing().context(|context| context.managed = Some(false)).expect("");
    differing().desired(|guest| guest.kind = None).expect("");
    Case::absent().context(|context| context.managed = Some(false)).cause(cause::created("active")).expect("");
    Case::absent().desired(|guest| guest.kind = None).cause(cause::created("active")).expect("");
}

#[test]
fn a_guest_is_not_turned_from_one_kind_into_the_other() {
    let case = differing().desired(|guest| guest.kind = Some(GuestType::Lxc));
    case.expect_report(&["101", "is a virtual machine (vm)", "container (lxc)", "Correct the type"]);
}

#[test]
fn a_record_moved_to_another_cluster_of_ours_is_reported_and_nothing_is_made() {
    for case in [Case::absent().cause(cause::created("active")), differing()] {
        let case = case.context(|context| context.former_cluster = Some("old".into()));
        case.expect_report(&["from cluster old to lab", "move it back", "adopt"]);
    }
}

// What was begun.

#[test]
fn an_intent_whose_guest_is_there_is_written_to_netbox_first() {
    Case::existing()
        .creating()
        .power("stopped")
        .desired(|guest| guest.vmid = Part::None)
        .context(|context| context.intent = Some(intent(101, None)))
        .expect(
            "record web01: VMID 101
             start web01 (VMID 101)
             report created
             configure web01 (VMID 101): marker=ready",
        );
}

fn killed_clone(lock: &str) -> Case {
    Case::existing()
        .desired(|guest| guest.vmid = Part::None)
        .current(|guest| {
            guest.lock = Some(lock.into());
            guest.name = Part::None;
            guest.power = Part::Given(PowerState::Stopped);
        })
        .context(|context| context.intent = Some(intent(101, None)))
}

#[test]
fn a_creation_that_was_killed_under_its_lock_is_reported_with_how_to_unlock() {
    for lock in ["clone", "create"] {
        killed_clone(lock).creating().expect_report(&["qm unlock 101", lock]);
    }
}

/// While the first disk is copied the guest has a temporary description (seen on Proxmox VE 9.1), and so it stays when
/// the copy is killed: no marker.
#[test]
fn a_creation_that_was_killed_before_it_had_its_marker_is_reported_with_how_to_unlock() {
    for lock in ["clone", "create"] {
        killed_clone(lock).unmarked().expect_report(&["qm unlock 101", lock]);
    }
}

#[test]
fn a_locked_guest_that_we_did_not_begin_is_not_ours() {
    let case = killed_clone("clone").unmarked().desired(|guest| guest.vmid = Part::Given(vmid(101)));
    let case = case.context(|context| context.intent = None).cause(cause::typed_vmid("active"));
    case.expect_report(&["101", "adopt"]);
}

#[test]
fn another_lock_does_not_change_the_plan() {
    for lock in ["backup", "migrate", "snapshot"] {
        Case::existing()
            .current(|guest| guest.lock = Some(lock.into()))
            .desired(|guest| guest.name = "web02".into())
            .expect("configure web02 (VMID 101): name=web02");
    }
}

// What NetBox has and cannot be used.

fn problem(field: &str, blocks: Blocks) -> Problem {
    Problem { field: field.into(), found: "nonsense".into(), why: "it is nonsense".into(), blocks }
}

#[test]
fn a_problem_keeps_back_only_what_it_concerns() {
    let with = |case: Case, blocks| case.desired(move |guest| guest.problems = vec![problem("field", blocks)]);
    let rename = |case: Case| case.desired(|guest| guest.name = "web02".into());
    for blocks in [Blocks::Part, Blocks::Creation] {
        rename(with(Case::existing(), blocks)).expect(
            "report field: wanted , found nonsense
             configure web02 (VMID 101): name=web02",
        );
    }
    rename(with(Case::existing(), Blocks::Everything)).expect("report field: wanted , found nonsense");
    with(Case::absent(), Blocks::Creation).expect("report field: wanted , found nonsense");
    with(Case::absent(), Blocks::Everything).expect("report field: wanted , found nonsense");
    assert!(with(Case::absent(), Blocks::Part).plan().len() > 3);
}

#[test]
fn a_guest_of_the_other_kind_is_not_taken_over() {
    let case = Case::existing().of_another().desired(|guest| guest.kind = Some(GuestType::Lxc));
    let case = case.context(|context| {
        context.takes_over = Some(netbox_proxmox_core::Owner { record: RecordId(7), ..crate::common::OWNER })
    });
    case.expect_report(&["virtual machine (vm)", "container (lxc)"]);
}

#[test]
fn a_comparison_leaves_what_nobody_has_touched_unless_it_is_ours() {
    let untouched = |case: Case| case.context(|context| context.untouched = true);
    untouched(Case::absent()).expect("");
    untouched(Case::existing().unmarked().power("stopped")).expect("");
    assert!(
        !untouched(Case::absent().context(|context| context.intent = Some(crate::case::intent(101, None))))
            .plan()
            .is_empty()
    );
    untouched(Case::existing().power("stopped")).expect_reports_only(&["stopped"]);
}
