//! Every typed operation: what it sends, and what it makes of an answer that is recorded or that the schema allows.
//!
//! What is sent is compared with `requests.txt`, and each request with the schema: the path is one, every parameter has a
//! name that the operation knows, and what it requires is there. `COVERAGE.md` says which operations these are.
//! `UPDATE_EXPECT=1 cargo test -p proxmox-ve-api --all-features --test typed` writes both anew.
#![cfg(all(feature = "api", feature = "client", feature = "testing"))]
#![allow(clippy::unwrap_used)]

mod access;
mod cluster;
mod coverage;
mod firewall;
mod guests;
mod nodes;
mod recorder;
mod storage;

use recorder::Recorder;

fn expect(path: &str, text: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == text,
        "{} is not what it should be; UPDATE_EXPECT=1 writes it anew. It should be:\n{text}",
        path.display()
    );
}

#[tokio::test]
async fn every_typed_operation_is_one_of_the_schema() {
    let mut recorder = Recorder::default();
    guests::calls(&mut recorder).await;
    guests::calls_of_before(&mut recorder).await;
    storage::calls(&mut recorder).await;
    cluster::calls(&mut recorder).await;
    firewall::calls(&mut recorder).await;
    access::calls(&mut recorder).await;
    nodes::calls(&mut recorder).await;
    expect("tests/typed/requests.txt", &recorder.requests());
    expect("COVERAGE.md", &coverage::table(&recorder.operations()));
}
