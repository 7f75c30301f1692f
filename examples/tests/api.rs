//! The server's API: off without a secret, believed only where it is signed, and what each request is answered.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use common::sides::Sides;
use common::state;
use netbox_proxmox_core::Silent;
use netbox_proxmox_core::live::{Inbox, MemoryStore};
use netbox_proxmox_examples::Settings;
use netbox_proxmox_examples::server::{NONCE, SIGNATURE, Server, ServerState, TIME, router, sign};
use serde_json::{Value, json};
use tower::ServiceExt;

const SECRET: &str = "api-secret-that-nobody-may-see";
const PATHS: [&str; 5] = ["/api/plan", "/api/apply", "/api/adopt", "/api/release", "/api/compare"];

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A request that is signed with this secret, at this time, with this number.
fn signed(secret: &str, path: &str, time: u64, nonce: &str, body: &str) -> Request<Body> {
    let time = time.to_string();
    let signature = sign(&secret.into(), "POST", path, &time, nonce, body.as_bytes());
    let request = Request::post(path).header(TIME, time).header(NONCE, nonce).header(SIGNATURE, signature);
    request.body(Body::from(body.to_owned())).unwrap()
}

async fn answer(state: &Arc<ServerState>, request: Request<Body>) -> (StatusCode, Value) {
    let response = router(Arc::clone(state)).oneshot(request).await.unwrap();
    let (status, body) = (response.status(), to_bytes(response.into_body(), 1 << 20).await.unwrap());
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

/// Asks with a number of its own.
async fn ask(state: &Arc<ServerState>, path: &str, body: Value) -> (StatusCode, Value) {
    static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let nonce = format!("number-{:016}", COUNT.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
    answer(state, signed(SECRET, path, now(), &nonce, &body.to_string())).await
}

#[tokio::test]
async fn without_a_secret_there_are_no_such_paths() {
    let off = state(&[], Inbox::new(MemoryStore::default()));
    let on = state(&[("NETBOX_PROXMOX_API_SECRET", SECRET)], Inbox::new(MemoryStore::default()));
    for path in PATHS {
        let request = |nonce: &str| signed(SECRET, path, now(), nonce, "{}");
        assert_eq!(answer(&off, request("0123456789abcdef")).await, (StatusCode::NOT_FOUND, Value::Null), "{path}");
        assert_ne!(answer(&on, request(&format!("0123456789{}", &path[5..]))).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let unknown = signed(SECRET, "/api/nosuch", now(), "0123456789abcdef", "{}");
    assert_eq!(answer(&on, unknown).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn only_what_is_signed_of_late_and_not_used_before_is_believed() {
    let state = state(
        &[("NETBOX_PROXMOX_API_SECRET", &format!("another-secret-of-ours,{SECRET}"))],
        Inbox::new(MemoryStore::default()),
    );
    let body = json!({"user": "alice", "vm": 1}).to_string();
    let request = |secret: &str, time: u64, nonce: &str| signed(secret, "/api/plan", time, nonce, &body);
    let told = async |request: Request<Body>| {
        let (status, told) = answer(&state, request).await;
        (status.as_u16(), told["error"].as_str().unwrap_or_default().to_owned())
    };
    let (status, why) = told(request("a secret of somebody else", now(), "number-of-a-guess")).await;
    assert!(status == 401 && why.contains("does not match"), "{status} {why}");
    let (status, why) = told(request(SECRET, now() - 100, "number-of-an-old-one")).await;
    assert!(status == 401 && why.contains("clock"), "{status} {why}");
    let unsigned = Request::post("/api/plan").body(Body::from(body.clone())).unwrap();
    assert_eq!(told(unsigned).await.0, 401);
    // Believed, though nothing answers yet; once.
    let (status, why) = told(request(SECRET, now(), "number-of-the-first")).await;
    assert!(status == 503 && why.contains("does not work yet"), "{status} {why}");
    let (status, why) = told(request(SECRET, now(), "number-of-the-first")).await;
    assert!(status == 401 && why.contains("used before"), "{status} {why}");
    assert_eq!(told(request("another-secret-of-ours", now(), "number-of-the-second")).await.0, 503);
    let long = signed(SECRET, "/api/plan", now(), "number-of-a-long-one", &" ".repeat(20 << 10));
    assert_eq!(answer(&state, long).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let strange = signed(SECRET, "/api/plan", now(), "number-of-a-strange-one", r#"{"user": "alice", "nosuch": 1}"#);
    let (status, why) = told(strange).await;
    assert!(status == 400 && why.contains("nosuch"), "{status} {why}");
    assert!(
        Settings::from_environment(common::with(&[("NETBOX_PROXMOX_API_SECRET", "short")]))
            .unwrap()
            .receiver()
            .is_err()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_command_line_does_is_asked_for_and_answered_in_data_and_in_words() {
    let sides = Sides::begin().await;
    let variables = sides.variables();
    let variables = variables.iter().map(|(name, value)| (*name, value.as_str()));
    let mut all: Vec<_> = variables.collect();
    all.extend([
        ("NETBOX_WEBHOOK_SECRET", "hook-secret"),
        ("NETBOX_PROXMOX_API_SECRET", SECRET),
        ("NETBOX_PROXMOX_LISTEN", "127.0.0.1:0"),
    ]);
    let server = Server::bind(&Settings::from_environment(all).unwrap(), Silent).await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let state = server.state();
    let running = tokio::spawn(server.run(async { drop(stopped.await) }));
    let vm = |vm: Value| json!({"user": "alice", "vm": vm});
    let plan = async || loop {
        match ask(&state, "/api/plan", vm(json!("web01"))).await {
            (StatusCode::SERVICE_UNAVAILABLE, _) => tokio::time::sleep(Duration::from_millis(5)).await,
            (status, answer) => return (status, answer),
        }
    };

    let (status, planned) = plan().await;
    assert_eq!((status, &planned["managed"]), (StatusCode::OK, &json!(true)), "{planned}");
    assert!(planned["plan"].as_array().unwrap().iter().any(|step| step["action"] == "clone"), "{planned}");
    assert!(planned["lines"][0].as_str().is_some_and(|line| !line.contains('\u{1b}')), "{planned}");
    assert!(sides.proxmox.guest(100).is_none(), "it only says so");

    let (status, compared) = ask(&state, "/api/compare", json!({"user": "alice"})).await;
    assert_eq!(
        (status, &compared["counts"]["differ"], &compared["guests"][0]["name"]),
        (StatusCode::OK, &json!(1), &json!("web01")),
        "{compared}"
    );

    let (status, applied) = ask(&state, "/api/apply", vm(json!(1))).await;
    assert_eq!((status, &applied["state"]), (StatusCode::OK, &json!("done")), "{applied}");
    assert!(sides.proxmox.guest(100).is_some());
    assert_eq!(plan().await.1["lines"], json!(["nothing to do"]));

    // A guest that was there before, first under another name.
    sides.proxmox.add_guest(105, "former", |guest| guest.disk("scsi0", "local-lvm", 10_240));
    let custom = json!({"proxmox_vm_type": "vm", "proxmox_vmid": "105"});
    let cluster = json!({"name": "pve-cluster-1"});
    sides.netbox.create_vm(json!({"name": "old01", "status": "offline", "cluster": cluster, "custom_fields": custom}));
    let (status, refused) = ask(&state, "/api/adopt", vm(json!("old01"))).await;
    assert!(status == StatusCode::CONFLICT && refused["error"].as_str().unwrap().contains("former"), "{refused}");
    let body = json!({"user": "alice", "vm": "old01", "any_name": true});
    let (status, adopted) = ask(&state, "/api/adopt", body.clone()).await;
    assert_eq!(
        (status, &adopted["outcome"], &adopted["vmid"]),
        (StatusCode::OK, &json!("done"), &json!(105)),
        "{adopted}"
    );
    assert_eq!(ask(&state, "/api/adopt", body).await.1["outcome"], "unchanged");

    for (path, body, wanted) in [
        ("/api/plan", vm(json!("nosuch")), StatusCode::NOT_FOUND),
        ("/api/plan", json!({"user": "alice"}), StatusCode::BAD_REQUEST),
        ("/api/release", vm(json!("web01")), StatusCode::NOT_FOUND),
    ] {
        let (status, told) = ask(&state, path, body).await;
        assert!(status == wanted && told["error"].is_string(), "{path}: {status} {told}");
    }
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
}
