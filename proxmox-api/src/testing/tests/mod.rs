//! Tests of the fake against what was measured on Proxmox VE 9.1.7, over the wire with a client of a few lines.
#![allow(clippy::unwrap_used)]

#[cfg(feature = "client")]
mod accounts;
#[cfg(feature = "client")]
mod backups;
#[cfg(feature = "client")]
mod client;
mod clones;
mod clusters;
mod configs;
mod container_clones;
mod container_configs;
mod containers;
mod failures;
mod growth;
mod ha;
mod interfaces;
mod migration;
#[cfg(feature = "client")]
mod moved;
mod pools;
mod power;
mod refusals;
#[cfg(feature = "client")]
mod snapshots;
mod sources;
#[cfg(feature = "client")]
mod stored;
#[cfg(feature = "client")]
mod system;
mod wire;
mod work;

use serde_json::Value;
use tokio::net::TcpStream;

use super::{FakeProxmox, Storage};

/// An answer taken apart.
#[derive(Debug)]
struct Answer {
    status: u16,
    reason: String,
    headers: String,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    #[track_caller]
    fn data(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.json()["data"].clone()
    }

    #[track_caller]
    fn upid(&self) -> String {
        self.data().as_str().unwrap().to_owned()
    }

    /// `500 text` with the text in the status line and, with its newline, in the body.
    #[track_caller]
    fn refused(&self, status: u16, text: &str) {
        assert_eq!((self.status, self.reason.as_str()), (status, text), "{self:?}");
        assert_eq!(self.json()["message"], format!("{text}\n"));
        assert!(self.headers.to_lowercase().contains("connection: close"));
    }

    /// 400 with this text for this parameter.
    #[track_caller]
    fn bad(&self, parameter: &str, text: &str) {
        assert_eq!((self.status, self.reason.as_str()), (400, "Parameter verification failed."), "{self:?}");
        assert_eq!(self.json()["errors"][parameter], text, "{self:?}");
    }
}

/// Sends bytes and reads until the server closes.
async fn raw(pve: &FakeProxmox, request: &str) -> Option<Answer> {
    let stream = TcpStream::connect(pve.url().strip_prefix("http://").unwrap()).await.unwrap();
    let mut sent = 0;
    while sent < request.len() {
        stream.writable().await.unwrap();
        match stream.try_write(&request.as_bytes()[sent..]) {
            Ok(n) => sent += n,
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
    }
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        stream.readable().await.unwrap();
        match stream.try_read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => bytes.extend_from_slice(&buffer[..n]),
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
    }
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let (line, headers) = head.split_once("\r\n").unwrap();
    let mut words = line.splitn(3, ' ');
    assert_eq!(words.next(), Some("HTTP/1.1"));
    Some(Answer {
        status: words.next().unwrap().parse().unwrap(),
        reason: words.next().unwrap_or_default().to_owned(),
        headers: headers.to_owned(),
        text: body.to_owned(),
    })
}

async fn send_as(pve: &FakeProxmox, auth: &str, method: &str, path: &str, form: &str) -> Option<Answer> {
    let body = if matches!(method, "GET" | "DELETE") {
        String::new()
    } else {
        format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n", form.len())
    };
    let request = format!(
        "{method} /api2/json{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{auth}{body}\r\n{}",
        if body.is_empty() { "" } else { form }
    );
    raw(pve, &request).await
}

async fn send(pve: &FakeProxmox, method: &str, path: &str, form: &str) -> Option<Answer> {
    let auth = format!("Authorization: PVEAPIToken={}\r\n", pve.token_string());
    send_as(pve, &auth, method, path, form).await
}

async fn get(pve: &FakeProxmox, path: &str) -> Answer {
    send(pve, "GET", path, "").await.unwrap()
}

async fn post(pve: &FakeProxmox, path: &str, form: &str) -> Answer {
    send(pve, "POST", path, form).await.unwrap()
}

async fn put(pve: &FakeProxmox, path: &str, form: &str) -> Answer {
    send(pve, "PUT", path, form).await.unwrap()
}

async fn delete(pve: &FakeProxmox, path: &str) -> Answer {
    send(pve, "DELETE", path, "").await.unwrap()
}

/// The exit status of the task an answer started.
async fn exit(pve: &FakeProxmox, answer: &Answer) -> String {
    let upid = answer.upid();
    let node = upid.split(':').nth(1).unwrap();
    let status = get(pve, &format!("/nodes/{node}/tasks/{}/status", upid.replace(':', "%3A"))).await.data();
    assert_eq!(status["status"], "stopped", "{status}");
    status["exitstatus"].as_str().unwrap().to_owned()
}

const CONFIG: &str = "/nodes/pve01/qemu/101/config";

/// Two nodes, a local and a shared storage, a template 9000 on `pve01`, a stopped guest 101 on `pve01`.
async fn cluster() -> FakeProxmox {
    FakeProxmox::builder()
        .node("pve01")
        .node("pve02")
        .storage(Storage::local("local-lvm"))
        .storage(Storage::shared("ceph"))
        .storage(Storage::dir("local"))
        .template(9000, "debian-12-cloud", |t| {
            t.disk("scsi0", "local-lvm", 10_240)
                .cloudinit("ide2", "local-lvm")
                .net("net0", "virtio,bridge=vmbr0,firewall=1")
                .cores(2)
                .memory(2048)
                .tags("tmpl;Alpha beta")
        })
        .guest(101, "web01", |g| {
            g.disk("scsi0", "local-lvm", 10_240)
                .cloudinit("ide2", "local-lvm")
                .cores(1)
                .memory(512)
                .net("net0", "virtio=BC:24:11:AA:AA:01,bridge=vmbr0")
        })
        .token("root@pam!bridge", "secret")
        .start()
        .await
}
