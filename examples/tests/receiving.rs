//! What senders may cost the server: connections, time and memory; and that none is lost when it starts again.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use common::{delivery, state, with};
use netbox_proxmox_core::live::{Inbox, MemoryStore};
use netbox_proxmox_examples::server::{ServerState, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// A server that listens on a port of its own.
struct Running {
    address: SocketAddr,
    state: Arc<ServerState>,
    stop: oneshot::Sender<()>,
    serves: JoinHandle<()>,
}

impl Running {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, state) = (listener.local_addr().unwrap(), state(&[], Inbox::new(MemoryStore::default())));
        let (stop, stopped) = oneshot::channel();
        let serves = tokio::spawn(serve(listener, Arc::clone(&state), async { drop(stopped.await) }));
        Self { address, state, stop, serves }
    }

    async fn send(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    }
}

/// A delivery that was recorded: its head, and its body.
fn recorded() -> (Vec<u8>, Vec<u8>) {
    let (body, signature) = delivery("001");
    (head(body.len(), &format!("X-Hook-Signature: {signature}\r\n")), body)
}

fn head(length: usize, more: &str) -> Vec<u8> {
    format!("POST /webhook HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n{more}\r\n")
        .into_bytes()
}

/// The rest of what comes over a connection until it is closed.
async fn rest(stream: &mut TcpStream) -> String {
    let mut rest = Vec::new();
    // One that is closed with something unread may end in an error.
    let _ = stream.read_to_end(&mut rest).await;
    String::from_utf8(rest).unwrap()
}

#[tokio::test(start_paused = true)]
async fn three_hundred_half_heads_are_closed_and_deliveries_are_accepted_meanwhile() {
    let server = Running::start().await;
    let mut halves = Vec::new();
    for _ in 0..300 {
        halves.push(server.send(b"POST /webhook HTTP/1.1\r\nHost: x\r\nX-Hook-").await);
    }
    let begun = Instant::now();
    let (head, body) = recorded();
    let answer = rest(&mut server.send(&[head, body].concat()).await).await;
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    for half in &mut halves {
        assert_eq!(rest(half).await, "");
    }
    // The clock of this test stands still while anything can go on.
    assert!(begun.elapsed() <= Duration::from_secs(11), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_has_no_signature_is_answered_before_any_of_its_body_came() {
    let server = Running::start().await;
    for more in ["", "X-Hook-Signature: \r\n", "X-Hook-Signature: nonsense\r\n"] {
        let mut senders = Vec::new();
        for _ in 0..100 {
            senders.push(server.send(&head(8 << 20, more)).await);
        }
        for sender in &mut senders {
            let answer = rest(sender).await;
            assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("unsigned"), "{more}: {answer}");
        }
    }
    assert!(server.state.inbox().store().events(None, 1).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_given_up() {
    let server = Running::start().await;
    let (head, body) = recorded();
    let begun = Instant::now();
    let answer = rest(&mut server.send(&[&head, &body[..100]].concat()).await).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("did not come in time"), "{answer}");
    assert!(begun.elapsed() <= Duration::from_secs(31), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_is_on_its_way_is_answered_before_the_server_ends() {
    let server = Running::start().await;
    let (head, body) = recorded();
    let mut sender = server.send(&head).await;
    // Another one's answer says that this one was accepted.
    assert!(
        rest(&mut server.send(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await)
            .await
            .contains("alive")
    );
    server.stop.send(()).unwrap();
    sender.write_all(&body).await.unwrap();
    let answer = rest(&mut sender).await;
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    server.serves.await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err(), "still listening");
}

/// The server as systemd starts it: with a socket that stays.
fn handed_over(listener: &std::net::TcpListener, inbox: &str) -> Child {
    let script = r#"exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec "$0""#;
    let variables =
        [("NETBOX_PROXMOX_INBOX", inbox), ("NETBOX_PROXMOX_LISTEN", "192.0.2.1:1"), ("NETBOX_CLUSTER", "lab")];
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_netbox-proxmox-webhook")]).env_clear().envs(with(&variables));
    let socket = OwnedFd::from(listener.try_clone().unwrap());
    command.stdin(Stdio::from(socket)).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn end(mut child: Child) {
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_delivery_that_comes_while_the_server_starts_again_waits_on_the_socket() {
    let directory = tempfile::tempdir().unwrap();
    let inbox = format!("sqlite:{}", directory.path().join("inbox.sqlite").display());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let send = || {
        let (head, body) = recorded();
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(&[head, body].concat()).unwrap();
        stream
    };
    let answer = |mut stream: std::net::TcpStream| {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let first = handed_over(&listener, &inbox);
    let answered = answer(send());
    assert!(answered.contains("202 Accepted") && answered.contains("accepted"), "{answered}");
    end(first);
    let waits = send();
    let second = handed_over(&listener, &inbox);
    let answered = answer(waits);
    assert!(answered.contains("202 Accepted") && answered.contains("duplicate"), "{answered}");
    end(second);
}
