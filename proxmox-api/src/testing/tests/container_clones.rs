//! Clones of containers, and templates.

use serde_json::json;

use super::super::{Power, TaskTime};
use super::containers::{CT, act, config, containers, log, net};
use super::*;

const CLONE: &str = "/nodes/pve01/lxc/9100/clone";

#[tokio::test]
async fn a_full_clone_keeps_all_but_the_hardware_address() {
    let pve = containers().await;
    pve.edit(203, |c| {
        c.set("protection", "1");
        c.set("unused0", "local:203/vm-203-disk-7.raw");
    });
    let answer = post(&pve, &format!("{CT}/clone"), "newid=210&full=1&hostname=full210&description=cl").await;
    assert!(answer.upid().ends_with(":vzclone:203:root@pam!bridge:"), "named for the source: {}", answer.upid());
    assert_eq!(exit(&pve, &answer).await, "OK");
    let lines = log(&pve, &answer).await;
    assert_eq!(lines[0], "creating a clone of container 203 with ID 210");
    assert_eq!(lines[1], "create full clone of mountpoint rootfs (local:203/vm-203-disk-0.raw)");
    let hwaddr = net(&pve, 210, "hwaddr").unwrap();
    assert_ne!(hwaddr, "BC:24:11:AA:AA:03");
    let net0 = format!("name=eth0,bridge=vmbr0,gw=10.77.0.1,hwaddr={hwaddr},ip=10.77.0.203/24,type=veth");
    let mut expected = config(&pve, &format!("{CT}/config")).await;
    expected.as_object_mut().unwrap().remove("unused0");
    for (option, value) in [
        ("hostname", "full210"),
        ("description", "cl\n"),
        ("rootfs", "local:210/vm-210-disk-0.raw,size=1G"),
        ("net0", &net0),
    ] {
        expected[option] = json!(value);
    }
    assert_eq!(config(&pve, "/nodes/pve01/lxc/210/config").await, expected, "and no lock is left on either");
    assert_eq!(net(&pve, 203, "hwaddr").as_deref(), Some("BC:24:11:AA:AA:03"));
}

#[tokio::test]
async fn both_are_locked_while_a_container_is_copied() {
    let pve = containers().await;
    pve.task_time("vzclone", TaskTime::Manual);
    let upid = post(&pve, &format!("{CT}/clone"), "newid=210&hostname=c210").await.upid();
    let shown = config(&pve, "/nodes/pve01/lxc/210/config").await;
    assert_eq!((&shown["lock"], &shown["hostname"]), (&"create".into(), &"c210".into()));
    assert_eq!(config(&pve, &format!("{CT}/config")).await["lock"], "disk");
    put(&pve, &format!("{CT}/config"), "cores=2").await.refused(500, "CT is locked (disk)");
    delete(&pve, "/nodes/pve01/lxc/210").await.refused(500, "CT is locked (create)");
    let resources = get(&pve, "/cluster/resources?type=vm").await.data();
    let listed = resources.as_array().unwrap().iter().find(|item| item["id"] == "lxc/210").unwrap();
    assert_eq!((&listed["name"], &listed["lock"]), (&"c210".into(), &"create".into()));
    post(&pve, CLONE, "newid=210").await.refused(500, "CT 210 already exists on node 'pve01'");
    assert!(pve.finish(&upid));
    assert_eq!((pve.guest(210).unwrap().lock(), pve.guest(203).unwrap().lock()), (None, None));

    let upid = post(&pve, &format!("{CT}/clone"), "newid=211").await.upid();
    delete(&pve, &format!("/nodes/pve01/tasks/{upid}")).await.data();
    assert_eq!((pve.guest(211), pve.guest(203).unwrap().lock()), (None, None), "interrupted: nothing is left");
}

#[tokio::test]
async fn a_template_is_cloned_linked_where_its_storage_can() {
    let pve = containers().await;
    let answer = post(&pve, CLONE, "newid=221&hostname=linked221").await;
    assert_eq!(exit(&pve, &answer).await, "OK");
    assert_eq!(log(&pve, &answer).await[1], "create linked clone of mount point rootfs (ceph:base-9100-disk-0)");
    let shown = config(&pve, "/nodes/pve01/lxc/221/config").await;
    assert_eq!(shown["rootfs"], "ceph:base-9100-disk-0/vm-221-disk-0,size=1G");
    assert_eq!((&shown["description"], shown.get("template")), (&"made by hand\n".into(), None));
    assert_eq!((net(&pve, 221, "ip").as_deref(), net(&pve, 221, "name").as_deref()), (Some("dhcp"), Some("eth0")));
    assert_ne!(net(&pve, 221, "hwaddr"), net(&pve, 9100, "hwaddr"));
    let text = "parameter 'storage' not allowed for linked clones";
    post(&pve, CLONE, "newid=222&storage=local").await.refused(500, text);
    let full = post(&pve, CLONE, "newid=222&full=1&storage=local").await;
    assert_eq!(exit(&pve, &full).await, "OK");
    assert_eq!(pve.guest(222).unwrap().get("rootfs"), Some("local:222/vm-222-disk-0.raw,size=1G"));

    post(&pve, &format!("{CT}/template"), "").await.data();
    let text = "Linked clone feature for 'local:203/base-203-disk-0.raw' is not available";
    post(&pve, &format!("{CT}/clone"), "newid=223").await.refused(500, text);
    assert!(pve.guest(223).is_none());
}

#[tokio::test]
async fn what_a_clone_of_a_container_may_not_be_is_said_at_once() {
    let pve = containers().await;
    post(&pve, CLONE, "newid=203").await.refused(500, "CT 203 already exists on node 'pve01'");
    post(&pve, CLONE, "newid=102").await.refused(500, "VM 102 already exists on node 'pve01'");
    post(&pve, CLONE, "newid=210&tags=a").await.bad("tags", super::super::schema::UNKNOWN);
    post(&pve, CLONE, "newid=210&name=a").await.bad("name", super::super::schema::UNKNOWN);
    post(&pve, CLONE, "newid=210&target=other").await.refused(500, "no such cluster node 'other'");
    pve.set_power(203, Power::Running);
    let text = "Full clone of a running container is only possible from a snapshot";
    post(&pve, &format!("{CT}/clone"), "newid=210&full=1").await.refused(500, text);
    pve.lock_guest(203, "backup");
    post(&pve, &format!("{CT}/clone"), "newid=210&full=1").await.refused(500, "CT is locked (backup)");
    assert!(pve.guest(210).is_none() && pve.tasks().is_empty());
}

#[tokio::test]
async fn a_template_is_made_behind_an_answer_that_names_no_task() {
    let pve = containers().await;
    pve.task_time("vztemplate", TaskTime::Manual);
    let before = config(&pve, &format!("{CT}/config")).await;
    assert_eq!(post(&pve, &format!("{CT}/template"), "").await.data(), Value::Null);
    assert_eq!(config(&pve, &format!("{CT}/config")).await, before, "not yet");
    pve.finish_tasks();
    let later = config(&pve, &format!("{CT}/config")).await;
    assert_eq!(later["rootfs"], "local:203/base-203-disk-0.raw,size=1G");
    assert_eq!(later["template"], 1);
    let tasks = get(&pve, "/nodes/pve01/tasks?limit=1&typefilter=vztemplate").await.data();
    assert_eq!((&tasks[0]["id"], &tasks[0]["status"]), (&"203".into(), &"OK".into()));
    let text = "you can't convert a template to a template";
    post(&pve, &format!("{CT}/template"), "").await.refused(500, text);
    assert_eq!(act(&pve, "start", "").await, "you can't start a CT if it's a template");
    assert!(!pve.guest(203).unwrap().is_running());
}
