//! Row 10: what destroys needs a cause.

use netbox_proxmox_core::event::{Deletion, RecordFacts};
use netbox_proxmox_core::policy::{Destroy, DestroyWhen, PowerOff};
use netbox_proxmox_core::{Action, Part};

use crate::case::Case;
use crate::cause;

fn deleted() -> Case {
    Case::gone().cause(cause::deleted("active"))
}

#[test]
fn a_confirmed_deletion_destroys() {
    deleted().expect("destroy web01 (VMID 101)");
    // Whatever the status was, and whatever state the guest is in.
    for status in ["staged", "offline", "planned", "failed", "decommissioning"] {
        Case::gone().cause(cause::deleted(status)).power("stopped").expect("destroy web01 (VMID 101)");
    }
    deleted().creating().expect("destroy web01 (VMID 101)");
}

#[test]
fn a_deletion_that_the_change_log_does_not_have_does_nothing() {
    deleted().context(|context| context.deletion = Some(Deletion::NotInChangeLog)).expect("");
    deleted().context(|context| context.deletion = None).expect("");
}

#[test]
fn a_record_that_is_gone_without_a_deletion_destroys_nothing() {
    for case in [
        Case::gone(),
        Case::gone().cause(cause::saved("active")),
        Case::gone().cause(cause::status("active", "offline")),
        Case::gone().cause(cause::disk_deleted(1, "scsi0")),
        Case::gone().cause(cause::disk_deleted(2, "scsi1")),
    ] {
        assert!(case.plan().iter().all(|action| action.name() == "report"), "{:?}", case.plan());
    }
}

#[test]
fn a_deletion_of_a_record_that_netbox_has_does_nothing() {
    Case::existing().cause(cause::deleted("active")).expect("");
}

#[test]
fn an_absent_guest_is_not_destroyed_again() {
    let mut case = deleted();
    case.event.current = None;
    case.expect("");
}

#[test]
fn only_an_owned_guest_is_destroyed() {
    let report = deleted().unmarked().expect_report(&["101", "kept", "no marker"]);
    assert_eq!(report.cluster, Some(1), "the record is gone: told on its cluster");
    deleted().of_another().expect_report(&["101", "kept", "record 7"]);
}

#[test]
fn a_template_is_never_destroyed() {
    deleted().current(|guest| guest.template = true).expect_report(&["101", "kept", "template"]);
}

#[test]
fn a_protected_guest_is_never_destroyed() {
    deleted().current(|guest| guest.protection = Part::Given(true)).expect_report(&["101", "kept", "protect"]);
}

#[test]
fn refusals_come_before_every_policy() {
    for destroy in [DestroyWhen::Now, DestroyWhen::After(3600), DestroyWhen::Never] {
        for case in [
            deleted().unmarked(),
            deleted().of_another(),
            deleted().current(|guest| guest.template = true),
            deleted().current(|guest| guest.protection = Part::Given(true)),
        ] {
            case.clone().policy(|policy| policy.destroy = destroy.into()).expect_report(&["101"]);
            let due = case.context(|context| context.removal_due = Some(1));
            due.policy(|policy| policy.destroy = destroy.into()).expect_report(&["101"]);
        }
    }
}

#[test]
fn the_policy_never_keeps_the_guest_and_says_so() {
    deleted().policy(|policy| policy.destroy = DestroyWhen::Never.into()).expect_report(&["101", "kept"]);
}

#[test]
fn the_policy_after_stops_now_and_destroys_later() {
    let later = deleted().policy(|policy| policy.destroy = DestroyWhen::After(86_400).into());
    let plan = later.plan();
    let names: Vec<&str> = plan.iter().map(Action::name).filter(|name| *name != "configure").collect();
    assert_eq!(names, ["report", "shutdown", "destroy"]);
    let Some(Action::Destroy { not_before, .. }) = plan.last() else { panic!("{plan:?}") };
    assert_eq!(*not_before, Some(1_800_086_400));
    let hard = later.policy(|policy| policy.power_off = PowerOff::Hard);
    assert!(hard.plan().iter().any(|action| matches!(action, Action::Shutdown { limit: 0, .. })));
}

#[test]
fn a_guest_that_is_destroyed_later_is_tagged() {
    let later = deleted().policy(|policy| policy.destroy = DestroyWhen::After(86_400).into());
    let tagged = |action: &Action| matches!(action, Action::Configure { set, .. } if !set.add_tags.is_empty());
    assert!(later.plan().iter().any(tagged), "{:?}", later.plan());
}

#[test]
fn a_removal_that_was_put_off_keeps_its_time() {
    deleted()
        .policy(|policy| policy.destroy = DestroyWhen::After(86_400).into())
        .context(|context| context.removal_due = Some(1_800_000_123))
        .expect("destroy web01 (VMID 101): not before 1800000123");
}

#[test]
fn a_backup_and_another_persons_agreement_come_before_a_guest_is_destroyed() {
    let asked = |destroy: DestroyWhen| {
        deleted().policy(move |policy| {
            policy.destroy = Destroy { when: destroy, approve: true, backup: Some("pbs".parse().unwrap()) };
        })
    };
    asked(DestroyWhen::Now).expect("destroy web01 (VMID 101): once another person agrees, after a backup to pbs");
    let later = asked(DestroyWhen::After(3600));
    let plan = later.plan().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        plan.last().unwrap(),
        "destroy web01 (VMID 101): not before 1800003600, once another person agrees, after a backup to pbs"
    );
    // A deletion is known by its own name wherever something is remembered for it.
    let Some(Action::Destroy { deletion, .. }) = asked(DestroyWhen::Now).plan().pop() else { panic!("nothing") };
    assert!(deletion.is_some());
    asked(DestroyWhen::Never).expect_report(&["101", "kept"]);
}

#[test]
fn what_was_not_managed_is_left() {
    deleted().context(|context| context.managed = Some(false)).expect("");
    let facts = RecordFacts { kind: None, ..cause::facts("active") };
    Case::gone().cause(cause::deleted_with(facts)).expect("");
}

#[test]
fn a_deletion_names_the_guest_that_must_carry_the_marker() {
    let plan = deleted().plan();
    let guest = plan[0].target().unwrap();
    assert_eq!((guest.owner(), guest.vmid), (Some(crate::common::OWNER), Some(crate::common::vmid(101))));
}
