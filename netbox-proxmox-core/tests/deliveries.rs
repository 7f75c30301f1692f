//! Recorded deliveries of a real NetBox 4.7.3: a delivery in, actions out, as text. Nothing is looked up, so what
//! Proxmox has is inferred from the record as it was before.

#![allow(clippy::unwrap_used)]

mod common;

use common::{brief, lines};
use netbox_proxmox_core::{Action, Delivery, Event, GuestType, plan};
use serde_json::{Value, json};

fn recorded(stem: &str) -> Value {
    let path = format!("{}/../tests/fixtures/netbox-webhooks/{stem}.raw", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn planned(delivery: Value) -> Result<Vec<Action>, String> {
    let delivery: Delivery = serde_json::from_value(delivery).unwrap();
    Event::from_delivery(&delivery).map(|event| plan(&event)).map_err(|why| why.to_string())
}

#[track_caller]
fn check_delivery(what: &str, delivery: Value, expected: &str) {
    let found = match planned(delivery) {
        Ok(plan) => plan.iter().map(brief).collect(),
        Err(why) => vec![format!("ignored: {why}")],
    };
    assert_eq!(found, lines(expected), "{what}");
}

/// What a recorded delivery leads to: one action a line, of a report the field that it is about.
#[track_caller]
fn check(stem: &str, expected: &str) {
    check_delivery(stem, recorded(stem), expected);
}

/// The same for a recorded delivery in which some values are others, by JSON pointer.
#[track_caller]
fn check_with(stem: &str, changes: &[(&str, Value)], expected: &str) {
    check_delivery(stem, with(stem, changes), expected);
}

fn with(stem: &str, changes: &[(&str, Value)]) -> Value {
    let mut delivery = recorded(stem);
    for (pointer, value) in changes {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        delivery.pointer_mut(parent).unwrap()[name] = value.clone();
    }
    delivery
}

const DATA_VMID: &str = "/data/custom_fields/proxmox_vmid";
const BEFORE_VMID: &str = "/snapshots/prechange/custom_fields/proxmox_vmid";
const AFTER_VMID: &str = "/snapshots/postchange/custom_fields/proxmox_vmid";

/// The guest had its VMID before and after.
fn has_vmid() -> Vec<(&'static str, Value)> {
    [DATA_VMID, BEFORE_VMID, AFTER_VMID].map(|pointer| (pointer, json!("101"))).into()
}

fn has_vmid_and(more: &[(&'static str, Value)]) -> Vec<(&'static str, Value)> {
    let mut changes = has_vmid();
    changes.extend_from_slice(more);
    changes
}

fn staged() -> [(&'static str, Value); 3] {
    [
        ("/data/status", json!({"value": "staged", "label": "Staged"})),
        ("/snapshots/prechange/status", json!("staged")),
        ("/snapshots/postchange/status", json!("staged")),
    ]
}

// Row 1: creation.

#[test]
fn a_staged_creation_clones_and_configures_and_does_not_start() {
    check(
        "001-vm-create-staged--virtualmachine-created",
        "record web01: a free VMID
         clone web01 (VMID to be allocated) from template 9000 on pve01 storage local-lvm full
         configure web01 (VMID to be allocated): cores=1 memory=1024 onboot=0 protection=0 tag=netbox
         record web01 (VMID to be allocated): its root disk
         report created
         configure web01 (VMID to be allocated): marker=ready",
    );
    check(
        "079-vm-create-from-type--virtualmachine-created",
        "record typed01: a free VMID
         clone typed01 (VMID to be allocated) from template 9000 on pve01 storage local-lvm full
         configure typed01 (VMID to be allocated): cores=1 memory=1024 onboot=0 protection=0 tag=managed;netbox
         record typed01 (VMID to be allocated): its root disk
         report created
         configure typed01 (VMID to be allocated): marker=ready",
    );
}

#[test]
fn a_clone_is_stopped_so_an_offline_creation_changes_no_power_state() {
    check_with(
        "071-vm-create-no-custom-fields--virtualmachine-created",
        &[("/data/status", json!({"value": "offline", "label": "Offline"}))],
        "record plain01: a free VMID
         clone plain01 (VMID to be allocated) from template 9000 on pve01 storage local-lvm full
         configure plain01 (VMID to be allocated): onboot=0 protection=0 tag=netbox
         record plain01 (VMID to be allocated): its root disk
         report created
         configure plain01 (VMID to be allocated): marker=ready",
    );
}

#[test]
fn an_active_creation_starts_last_and_leaves_what_netbox_does_not_say() {
    check(
        "071-vm-create-no-custom-fields--virtualmachine-created",
        "record plain01: a free VMID
         clone plain01 (VMID to be allocated) from template 9000 on pve01 storage local-lvm full
         configure plain01 (VMID to be allocated): onboot=0 protection=0 tag=netbox
         record plain01 (VMID to be allocated): its root disk
         start plain01 (VMID to be allocated)
         report created
         configure plain01 (VMID to be allocated): marker=ready",
    );
}

#[test]
fn a_typed_vmid_is_used_and_not_recorded() {
    check(
        "075-vm-create-partial-custom-fields--virtualmachine-created",
        "clone partial01 (VMID 200) from template 9000 on pve01 storage local-lvm full
         configure partial01 (VMID 200): onboot=0 protection=0 tag=netbox
         record partial01 (VMID 200): its root disk
         start partial01 (VMID 200)
         report created
         configure partial01 (VMID 200): marker=ready",
    );
}

#[test]
fn a_vmid_may_be_an_integer_and_one_that_is_none_stops_everything() {
    let stem = "075-vm-create-partial-custom-fields--virtualmachine-created";
    let found = planned(with(stem, &[(DATA_VMID, json!(200))])).unwrap();
    assert_eq!(found, planned(recorded(stem)).unwrap());
    for odd in [json!("abc"), json!("99"), json!(-1), json!("12345678901")] {
        check_with(stem, &[(DATA_VMID, odd)], "report proxmox_vmid");
    }
}

#[test]
fn the_disk_number_of_a_record_is_the_size_of_the_root_disk() {
    // 32 000 MB at base 1000 are 32 768 MiB.
    check(
        "081-vm-create-with-disk-number--virtualmachine-created",
        "record disknum01: a free VMID
         clone disknum01 (VMID to be allocated) from template 9000 on pve01 storage local-lvm full
         configure disknum01 (VMID to be allocated): onboot=0 protection=0 tag=netbox
         resize-disk disknum01 (VMID to be allocated): the root disk to 32G
         record disknum01 (VMID to be allocated): its root disk
         start disknum01 (VMID to be allocated)
         report created
         configure disknum01 (VMID to be allocated): marker=ready",
    );
}

#[test]
fn a_record_without_a_cluster_counts_as_managed_until_somebody_looks() {
    check(
        "077-vm-create-site-only--virtualmachine-created",
        "record nocluster01: a free VMID
         clone nocluster01 (VMID to be allocated) from template 9000 on pve01 storage local-lvm full
         configure nocluster01 (VMID to be allocated): onboot=0 protection=0 tag=netbox
         record nocluster01 (VMID to be allocated): its root disk
         start nocluster01 (VMID to be allocated)
         report created
         configure nocluster01 (VMID to be allocated): marker=ready",
    );
}

#[test]
fn a_record_without_a_kind_is_not_managed() {
    check("073-vm-create-null-custom-fields--virtualmachine-created", "");
    let missing = [("/data/custom_fields", json!({}))];
    check_with("001-vm-create-staged--virtualmachine-created", &missing, "");
}

#[test]
fn a_creation_without_a_template_or_with_an_odd_name_is_reported() {
    let stem = "001-vm-create-staged--virtualmachine-created";
    check_with(stem, &[("/data/custom_fields/proxmox_vm_templates", Value::Null)], "report template");
    check_with(stem, &[("/data/name", json!("web server 1"))], "report name");
}

/// Seen at users': the fields have other types than the set-up makes them with.
#[test]
fn a_custom_field_is_understood_in_whatever_type_it_has() {
    let stem = "001-vm-create-staged--virtualmachine-created";
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOGD3+/aBsIlUQvNXmXanrvAT2MSi0pOKrG7HapJzzwQ someone";
    let device =
        json!({"id": 5, "url": "/api/dcim/devices/5/", "display": "pve02", "name": "pve02", "description": ""});
    let types = [
        ("/data/custom_fields/proxmox_vm_type", json!({"value": "qemu", "label": "QEMU"})),
        ("/data/custom_fields/proxmox_vmid", json!(4711)),
        ("/data/custom_fields/proxmox_node", device),
        ("/data/custom_fields/proxmox_public_ssh_key", json!([key])),
        ("/data/custom_fields/proxmox_vm_templates", json!([{"value": "9000", "label": "debian-12-cloud"}])),
    ];
    check_with(
        stem,
        &types,
        "clone web01 (VMID 4711) from template 9000 on pve02 storage local-lvm full
         configure web01 (VMID 4711): cores=1 memory=1024 sshkeys=1 key(s) onboot=0 protection=0 tag=netbox
         record web01 (VMID 4711): its root disk
         report created
         configure web01 (VMID 4711): marker=ready",
    );
    let several = json!([{"value": "pve01", "label": "pve01"}, {"value": "pve02", "label": "pve02"}]);
    check_with(stem, &[("/data/custom_fields/proxmox_node", several)], "report proxmox_node");
    check_with(stem, &[("/data/custom_fields/proxmox_vmid", json!(4711.5))], "report proxmox_vmid");
}

#[test]
fn moving_into_the_statuses_that_want_a_guest_creates_it() {
    check(
        "090-bulk-patch-5--virtualmachine-updated",
        "record bulk01: a free VMID
         clone bulk01 (VMID to be allocated) from template 9000 on pve01 storage local-lvm full
         configure bulk01 (VMID to be allocated): cores=1 memory=512 onboot=0 protection=0 tag=netbox
         record bulk01 (VMID to be allocated): its root disk
         start bulk01 (VMID to be allocated)
         report created
         configure bulk01 (VMID to be allocated): marker=ready",
    );
}

#[test]
fn setting_the_vmid_for_the_first_time_creates_the_guest_there() {
    check(
        "027-vm-vmid-written-back--virtualmachine-updated",
        "clone web01 (VMID 101) from template 9000 on pve01 storage local-lvm full
         configure web01 (VMID 101): cores=2 memory=4096 sshkeys=2 key(s) \
         ipconfig0.ip=192.0.2.11/24,gw=192.0.2.1 ipconfig0.ip6=2001:db8::10/64,gw=2001:db8::1 onboot=0 protection=0 tag=netbox
         record web01 (VMID 101): its root disk
         report created
         configure web01 (VMID 101): marker=ready",
    );
}

#[test]
fn a_change_before_the_guest_exists_is_part_of_its_creation() {
    check(
        "002-vm-set-ssh-key--virtualmachine-updated",
        "record web01: a free VMID
         clone web01 (VMID to be allocated) from template 9000 on pve01 storage local-lvm full
         configure web01 (VMID to be allocated): cores=1 memory=1024 sshkeys=2 key(s) onboot=0 protection=0 tag=netbox
         record web01 (VMID to be allocated): its root disk
         report created
         configure web01 (VMID to be allocated): marker=ready",
    );
    check(
        "016-vm-set-primary-ip4--virtualmachine-updated",
        "record web01: a free VMID
         clone web01 (VMID to be allocated) from template 9000 on pve01 storage local-lvm full
         configure web01 (VMID to be allocated): cores=2 memory=4096 sshkeys=2 key(s) \
         ipconfig0.ip=192.0.2.10/24,gw=192.0.2.1 onboot=0 protection=0 tag=netbox
         record web01 (VMID to be allocated): its root disk
         report created
         configure web01 (VMID to be allocated): marker=ready",
    );
}

// Rows 2 to 4: configuration of a guest that has its VMID.

#[test]
fn half_a_cpu_is_reported_and_the_rest_is_applied() {
    check_with(
        "003-vm-set-vcpus-memory--virtualmachine-updated",
        &has_vmid(),
        "report vcpus
         configure web01 (VMID 101): memory=4096",
    );
}

#[test]
fn cpus_memory_and_keys_of_a_staged_guest_are_configured() {
    check_with("004-vm-set-vcpus-only--virtualmachine-updated", &has_vmid(), "configure web01 (VMID 101): cores=2");
    check_with(
        "002-vm-set-ssh-key--virtualmachine-updated",
        &has_vmid(),
        "configure web01 (VMID 101): sshkeys=2 key(s)",
    );
}

#[test]
fn keys_that_were_cleared_are_cleared() {
    let cleared = has_vmid_and(&[
        ("/data/custom_fields/proxmox_public_ssh_key", Value::Null),
        ("/snapshots/postchange/custom_fields/proxmox_public_ssh_key", Value::Null),
    ]);
    check_with(
        "004-vm-set-vcpus-only--virtualmachine-updated",
        &cleared,
        "configure web01 (VMID 101): cores=2 sshkeys=cleared",
    );
}

#[test]
fn primary_addresses_of_a_staged_guest_are_configured() {
    check_with(
        "016-vm-set-primary-ip4--virtualmachine-updated",
        &has_vmid(),
        "configure web01 (VMID 101): ipconfig0.ip=192.0.2.10/24,gw=192.0.2.1",
    );
    check_with(
        "017-vm-set-primary-ip6--virtualmachine-updated",
        &has_vmid(),
        "configure web01 (VMID 101): ipconfig0.ip6=2001:db8::10/64,gw=2001:db8::1",
    );
}

#[test]
fn cleared_addresses_are_reported_while_the_guest_is_not_staged() {
    check("057-ipaddress-delete-primary-v6--virtualmachine-updated", "report primary IPv6");
    check("058-vm-clear-primary-ip4--virtualmachine-updated", "report primary IPv4");
}

#[test]
fn cleared_addresses_of_a_staged_guest_are_cleared() {
    check_with(
        "057-ipaddress-delete-primary-v6--virtualmachine-updated",
        &staged(),
        "configure web01 (VMID 101): ipconfig0.ip6=cleared",
    );
    check_with(
        "058-vm-clear-primary-ip4--virtualmachine-updated",
        &staged(),
        "configure web01 (VMID 101): ipconfig0.ip=cleared",
    );
}

#[test]
fn memory_of_an_active_guest_is_reported_not_changed() {
    let stem = "161-two-rules-match--virtualmachine-updated";
    check_with(stem, &has_vmid(), "report memory");
    // Two rules send the same event twice.
    let twin = "162-two-rules-match--virtualmachine-updated";
    assert_eq!(planned(recorded(stem)).unwrap(), planned(recorded(twin)).unwrap());
}

#[test]
fn a_save_that_changes_nothing_plans_nothing() {
    check_with("005-vm-noop-patch--virtualmachine-updated", &has_vmid(), "");
    check_with("125-ui-edit-vm-nothing-changed--virtualmachine-updated", &has_vmid(), "");
}

#[test]
fn an_edit_in_the_web_form_is_like_any_other() {
    // Status and memory in one save: it was Staged when they were changed, and is started with them.
    check_with(
        "126-ui-edit-vm-status-memory--virtualmachine-updated",
        &has_vmid(),
        "configure ui01 (VMID 101): memory=3072 sshkeys=2 key(s) tag=managed
         start ui01 (VMID 101)",
    );
    check(
        "126-ui-edit-vm-status-memory--virtualmachine-updated",
        "record ui01: a free VMID
         clone ui01 (VMID to be allocated) from template 9000 on pve01 storage local-lvm full
         configure ui01 (VMID to be allocated): cores=1 memory=3072 sshkeys=2 key(s) onboot=0 protection=0 tag=managed;netbox
         record ui01 (VMID to be allocated): its root disk
         start ui01 (VMID to be allocated)
         report created
         configure ui01 (VMID to be allocated): marker=ready",
    );
    check(
        "132-ui-add-primary-ip--virtualmachine-updated",
        "record ui01: a free VMID
         clone ui01 (VMID to be allocated) from template 9000 on pve01 storage local-lvm full
         configure ui01 (VMID to be allocated): cores=1 memory=3072 sshkeys=2 key(s) \
         ipconfig0.ip=192.0.2.30/24,gw=192.0.2.1 onboot=0 protection=0 tag=managed;netbox
         record ui01 (VMID to be allocated): its root disk
         start ui01 (VMID to be allocated)
         report created
         configure ui01 (VMID to be allocated): marker=ready",
    );
}

// Rows 8, 9, 15: statuses.

#[test]
fn the_status_starts_and_shuts_down() {
    check("029-vm-status-active--virtualmachine-updated", "start web01 (VMID 101)");
    check("044-vm-status-offline-2--virtualmachine-updated", "shutdown web01-renamed (VMID 101): stop after 180 s");
}

#[test]
fn staged_changes_no_power_state() {
    check("049-vm-status-staged-2--virtualmachine-updated", "");
}

#[test]
fn in_other_statuses_nothing_is_done() {
    check("045-vm-status-failed-2--virtualmachine-updated", "");
    check("046-vm-status-planned-2--virtualmachine-updated", "");
    check("047-vm-status-decommissioning-2--virtualmachine-updated", "");
}

#[test]
fn paused_suspends_the_guest() {
    check("048-vm-status-paused-2--virtualmachine-updated", "suspend web01-renamed (VMID 101)");
}

// Row 10: deletion.

#[test]
fn a_deleted_record_destroys_its_guest_once() {
    check("069-vm-delete-active-cascade--virtualmachine-deleted", "destroy web01 (VMID 101)");
    for stem in [
        "065-vm-delete-active-cascade--macaddress-deleted",
        "066-vm-delete-active-cascade--virtualdisk-deleted",
        "067-vm-delete-active-cascade--virtualdisk-deleted",
        "068-vm-delete-active-cascade--ipaddress-deleted",
        "070-vm-delete-active-cascade--vminterface-deleted",
    ] {
        check(stem, "report look-up");
    }
}

#[test]
fn a_deletion_applies_whatever_the_status_was() {
    for status in ["planned", "failed", "decommissioning", "staged", "anything"] {
        let status = ("/data/status", json!({"value": status, "label": status}));
        check_with("069-vm-delete-active-cascade--virtualmachine-deleted", &[status], "destroy web01 (VMID 101)");
    }
}

#[test]
fn a_deleted_record_without_a_vmid_has_no_guest_to_destroy() {
    check("100-bulk-delete-5--virtualmachine-deleted", "");
    check("138-ui-delete-vm--virtualmachine-deleted", "");
}

#[test]
fn a_deletion_inside_a_branch_is_ignored_until_it_is_merged() {
    check_with(
        "069-vm-delete-active-cascade--virtualmachine-deleted",
        &[("/context", json!({"active_branch": "spring-cleaning"}))],
        "ignored: the change is inside the branch spring-cleaning, which is not merged",
    );
}

// Rows 11, 12, 14.

#[test]
fn a_rename_is_applied_in_any_status() {
    check("038-vm-rename--virtualmachine-updated", "configure web01-renamed (VMID 101): name=web01-renamed");
}

#[test]
fn a_node_that_was_changed_is_migrated_to() {
    check("036-vm-migrate-node--virtualmachine-updated", "migrate web01 (VMID 101): to node pve02");
}

#[test]
fn description_tags_and_start_on_boot_are_set_in_any_status() {
    check(
        "028-vm-set-description-comments--virtualmachine-updated",
        "configure web01 (VMID 101): description=\"front end\"",
    );
    check("031-vm-tags-add--virtualmachine-updated", "configure web01 (VMID 101): tag=production");
    check("032-vm-tags-remove--virtualmachine-updated", "configure web01 (VMID 101): untag=backup");
    check("039-vm-start-on-boot--virtualmachine-updated", "configure web01-renamed (VMID 101): onboot=1");
}

#[test]
fn another_cluster_is_nothing_that_a_delivery_alone_decides() {
    check("052-vm-change-cluster--virtualmachine-updated", "");
}

// Objects that say too little about their guest.

#[test]
fn disks_interfaces_and_addresses_need_a_look_up() {
    for stem in [
        "007-vminterface-create-eth0--vminterface-created",
        "008-macaddress-create--macaddress-created",
        "009-vminterface-set-primary-mac--vminterface-updated",
        "014-ipaddress-create-v4--ipaddress-created",
        "018-ipaddress-change-primary-v4--ipaddress-updated",
        "019-virtualdisk-create-scsi0--virtualdisk-created",
        "022-virtualdisk-resize-scsi0--virtualdisk-updated",
        "023-virtualdisk-shrink-scsi1--virtualdisk-updated",
        "024-virtualdisk-move-storage-scsi1--virtualdisk-updated",
        "025-virtualdisk-rename-scsi2--virtualdisk-updated",
        "026-virtualdisk-delete-scsi3--virtualdisk-deleted",
        "056-ipaddress-delete-primary-v6--ipaddress-deleted",
        "064-vminterface-delete-eth1--vminterface-deleted",
        "082-virtualdisk-create-on-disknum--virtualdisk-created",
        "099-bulk-delete-5--virtualdisk-deleted",
        "111-lxc-create-rootfs--virtualdisk-created",
        "112-lxc-create-eth0--vminterface-created",
        "113-lxc-create-ip--ipaddress-created",
        "116-lxc-resize-rootfs--virtualdisk-updated",
        "121-lxc-delete-cascade--virtualdisk-deleted",
        "122-lxc-delete-cascade--ipaddress-deleted",
        "124-lxc-delete-cascade--vminterface-deleted",
        "128-ui-add-two-disks--virtualdisk-created",
    ] {
        let found = planned(recorded(stem)).unwrap();
        let [Action::Report(report)] = &found[..] else { panic!("{stem}: {found:?}") };
        assert!(report.text.contains("needs a look-up"), "{stem}: {}", report.text);
    }
}

#[test]
fn an_address_of_no_virtual_machine_is_ignored() {
    check("059-ipaddress-unassign-v4--ipaddress-updated", "ignored: the ipam.ipaddress belongs to no virtual machine");
}

#[test]
fn other_objects_are_ignored() {
    check_with(
        "001-vm-create-staged--virtualmachine-created",
        &[("/object_type", json!("dcim.device"))],
        "ignored: objects of type dcim.device concern no guest",
    );
}

// Containers.

const TEMPLATE: &str = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst";

/// The plan that makes `ct01`, set as given; NetBox knows of it whether it has a VMID.
#[track_caller]
fn check_created(stem: &str, vmid: &str, set: &str) {
    let recorded = if vmid == "VMID to be allocated" { "record ct01: a free VMID" } else { "" };
    let expected = format!(
        "{recorded}
         create-container ct01 ({vmid}) from {TEMPLATE} on pve01 storage local-lvm unprivileged features nesting=1: {set}
         record ct01 ({vmid}): its root disk
         report created
         configure ct01 ({vmid}): marker=ready"
    );
    check(stem, &expected);
}

#[test]
fn a_staged_container_is_created_configured_and_not_started() {
    check_created(
        "110-lxc-create-staged--virtualmachine-created",
        "VMID to be allocated",
        "cores=1 memory=512 sshkeys=1 key(s) net0=name=eth0,bridge=vmbr0 tag=netbox",
    );
}

#[test]
fn a_change_before_the_container_exists_is_part_of_its_creation() {
    check_created(
        "114-lxc-set-primary-ip4--virtualmachine-updated",
        "VMID to be allocated",
        "cores=1 memory=512 sshkeys=1 key(s) net0=name=eth0,bridge=vmbr0 ipconfig0.ip=192.0.2.20/24,gw=192.0.2.1 tag=netbox",
    );
    check_created(
        "115-lxc-set-vcpus-memory--virtualmachine-updated",
        "VMID to be allocated",
        "cores=2 memory=1024 sshkeys=1 key(s) net0=name=eth0,bridge=vmbr0 ipconfig0.ip=192.0.2.20/24,gw=192.0.2.1 tag=netbox",
    );
}

#[test]
fn setting_the_vmid_of_a_container_for_the_first_time_creates_it_there() {
    check_created(
        "117-lxc-vmid-written-back--virtualmachine-updated",
        "VMID 102",
        "cores=2 memory=1024 sshkeys=1 key(s) net0=name=eth0,bridge=vmbr0 ipconfig0.ip=192.0.2.20/24,gw=192.0.2.1 tag=netbox",
    );
}

#[test]
fn a_staged_container_that_has_its_vmid_is_configured() {
    check_with(
        "114-lxc-set-primary-ip4--virtualmachine-updated",
        &has_vmid(),
        "configure ct01 (VMID 101): ipconfig0.ip=192.0.2.20/24,gw=192.0.2.1",
    );
    check_with(
        "115-lxc-set-vcpus-memory--virtualmachine-updated",
        &has_vmid(),
        "configure ct01 (VMID 101): cores=2 memory=1024",
    );
}

#[test]
fn keys_of_a_container_that_has_its_vmid_are_reported() {
    const KEYS: &str = "custom_fields/proxmox_public_ssh_key";
    let (data, after) = (format!("/data/{KEYS}"), format!("/snapshots/postchange/{KEYS}"));
    let stem = "115-lxc-set-vcpus-memory--virtualmachine-updated";
    for keys in [json!(common::ALICE), Value::Null] {
        let mut changed = with(stem, &has_vmid());
        for pointer in [&data, &after] {
            *changed.pointer_mut(pointer).unwrap() = keys.clone();
        }
        check_delivery(
            stem,
            changed,
            "report SSH keys
             configure ct01 (VMID 101): cores=2 memory=1024",
        );
    }
}

#[test]
fn a_container_is_started_shut_down_migrated_and_destroyed() {
    check("118-lxc-status-active--virtualmachine-updated", "start ct01 (VMID 102)");
    check("119-lxc-status-offline--virtualmachine-updated", "shutdown ct01 (VMID 102): stop after 180 s");
    check("120-lxc-migrate-node--virtualmachine-updated", "migrate ct01 (VMID 102): to node pve02");
    check("123-lxc-delete-cascade--virtualmachine-deleted", "destroy ct01 (VMID 102)");
}

#[test]
fn a_paused_container_is_reported() {
    let paused = [
        ("/data/status", json!({"value": "paused", "label": "Paused"})),
        ("/snapshots/postchange/status", json!("paused")),
    ];
    check_with("118-lxc-status-active--virtualmachine-updated", &paused, "report status");
}

#[test]
fn every_action_of_a_container_names_its_kind() {
    for stem in [
        "110-lxc-create-staged--virtualmachine-created",
        "117-lxc-vmid-written-back--virtualmachine-updated",
        "118-lxc-status-active--virtualmachine-updated",
        "120-lxc-migrate-node--virtualmachine-updated",
        "123-lxc-delete-cascade--virtualmachine-deleted",
    ] {
        for action in planned(recorded(stem)).unwrap() {
            assert_eq!(action.target().map_or(GuestType::Lxc, |guest| guest.kind), GuestType::Lxc, "{stem}: {action}");
        }
    }
}

#[test]
fn a_container_without_a_template_and_one_with_a_virtual_machines_are_reported() {
    let stem = "110-lxc-create-staged--virtualmachine-created";
    let template = "/data/custom_fields/proxmox_lxc_templates";
    check_with(stem, &[(template, Value::Null)], "report template");
    check_with(stem, &[(template, json!("local:"))], "report template");
    // Which template has a name only Proxmox knows.
    check_with(stem, &[(template, json!("debian-12"))], "report look-up");
    // Nobody looked whether 9100 is a container; the executor does.
    check_with(
        stem,
        &[(template, json!("9100"))],
        "record ct01: a free VMID
         clone ct01 (VMID to be allocated) from template 9100 on pve01 storage local-lvm full
         report SSH keys
         configure ct01 (VMID to be allocated): cores=1 memory=512 onboot=0 protection=0 tag=netbox
         record ct01 (VMID to be allocated): its root disk
         report created
         configure ct01 (VMID to be allocated): marker=ready",
    );
}

// Rows 5 and 6b, where the record gives the root size itself.

fn disk_number(before: u64, after: u64) -> Vec<(&'static str, Value)> {
    has_vmid_and(&[
        ("/data/disk", json!(after)),
        ("/snapshots/prechange/disk", json!(before)),
        ("/snapshots/postchange/disk", json!(after)),
    ])
}

#[test]
fn a_disk_number_that_grew_grows_the_root_disk() {
    check_with(
        "004-vm-set-vcpus-only--virtualmachine-updated",
        &disk_number(20_000, 30_000),
        "configure web01 (VMID 101): cores=2
         resize-disk web01 (VMID 101): the root disk to 30G",
    );
}

#[test]
fn a_disk_number_that_did_not_change_is_taken_as_reached() {
    check_with(
        "004-vm-set-vcpus-only--virtualmachine-updated",
        &disk_number(20_000, 20_000),
        "configure web01 (VMID 101): cores=2",
    );
}

#[test]
fn a_disk_number_that_shrank_is_refused() {
    let stem = "004-vm-set-vcpus-only--virtualmachine-updated";
    let plan = planned(with(stem, &disk_number(30_000, 20_000))).unwrap();
    let resized = plan.iter().find(|action| action.name() == "resize-disk");
    assert_eq!(resized, None);
    let told = plan.iter().any(|action| matches!(action, Action::Report(report) if report.text.contains("shrink")));
    assert!(told, "{plan:?}");
}

/// What the delivery says was so before is about the former VMID, not about the guest that NetBox means now.
#[test]
fn a_vmid_that_was_changed_does_not_touch_the_former_guest() {
    let stem = "029-vm-status-active--virtualmachine-updated";
    let found = planned(with(stem, &[(DATA_VMID, json!("102")), (AFTER_VMID, json!("102"))])).unwrap();
    for action in &found {
        let touched = action.target().and_then(|guest| guest.vmid);
        assert_ne!(touched, Some(common::vmid(101)), "{action}");
    }
}

// Plans as JSON.

#[test]
fn a_plan_in_json_is_tagged_action_and_reads_back() {
    let plan = planned(recorded("081-vm-create-with-disk-number--virtualmachine-created")).unwrap();
    let json = serde_json::to_value(&plan).unwrap();
    let names: Vec<&str> = json.as_array().unwrap().iter().map(|action| action["action"].as_str().unwrap()).collect();
    assert_eq!(names, ["record", "clone", "configure", "resize-disk", "record", "start", "report", "configure"]);
    assert_eq!(serde_json::from_value::<Vec<Action>>(json).unwrap(), plan);
}

#[test]
fn every_recorded_delivery_gives_a_plan_that_survives_json() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/netbox-webhooks");
    let mut read = 0;
    for file in std::fs::read_dir(directory).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "raw") {
            continue;
        }
        let Ok(plan) = planned(serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap()) else { continue };
        let json = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Action>>(&json).unwrap(), plan, "{path:?}");
        read += 1;
    }
    assert!(read > 70, "{read}");
}
