//! Accepted deliveries a second, each durably stored before its 202, beside the rate at which SQLite commits single
//! rows on the same disk in the same run. The two take turns, so that both meet the same disk.
#![allow(missing_docs, clippy::unwrap_used)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use netbox_api::signature;
use netbox_proxmox_core::live::{Inbox, SqliteStore};
use netbox_proxmox_examples::config::Settings;
use netbox_proxmox_examples::server::{Peers, ServerState, router};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

const SECRET: &str = "bench-webhook-secret";
const BODY: &str =
    include_str!("../../tests/fixtures/netbox-webhooks/017-vm-set-primary-ip6--virtualmachine-updated.raw");
const SENDERS: usize = 64;
const TURN: Duration = Duration::from_secs(2);
const TURNS: usize = 5;

/// The delivery with a request of its own: another event.
fn delivery(number: u64) -> String {
    let id = serde_json::from_str::<serde_json::Value>(BODY).unwrap()["request"]["id"].as_str().unwrap().to_owned();
    BODY.replace(&id, &format!("{number:08x}{}", &id[8..]))
}

/// Sends deliveries for a while; gives how many were accepted.
async fn accepted(url: &str, client: &reqwest::Client, prepared: &mut Vec<(String, String)>) -> u64 {
    let end = Instant::now() + TURN;
    let mut senders = Vec::new();
    let share = prepared.len() / SENDERS;
    for _ in 0..SENDERS {
        let mine: Vec<_> = prepared.drain(..share.min(prepared.len())).collect();
        let (client, url) = (client.clone(), url.to_owned());
        senders.push(tokio::spawn(async move {
            let (mut count, mut left) = (0, mine.into_iter());
            while Instant::now() < end {
                let Some((body, signature)) = left.next() else { panic!("prepare more deliveries") };
                let answer = client.post(&url).header("X-Hook-Signature", signature).body(body).send().await.unwrap();
                assert_eq!(answer.status().as_u16(), 202);
                count += 1;
            }
            count
        }));
    }
    let mut sum = 0;
    for sender in senders {
        sum += sender.await.unwrap();
    }
    sum
}

/// Commits rows of the same size one by one for a while; gives how many.
async fn committed(pool: &sqlx::SqlitePool) -> u64 {
    let end = Instant::now() + TURN;
    let row = "x".repeat(600);
    let mut count = 0;
    while Instant::now() < end {
        sqlx::query("INSERT INTO row (value) VALUES (?)").bind(&row).execute(pool).await.unwrap();
        count += 1;
    }
    count
}

#[tokio::main]
async fn main() {
    // Who sends is a client without a choice of its own.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let directory = tempfile::tempdir().unwrap();
    let environment = [
        ("NETBOX_WEBHOOK_SECRET", SECRET),
        ("NETBOX_URL", "http://127.0.0.1:9"),
        ("NETBOX_TOKEN", "unused"),
        ("PROXMOX_URL", "http://127.0.0.1:9"),
        ("PROXMOX_TOKEN", "a@pve!b=unused"),
    ];
    let settings = Settings::from_environment(environment.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let settings = settings.unwrap();
    let netbox = netbox_api::Client::builder("http://127.0.0.1:9").token("unused".into()).build().unwrap();
    let inbox = Inbox::new(SqliteStore::open(&directory.path().join("inbox.sqlite")).await.unwrap());
    let peers = Peers { netbox, proxmox: Vec::new() };
    let state = ServerState::new(settings.receiver().unwrap(), settings.fields().clone(), inbox, peers);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/webhook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router(Arc::new(state))).await.unwrap() });

    let options = SqliteConnectOptions::new()
        .filename(directory.path().join("raw.sqlite"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    sqlx::query("CREATE TABLE row (id INTEGER PRIMARY KEY, value TEXT)").execute(&pool).await.unwrap();

    let client = reqwest::Client::builder().pool_max_idle_per_host(SENDERS).build().unwrap();
    let (mut deliveries, mut commits, mut number) = (0, 0, 0);
    for turn in 1..=TURNS {
        let prepare = |_| {
            number += 1;
            let body = delivery(number);
            let signed = signature::sign(SECRET.as_bytes(), body.as_bytes());
            (body, signed)
        };
        let mut prepared: Vec<_> = (0..40_000).map(prepare).collect();
        let (sent, raw) = (accepted(&url, &client, &mut prepared).await, committed(&pool).await);
        println!("turn {turn}: {sent} deliveries accepted, {raw} rows committed: {:.2}", sent as f64 / raw as f64);
        (deliveries, commits) = (deliveries + sent, commits + raw);
    }
    println!(
        "accepted deliveries of {} bytes by {SENDERS} senders : raw SQLite commits = {:.2}",
        BODY.len(),
        deliveries as f64 / commits as f64
    );
}
