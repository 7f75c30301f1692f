//! Connections that nobody used for a while.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used)]

mod sockets;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use api_transport::proxy::Proxies;
use api_transport::{SetUp, Trust};
use netbox_api::client::NewTag;
use netbox_api::{Client, ClientBuilder, ErrorKind, Phase};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

/// Keeps connections open; returns its URL, and how many were made.
async fn keeping() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let made = Arc::new(AtomicUsize::new(0));
    let count = made.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                while sockets::request(&mut stream).await.is_some() {
                    let body = r#"{"netbox-version": "4.7.3"}"#;
                    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    (url, made)
}

/// The clock stands still only while it is moved: what is read from a socket takes its time.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn one_that_netbox_is_about_to_close_is_not_used_again() {
    let (url, made) = keeping().await;
    let client = Client::builder(url).build().unwrap();
    for (idle, connections) in [(0, 1), (500, 1), (1100, 2)] {
        pass(Duration::from_millis(idle)).await;
        client.status().await.unwrap();
        assert_eq!(made.load(Ordering::Relaxed), connections, "after {idle} ms");
    }
}

/// Closes a connection that was idle for 2 s, as NetBox's gunicorn does, just when the next request arrives: that is not
/// answered, and whoever sent it does not learn whether it was read.
async fn closing() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut answered = Instant::now();
                while let Some(head) = sockets::request(&mut stream).await {
                    if answered.elapsed() >= Duration::from_secs(2) {
                        return;
                    }
                    let length = head.to_ascii_lowercase();
                    let length = length.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                    stream.read_exact(&mut vec![0; length.unwrap_or(0)]).await.unwrap();
                    let body = r#"{"id": 1, "name": "a", "slug": "a"}"#;
                    let answer = format!("HTTP/1.1 201 Created\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                    stream.write_all(answer.as_bytes()).await.unwrap();
                    answered = Instant::now();
                }
            });
        }
    });
    url
}

/// Writes after each of these pauses; what became of the first that failed.
async fn writes(builder: ClientBuilder) -> Option<(ErrorKind, Phase)> {
    let client = builder.build().unwrap();
    let new = NewTag { name: "a".into(), slug: "a".into(), ..Default::default() };
    for idle in [0, 500, 999, 1100, 1900, 1999, 2000, 2001, 2500, 4000] {
        pass(Duration::from_millis(idle)).await;
        if let Err(error) = client.tags().create(&new).await {
            return Some((error.kind(), error.phase()));
        }
    }
    None
}

#[tokio::test]
async fn no_write_meets_a_connection_that_netbox_is_closing() {
    let url = closing().await;
    assert_eq!(writes(Client::builder(&url)).await, None);
    // One that is kept for longer than NetBox keeps it does, and nobody knows then whether it was carried out.
    let keeping = SetUp {
        trust: &Trust::System,
        encrypted: false,
        proxies: Proxies::default(),
        connect: Duration::from_secs(5),
        idle: Duration::from_secs(4),
        user_agent: "test",
    };
    let lost = writes(Client::builder(&url).http_client(keeping.client().unwrap())).await;
    assert_eq!(lost, Some((ErrorKind::Unavailable, Phase::Ambiguous)));
}
