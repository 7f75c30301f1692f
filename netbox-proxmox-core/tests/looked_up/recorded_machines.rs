//! The rows of the mission for virtual machines, each from the delivery that causes it.

use netbox_proxmox_core::{MiB, Part, PowerState};

use crate::case::{card, volume};
use crate::common::{ALICE, keys, node, slot};
use crate::recorded::{change_of, change_of_a_part, config, creation, deletion};

/// `web01`, Staged, with its VMID.
const STAGED: &str = "027-vm-vmid-written-back--virtualmachine-updated";
/// Its interface `eth0`, enabled.
const ETH0: &str = "009-vminterface-set-primary-mac--vminterface-updated";
/// The same interface later: `net0`, disabled.
const NET0: &str = "054-vminterface-rename-disable--vminterface-updated";

#[test]
fn row_1_created() {
    creation("001-vm-create-staged--virtualmachine-created").expect(
        "record web01: a free VMID
         clone web01 (VMID to be allocated) from template 9000 on pve01 storage local-lvm full
         configure web01 (VMID to be allocated): tag=netbox
         record web01 (VMID to be allocated): its root disk
         report created
         configure web01 (VMID to be allocated): marker=ready",
    );
}

#[test]
fn row_2_cpus_and_memory() {
    let cpus = change_of("004-vm-set-vcpus-only--virtualmachine-updated");
    cpus.current(|guest| guest.cores = Part::Given(1)).expect("configure web01 (VMID 101): cores=2");
    // It asks for two and a half CPUs, too.
    let both = change_of("003-vm-set-vcpus-memory--virtualmachine-updated");
    both.current(|guest| guest.memory = Part::Given(MiB(1024))).expect(
        "report vcpus: wanted , found 2.5
         configure web01 (VMID 101): memory=4096",
    );
}

#[test]
fn row_3_ssh_keys() {
    for before in [Part::None, Part::Given(keys(ALICE))] {
        let case = change_of("002-vm-set-ssh-key--virtualmachine-updated");
        case.current(|guest| guest.ssh_keys = before).expect("configure web01 (VMID 101): sshkeys=2 key(s)");
    }
}

#[test]
fn row_4_addresses() {
    let v4 = change_of("016-vm-set-primary-ip4--virtualmachine-updated");
    v4.current(|guest| guest.ipconfig = Part::Given([].into()))
        .expect("configure web01 (VMID 101): ipconfig0.ip=192.0.2.10/24,gw=192.0.2.1");
    let v6 = change_of("017-vm-set-primary-ip6--virtualmachine-updated");
    v6.current(|guest| guest.ipconfig = Part::Given([(0, config("ip=192.0.2.10/24,gw=192.0.2.1"))].into()))
        .expect("configure web01 (VMID 101): ipconfig0.ip6=2001:db8::10/64,gw=2001:db8::1");
}

/// Nothing but this says that the primary address is another.
#[test]
fn row_4_the_address_itself_was_changed() {
    let before = config("ip=192.0.2.10/24,gw=192.0.2.1,ip6=2001:db8::10/64,gw6=2001:db8::1");
    change_of_a_part("018-ipaddress-change-primary-v4--ipaddress-updated", STAGED, &[ETH0])
        .current(|guest| guest.ipconfig = Part::Given([(0, before)].into()))
        .expect("configure web01 (VMID 101): ipconfig0.ip=192.0.2.11/24,gw=192.0.2.1");
}

#[test]
fn row_4_cleared() {
    let cleared = || {
        let before = config("ip=192.0.2.11/24,gw=192.0.2.1");
        change_of("058-vm-clear-primary-ip4--virtualmachine-updated")
            .current(|guest| guest.ipconfig = Part::Given([(0, before)].into()))
    };
    cleared().expect("report primary IPv4: wanted not set, found 192.0.2.11/24,gw=192.0.2.1");
    cleared().status("staged").power("stopped").expect("configure web01 (VMID 101): ipconfig0.ip=cleared");
}

#[test]
fn row_5_root_disk() {
    change_of_a_part("022-virtualdisk-resize-scsi0--virtualdisk-updated", STAGED, &[])
        .with_volume("scsi0", volume("local-lvm:vm-101-disk-0", 10_240))
        .expect("resize-disk web01 (VMID 101): scsi0 to 16G");
    // Active: not unasked.
    let active = "090-bulk-patch-5--virtualmachine-updated";
    change_of_a_part("097-bulk-patch-disks--virtualdisk-updated", active, &[])
        .with_volume("scsi0", volume("local-lvm:vm-101-disk-0", 4_096))
        .expect("report disk scsi0: wanted 6000 MB, found 4000 MB");
}

#[test]
fn row_5b_disk_created() {
    let root = "019-virtualdisk-create-scsi0--virtualdisk-created";
    change_of_a_part("020-virtualdisk-create-scsi1--virtualdisk-created", STAGED, &[root])
        .current(|guest| guest.disks = Part::Given([(slot("scsi0"), volume("local-lvm:vm-101-disk-0", 10_240))].into()))
        .expect("add-disk web01 (VMID 101): scsi1 20G on local-lvm");
}

#[test]
fn row_6_disk_grown() {
    change_of_a_part(
        "200-virtualdisk-grow-scsi1--virtualdisk-updated",
        "202-vm-status-resumed--virtualmachine-updated",
        &[],
    )
    .status("staged")
    .with_volume("scsi1", volume("local-lvm:vm-102-disk-1", 5_120))
    .expect("resize-disk web02 (VMID 102): scsi1 to 8G");
}

#[test]
fn row_6b_disk_shrunk() {
    let case = change_of_a_part("023-virtualdisk-shrink-scsi1--virtualdisk-updated", STAGED, &[]);
    case.with_volume("scsi1", volume("local-lvm:vm-101-disk-1", 20_480))
        .expect("report disk scsi1: wanted shrink to 15000 MB, found 20000 MB");
}

#[test]
fn row_7_disk_deleted() {
    let case = change_of_a_part("026-virtualdisk-delete-scsi3--virtualdisk-deleted", STAGED, &[]);
    case.with_volume("scsi3", volume("ceph-pool:vm-101-disk-3", 5_120))
        .expect("remove-disk web01 (VMID 101): scsi3 ceph-pool:vm-101-disk-3");
}

#[test]
fn row_8_active() {
    change_of("029-vm-status-active--virtualmachine-updated").power("stopped").expect("start web01 (VMID 101)");
}

#[test]
fn row_9_offline() {
    let case = change_of("044-vm-status-offline-2--virtualmachine-updated");
    case.power("running").expect("shutdown web01-renamed (VMID 101): stop after 180 s");
}

#[test]
fn row_10_deleted() {
    deletion("069-vm-delete-active-cascade--virtualmachine-deleted").expect("destroy web01 (VMID 101)");
}

#[test]
fn row_11_node() {
    let case = change_of("036-vm-migrate-node--virtualmachine-updated");
    case.current(|guest| guest.node = Part::Given(node("pve01"))).expect("migrate web01 (VMID 101): to node pve02");
}

#[test]
fn row_12_name() {
    let case = change_of("038-vm-rename--virtualmachine-updated");
    case.current(|guest| guest.name = Part::Given("web01".into()))
        .expect("configure web01-renamed (VMID 101): name=web01-renamed");
}

#[test]
fn row_13_interface_added() {
    change_of_a_part("010-vminterface-create-with-mac-shortcut--vminterface-created", STAGED, &[ETH0])
        .current(|guest| guest.interfaces = Part::Given([(0, card("BC:24:11:00:00:01"))].into()))
        .expect("configure web01 (VMID 101): net1=name=eth1,mac=BC:24:11:00:00:02,bridge=vmbr0,mtu=9000");
}

#[test]
fn row_13_interface_changed() {
    change_of_a_part(NET0, STAGED, &[])
        .current(|guest| guest.interfaces = Part::Given([(0, card("BC:24:11:00:00:01"))].into()))
        .expect("configure web01 (VMID 101): net0=link_down=1");
    change_of_a_part("055-macaddress-change--macaddress-updated", STAGED, &[ETH0])
        .current(|guest| guest.interfaces = Part::Given([(0, card("BC:24:11:00:00:01"))].into()))
        .expect("configure web01 (VMID 101): net0=mac=BC:24:11:00:00:0A");
}

#[test]
fn row_13_interface_removed() {
    let two = [(0, card("BC:24:11:00:00:01")), (1, card("BC:24:11:00:00:03"))];
    change_of_a_part("064-vminterface-delete-eth1--vminterface-deleted", STAGED, &[ETH0])
        .current(|guest| guest.interfaces = Part::Given(two.into()))
        .expect("configure web01 (VMID 101): net1=removed");
}

#[test]
fn row_14_labels_and_start_on_boot() {
    let tags = |all: &[&str]| Part::Given(all.iter().map(|tag| (*tag).to_owned()).collect());
    change_of("028-vm-set-description-comments--virtualmachine-updated")
        .current(|guest| guest.description = Part::None)
        .expect("configure web01 (VMID 101): description=\"front end\"");
    change_of("031-vm-tags-add--virtualmachine-updated")
        .current(|guest| guest.tags = tags(&["backup", "managed", "netbox"]))
        .expect("configure web01 (VMID 101): tag=production");
    // A tag that somebody set in Proxmox stays.
    change_of("034-vm-tags-clear--virtualmachine-updated")
        .current(|guest| guest.tags = tags(&["managed", "netbox", "by-hand"]))
        .expect("configure web01 (VMID 101): untag=managed");
    change_of("039-vm-start-on-boot--virtualmachine-updated")
        .current(|guest| guest.onboot = Part::Given(false))
        .expect("configure web01-renamed (VMID 101): onboot=1");
}

#[test]
fn row_15_paused_and_resumed() {
    let paused = || change_of("201-vm-status-paused--virtualmachine-updated");
    paused().power("running").expect("suspend web02 (VMID 102)");
    // Found stopped, as a record that moves into P may find it.
    let moved = change_of("048-vm-status-paused-2--virtualmachine-updated");
    moved.power("stopped").expect(
        "start web01-renamed (VMID 101)
         suspend web01-renamed (VMID 101)",
    );
    let resumed = change_of("202-vm-status-resumed--virtualmachine-updated");
    resumed.current(|guest| guest.power = Part::Given(PowerState::Paused)).expect("resume web02 (VMID 102)");
}
