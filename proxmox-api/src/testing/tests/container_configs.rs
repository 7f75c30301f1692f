//! Configurations of containers: changes, network devices, the root disk and mount points.

use serde_json::json;

use super::super::{Power, TaskTime};
use super::containers::{CT, config, containers, log, net};
use super::*;

const CONFIG: &str = "/nodes/pve01/lxc/203/config";
const RESIZE: &str = "/nodes/pve01/lxc/203/resize";
const NET: &str = "net0=name=eth0,bridge=vmbr0,ip=10.77.0.213/24";

/// What is known of pending changes of one option.
async fn pending(pve: &FakeProxmox, key: &str) -> Option<Value> {
    let rows = get(pve, &format!("{CT}/pending")).await.data();
    rows.as_array().unwrap().iter().find(|row| row["key"] == key).cloned()
}

fn has_volume(pve: &FakeProxmox, volid: &str) -> bool {
    pve.volumes().iter().any(|volume| volume.volid == volid)
}

#[tokio::test]
async fn numbers_are_numbers_and_tags_are_put_in_order() {
    let pve = containers().await;
    let changes = "memory=256&cores=2&swap=128&hostname=renamed203&tags=Z%3Ba&onboot=1&description=cl";
    assert_eq!(put(&pve, CONFIG, changes).await.data(), Value::Null);
    assert_eq!(
        config(&pve, CONFIG).await,
        json!({
            "arch": "amd64", "cores": 2, "description": "cl\n", "hostname": "renamed203", "memory": 256,
            "net0": "name=eth0,bridge=vmbr0,gw=10.77.0.1,hwaddr=BC:24:11:AA:AA:03,ip=10.77.0.203/24,type=veth",
            "onboot": 1, "ostype": "debian", "rootfs": "local:203/vm-203-disk-0.raw,size=1G", "swap": 128,
            "tags": "a;z", "unprivileged": 1,
        })
    );
    assert_eq!(get(&pve, &format!("{CT}/status/current")).await.data()["name"], "renamed203");
    put(&pve, CONFIG, "description=first%0Asecond%0A").await.data();
    assert_eq!(config(&pve, CONFIG).await["description"], "first\nsecond\n", "one newline at its end, not two");
    put(&pve, CONFIG, "delete=cores,tags").await.data();
    let shown = config(&pve, CONFIG).await;
    assert_eq!((shown.get("cores"), shown.get("tags")), (None, None));
}

#[tokio::test]
async fn changes_of_a_running_container_are_effective_at_once() {
    let pve = containers().await;
    pve.set_power(203, Power::Running);
    put(&pve, CONFIG, "memory=300&cores=3&hostname=hot203").await.data();
    let current = config(&pve, &format!("{CONFIG}?current=1")).await;
    assert_eq!(
        (&current["memory"], &current["cores"], &current["hostname"]),
        (&300.into(), &3.into(), &"hot203".into())
    );
    assert_eq!(current, config(&pve, CONFIG).await);
    assert_eq!(pending(&pve, "memory").await, Some(json!({"key": "memory", "value": 300})));
    assert_eq!(pending(&pve, "digest").await.unwrap()["value"], get(&pve, CONFIG).await.data()["digest"]);
}

#[tokio::test]
async fn bad_values_and_refused_changes() {
    let pve = containers().await;
    let answer = put(&pve, CONFIG, "hostname=bad_host!&memory=1&net0=bridge%3Dvmbr0").await;
    assert_eq!(
        answer.json(),
        json!({
            "data": null, "message": "Parameter verification failed.\n",
            "errors": {
                "hostname": "invalid format - value does not look like a valid DNS name\n",
                "memory": "value must have a minimum value of 16",
                "net0": "invalid format - format error\nnet0.name: property is missing and it is not optional\n",
            },
        })
    );
    assert_eq!((answer.status, answer.reason.as_str()), (400, "Parameter verification failed."));
    put(&pve, CONFIG, "name=a").await.bad("name", super::super::schema::UNKNOWN);
    put(&pve, CONFIG, "ipconfig0=ip%3Ddhcp").await.bad("ipconfig0", super::super::schema::UNKNOWN);
    put(&pve, CONFIG, "delete=bogus").await.bad("delete", "unknown option 'bogus'");
    put(&pve, CONFIG, "").await.refused(500, "no options specified");
    put(&pve, CONFIG, "lock=backup").await.refused(500, "only root can set 'lock' config");
    let missing = "Configuration file 'nodes/pve01/lxc/4242.conf' does not exist";
    put(&pve, "/nodes/pve01/lxc/4242/config", "cores=2").await.refused(500, missing);
    get(&pve, "/nodes/pve01/lxc/4242/config").await.refused(500, missing);
    pve.lock_guest(203, "backup");
    put(&pve, CONFIG, "cores=1").await.refused(500, "CT is locked (backup)");
}

#[tokio::test]
async fn the_digest_guards_a_container_in_other_words() {
    let pve = containers().await;
    let digest = get(&pve, CONFIG).await.data()["digest"].as_str().unwrap().to_owned();
    let mismatch = "detected modified configuration - file changed by other user? Try again.";
    put(&pve, CONFIG, &format!("cores=4&digest={}", "0".repeat(40))).await.refused(500, mismatch);
    assert_eq!(put(&pve, CONFIG, &format!("cores=4&digest={digest}")).await.status, 200);
    put(&pve, CONFIG, &format!("cores=5&digest={digest}")).await.refused(500, mismatch);
    assert_eq!(pve.guest(203).unwrap().get("cores"), Some("4"));
}

#[tokio::test]
async fn a_device_without_an_address_gets_a_new_one_each_time() {
    let pve = containers().await;
    let mut seen = vec![net(&pve, 203, "hwaddr").unwrap()];
    for power in [Power::Stopped, Power::Stopped, Power::Running] {
        pve.set_power(203, power);
        put(&pve, CONFIG, NET).await.data();
        let hwaddr = net(&pve, 203, "hwaddr").unwrap();
        let expected = format!("name=eth0,bridge=vmbr0,hwaddr={hwaddr},ip=10.77.0.213/24,type=veth");
        assert_eq!(config(&pve, &format!("{CONFIG}?current=1")).await["net0"], expected, "{power:?}");
        assert!(!seen.contains(&hwaddr), "{hwaddr} again");
        seen.push(hwaddr);
    }
    put(&pve, CONFIG, &format!("{NET},hwaddr=BC:24:11:00:AA:01,tag=20,mtu=1400,ip6=auto")).await.data();
    assert_eq!(
        config(&pve, CONFIG).await["net0"],
        "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:AA:01,ip=10.77.0.213/24,ip6=auto,mtu=1400,tag=20,type=veth"
    );
    put(&pve, CONFIG, "net1=name=eth1,bridge=vmbr0&delete=net0").await.data();
    let guest = pve.guest(203).unwrap();
    assert!(guest.get("net0").is_none() && guest.get("net1").unwrap().starts_with("name=eth1,bridge=vmbr0,hwaddr=BC:"));
    let ip = put(&pve, CONFIG, "net0=name=eth0,ip=10.77.0.999/24").await;
    let text = "invalid format - value does not look like a valid ipv4 network configuration\n";
    ip.bad("net0", &format!("invalid format - format error\nnet0.ip: {text}\n"));
}

#[tokio::test]
async fn a_resize_is_checked_before_there_is_a_task() {
    let pve = containers().await;
    let plus = put(&pve, RESIZE, "disk=rootfs&size=%2B1G").await;
    assert!(plus.upid().ends_with(":resize:203:root@pam!bridge:"), "{}", plus.upid());
    assert_eq!(exit(&pve, &plus).await, "OK");
    assert_eq!(config(&pve, CONFIG).await["rootfs"], "local:203/vm-203-disk-0.raw,size=2G");
    assert_eq!(exit(&pve, &put(&pve, RESIZE, "disk=rootfs&size=3G").await).await, "OK");
    put(&pve, RESIZE, "disk=rootfs&size=3G").await.refused(500, "disk is already at specified size");
    put(&pve, RESIZE, "disk=rootfs&size=1G").await.refused(500, "unable to shrink disk size");
    let absent = put(&pve, RESIZE, "disk=mp5&size=1G").await;
    absent.refused(500, "format error");
    let required = "property is missing and it is not optional";
    assert_eq!(absent.json()["errors"], json!({"mp": required, "volume": required}));
    put(&pve, RESIZE, "disk=rootfs&size=big").await.bad("size", "value does not match the regex pattern");
    let unknown = put(&pve, RESIZE, "disk=scsi0&size=1G").await;
    assert_eq!(unknown.status, 400);
    assert!(unknown.json()["errors"]["disk"].as_str().unwrap().contains("enumeration 'rootfs, mp0, mp1, "));
    assert_eq!(pve.tasks().len(), 2, "no refused one began a task");

    pve.set_power(203, Power::Running);
    pve.task_time("resize", TaskTime::Manual);
    let running = put(&pve, RESIZE, "disk=rootfs&size=%2B512M").await;
    assert_eq!(config(&pve, CONFIG).await["rootfs"], "local:203/vm-203-disk-0.raw,size=3584M", "before the task ends");
    assert_eq!(pve.tasks()[2].exitstatus, None);
    pve.finish_tasks();
    assert_eq!(log(&pve, &running).await[..2], ["Image resized.", "resize2fs 1.47.2 (1-Jan-2025)"]);
    assert_eq!(pve.volumes().iter().find(|v| v.vmid == 203).unwrap().size, 3584 * 1024 * 1024);
}

#[tokio::test]
async fn a_mount_point_of_a_stopped_container_leaves_its_volume_behind() {
    let pve = containers().await;
    put(&pve, CONFIG, "mp0=local:1,mp=/data").await.data();
    let volid = "local:203/vm-203-disk-1.raw";
    assert_eq!(config(&pve, CONFIG).await["mp0"], format!("{volid},mp=/data,size=1G"));
    assert_eq!(exit(&pve, &put(&pve, RESIZE, "disk=mp0&size=2G").await).await, "OK");
    assert_eq!(config(&pve, CONFIG).await["mp0"], format!("{volid},mp=/data,size=2G"));
    put(&pve, CONFIG, "delete=mp0").await.data();
    let shown = config(&pve, CONFIG).await;
    assert_eq!((shown.get("mp0"), &shown["unused0"]), (None, &volid.into()));
    put(&pve, CONFIG, &format!("mp3={volid},mp=/again")).await.data();
    let shown = config(&pve, CONFIG).await;
    assert_eq!((shown.get("unused0"), &shown["mp3"]), (None, &format!("{volid},mp=/again,size=2G").into()));
    put(&pve, CONFIG, "delete=mp3").await.data();
    assert!(has_volume(&pve, volid));
    put(&pve, CONFIG, "delete=unused0").await.data();
    assert!(!has_volume(&pve, volid) && pve.guest(203).unwrap().get("unused0").is_none());

    let text = "invalid format - format error\nmp1.mp: property is missing and it is not optional\n";
    put(&pve, CONFIG, "mp1=local:1").await.bad("mp1", text);
    put(&pve, CONFIG, "mp1=nostore:1,mp=/x").await.refused(500, "storage 'nostore' does not exist");
    pve.edit(203, |c| c.set("protection", "1"));
    assert_eq!(put(&pve, CONFIG, "mp1=local:1,mp=/x").await.status, 500, "protected");
    put(&pve, CONFIG, "protection=0").await.data();
    put(&pve, CONFIG, "mp1=local:1,mp=/x").await.data();
}

#[tokio::test]
async fn a_mount_point_of_a_running_container_goes_when_it_stops() {
    let pve = containers().await;
    pve.set_power(203, Power::Running);
    put(&pve, CONFIG, "mp0=local:1,mp=/data").await.data();
    let value = "local:203/vm-203-disk-1.raw,mp=/data,size=1G";
    assert_eq!(pending(&pve, "mp0").await, Some(json!({"key": "mp0", "value": value})), "added at once");
    put(&pve, CONFIG, "delete=mp0").await.data();
    assert_eq!(pending(&pve, "mp0").await, Some(json!({"key": "mp0", "value": value, "delete": 1})));
    assert_eq!(config(&pve, &format!("{CONFIG}?current=1")).await["mp0"], value);
    let merged = config(&pve, CONFIG).await;
    assert_eq!((merged.get("mp0"), merged.get("unused0")), (None, None));
    let stop = post(&pve, &format!("{CT}/status/shutdown"), "timeout=20&forceStop=1").await;
    assert_eq!(exit(&pve, &stop).await, "OK");
    let shown = config(&pve, CONFIG).await;
    assert_eq!((shown.get("mp0"), &shown["unused0"]), (None, &"local:203/vm-203-disk-1.raw".into()));
    assert_eq!((pending(&pve, "mp0").await, shown), (None, config(&pve, &format!("{CONFIG}?current=1")).await));
    put(&pve, CONFIG, "delete=unused0").await.data();
    assert!(!has_volume(&pve, "local:203/vm-203-disk-1.raw") && has_volume(&pve, "local:203/vm-203-disk-0.raw"));

    pve.set_power(203, Power::Running);
    put(&pve, CONFIG, "mp0=local:1,mp=/data").await.data();
    put(&pve, CONFIG, "delete=mp0").await.data();
    put(&pve, CONFIG, "revert=mp0").await.data();
    post(&pve, &format!("{CT}/status/stop"), "").await.data();
    assert_eq!(config(&pve, CONFIG).await["mp0"], value, "a removal that was taken back");
}

#[tokio::test]
async fn rights_on_containers_are_those_on_guests_and_bridges() {
    let pve = FakeProxmox::builder()
        .vztmpl("local:vztmpl/alpine.tar.gz")
        .container(203, "ct203", |c| c.disk("rootfs", "local", 1024))
        .container_template(9100, "tmpl", |t| t.disk("rootfs", "local-lvm", 1024).net("net0", "name=eth0,bridge=vmbr0"))
        .container(204, "ct204", |c| c.disk("rootfs", "local", 1024))
        .limited_token(
            "lp@pve!tt",
            "s",
            &[
                ("/vms/203", &["VM.Audit", "VM.Config.Network"]),
                ("/vms/250", &["VM.Allocate"]),
                ("/vms/9100", &["VM.Clone"]),
                ("/storage", &["Datastore.AllocateSpace"]),
            ],
        )
        .start()
        .await;
    let path = "/nodes/pve/lxc/203/config";
    let refused = |path: &str| format!("Permission check failed ({path}, SDN.Use)");
    let (bridge, vlan) = (refused("/sdn/zones/localnetwork/vmbr0"), refused("/sdn/zones/localnetwork/vmbr0/5"));
    put(&pve, path, "net0=name=eth0,bridge=vmbr0").await.refused(403, &bridge);
    put(&pve, path, "net0=name=eth0,bridge=vmbr0,tag=5").await.refused(403, &vlan);
    put(&pve, path, "hostname=allowed").await.data();
    put(&pve, path, "cores=2").await.refused(403, "Permission check failed (/vms/203, VM.Config.CPU)");
    put(&pve, path, "mp0=local:1,mp=/x").await.refused(403, "Permission check failed (/vms/203, VM.Config.Disk)");
    let create = "vmid=250&ostemplate=local:vztmpl/alpine.tar.gz&net0=name=eth0,bridge=vmbr0";
    post(&pve, "/nodes/pve/lxc", create).await.refused(403, &bridge);
    post(&pve, "/nodes/pve/lxc/9100/clone", "newid=250").await.refused(403, &bridge);
    let start = post(&pve, "/nodes/pve/lxc/203/status/start", "").await;
    start.refused(403, "Permission check failed (/vms/203, VM.PowerMgmt)");
    get(&pve, "/nodes/pve/lxc/4242/config").await.refused(403, "Permission check failed (/vms/4242, VM.Audit)");
    assert_eq!(get(&pve, "/nodes/pve/lxc").await.data().as_array().unwrap().len(), 1);
    assert!(pve.tasks().is_empty() && pve.guest(250).is_none());
}
