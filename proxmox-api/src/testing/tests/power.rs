//! Power and destruction.

use super::super::{Power, TaskTime};
use super::*;

async fn act(pve: &FakeProxmox, what: &str, form: &str) -> String {
    let answer = post(pve, &format!("/nodes/pve01/qemu/101/status/{what}"), form).await;
    exit(pve, &answer).await
}

#[tokio::test]
async fn preconditions_of_power_are_found_in_the_task() {
    let pve = cluster().await;
    assert_eq!(act(&pve, "start", "").await, "OK");
    let live = get(&pve, "/nodes/pve01/qemu/101/status/current").await.data();
    assert_eq!((&live["status"], &live["qmpstatus"]), (&"running".into(), &"running".into()));
    assert_eq!(act(&pve, "start", "").await, "VM 101 already running");
    assert_eq!(act(&pve, "shutdown", "timeout=5").await, "OK");
    assert_eq!(act(&pve, "stop", "").await, "OK", "stopping a stopped machine is fine");
    let start = post(&pve, "/nodes/pve01/qemu/9000/status/start", "").await;
    assert_eq!(exit(&pve, &start).await, "you can't start a vm if it's a template");
    let start = post(&pve, "/nodes/pve01/qemu/4242/status/start", "").await;
    let missing = "Configuration file 'nodes/pve01/qemu-server/4242.conf' does not exist";
    assert_eq!(exit(&pve, &start).await, missing);
    let stop = post(&pve, "/nodes/pve01/qemu/4242/status/stop", "").await;
    assert_eq!(exit(&pve, &stop).await, "unable to find configuration file for VM 4242 on node 'pve01'");
    pve.lock_guest(101, "backup");
    assert_eq!(act(&pve, "start", "").await, "VM is locked (backup)");
    pve.unlock_guest(101);
    pve.edit(101, |g| g.set("net0", "virtio=BC:24:11:00:00:09,bridge=vmbr9"));
    assert_eq!(act(&pve, "start", "").await, "bridge 'vmbr9' does not exist");
}

#[tokio::test]
async fn what_needs_a_running_machine_is_refused_at_once() {
    let pve = cluster().await;
    for what in ["reboot", "reset", "suspend", "resume"] {
        post(&pve, &format!("/nodes/pve01/qemu/101/status/{what}"), "").await.refused(500, "VM 101 not running");
    }
    pve.set_power(101, Power::Running);
    let pid = pve.guest(101).unwrap().pid;
    assert_eq!(act(&pve, "suspend", "").await, "OK");
    assert_eq!(pve.guest(101).unwrap().power, Power::Paused);
    let live = get(&pve, "/nodes/pve01/qemu/101/status/current").await.data();
    assert_eq!((&live["status"], &live["qmpstatus"]), (&"running".into(), &"paused".into()));
    assert_eq!(act(&pve, "resume", "").await, "OK");
    assert_eq!(act(&pve, "reboot", "").await, "OK");
    assert!(pve.guest(101).unwrap().is_running() && pve.guest(101).unwrap().pid != pid);
}

#[tokio::test]
async fn a_guest_that_ignores_acpi_is_stopped_only_by_force() {
    let pve = cluster().await;
    pve.edit(101, |g| {
        g.power = Power::Running;
        g.ignores_shutdown = true;
    });
    assert_eq!(act(&pve, "shutdown", "timeout=3").await, "VM quit/powerdown failed - got timeout");
    assert!(pve.guest(101).unwrap().is_running());
    assert_eq!(act(&pve, "shutdown", "timeout=3&forceStop=1").await, "OK");
    assert!(!pve.guest(101).unwrap().is_running());
}

#[tokio::test]
async fn a_stop_can_overrule_a_shutdown_that_hangs() {
    let pve = cluster().await;
    pve.set_power(101, Power::Running);
    pve.task_time("qmshutdown", TaskTime::Manual);
    let shutdown = post(&pve, "/nodes/pve01/qemu/101/status/shutdown", "").await;
    let timeout = "can't lock file '/var/lock/qemu-server/lock-101.conf' - got timeout";
    assert_eq!(act(&pve, "stop", "").await, timeout);
    assert_eq!(act(&pve, "stop", "overrule-shutdown=1").await, "OK");
    assert_eq!(exit(&pve, &shutdown).await, "received interrupt");
    assert!(!pve.guest(101).unwrap().is_running());
}

#[tokio::test]
async fn destroying_takes_the_volumes_along_and_refuses_what_runs_or_is_protected() {
    let pve = cluster().await;
    let path = "/nodes/pve01/qemu/101";
    pve.set_power(101, Power::Running);
    delete(&pve, path).await.refused(500, "VM 101 is running - destroy failed");
    pve.set_power(101, Power::Stopped);
    pve.edit(101, |g| g.set("protection", "1"));
    delete(&pve, path).await.refused(500, "can't remove VM 101 - protection mode enabled");
    pve.edit(101, |g| g.unset("protection"));
    pve.lock_guest(101, "backup");
    assert_eq!(exit(&pve, &delete(&pve, path).await).await, "VM is locked (backup)");
    pve.unlock_guest(101);
    delete(&pve, &format!("{path}?skiplock=1")).await.bad("skiplock", "Only root may use this option.");
    assert_eq!(exit(&pve, &delete(&pve, &format!("{path}?purge=1")).await).await, "OK");
    assert!(pve.guest(101).is_none() && !pve.volumes().iter().any(|v| v.vmid == 101));
    delete(&pve, path).await.refused(500, "Configuration file 'nodes/pve01/qemu-server/101.conf' does not exist");
}
