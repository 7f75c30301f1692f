//! Rows 5, 5b, 6, 6b and 7 of a container: its root disk and mount points.

use netbox_proxmox_core::{GuestDisk, Megabytes, Part};

use crate::case::{Case, disk, disk_at, disk_on, intent, mounted, volume};
use crate::cause;
use crate::common::{node, slot, storage};

const DATA: &str = "local-lvm:vm-101-disk-1";

/// With a mount point on both sides.
fn two_disks(case: Case) -> Case {
    let case = case.disks(vec![disk(1, "rootfs", 20_000), disk_at(2, "mp0", 5_000, "/srv/data")]);
    case.with_volume("mp0", mounted(DATA, 5_120, "/srv/data"))
}

// Growing and shrinking.

#[test]
fn grown_disks_are_resized() {
    for power in ["stopped", "running"] {
        let staged = || two_disks(Case::staged_container()).power(power);
        staged().expect("");
        staged().disks(vec![disk(1, "rootfs", 30_000), disk_at(2, "mp0", 6_000, "/srv/data")]).expect(
            "resize-disk web01 (VMID 101): rootfs to 30G
             resize-disk web01 (VMID 101): mp0 to 6G",
        );
    }
}

#[test]
fn a_shrunk_disk_is_refused_with_the_word_shrink_and_its_name() {
    let shrunk =
        |case: Case| two_disks(case).disks(vec![disk(1, "rootfs", 20_000), disk_at(2, "mp0", 4_999, "/srv/data")]);
    shrunk(Case::staged_container()).expect_report(&["shrink", "mp0", "5000", "4999"]);
    shrunk(Case::container()).expect_report(&["shrink", "mp0"]);
    Case::staged_container().disks(vec![disk(1, "rootfs", 19_999)]).expect_report(&["shrink", "rootfs"]);
}

#[test]
fn a_grown_disk_behind_the_gate_is_reported() {
    two_disks(Case::container()).disks(vec![disk(1, "rootfs", 30_000), disk_at(2, "mp0", 6_000, "/srv/data")]).expect(
        "report disk rootfs: wanted 30000 MB, found 20000 MB
         report disk mp0: wanted 6000 MB, found 5000 MB",
    );
}

#[test]
fn a_root_disk_that_netbox_lacks_is_recorded_at_the_size_that_is_wanted() {
    Case::container().disks(vec![]).expect("record web01 (VMID 101): its root disk");
    let wanted =
        |case: Case, size| case.disks(vec![]).desired(move |guest| guest.root_size = Part::Given(Megabytes(size)));
    wanted(Case::staged_container(), 30_000).expect(
        "resize-disk web01 (VMID 101): the root disk to 30G
         record web01 (VMID 101): its root disk",
    );
    wanted(Case::container(), 30_000).expect("report disk: wanted 30000 MB, found 20000 MB");
}

#[test]
fn a_creation_cut_short_reaches_the_root_size_of_its_intent() {
    let case = two_disks(Case::staged_container()).creating().disks(vec![disk_at(2, "mp0", 5_000, "/srv/data")]);
    case.context(|context| context.intent = Some(intent(101, Some(30_000)))).expect(
        "resize-disk web01 (VMID 101): the root disk to 30G
         record web01 (VMID 101): its root disk
         report created
         configure web01 (VMID 101): marker=ready",
    );
}

// Adding.

fn lacking(more: GuestDisk) -> Case {
    let id = more.id;
    let name = more.slot.to_string();
    Case::staged_container().disks(vec![disk(1, "rootfs", 20_000), more]).cause(cause::disk_created(id, &name))
}

#[test]
fn a_disk_with_a_mount_path_is_added_at_any_mount_point() {
    for name in ["mp0", "mp1", "mp255"] {
        let at = |power| lacking(disk_at(2, name, 5_000, "/srv/data")).power(power);
        let added = format!("add-disk web01 (VMID 101): {name} 5G at /srv/data on local-lvm");
        at("stopped").expect(&added);
        at("running").expect(&added);
    }
    let elsewhere = GuestDisk { path: Some("/srv".into()), ..disk_on(2, "mp0", 5_000, "ceph-pool") };
    lacking(elsewhere).expect("add-disk web01 (VMID 101): mp0 5G at /srv on ceph-pool");
}

#[test]
fn a_disk_without_a_mount_path_is_reported_with_the_field_to_fill() {
    let report = lacking(disk(2, "mp0", 5_000)).expect_report(&["mp0", "proxmox_mount_path"]);
    assert_eq!(report.field, "disk mp0");
    lacking(disk(2, "mp0", 5_000)).expect_no_news_once_answered();
}

#[test]
fn a_disk_whose_creation_was_seen_is_added_once_it_has_a_path() {
    let mut case = lacking(disk_at(2, "mp0", 5_000, "/srv/data"));
    case.event.cause.clear();
    case.clone().expect("report disk mp0: wanted 5000 MB, found missing");
    let seen = case.context(|context| context.wanted_disks = vec![2]);
    let without = seen.clone().disks(vec![disk(1, "rootfs", 20_000), disk(2, "mp0", 5_000)]);
    without.expect("report disk mp0: wanted a disk, found no mount path");
    seen.expect("add-disk web01 (VMID 101): mp0 5G at /srv/data on local-lvm");
}

#[test]
fn a_disk_is_added_only_for_a_cause_that_created_it_and_behind_the_gate_not_at_all() {
    let gated = lacking(disk_at(2, "mp0", 5_000, "/srv/data")).status("active").power("running");
    gated.expect("report disk mp0: wanted 5000 MB, found missing");
    for causes in [vec![], vec![cause::saved("staged")], vec![cause::disk_created(3, "mp1")]] {
        let mut case = lacking(disk_at(2, "mp0", 5_000, "/srv/data"));
        case.event.cause = causes;
        case.expect("report disk mp0: wanted 5000 MB, found missing");
    }
}

#[test]
fn a_storage_that_takes_no_containers_is_reported() {
    for on in ["vm-store", "iso", "nosuch"] {
        let wanted = GuestDisk { path: Some("/srv".into()), ..disk_on(2, "mp0", 5_000, on) };
        lacking(wanted.clone()).expect_report(&["mp0", on]);
        lacking(wanted).expect_no_news_once_answered();
    }
    let far = GuestDisk { path: Some("/srv".into()), ..disk_on(2, "mp0", 5_000, "fast01") };
    let on_pve02 = lacking(far).current(|guest| guest.node = Part::Given(node("pve02")));
    on_pve02.desired(|guest| guest.node = Part::Given(node("pve02"))).expect_report(&["mp0", "fast01", "pve02"]);
}

#[test]
fn a_creation_cut_short_adds_its_mount_points_in_any_status() {
    let mut case = lacking(disk_at(2, "mp0", 5_000, "/srv/data")).creating().status("active").power("running");
    case.event.cause.clear();
    case.expect(
        "add-disk web01 (VMID 101): mp0 5G at /srv/data on local-lvm
         report created
         configure web01 (VMID 101): marker=ready",
    );
}

// Mounted elsewhere, renamed, on another storage.

#[test]
fn a_mount_point_that_is_mounted_elsewhere_is_reported_and_not_moved() {
    for case in [Case::container(), Case::staged_container()] {
        let moved = two_disks(case).disks(vec![disk(1, "rootfs", 20_000), disk_at(2, "mp0", 5_000, "/mnt")]);
        moved.expect("report disk mp0 mount path: wanted /mnt, found /srv/data");
    }
    // NetBox does not say.
    two_disks(Case::staged_container()).disks(vec![disk(1, "rootfs", 20_000), disk(2, "mp0", 5_000)]).expect("");
}

#[test]
fn a_mount_point_renamed_or_given_another_storage_is_reported() {
    let renamed = two_disks(Case::staged_container())
        .disks(vec![disk(1, "rootfs", 20_000), disk_at(2, "mp3", 5_000, "/srv/data")])
        .cause(cause::disk_renamed(2, "mp0", "mp3"));
    renamed.expect_reports_only(&["mp0", "mp3", "renamed"]);
    let stored = GuestDisk { storage: Some(storage("ceph-pool")), ..disk_at(2, "mp0", 5_000, "/srv/data") };
    two_disks(Case::staged_container())
        .disks(vec![disk(1, "rootfs", 20_000), stored])
        .expect("report disk mp0: wanted storage ceph-pool, found storage local-lvm");
}

// Removing.

fn deleted_mp0() -> Case {
    Case::container().with_volume("mp0", mounted(DATA, 5_120, "/srv/data")).cause(cause::disk_deleted(2, "mp0"))
}

#[test]
fn a_deleted_mount_point_of_a_stopped_container_is_removed() {
    for status in ["active", "offline", "staged"] {
        let mut case = deleted_mp0().status(status).power("stopped");
        case.event.cause.insert(0, cause::saved(status));
        let removed: Vec<String> = case.text().into_iter().filter(|line| !line.starts_with("report status")).collect();
        assert_eq!(removed, ["remove-disk web01 (VMID 101): mp0 local-lvm:vm-101-disk-1"], "{status}");
    }
}

#[test]
fn a_deleted_mount_point_of_a_running_container_goes_when_it_stops() {
    for status in ["active", "staged"] {
        deleted_mp0().status(status).expect(
            "report disk mp0: wanted removed, found still mounted
             remove-disk web01 (VMID 101): mp0 local-lvm:vm-101-disk-1",
        );
    }
}

/// Its removal was begun, and the container runs: the mount point is gone from the configuration that will be, its
/// volume is not yet unused.
fn pending() -> Case {
    Case::container().removal(2, "mp0", DATA)
}

#[test]
fn a_removal_that_waits_for_the_stop_is_only_reported() {
    pending().expect("report disk mp0: wanted removed, found still mounted");
    let told = pending().expect_report(&["mp0", "stopped"]).key();
    let first = deleted_mp0().reports();
    assert!(first.iter().any(|report| report.key() == told), "it is the report that was already made: {first:?}");
    pending().cause(cause::disk_deleted(2, "mp0")).expect_no("shutdown");
}

#[test]
fn a_removal_that_was_begun_is_finished_once_the_volume_is_unused() {
    for (status, power) in [("offline", "stopped"), ("staged", "stopped"), ("active", "running")] {
        let case = pending().status(status).power(power).unused("local-lvm:vm-101-disk-9").unused(DATA);
        case.expect("remove-disk web01 (VMID 101): mp0 local-lvm:vm-101-disk-1");
    }
}

#[test]
fn a_removal_is_finished_after_the_shutdown_in_the_same_plan() {
    let off = |case: Case| case.status("offline").cause(cause::status("active", "offline"));
    off(pending()).expect(
        "shutdown web01 (VMID 101): stop after 180 s
         remove-disk web01 (VMID 101): mp0 local-lvm:vm-101-disk-1",
    );
    // Deleted and shut down in one go.
    let case = off(deleted_mp0());
    let plan = case.text();
    let shutdown = plan.iter().position(|line| line.starts_with("shutdown")).unwrap();
    assert!(plan[shutdown..].iter().any(|line| line.ends_with("mp0 local-lvm:vm-101-disk-1")), "{plan:#?}");
}

/// Twice would be refused: by then something else may be at the slot.
#[test]
fn a_volume_that_was_given_up_before_the_shutdown_is_removed_once() {
    let off = || pending().unused(DATA).status("offline").cause(cause::status("active", "offline"));
    let other = mounted("local-lvm:vm-101-disk-2", 5_120, "/srv/data");
    for case in [off(), off().with_volume("mp0", other)] {
        let removals = case.text().into_iter().filter(|line| line.starts_with("remove-disk")).count();
        assert_eq!(removals, 1, "{:#?}", case.text());
    }
}

/// A running container is restarted by its migration.
#[test]
fn a_removal_is_finished_after_the_migration_in_the_same_plan() {
    let moved = pending().desired(|guest| guest.node = Part::Given(node("pve02"))).cause(cause::moved_to("pve02"));
    let steps: Vec<String> = moved.text().into_iter().filter(|line| !line.starts_with("report")).collect();
    assert_eq!(
        steps,
        ["migrate web01 (VMID 101): to node pve02", "remove-disk web01 (VMID 101): mp0 local-lvm:vm-101-disk-1"]
    );
}

#[test]
fn a_removal_that_is_over_plans_nothing() {
    pending().status("offline").power("stopped").expect("");
}

#[test]
fn an_unused_volume_that_nobody_deleted_is_left() {
    for (status, power) in [("offline", "stopped"), ("staged", "stopped"), ("active", "running")] {
        Case::container().status(status).power(power).unused(DATA).expect("");
    }
    // Of another container's memory, or a volume that was attached again.
    pending().power("stopped").status("offline").unused("local-lvm:vm-101-disk-7").expect("");
    let again = pending().power("stopped").status("staged").with_volume("mp4", mounted(DATA, 5_120, "/mnt"));
    again.expect_no("remove-disk");
}

#[test]
fn a_volume_whose_slot_the_record_names_again_is_still_finished() {
    // The new disk has another volume; the old one is attached nowhere.
    let case =
        two_disks(Case::staged_container()).with_volume("mp0", mounted("local-lvm:vm-101-disk-2", 5_120, "/srv/data"));
    case.removal(2, "mp0", DATA).unused(DATA).expect("remove-disk web01 (VMID 101): mp0 local-lvm:vm-101-disk-1");
}

#[test]
fn the_root_disk_is_never_removed() {
    for case in [Case::container(), Case::staged_container()] {
        let case = case.disks(vec![]).cause(cause::disk_deleted(1, "rootfs"));
        case.expect_no("remove-disk");
        let reports = case.reports();
        assert!(reports.len() == 1 && reports[0].text.contains("rootfs"), "{:#?}", case.text());
    }
}

#[test]
fn a_mount_point_that_holds_another_volume_is_kept_and_reported() {
    deleted_mp0().known(2, "mp0", "ceph-pool:vm-101-disk-7").expect_reports_only(&[
        "mp0",
        "ceph-pool:vm-101-disk-7",
        DATA,
    ]);
}

#[test]
fn a_mount_point_that_netbox_lacks_is_never_removed_without_its_deletion() {
    for causes in [vec![], vec![cause::saved("active")], vec![cause::disk_deleted(2, "mp1")]] {
        let mut case = deleted_mp0();
        case.event.cause = causes;
        case.expect_reports_only(&["mp0"]);
    }
}

#[test]
fn a_slot_that_the_record_names_again_is_not_removed() {
    deleted_mp0().disks(vec![disk(1, "rootfs", 20_000), disk_at(3, "mp0", 5_000, "/srv/data")]).expect("");
}

#[test]
fn a_mount_point_that_is_not_there_plans_nothing() {
    Case::container().cause(cause::disk_deleted(2, "mp0")).expect("");
    // A name of a VM's disk.
    Case::container().cause(cause::disk_deleted(2, "scsi1")).expect("");
}

#[test]
fn a_bind_mount_of_the_host_is_left() {
    let bind = netbox_proxmox_core::CurrentDisk {
        storage: None,
        size: None,
        path: Some("/mnt".into()),
        ..volume("/tank/data", 0)
    };
    let case = Case::staged_container().with_volume("mp5", bind);
    assert!(case.plan().iter().all(|action| action.name() == "report"), "{:#?}", case.text());
    assert_eq!(case.event.current.unwrap().disk(slot("mp5")).unwrap().size, None);
}
