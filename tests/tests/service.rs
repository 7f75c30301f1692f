//! `live::Service` between the fakes: what it runs, and what it tells.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use netbox_proxmox_core::live::branch::watch::SETTLED;
use netbox_proxmox_core::live::dispatch::lease::LEASE;
use netbox_proxmox_core::live::inbox::Work;
use netbox_proxmox_core::live::{MemoryStore, Service};
use netbox_proxmox_tests::{bridge, changes, netbox, proxmox, record};
use proxmox_api::testing::GuestKind;
use serde_json::json;
use tokio::sync::oneshot;

#[tokio::test]
async fn a_program_with_a_service_in_it_needs_no_loop_of_its_own() {
    let (netbox, proxmox) = (netbox().await, proxmox().await);
    let service = Service::builder(bridge(&netbox, &proxmox, MemoryStore::default())).build();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn({
        let service = service.clone();
        async move { service.run(async { drop(stopped.await) }).await }
    });
    netbox.create_vm(record(GuestKind::Qemu, json!({})));
    let new = service.accept(&changes(&netbox.deliveries()[0].json())).await.unwrap();
    service.dispatcher().idle().await;
    assert_eq!(new, [true]);
    assert!(proxmox.guest(100).is_some());
    stop.send(()).unwrap();
    running.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_another_instance_sweeps_is_left_to_it() {
    let (netbox, proxmox) = (netbox().await, proxmox().await);
    let bridge = bridge(&netbox, &proxmox, MemoryStore::default());
    for work in [Work::CatchUp, Work::Comparison, Work::Branches] {
        bridge.inbox.store().lease(work, "another", None).await.unwrap();
    }
    let every = Duration::from_secs(1);
    let service = Service::builder(bridge).catch_up(every).reconcile(Some(every)).build();
    // No longer than until it could be thought to have ended.
    service.run(tokio::time::sleep(LEASE / 2)).await;
    assert!(netbox.requests().is_empty() && proxmox.requests().is_empty(), "{:?}", netbox.requests());
    assert_eq!(service.board().status().caught_up, None);
}

#[tokio::test(start_paused = true)]
async fn a_branch_is_planned_by_itself_seconds_after_something_was_delivered() {
    let (netbox, proxmox) = (netbox().await, proxmox().await);
    for (name, kind) in [("proxmox_plan", "text"), ("proxmox_plan_digest", "text")] {
        let field = json!({"name": name, "type": kind, "object_types": ["netbox_branching.branch"]});
        netbox.user("admin").create("extras/custom-fields", field);
    }
    let branch = netbox.user("alice").create("plugins/branching/branches", json!({"name": "next-week"}));
    let id = branch["id"].as_u64().unwrap();
    let plan = || netbox.all("plugins/branching/branches")[0]["custom_fields"]["proxmox_plan"].clone();
    let mut bridge = bridge(&netbox, &proxmox, MemoryStore::default());
    let client = netbox_api::Client::builder(netbox.url()).token(netbox.token().into());
    bridge.netbox = client.transport(netbox.transport()).build().unwrap();
    let service = Service::builder(bridge).build();
    service.run(tokio::time::sleep(SETTLED * 4)).await;
    assert_eq!(plan(), "nothing-to-do", "{:?}", service.board().status().branches);
    assert_eq!(service.board().status().branches, "1 ready, all planned");
    let inside = service.dispatcher().bridge().netbox.branch(&format!("b{id:0>7}")).unwrap();
    let changed = async {
        tokio::time::sleep(SETTLED * 2).await;
        inside.post("extras/tags/", &json!({"name": "blue", "slug": "blue"})).await.unwrap();
        service.heard_of_a_branch();
        tokio::time::sleep(SETTLED * 4).await;
    };
    service.run(changed).await;
    let digest = netbox.all("plugins/branching/branches")[0]["custom_fields"]["proxmox_plan_digest"].clone();
    assert!(digest.as_str().unwrap().starts_with("1:"), "{digest}: long before the next look");
}
