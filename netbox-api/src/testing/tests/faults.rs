//! Faults, and what happens between a client's reading and writing.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::http::{ask, send};
use super::id;
use crate::testing::{FakeNetBox, Fault};

const VM: &str = "/api/virtualization/virtual-machines/";

async fn create(netbox: &FakeNetBox, name: &str) -> Option<u16> {
    let token = format!("Bearer {}", netbox.token());
    let headers = [("Authorization", token.as_str())];
    send(netbox, "POST", VM, &headers, &json!({"name": name, "cluster": 1})).await.map(|reply| reply.status)
}

#[tokio::test]
async fn connections_are_dropped_before_or_after() {
    let netbox = FakeNetBox::builder().start().await;
    netbox.fault(Fault::on("POST", "*/virtual-machines/").drop_before());
    netbox.fault(Fault::on("POST", "*/virtual-machines/").drop_after());
    netbox.fault(Fault::on("POST", "*/virtual-machines/").html_after(504));
    for (name, status, exists) in
        [("a", None, false), ("b", None, true), ("c", Some(504), true), ("d", Some(201), true)]
    {
        assert_eq!(create(&netbox, name).await, status, "{name}");
        assert_eq!(netbox.vm_named(name).is_some(), exists, "{name}");
    }
    let statuses: Vec<_> = netbox.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [None, None, Some(504), Some(201)]);
}

#[tokio::test]
async fn answers_are_replaced() {
    let netbox = FakeNetBox::builder().start().await;
    netbox.fault(Fault::on("*", "/api/*").answer(503, json!({"detail": "busy"})).header("Retry-After", "1").times(2));
    netbox.fault(Fault::on("GET", "/api/status/").html(502).always());
    let busy = ask(&netbox, "GET", "/api/status/", Value::Null).await;
    assert_eq!((busy.status, busy.header("Retry-After"), busy.json()), (503, Some("1"), json!({"detail": "busy"})));
    assert_eq!(create(&netbox, "a").await, Some(503));
    assert!(netbox.vm_named("a").is_none());
    let page = ask(&netbox, "GET", "/api/status/", Value::Null).await;
    assert_eq!((page.status, page.header("Content-Type")), (502, Some("text/html; charset=utf-8")));
    netbox.heal();
    assert_eq!(ask(&netbox, "GET", "/api/status/", Value::Null).await.status, 200);
    assert_eq!(netbox.requests().len(), 4);
}

#[tokio::test]
async fn somebody_else_writes_in_between() {
    let netbox = FakeNetBox::builder().start().await;
    let vm = id(&netbox.create_vm(json!({"name": "a"})));
    let path = format!("{VM}{vm}/");
    let read = ask(&netbox, "GET", &path, Value::Null).await;
    let once = AtomicBool::new(true);
    netbox.on_request(move |netbox, request| {
        if request.method == "PATCH" && once.swap(false, Ordering::Relaxed) {
            netbox.update_vm(vm, json!({"custom_fields": {"proxmox_vmid": "999"}}));
        }
    });
    let token = format!("Bearer {}", netbox.token());
    let headers = [("Authorization", token.as_str()), ("If-Match", read.header("ETag").unwrap())];
    let late =
        send(&netbox, "PATCH", &path, &headers, &json!({"custom_fields": {"proxmox_vmid": "100"}})).await.unwrap();
    assert_eq!(late.status, 412);
    assert_eq!(netbox.vm(vm).unwrap()["custom_fields"]["proxmox_vmid"], "999");
}
