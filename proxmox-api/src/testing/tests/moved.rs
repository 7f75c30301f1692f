//! Disks that move.

use super::super::Power;
use super::*;
use crate::{
    Client, ErrorKind, LxcHandle, MoveDiskParams, MoveVolumeParams, QemuHandle, StartParams, StorageId, Vmid,
    WaitOptions,
};

fn nfs() -> StorageId {
    "nfs".parse().unwrap()
}

async fn fake() -> (FakeProxmox, Client) {
    let builder =
        FakeProxmox::builder().node("pve01").storage(Storage::local("local-lvm")).storage(Storage::nfs("nfs"));
    let builder =
        builder.guest(101, "web01", |it| it.disk("scsi0", "local-lvm", 2048).disk("scsi1", "local-lvm", 1024));
    let builder = builder.guest(102, "web02", |it| it.disk("scsi0", "local-lvm", 2048));
    let pve = builder.container(200, "dns01", |it| it.disk("rootfs", "local-lvm", 1024)).start().await;
    let client = Client::builder(pve.url()).token(pve.token_string()).build().unwrap();
    (pve, client)
}

fn qemu(client: &Client, vmid: u32) -> QemuHandle {
    client.node(&"pve01".parse().unwrap()).qemu(Vmid::new(vmid).unwrap())
}

fn lxc(client: &Client, vmid: u32) -> LxcHandle {
    client.node(&"pve01".parse().unwrap()).lxc(Vmid::new(vmid).unwrap())
}

/// Where they are, and which volumes there are.
fn slots(pve: &FakeProxmox, vmid: u32, slots: &[&str]) -> Vec<Option<String>> {
    let guest = pve.guest(vmid).unwrap();
    slots.iter().map(|slot| guest.volume(slot).map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_disk_goes_to_another_storage_and_leaves_the_original_or_not() {
    let (pve, client) = fake().await;
    let to = |disk: &str, delete| MoveDiskParams::new(disk).storage(nfs()).format("qcow2").delete(delete);
    let task = qemu(&client, 101).move_disk(&to("scsi0", false)).await.unwrap();
    assert_eq!(task.upid().kind(), "qmmove");
    task.wait(&WaitOptions::default()).await.unwrap();
    let seen = slots(&pve, 101, &["scsi0", "unused0"]);
    assert_eq!(seen, [Some("nfs:101/vm-101-disk-0.qcow2".into()), Some("local-lvm:vm-101-disk-0".into())]);
    assert_eq!(pve.guest(101).unwrap().disk_mib("scsi0"), Some(2048));
    qemu(&client, 101).move_disk(&to("scsi1", true)).await.unwrap().wait(&WaitOptions::default()).await.unwrap();
    let volumes: Vec<String> = pve.volumes().into_iter().filter(|it| it.vmid == 101).map(|it| it.volid).collect();
    assert!(volumes.contains(&"nfs:101/vm-101-disk-1.qcow2".to_owned()), "{volumes:?}");
    assert!(!volumes.contains(&"local-lvm:vm-101-disk-1".to_owned()), "{volumes:?}");
    let again = qemu(&client, 101).move_disk(&to("scsi1", true)).await.unwrap().wait(&WaitOptions::default()).await;
    assert!(matches!(again.unwrap_err().kind(), ErrorKind::TaskFailed { .. }));
}

#[tokio::test]
async fn a_disk_goes_to_another_machine() {
    let (pve, client) = fake().await;
    let to = |slot: &str| MoveDiskParams::new("scsi1").target_vmid(Vmid::new(102).unwrap()).target_disk(slot);
    let wait = WaitOptions::default();
    let taken = qemu(&client, 101).move_disk(&to("scsi0")).await.unwrap().wait(&wait).await.unwrap_err();
    assert!(taken.message().contains("is in use"), "{taken}");
    qemu(&client, 101).move_disk(&to("scsi5")).await.unwrap().wait(&wait).await.unwrap();
    assert_eq!(slots(&pve, 101, &["scsi1", "unused0"]), [None, None]);
    assert_eq!(slots(&pve, 102, &["scsi5"]), [Some("local-lvm:vm-102-disk-1".into())]);
    assert_eq!(pve.guest(102).unwrap().disk_mib("scsi5"), Some(1024));
    // Neither a storage nor a machine; a disk that is none.
    for params in [MoveDiskParams::new("scsi0"), to("scsi6")] {
        assert!(qemu(&client, 101).move_disk(&params).await.is_err());
    }
}

#[tokio::test]
async fn a_container_stands_still_for_it() {
    let (pve, client) = fake().await;
    let (to, wait) = (MoveVolumeParams::new("rootfs").storage(nfs()).delete(true), WaitOptions::default());
    lxc(&client, 200).start(&StartParams::default()).await.unwrap().wait(&wait).await.unwrap();
    assert!(lxc(&client, 200).move_volume(&to).await.is_err());
    pve.set_power(200, Power::Stopped);
    let task = lxc(&client, 200).move_volume(&to).await.unwrap();
    assert_eq!(task.upid().kind(), "move_volume");
    task.wait(&wait).await.unwrap();
    assert_eq!(slots(&pve, 200, &["rootfs"]), [Some("nfs:200/vm-200-disk-0.raw".into())]);
}
