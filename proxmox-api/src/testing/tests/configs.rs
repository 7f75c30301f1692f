//! Configurations: changes, pending changes, drives.

use super::*;

const PUBLIC_KEY: &str =
    "ssh-ed25519%20AAAAC3NzaC1lZDI1NTE5AAAAIJzLmHqbJ9ssHLyGqMAz6fBUNrRTbfxC1y8iG1Qm%2B8Yw%20me%40host";

#[tokio::test]
async fn numbers_are_numbers_except_memory() {
    let pve = cluster().await;
    put(&pve, CONFIG, "cores=4&memory=2048&onboot=1&sockets=2&cipassword=x").await.data();
    let config = get(&pve, CONFIG).await.data();
    assert_eq!(config["cores"], 4);
    assert_eq!(config["onboot"], 1);
    assert_eq!(config["memory"], "2048");
    assert_eq!(config["cipassword"], "**********");
    assert_eq!(config["digest"].as_str().unwrap().len(), 40);
}

#[tokio::test]
async fn the_digest_guards_against_changes_behind_the_back() {
    let pve = cluster().await;
    let digest = get(&pve, CONFIG).await.data()["digest"].as_str().unwrap().to_owned();
    pve.edit(101, |g| g.set("description", "an administrator was here"));
    let mismatch = "checksum mismatch (file change by other user?)";
    put(&pve, CONFIG, &format!("cores=2&digest={digest}")).await.refused(500, mismatch);
    let digest = get(&pve, CONFIG).await.data()["digest"].as_str().unwrap().to_owned();
    assert_eq!(put(&pve, CONFIG, &format!("cores=2&digest={digest}")).await.status, 200);
}

#[tokio::test]
async fn texts_of_refused_changes() {
    let pve = cluster().await;
    put(&pve, CONFIG, "").await.refused(500, "no options specified");
    put(&pve, CONFIG, "delete=bogus").await.bad("delete", "unknown option 'bogus'");
    put(&pve, CONFIG, "delete=cores&cores=2")
        .await
        .bad("delete", "you can't use '-cores' and -delete cores' at the same time");
    put(&pve, CONFIG, "skiplock=1&cores=2").await.bad("skiplock", "Only root may use this option.");
    put(&pve, CONFIG, "lock=clone").await.refused(500, "only root can set 'lock' config");
    put(&pve, CONFIG, "scsi3=nostore:1").await.refused(500, "storage 'nostore' does not exist");
    put(&pve, CONFIG, "scsi3=local-lvm:vm-101-disk-77")
        .await
        .refused(500, "volume 'local-lvm:vm-101-disk-77' does not exist");
    put(&pve, CONFIG, "scsi3=/etc/passwd").await.bad("scsi3", "unable to associate path '/etc/passwd' to any storage");
    put(&pve, CONFIG, "sshkeys=garbage").await.refused(500, "SSH public key validation error");
    put(&pve, "/nodes/pve01/qemu/4242/config", "cores=2")
        .await
        .refused(500, "Configuration file 'nodes/pve01/qemu-server/4242.conf' does not exist");
    assert_eq!(put(&pve, CONFIG, "delete=scsi7").await.status, 200, "deleting what is not set is fine");
    assert_eq!(put(&pve, CONFIG, "balloon=256").await.status, 200);
    let balloon = put(&pve, CONFIG, "memory=128").await;
    assert!(balloon.status == 500 && balloon.reason.starts_with("balloon value too large"), "{balloon:?}");
    pve.lock_guest(101, "backup");
    put(&pve, CONFIG, "cores=2").await.refused(500, "VM is locked (backup)");
    send(&pve, "POST", CONFIG, "cores=2").await.unwrap().refused(500, "VM is locked (backup)");
}

#[tokio::test]
async fn ssh_keys_are_encoded_twice_and_kept_encoded_once() {
    let pve = cluster().await;
    let twice = PUBLIC_KEY.replace('%', "%25");
    put(&pve, CONFIG, &format!("sshkeys={twice}")).await.data();
    assert_eq!(get(&pve, CONFIG).await.data()["sshkeys"], PUBLIC_KEY);
    let once = put(&pve, CONFIG, &format!("sshkeys={PUBLIC_KEY}")).await;
    let text = once.json()["errors"]["sshkeys"].as_str().unwrap().to_owned();
    assert!(text.starts_with("invalid format - invalid urlencoded string: ssh-ed25519 AAAA"), "{text}");
}

#[tokio::test]
async fn tags_are_normalised_by_a_change_but_not_by_a_creation() {
    let pve = cluster().await;
    put(&pve, CONFIG, "tags=b%3Ba%3BC").await.data();
    assert_eq!(get(&pve, CONFIG).await.data()["tags"], "a;b;c");
    put(&pve, CONFIG, "tags=").await.data();
    assert_eq!(get(&pve, CONFIG).await.data()["tags"], " ");
    put(&pve, CONFIG, "tags=bad!tag").await.bad("tags", "invalid format - invalid characters in tag\n");
    let create = post(&pve, "/nodes/pve01/qemu", "vmid=120&tags=tmpl%3BAlpha+beta&memory=16").await;
    assert_eq!(exit(&pve, &create).await, "OK");
    assert_eq!(pve.guest(120).unwrap().get("tags"), Some("tmpl;Alpha beta"));
    post(&pve, "/nodes/pve01/qemu", "vmid=120")
        .await
        .refused(500, "unable to create VM 120 - VM 120 already exists on node 'pve01'");
}

#[tokio::test]
async fn a_new_disk_is_allocated_with_a_normalised_size() {
    let pve = cluster().await;
    put(&pve, CONFIG, "scsi1=local-lvm:20&scsi2=local-lvm:3.5,ssd=on,discard=on").await.data();
    put(&pve, CONFIG, "scsi3=local:2").await.data();
    let guest = pve.guest(101).unwrap();
    assert_eq!(guest.get("scsi1"), Some("local-lvm:vm-101-disk-1,size=20G"));
    assert_eq!(guest.get("scsi2"), Some("local-lvm:vm-101-disk-2,discard=on,size=3584M,ssd=1"));
    assert_eq!(guest.get("scsi3"), Some("local:101/vm-101-disk-0.raw,size=2G"), "each storage numbers by itself");
    assert_eq!((guest.disk_mib("scsi2"), guest.volume("scsi1")), (Some(3584), Some("local-lvm:vm-101-disk-1")));
    let content = get(&pve, "/nodes/pve01/storage/local-lvm/content?vmid=101&content=images").await.data();
    assert_eq!(content.as_array().unwrap().len(), 4, "with the root disk and the cloud-init drive");
    assert_eq!(get(&pve, "/nodes/pve02/storage/local-lvm/content").await.data(), serde_json::json!([]));
}

#[tokio::test]
async fn a_removed_disk_stays_as_unused_until_it_is_removed_again() {
    let pve = cluster().await;
    put(&pve, CONFIG, "scsi1=local-lvm:1").await.data();
    put(&pve, CONFIG, "delete=scsi1").await.data();
    let guest = pve.guest(101).unwrap();
    assert_eq!((guest.get("scsi1"), guest.get("unused0")), (None, Some("local-lvm:vm-101-disk-1")));
    put(&pve, CONFIG, "virtio1=local-lvm:vm-101-disk-1").await.data();
    let guest = pve.guest(101).unwrap();
    assert_eq!((guest.get("virtio1"), guest.get("unused0")), (Some("local-lvm:vm-101-disk-1,size=1G"), None));
    put(&pve, CONFIG, "delete=virtio1").await.data();
    put(&pve, CONFIG, "delete=unused0").await.data();
    assert!(!pve.volumes().iter().any(|v| v.volid == "local-lvm:vm-101-disk-1"));
    assert!(pve.guest(101).unwrap().get("unused0").is_none());
}

#[tokio::test]
async fn unlink_with_force_destroys_the_volume_also_of_a_running_machine() {
    let pve = cluster().await;
    pve.attach_disk(101, "scsi1", "local-lvm", 1024);
    pve.attach_disk(101, "scsi2", "local-lvm", 1024);
    pve.set_power(101, super::super::Power::Running);
    put(&pve, "/nodes/pve01/qemu/101/unlink", "idlist=scsi1&force=1").await.data();
    put(&pve, "/nodes/pve01/qemu/101/unlink", "idlist=scsi2").await.data();
    let guest = pve.guest(101).unwrap();
    assert_eq!((guest.get("scsi1"), guest.get("unused0")), (None, Some("local-lvm:vm-101-disk-2")));
    assert!(!pve.volumes().iter().any(|v| v.volid == "local-lvm:vm-101-disk-1"));
    put(&pve, "/nodes/pve01/qemu/101/unlink", "force=1")
        .await
        .bad("idlist", "property is missing and it is not optional");
    pve.edit(101, |g| g.set("protection", "1"));
    put(&pve, "/nodes/pve01/qemu/101/unlink", "idlist=scsi0&force=1")
        .await
        .refused(500, "can't remove drive 'scsi0' - protection mode enabled");
    assert!(pve.guest(101).unwrap().get("scsi0").is_some());
}

#[tokio::test]
async fn a_running_machine_keeps_its_cores_until_the_next_start() {
    let pve = cluster().await;
    pve.set_power(101, super::super::Power::Running);
    put(&pve, CONFIG, "cores=2&memory=1024&name=web09&ipconfig0=ip=dhcp").await.data();
    let merged = get(&pve, CONFIG).await.data();
    let current = get(&pve, &format!("{CONFIG}?current=1")).await.data();
    assert_eq!((&merged["cores"], &merged["memory"]), (&2.into(), &"1024".into()));
    assert_eq!((&current["cores"], &current["memory"]), (&1.into(), &"512".into()));
    assert_eq!((&current["name"], &current["ipconfig0"]), (&"web09".into(), &"ip=dhcp".into()));
    let pending = get(&pve, "/nodes/pve01/qemu/101/pending").await.data();
    let row = |key: &str| pending.as_array().unwrap().iter().find(|r| r["key"] == key).unwrap().clone();
    assert_eq!(row("cores"), serde_json::json!({"key": "cores", "value": 1, "pending": 2}));
    assert!(row("digest")["value"].is_string());
    put(&pve, CONFIG, "revert=cores").await.data();
    assert_eq!(get(&pve, CONFIG).await.data()["cores"], 1);
    put(&pve, CONFIG, "delete=cores").await.data();
    assert_eq!(pve.guest(101).unwrap().pending["cores"], None);
    put(&pve, CONFIG, "scsi1=local-lvm:1").await.data();
    assert!(pve.guest(101).unwrap().get("scsi1").is_some(), "disks are plugged in at once");
    for step in ["stop", "start"] {
        post(&pve, &format!("/nodes/pve01/qemu/101/status/{step}"), "").await.data();
    }
    let current = get(&pve, &format!("{CONFIG}?current=1")).await.data();
    assert_eq!((current.get("cores"), &current["memory"]), (None, &"1024".into()));
    assert!(pve.guest(101).unwrap().pending.is_empty());
}

#[tokio::test]
async fn a_network_device_without_mac_gets_a_new_one_each_time() {
    let pve = cluster().await;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..2 {
        put(&pve, CONFIG, "net1=virtio,bridge=vmbr0,tag=20,firewall=yes").await.data();
        seen.insert(pve.guest(101).unwrap().get("net1").unwrap().to_owned());
    }
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|n| n.starts_with("virtio=BC:24:11:") && n.ends_with(",bridge=vmbr0,firewall=1,tag=20")));
}

#[tokio::test]
async fn cloud_init_is_regenerated() {
    let pve = cluster().await;
    put(&pve, CONFIG, "ciuser=admin&ipconfig0=ip%3D10.0.0.5/24%2Cgw%3D10.0.0.1").await.data();
    put(&pve, "/nodes/pve01/qemu/101/cloudinit", "").await.data();
    assert!(pve.guest(101).unwrap().get("ide2").unwrap().ends_with(",media=cdrom,size=4M"));
    let rows = get(&pve, "/nodes/pve01/qemu/101/cloudinit").await.data();
    assert_eq!(rows[0], serde_json::json!({"key": "ciuser", "value": "admin"}));
    assert_eq!(pve.guest(101).unwrap().get("ipconfig0"), Some("ip=10.0.0.5/24,gw=10.0.0.1"));
}

#[tokio::test]
async fn resizing_checks_everything_in_its_task() {
    let pve = cluster().await;
    let path = "/nodes/pve01/qemu/101/resize";
    for (form, end) in [
        ("disk=scsi0&size=%2B5G", "OK"),
        ("disk=scsi0&size=15G", "OK"),
        ("disk=scsi0&size=14G", "shrinking disks is not supported"),
        ("disk=scsi9&size=5G", "disk 'scsi9' does not exist"),
        ("disk=ide2&size=5G", "you can't resize a cdrom"),
        ("disk=scsi0&size=17179869184", "OK"),
    ] {
        let answer = put(&pve, path, form).await;
        assert_eq!(exit(&pve, &answer).await, end, "{form}");
        assert!(answer.upid().contains(":resize:101:"));
    }
    assert_eq!(pve.guest(101).unwrap().get("scsi0"), Some("local-lvm:vm-101-disk-0,size=16G"));
    put(&pve, path, "disk=scsi0&size=5X").await.bad("size", "value does not match the regex pattern");
    let bad = put(&pve, path, "disk=foo0&size=5G").await.json()["errors"]["disk"].as_str().unwrap().to_owned();
    assert!(bad.starts_with("value 'foo0' does not have a value in the enumeration 'ide0, ide1,"), "{bad}");
}
