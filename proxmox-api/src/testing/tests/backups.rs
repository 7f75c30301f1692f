//! Backups and what is made of them.

use super::*;
use crate::{
    BackupParams, Client, ConfigView, DestroyParams, ErrorKind, LxcRestoreParams, NodeHandle, QemuRestoreParams, Vmid,
    WaitOptions,
};

fn node(pve: &FakeProxmox) -> NodeHandle {
    let client = Client::builder(pve.url()).token(pve.token_string()).build().unwrap();
    client.node(&"pve".parse().unwrap())
}

fn vmid(number: u32) -> Vmid {
    Vmid::new(number).unwrap()
}

#[tokio::test]
async fn a_guest_comes_back_from_its_backup() {
    let builder = FakeProxmox::builder().guest(100, "web", |it| {
        it.disk("scsi0", "local-lvm", 2048).cores(2).net("net0", "virtio=BC:24:11:00:00:01,bridge=vmbr0")
    });
    let pve = builder.container(200, "dns", |it| it.disk("rootfs", "local-lvm", 1024)).start().await;
    let (wait, pve_node) = (WaitOptions::default(), node(&pve));
    let params =
        BackupParams::new().vmid("100,200").storage("local".parse::<crate::StorageId>().unwrap()).compress("zstd");
    pve_node.backup(&params).await.unwrap().wait(&wait).await.unwrap();
    let storage = pve_node.storage(&"local".parse().unwrap());
    let backups = storage.content(Some("backup"), None).await.unwrap();
    let [machine, container] = &backups[..] else { panic!("{backups:?}") };
    assert!(machine.volid.to_string().starts_with("local:backup/vzdump-qemu-100-2026_01_01-"), "{machine:?}");
    assert!(container.volid.to_string().ends_with(".tar.zst"), "{container:?}");
    assert!(pve_node.backup_config(&machine.volid.to_string()).await.unwrap().contains("cores: 2\n"));

    // The guest goes, its backup stays.
    pve_node.qemu(vmid(100)).destroy(&DestroyParams::default()).await.unwrap().wait(&wait).await.unwrap();
    let params = QemuRestoreParams::new(vmid(100), machine.volid.to_string()).unique(true).name("web-again");
    pve_node.restore_qemu(&params).await.unwrap().wait(&wait).await.unwrap();
    let config = pve_node.qemu(vmid(100)).config(ConfigView::Current).await.unwrap();
    assert_eq!((config.name(), config.drives().len()), (Some("web-again"), 1));
    let guest = pve.guest(100).unwrap();
    assert_eq!(guest.disk_mib("scsi0"), Some(2048));
    assert!(!guest.get("net0").unwrap().contains("BC:24:11:00:00:01"), "it is unique");

    let taken = LxcRestoreParams::from_backup(vmid(200), container.volid.to_string());
    assert_eq!(*pve_node.restore_lxc(&taken).await.unwrap_err().kind(), ErrorKind::AlreadyExists);
    pve_node.restore_lxc(&taken.force(true)).await.unwrap().wait(&wait).await.unwrap();
    let none = QemuRestoreParams::new(vmid(101), "local:backup/vzdump-qemu-1.vma");
    assert!(pve_node.restore_qemu(&none).await.is_err());
}
