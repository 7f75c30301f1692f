//! Cluster-wide listings.

use super::*;

fn find(list: &Value, key: &str, value: &str) -> Value {
    list.as_array().unwrap().iter().find(|i| i[key] == value).unwrap_or_else(|| panic!("no {value} in {list}")).clone()
}

#[tokio::test]
async fn a_single_node_is_in_no_cluster() {
    let pve = FakeProxmox::builder().start().await;
    let status = get(&pve, "/cluster/status").await.data();
    assert_eq!(status.as_array().unwrap().len(), 1);
    assert_eq!(status[0]["name"], "pve");
    let several = cluster().await;
    let status = get(&several, "/cluster/status").await.data();
    assert_eq!(
        (&status[0]["type"], &status[0]["name"], &status[0]["quorate"]),
        (&"cluster".into(), &"cluster".into(), &1.into())
    );
}

#[tokio::test]
async fn nextid_looks_and_reserves_nothing() {
    let pve = cluster().await;
    assert_eq!(get(&pve, "/cluster/nextid").await.data(), "100");
    assert_eq!(get(&pve, "/cluster/nextid").await.data(), "100");
    assert_eq!(get(&pve, "/cluster/nextid?vmid=777").await.data(), "777");
    get(&pve, "/cluster/nextid?vmid=101").await.bad("vmid", "VM 101 already exists");
    let small = get(&pve, "/cluster/nextid?vmid=5").await;
    small.bad("vmid", "invalid format - value does not look like a valid VM ID\n");
}

#[tokio::test]
async fn resources_are_filtered_by_type() {
    let pve = cluster().await;
    let all = get(&pve, "/cluster/resources").await.data();
    let template = find(&all, "id", "qemu/9000");
    assert_eq!((&template["template"], &template["maxdisk"]), (&1.into(), &10_737_418_240_u64.into()));
    assert_eq!(find(&all, "id", "qemu/101")["template"], 0);
    assert_eq!(find(&all, "id", "storage/pve02/ceph")["shared"], 1);
    for (kind, count) in [("vm", 2), ("node", 2), ("storage", 6)] {
        let list = get(&pve, &format!("/cluster/resources?type={kind}")).await.data();
        assert_eq!(list.as_array().unwrap().len(), count, "{kind}");
    }
    let bad = "value 'bogus' does not have a value in the enumeration 'vm, storage, node, sdn'";
    get(&pve, "/cluster/resources?type=bogus").await.bad("type", bad);
}

#[tokio::test]
async fn listings_can_lag_behind() {
    let pve = cluster().await;
    pve.lag_listings();
    post(&pve, "/nodes/pve01/qemu/9000/clone", "newid=110&full=1&name=new").await.data();
    post(&pve, "/nodes/pve01/qemu/101/status/start", "").await.data();
    let list = get(&pve, "/cluster/resources?type=vm").await.data();
    let new = find(&list, "id", "qemu/110");
    assert_eq!((&new["status"], new.get("name")), (&"unknown".into(), None));
    assert_eq!(new["tags"], "tmpl;Alpha beta", "tags come from the configuration itself");
    assert_eq!(find(&list, "id", "qemu/101")["status"], "stopped");
    let live = get(&pve, "/nodes/pve01/qemu/101/status/current").await.data();
    assert_eq!(live["status"], "running", "the live status is live");
    pve.move_guest(101, "pve02");
    let list = get(&pve, "/cluster/resources?type=vm").await.data();
    assert_eq!(find(&list, "id", "qemu/101")["node"], "pve02", "where a guest is is known at once");
    pve.refresh_status();
    let list = get(&pve, "/cluster/resources?type=vm").await.data();
    assert_eq!(find(&list, "id", "qemu/110")["name"], "new");
    pve.remove_guest(110);
    let list = get(&pve, "/cluster/resources?type=vm").await.data();
    assert!(list.as_array().unwrap().iter().all(|i| i["id"] != "qemu/110"), "what is gone is gone at once");
}

#[tokio::test]
async fn a_node_that_is_down_answers_595_and_is_listed_offline() {
    let pve = cluster().await;
    pve.move_guest(101, "pve02");
    pve.node_down("pve02");
    let answer = get(&pve, "/nodes/pve02/qemu/101/config").await;
    assert_eq!((answer.status, answer.reason.as_str(), answer.text.as_str()), (595, "No route to host", ""));
    assert_eq!(find(&get(&pve, "/nodes").await.data(), "node", "pve02")["status"], "offline");
    let list = get(&pve, "/cluster/resources").await.data();
    assert_eq!(find(&list, "id", "qemu/101")["status"], "unknown");
    assert_eq!(find(&get(&pve, "/cluster/status").await.data(), "name", "pve02")["online"], 0);
    pve.node_up("pve02");
    assert_eq!(get(&pve, "/nodes/pve02/qemu/101/config").await.status, 200);
    let unknown = get(&pve, "/nodes/nosuch/qemu").await;
    assert!(unknown.status == 500 && unknown.reason.starts_with("hostname lookup 'nosuch' failed"));
}

#[tokio::test]
async fn a_nodes_guests_are_listed_without_what_is_false() {
    let pve = cluster().await;
    let list = get(&pve, "/nodes/pve01/qemu").await.data();
    let (template, guest) = (find(&list, "name", "debian-12-cloud"), find(&list, "name", "web01"));
    assert_eq!((&template["template"], guest.get("template"), guest.get("lock")), (&1.into(), None, None));
    assert_eq!((&guest["maxmem"], &guest["vmid"]), (&(512 * 1_048_576).into(), &101.into()));
    assert_eq!(get(&pve, "/nodes/pve02/qemu").await.data(), serde_json::json!([]));
    pve.lock_guest(101, "clone");
    assert_eq!(find(&get(&pve, "/nodes/pve01/qemu").await.data(), "name", "web01")["lock"], "clone");
}
