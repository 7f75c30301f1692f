//! Our clients beside pynetbox and proxmoxer: ten jobs, each in a process of its own against the same fakes in the same run, in turns. Time is that of the
//! job without the start of its process; memory is the process's at its peak. Of the time a part is the fakes', on both sides. A file is uploaded to a server that
//! only counts it.
//!
//! `CLIENTS_PYTHON` names a Python that has both; `benches/report` makes one.
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "clients/ours.rs"]
mod ours;

use std::process::Command;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use futures_util::StreamExt;
use netbox_api::testing::FakeNetBox;
use netbox_proxmox_benches::row;
use proxmox_api::testing::{FakeProxmox, TaskTime};
use serde_json::json;

const THEIRS: &str = include_str!("clients/theirs.py");
const OURS: &str = include_str!("clients/ours.rs");

/// What they are called, and what is done.
const JOBS: [(&str, &str); 10] = [
    ("list", "10,000 machines listed"),
    ("filter", "100 of 10,000 machines by status"),
    ("create", "1,000 machines made in bulk"),
    ("update", "100 machines read and changed, one by one"),
    ("delete", "300 machines found and deleted in bulk"),
    ("task", "a start waited for that takes 0.3 s"),
    ("snapshot", "a snapshot made, listed, removed, each task waited for"),
    ("upload", "256 MiB uploaded"),
    ("ping", "1,000 pings of an agent"),
    ("pools", "a pool of 1,000 guests"),
];

const TURNS: usize = 3;

/// What a process says of its job.
#[derive(Clone, Copy)]
struct Said {
    count: u64,
    seconds: f64,
    peak: f64,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, job, prefix, netbox, netbox_token, proxmox, proxmox_token] = arguments.as_slice()
        && flag == "--ours"
    {
        let netbox = netbox_api::Client::builder(netbox).token(netbox_token.as_str().into()).build().unwrap();
        let proxmox = proxmox_api::Client::builder(proxmox.as_str()).token(proxmox_token.as_str()).build().unwrap();
        let sides = ours::Sides { netbox, proxmox, prefix: prefix.clone() };
        let begun = Instant::now();
        let count = ours::run(job, &sides).await.unwrap();
        println!("{count} {} {}", begun.elapsed().as_secs_f64(), peak());
        return;
    }
    let Some(python) = std::env::var_os("CLIENTS_PYTHON") else {
        println!("CLIENTS_PYTHON names no Python with pynetbox and proxmoxer: see benches/report");
        return;
    };
    let scratch = tempfile::tempdir().unwrap();
    let (script, image) = (scratch.path().join("theirs.py"), scratch.path().join("bench.iso"));
    std::fs::write(&script, THEIRS).unwrap();
    std::fs::File::create(&image).unwrap().set_len(256 << 20).unwrap();

    let (netbox, proxmox, sink) = (netbox().await, proxmox().await, sink().await);
    let ask = |ours: bool, job: &str, turn: usize| -> Said {
        let mut command =
            Command::new(if ours { std::env::current_exe().unwrap().into_os_string() } else { python.clone() });
        let address = if job == "upload" { sink.as_str() } else { proxmox.url() };
        let prefix = format!("{}-{turn}-", if ours { "ours" } else { "theirs" });
        command.arg(if ours { "--ours".as_ref() } else { script.as_os_str() }).args([
            job,
            &prefix,
            &netbox.url(),
            &netbox.token(),
        ]);
        command.args([address, proxmox.token_string()]).env("UPLOAD", &image);
        let output = tokio::task::block_in_place(|| command.output()).unwrap();
        assert!(output.status.success(), "{job}: {}", String::from_utf8_lossy(&output.stderr));
        let said: Vec<f64> =
            String::from_utf8(output.stdout).unwrap().split(' ').map(|it| it.trim().parse().unwrap()).collect();
        proxmox.set_power(100, proxmox_api::testing::Power::Stopped);
        Said { count: said[0] as u64, seconds: said[1], peak: said[2] / 1024.0 }
    };
    for (job, what) in JOBS {
        let mut said: [Vec<Said>; 2] = Default::default();
        for turn in 0..TURNS {
            said[0].push(ask(true, job, turn));
            said[1].push(ask(false, job, turn));
        }
        assert!(
            said.iter().flatten().all(|it| job == "list" || it.count == said[0][0].count),
            "{job}: both do the same"
        );
        let [ours, theirs] = said.map(best);
        let lines = [lines_of(OURS, &format!("async fn {job}("), "}"), lines_of(THEIRS, &format!("def {job}("), "")];
        println!(
            "{what}: ours {:.3} s, {:.0} MB, {} lines; theirs {:.3} s, {:.0} MB, {} lines: {:.2} of the time, {:.2} of the memory",
            ours.seconds,
            ours.peak,
            lines[0],
            theirs.seconds,
            theirs.peak,
            lines[1],
            ours.seconds / theirs.seconds,
            ours.peak / theirs.peak
        );
        row(&format!("client: {what}"), 1, ours.seconds, "s", Some(("pynetbox or proxmoxer", theirs.seconds)));
    }
}

/// The fastest turn.
fn best(turns: Vec<Said>) -> Said {
    turns.into_iter().min_by(|one, other| one.seconds.total_cmp(&other.seconds)).unwrap()
}

/// How many lines a function has, from its first to the line that ends it.
fn lines_of(text: &str, first: &str, end: &str) -> usize {
    let lines = text.lines().skip_while(|line| !line.starts_with(first)).take_while(|line| *line != end);
    lines.count() + usize::from(!end.is_empty())
}

async fn netbox() -> FakeNetBox {
    let netbox = FakeNetBox::builder().cluster("pve-cluster-1").cluster("to-be-deleted").start().await;
    for number in 0..12_000_u32 {
        let cluster = if number < 10_000 { "pve-cluster-1" } else { "to-be-deleted" };
        let status = if number.is_multiple_of(100) && number < 10_000 { "staged" } else { "active" };
        let name = format!("machine-{number}");
        netbox.create_vm(
            json!({"name": name, "status": status, "cluster": {"name": cluster}, "vcpus": 1, "memory": 1024}),
        );
    }
    netbox
}

async fn proxmox() -> FakeProxmox {
    let builder = FakeProxmox::builder()
        .node("pve01")
        .pool("web")
        .task_time("qmstart", TaskTime::Real(Duration::from_millis(300)));
    let builder = builder.guest(100, "web", |it| it.pool("web").disk("scsi0", "local-lvm", 1024).option("agent", "1"));
    let pve = builder.guest(101, "inside", |it| it.pool("web").inner("eth0", "net0", &[]).running()).start().await;
    for vmid in 1002..2000 {
        pve.add_guest(vmid, &format!("web{vmid}"), |it| it.pool("web"));
    }
    pve
}

/// A server that reads what it is sent, and says that a task has begun.
async fn sink() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let count = |request: Request| async {
        let mut body = request.into_body().into_data_stream();
        while let Some(chunk) = body.next().await {
            chunk.unwrap();
        }
        axum::Json(json!({"data": "UPID:pve01:0000039A:00039F74:6B02A921:imgcopy::root@pam!lab:"}))
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(count)).await });
    url
}

fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}
