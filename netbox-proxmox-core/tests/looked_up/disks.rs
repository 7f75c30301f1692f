//! Rows 5, 5b, 6, 6b and 7.

use netbox_proxmox_core::event::StorageFacts;
use netbox_proxmox_core::policy::ConfigureWhen;
use netbox_proxmox_core::{Action, DiskBase, Megabytes, MiB, Part};

use crate::case::{Case, disk, disk_on, intent, store, volume};
use crate::cause;
use crate::common::{slot, storage};

/// Staged, with a second disk on both sides.
fn two_disks() -> Case {
    Case::staged()
        .disks(vec![disk(1, "scsi0", 20_000), disk(2, "scsi1", 5_000)])
        .with_volume("scsi1", volume("local-lvm:vm-101-disk-1", 5_120))
}

// Growing and shrinking.

#[test]
fn a_grown_disk_is_resized() {
    two_disks().expect("");
    two_disks().disks(vec![disk(1, "scsi0", 30_000), disk(2, "scsi1", 6_000)]).expect(
        "resize-disk web01 (VMID 101): scsi0 to 30G
         resize-disk web01 (VMID 101): scsi1 to 6G",
    );
}

#[test]
fn a_shrunk_disk_is_refused_with_the_word_shrink_and_its_name() {
    let shrunk = |case: Case| case.disks(vec![disk(1, "scsi0", 20_000), disk(2, "scsi1", 4_999)]);
    shrunk(two_disks()).expect_report(&["shrink", "scsi1", "5000", "4999"]);
    // Whatever opens the gate.
    shrunk(two_disks()).status("active").power("running").expect_report(&["shrink", "scsi1"]);
    shrunk(two_disks()).policy(|policy| policy.configure = ConfigureWhen::Always).expect_report(&["shrink", "scsi1"]);
    let creating = shrunk(two_disks()).creating();
    assert!(creating.reports()[0].text.contains("shrink"));
    creating.expect_no("resize-disk");
}

#[test]
fn sizes_are_compared_in_netboxs_megabytes() {
    // 10 241 MiB are 10 000.97 MB: not larger than 10 000 MB, and not smaller.
    let odd = |wanted| {
        Case::staged().disks(vec![disk(1, "scsi0", wanted)]).current(|guest| {
            guest.disks = Part::Given([(slot("scsi0"), volume("local-lvm:vm-101-disk-0", 10_241))].into());
        })
    };
    odd(10_000).expect("");
    odd(10_001).expect("resize-disk web01 (VMID 101): scsi0 to 10242M");
    odd(9_999).expect_report(&["shrink"]);
}

#[test]
fn the_base_of_netboxs_megabytes_is_a_policy() {
    let binary = Case::staged().policy(|policy| policy.disk_base = DiskBase::Binary);
    binary.clone().disks(vec![disk(1, "scsi0", 20_480)]).expect("");
    binary.clone().disks(vec![disk(1, "scsi0", 20_481)]).expect("resize-disk web01 (VMID 101): scsi0 to 20481M");
    binary.disks(vec![disk(1, "scsi0", 20_000)]).expect_report(&["shrink", "scsi0"]);
}

#[test]
fn a_disk_whose_size_is_not_known_is_left() {
    Case::staged()
        .with_volume("scsi0", netbox_proxmox_core::CurrentDisk { size: None, ..volume("local-lvm:vm-101-disk-0", 0) })
        .expect("");
}

// The root disk.

#[test]
fn the_root_disk_is_the_one_that_boots_whatever_its_bus() {
    let virtio = Case::staged().current(|guest| {
        guest.root = Part::Given(slot("virtio0"));
        guest.disks = Part::Given([(slot("virtio0"), volume("local-lvm:vm-101-disk-0", 20_480))].into());
    });
    virtio.clone().disks(vec![disk(1, "virtio0", 30_000)]).expect("resize-disk web01 (VMID 101): virtio0 to 30G");
    virtio.clone().disks(vec![]).expect("record web01 (VMID 101): its root disk");
    virtio.disks(vec![]).desired(|guest| guest.root_size = Part::Given(Megabytes(30_000))).expect(
        "resize-disk web01 (VMID 101): the root disk to 30G
         record web01 (VMID 101): its root disk",
    );
}

#[test]
fn a_root_disk_that_netbox_lacks_is_recorded_in_every_status() {
    for (status, power) in [("active", "running"), ("offline", "stopped"), ("staged", "stopped")] {
        let case = Case::existing().status(status).power(power).disks(vec![]);
        case.expect("record web01 (VMID 101): its root disk");
    }
}

#[test]
fn a_root_size_behind_the_gate_is_reported_and_not_overwritten() {
    // Recording the disk would replace the size that is asked for.
    let wanted = |size| {
        Case::existing().disks(vec![]).desired(move |guest| {
            guest.root_size = Part::Given(Megabytes(size));
        })
    };
    wanted(30_000).expect("report disk: wanted 30000 MB, found 20000 MB");
    wanted(20_000).expect("record web01 (VMID 101): its root disk");
    wanted(10_000).expect_no("resize-disk");
    assert!(wanted(10_000).reports()[0].text.contains("shrink"));
}

#[test]
fn the_root_size_of_the_intent_is_reached_by_a_creation_cut_short() {
    let case = Case::staged().creating().disks(vec![disk(2, "scsi1", 5_000)]);
    let case = case.with_volume("scsi1", volume("local-lvm:vm-101-disk-1", 5_120));
    case.context(|context| context.intent = Some(intent(101, Some(30_000)))).expect(
        "resize-disk web01 (VMID 101): the root disk to 30G
         record web01 (VMID 101): its root disk
         report created
         configure web01 (VMID 101): marker=ready",
    );
}

// Adding.

fn lacking(name: &str) -> Case {
    Case::staged().disks(vec![disk(1, "scsi0", 20_000), disk_on(2, name, 5_000, "ceph-pool")])
}

#[test]
fn a_disk_that_was_created_is_added_at_any_slot_that_proxmox_has() {
    for name in ["scsi1", "scsi30", "virtio0", "virtio15", "sata5", "ide3"] {
        lacking(name)
            .cause(cause::disk_created(2, name))
            .expect(&format!("add-disk web01 (VMID 101): {name} 5G on ceph-pool"));
    }
}

#[test]
fn a_disk_behind_the_gate_is_reported() {
    let case = lacking("scsi1").status("active").power("running").cause(cause::disk_created(2, "scsi1"));
    case.expect("report disk scsi1: wanted 5000 MB, found missing");
}

#[test]
fn a_disk_is_added_only_for_a_cause_that_created_it() {
    for causes in [
        vec![],
        vec![cause::saved("staged")],
        vec![cause::status("active", "staged")],
        vec![cause::disk_created(3, "scsi2")],
        vec![cause::disk_renamed(2, "scsi1", "scsi1")],
    ] {
        let mut case = lacking("scsi1");
        case.event.cause = causes;
        case.expect("report disk scsi1: wanted 5000 MB, found missing");
    }
}

#[test]
fn an_update_that_does_not_say_what_was_before_adds_no_disk() {
    lacking("scsi1").cause(cause::disk_saved(2, "scsi1")).expect("report disk scsi1: wanted 5000 MB, found missing");
}

#[test]
fn a_creation_cut_short_adds_its_disks_in_any_status() {
    lacking("scsi1").creating().status("active").power("running").expect(
        "add-disk web01 (VMID 101): scsi1 5G on ceph-pool
         report created
         configure web01 (VMID 101): marker=ready",
    );
}

#[test]
fn a_slot_that_a_cdrom_has_is_reported() {
    let case = lacking("ide2").cause(cause::disk_created(2, "ide2"));
    case.expect_report(&["ide2", "not added"]);
}

#[test]
fn a_slot_that_a_cdrom_has_is_reported_where_there_is_no_disk_at_all() {
    Case::staged()
        .disks(vec![disk(2, "ide2", 5_000)])
        .cause(cause::disk_created(2, "ide2"))
        .current(|guest| {
            guest.disks = Part::None;
            guest.root = Part::None;
        })
        .expect_report(&["ide2", "not added"]);
}

#[test]
fn a_storage_that_cannot_take_the_disk_is_reported() {
    for on in ["nosuch", "iso"] {
        Case::staged()
            .disks(vec![disk(1, "scsi0", 20_000), disk_on(2, "scsi1", 5_000, on)])
            .cause(cause::disk_created(2, "scsi1"))
            .expect_report(&["scsi1", on]);
    }
    let far = Case::staged().disks(vec![disk(1, "scsi0", 20_000), disk_on(2, "scsi1", 5_000, "fast01")]);
    far.cause(cause::disk_created(2, "scsi1"))
        .current(|guest| guest.node = Part::Given(crate::common::node("pve02")))
        .desired(|guest| guest.node = Part::Given(crate::common::node("pve02")))
        .expect_report(&["scsi1", "fast01", "pve02"]);
}

/// Where the only added disk goes; none is the storage of the root disk.
fn added_on(case: &Case) -> Option<String> {
    let plan = case.plan();
    let found = plan.iter().find_map(|action| match action {
        Action::AddDisk { storage, size, .. } => Some((storage.as_ref().map(ToString::to_string), *size)),
        _ => None,
    });
    let (on, size) = found.unwrap_or_else(|| panic!("{plan:?}"));
    assert_eq!(size, MiB(5_120));
    on
}

#[test]
fn a_disk_without_a_storage_goes_to_that_of_the_root_disk() {
    let case = Case::staged().disks(vec![disk(1, "scsi0", 20_000), disk(2, "scsi1", 5_000)]);
    let case = case.cause(cause::disk_created(2, "scsi1"));
    assert!(added_on(&case).is_none_or(|on| on == "local-lvm"));
    let nowhere = case.desired(|guest| guest.storage = Part::None);
    assert!(added_on(&nowhere).is_none_or(|on| on == "local-lvm"));
}

#[test]
fn a_disk_without_a_storage_goes_to_where_the_root_disk_is_now() {
    let case = Case::staged()
        .disks(vec![disk(1, "scsi0", 20_000), disk(2, "scsi1", 5_000)])
        .cause(cause::disk_created(2, "scsi1"))
        .with_volume("scsi0", volume("ceph-pool:vm-101-disk-0", 20_480));
    let on = added_on(&case);
    assert!(on.as_deref().is_none_or(|on| on == "ceph-pool"), "{on:?}");
}

#[test]
fn a_further_disk_has_the_format_of_the_root_disk_where_its_storage_has_a_choice() {
    let with = |root: &str, on: &str| {
        Case::staged()
            .context(|context| {
                let files = |id| StorageFacts { files: true, ..store(id, false, &["pve01", "pve02"], true) };
                let Part::Given(storages) = &mut context.storages else { panic!("the storages are known") };
                storages.extend([files("local"), files("nas")]);
            })
            .disks(vec![disk(1, "scsi0", 20_000), disk_on(2, "scsi1", 5_000, on)])
            .cause(cause::disk_created(2, "scsi1"))
            .with_volume("scsi0", volume(root, 20_480))
            .desired(|guest| guest.storage = Part::None)
    };
    let added = |format: &str, on: &str| format!("add-disk web01 (VMID 101): scsi1 5G{format} on {on}");
    with("local:101/vm-101-disk-0.qcow2", "nas").expect(&added(" qcow2", "nas"));
    with("local:101/vm-101-disk-0.raw", "nas").expect(&added(" raw", "nas"));
    with("local-lvm:vm-101-disk-0", "nas").expect(&added(" raw", "nas"));
    with("local:101/vm-101-disk-0.qcow2", "local-lvm").expect(&added("", "local-lvm"));
}

// Renamed, moved, another storage.

#[test]
fn a_renamed_disk_is_reported_and_not_moved() {
    Case::staged()
        .disks(vec![disk(1, "scsi0", 20_000), disk(2, "scsi3", 5_000)])
        .with_volume("scsi2", volume("local-lvm:vm-101-disk-1", 5_120))
        .cause(cause::disk_renamed(2, "scsi2", "scsi3"))
        .expect_reports_only(&["scsi2", "scsi3", "renamed"]);
}

#[test]
fn a_disk_moved_to_another_virtual_machine_is_reported_on_both() {
    Case::staged()
        .disks(vec![disk(1, "scsi0", 20_000), disk(2, "scsi1", 5_000)])
        .cause(cause::disk_moved(2, "scsi1", 7, 42))
        .expect_reports_only(&["scsi1", "7", "42"]);
    let former = Case::staged()
        .with_volume("scsi1", volume("local-lvm:vm-101-disk-1", 5_120))
        .cause(cause::disk_moved(2, "scsi1", 42, 7));
    let reports = former.reports();
    assert!(reports.iter().any(|report| report.text.contains("moved from virtual machine 42 to 7")), "{reports:?}");
    former.expect_no("remove-disk");
}

#[test]
fn a_disk_given_another_storage_is_reported() {
    two_disks()
        .disks(vec![disk(1, "scsi0", 20_000), disk_on(2, "scsi1", 5_000, "ceph-pool")])
        .expect("report disk scsi1: wanted storage ceph-pool, found storage local-lvm");
}

#[test]
fn the_root_disk_given_another_storage_is_reported() {
    Case::staged()
        .desired(|guest| guest.storage = Part::Given(storage("ceph-pool")))
        .expect_reports_only(&["ceph-pool", "local-lvm"]);
}

#[test]
fn a_renamed_or_moved_disk_is_not_reported_a_second_time() {
    let with = |change| {
        let case = Case::staged().disks(vec![disk(1, "scsi0", 20_000), disk(2, "scsi3", 5_000)]);
        case.with_volume("scsi2", volume("local-lvm:vm-101-disk-1", 5_120)).cause(change)
    };
    with(cause::disk_renamed(2, "scsi2", "scsi3")).expect_no_news_once_answered();
    with(cause::disk_moved(2, "scsi3", 7, 42)).expect_no_news_once_answered();
}

#[test]
fn a_disk_that_could_not_be_added_is_not_reported_a_second_time() {
    Case::staged()
        .disks(vec![disk(1, "scsi0", 20_000), disk_on(2, "scsi1", 5_000, "nosuch")])
        .cause(cause::disk_created(2, "scsi1"))
        .expect_no_news_once_answered();
}

#[test]
fn a_disk_behind_the_gate_is_not_reported_a_second_time() {
    Case::existing()
        .disks(vec![disk(1, "scsi0", 20_000), disk(2, "scsi1", 5_000)])
        .cause(cause::disk_created(2, "scsi1"))
        .expect_no_news_once_answered();
}

// Removing.

fn deleted_scsi1() -> Case {
    Case::existing()
        .with_volume("scsi1", volume("local-lvm:vm-101-disk-1", 5_120))
        .cause(cause::disk_deleted(2, "scsi1"))
}

#[test]
fn a_deleted_disk_is_removed_in_every_status_with_the_volume_that_was_seen() {
    for (status, power) in [("active", "running"), ("offline", "stopped"), ("staged", "stopped"), ("paused", "paused")]
    {
        deleted_scsi1()
            .status(status)
            .power(power)
            .expect("remove-disk web01 (VMID 101): scsi1 local-lvm:vm-101-disk-1");
    }
}

#[test]
fn a_deleted_disk_that_is_the_known_one_is_removed() {
    deleted_scsi1()
        .known(2, "scsi1", "local-lvm:vm-101-disk-1")
        .known(9, "scsi9", "local-lvm:vm-101-disk-9")
        .expect("remove-disk web01 (VMID 101): scsi1 local-lvm:vm-101-disk-1");
}

#[test]
fn a_slot_that_holds_another_volume_than_the_deleted_disk_is_kept_and_reported() {
    deleted_scsi1().known(2, "scsi1", "ceph-pool:vm-101-disk-7").expect_reports_only(&[
        "scsi1",
        "ceph-pool:vm-101-disk-7",
        "local-lvm:vm-101-disk-1",
    ]);
    deleted_scsi1().known(2, "scsi4", "local-lvm:vm-101-disk-1").expect_reports_only(&["scsi1"]);
}

#[test]
fn what_cannot_be_the_deleted_disk_is_kept_even_if_nothing_is_remembered() {
    let deleted_of = |size, storage| {
        let mut case = deleted_scsi1();
        case.event.cause = vec![cause::disk_deleted_of(2, "scsi1", size, storage)];
        case
    };
    deleted_of(5_000, "local-lvm").expect("remove-disk web01 (VMID 101): scsi1 local-lvm:vm-101-disk-1");
    deleted_of(4_900, "local-lvm").expect("remove-disk web01 (VMID 101): scsi1 local-lvm:vm-101-disk-1");
    deleted_of(7_000, "local-lvm").expect_reports_only(&["scsi1", "7000 MB", "local-lvm:vm-101-disk-1"]);
    deleted_of(5_000, "ceph-pool").expect_reports_only(&["scsi1", "ceph-pool", "local-lvm:vm-101-disk-1"]);
    // What is remembered is known better than what NetBox says: a shrink was refused before.
    deleted_of(3_000, "local-lvm")
        .known(2, "scsi1", "local-lvm:vm-101-disk-1")
        .expect("remove-disk web01 (VMID 101): scsi1 local-lvm:vm-101-disk-1");
}

#[test]
fn the_root_disk_is_never_removed() {
    let case = Case::existing().disks(vec![]).cause(cause::disk_deleted(1, "scsi0"));
    case.expect_no("remove-disk");
    let reports = case.reports();
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(reports[0].text.contains("scsi0") && reports[0].text.contains("boots"), "{}", reports[0].text);
}

#[test]
fn a_slot_that_the_record_names_again_is_not_removed() {
    let case = deleted_scsi1().disks(vec![disk(1, "scsi0", 20_000), disk(3, "scsi1", 5_000)]);
    case.expect("");
}

#[test]
fn a_deleted_disk_that_is_not_there_plans_nothing() {
    Case::existing().cause(cause::disk_deleted(2, "scsi1")).expect("");
    // Neither a CD-ROM at the slot nor a name that is no slot.
    Case::existing().cause(cause::disk_deleted(2, "ide2")).expect("");
    Case::existing().cause(cause::disk_deleted(2, "backup disk")).expect("");
}

#[test]
fn a_deleted_disk_of_another_virtual_machine_is_not_removed_here() {
    let mut case = deleted_scsi1();
    case.event.cause = vec![cause::disk_of_another_deleted(2, "scsi1")];
    case.expect_no("remove-disk");
}

#[test]
fn a_disk_that_netbox_lacks_is_never_removed_without_its_deletion() {
    for causes in [
        vec![],
        vec![cause::saved("active")],
        vec![cause::disk_deleted(2, "scsi2")],
        vec![cause::disk_renamed(2, "scsi1", "scsi5")],
    ] {
        let mut case = deleted_scsi1();
        case.event.cause = causes;
        case.expect_no("remove-disk");
    }
}

#[test]
fn a_disk_that_netbox_lacks_is_reported_as_an_orphan() {
    let mut case = deleted_scsi1();
    case.event.cause.clear();
    case.expect_reports_only(&["scsi1"]);
}
