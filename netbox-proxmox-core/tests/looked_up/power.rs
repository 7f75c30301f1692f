//! Rows 8, 9 and 15: the power state, by its cause.

use netbox_proxmox_core::policy::{ConfigureWhen, PowerOff, ReconcilePower};
use netbox_proxmox_core::{MiB, Part};

use crate::case::{Case, disk};
use crate::cause;

#[test]
fn a_changed_status_starts_and_shuts_down() {
    Case::existing().power("stopped").cause(cause::status("offline", "active")).expect("start web01 (VMID 101)");
    Case::existing()
        .status("offline")
        .cause(cause::status("active", "offline"))
        .expect("shutdown web01 (VMID 101): stop after 180 s");
}

#[test]
fn moving_into_the_statuses_that_want_a_guest_starts_and_shuts_down() {
    Case::existing().power("stopped").cause(cause::status("failed", "active")).expect("start web01 (VMID 101)");
    Case::existing()
        .status("offline")
        .cause(cause::status("planned", "offline"))
        .expect("shutdown web01 (VMID 101): stop after 180 s");
}

#[test]
fn a_late_creation_event_starts_the_guest() {
    Case::existing().power("stopped").cause(cause::created("active")).expect("start web01 (VMID 101)");
}

#[test]
fn the_way_to_power_off_is_a_policy() {
    let off = |how| {
        let case = Case::existing().status("offline").cause(cause::status("active", "offline"));
        case.policy(move |policy| policy.power_off = how)
    };
    off(PowerOff::Graceful(30)).expect("shutdown web01 (VMID 101): stop after 30 s");
    off(PowerOff::Hard).expect("shutdown web01 (VMID 101): stop at once");
}

#[test]
fn without_a_cause_a_power_state_is_reported() {
    Case::existing().power("stopped").expect("report status: wanted active, found stopped");
    Case::existing().status("offline").expect("report status: wanted offline, found running");
    // Saved, and the status is what it was: an administrator may have stopped the guest.
    Case::existing()
        .power("stopped")
        .cause(cause::saved("active"))
        .expect("report status: wanted active, found stopped");
}

#[test]
fn a_policy_repairs_a_power_state_without_a_cause() {
    let repair = |case: Case| case.policy(|policy| policy.reconcile_power = ReconcilePower::Repair);
    repair(Case::existing().power("stopped")).expect("start web01 (VMID 101)");
    repair(Case::existing().status("offline")).expect("shutdown web01 (VMID 101): stop after 180 s");
    repair(Case::existing().status("staged")).expect("");
}

#[test]
fn an_update_that_does_not_say_what_was_before_is_no_cause_for_power() {
    Case::existing()
        .power("stopped")
        .cause(cause::updated(None, cause::facts("active")))
        .expect("report status: wanted active, found stopped");
}

#[test]
fn staged_changes_no_power_state() {
    for power in ["running", "stopped", "paused"] {
        Case::existing().status("staged").power(power).cause(cause::status("active", "staged")).expect("");
    }
}

#[test]
fn the_power_state_that_is_already_there_plans_nothing() {
    Case::existing().cause(cause::status("offline", "active")).expect("");
    Case::existing().status("offline").power("stopped").cause(cause::status("active", "offline")).expect("");
}

#[test]
fn paused_suspends_and_active_resumes() {
    let paused = || Case::existing().status("paused").cause(cause::status("active", "paused"));
    paused().expect("suspend web01 (VMID 101)");
    paused().power("paused").expect("");
    paused().power("stopped").expect(
        "start web01 (VMID 101)
         suspend web01 (VMID 101)",
    );
    let resumed = Case::existing().power("paused").cause(cause::status("paused", "active"));
    resumed.expect("resume web01 (VMID 101)");
    let stopped = Case::existing().status("offline").power("paused").cause(cause::status("paused", "offline"));
    stopped.expect("shutdown web01 (VMID 101): stop after 180 s");
}

#[test]
fn a_status_that_does_not_want_a_guest_plans_nothing() {
    for status in ["planned", "failed", "decommissioning", "waiting-for-godot", ""] {
        Case::existing()
            .status(status)
            .creating()
            .desired(|guest| {
                guest.name = "web02".into();
                guest.memory = Part::Given(MiB(4096));
            })
            .cause(cause::status("active", status))
            .cause(cause::disk_deleted(2, "scsi1"))
            .expect("");
        Case::absent().status(status).cause(cause::created(status)).expect("");
    }
}

#[test]
fn the_start_comes_after_every_change_of_the_configuration() {
    Case::existing()
        .power("stopped")
        .policy(|policy| policy.configure = ConfigureWhen::Always)
        .desired(|guest| guest.memory = Part::Given(MiB(4096)))
        .disks(vec![disk(1, "scsi0", 30_000), disk(2, "scsi1", 5_000)])
        .cause(cause::disk_created(2, "scsi1"))
        .cause(cause::status("offline", "active"))
        .expect(
            "configure web01 (VMID 101): memory=4096
             resize-disk web01 (VMID 101): scsi0 to 30G
             add-disk web01 (VMID 101): scsi1 5G on local-lvm
             start web01 (VMID 101)",
        );
}

#[test]
fn an_edit_that_also_leaves_staged_starts_the_guest_and_reports_the_rest() {
    Case::existing()
        .power("stopped")
        .desired(|guest| guest.memory = Part::Given(MiB(4096)))
        .cause(cause::status("staged", "active"))
        .expect(
            "report memory: wanted 4096 MiB, found 2048 MiB
             start web01 (VMID 101)",
        );
}

#[test]
fn causes_that_are_answered_together_are_united() {
    Case::existing()
        .power("stopped")
        .cause(cause::saved("active"))
        .cause(cause::status("offline", "active"))
        .cause(cause::disk_deleted(2, "scsi1"))
        .with_volume("scsi1", crate::case::volume("local-lvm:vm-101-disk-1", 5_120))
        .expect(
            "remove-disk web01 (VMID 101): scsi1 local-lvm:vm-101-disk-1
             start web01 (VMID 101)",
        );
}

#[test]
fn the_creation_of_a_guest_includes_its_power_state() {
    let cut_short = |status: &str| Case::existing().creating().power("stopped").status(status);
    cut_short("active").expect(
        "start web01 (VMID 101)
         report created
         configure web01 (VMID 101): marker=ready",
    );
    cut_short("staged").expect("report created\nconfigure web01 (VMID 101): marker=ready");
    cut_short("offline").expect("report created\nconfigure web01 (VMID 101): marker=ready");
}
