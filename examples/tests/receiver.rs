//! What the server answers, over its real routes, in process.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Request, Response, StatusCode};
use common::{RECORDED_SECRET, delivery, state};
use futures_util::stream;
use netbox_api::signature::sign;
use netbox_proxmox_core::RecordId;
use netbox_proxmox_core::live::inbox::{Aged, Entry, EventCounts, Lease, Leasing, Work};
use netbox_proxmox_core::live::{
    Brake, EventState, Inbox, InboxError, MemoryStore, NewEvent, Settlement, Store, StoredEvent,
};
use netbox_proxmox_examples::server::router;
use serde_json::{Value, json};
use tokio::sync::mpsc::Sender;
use tower::ServiceExt;

fn server() -> Router {
    router(state(&[], Inbox::new(MemoryStore::default())))
}

fn post(path: &str, body: impl Into<Body>, signature: Option<&str>) -> Request<Body> {
    let mut request = Request::post(path);
    if let Some(signature) = signature {
        request = request.header("X-Hook-Signature", signature);
    }
    request.body(body.into()).unwrap()
}

fn signed(body: &str) -> Request<Body> {
    post("/webhook", body.to_owned(), Some(&sign(RECORDED_SECRET.as_bytes(), body.as_bytes())))
}

async fn answer(response: Response<Body>) -> (StatusCode, Value) {
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

async fn ask(server: &Router, request: Request<Body>) -> (StatusCode, Value) {
    answer(server.clone().oneshot(request).await.unwrap()).await
}

#[tokio::test]
async fn a_recorded_delivery_is_accepted_once() {
    let state = state(&[], Inbox::new(MemoryStore::default()));
    let server = router(Arc::clone(&state));
    let (body, signature) = delivery("001");
    let send = || post("/webhook", body.clone(), Some(&signature));
    assert_eq!(ask(&server, send()).await, (StatusCode::ACCEPTED, json!({"status": "accepted"})));
    assert_eq!(ask(&server, send()).await, (StatusCode::ACCEPTED, json!({"status": "duplicate"})));
    let stored = state.inbox().store().events(None, 10).await.unwrap();
    assert_eq!(stored.len(), 1);
    assert_eq!((stored[0].change.record, stored[0].state), (RecordId(1), EventState::Pending));
}

#[tokio::test]
async fn every_path_works_with_and_without_a_slash_at_its_end() {
    let server = router(state(&[("NETBOX_PROXMOX_PATHS", "/hooks/netbox")], Inbox::new(MemoryStore::default())));
    let (body, signature) = delivery("001");
    for path in ["/", "/webhook", "/webhook/", "/hooks/netbox", "/hooks/netbox/"] {
        let (status, _) = ask(&server, post(path, body.clone(), Some(&signature))).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{path}");
    }
    assert_eq!(ask(&server, post("/elsewhere", body, Some(&signature))).await.0, StatusCode::NOT_FOUND);
    // What NetBox makes of a redirect: never an answer that looks like success.
    let get = Request::get("/webhook").body(Body::empty()).unwrap();
    assert_eq!(ask(&server, get).await.0, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn what_is_not_signed_with_our_secret_is_refused_before_it_is_read() {
    let server = server();
    let (mut body, signature) = delivery("001");
    let refused = async |request| {
        let (status, answer) = ask(&server, request).await;
        assert_eq!((status, &answer["status"]), (StatusCode::UNAUTHORIZED, &json!("unsigned")));
    };
    refused(post("/webhook", body.clone(), None)).await;
    refused(post("/webhook", body.clone(), Some(&sign(b"another", &body)))).await;
    refused(post("/webhook", body.clone(), Some("nonsense"))).await;
    refused(post("/webhook", "no JSON", None)).await;
    body.push(b' ');
    refused(post("/webhook", body, Some(&signature))).await;
}

#[tokio::test]
async fn any_of_several_secrets_may_have_signed() {
    let both = format!("a new one,{RECORDED_SECRET}");
    let server = router(state(&[("NETBOX_WEBHOOK_SECRET", &both)], Inbox::new(MemoryStore::default())));
    let (body, old) = delivery("001");
    let new = sign(b"a new one", &body);
    for signature in [old, new] {
        assert_eq!(ask(&server, post("/webhook", body.clone(), Some(&signature))).await.0, StatusCode::ACCEPTED);
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused_whether_announced_or_not() {
    let server = router(state(&[("NETBOX_PROXMOX_BODY_LIMIT", "1000")], Inbox::new(MemoryStore::default())));
    let fits = ask(&server, signed(&" ".repeat(1000))).await.0;
    assert_eq!(fits, StatusCode::BAD_REQUEST);
    let mut announced = signed("short");
    announced.headers_mut().insert("content-length", "1001".parse().unwrap());
    assert_eq!(ask(&server, announced).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let pieces = (0..3).map(|_| Ok::<_, std::io::Error>(Bytes::from(" ".repeat(400))));
    let signature = sign(RECORDED_SECRET.as_bytes(), &[b' '; 1200]);
    let streamed = post("/webhook", Body::from_stream(stream::iter(pieces)), Some(&signature));
    let (status, answer) = ask(&server, streamed).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer["reason"].as_str().unwrap().contains("NETBOX_PROXMOX_BODY_LIMIT"));
}

#[tokio::test]
async fn what_is_no_delivery_is_refused_with_the_path_of_the_field() {
    let server = server();
    for (body, path) in [
        ("", ""),
        ("no JSON", ""),
        ("[]", ""),
        (r#"{"object_type": "virtualization.virtualmachine", "data": {"id": 1}}"#, "event"),
        (r#"{"event": "created", "object_type": "virtualization.virtualmachine", "data": {"name": "x"}}"#, "data.id"),
        (
            r#"{"event": "created", "object_type": "virtualization.virtualdisk",
                "data": {"id": 1, "size": "much", "virtual_machine": {"id": 1}}}"#,
            "data.size",
        ),
    ] {
        let (status, answer) = ask(&server, signed(body)).await;
        assert_eq!((status, &answer["path"]), (StatusCode::BAD_REQUEST, &json!(path)), "{body}: {answer}");
        assert_eq!(answer["status"], "invalid");
    }
}

#[tokio::test]
async fn what_concerns_no_guest_is_ignored() {
    let state = state(&[], Inbox::new(MemoryStore::default()));
    let server = router(Arc::clone(&state));
    for (body, reason) in [
        (r#"{"event": "created", "object_type": "dcim.site", "data": {"id": 1}}"#, "dcim.site"),
        (
            r#"{"event": "created", "object_type": "ipam.ipaddress", "data": {"id": 1, "address": "192.0.2.1/24"}}"#,
            "ipaddress",
        ),
        (
            r#"{"event": "created", "object_type": "virtualization.virtualmachine", "data": {"id": 1, "name": "x"},
                "context": {"active_branch": {"name": "draft"}}}"#,
            "draft",
        ),
    ] {
        let (status, answer) = ask(&server, signed(body)).await;
        assert_eq!((status, &answer["status"]), (StatusCode::ACCEPTED, &json!("ignored")), "{body}");
        assert!(answer["reason"].as_str().unwrap().contains(reason), "{answer}");
    }
    assert!(state.inbox().store().events(None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_delivery_that_cannot_be_stored_is_to_be_sent_again() {
    let server = router(state(&[], Inbox::new(Full)));
    let (body, signature) = delivery("001");
    let response = server.oneshot(post("/webhook", body, Some(&signature))).await.unwrap();
    assert!(response.headers().get("retry-after").is_some_and(|after| after.to_str().unwrap().parse::<u32>().is_ok()));
    let (status, answer) = answer(response).await;
    assert_eq!((status, &answer["status"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("not-stored")));
    // What went wrong inside is for the log.
    assert!(!answer.to_string().contains("disk is full"), "{answer}");
}

#[tokio::test]
async fn it_is_alive_but_not_ready_while_nobody_answers() {
    let server = server();
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    assert_eq!(ask(&server, get("/livez")).await.0, StatusCode::OK);
    let (status, answer) = ask(&server, get("/readyz")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let reasons = answer["reasons"].to_string();
    assert!(reasons.contains("NetBox: ") && reasons.contains("pve-cluster-1: "), "{reasons}");
}

#[tokio::test]
async fn deliveries_are_counted_by_what_they_were_answered() {
    let server = server();
    let (body, signature) = delivery("001");
    for _ in 0..2 {
        ask(&server, post("/webhook", body.clone(), Some(&signature))).await;
    }
    ask(&server, post("/webhook", body, None)).await;
    let response = server.oneshot(Request::get("/metrics").body(Body::empty()).unwrap()).await.unwrap();
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
    let text = String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap();
    for line in [
        r#"netbox_proxmox_deliveries_total{result="accepted"} 1"#,
        r#"netbox_proxmox_deliveries_total{result="duplicate"} 1"#,
        r#"netbox_proxmox_deliveries_total{result="unsigned"} 1"#,
        r#"netbox_proxmox_events{state="pending"} 1"#,
        r#"netbox_proxmox_events{state="parked"} 0"#,
    ] {
        assert!(text.lines().any(|found| found == line), "{line}:\n{text}");
    }
}

/// A store that can store nothing.
struct Full;

fn full<T>() -> Result<T, InboxError> {
    Err(InboxError::new("store an event", "the disk is full"))
}

#[async_trait]
impl Store for Full {
    async fn insert(&self, _: &[NewEvent], _: u64) -> Result<Vec<bool>, InboxError> {
        full()
    }
    async fn due(&self, _: u64, _: usize) -> Result<(Vec<RecordId>, Option<u64>), InboxError> {
        full()
    }
    async fn pending(&self, _: RecordId) -> Result<Vec<StoredEvent>, InboxError> {
        full()
    }
    async fn known(&self, _: &[String]) -> Result<Vec<Vec<String>>, InboxError> {
        full()
    }
    async fn settle(&self, _: &[i64], _: &Settlement) -> Result<(), InboxError> {
        full()
    }
    async fn confirm(&self, _: &[i64]) -> Result<(), InboxError> {
        full()
    }

    async fn lift(&self, _: &str, _: Brake, _: u64) -> Result<u64, InboxError> {
        full()
    }

    async fn release(&self, _: Option<RecordId>, _: u64) -> Result<u64, InboxError> {
        full()
    }
    async fn page(&self, _: Option<EventState>, _: Option<i64>, _: u32) -> Result<Vec<StoredEvent>, InboxError> {
        full()
    }
    async fn counts(&self) -> Result<EventCounts, InboxError> {
        full()
    }
    async fn lease(&self, _: Work, _: &str, _: Option<&Lease>) -> Result<Leasing, InboxError> {
        full()
    }
    async fn unlease(&self, _: Option<Work>, _: &str) -> Result<(), InboxError> {
        full()
    }
    async fn get(&self, _: &'static str, _: &str) -> Result<Option<String>, InboxError> {
        full()
    }
    async fn put(&self, _: &'static str, _: &str, _: &str) -> Result<(), InboxError> {
        full()
    }
    async fn replace(&self, _: &'static str, _: &str, _: Option<&str>, _: &str) -> Result<bool, InboxError> {
        full()
    }
    async fn delete(&self, _: &'static str, _: &str) -> Result<(), InboxError> {
        full()
    }
    async fn all(&self, _: &'static str, _: &str) -> Result<Vec<(String, String)>, InboxError> {
        full()
    }
    async fn aged(&self, _: &'static str, _: u64, _: u32) -> Result<Vec<String>, InboxError> {
        full()
    }
    async fn prune(&self, _: Aged, _: u64, _: u32) -> Result<u64, InboxError> {
        full()
    }
    async fn prunable(&self, _: Aged, _: u64) -> Result<u64, InboxError> {
        full()
    }
    async fn size(&self) -> Result<u64, InboxError> {
        full()
    }
    async fn export(&self, _: Sender<Entry>) -> Result<(), InboxError> {
        full()
    }
    async fn import(&self, _: &[Entry]) -> Result<(), InboxError> {
        full()
    }
}
