//! Tasks as the API shows them.

use super::super::TaskTime;
use super::*;

#[tokio::test]
async fn a_finished_task_has_an_exit_status_a_log_and_a_place_in_the_lists() {
    let pve = cluster().await;
    let upid = post(&pve, "/nodes/pve01/qemu/101/status/start", "").await.upid();
    let status = get(&pve, &format!("/nodes/pve01/tasks/{upid}/status")).await.data();
    for (key, value) in [
        ("node", "pve01"),
        ("type", "qmstart"),
        ("id", "101"),
        ("user", "root@pam"),
        ("tokenid", "bridge"),
        ("status", "stopped"),
        ("exitstatus", "OK"),
    ] {
        assert_eq!(status[key], value);
    }
    let log = get(&pve, &format!("/nodes/pve01/tasks/{upid}/log")).await.json();
    assert_eq!(
        log,
        serde_json::json!({"total": 2, "data": [
            {"n": 1, "t": "generating cloud-init ISO"}, {"n": 2, "t": "TASK OK"}]})
    );
    let list = get(&pve, "/nodes/pve01/tasks?vmid=101&typefilter=qmstart").await.json();
    assert_eq!((&list["total"], &list["data"][0]["status"]), (&1.into(), &"OK".into()));
    assert!(list["data"][0]["endtime"].is_u64());
    assert_eq!(get(&pve, "/nodes/pve02/tasks").await.json()["total"], 0);
}

#[tokio::test]
async fn a_running_task_shows_as_running_and_can_be_interrupted() {
    let pve = cluster().await;
    pve.task_time("*", TaskTime::Manual);
    let upid = post(&pve, "/nodes/pve01/qemu/101/status/start", "").await.upid();
    let path = format!("/nodes/pve01/tasks/{upid}");
    assert_eq!(get(&pve, &format!("{path}/status")).await.data()["status"], "running");
    assert_eq!(get(&pve, &format!("{path}/log")).await.data()[0]["t"], "no content");
    let active = get(&pve, "/nodes/pve01/tasks?source=active").await.data();
    assert_eq!((&active[0]["status"], &active[0]["user"]), (&"RUNNING".into(), &"root@pam!bridge".into()));
    let cluster = get(&pve, "/cluster/tasks").await.data();
    assert!(cluster[0].get("status").is_none() && cluster[0].get("endtime").is_none());
    assert_eq!(get(&pve, "/nodes/pve01/tasks").await.json()["total"], 0, "the archive has finished ones only");
    for _ in 0..2 {
        assert_eq!(delete(&pve, &path).await.data(), Value::Null);
    }
    assert_eq!(get(&pve, &format!("{path}/status")).await.data()["exitstatus"], "received interrupt");
    assert_eq!(get(&pve, &format!("{path}/log")).await.data()[0]["t"], "TASK ERROR: received interrupt");
    assert!(!pve.guest(101).unwrap().is_running());
}

#[tokio::test]
async fn unknown_tasks_differ_in_status_and_log() {
    let pve = cluster().await;
    get(&pve, "/nodes/pve01/tasks/garbage/status").await.bad("upid", "unable to parse worker upid");
    let unknown = "UPID:pve01:00000001:00000001:00000001:qmstart:100:root@pam:";
    get(&pve, &format!("/nodes/pve01/tasks/{unknown}/status")).await.bad("upid", "no such task");
    let log = get(&pve, &format!("/nodes/pve01/tasks/{unknown}/log")).await.data();
    assert_eq!(log[0]["t"], "unable to open file - No such file or directory");
}

#[tokio::test]
async fn a_task_of_real_time_ends_when_its_time_is_over_and_not_before() {
    let pve = cluster().await;
    pve.task_time("qmstart", TaskTime::Real(std::time::Duration::from_secs(3600)));
    let upid = post(&pve, "/nodes/pve01/qemu/101/status/start", "").await.upid();
    assert_eq!(pve.tasks()[0].exitstatus, None);
    assert!(!pve.guest(101).unwrap().is_running());
    let busy = "can't lock file '/var/lock/qemu-server/lock-101.conf' - got timeout";
    put(&pve, CONFIG, "cores=2").await.refused(500, busy);
    assert!(pve.finish(&upid));
    assert!(pve.guest(101).unwrap().is_running());
}

#[tokio::test]
async fn another_token_sees_no_tasks_but_its_own() {
    let pve = FakeProxmox::builder()
        .token("root@pam!a", "a")
        .limited_token("root@pam!b", "b", &[("/vms", &["VM.Audit"])])
        .guest(100, "x", |g| g)
        .start()
        .await;
    let upid = post(&pve, "/nodes/pve/qemu/100/status/start", "").await.upid();
    let other = "Authorization: PVEAPIToken=root@pam!b=b\r\n";
    let status = send_as(&pve, other, "GET", &format!("/nodes/pve/tasks/{upid}/status"), "").await.unwrap();
    status.refused(403, "Permission check failed (/nodes/pve, Sys.Audit)");
    let list = send_as(&pve, other, "GET", "/nodes/pve/tasks", "").await.unwrap();
    assert_eq!(list.json()["total"], 0);
}
