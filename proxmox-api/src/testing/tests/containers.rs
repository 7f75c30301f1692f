//! Containers: their life from creation to removal.

use serde_json::json;

use super::super::{Power, TaskTime};
use super::*;

const TINY: &str = "local:vztmpl/alpine-3.20-tiny_20260101_amd64.tar.gz";
const LXC: &str = "/nodes/pve01/lxc";
pub(super) const CT: &str = "/nodes/pve01/lxc/203";

/// Two nodes, files on each, one shared storage; on `pve01` a stopped container 203, a template of containers 9100
/// and a virtual machine 102.
pub(super) async fn containers() -> FakeProxmox {
    FakeProxmox::builder()
        .node("pve01")
        .node("pve02")
        .storage(Storage::dir("local"))
        .storage(Storage::shared("ceph"))
        .vztmpl(TINY)
        .guest(102, "vm102", |g| g.disk("scsi0", "local", 1024))
        .container(203, "ct203", |c| {
            c.disk("rootfs", "local", 1024)
                .memory(128)
                .cores(1)
                .tags("ct;tiny")
                .net("net0", "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AA:AA:03,ip=10.77.0.203/24,gw=10.77.0.1")
        })
        .container_template(9100, "ct-tmpl", |t| {
            t.disk("rootfs", "ceph", 1024).net("net0", "name=eth0,bridge=vmbr0,ip=dhcp").description("made by hand")
        })
        .token("root@pam!bridge", "secret")
        .start()
        .await
}

/// A configuration without its digest.
pub(super) async fn config(pve: &FakeProxmox, path: &str) -> Value {
    let mut config = get(pve, path).await.data();
    assert_eq!(config.as_object_mut().unwrap().remove("digest").unwrap().as_str().unwrap().len(), 40);
    config
}

/// The lines of a task's log.
pub(super) async fn log(pve: &FakeProxmox, answer: &Answer) -> Vec<String> {
    let upid = answer.upid();
    let node = upid.split(':').nth(1).unwrap();
    let lines = get(pve, &format!("/nodes/{node}/tasks/{upid}/log")).await.data();
    lines.as_array().unwrap().iter().map(|line| line["t"].as_str().unwrap().to_owned()).collect()
}

/// A property of a network device.
pub(super) fn net(pve: &FakeProxmox, vmid: u32, key: &str) -> Option<String> {
    let net0 = pve.guest(vmid).unwrap().get("net0").unwrap().to_owned();
    net0.split(',').find_map(|part| part.strip_prefix(&format!("{key}=")).map(str::to_owned))
}

fn keys(item: &Value) -> Vec<&str> {
    item.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Runs a task that changes the power of the container 203, and gives its exit status.
pub(super) async fn act(pve: &FakeProxmox, action: &str, form: &str) -> String {
    exit(pve, &post(pve, &format!("{CT}/status/{action}"), form).await).await
}

#[tokio::test]
async fn a_container_is_created_from_a_template_volume() {
    let pve = containers().await;
    let form = format!(
        "vmid=201&ostemplate={TINY}&hostname=ct201&memory=64&rootfs=local:1&net0=name=eth0,bridge=vmbr0,ip=dhcp\
         &unprivileged=1&features=nesting=1&onboot=1&description=line1%0Aline2&password=hunter22\
         &ssh-public-keys=ssh-ed25519+AAAAC3NzaC1lZDI1NTE5AAAAIJzLmHqbJ9ssHLyGqMAz6fBUNrRTbfxC1y8iG1Qm%2B8Yw+me@host"
    );
    let answer = post(&pve, LXC, &form).await;
    assert!(answer.upid().ends_with(":vzcreate:201:root@pam!bridge:"), "{}", answer.upid());
    assert_eq!(exit(&pve, &answer).await, "OK");
    let shown = config(&pve, "/nodes/pve01/lxc/201/config").await;
    let hwaddr = net(&pve, 201, "hwaddr").unwrap();
    assert!(hwaddr.starts_with("BC:24:11:"), "{hwaddr}");
    assert_eq!(
        shown,
        json!({
            "arch": "amd64", "description": "line1\nline2\n", "features": "nesting=1", "hostname": "ct201",
            "memory": 64, "net0": format!("name=eth0,bridge=vmbr0,hwaddr={hwaddr},ip=dhcp,type=veth"), "onboot": 1,
            "ostype": "alpine", "rootfs": "local:201/vm-201-disk-0.raw,size=1G", "swap": 512, "unprivileged": 1,
        })
    );
    let guest = pve.guest(201).unwrap();
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJzLmHqbJ9ssHLyGqMAz6fBUNrRTbfxC1y8iG1Qm+8Yw me@host";
    assert_eq!(guest.ssh_public_keys.as_deref(), Some(key));
    assert_eq!((guest.description(), guest.is_running()), (Some("line1\nline2"), false));
    let seen = format!("{guest:?} {:?} {:?}", pve.requests(), log(&pve, &answer).await);
    assert!(!seen.contains("hunter22") && pve.requests()[0].params["password"] == "********", "{seen}");
}

#[tokio::test]
async fn what_a_creation_leaves_open_has_defaults() {
    let pve = containers().await;
    let path = "/nodes/pve01/lxc/250/config";
    assert_eq!(exit(&pve, &post(&pve, LXC, &format!("vmid=250&ostemplate={TINY}")).await).await, "OK");
    assert_eq!(
        config(&pve, path).await,
        json!({
            "arch": "amd64", "hostname": "CT250", "memory": 512, "ostype": "alpine", "swap": 512, "unprivileged": 1,
            "rootfs": "local:250/vm-250-disk-0.raw,size=4G",
        })
    );
    let form = format!("vmid=251&ostemplate={TINY}&storage=ceph&start=1");
    assert_eq!(exit(&pve, &post(&pve, LXC, &form).await).await, "OK");
    let guest = pve.guest(251).unwrap();
    assert_eq!((guest.get("rootfs"), guest.is_running()), (Some("ceph:vm-251-disk-0,size=4G"), true));
    let tasks = pve.tasks();
    let kinds: Vec<&str> = tasks.iter().map(|task| task.kind.as_str()).collect();
    assert_eq!(kinds, ["vzcreate", "vzcreate", "vzstart"], "the start is a task of its own");
    assert!(tasks.iter().all(|task| task.exitstatus.as_deref() == Some("OK")), "{tasks:?}");
}

#[tokio::test]
async fn a_missing_template_is_found_out_by_the_task_and_missing_parameters_before() {
    let pve = containers().await;
    let required = "property is missing and it is not optional";
    let answer = post(&pve, LXC, "vmid=250").await;
    answer.bad("ostemplate", required);
    assert_eq!(answer.json()["errors"].as_object().unwrap().len(), 1);
    post(&pve, LXC, &format!("ostemplate={TINY}")).await.bad("vmid", required);
    let without_path = format!("vmid=250&ostemplate={TINY}&rootfs=local:1&mp0=local:1");
    let text = format!("invalid format - format error\nmp0.mp: {required}\n");
    post(&pve, LXC, &without_path).await.bad("mp0", &text);
    assert!(pve.tasks().is_empty());

    let answer = post(&pve, LXC, "vmid=250&ostemplate=local:vztmpl/nosuch.tar.gz").await;
    let exit = exit(&pve, &answer).await;
    assert!(exit.contains("'local:vztmpl/nosuch.tar.gz' does not exist"), "{exit}");
    assert!(pve.guest(250).is_none() && pve.volumes().iter().all(|volume| volume.vmid != 250));
}

#[tokio::test]
async fn of_two_creations_with_one_vmid_the_second_is_refused() {
    let pve = containers().await;
    let create = |vmid: u32| format!("vmid={vmid}&ostemplate={TINY}&rootfs=local:1");
    post(&pve, LXC, &create(203)).await.refused(500, "unable to create CT 203 - CT 203 already exists on node 'pve01'");
    post(&pve, LXC, &create(102)).await.refused(500, "unable to create CT 102 - VM 102 already exists on node 'pve01'");
    post(&pve, "/nodes/pve01/qemu", "vmid=203")
        .await
        .refused(500, "unable to create VM 203 - CT 203 already exists on node 'pve01'");
    pve.task_time("vzcreate", TaskTime::Manual);
    let first = post(&pve, LXC, &create(250)).await;
    assert_eq!(post(&pve, "/nodes/pve02/lxc", &create(250)).await.status, 500);
    pve.finish_tasks();
    assert_eq!(exit(&pve, &first).await, "OK");
    assert_eq!(pve.guest(250).unwrap().node, "pve01");
    assert_eq!(get(&pve, "/cluster/nextid").await.data(), "100");
}

#[tokio::test]
async fn the_power_state_is_checked_before_there_is_a_task() {
    let pve = containers().await;
    for action in ["stop", "shutdown", "suspend"] {
        post(&pve, &format!("{CT}/status/{action}"), "").await.refused(500, "CT 203 not running");
    }
    post(&pve, &format!("{CT}/status/reboot"), "").await.refused(500, "VM 203 not running");
    let start = post(&pve, &format!("{CT}/status/start"), "").await;
    assert!(start.upid().ends_with(":vzstart:203:root@pam!bridge:"), "{}", start.upid());
    assert_eq!(exit(&pve, &start).await, "OK");
    post(&pve, &format!("{CT}/status/start"), "").await.refused(500, "CT 203 already running");
    let pid = pve.guest(203).unwrap().pid.unwrap();
    assert_eq!(act(&pve, "reboot", "timeout=10").await, "OK");
    assert!(pve.guest(203).unwrap().pid.is_some_and(|new| new != pid));
    assert_eq!(
        act(&pve, "suspend", "").await,
        "command 'lxc-checkpoint -n 203 -s -D /var/lib/vz/dump' failed: exit code 1"
    );
    assert_eq!(act(&pve, "shutdown", "timeout=20").await, "OK");
    assert_eq!(act(&pve, "start", "").await, "OK");
    assert_eq!(act(&pve, "stop", "").await, "OK");
    assert_eq!((pve.guest(203).unwrap().power, pve.guest(203).unwrap().pid), (Power::Stopped, None));
}

#[tokio::test]
async fn the_rest_is_found_out_by_the_task() {
    let pve = containers().await;
    pve.lock_guest(203, "backup");
    assert_eq!(act(&pve, "start", "").await, "CT is locked (backup)");
    pve.unlock_guest(203);
    let start = post(&pve, "/nodes/pve01/lxc/4242/status/start", "").await;
    assert_eq!(exit(&pve, &start).await, "Configuration file 'nodes/pve01/lxc/4242.conf' does not exist");
    pve.edit(203, |c| {
        c.power = Power::Running;
        c.ignores_shutdown = true;
    });
    assert_ne!(act(&pve, "shutdown", "timeout=3").await, "OK");
    assert!(pve.guest(203).unwrap().is_running());
    assert_eq!(act(&pve, "shutdown", "timeout=20&forceStop=1").await, "OK");
    assert!(!pve.guest(203).unwrap().is_running());
}

#[tokio::test]
async fn destroying_refuses_at_once_what_runs_is_locked_or_protected() {
    let pve = containers().await;
    pve.attach_disk(203, "mp0", "ceph", 1024);
    pve.set_power(203, Power::Running);
    delete(&pve, CT).await.refused(500, "unable to destroy CT 203 - container is running");
    pve.set_power(203, Power::Stopped);
    pve.edit(203, |c| c.set("protection", "1"));
    delete(&pve, CT).await.refused(500, "can't remove CT 203 - protection mode enabled");
    pve.edit(203, |c| c.unset("protection"));
    pve.lock_guest(203, "backup");
    delete(&pve, CT).await.refused(500, "CT is locked (backup)");
    pve.unlock_guest(203);
    assert!(pve.tasks().is_empty() && pve.guest(203).is_some());
    let purge = delete(&pve, &format!("{CT}?purge=1")).await;
    assert!(purge.upid().ends_with(":vzdestroy:203:root@pam!bridge:"), "{}", purge.upid());
    assert_eq!(exit(&pve, &purge).await, "OK");
    assert_eq!(log(&pve, &purge).await, ["purging CT 203 from related configurations..", "TASK OK"]);
    assert!(pve.guest(203).is_none() && pve.volumes().iter().all(|volume| volume.vmid != 203));
    delete(&pve, CT).await.refused(500, "Configuration file 'nodes/pve01/lxc/203.conf' does not exist");

    pve.add_container(204, "c204", |c| c.disk("rootfs", "local", 1024).running());
    let forced = delete(&pve, "/nodes/pve01/lxc/204?force=1&destroy-unreferenced-disks=1").await;
    assert_eq!(exit(&pve, &forced).await, "OK");
    assert_eq!(log(&pve, &forced).await, ["forced to stop CT 204 before destroying!", "TASK OK"]);
    assert!(pve.guest(204).is_none());
}

#[tokio::test]
async fn a_running_container_migrates_by_a_restart() {
    let pve = containers().await;
    let path = format!("{CT}/migrate");
    post(&pve, &path, "target=nosuch").await.refused(500, "no such cluster node 'nosuch'");
    assert_eq!(exit(&pve, &post(&pve, &path, "target=pve02").await).await, "OK");
    let moved = pve.guest(203).unwrap();
    assert_eq!((moved.node.as_str(), moved.lock(), moved.is_running()), ("pve02", None, false));
    assert!(pve.volumes().iter().filter(|v| v.vmid == 203).all(|v| v.node.as_deref() == Some("pve02")));
    get(&pve, &format!("{CT}/config"))
        .await
        .refused(500, "Configuration file 'nodes/pve01/lxc/203.conf' does not exist");

    let path = "/nodes/pve02/lxc/203/migrate";
    pve.set_power(203, Power::Running);
    let pid = pve.guest(203).unwrap().pid;
    let text = "can't migrate running container without --online or --restart";
    post(&pve, path, "target=pve01").await.refused(500, text);
    assert_ne!(exit(&pve, &post(&pve, path, "target=pve01&online=1").await).await, "OK", "there is no live migration");
    assert_eq!((pve.guest(203).unwrap().node.as_str(), pve.guest(203).unwrap().lock()), ("pve02", None));
    let restart = post(&pve, path, "target=pve01&restart=1").await;
    assert!(restart.upid().ends_with(":vzmigrate:203:root@pam!bridge:"), "{}", restart.upid());
    assert_eq!(exit(&pve, &restart).await, "OK");
    let moved = pve.guest(203).unwrap();
    assert!(moved.node == "pve01" && moved.is_running() && moved.pid != pid && moved.lock().is_none(), "{moved:?}");
}

#[tokio::test]
async fn listings_tell_containers_from_virtual_machines() {
    let pve = containers().await;
    let list = get(&pve, LXC).await.data();
    assert_eq!(
        list[0],
        json!({
            "cpu": 0, "cpus": 1, "disk": 0, "diskread": 0, "diskwrite": 0, "maxdisk": 1_073_741_824,
            "maxmem": 134_217_728, "maxswap": 536_870_912, "mem": 0, "name": "ct203", "netin": 0, "netout": 0,
            "status": "stopped", "swap": 0, "tags": "ct;tiny", "type": "lxc", "uptime": 0, "vmid": 203,
        })
    );
    assert_eq!((&list[1]["vmid"], &list[1]["template"], list.get(2)), (&9100.into(), &1.into(), None));
    assert_eq!(get(&pve, "/nodes/pve02/lxc").await.data(), json!([]));
    assert_eq!(get(&pve, "/nodes/pve01/qemu").await.data().as_array().unwrap().len(), 1);
    let resources = get(&pve, "/cluster/resources?type=vm").await.data();
    let ids: Vec<&str> = resources.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["qemu/102", "lxc/203", "lxc/9100"]);
    assert_eq!(
        resources[1],
        json!({
            "cpu": 0, "disk": 0, "diskread": 0, "diskwrite": 0, "id": "lxc/203", "maxcpu": 1, "maxdisk": 1_073_741_824,
            "maxmem": 134_217_728, "mem": 0, "memhost": 0, "name": "ct203", "netin": 0, "netout": 0, "node": "pve01",
            "status": "stopped", "tags": "ct;tiny", "template": 0, "type": "lxc", "uptime": 0, "vmid": 203,
        })
    );
    assert_eq!(resources[2]["template"], 1);
    get(&pve, "/nodes/pve01/lxc/102/config")
        .await
        .refused(500, "Configuration file 'nodes/pve01/lxc/102.conf' does not exist");
    get(&pve, "/nodes/pve01/qemu/203/config")
        .await
        .refused(500, "Configuration file 'nodes/pve01/qemu-server/203.conf' does not exist");
}

#[tokio::test]
async fn the_status_is_live_and_of_what_runs_more_is_known() {
    let pve = containers().await;
    let path = format!("{CT}/status/current");
    let stopped = get(&pve, &path).await.data();
    assert_eq!((&stopped["status"], &stopped["ha"]), (&"stopped".into(), &json!({"managed": 0})));
    for absent in ["pid", "pressurecpusome", "template", "lock", "qmpstatus", "memhost"] {
        assert!(stopped.get(absent).is_none(), "{absent}: {stopped}");
    }
    pve.lag_listings();
    assert_eq!(act(&pve, "start", "").await, "OK");
    let running = get(&pve, &path).await.data();
    let expected = "cpu cpus disk diskread diskwrite ha maxdisk maxmem maxswap mem name netin netout pid \
                    pressurecpufull pressurecpusome pressureiofull pressureiosome pressurememoryfull \
                    pressurememorysome status swap tags type uptime vmid";
    let mut known = keys(&running);
    known.sort_unstable();
    assert_eq!(known.join(" "), expected);
    assert_eq!((&running["status"], &running["pressureiosome"]), (&"running".into(), &"0.00".into()));
    let volume = stopped["maxdisk"].as_u64().unwrap();
    assert!(running["maxdisk"].as_u64().is_some_and(|bytes| bytes < volume), "its file system is smaller: {running}");
    assert!(running["disk"].as_u64().is_some_and(|bytes| bytes > 0), "{running}");
    let listed = get(&pve, "/cluster/resources?type=vm").await.data();
    assert_eq!(listed[1]["status"], "stopped", "until the next cycle");
}
