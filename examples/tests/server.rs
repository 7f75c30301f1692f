//! The server as a whole: in process with both sides, and as the binary.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use common::sides::Sides;
use common::{COMPLETE, IDENTITY, RECORDED_SECRET, code, command, delivery, stderr, stdout, with};
use netbox_api::testing::FakeNetBox;
use netbox_proxmox_core::Silent;
use netbox_proxmox_core::live::EventState;
use netbox_proxmox_examples::Settings;
use netbox_proxmox_examples::server::{Server, ServerState, router};
use proxmox_api::testing::{FakeProxmox, Fault, Storage};
use serde_json::json;
use tokio::sync::oneshot;
use tower::ServiceExt;

const PROGRAM: &str = env!("CARGO_BIN_EXE_netbox-proxmox-webhook");

async fn ready(state: &Arc<ServerState>) -> StatusCode {
    let request = Request::get("/readyz").body(Body::empty()).unwrap();
    router(Arc::clone(state)).oneshot(request).await.unwrap().status()
}

/// Asks until it is so; a test that never gets there fails.
async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrives_before_proxmox_answers_is_stored_and_then_done() {
    let netbox = FakeNetBox::builder().cluster("pve-cluster-1").start().await;
    let proxmox = FakeProxmox::builder()
        .cluster("pve-cluster-1")
        .node("pve01")
        .storage(Storage::lvm_thin("local-lvm"))
        .template(9000, "debian", |template| template.disk("scsi0", "local-lvm", 10_240).cloudinit("ide2", "local-lvm"))
        .start()
        .await;
    let directory = tempfile::tempdir().unwrap();
    let inbox = format!("sqlite:{}", directory.path().join("inbox.sqlite").display());
    let settings = Settings::from_environment([
        ("NETBOX_URL", netbox.url().as_str()),
        ("NETBOX_TOKEN", netbox.token().as_str()),
        ("NETBOX_PROXMOX_IDENTITY", IDENTITY),
        ("NETBOX_WEBHOOK_SECRET", "secret"),
        ("PROXMOX_URL", proxmox.url()),
        ("PROXMOX_TOKEN", proxmox.token_string()),
        ("NETBOX_PROXMOX_LISTEN", "127.0.0.1:0"),
        ("NETBOX_PROXMOX_INBOX", &inbox),
    ])
    .unwrap();
    proxmox.fault(Fault::answer(503, "no quorum").on("GET /cluster/status").always());

    let server = Server::bind(&settings, Silent).await.unwrap();
    netbox.webhook(&format!("http://{}/", server.address()), Some("secret"));
    let state = server.state();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async { drop(stopped.await) }));

    let fields = json!({"proxmox_vm_type": "vm", "proxmox_vm_templates": "9000"});
    netbox.create_vm(json!({"name": "web01", "status": "active", "custom_fields": fields}));
    netbox.settled().await;
    assert_eq!(netbox.deliveries()[0].status(), Some(202));
    assert_eq!(state.inbox().store().events(Some(EventState::Pending), 10).await.unwrap().len(), 1);
    assert_eq!(ready(&state).await, StatusCode::SERVICE_UNAVAILABLE);

    proxmox.clear_faults();
    eventually("the guest runs", async || proxmox.guest(100).is_some_and(|guest| guest.is_running())).await;
    eventually("it is ready", async || ready(&state).await == StatusCode::OK).await;
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    assert!(TcpStream::connect_timeout(&state_address(&netbox), Duration::from_secs(1)).is_err(), "still listening");
}

fn state_address(netbox: &FakeNetBox) -> std::net::SocketAddr {
    netbox.deliveries()[0].header("Host").unwrap().parse().unwrap()
}

/// A server between two fakes that knows where NetBox's change log ends, and what ends it.
async fn serve(sides: &Sides, others: &[(&str, &str)]) -> (Arc<ServerState>, String, impl AsyncFnOnce()) {
    let (url, token, inbox) = (sides.netbox.url(), sides.netbox.token(), format!("sqlite:{}", sides.inbox().display()));
    let variables = [
        ("NETBOX_URL", url.as_str()),
        ("NETBOX_TOKEN", &token),
        ("NETBOX_PROXMOX_IDENTITY", IDENTITY),
        ("NETBOX_WEBHOOK_SECRET", "secret"),
        ("PROXMOX_URL", sides.proxmox.url()),
        ("PROXMOX_TOKEN", sides.proxmox.token_string()),
        ("NETBOX_PROXMOX_LISTEN", "127.0.0.1:0"),
        ("NETBOX_PROXMOX_INBOX", &inbox),
    ];
    let settings = Settings::from_environment([&variables, others].concat()).unwrap();
    let server = Server::bind(&settings, Silent).await.unwrap();
    let (state, address) = (server.state(), format!("http://{}/", server.address()));
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async { drop(stopped.await) }));
    let store = Arc::clone(&state);
    eventually("the end of the log is known", async || store.inbox().change_log().await.unwrap().is_some()).await;
    (state, address, async || {
        stop.send(()).unwrap();
        running.await.unwrap().unwrap();
    })
}

/// The guest of this name, once nothing of it is left to be done.
async fn made(sides: &Sides, state: &Arc<ServerState>, name: &str) -> u32 {
    let of_name = || sides.proxmox.guests().into_iter().find(|guest| guest.name() == Some(name));
    eventually("it is made", async || {
        let pending = state.inbox().store().events(Some(EventState::Pending), 10).await.unwrap();
        pending.is_empty() && of_name().is_some_and(|guest| guest.description().unwrap_or_default().contains(" ready "))
    })
    .await;
    of_name().unwrap().vmid
}

fn web02() -> serde_json::Value {
    let fields = json!({"proxmox_vm_type": "vm", "proxmox_vm_templates": "9000"});
    json!({"name": "web02", "status": "staged", "memory": 2048, "custom_fields": fields})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_makes_up_for_lost_deliveries() {
    let sides = Sides::begin().await;
    let others = [("NETBOX_PROXMOX_CATCH_UP", "1"), ("NETBOX_PROXMOX_RECONCILE", "0")];
    let (state, address, end) = serve(&sides, &others).await;
    sides.netbox.webhook(&address, Some("secret"));
    sides.netbox.lose(|_| true);
    sides.netbox.create_vm(web02());
    let vmid = made(&sides, &state, "web02").await;
    sides.netbox.update_vm(2, json!({"memory": 4096}));
    let memory = || sides.proxmox.guest(vmid).unwrap().get("memory").map(str::to_owned);
    eventually("it is changed", async || memory().as_deref() == Some("4096")).await;
    assert!(sides.netbox.deliveries().iter().all(|delivery| delivery.attempts.is_empty()), "nothing was delivered");
    end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_closes_what_drifts() {
    let sides = Sides::begin().await;
    let others = [("NETBOX_PROXMOX_CATCH_UP", "3600"), ("NETBOX_PROXMOX_RECONCILE", "1")];
    let (state, address, end) = serve(&sides, &others).await;
    sides.netbox.webhook(&address, Some("secret"));
    sides.netbox.create_vm(web02());
    let vmid = made(&sides, &state, "web02").await;
    sides.netbox.settled().await;
    sides.proxmox.edit(vmid, |guest| guest.set("memory", "512"));
    let memory = || sides.proxmox.guest(vmid).unwrap().get("memory").map(str::to_owned);
    eventually("it is as NetBox says", async || memory().as_deref() == Some("2048")).await;
    end().await;
}

#[test]
fn without_a_webhook_secret_it_does_not_start() {
    let output = command(PROGRAM, &with(&[("NETBOX_WEBHOOK_SECRET", "")])).output().unwrap();
    assert_eq!((code(&output), stdout(&output)), (2, String::new()));
    assert!(stderr(&output).contains("NETBOX_WEBHOOK_SECRET is not set"), "{}", stderr(&output));
}

#[test]
fn settings_that_cannot_be_right_exit_2_and_do_not_show_secrets() {
    for (name, value) in [
        ("NETBOX_URL", "netbox"),
        ("NETBOX_TOKEN", "hunter2\u{7f}"),
        ("PROXMOX_TOKEN", "hunter2"),
        ("PROXMOX_URL", "https://root:hunter2@pve01:8006"),
        ("PROXMOX_FINGERPRINT", "AA:BB"),
        ("NETBOX_PROXMOX_TASK_TIMEOUT", "long"),
        ("NETBOX_PROXMOX_LOG", "xml"),
    ] {
        let output = command(PROGRAM, &with(&[(name, value)])).output().unwrap();
        assert_eq!(code(&output), 2, "{name}: {}", stderr(&output));
        let family = name.split('_').next().unwrap();
        assert!(stderr(&output).contains(family) && !stderr(&output).contains("hunter2"), "{}", stderr(&output));
    }
}

/// One HTTP request over a connection of its own; the whole answer as text.
fn ask(address: &str, head: &str, body: &[u8]) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(connection, "{head}\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n").unwrap();
    connection.write_all(body).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

/// Everything that a running server writes, at its most talkative and with nobody at the other addresses, holds no
/// secret and no body.
#[test]
fn no_secret_and_no_body_is_ever_written_and_a_signal_ends_it() {
    let directory = tempfile::tempdir().unwrap();
    let inbox = format!("sqlite:{}", directory.path().join("inbox.sqlite").display());
    let variables = with(&[
        ("NETBOX_PROXMOX_INBOX", &inbox),
        ("NETBOX_PROXMOX_LISTEN", "127.0.0.1:0"),
        ("NETBOX_CLUSTER", "pve-cluster-1"),
        ("NETBOX_PROXMOX_LOG", "json"),
        ("RUST_LOG", "trace"),
    ]);
    let mut child = command(PROGRAM, &variables).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let written = Arc::new(Mutex::new(String::new()));
    let (lines, copy) = (BufReader::new(child.stderr.take().unwrap()), Arc::clone(&written));
    let (found, address) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in lines.lines() {
            let line = line.unwrap();
            if let Some(rest) = line.split(r#""message":"listening","address":""#).nth(1) {
                found.send(rest.split('"').next().unwrap().to_owned()).unwrap();
            }
            copy.lock().unwrap().push_str(&(line + "\n"));
        }
    });
    let address = address.recv_timeout(Duration::from_secs(30)).unwrap();

    let (body, signature) = delivery("002");
    let accepted = ask(&address, &format!("POST /webhook HTTP/1.1\r\nX-Hook-Signature: {signature}"), &body);
    assert!(accepted.starts_with("HTTP/1.1 202"), "{accepted}");
    let unsigned = ask(&address, "POST /webhook HTTP/1.1", &body);
    assert!(unsigned.starts_with("HTTP/1.1 401"), "{unsigned}");
    let ready = ask(&address, "GET /readyz HTTP/1.1", b"");
    assert!(ready.starts_with("HTTP/1.1 503"), "{ready}");
    let metrics = ask(&address, "GET /metrics HTTP/1.1", b"");
    assert!(metrics.contains(r#"netbox_proxmox_deliveries_total{result="accepted"} 1"#), "{metrics}");

    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    reader.join().unwrap();
    let mut all = written.lock().unwrap().clone();
    assert!(all.contains(r#""guest":"web01""#) && all.contains("stopping"), "{all}");
    child.stdout.take().unwrap().read_to_string(&mut all).unwrap();
    for answer in [&accepted, &unsigned, &ready, &metrics] {
        all.push_str(answer);
    }
    let secrets = COMPLETE
        .iter()
        .filter(|(name, _)| name.ends_with("TOKEN"))
        .map(|(_, value)| value.rsplit(['.', '=']).next().unwrap());
    // The last two are parts of the body: an SSH key, and a field that nothing needs.
    for secret in secrets.chain([RECORDED_SECRET, signature.as_str(), "AAAAC3Nza", "config_context"]) {
        assert!(!all.contains(secret), "{secret} is in:\n{all}");
    }
}
