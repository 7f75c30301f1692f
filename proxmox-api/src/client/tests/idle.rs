//! Connections that nobody used for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::raw_server::read_request;
use super::*;
use crate::client::{ClientBuilder, ErrorKind, Phase};
use crate::params::Params;

/// Keeps connections open; returns its address, and how many were made.
async fn keeping() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let made = Arc::new(AtomicUsize::new(0));
    let count = made.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                while read_request(&mut stream).await.is_some() {
                    let body = "{\"data\":{\"version\":\"9.1.7\"}}";
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
async fn one_that_proxmox_is_about_to_close_is_not_used_again() {
    let (url, made) = keeping().await;
    let client = client_at(&url);
    for (idle, connections) in [(0, 1), (3000, 1), (4100, 2)] {
        pass(Duration::from_millis(idle)).await;
        client.version().await.unwrap();
        assert_eq!(made.load(Ordering::Relaxed), connections, "after {idle} ms");
    }
}

/// Closes a connection that was idle for 5 s, as Proxmox VE does, just when the next request arrives: that is not answered,
/// and whoever sent it does not learn whether it was read.
async fn closing() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut answered = Instant::now();
                while read_request(&mut stream).await.is_some() && answered.elapsed() < Duration::from_secs(5) {
                    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"data\":null}";
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
    let client = builder.token(TOKEN).build().unwrap();
    for idle in [0, 1000, 3999, 4100, 4900, 4999, 5000, 5001, 5500, 9000] {
        pass(Duration::from_millis(idle)).await;
        if let Err(error) = client.post::<()>("/x", &Params::from([("name", "x")])).await {
            return Some((error.kind().clone(), error.phase()));
        }
    }
    None
}

#[tokio::test]
async fn no_write_meets_a_connection_that_proxmox_is_closing() {
    let url = closing().await;
    assert_eq!(writes(Client::builder(&url)).await, None);
    // One that is kept for longer than Proxmox keeps it does, and nobody knows then whether it was carried out.
    let lost = writes(Client::builder(&url).http_client(own_client(Duration::from_secs(10)))).await;
    assert_eq!(lost, Some((ErrorKind::Unavailable, Phase::Ambiguous)));
}
