//! Clones.

use super::super::{Fault, TaskTime};
use super::*;

const CLONE: &str = "/nodes/pve01/qemu/9000/clone";

#[tokio::test]
async fn a_full_clone_is_a_guest_of_its_own_that_inherits_nearly_everything() {
    let pve = cluster().await;
    pve.edit(9000, |t| {
        t.set("protection", "1");
        t.set("onboot", "1");
        t.set("balloon", "1024");
    });
    let answer = post(&pve, CLONE, "newid=110&name=web02&full=1&description=marker").await;
    assert_eq!(exit(&pve, &answer).await, "OK");
    assert!(answer.upid().ends_with(":qmclone:9000:root@pam!bridge:"), "named for the template: {}", answer.upid());
    let (clone, template) = (pve.guest(110).unwrap(), pve.guest(9000).unwrap());
    assert_eq!(clone.get("scsi0"), Some("local-lvm:vm-110-disk-0,size=10G"));
    assert_eq!(clone.get("ide2"), Some("local-lvm:vm-110-cloudinit,media=cdrom,size=4M"));
    for inherited in ["protection", "onboot", "balloon", "tags", "cores", "memory", "boot"] {
        assert_eq!(clone.get(inherited), template.get(inherited), "{inherited}");
    }
    for new in ["net0", "smbios1", "vmgenid"] {
        assert_ne!(clone.get(new), template.get(new), "{new}");
    }
    assert_eq!((clone.name(), clone.description(), clone.lock()), (Some("web02"), Some("marker"), None));
    assert!(!clone.is_template() && clone.get("net0").unwrap().ends_with(",bridge=vmbr0,firewall=1"));
    delete(&pve, "/nodes/pve01/qemu/110").await.refused(500, "can't remove VM 110 - protection mode enabled");
}

#[tokio::test]
async fn without_full_a_template_is_cloned_linked_and_a_guest_full() {
    let pve = FakeProxmox::builder()
        .storage(Storage::dir("local"))
        .template(9000, "tmpl", |t| t.disk("scsi0", "local", 1024))
        .guest(110, "v110", |g| g.disk("scsi0", "local", 1024))
        .start()
        .await;
    let clone = "/nodes/pve/qemu/9000/clone";
    assert_eq!(exit(&pve, &post(&pve, clone, "newid=102").await).await, "OK");
    let linked = pve.guest(102).unwrap();
    assert_eq!(linked.name(), Some("Copy-of-VM-tmpl"));
    assert_eq!(linked.volume("scsi0"), Some("local:9000/base-9000-disk-0.raw/102/vm-102-disk-0.raw"));
    post(&pve, clone, "newid=103&storage=local")
        .await
        .refused(500, "parameter 'storage' not allowed for linked clones");
    let text = "Linked clone feature is not supported for 'local:110/vm-110-disk-0.raw' (scsi0)";
    post(&pve, "/nodes/pve/qemu/110/clone", "newid=103&full=0").await.refused(500, text);
    assert_eq!(exit(&pve, &post(&pve, "/nodes/pve/qemu/110/clone", "newid=103").await).await, "OK");
    assert_eq!(pve.guest(103).unwrap().volume("scsi0"), Some("local:103/vm-103-disk-0.raw"));
    let destroy = delete(&pve, "/nodes/pve/qemu/9000").await;
    let text = "base volume 'local:9000/base-9000-disk-0.raw' is still in use by linked cloned";
    assert_eq!(exit(&pve, &destroy).await, text);
}

#[tokio::test]
async fn what_a_clone_may_not_be_is_said_at_once() {
    let pve = cluster().await;
    post(&pve, CLONE, "newid=101").await.refused(500, "unable to create VM 101: config file already exists");
    post(&pve, CLONE, "newid=110&target=other").await.refused(500, "no such cluster node 'other'");
    post(&pve, CLONE, "newid=110&full=1&storage=nosuch").await.refused(500, "storage 'nosuch' does not exist");
    let missing = "unable to find configuration file for VM 4242 on node 'pve01'";
    post(&pve, "/nodes/pve01/qemu/4242/clone", "newid=110").await.refused(500, missing);
    post(&pve, CLONE, "newid=110&tags=a").await.bad("tags", super::super::schema::UNKNOWN);
    let pool = "Permission check failed (pool 'nosuch' does not exist)";
    post(&pve, CLONE, "newid=110&pool=nosuch").await.refused(403, pool);
    let local = "can't clone VM to node 'pve02' (VM uses local storage)";
    post(&pve, CLONE, "newid=110&full=1&target=pve02&storage=ceph").await.refused(500, local);
    let unshared = "can't clone to non-shared storage 'local-lvm'";
    post(&pve, CLONE, "newid=110&full=1&target=pve02&storage=local-lvm").await.refused(500, unshared);
    pve.lock_guest(9000, "backup");
    post(&pve, CLONE, "newid=110").await.refused(500, "VM is locked (backup)");
    assert!(pve.guest(110).is_none() && pve.tasks().is_empty());
}

#[tokio::test]
async fn a_template_on_shared_storage_can_be_cloned_to_another_node() {
    let pve = FakeProxmox::builder()
        .node("pve01")
        .node("pve02")
        .storage(Storage::shared("ceph"))
        .template(9000, "tmpl", |t| t.disk("scsi0", "ceph", 1024).cloudinit("ide2", "ceph"))
        .task_time("qmclone", TaskTime::Manual)
        .start()
        .await;
    post(&pve, CLONE, "newid=110&full=1&target=pve02").await.data();
    assert_eq!(pve.guest(110).unwrap().node, "pve01", "it moves at the end");
    pve.finish_tasks();
    assert_eq!(pve.guest(110).unwrap().node, "pve02");
}

#[tokio::test]
async fn a_running_clone_shows_a_nameless_locked_skeleton_first() {
    let pve = cluster().await;
    pve.task_time("qmclone", TaskTime::Manual);
    let upid = post(&pve, CLONE, "newid=110&full=1&name=web02").await.upid();
    let mut shown = get(&pve, "/nodes/pve01/qemu/110/config").await.data();
    shown.as_object_mut().unwrap().remove("digest");
    assert_eq!(shown, serde_json::json!({"lock": "clone", "description": " qmclone temporary file"}));
    let resources = get(&pve, "/cluster/resources?type=vm").await.data();
    let item = resources.as_array().unwrap().iter().find(|r| r["vmid"] == 110).unwrap().clone();
    assert_eq!((&item["name"], &item["lock"]), (&"VM 110".into(), &"clone".into()));
    let busy = "can't lock file '/var/lock/qemu-server/lock-110.conf' - got timeout";
    put(&pve, "/nodes/pve01/qemu/110/config", "cores=2").await.refused(500, busy);
    assert_eq!(exit(&pve, &post(&pve, "/nodes/pve01/qemu/110/status/start", "").await).await, busy);
    post(&pve, CLONE, "newid=110").await.refused(500, "unable to create VM 110: config file already exists");
    let status = get(&pve, &format!("/nodes/pve01/tasks/{upid}/status")).await.data();
    assert_eq!((&status["status"], status.get("exitstatus")), (&"running".into(), None));

    pve.step(&upid);
    let guest = pve.guest(110).unwrap();
    assert_eq!((guest.name(), guest.lock()), (Some("web02"), Some("clone")));
    pve.finish(&upid);
    assert_eq!(pve.guest(110).unwrap().lock(), None);
}

#[tokio::test]
async fn two_clones_to_one_vmid_may_both_get_a_upid_and_one_loses_in_its_task() {
    let pve = cluster().await;
    pve.task_time("qmclone", TaskTime::Queued);
    let first = post(&pve, CLONE, "newid=160&full=1&name=a").await;
    let second = post(&pve, CLONE, "newid=160&full=1&name=b").await;
    get(&pve, "/nodes/pve01/qemu/160/config")
        .await
        .refused(500, "Configuration file 'nodes/pve01/qemu-server/160.conf' does not exist");
    pve.finish_tasks();
    assert_eq!(exit(&pve, &first).await, "OK");
    assert_eq!(exit(&pve, &second).await, "unable to create VM 160: config file already exists");
    assert_eq!(pve.guest(160).unwrap().name(), Some("a"), "the loser's clean-up left the winner alone");
    assert!(pve.volumes().iter().any(|v| v.vmid == 160));
}

#[tokio::test]
async fn a_failed_clone_leaves_nothing_and_a_killed_one_its_lock() {
    let pve = cluster().await;
    pve.fault(Fault::fail_task("clone failed: no space left on device").on("POST /nodes/*/qemu/*/clone"));
    let answer = post(&pve, CLONE, "newid=110&full=1").await;
    assert_eq!(exit(&pve, &answer).await, "clone failed: no space left on device");
    assert!(pve.guest(110).is_none());

    pve.fault(Fault::kill_task());
    let answer = post(&pve, CLONE, "newid=110&full=1").await;
    assert_eq!(exit(&pve, &answer).await, "unexpected status");
    assert_eq!(pve.guest(110).unwrap().lock(), Some("clone"));
    let destroy = delete(&pve, "/nodes/pve01/qemu/110").await;
    assert_eq!(exit(&pve, &destroy).await, "VM is locked (clone)");
    put(&pve, "/nodes/pve01/qemu/110/config", "delete=lock").await.refused(500, "only root can set 'lock' config");
    pve.unlock_guest(110);
    assert_eq!(exit(&pve, &delete(&pve, "/nodes/pve01/qemu/110").await).await, "OK");
}

#[tokio::test]
async fn a_clone_that_takes_real_time_is_waited_for_by_writes_to_its_target() {
    let pve = cluster().await;
    let takes = std::time::Duration::from_millis(60);
    pve.task_time("qmclone", TaskTime::Real(takes));
    let upid = post(&pve, CLONE, "newid=110&full=1").await.upid();
    let start = post(&pve, "/nodes/pve01/qemu/110/status/start", "").await;
    assert_eq!(put(&pve, "/nodes/pve01/qemu/110/config", "cores=4").await.status, 200);
    let clone = get(&pve, &format!("/nodes/pve01/tasks/{upid}/status")).await.data();
    assert_eq!(clone["exitstatus"], "OK", "the write waited for it");
    assert_eq!(exit(&pve, &start).await, "OK", "and so did the worker of the start");
    assert!(pve.guest(110).unwrap().is_running());
}
