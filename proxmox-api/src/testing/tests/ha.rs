//! Guests under HA.

use super::super::TaskTime;
use super::*;

#[tokio::test]
async fn a_task_only_asks_ha_and_the_work_is_done_later() {
    let pve = cluster().await;
    pve.ha_managed(101, TaskTime::Manual);
    let status = || async { get(&pve, "/nodes/pve01/qemu/101/status/current").await.data() };
    assert_eq!(status().await["ha"]["managed"], 1);
    assert_eq!(get(&pve, "/cluster/ha/resources").await.data()[0]["sid"], "vm:101");
    let upid = post(&pve, "/nodes/pve01/qemu/101/status/start", "").await.upid();
    assert!(upid.contains(":hastart:101:"), "{upid}");
    assert_eq!(get(&pve, &format!("/nodes/pve01/tasks/{upid}/status")).await.data()["exitstatus"], "OK");
    assert_eq!(status().await["status"], "stopped");
    pve.finish_tasks();
    assert_eq!(status().await["status"], "running");
    let upid = post(&pve, "/nodes/pve01/qemu/101/migrate", "target=pve02&online=1&with-local-disks=1").await.upid();
    assert!(upid.contains(":hamigrate:"), "{upid}");
    assert_eq!(pve.guest(101).unwrap().node, "pve01");
    pve.finish_tasks();
    assert_eq!(pve.guest(101).unwrap().node, "pve02");
}

#[tokio::test]
async fn a_guest_under_ha_is_removed_with_purge_only() {
    let pve = cluster().await;
    pve.ha_managed(101, TaskTime::Instant);
    let refused = delete(&pve, "/nodes/pve01/qemu/101").await;
    refused.refused(500, "unable to remove VM 101 - used in HA resources and purge parameter not set.");
    delete(&pve, "/nodes/pve01/qemu/101?purge=1").await.upid();
    assert!(pve.guest(101).is_none());
    assert_eq!(get(&pve, "/cluster/ha/resources").await.data(), serde_json::json!([]));
}
