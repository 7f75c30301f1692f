//! Snapshots, and the guest agent.

use super::super::Power;
use super::super::schema::UNKNOWN;
use super::*;
use crate::{Client, ConfigUpdate, ErrorKind, NodeHandle, QemuSnapshotParams, SnapshotParams, Vmid, WaitOptions};

async fn guests() -> FakeProxmox {
    let builder = FakeProxmox::builder().node("pve").storage(Storage::lvm_thin("thin")).storage(Storage::dir("local"));
    let builder =
        builder.guest(100, "web", |it| it.disk("scsi0", "thin", 1024).cores(1).inner("eth0", "net0", &[]).running());
    let builder = builder.container(200, "dns", |it| it.disk("rootfs", "thin", 1024));
    builder.container(201, "ntp", |it| it.disk("rootfs", "local", 1024)).start().await
}

fn node(pve: &FakeProxmox) -> NodeHandle {
    let client = Client::builder(pve.url()).token(pve.token_string()).build().unwrap();
    client.node(&"pve".parse().unwrap())
}

fn vmid(number: u32) -> Vmid {
    Vmid::new(number).unwrap()
}

#[tokio::test]
async fn a_snapshot_brings_the_configuration_back() {
    let pve = guests().await;
    let (wait, vm) = (WaitOptions::default(), node(&pve).qemu(vmid(100)));
    let take = async |name: &str, memory: bool| {
        let params = QemuSnapshotParams::new(name).description("before").vmstate(memory);
        vm.snapshots().create(&params).await.unwrap().wait(&wait).await
    };
    take("first", false).await.unwrap();
    vm.set_config(&ConfigUpdate::new().set("description", "changed")).await.unwrap();
    take("second", true).await.unwrap();
    let again = take("first", false).await.unwrap_err();
    assert!(again.to_string().contains("snapshot name 'first' already used"), "{again}");

    let list = vm.snapshots().list().await.unwrap();
    let tree: Vec<_> = list.iter().map(|it| (it.name.as_str(), it.parent.as_deref(), it.vmstate)).collect();
    assert_eq!(tree, [("first", None, false), ("second", Some("first"), true), ("current", Some("second"), false)]);
    vm.snapshots().describe("first", "the first one").await.unwrap();
    vm.snapshots().rollback("first", false).await.unwrap().wait(&wait).await.unwrap();
    let guest = pve.guest(100).unwrap();
    assert_eq!((guest.description(), guest.is_running(), guest.get("parent")), (None, false, Some("first")));
    vm.snapshots().rollback("second", false).await.unwrap().wait(&wait).await.unwrap();
    assert!(pve.guest(100).unwrap().is_running(), "its memory was in the snapshot");

    vm.snapshots().delete("first", false).await.unwrap().wait(&wait).await.unwrap();
    let list = vm.snapshots().list().await.unwrap();
    assert_eq!((list[0].name.as_str(), list[0].parent.as_deref()), ("second", None));
    let missing = vm.snapshots().delete("first", false).await.unwrap().wait(&wait).await.unwrap_err();
    assert!(missing.is_not_found(), "{missing}");
}

#[tokio::test]
async fn containers_have_their_own_parameters_and_storages_their_limits() {
    let pve = guests().await;
    let wait = WaitOptions::default();
    let refused = send(&pve, "POST", "/nodes/pve/lxc/200/snapshot", "snapname=a&vmstate=1").await.unwrap();
    refused.bad("vmstate", UNKNOWN);
    let take = async |number| {
        let snapshots = node(&pve).lxc(vmid(number)).snapshots();
        snapshots.create(&SnapshotParams::new("a")).await.unwrap().wait(&wait).await
    };
    take(200).await.unwrap();
    let refused = take(201).await.unwrap_err();
    assert!(refused.to_string().contains("snapshot feature is not available"), "{refused}");
}

#[tokio::test]
async fn an_agent_answers_where_one_runs() {
    let pve = guests().await;
    let agent = node(&pve).qemu(vmid(100)).agent();
    agent.ping().await.unwrap();
    assert_eq!(agent.os_info().await.unwrap().id.as_deref(), Some("debian"));
    assert_eq!(agent.host_name().await.unwrap(), "web");
    let exit = agent.run(&["echo", "a b", "c"], None, &WaitOptions::default()).await.unwrap();
    assert_eq!((exit.exitcode, exit.out_data.as_deref()), (Some(0), Some("a b c\n")));
    let exit = agent.run(&["cat"], Some("input"), &WaitOptions::default()).await.unwrap();
    assert_eq!(exit.out_data.as_deref(), Some("input"));
    assert!(agent.exec(&["nosuch"], None).await.unwrap_err().to_string().contains("nosuch"));
    assert_eq!((agent.freeze().await.unwrap(), agent.is_frozen().await.unwrap()), (1, true));
    assert_eq!((agent.thaw().await.unwrap(), agent.is_frozen().await.unwrap()), (1, false));

    pve.edit(100, |guest| guest.inner = None);
    let silent = agent.ping().await.unwrap_err();
    assert_eq!(silent.message(), "QEMU guest agent is not running");
    pve.edit(100, |guest| guest.power = Power::Stopped);
    assert_eq!(*agent.ping().await.unwrap_err().kind(), ErrorKind::NotRunning);
}
