//! Serves our fake of Proxmox VE as a process of its own, for the live tests: two nodes, the guests of
//! `tests/live/proxmox/serve.py`, and a log of what it was asked.
//!
//! `live-proxmox DIR [SECONDS]`: DIR receives `ready.json` once it listens, and `requests.jsonl`, one line for each answer,
//! as `serve.py` writes them. SECONDS is how long a clone takes. It ends on SIGTERM or SIGINT.
#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use netbox_proxmox_tests::VZTMPL;
use proxmox_api::testing::{FakeProxmox, GuestBuilder, Recorded, Storage, TaskTime};
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

const TOKENS: [(&str, &str); 3] = [
    ("bridge", "root@pam!bridge"),
    ("test", "root@pam!test"),
    // Sees everything and may change nothing.
    ("auditor", "auditor@pve!bridge"),
];
const SECRET: &str = "11111111-2222-3333-4444-555555555555";
const PASSWORD: &str = "live-tests";

fn template(on: &'static str) -> impl FnOnce(GuestBuilder) -> GuestBuilder {
    move |template| {
        let template = template.node("pve1").disk("scsi0", on, 10_240).cloudinit("ide2", on);
        let template = template.net("net0", "virtio=BC:24:11:00:90:00,bridge=vmbr0").option("ipconfig0", "ip=dhcp");
        template.cores(1).memory(1024).tags("template").description("a template; this text must not reach a clone")
    }
}

async fn serve(clone_time: f64) -> FakeProxmox {
    let builder = FakeProxmox::builder()
        .cluster("live")
        .node("pve1")
        .node("pve2")
        .storage(Storage::dir("local").content("iso,vztmpl"))
        .storage(Storage::lvm_thin("local-lvm"))
        .storage(Storage::rbd("ceph-pool"))
        .vztmpl(VZTMPL)
        .pool("live-acme")
        .template(9000, "debian-12-cloud", template("local-lvm"))
        .template(9014, "debian-12-plugged", |it| template("local-lvm")(it).cores(4).option("vcpus", "2"))
        .template(9001, "debian-12-ceph", |it| {
            template("ceph-pool")(it).option("protection", "1").option("onboot", "1")
        })
        .container_template(9100, "debian-12-ct", |template| {
            let net0 = "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:91:00,ip=dhcp";
            template.node("pve1").disk("rootfs", "local-lvm", 4_096).net("net0", net0).cores(1).memory(512)
        })
        .task_time("qmclone", TaskTime::Real(Duration::from_secs_f64(clone_time)))
        .user("root@pam", PASSWORD)
        .token(TOKENS[0].1, SECRET)
        .token(TOKENS[1].1, SECRET)
        .limited_token(TOKENS[2].1, SECRET, &[("/", &["VM.Audit", "Datastore.Audit", "Sys.Audit"])]);
    builder.start().await
}

/// A line of the log.
fn line(request: &Recorded) -> Value {
    let user = request.user.as_deref().unwrap_or_default();
    let mut line = json!({
        "token": user.split_once('!').map_or("", |(_, token)| token), "method": request.method, "path": request.path,
        "params": request.params, "status": request.status,
    });
    if request.status.is_some_and(|status| status >= 300) {
        line["message"] = json!(request.reason);
    }
    line
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().expect("live-proxmox DIR [SECONDS]");
    let directory = Path::new(&directory);
    let clone_time = arguments.next().map_or(1.0, |seconds| seconds.parse().expect("a number of seconds"));
    std::fs::create_dir_all(directory).unwrap();
    let requests = directory.join("requests.jsonl");
    let mut log = File::create(&requests).unwrap();
    let proxmox = serve(clone_time).await;
    proxmox.after("* /**", move |_, request| writeln!(log, "{}", line(request)).unwrap());
    let tokens: serde_json::Map<String, Value> =
        TOKENS.iter().map(|(name, id)| ((*name).to_owned(), json!(format!("{id}={SECRET}")))).collect();
    let ready = json!({
        "pid": std::process::id(), "url": proxmox.url(), "node": "pve1", "nodes": ["pve1", "pve2"], "ca": null,
        "fingerprint": null, "tokens": tokens, "user": "root@pam", "password": PASSWORD, "requests": requests,
    });
    let new = directory.join("ready.json.new");
    std::fs::write(&new, ready.to_string()).unwrap();
    std::fs::rename(new, directory.join("ready.json")).unwrap();
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate()).unwrap(), signal(SignalKind::interrupt()).unwrap());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
