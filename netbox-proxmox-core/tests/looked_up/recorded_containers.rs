//! The rows of the mission for containers, each from the delivery that causes it.

use netbox_proxmox_core::{MiB, Part};

use crate::case::{Case, card, mounted, store, volume};
use crate::common::{node, slot};
use crate::recorded::{change_of, change_of_a_part, config, creation, deletion};

/// `ct02`, Staged.
const STAGED: &str = "203-lxc-change-ssh-key--virtualmachine-updated";
const ETH0: &str = "209-lxc-create-eth0--vminterface-created";
const DATA: &str = "local-lvm:vm-103-disk-1";

#[test]
fn row_1_created() {
    creation("110-lxc-create-staged--virtualmachine-created").expect(
        "record ct01: a free VMID
         create-container ct01 (VMID to be allocated) from local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst on pve01 \
         storage local-lvm unprivileged features nesting=1: cores=1 memory=512 sshkeys=1 key(s) \
         net0=name=eth0,bridge=vmbr0 tag=netbox
         record ct01 (VMID to be allocated): its root disk
         report created
         configure ct01 (VMID to be allocated): marker=ready",
    );
}

#[test]
fn row_2_cpus_and_memory() {
    let before = |case: Case| {
        case.current(|guest| {
            guest.cores = Part::Given(1);
            guest.memory = Part::Given(MiB(512));
        })
    };
    let case = change_of("115-lxc-set-vcpus-memory--virtualmachine-updated");
    before(case).expect("configure ct01 (VMID 101): cores=2 memory=1024");
}

#[test]
fn row_3_ssh_keys() {
    change_of(STAGED).expect("report SSH keys: wanted set, found no way to set them");
}

#[test]
fn row_4_address() {
    let case = change_of("114-lxc-set-primary-ip4--virtualmachine-updated");
    case.current(|guest| guest.ipconfig = Part::Given([(0, config(""))].into()))
        .expect("configure ct01 (VMID 101): ipconfig0.ip=192.0.2.20/24,gw=192.0.2.1");
}

#[test]
fn row_5_root_disk() {
    let staged = "117-lxc-vmid-written-back--virtualmachine-updated";
    change_of_a_part("116-lxc-resize-rootfs--virtualdisk-updated", staged, &[])
        .with_volume("rootfs", volume("local-lvm:vm-102-disk-0", 8_192))
        .expect("resize-disk ct01 (VMID 102): rootfs to 12G");
}

#[test]
fn row_5b_mount_point_created() {
    let root = volume("local-lvm:vm-103-disk-0", 20_480);
    change_of_a_part("204-lxc-create-mp0--virtualdisk-created", STAGED, &[])
        .current(|guest| guest.disks = Part::Given([(slot("rootfs"), root)].into()))
        .context(|context| context.storages = Part::Given(vec![store("local-lvm", false, &["pve1"], true)]))
        .expect("add-disk ct02 (VMID 103): mp0 5G at /srv/data on local-lvm");
}

#[test]
fn row_6_mount_point_grown() {
    change_of_a_part("205-lxc-grow-mp0--virtualdisk-updated", STAGED, &[])
        .with_volume("mp0", mounted(DATA, 5_120, "/srv/data"))
        .expect("resize-disk ct02 (VMID 103): mp0 to 8G");
}

#[test]
fn row_6b_mount_point_shrunk() {
    let case = change_of_a_part("206-lxc-shrink-mp0--virtualdisk-updated", STAGED, &[]);
    case.with_volume("mp0", mounted(DATA, 8_192, "/srv/data"))
        .expect("report disk mp0: wanted shrink to 6000 MB, found 8000 MB");
}

#[test]
fn row_7_mount_point_deleted() {
    let deleted = |power| {
        change_of_a_part("207-lxc-delete-mp0--virtualdisk-deleted", STAGED, &[])
            .with_volume("mp0", mounted(DATA, 8_192, "/srv/data"))
            .power(power)
    };
    deleted("stopped").expect("remove-disk ct02 (VMID 103): mp0 local-lvm:vm-103-disk-1");
    deleted("running").expect(
        "report disk mp0: wanted removed, found still mounted
         remove-disk ct02 (VMID 103): mp0 local-lvm:vm-103-disk-1",
    );
}

#[test]
fn row_8_active() {
    change_of("118-lxc-status-active--virtualmachine-updated").power("stopped").expect("start ct01 (VMID 102)");
}

#[test]
fn row_9_offline() {
    let case = change_of("119-lxc-status-offline--virtualmachine-updated");
    case.power("running").expect("shutdown ct01 (VMID 102): stop after 180 s");
}

#[test]
fn row_10_deleted() {
    deletion("123-lxc-delete-cascade--virtualmachine-deleted").expect("destroy ct01 (VMID 102)");
}

#[test]
fn row_11_node() {
    let case = change_of("120-lxc-migrate-node--virtualmachine-updated");
    case.current(|guest| guest.node = Part::Given(node("pve01"))).expect("migrate ct01 (VMID 102): to node pve02");
}

#[test]
fn row_12_name() {
    let case = change_of("208-lxc-rename--virtualmachine-updated");
    case.current(|guest| guest.name = Part::Given("ct02".into()))
        .expect("configure ct02-renamed (VMID 103): name=ct02-renamed");
}

#[test]
fn row_13_interface_added() {
    change_of_a_part("211-lxc-create-eth1--vminterface-created", STAGED, &[ETH0])
        .current(|guest| guest.interfaces = Part::Given([(0, card("BC:24:11:00:02:00"))].into()))
        .expect("configure ct02 (VMID 103): net1=name=eth1,mac=BC:24:11:00:02:01,bridge=vmbr0");
}

/// Both cards, plugged in.
fn two(case: Case) -> Case {
    let cards = [(0, card("BC:24:11:00:02:00")), (1, card("BC:24:11:00:02:01"))];
    case.current(|guest| guest.interfaces = Part::Given(cards.into()))
}

#[test]
fn row_13_interface_changed() {
    let case = change_of_a_part("213-lxc-change-eth1--vminterface-updated", STAGED, &[ETH0]);
    two(case).expect("configure ct02 (VMID 103): net1=mtu=1400,link_down=1");
}

#[test]
fn row_13_interface_removed() {
    let case = change_of_a_part("215-lxc-delete-eth1--vminterface-deleted", STAGED, &[ETH0]);
    two(case).expect("configure ct02 (VMID 103): net1=removed");
}

#[test]
fn row_14_labels_and_start_on_boot() {
    change_of("216-lxc-set-labels--virtualmachine-updated")
        .current(|guest| {
            guest.tags = Part::Given(vec!["netbox".into()]);
            guest.description = Part::None;
            guest.onboot = Part::Given(false);
        })
        .expect("configure ct02-renamed (VMID 103): onboot=1 description=\"name server\" tag=rec-dns");
}

#[test]
fn row_15_paused() {
    let case = change_of("217-lxc-status-paused--virtualmachine-updated");
    case.expect_report(&["paused", "cannot be suspended"]);
    case.expect("report status: wanted paused, found a container");
}
