//! Snapshots, guest agent, disks, consoles.

use proxmox_api::*;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::recorder::{Recorder, ask};

pub(crate) const UPID: &str = "UPID:pve:000000F9:00056CB7:6B02ADBE:qmclone:9001:root@pam!lab:";

pub(crate) fn node(client: &Client) -> NodeHandle {
    client.node(&"pve".parse().unwrap())
}

fn qemu(client: &Client) -> QemuHandle {
    node(client).qemu(Vmid::MIN)
}

fn lxc(client: &Client) -> LxcHandle {
    node(client).lxc(Vmid::MIN)
}

pub(crate) async fn calls(r: &mut Recorder) {
    snapshots(r).await;
    agent(r).await;
    let params = MoveDiskParams::new("scsi0").storage("ceph".parse::<StorageId>().unwrap()).delete(true).format("raw");
    let task = ask!(r, json!(UPID), c => qemu(&c).move_disk(&params));
    assert_eq!(task.upid().kind(), "qmclone");
    let params = MoveVolumeParams::new("mp0").target_vmid(Vmid::MAX).target_volume("mp1").digest("d").bwlimit(10_u64);
    ask!(r, json!(UPID), c => lxc(&c).move_volume(&params));
    ask!(r, json!(UPID), c => qemu(&c).template());
    consoles(r).await;
}

async fn snapshots(r: &mut Recorder) {
    // Recorded of a machine, and of a container.
    let listed = json!([
        {"name": "s1", "description": "first", "vmstate": 0, "snaptime": 1_795_337_325},
        {"digest": "18c874d5", "running": 0, "description": "You are here!", "name": "current", "parent": "s1"}
    ]);
    let list = ask!(r, listed, c => qemu(&c).snapshots().list());
    assert_eq!((list[0].name.as_str(), list[0].snaptime, list[0].vmstate), ("s1", Some(1_795_337_325), false));
    assert!(list[1].is_current() && !list[0].is_current());
    let listed = json!([{"snaptime": 1_795_337_550, "name": "s1", "description": ""}]);
    assert_eq!(ask!(r, listed, c => lxc(&c).snapshots().list()).len(), 1);
    let params = QemuSnapshotParams::new("before").description("of the upgrade").vmstate(true);
    ask!(r, json!(UPID), c => qemu(&c).snapshots().create(&params));
    let params = SnapshotParams::new("before").description("of the upgrade");
    ask!(r, json!(UPID), c => lxc(&c).snapshots().create(&params));
    let config = ask!(r, json!({"cores": 2, "memory": "512"}), c => qemu(&c).snapshots().config("s1"));
    assert!(matches!(config, Configuration::Qemu(_)));
    let config = ask!(r, json!({"hostname": "web", "memory": 512}), c => lxc(&c).snapshots().config("s1"));
    assert!(matches!(config, Configuration::Lxc(_)));
    ask!(r, json!(null), c => qemu(&c).snapshots().describe("s1", "second"));
    ask!(r, json!(null), c => lxc(&c).snapshots().describe("s1", "second"));
    ask!(r, json!(UPID), c => qemu(&c).snapshots().rollback("s1", true));
    ask!(r, json!(UPID), c => lxc(&c).snapshots().rollback("s1", false));
    ask!(r, json!(UPID), c => qemu(&c).snapshots().delete("s1", false));
    ask!(r, json!(UPID), c => lxc(&c).snapshots().delete("s1", true));
}

async fn agent(r: &mut Recorder) {
    // As the agent's own documentation has them: no agent was at hand when answers were recorded.
    ask!(r, json!({"result": {}}), c => qemu(&c).agent().ping());
    let info = json!({"result": {"id": "debian", "pretty-name": "Debian GNU/Linux 12 (bookworm)", "version-id": "12"}});
    assert_eq!(ask!(r, info, c => qemu(&c).agent().os_info()).version_id.as_deref(), Some("12"));
    let name = json!({"result": {"host-name": "web01"}});
    assert_eq!(ask!(r, name, c => qemu(&c).agent().host_name()), "web01");
    let file_systems =
        json!({"result": [{"name": "vda1", "mountpoint": "/", "type": "ext4", "total-bytes": 10, "disk": []}]});
    let file_systems = ask!(r, file_systems, c => qemu(&c).agent().filesystems());
    assert_eq!((file_systems[0].kind.as_deref(), file_systems[0].total_bytes), (Some("ext4"), Some(10)));
    let users = ask!(r, json!({"result": [{"user": "root", "login-time": 1.5}]}), c => qemu(&c).agent().users());
    assert_eq!((users[0].user.as_str(), users[0].login_time), ("root", Some(1.5)));
    assert_eq!(ask!(r, json!({"result": 2}), c => qemu(&c).agent().freeze()), 2);
    assert_eq!(ask!(r, json!({"result": 2}), c => qemu(&c).agent().thaw()), 2);
    assert!(ask!(r, json!({"result": "frozen"}), c => qemu(&c).agent().is_frozen()));
    ask!(r, json!({"result": {"paths": []}}), c => qemu(&c).agent().trim());
    let process = ask!(r, json!({"pid": 7}), c => qemu(&c).agent().exec(&["ls", "a b"], Some("input")));
    assert_eq!(process.pid, 7);
    let exit = json!({"exited": 1, "exitcode": 0, "out-data": "x\n", "out-truncated": 1});
    let exit = ask!(r, exit, c => qemu(&c).agent().exec_status(process));
    assert_eq!(
        (exit.exited, exit.exitcode, exit.out_data.as_deref(), exit.out_truncated),
        (true, Some(0), Some("x\n"), true)
    );
    let file = json!({"content": "root:x:0", "truncated": 1});
    assert!(ask!(r, file, c => qemu(&c).agent().read_file("/etc/passwd")).truncated);
    ask!(r, json!(null), c => qemu(&c).agent().write_file("/etc/motd", "hello"));
    ask!(r, json!({"result": {}}), c => qemu(&c).agent().set_password("root", "hunter2"));
    ask!(r, json!({"result": {}}), c => qemu(&c).agent().shutdown());
    // Recorded: an agent says prefixes as numbers.
    let interfaces = json!({"result": [{"name": "eth0", "ip-addresses": [{"ip-address": "192.0.2.7", "prefix": 24}]}]});
    assert_eq!(ask!(r, interfaces, c => qemu(&c).agent().interfaces())[0].addresses.len(), 1);
}

async fn consoles(r: &mut Recorder) {
    // Recorded: the port is text.
    let console =
        json!({"port": "5900", "ticket": "PVEVNC:6B02AD76::x", "user": "root@pam!lab", "cert": "-", "upid": UPID});
    let vnc = ask!(r, console.clone(), c => qemu(&c).vnc(true));
    assert_eq!((vnc.port.as_str(), vnc.ticket.expose_secret()), ("5900", "PVEVNC:6B02AD76::x"));
    assert!(!format!("{vnc:?}").contains("6B02AD76::x"));
    ask!(r, console.clone(), c => lxc(&c).vnc(false));
    ask!(r, console.clone(), c => qemu(&c).terminal());
    ask!(r, console.clone(), c => lxc(&c).terminal());
    ask!(r, console, c => node(&c).terminal());
    let spice = json!({"host": "pvespiceproxy:1", "password": "s", "tls-port": 61000, "proxy": "http://pve:3128"});
    assert_eq!(ask!(r, spice.clone(), c => qemu(&c).spice()).tls_port, Some(61000));
    ask!(r, spice, c => lxc(&c).spice());
}

/// What the bridge uses: more of these is in the crate's own tests of requests.
pub(crate) async fn calls_of_before(r: &mut Recorder) {
    ask!(r, json!({"version": "9.1.7"}), c => c.version());
    ask!(r, json!({}), c => c.permissions());
    ask!(r, json!([]), c => c.nodes());
    ask!(r, json!([]), c => c.storage_list());
    ask!(r, json!([]), c => c.cluster().status());
    ask!(r, json!([]), c => c.cluster().tasks());
    ask!(r, json!([]), c => c.cluster().resources(Some(ResourceType::Vm)));
    ask!(r, json!("100"), c => c.cluster().next_id(None));
    ask!(r, json!([]), c => node(&c).tasks(&TaskFilter::default()));
    ask!(r, json!([]), c => node(&c).storages());
    ask!(r, json!([]), c => node(&c).qemu_list());
    ask!(r, json!([]), c => node(&c).lxc_list());
    let upid: Upid = UPID.parse().unwrap();
    ask!(r, json!({"status": "running"}), c => c.task(upid.clone()).status());
    ask!(r, json!([]), c => c.task(upid.clone()).log(0, 10));
    ask!(r, json!(null), c => c.task(upid).stop());
    for kind in [GuestType::Qemu, GuestType::Lxc] {
        ask!(r, json!({}), c => node(&c).guest(kind, Vmid::MIN).config(ConfigView::Current));
        ask!(r, json!(null), c => node(&c).guest(kind, Vmid::MIN).set_config(&ConfigUpdate::new().cores(2).delete("net1")));
        ask!(r, json!([]), c => node(&c).guest(kind, Vmid::MIN).pending());
        ask!(r, json!(UPID), c => node(&c).guest(kind, Vmid::MIN).resize(&ResizeParams::to("scsi0", MiB(1024))));
        ask!(r, json!({"status": "running"}), c => node(&c).guest(kind, Vmid::MIN).status());
        ask!(r, json!(UPID), c => node(&c).guest(kind, Vmid::MIN).start(&StartParams::default()));
        ask!(r, json!(UPID), c => node(&c).guest(kind, Vmid::MIN).shutdown(&ShutdownParams::default()));
        ask!(r, json!(UPID), c => node(&c).guest(kind, Vmid::MIN).stop(&StopParams::default()));
        ask!(r, json!(UPID), c => node(&c).guest(kind, Vmid::MIN).suspend(&SuspendParams::default()));
        ask!(r, json!(UPID), c => node(&c).guest(kind, Vmid::MIN).resume());
        let target: NodeName = "pve02".parse().unwrap();
        ask!(r, json!({}), c => node(&c).guest(kind, Vmid::MIN).migration_check(&target));
        ask!(r, json!(UPID), c => node(&c).guest(kind, Vmid::MIN).migrate(&MigrateParams::new(target.clone())));
        ask!(r, json!(UPID), c => node(&c).guest(kind, Vmid::MIN).destroy(&DestroyParams::default()));
    }
    ask!(r, json!(UPID), c => qemu(&c).set_config_async(&ConfigUpdate::new().cores(2)));
    ask!(r, json!(UPID), c => qemu(&c).clone_to(&CloneParams::new(Vmid::MAX)));
    ask!(r, json!(null), c => qemu(&c).unlink(&["scsi1"], true));
    ask!(r, json!(null), c => qemu(&c).regenerate_cloudinit());
    ask!(r, json!(UPID), c => lxc(&c).clone_to(&LxcCloneParams::new(Vmid::MAX)));
    ask!(r, json!([]), c => lxc(&c).interfaces());
    ask!(r, json!(null), c => lxc(&c).template());
    ask!(r, json!(UPID), c => node(&c).create_lxc(&LxcCreateParams::new(Vmid::MIN, "local:vztmpl/debian.tar.zst")));
}
