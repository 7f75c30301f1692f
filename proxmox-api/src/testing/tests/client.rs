//! This crate's own client against the fake: a machine's whole life, and how its errors name the fake's faults.

use super::super::Fault;
use super::*;
use crate::{
    Client, CloneParams, ConfigUpdate, ConfigView, DestroyParams, ErrorKind, GuestType, MiB, MigrateParams, NodeName,
    Phase, QemuHandle, ResizeParams, ShutdownParams, StartParams, StopParams, TaskOutcome, Vmid, WaitOptions,
};

fn client(pve: &FakeProxmox) -> Client {
    Client::builder(pve.url()).token(pve.token_string()).build().unwrap()
}

fn guest(client: &Client, vmid: u32) -> QemuHandle {
    client.node(&NodeName::new("pve01").unwrap()).qemu(Vmid::new(vmid).unwrap())
}

#[tokio::test]
async fn the_client_leads_a_machine_from_clone_to_destruction() {
    let pve = cluster().await;
    let client = client(&pve);
    let wait = WaitOptions::default();
    let newid = client.cluster().next_id(None).await.unwrap();
    assert_eq!(newid, Vmid::new(100).unwrap());
    let params = CloneParams { newid: Some(newid), full: Some(true), name: Some("web02".into()), ..Default::default() };
    let task = guest(&client, 9000).clone_to(&params).await.unwrap();
    assert_eq!(task.wait(&wait).await.unwrap(), TaskOutcome::Ok);

    let vm = guest(&client, 100);
    let config = vm.config(ConfigView::Pending).await.unwrap();
    assert_eq!((config.name(), config.memory(), config.drives().len()), (Some("web02"), Some(MiB(2048)), 2));
    vm.set_config(&ConfigUpdate::new().cores(4).memory(MiB(4096)).description("mine").tags(["b", "a"])).await.unwrap();
    let grow = vm.resize(&ResizeParams::to("scsi0", MiB(20_480))).await.unwrap().unwrap();
    grow.wait(&wait).await.unwrap();
    vm.regenerate_cloudinit().await.unwrap();
    vm.start(&StartParams::default()).await.unwrap().wait(&wait).await.unwrap();
    assert_eq!(vm.status().await.unwrap().power_state(), crate::PowerState::Running);
    vm.shutdown(&ShutdownParams::default()).await.unwrap().wait(&wait).await.unwrap();

    let seen = pve.guest(100).unwrap();
    assert_eq!((seen.get("cores"), seen.get("memory"), seen.get("tags")), (Some("4"), Some("4096"), Some("a;b")));
    assert_eq!((seen.disk_mib("scsi0"), seen.description()), (Some(20_480), Some("mine")));
    vm.destroy(&DestroyParams::default()).await.unwrap().wait(&wait).await.unwrap();
    assert!(pve.guest(100).is_none());
    assert!(vm.config(ConfigView::Pending).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn the_clients_errors_tell_the_faults_apart() {
    let pve = cluster().await;
    let client = client(&pve);
    let vm = guest(&client, 101);
    pve.lock_guest(101, "backup");
    let error = vm.set_config(&ConfigUpdate::new().cores(2)).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Locked { .. }), "{error:?}");
    pve.unlock_guest(101);

    pve.fault(Fault::lock_timeout(101).on("PUT /nodes/*/qemu/101/config").always());
    let error = vm.set_config(&ConfigUpdate::new().cores(2)).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::LockTimeout), "{error:?}");
    pve.clear_faults();

    pve.fault(Fault::gateway_timeout().on("POST /nodes/**"));
    let error = vm.start(&StartParams::default()).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Ambiguous, "{error:?}");
    assert!(pve.guest(101).unwrap().is_running());

    pve.fault(Fault::drop_after().on("POST /nodes/**"));
    let error = vm.stop(&StopParams::default()).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Ambiguous, "{error:?}");
    assert_eq!(pve.count("POST /nodes/*/qemu/101/status/stop"), 1, "an ambiguous write is not repeated");

    pve.close_idle_connections();
    assert_eq!(vm.status().await.unwrap().power_state(), crate::PowerState::Stopped);
}

#[tokio::test]
async fn the_client_migrates_to_a_node_that_has_nothing_against_it() {
    let pve = FakeProxmox::builder()
        .node("pve01")
        .node("pve02")
        .storage(Storage::dir("local"))
        .storage(Storage::lvm_thin("only-here").on(&["pve01"]))
        .guest(101, "web01", |g| g.disk("scsi0", "local", 1024))
        .guest(102, "web02", |g| g.disk("scsi0", "only-here", 1024))
        .container(200, "dns01", |c| c.disk("rootfs", "local", 1024))
        .start()
        .await;
    let client = client(&pve);
    let (here, there) = (NodeName::new("pve01").unwrap(), NodeName::new("pve02").unwrap());
    let bound = guest(&client, 102);
    let check = bound.migration_check(&there).await.unwrap();
    assert_eq!(check.refusal(&there).as_deref(), Some("storage only-here is not available on node pve02"));
    assert_eq!(check.refusal_with_targetstorage(&there), None);
    let local = Some("local".parse().unwrap());
    let params = MigrateParams { targetstorage: local, ..MigrateParams::new(there.clone()) };
    let task = bound.migrate(&params).await.unwrap();
    assert_eq!(task.wait(&WaitOptions::default()).await.unwrap(), TaskOutcome::Ok);
    assert_eq!(pve.guest(102).unwrap().volume("scsi0"), Some("local:102/vm-102-disk-0.raw"));
    for (kind, vmid) in [(GuestType::Qemu, 101), (GuestType::Lxc, 200)] {
        let guest = client.node(&here).guest(kind, Vmid::new(vmid).unwrap());
        let check = guest.migration_check(&there).await.unwrap();
        assert_eq!((check.refusal(&there), check.running), (None, false));
        let task = guest.migrate(&MigrateParams::new(there.clone())).await.unwrap();
        assert_eq!(task.wait(&WaitOptions::default()).await.unwrap(), TaskOutcome::Ok);
        assert_eq!(pve.guest(vmid).unwrap().node, "pve02");
    }
}
