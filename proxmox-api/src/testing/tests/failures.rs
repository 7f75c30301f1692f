//! Faults and hooks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::super::Fault;
use super::containers::{CT, containers};
use super::*;

const START: &str = "/nodes/pve01/qemu/101/status/start";

#[tokio::test]
async fn an_answer_can_replace_the_execution() {
    let pve = cluster().await;
    pve.fault(Fault::answer(500, "got timeout").on("PUT /nodes/*/qemu/101/config").times(2));
    pve.fault(Fault::permission_denied("/vms/101", "VM.PowerMgmt").on("POST /nodes/*/qemu/101/status/*"));
    for _ in 0..2 {
        put(&pve, CONFIG, "cores=2").await.refused(500, "got timeout");
    }
    post(&pve, START, "").await.refused(403, "Permission check failed (/vms/101, VM.PowerMgmt)");
    assert_eq!(pve.guest(101).unwrap().get("cores"), Some("1"));
    assert_eq!(put(&pve, CONFIG, "cores=2").await.status, 200);
    assert_eq!(pve.count("PUT /nodes/*/qemu/*/config"), 3);
    let executed: Vec<bool> = pve.requests().iter().map(|r| r.executed).collect();
    assert_eq!(executed, [false, false, false, true]);
}

#[tokio::test]
async fn a_596_may_hide_an_execution_and_a_595_hides_none() {
    let pve = cluster().await;
    pve.fault(Fault::gateway_timeout().on("POST /nodes/**"));
    let answer = post(&pve, START, "").await;
    assert_eq!((answer.status, answer.reason.as_str(), answer.text.as_str()), (596, "Connection timed out", ""));
    assert!(pve.guest(101).unwrap().is_running());
    pve.fault(Fault::unreachable());
    let answer = post(&pve, "/nodes/pve01/qemu/101/status/stop", "").await;
    assert_eq!((answer.status, answer.reason.as_str()), (595, "Connection refused"));
    assert!(pve.guest(101).unwrap().is_running());
}

#[tokio::test]
async fn connections_can_be_dropped_before_and_after() {
    let pve = cluster().await;
    pve.fault(Fault::drop_before().on("POST /nodes/**"));
    assert!(send(&pve, "POST", START, "").await.is_none());
    assert!(!pve.guest(101).unwrap().is_running());
    pve.fault(Fault::drop_after().on("POST /nodes/**"));
    assert!(send(&pve, "POST", START, "").await.is_none());
    assert!(pve.guest(101).unwrap().is_running());
    let seen: Vec<(Option<u16>, bool)> = pve.requests().iter().map(|r| (r.status, r.executed)).collect();
    assert_eq!(seen, [(None, false), (None, true)]);
}

#[tokio::test]
async fn tasks_can_end_with_warnings_or_fail() {
    let pve = cluster().await;
    pve.fault(Fault::warn_task(1).on("POST /nodes/*/qemu/*/status/start"));
    assert_eq!(exit(&pve, &post(&pve, START, "").await).await, "WARNINGS: 1");
    assert!(pve.guest(101).unwrap().is_running());
    pve.fault(Fault::fail_task("got timeout").on("POST /nodes/*/qemu/*/status/stop"));
    let stop = post(&pve, "/nodes/pve01/qemu/101/status/stop", "").await;
    assert_eq!(exit(&pve, &stop).await, "got timeout");
    assert!(pve.guest(101).unwrap().is_running());
    let errors = get(&pve, "/nodes/pve01/tasks?errors=1").await.json();
    assert_eq!((&errors["total"], &errors["data"][0]["status"]), (&1.into(), &"got timeout".into()));
}

#[tokio::test]
async fn a_held_configuration_lock_stops_writes_and_tasks_but_not_reads() {
    let pve = cluster().await;
    pve.hold_config_lock(101);
    let text = "can't lock file '/var/lock/qemu-server/lock-101.conf' - got timeout";
    put(&pve, CONFIG, "cores=2").await.refused(500, text);
    assert_eq!(exit(&pve, &post(&pve, START, "").await).await, text);
    assert_eq!(get(&pve, CONFIG).await.status, 200);
    pve.release_config_lock(101);
    assert_eq!(put(&pve, CONFIG, "cores=2").await.status, 200);
}

#[tokio::test]
async fn a_containers_lock_is_another_file() {
    let pve = containers().await;
    pve.hold_config_lock(203);
    let text = "can't lock file '/run/lock/lxc/pve-config-203.lock' - got timeout";
    put(&pve, &format!("{CT}/config"), "cores=2").await.refused(500, text);
    assert_eq!(exit(&pve, &post(&pve, &format!("{CT}/status/start"), "").await).await, text);
    pve.release_config_lock(203);
    assert_eq!(put(&pve, &format!("{CT}/config"), "cores=2").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_delay_holds_one_request_back() {
    let pve = cluster().await;
    let long = Duration::from_secs(30);
    pve.fault(Fault::delay(long).on("PUT /nodes/*/qemu/101/config"));
    for delayed in [true, false] {
        let begun = Instant::now();
        assert_eq!(put(&pve, CONFIG, "cores=2").await.status, 200, "and is executed");
        assert_eq!(begun.elapsed() >= long, delayed);
    }
}

#[tokio::test]
async fn a_401_can_be_answered_to_a_good_token() {
    let pve = cluster().await;
    pve.fault(Fault::unauthorized("Authentication failed!").on("PUT /nodes/*/qemu/101/config"));
    let answer = put(&pve, CONFIG, "cores=2").await;
    assert_eq!((answer.status, answer.reason.as_str(), answer.text.as_str()), (401, "Authentication failed!", ""));
    assert_eq!(pve.guest(101).unwrap().get("cores"), Some("1"));
    assert_eq!(put(&pve, CONFIG, "cores=2").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn only_a_401_takes_its_time() {
    let long = Duration::from_secs(3);
    let pve = FakeProxmox::builder().token("root@pam!bridge", "secret").auth_delay(long).start().await;
    pve.fault(Fault::unauthorized("invalid token").on("GET /version").after(1));
    for (secret, status) in [("wrong", 401), ("secret", 401), ("secret", 200)] {
        let begun = Instant::now();
        let header = format!("Authorization: PVEAPIToken=root@pam!bridge={secret}\r\n");
        assert_eq!(send_as(&pve, &header, "GET", "/version", "").await.unwrap().status, status);
        assert_eq!(begun.elapsed() >= long, status == 401);
    }
}

#[tokio::test]
async fn hooks_change_the_world_at_a_precise_point() {
    let pve = cluster().await;
    let calls = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&calls);
    pve.before("PUT /nodes/*/qemu/101/config", move |pve, request| {
        assert_eq!(request.params["cores"], "2");
        pve.lock_guest(101, "backup");
    });
    pve.after("PUT /nodes/*/qemu/101/config", move |pve, request| {
        assert_eq!(request.status, Some(500));
        pve.unlock_guest(101);
        seen.fetch_add(1, Ordering::Relaxed);
    });
    put(&pve, CONFIG, "cores=2").await.refused(500, "VM is locked (backup)");
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    assert_eq!(pve.guest(101).unwrap().lock(), None);
}

#[tokio::test]
async fn the_same_requests_give_the_same_world() {
    let mut worlds = Vec::new();
    for _ in 0..2 {
        let pve = cluster().await;
        post(&pve, "/nodes/pve01/qemu/9000/clone", "newid=110&full=1").await.data();
        put(&pve, CONFIG, "net1=virtio,bridge=vmbr0").await.data();
        worlds.push((pve.guests(), pve.volumes(), pve.tasks()));
    }
    assert_eq!(worlds[0], worlds[1]);
}
