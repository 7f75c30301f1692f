//! What questions to the inbox cost at a hundred thousand events and at a million, in one run: the same, but for those that
//! are written to. A delivery is stored beside somebody who reads all of it.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::time::{Duration, Instant};

use netbox_proxmox_core::event::Changed;
use netbox_proxmox_core::live::inbox::Aged;
use netbox_proxmox_core::live::{EventState, NewEvent, SqliteStore, Store};
use netbox_proxmox_core::{Change, EventKind, RecordId};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

const SMALL: u64 = 100_000;
const LARGE: u64 = 1_000_000;
const ROUNDS: u32 = 50;

fn event(key: &str) -> NewEvent {
    let change = Change {
        record: RecordId(1),
        name: "web01".into(),
        object: 1,
        event: EventKind::Updated,
        user: Some("alice".into()),
        request: Some("6c0b6e0a-2a52-4d6f-a0a3-2ac2e02e3a5c".into()),
        time: None,
        confirmed: false,
        status: None,
        what: Changed::MacAddress,
    };
    NewEvent { key: key.into(), change, held: None }
}

/// An inbox with so many events, all but one of a hundred done; how long a new version takes to open an old file of it.
async fn filled(path: &Path, events: u64) -> (SqliteStore, Duration) {
    let store = SqliteStore::open(path).await.unwrap();
    store.insert(&[event("first")], 1).await.unwrap();
    let raw = SqliteConnectOptions::new().filename(path);
    let raw = SqlitePoolOptions::new().max_connections(1).connect_with(raw).await.unwrap();
    // As many as are wanted of the one, by SQLite itself: otherwise filling takes all the time.
    let fill = format!(
        "INSERT INTO event (key, record, change, state, due, received)
         WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {events})
         SELECT 'virtualization.virtualmachine/' || (n * 7919 % 1000003) || '/' || n || '@2026-11-26T08:00:00.000Z', n % 10000,
         change, CASE n % 100 WHEN 0 THEN 'pending' WHEN 1 THEN 'parked' ELSE 'done' END, n, n FROM number, event
         WHERE event.key = 'first'"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(fill)).execute(&raw).await.unwrap();
    // What version 0.1.0 left: no index but its own, nothing counted.
    let back = "DROP INDEX event_due; DROP INDEX event_record; DROP INDEX event_state; DROP INDEX fact_stored;
        DROP INDEX lease_owner; DROP TRIGGER event_came; DROP TRIGGER event_went; DROP TRIGGER event_settled;
        DROP TABLE tally; DROP TABLE spent; ALTER TABLE event DROP COLUMN stands; ALTER TABLE fact DROP COLUMN stored;
        ALTER TABLE lease DROP COLUMN token;
        CREATE INDEX event_waiting ON event (state, due, record); DROP TABLE _sqlx_migrations";
    sqlx::raw_sql(back).execute(&raw).await.unwrap();
    raw.close().await;
    drop(store);
    let begun = Instant::now();
    let store = SqliteStore::open(path).await.unwrap();
    let opened = begun.elapsed();
    store.insert(&[event("warm")], 1).await.unwrap();
    (store, opened)
}

/// The mean time of a question, in microseconds.
async fn mean<T>(mut ask: impl AsyncFnMut() -> T) -> f64 {
    let mut took = Duration::ZERO;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        ask().await;
        took += begun.elapsed();
    }
    took.as_secs_f64() * 1e6 / f64::from(ROUNDS)
}

/// What each question costs, in microseconds.
async fn questions(store: &SqliteStore) -> Vec<(&'static str, f64)> {
    let mut number = 0;
    let mut next = || {
        number += 1;
        format!("new {number}")
    };
    let prefix = ["virtualization.virtualmachine/7919/1@".to_owned()];
    vec![
        ("counts", mean(async || store.counts().await.unwrap()).await),
        ("due, 64 records", mean(async || store.due(u64::MAX >> 1, 64).await.unwrap()).await),
        ("pending of a record", mean(async || store.pending(RecordId(100)).await.unwrap()).await),
        ("20 newest parked", mean(async || store.events(Some(EventState::Parked), 20).await.unwrap()).await),
        ("known", mean(async || store.known(&prefix).await.unwrap()).await),
        ("insert", mean(async || store.insert(&[event(&next())], 1).await.unwrap()).await),
        ("prune of nothing", mean(async || store.prune(Aged::Events(EventState::Done), 0, 500).await.unwrap()).await),
    ]
}

#[tokio::main]
async fn main() {
    let directory = tempfile::tempdir().unwrap();
    let (small, _) = filled(&directory.path().join("small.sqlite"), SMALL).await;
    let (large, opened) = filled(&directory.path().join("large.sqlite"), LARGE).await;
    println!("a file of 0.1.0 with {LARGE} events: {:.1} s to bring it up to this version", opened.as_secs_f64());
    let (few, many) = (questions(&small).await, questions(&large).await);
    for ((what, few), (_, many)) in few.iter().zip(&many) {
        println!("{what}: {few:.0} µs at {SMALL}, {many:.0} µs at {LARGE}: {:.2}", many / few);
    }
    let size = large.size().await.unwrap();
    println!("bytes an event: {}", size / LARGE);

    // Deliveries while somebody reads all there is, and while nobody does.
    let mut number = 0;
    let mut insert = async || {
        number += 1;
        large.insert(&[event(&format!("beside {number}"))], 1).await.unwrap()
    };
    let alone = mean(&mut insert).await;
    let reading = async {
        loop {
            large.events(None, 100_000).await.unwrap();
        }
    };
    let beside = tokio::select! {
        () = reading => unreachable!("it reads on"),
        beside = mean(&mut insert) => beside,
    };
    println!("insert: {alone:.0} µs alone, {beside:.0} µs while all is read: {:.2}", beside / alone);
}
