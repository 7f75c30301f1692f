//! `live::Service` between the fakes: what it runs, and what it tells.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

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
    for work in [Work::CatchUp, Work::Comparison] {
        bridge.inbox.store().lease(work, "another", None).await.unwrap();
    }
    let every = Duration::from_secs(1);
    let service = Service::builder(bridge).catch_up(every).reconcile(Some(every)).build();
    // No longer than until it could be thought to have ended.
    service.run(tokio::time::sleep(LEASE / 2)).await;
    assert!(netbox.requests().is_empty() && proxmox.requests().is_empty(), "{:?}", netbox.requests());
    assert_eq!(service.board().status().caught_up, None);
}
