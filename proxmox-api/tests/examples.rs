//! Every example runs against the fake.
#![cfg(all(feature = "client", feature = "testing"))]
// Each example has its own `main`, and its own way to the fake.
#![allow(dead_code, clippy::duplicate_mod, clippy::unwrap_used)]

#[path = "../examples/agent_exec.rs"]
mod agent_exec;
#[path = "../examples/backup.rs"]
mod backup;
#[path = "../examples/clone.rs"]
mod clone;
#[path = "../examples/connect/mod.rs"]
mod connect;
#[path = "../examples/firewall_rule.rs"]
mod firewall_rule;
#[path = "../examples/follow_task.rs"]
mod follow_task;
#[path = "../examples/inventory.rs"]
mod inventory;
#[path = "../examples/list.rs"]
mod list;
#[path = "../examples/snapshot.rs"]
mod snapshot;
#[path = "../examples/token.rs"]
mod token;
#[path = "../examples/upload.rs"]
mod upload;

#[tokio::test]
async fn they_leave_behind_what_they_say() {
    let (client, fake) = connect::client().await.unwrap();
    let pve = fake.unwrap();
    list::run(&client).await.unwrap();
    snapshot::run(&client).await.unwrap();
    assert!(pve.guest(100).unwrap().snapshots.is_empty());
    agent_exec::run(&client).await.unwrap();
    clone::run(&client).await.unwrap();
    assert!(pve.guest(101).unwrap().is_running());
    backup::run(&client).await.unwrap();
    assert_eq!(pve.guest(102).unwrap().name(), Some("web01-restored"));
    follow_task::run(&client).await.unwrap();
    assert_eq!(pve.count("POST /nodes/*/vzdump"), 2);
    upload::run(&client).await.unwrap();
    let manifest = std::fs::metadata(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    assert!(pve.volumes().iter().any(|it| it.volid == "local:iso/uploaded.iso" && it.size == manifest.len()));
    firewall_rule::run(&client).await.unwrap();
    assert_eq!(pve.count("POST /nodes/*/qemu/*/firewall/rules"), 1);
    token::run(&client).await.unwrap();
}

#[tokio::test]
async fn an_inventory_has_the_addresses_that_are_reached() {
    let (client, _fake) = connect::client().await.unwrap();
    let mut json = Vec::new();
    inventory::export(&client, inventory::Form::Json, &mut json).await.unwrap();
    let json = String::from_utf8(json).unwrap();
    let line = r#"{"vmid":100,"kind":"vm","name":"web01","node":"pve01","running":true,"addresses":["192.0.2.10/24","2001:db8::10/64"]}"#;
    assert!(json.lines().any(|it| it == line), "{json}");
    let mut csv = Vec::new();
    inventory::export(&client, inventory::Form::Csv, &mut csv).await.unwrap();
    let csv = String::from_utf8(csv).unwrap();
    assert!(csv.lines().any(|it| it == "200,lxc,dns01,pve01,true,192.0.2.53/24"), "{csv}");
}
