//! Migrations between the nodes of a cluster, as a real one of two nodes (Proxmox VE 9.1.7) was seen to do them.

use serde_json::json;

use super::super::{Power, TaskTime};
use super::containers::log;
use super::*;

const PATH: &str = "/nodes/pve01/qemu/101/migrate";

/// Two nodes with local files and a shared directory; on `pve01` a machine 101 with a disk and a cloud-init drive of local
/// files, 102 with the same on the shared directory, 103 with a disk that only `pve01` has room for, a container 200.
async fn two_nodes() -> FakeProxmox {
    FakeProxmox::builder()
        .node("pve01")
        .node("pve02")
        .storage(Storage::dir("local"))
        .storage(Storage::shared_dir("shared"))
        .storage(Storage::lvm_thin("only-here").on(&["pve01"]))
        .guest(101, "web01", |g| g.disk("scsi0", "local", 1024).cloudinit("ide2", "local").option("vga", "serial0"))
        .guest(102, "web02", |g| g.disk("scsi0", "shared", 1024).cloudinit("ide2", "shared"))
        .guest(103, "web03", |g| g.disk("scsi0", "only-here", 1024))
        .container(200, "dns01", |c| c.disk("rootfs", "local", 1024))
        .token("root@pam!bridge", "secret")
        .start()
        .await
}

/// What lies on the node, by drive.
fn disks(check: &Value) -> Vec<(&str, &Value)> {
    let disks = check["local_disks"].as_array().unwrap();
    disks.iter().map(|disk| (disk["drivename"].as_str().unwrap_or("none"), disk)).collect()
}

#[tokio::test]
async fn every_other_node_is_named_among_the_refused_and_an_empty_object_means_allowed() {
    let pve = two_nodes().await;
    let check = get(&pve, PATH).await.data();
    assert_eq!(
        check,
        json!({
            "running": 0, "allowed_nodes": ["pve02"], "not_allowed_nodes": {"pve02": {}}, "local_resources": [],
            "has-dbus-vmstate": 1, "mapped-resources": [], "mapped-resource-info": {},
            "local_disks": [
                {
                    "drivename": "ide2", "volid": "local:101/vm-101-cloudinit.qcow2", "size": 4_194_304, "cdrom": 1,
                    "is_attached": 1, "is_cloudinit": 1, "is_tpmstate": 0, "is_unused": 0, "is_vmstate": 0,
                    "replicate": 1, "shared": 0,
                },
                {
                    "drivename": "scsi0", "volid": "local:101/vm-101-disk-0.raw", "size": 1_073_741_824, "cdrom": 0,
                    "is_attached": 1, "is_cloudinit": 0, "is_tpmstate": 0, "is_unused": 0, "is_vmstate": 0,
                    "replicate": 1, "shared": 0,
                },
            ],
        })
    );
    for target in ["pve02", "pve01", "pve09"] {
        assert_eq!(get(&pve, &format!("{PATH}?target={target}")).await.data(), check, "the target changes nothing");
    }
    pve.set_power(101, Power::Running);
    let mut running = check;
    running["running"] = json!(1);
    assert_eq!(get(&pve, PATH).await.data(), running, "of a running one all of it is said too");
    let shared = get(&pve, "/nodes/pve01/qemu/102/migrate").await.data();
    assert_eq!((&shared["local_disks"], &shared["not_allowed_nodes"]), (&json!([]), &json!({"pve02": {}})));
}

#[tokio::test]
async fn a_storage_that_the_other_node_lacks_is_a_reason() {
    let pve = two_nodes().await;
    let path = "/nodes/pve01/qemu/103/migrate";
    let check = get(&pve, path).await.data();
    assert_eq!(check["allowed_nodes"], json!([]));
    assert_eq!(check["not_allowed_nodes"], json!({"pve02": {"unavailable_storages": ["only-here"]}}));
    let failed = post(&pve, path, "target=pve02").await;
    assert_eq!(exit(&pve, &failed).await, "migration aborted");
    let lines = log(&pve, &failed).await;
    let why = "migration aborted (duration 00:00:01): storage 'only-here' is not available on node 'pve02'";
    assert!(lines.iter().any(|line| line.ends_with(why)), "{lines:?}");
    assert_eq!((pve.guest(103).unwrap().node.as_str(), pve.guest(103).unwrap().lock()), ("pve01", None));
    post(&pve, path, "target=pve02&targetstorage=only-here")
        .await
        .refused(500, "storage 'only-here' is not available on node 'pve02'");
    assert_eq!(exit(&pve, &post(&pve, path, "target=pve02&targetstorage=local").await).await, "OK");
    let moved = pve.guest(103).unwrap();
    assert_eq!((moved.node.as_str(), moved.get("scsi0")), ("pve02", Some("local:103/vm-103-disk-0.raw,size=1G")));
    let volumes: Vec<_> = pve.volumes().into_iter().filter(|volume| volume.vmid == 103).collect();
    assert_eq!((volumes.len(), volumes[0].node.as_deref()), (1, Some("pve02")));
}

#[tokio::test]
async fn what_is_unused_or_a_device_of_the_node_is_told() {
    let pve = two_nodes().await;
    pve.attach_disk(101, "scsi1", "local", 1024);
    put(&pve, "/nodes/pve01/qemu/101/config", "delete=scsi1").await.data();
    pve.edit(101, |g| {
        for (slot, device) in [("hostpci0", "0000:01:00.0"), ("hostpci1", "mapping=gpu"), ("serial0", "socket")] {
            g.set(slot, device);
        }
    });
    let check = get(&pve, PATH).await.data();
    assert_eq!((&check["local_resources"], &check["mapped-resources"]), (&json!(["hostpci0"]), &json!(["hostpci1"])));
    let (drive, unused) = disks(&check).into_iter().find(|(_, disk)| disk["is_unused"] == 1).unwrap();
    assert_eq!((drive, &unused["is_attached"]), ("none", &json!(0)));
    let failed = post(&pve, PATH, "target=pve02").await;
    assert_eq!(exit(&pve, &failed).await, "migration aborted");
}

#[tokio::test]
async fn of_a_container_the_names_have_hyphens_and_no_node_is_refused() {
    let pve = two_nodes().await;
    let path = "/nodes/pve01/lxc/200/migrate";
    let check = json!({"allowed-nodes": ["pve02"], "not-allowed-nodes": {}, "running": 0});
    assert_eq!(get(&pve, path).await.data(), check);
    assert_eq!(get(&pve, &format!("{path}?target=pve02")).await.data(), check);
}

#[tokio::test]
async fn a_stopped_machine_is_locked_while_it_moves_and_then_gone_from_its_node() {
    let pve = two_nodes().await;
    pve.task_time("qmigrate", TaskTime::Manual);
    let config = |node: &'static str| format!("/nodes/{node}/qemu/101/config");
    let before = get(&pve, &config("pve01")).await.data();
    let answer = post(&pve, PATH, "target=pve02").await;
    let during = get(&pve, &config("pve01")).await.data();
    assert_eq!(during["lock"], "migrate");
    assert_ne!(during["digest"], before["digest"]);
    let item = |list: &Value| list.as_array().unwrap().iter().find(|item| item["vmid"] == 101).unwrap().clone();
    let listed = item(&get(&pve, "/cluster/resources?type=vm").await.data());
    assert_eq!((&listed["lock"], &listed["node"]), (&json!("migrate"), &json!("pve01")));
    let status = get(&pve, "/nodes/pve01/qemu/101/status/current").await.data();
    assert_eq!((&status["lock"], status.get("clipboard")), (&json!("migrate"), Some(&Value::Null)));
    post(&pve, PATH, "target=pve02").await.refused(500, "VM is locked (migrate)");

    pve.finish_tasks();
    let gone = "Configuration file 'nodes/pve01/qemu-server/101.conf' does not exist";
    get(&pve, &config("pve01")).await.refused(500, gone);
    delete(&pve, "/nodes/pve01/qemu/101").await.refused(500, gone);
    assert_eq!(get(&pve, &config("pve02")).await.data(), before, "nothing else has changed");
    let listed = item(&get(&pve, "/cluster/resources?type=vm").await.data());
    assert_eq!((&listed["node"], listed.get("lock")), (&json!("pve02"), None));
    assert!(pve.volumes().iter().filter(|v| v.vmid == 101).all(|v| v.node.as_deref() == Some("pve02")));
    assert_eq!(exit(&pve, &answer).await, "OK", "the task stays at the node that it ran on");
    let texts: Vec<String> = log(&pve, &answer).await.iter().map(|line| line.chars().skip(20).collect()).collect();
    assert_eq!(
        texts,
        [
            "starting migration of VM 101 to node 'pve02' (10.77.0.2)",
            "found generated disk 'local:101/vm-101-cloudinit.qcow2' (in current VM config)",
            "found local disk 'local:101/vm-101-disk-0.raw' (attached)",
            "copying local disk images",
            "volume 'local:101/vm-101-cloudinit.qcow2' is 'local:101/vm-101-cloudinit.qcow2' on the target",
            "volume 'local:101/vm-101-disk-0.raw' is 'local:101/vm-101-disk-0.raw' on the target",
            "migration finished successfully (duration 00:00:01)",
            "",
        ]
    );
    assert!(log(&pve, &answer).await[0].starts_with("2026-01-01 00:00:0"));
}

#[tokio::test]
async fn a_running_machine_moves_live_with_what_that_needs() {
    let pve = two_nodes().await;
    post(&pve, PATH, "target=pve01").await.bad("target", "target is local node.");
    post(&pve, PATH, "target=nosuch").await.refused(500, "no such cluster node 'nosuch'");
    pve.set_power(101, Power::Running);
    post(&pve, PATH, "target=pve02").await.refused(500, "can't migrate running VM without --online");
    let failed = post(&pve, PATH, "target=pve02&online=1").await;
    assert_eq!(exit(&pve, &failed).await, "migration aborted");
    let lines = log(&pve, &failed).await;
    assert!(lines.iter().any(|line| line.contains("without with-local-disks option")), "{lines:?}");
    assert_eq!((pve.guest(101).unwrap().lock(), pve.guest(101).unwrap().node.as_str()), (None, "pve01"));
    let done = post(&pve, PATH, "target=pve02&online=1&with-local-disks=1").await;
    assert_eq!(exit(&pve, &done).await, "OK");
    let moved = pve.guest(101).unwrap();
    assert!(moved.node == "pve02" && moved.is_running());
    assert!(pve.volumes().iter().filter(|v| v.vmid == 101).all(|v| v.node.as_deref() == Some("pve02")));
    pve.set_power(102, Power::Running);
    let shared = post(&pve, "/nodes/pve01/qemu/102/migrate", "target=pve02&online=1").await;
    assert_eq!(exit(&pve, &shared).await, "OK", "what is shared stays where it is");
}

#[tokio::test]
async fn the_vmid_of_what_was_destroyed_is_given_again() {
    let pve = FakeProxmox::builder().guest(100, "a", |g| g.disk("scsi0", "local-lvm", 1024)).start().await;
    assert_eq!(get(&pve, "/cluster/nextid").await.data(), "101");
    assert_eq!(exit(&pve, &delete(&pve, "/nodes/pve/qemu/100?purge=1").await).await, "OK");
    assert_eq!(get(&pve, "/cluster/nextid").await.data(), "100");
}
