//! `live::Service` between the fakes: what it runs, and what it tells.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use netbox_proxmox_core::live::{MemoryStore, Service};
use netbox_proxmox_tests::{bridge, changes, netbox, proxmox, record};
use proxmox_api::testing::GuestKind;
use serde_json::json;
use tokio::sync::{Notify, oneshot};

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

#[tokio::test]
async fn an_instance_that_may_not_sweep_reads_no_change_log_and_compares_nothing() {
    let (netbox, proxmox) = (netbox().await, proxmox().await);
    let (asked, twice) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let may_sweep = {
        let twice = Arc::clone(&twice);
        move || {
            // Once for the change log, once for the comparison.
            if asked.fetch_add(1, Ordering::SeqCst) == 1 {
                twice.notify_one();
            }
            std::future::ready(false)
        }
    };
    let service = Service::builder(bridge(&netbox, &proxmox, MemoryStore::default()))
        .catch_up(Duration::from_secs(3600))
        .reconcile(Some(Duration::from_millis(1)))
        .may_sweep(may_sweep)
        .build();
    service.run(twice.notified()).await;
    assert!(netbox.requests().is_empty() && proxmox.requests().is_empty(), "{:?}", netbox.requests());
    assert_eq!(service.board().status().caught_up, None);
}
