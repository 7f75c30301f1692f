//! Several endpoints of one cluster.

use super::raw_server::{RawServer, Reply, nobody};
use super::*;
use crate::client::{ErrorKind, Phase};

fn client_of(urls: &[&str]) -> Client {
    Client::builder(urls).token(TOKEN).build().unwrap()
}

#[tokio::test]
async fn a_write_moves_on_after_a_failed_connect_and_stays_there() {
    let up = RawServer::start(vec![Reply::data(&format!("\"{UPID}\""))]).await;
    let client = client_of(&[&nobody(), &up.url]);
    assert_eq!(*qemu(&client).resume().await.unwrap().upid(), upid());
    assert_eq!(client.inner.endpoints.in_turn().next().unwrap().0, 1);
    qemu(&client).resume().await.unwrap();
    assert_eq!(up.lines().len(), 2);
}

#[tokio::test]
async fn a_write_moves_on_where_the_daemon_behind_is_down() {
    let down = RawServer::start(vec![Reply::status("595 Connection refused", "")]).await;
    let up = RawServer::start(vec![Reply::data(&format!("\"{UPID}\""))]).await;
    qemu(&client_of(&[&down.url, &up.url])).resume().await.unwrap();
    assert_eq!((down.lines().len(), up.lines().len()), (1, 1));
}

#[tokio::test]
async fn an_ambiguous_write_never_moves_on() {
    for reply in [Reply::Close, Reply::status("596 Connection timed out", "")] {
        let first = RawServer::start(vec![reply]).await;
        let second = RawServer::start(vec![Reply::data("null")]).await;
        let error = qemu(&client_of(&[&first.url, &second.url])).resume().await.unwrap_err();
        assert_eq!(error.phase(), Phase::Ambiguous);
        assert!(second.lines().is_empty());
    }
}

#[tokio::test]
async fn an_answer_is_an_answer_whichever_endpoint_gives_it() {
    let first = RawServer::start(vec![Reply::status("500 x", "{\"message\":\"VM 101 not running\\n\"}")]).await;
    let second = RawServer::start(vec![Reply::data("null")]).await;
    let error = qemu(&client_of(&[&first.url, &second.url])).resume().await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NotRunning);
    assert!(second.lines().is_empty());
}

#[tokio::test]
async fn with_all_down_nothing_was_sent() {
    let error = qemu(&client_of(&[&nobody(), &nobody()])).resume().await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (&ErrorKind::Unavailable, Phase::NotSent));
}
