//! Storages and what is on them, backups.

use proxmox_api::*;
use serde_json::json;

use crate::guests::{UPID, node};
use crate::recorder::{Recorder, ask};

fn local(client: &Client) -> StorageHandle {
    node(client).storage(&id("local"))
}

fn id(name: &str) -> StorageId {
    name.parse().unwrap()
}

pub(crate) async fn calls(r: &mut Recorder) {
    volumes(r).await;
    backups(r).await;
    definitions(r).await;
}

async fn volumes(r: &mut Recorder) {
    // Recorded.
    let backup = json!([{"size": 1_362_998, "volid": "local:backup/vzdump-lxc-200-2026_11_22-08_53_28.tar.zst", "format": "tar.zst",
        "vmid": 200, "ctime": 1_795_337_608, "content": "backup", "subtype": "lxc"}]);
    assert_eq!(ask!(r, backup, c => local(&c).content(Some("backup"), None))[0].size, Some(1_362_998));
    let volume = json!({"format": "raw", "size": 10, "used": 5, "path": "/x", "protected": 1, "notes": "n"});
    let volume = ask!(r, volume, c => local(&c).volume("local:backup/x.vma.zst"));
    assert_eq!((volume.size, volume.protected, volume.notes.as_deref()), (Some(10), true, Some("n")));
    ask!(r, json!(null), c => local(&c).annotate("local:backup/x.vma.zst", Some("keep"), Some(true)));
    let params = AllocateParams::new(Vmid::MIN, "vm-100-disk-7", "8G").format("raw");
    assert_eq!(ask!(r, json!("local:vm-100-disk-7"), c => local(&c).allocate(&params)), "local:vm-100-disk-7");
    assert!(ask!(r, json!(UPID), c => local(&c).delete("local:iso/x.iso")).is_some());
    assert!(ask!(r, json!(null), c => local(&c).delete("local:iso/x.iso")).is_none());
    let status = json!({"active": 1, "avail": 3, "content": "iso", "enabled": 1, "shared": 0, "total": 4, "type": "dir", "used": 1});
    assert_eq!(ask!(r, status, c => local(&c).status()).avail, Some(3));
    let params = DownloadParams::new("iso", "debian.iso", "https://example.org/debian.iso")
        .checksum("00ff")
        .checksum_algorithm("sha256")
        .compression("gz")
        .verify_certificates(false);
    ask!(r, json!(UPID), c => local(&c).download(&params));
    let info = json!({"filename": "debian.iso", "mimetype": "application/x-iso9660-image", "size": 7});
    assert_eq!(ask!(r, info, c => node(&c).url_info("https://example.org/debian.iso")).size, Some(7));
    let params = UploadParams::new("iso", "a\"b.iso").checksum("00ff").checksum_algorithm("sha256");
    let task = ask!(r, json!(UPID), c => local(&c).upload(&params, 5, &b"12345 and what is behind its length"[..]));
    assert_eq!(task.upid().as_str(), UPID);
}

async fn backups(r: &mut Recorder) {
    let params =
        BackupParams::new().vmid("100,200").storage(id("local")).mode("snapshot").compress("zstd").protected(true);
    ask!(r, json!(UPID), c => node(&c).backup(&params.notes_template("{{guestname}}").remove(false)));
    assert_eq!(ask!(r, json!("cores: 2\n"), c => node(&c).backup_config("local:backup/x.vma.zst")), "cores: 2\n");
    let params =
        QemuRestoreParams::new(Vmid::MIN, "local:backup/x.vma.zst").storage(id("local-lvm")).unique(true).force(true);
    ask!(r, json!(UPID), c => node(&c).restore_qemu(&params.live_restore(true).name("web").start(true)));
    let params = LxcRestoreParams::from_backup(Vmid::MIN, "local:backup/x.tar.zst").unprivileged(true).hostname("web");
    ask!(r, json!(UPID), c => node(&c).restore_lxc(&params));
    let preview =
        json!([{"ctime": 1, "mark": "remove", "type": "qemu", "vmid": 100, "volid": "local:backup/x.vma.zst"}]);
    let params = PruneParams::new().prune_backups("keep-last=1").kind("qemu").vmid(Vmid::MIN);
    assert_eq!(ask!(r, preview, c => local(&c).prune_preview(&params))[0].mark.as_deref(), Some("remove"));
    ask!(r, json!(UPID), c => local(&c).prune(&params));

    let job =
        json!({"id": "backup-1", "schedule": "sat 03:00", "storage": "local", "all": 1, "enabled": "0", "next-run": 9});
    let jobs = ask!(r, json!([job]), c => c.cluster().backup_jobs().list());
    assert_eq!((jobs[0].id.as_str(), jobs[0].all, jobs[0].next_run), ("backup-1", true, Some(9)));
    ask!(r, job, c => c.cluster().backup_jobs().get("backup-1"));
    let params = BackupJobParams::new("sat 03:00", id("local")).all(true).repeat_missed(true).comment("weekly");
    ask!(r, json!(null), c => c.cluster().backup_jobs().create(&params));
    let update = ConfigUpdate::new().set("enabled", false).delete("comment");
    ask!(r, json!(null), c => c.cluster().backup_jobs().update("backup-1", &update));
    ask!(r, json!(null), c => c.cluster().backup_jobs().delete("backup-1"));
    let without = json!([{"vmid": 100, "name": "web", "type": "qemu"}]);
    assert_eq!(ask!(r, without, c => c.cluster().backup_jobs().not_backed_up())[0].vmid, Some(Vmid::MIN));
}

async fn definitions(r: &mut Recorder) {
    let storage =
        json!({"storage": "nfs", "type": "nfs", "content": "iso", "shared": 1, "server": "192.0.2.1", "digest": "d"});
    assert_eq!(ask!(r, json!([storage]), c => c.storages().list()).len(), 1);
    assert!(ask!(r, storage, c => c.storages().get(&id("nfs"))).allows("iso"));
    let params =
        StorageParams::new(id("nfs"), "nfs").content("iso,backup").server("192.0.2.1").export("/srv").nodes("pve");
    let made = json!({"storage": "nfs", "type": "nfs", "config": {}});
    ask!(r, made.clone(), c => c.storages().create(&params));
    let pbs = StorageParams::new(id("pbs"), "pbs").username("u@pbs").password("hunter2");
    assert!(!format!("{pbs:?}").contains("hunter2"));
    ask!(r, made, c => c.storages().update(&id("nfs"), &ConfigUpdate::new().set("disable", true).delete("nodes").digest("d")));
    ask!(r, json!(null), c => c.storages().delete(&id("nfs")));
}
