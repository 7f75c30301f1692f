//! What the server says of itself: its first lines, whether it is ready, its status page, and what the commands see of that.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use common::sides::{Sides, run};
use common::{code, command, stderr, stdout};
use netbox_api::testing::{Access, FakeNetBox};
use netbox_proxmox_core::Silent;
use netbox_proxmox_examples::Settings;
use netbox_proxmox_examples::server::{Server, ServerState, router};
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;

const PROGRAM: &str = env!("CARGO_BIN_EXE_netbox-proxmox-webhook");
const SECRET: &str = "hook-secret-that-nobody-may-see";

/// A server as a process, and the lines that it writes.
struct Running {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
    address: String,
}

impl Running {
    /// Between both sides, once it has made its checks.
    fn begin(sides: &Sides, others: &[(&str, &str)]) -> Self {
        let variables = sides.variables();
        let variables = variables.iter().map(|(name, value)| (*name, value.as_str()));
        let mut all: Vec<_> = variables.collect();
        all.extend([("NETBOX_WEBHOOK_SECRET", SECRET), ("NETBOX_PROXMOX_LISTEN", "127.0.0.1:0")]);
        all.extend(others);
        let mut child = command(PROGRAM, &all).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (found, lines) = channel();
        let written = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || written.lines().map_while(Result::ok).try_for_each(|line| found.send(line)));
        let mut running = Self { child, lines, said: Vec::new(), address: String::new() };
        let listening = running.until("listening");
        let address = listening.split("address=").nth(1).unwrap().split(' ').next().unwrap();
        running.address = format!("http://{address}");
        running
    }

    /// Waits for a line that has this.
    fn until(&mut self, text: &str) -> String {
        if let Some(line) = self.said.iter().find(|line| line.contains(text)) {
            return line.clone();
        }
        loop {
            let line = self
                .lines
                .recv_timeout(Duration::from_secs(60))
                .unwrap_or_else(|_| panic!("{text} in {:#?}", self.said));
            self.said.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_what_it_is_and_what_is_wrong_and_the_commands_see_it() {
    let sides = Sides::begin().await;
    let others = [("NETBOX_PROXMOX_LISTN", "0.0.0.0:80"), ("NETBOX_CLUSTER", "pve-cluster-1")];
    let mut running = Running::begin(&sides, &others);
    let first = running.said[0].clone();
    let version = format!("version={}", env!("CARGO_PKG_VERSION"));
    for part in
        [version.as_str(), &sides.netbox.url(), "pve-cluster-1", sides.proxmox.url(), "inbox.sqlite", "policy=default"]
    {
        assert!(first.contains(part), "{part} in {first}");
    }
    assert!(running.until("NETBOX_PROXMOX_LISTN").contains("Did you mean NETBOX_PROXMOX_LISTEN?"));
    let webhook = running.until("no webhook sends to one of the server's paths");
    assert!(webhook.contains("ERROR"), "{webhook}");
    running.until("checked, as `netbox-proxmox doctor` does");
    assert!(running.said.iter().all(|line| !line.contains(SECRET)), "{:#?}", running.said);

    sides.netbox.webhook(&format!("{}/webhook", running.address), Some(SECRET));
    sides.netbox.create_vm(json!({"name": "unmanaged", "status": "planned"}));
    let arguments = ["doctor", "--server", &running.address, "--probe"];
    let probed = sides.run_with(&arguments, &[("NETBOX_WEBHOOK_SECRET", SECRET)]);
    assert_eq!(code(&probed), 0, "{}{}", stdout(&probed), stderr(&probed));
    assert!(
        stdout(&probed).contains("a save of unmanaged (id 2) without a change was heard of"),
        "{}",
        stdout(&probed)
    );
    assert!(stdout(&probed).contains("runs and is ready"), "{}", stdout(&probed));

    let shown = run(&["status", "--server", &running.address], &[]);
    assert_eq!(code(&shown), 0, "{}{}", stdout(&shown), stderr(&shown));
    for part in ["ready", "pve-cluster-1", "0 waiting, 0 parked (for a person)", "unmanaged", "ignored"] {
        assert!(stdout(&shown).contains(part), "{part} in {}", stdout(&shown));
    }
    let shown = run(&["status", "--output", "json", "--server", &running.address], &[]);
    let status: Value = serde_json::from_str(&stdout(&shown)).unwrap();
    assert_eq!((status["ready"].as_bool(), status["newest"][0]["guest"].as_str()), (Some(true), Some("unmanaged")));

    // The webhook signs with another secret: the server cannot hear of it.
    sides.netbox.user("admin").update("extras/webhooks", 1, json!({"secret": "another"}));
    let arguments = ["doctor", "--server", &running.address, "--probe", "--within", "1"];
    let probed = sides.run_with(&arguments, &[("NETBOX_WEBHOOK_SECRET", SECRET)]);
    assert_eq!(code(&probed), 3, "{}", stdout(&probed));
    assert!(stdout(&probed).contains("was not heard of within 1 s"), "{}", stdout(&probed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_only_reads_is_an_error_that_names_it_and_not_ready() {
    let token = FakeNetBox::builder().token_of("bridge", "nbt_bridge000000.secret", Access::ReadOnly);
    let sides = Sides::of(token).await;
    let mut running = Running::begin(&sides, &[]);
    let line = running.until("may write nothing at all");
    assert!(line.contains("ERROR") && line.contains("rights of NETBOX_TOKEN"), "{line}");
    running.until("checked, as");
    let shown = run(&["status", "--server", &running.address], &[]);
    assert_eq!(code(&shown), 1, "{}", stdout(&shown));
    assert!(stdout(&shown).contains("NOT READY: rights of NETBOX_TOKEN: it may write nothing"), "{}", stdout(&shown));
}

/// A server's handlers, with an event in the inbox.
async fn state(sides: &Sides, others: &[(&str, &str)]) -> Arc<ServerState> {
    let variables = sides.variables();
    let variables = variables.iter().map(|(name, value)| (*name, value.as_str()));
    let own = [("NETBOX_WEBHOOK_SECRET", SECRET), ("NETBOX_PROXMOX_LISTEN", "127.0.0.1:0")];
    let settings = Settings::from_environment(variables.chain(own).chain(others.iter().copied())).unwrap();
    Server::bind(&settings, Silent).await.unwrap().state()
}

async fn get(state: &Arc<ServerState>, method: Method, accept: &str) -> (StatusCode, HeaderMap, String) {
    let request =
        Request::builder().method(method).uri("/").header(header::ACCEPT, accept).body(Body::empty()).unwrap();
    let (head, body) = router(Arc::clone(state)).oneshot(request).await.unwrap().into_parts();
    let body = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
    (head.status, head.headers, body)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_for_people_and_for_programs_and_shows_no_secret() {
    let sides = Sides::begin().await;
    let state = state(&sides, &[]).await;
    let (status, headers, page) = get(&state, Method::GET, "text/html,application/xhtml+xml,*/*;q=0.8").await;
    assert_eq!((status, headers[header::CONTENT_TYPE].to_str().unwrap()), (StatusCode::OK, "text/html; charset=utf-8"));
    assert!(headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("default-src 'none'"));
    assert!(page.contains("NOT READY") && page.contains("starting"), "{page}");
    let (_, headers, json) = get(&state, Method::GET, "application/json").await;
    assert_eq!(headers[header::CONTENT_TYPE].to_str().unwrap(), "application/json");
    let told: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (told["ready"].as_bool(), told["netbox"].as_str()),
        (Some(false), Some(&*format!("{}/", sides.netbox.url())))
    );
    let (status, _, body) = get(&state, Method::HEAD, "*/*").await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, ""));
    let (status, ..) = get(&state, Method::POST, "*/*").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "it stays the webhook");
    let token = sides.netbox.token();
    for secret in [SECRET, token.rsplit('.').next().unwrap(), sides.proxmox.token_string().rsplit('=').next().unwrap()]
    {
        assert!(!page.contains(secret) && !json.contains(secret), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_may_be_off() {
    let sides = Sides::begin().await;
    let state = state(&sides, &[("NETBOX_PROXMOX_STATUS_PAGE", "0")]).await;
    assert_eq!(get(&state, Method::GET, "text/html").await.0, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(get(&state, Method::POST, "text/html").await.0, StatusCode::UNAUTHORIZED);
}
