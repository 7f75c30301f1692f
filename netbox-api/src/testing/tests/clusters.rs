//! Clusters that are renamed, and clusters of one name.

use serde_json::{Value, json};

use super::id;
use crate::testing::FakeNetBox;

#[tokio::test]
async fn a_renamed_cluster_has_its_new_name_everywhere_and_no_machine_is_told() {
    let netbox = FakeNetBox::builder().cluster("pve").start().await;
    let vm = id(&netbox.create_vm(json!({"name": "web01"})));
    netbox.hold();
    netbox.webhook("http://127.0.0.1:9/", None);
    let alice = netbox.user("alice");
    let hook = netbox.all("extras/webhooks")[0]["id"].clone();
    netbox.shell().create("extras/event-rules", json!({"name": "clusters", "object_types": ["virtualization.cluster"],
        "event_types": ["object_updated"], "action_type": "webhook", "action_object_type": "extras.webhook", "action_object_id": hook}));
    let before = netbox.vm(vm).unwrap();
    netbox.rename_cluster(1, "pve-berlin");

    let after = netbox.vm(vm).unwrap();
    assert_eq!((&after["cluster"]["name"], &after["cluster"]["id"]), (&json!("pve-berlin"), &json!(1)));
    assert_eq!(after["last_updated"], before["last_updated"]);
    let made = netbox.deliveries();
    assert_eq!(made.iter().map(|delivery| delivery.what()).collect::<Vec<_>>(), ["cluster-updated"]);
    let snapshots = &made[0].json()["snapshots"];
    assert_eq!(
        (&snapshots["prechange"]["name"], &snapshots["postchange"]["name"]),
        (&json!("pve"), &json!("pve-berlin"))
    );
    let entry = netbox.object_changes().pop().unwrap();
    assert_eq!(
        (&entry["changed_object_type"], &entry["prechange_data"]["name"]),
        (&json!("virtualization.cluster"), &json!("pve"))
    );
    netbox.update_vm(vm, json!({"memory": 1}));
    assert_eq!(netbox.deliveries()[1].json()["data"]["cluster"]["name"], "pve-berlin");
    let machines =
        |name: &str| alice.request("GET", &format!("virtualization/virtual-machines?cluster={name}"), Value::Null);
    assert_eq!((machines("pve-berlin").body["count"].as_u64(), machines("pve").status), (Some(1), 400));
}

#[tokio::test]
async fn two_sites_may_have_clusters_of_one_name() {
    let netbox = FakeNetBox::builder()
        .cluster_in_site("pve", "Berlin")
        .cluster_in_site("pve", "Paris")
        .cluster_in_site("other", "Paris")
        .start()
        .await;
    let alice = netbox.user("alice");
    for (name, cluster) in [("b", 1), ("p", 2), ("o", 3)] {
        netbox.create_vm(json!({"name": name, "cluster": cluster}));
    }
    let names = |path: &str| {
        let found = alice.request("GET", path, Value::Null).body;
        found["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["display"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("virtualization/clusters?name=pve"), ["pve", "pve"]);
    let machines = |query: &str| names(&format!("virtualization/virtual-machines?{query}"));
    assert_eq!(machines("cluster=pve"), ["b", "p"], "both clusters");
    assert_eq!(machines("cluster__n=pve"), ["o"]);
    assert_eq!(machines("cluster_id=2"), ["p"]);
    assert_eq!(machines("cluster=pve&cluster_id=2"), ["p"]);
    assert_eq!(netbox.vm_named("p").unwrap()["site"]["name"], "Paris");

    let by_name =
        alice.request("POST", "virtualization/virtual-machines", json!({"name": "x", "cluster": {"name": "pve"}}));
    assert_eq!(by_name.body, json!({"cluster": ["Multiple objects match the provided attributes: {'name': 'pve'}"]}));
    let cluster = |fields: Value| alice.request("POST", "virtualization/clusters", fields).status;
    assert_eq!(
        cluster(json!({"name": "PVE", "type": 1, "scope_type": "dcim.site", "scope_id": 2})),
        400,
        "once in Berlin"
    );
    assert_eq!(
        alice.request("PATCH", "virtualization/clusters/3", json!({"name": "pve"})).status,
        400,
        "once in Paris"
    );
    alice.create("virtualization/cluster-groups", json!({"name": "g", "slug": "g"}));
    for status in [201, 400] {
        assert_eq!(cluster(json!({"name": "pve", "type": 1, "group": 1})), status, "once in a group");
    }
    assert_eq!(
        (cluster(json!({"name": "pve", "type": 1})), cluster(json!({"name": "pve", "type": 1}))),
        (201, 201),
        "nowhere"
    );
}
