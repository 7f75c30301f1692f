//! Pools: their members, and what rights on a pool are rights on. As seen on Proxmox VE 9.1.7, except for the errors that
//! name a member twice, no member or no pool, which are believed.

use serde_json::json;

use super::*;

const PRIVILEGES: &[&str] = &[
    "VM.Audit",
    "VM.Allocate",
    "VM.Clone",
    "VM.PowerMgmt",
    "VM.Config.CPU",
    "VM.Config.Options",
    "Datastore.AllocateSpace",
    "Pool.Audit",
];

/// A template 9000 and a machine 101 in the pool `acc`, a machine 102 in none; the pool `acc2` is empty. `pooled@pve!acc`
/// has rights on `acc`, and what a clone needs beside them.
async fn pools() -> FakeProxmox {
    FakeProxmox::builder()
        .storage(Storage::dir("local"))
        .pool("acc")
        .pool("acc2")
        .template(9000, "tmpl", |t| t.disk("scsi0", "local", 1024).net("net0", "virtio,bridge=vmbr0").pool("acc"))
        .guest(101, "web01", |g| g.pool("acc"))
        .guest(102, "web02", |g| g)
        .token("root@pam!lab", "secret")
        .limited_token(
            "pooled@pve!acc",
            "secret",
            &[
                ("/pool/acc", PRIVILEGES),
                ("/storage/local", &["Datastore.AllocateSpace"]),
                ("/sdn/zones/localnetwork", &["SDN.Use"]),
            ],
        )
        .start()
        .await
}

async fn pooled(pve: &FakeProxmox, method: &str, path: &str, form: &str) -> Answer {
    send_as(pve, "Authorization: PVEAPIToken=pooled@pve!acc=secret\r\n", method, path, form).await.unwrap()
}

fn vmids(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|item| item["vmid"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_guest_is_put_into_a_pool_and_taken_out() {
    let pve = pools().await;
    put(&pve, "/pools", "poolid=acc&vms=102").await.data();
    assert_eq!(pve.pool_of(102).as_deref(), Some("acc"));
    let listed = get(&pve, "/cluster/resources?type=vm").await.data();
    assert!(listed.as_array().unwrap().iter().all(|item| item["pool"] == "acc"), "{listed}");
    let again = "update pools failed: VM 102 is already a pool member";
    put(&pve, "/pools", "poolid=acc&vms=102").await.refused(500, again);
    put(&pve, "/pools", "poolid=acc&vms=102&delete=1").await.data();
    assert_eq!(pve.pool_of(102), None);
    let listed = get(&pve, "/cluster/resources?type=vm").await.data();
    assert!(listed.as_array().unwrap().iter().any(|item| item["vmid"] == 102 && item.get("pool").is_none()));
    let gone = "update pools failed: VM 102 is not a pool member";
    put(&pve, "/pools", "poolid=acc&vms=102&delete=1").await.refused(500, gone);
    let nowhere = "update pools failed: pool 'nosuch' does not exist";
    put(&pve, "/pools", "poolid=nosuch&vms=102").await.refused(500, nowhere);
}

#[tokio::test]
async fn a_guest_of_another_pool_moves_only_if_it_is_allowed_to() {
    let pve = pools().await;
    let text = "update pools failed: VM 101 belongs already to pool 'acc' and 'allow-move' is not set";
    put(&pve, "/pools", "poolid=acc2&vms=102,101").await.refused(500, text);
    assert_eq!((pve.pool_of(101).as_deref(), pve.pool_of(102)), (Some("acc"), None), "all of them or none");
    put(&pve, "/pools", "poolid=acc2&vms=101&allow-move=1").await.data();
    assert_eq!(pve.pool_of(101).as_deref(), Some("acc2"));
}

#[tokio::test]
async fn pools_are_made_shown_and_removed() {
    let pve = pools().await;
    post(&pve, "/pools", "poolid=new&comment=mine").await.data();
    let ids = json!([{"poolid": "acc"}, {"poolid": "acc2"}, {"poolid": "new", "comment": "mine"}]);
    assert_eq!(get(&pve, "/pools").await.data(), ids);
    pve.lag_listings();
    let clone = post(&pve, "/nodes/pve/qemu/9000/clone", "newid=110&full=1&pool=new").await;
    assert_eq!(exit(&pve, &clone).await, "OK");
    let member = json!({"id": "qemu/110", "node": "pve", "status": "unknown", "type": "qemu", "vmid": 110});
    let shown = json!([{"poolid": "new", "comment": "mine", "members": [member]}]);
    assert_eq!(get(&pve, "/pools?poolid=new").await.data(), shown, "new ones are unknown here too");
    put(&pve, "/pools", "poolid=acc2&storage=local").await.data();
    let members = get(&pve, "/pools?poolid=acc2").await.data()[0]["members"].clone();
    assert_eq!(members[0]["id"], "storage/pve/local");
    for (pool, holds) in [("new", "VM 110"), ("acc2", "storage 'local'")] {
        let text = format!("delete pool failed: pool '{pool}' is not empty (contains {holds})");
        delete(&pve, &format!("/pools?poolid={pool}")).await.refused(500, &text);
    }
    assert_eq!(exit(&pve, &delete(&pve, "/nodes/pve/qemu/110").await).await, "OK");
    delete(&pve, "/pools?poolid=new").await.data();
    get(&pve, "/pools?poolid=new").await.refused(500, "pool 'new' does not exist");
}

#[tokio::test]
async fn rights_on_a_pool_are_rights_on_its_members() {
    let pve = pools().await;
    assert_eq!(vmids(&pooled(&pve, "GET", "/cluster/resources?type=vm", "").await.data()), [101, 9000]);
    assert_eq!(vmids(&pooled(&pve, "GET", "/nodes/pve/qemu", "").await.data()), [101, 9000]);
    let held = pooled(&pve, "GET", "/access/permissions", "").await.data();
    assert_eq!(held["/pool/acc"]["VM.Clone"], 1);
    assert_eq!((&held["/vms/101"]["VM.Clone"], &held["/vms/9000"]["Pool.Audit"]), (&json!(0), &json!(0)));
    assert!(held.get("/vms/102").is_none() && held["/vms/101"].as_object().unwrap().len() == PRIVILEGES.len());
    assert_eq!(pooled(&pve, "GET", "/cluster/nextid", "").await.data(), "100");
    assert_eq!(pooled(&pve, "GET", "/pools", "").await.data(), json!([{"poolid": "acc"}]));

    let clone = "/nodes/pve/qemu/9000/clone";
    pooled(&pve, "POST", clone, "newid=103&full=1").await.refused(403, "Permission check failed");
    pooled(&pve, "POST", clone, "newid=103&full=1&pool=acc2").await.refused(403, "Permission check failed");
    pooled(&pve, "POST", clone, "newid=103&full=1&pool=acc").await.upid();
    assert_eq!(pve.pool_of(103).as_deref(), Some("acc"));
    let guest = "/nodes/pve/qemu/103";
    pooled(&pve, "PUT", &format!("{guest}/config"), "cores=1&tags=t").await.data();
    pooled(&pve, "POST", &format!("{guest}/status/start"), "").await.upid();
    pooled(&pve, "POST", &format!("{guest}/status/stop"), "").await.upid();
    pooled(&pve, "DELETE", guest, "").await.upid();
    assert!(pve.guest(103).is_none() && pve.pool_of(103).is_none());

    let other = "Permission check failed (/vms/102, VM.Allocate)";
    pooled(&pve, "DELETE", "/nodes/pve/qemu/102", "").await.refused(403, other);
    pooled(&pve, "GET", "/pools?poolid=acc2", "")
        .await
        .refused(403, "Permission check failed (/pool/acc2, Pool.Audit)");
    let change = "Permission check failed (/pool/acc, Pool.Allocate)";
    pooled(&pve, "PUT", "/pools", "poolid=acc&vms=102").await.refused(403, change);
    put(&pve, "/pools", "poolid=acc&vms=9000&delete=1").await.data();
    pooled(&pve, "POST", clone, "newid=103&pool=acc")
        .await
        .refused(403, "Permission check failed (/vms/9000, VM.Clone)");
}

#[tokio::test]
async fn whoever_may_allocate_the_vmid_may_name_any_pool_that_there_is() {
    let pve = FakeProxmox::builder()
        .storage(Storage::dir("local"))
        .pool("acc")
        .template(9000, "tmpl", |t| t.disk("scsi0", "local", 1024))
        .limited_token(
            "netbox@pve!bridge",
            "secret",
            &[("/vms", &["VM.Allocate", "VM.Clone"]), ("/storage", &["Datastore.AllocateSpace"])],
        )
        .start()
        .await;
    assert_eq!(get(&pve, "/pools").await.data(), json!([]));
    let clone = "/nodes/pve/qemu/9000/clone";
    post(&pve, clone, "newid=402&full=1&pool=acc").await.upid();
    assert_eq!(pve.pool_of(402).as_deref(), Some("acc"));
    let missing = "Permission check failed (pool 'nosuch' does not exist)";
    post(&pve, clone, "newid=403&full=1&pool=nosuch").await.refused(403, missing);
}
