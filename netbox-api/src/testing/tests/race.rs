//! Two requests at once, of which the later save loses what the earlier one wrote.

use serde_json::{Value, json};

use super::http::{ask, send};
use super::id;
use crate::testing::FakeNetBox;

const VM: &str = "/api/virtualization/virtual-machines/1/";

async fn start() -> FakeNetBox {
    let netbox = FakeNetBox::builder().tag("managed").start().await;
    netbox.create_vm(json!({"name": "web01", "memory": 1024, "custom_fields": {"proxmox_node": "pve01"}}));
    netbox.hold();
    netbox.webhook("http://127.0.0.1:9/", None);
    netbox
}

#[tokio::test]
async fn the_later_save_writes_back_what_it_read() {
    let netbox = start().await;
    netbox.race(1, "bob", json!({"description": "bob was here", "custom_fields": {"proxmox_vm_type": "vm"}}));
    let fields = json!({"memory": 4096, "tags": [1], "custom_fields": {"proxmox_vmid": "100"}});
    let patched = ask(&netbox, "PATCH", VM, fields).await;
    assert_eq!(patched.status, 200);
    assert_eq!(patched.json()["custom_fields"]["proxmox_vmid"], "100", "the answer does not tell");
    assert_eq!(patched.json()["description"], "");

    let now = netbox.vm(1).unwrap();
    assert_eq!((&now["memory"], &now["description"]), (&json!(1024), &json!("bob was here")));
    assert_eq!(now["custom_fields"]["proxmox_vmid"], Value::Null, "lost");
    assert_eq!(now["custom_fields"]["proxmox_vm_type"]["value"], "vm");
    assert_eq!(now["tags"][0]["name"], "managed", "tags are no column");

    let rows = netbox.object_changes();
    let [.., patch, other] = &rows[..] else { panic!("two entries") };
    assert_eq!((&patch["user_name"], &other["user_name"]), (&json!("admin"), &json!("bob")));
    assert_eq!(patch["postchange_data"]["custom_fields"]["proxmox_vmid"], "100");
    for side in ["prechange_data", "postchange_data"] {
        assert_eq!(other[side]["custom_fields"].get("proxmox_vmid"), None, "no trace in {side}");
        assert_eq!(other[side]["memory"], 1024, "{side}");
    }
    assert_eq!(other["prechange_data"]["tags"], json!([]));

    let made = netbox.deliveries();
    let users: Vec<_> = made.iter().map(|delivery| delivery.json()["request"]["user"].clone()).collect();
    assert_eq!(users, ["admin", "bob"]);
    let snapshots = &made[1].json()["snapshots"];
    assert_eq!(snapshots["prechange"]["custom_fields"], json!({"proxmox_node": "pve01"}));
    assert_eq!(snapshots["postchange"]["custom_fields"], json!({"proxmox_node": "pve01", "proxmox_vm_type": "vm"}));
    assert_ne!(made[0].request_id, made[1].request_id);
}

#[tokio::test]
async fn if_match_does_not_help_and_one_race_is_one_race() {
    let netbox = start().await;
    netbox.race(1, "bob", json!({"description": "x"}));
    netbox.update_vm(1, json!({"serial": "people in the same process do not race"}));
    let other = netbox.create_vm(json!({"name": "web02"}));
    let elsewhere = format!("/api/virtualization/virtual-machines/{}/", id(&other));
    ask(&netbox, "PATCH", &elsewhere, json!({"memory": 1})).await;
    assert_eq!(netbox.vm(1).unwrap()["description"], "", "not yet");

    let token = format!("Bearer {}", netbox.token());
    let etag = ask(&netbox, "GET", VM, Value::Null).await.header("ETag").unwrap().to_owned();
    let headers = [("Authorization", token.as_str()), ("If-Match", etag.as_str())];
    let patched = send(&netbox, "PATCH", VM, &headers, &json!({"memory": 4096})).await.unwrap();
    assert_eq!((patched.status, &patched.json()["memory"]), (200, &json!(4096)));
    assert_eq!(netbox.vm(1).unwrap()["memory"], 1024);

    ask(&netbox, "PATCH", VM, json!({"memory": 4096})).await;
    assert_eq!(netbox.vm(1).unwrap()["memory"], 4096, "the second one is alone");
}

#[tokio::test]
async fn the_other_saves_also_when_the_patch_is_refused() {
    let netbox = start().await;
    netbox.race(1, "bob", json!({"description": "x"}));
    assert_eq!(ask(&netbox, "PATCH", VM, json!({"memory": -1})).await.status, 400);
    assert_eq!(netbox.vm(1).unwrap()["description"], "x");
    assert_eq!(netbox.deliveries().len(), 1);
}

#[tokio::test]
#[should_panic(expected = "NetBox would refuse it")]
async fn a_race_that_netbox_would_refuse_is_a_mistake() {
    start().await.race(1, "bob", json!({"memory": -1}));
}
