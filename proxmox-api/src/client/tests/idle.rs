//! Connections that nobody used for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::raw_server::read_request;
use super::*;

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

#[tokio::test]
async fn one_that_proxmox_is_about_to_close_is_not_used_again() {
    let (url, made) = keeping().await;
    let client = client_at(&url);
    // The clock stands still only while it is moved: what is read from a socket takes its time.
    let pass = |time| async move {
        tokio::time::pause();
        tokio::time::advance(time).await;
        tokio::time::resume();
    };
    for (idle, connections) in [(0, 1), (3000, 1), (4100, 2)] {
        pass(Duration::from_millis(idle)).await;
        client.version().await.unwrap();
        assert_eq!(made.load(Ordering::Relaxed), connections, "after {idle} ms");
    }
}
