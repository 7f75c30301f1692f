//! The inbox's file: one of another version, and who reads it while others write.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;

use netbox_proxmox_core::RecordId;
use netbox_proxmox_core::live::inbox::{EventCounts, Lease, Leasing, Work};
use netbox_proxmox_core::live::{EventState, SqliteStore, Store};
use netbox_proxmox_tests::store_contract::event;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};

/// What version 0.1.0 made.
const OF_0_1_0: &str = "
CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    record INTEGER NOT NULL,
    change TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL,
    reason TEXT,
    brake TEXT,
    received INTEGER NOT NULL
);
CREATE INDEX event_waiting ON event (state, due, record);
CREATE TABLE fact (kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE TABLE lease (record INTEGER PRIMARY KEY, owner TEXT NOT NULL, renewals INTEGER NOT NULL);
";

/// How it stored an event.
const INSERT_OF_0_1_0: &str =
    "INSERT INTO event (key, record, change, state, due, received, reason, brake) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (key) DO NOTHING";

async fn raw(path: &Path) -> SqlitePool {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap()
}

async fn insert_as_0_1_0(pool: &SqlitePool, key: &str, record: i64, state: &str, reason: Option<&str>) {
    let change = serde_json::to_string(&event(key, record as u64).change).unwrap();
    let query = sqlx::query(INSERT_OF_0_1_0).bind(key).bind(record).bind(change).bind(state).bind(100).bind(90);
    query.bind(reason).bind(None::<&str>).execute(pool).await.unwrap();
}

#[tokio::test]
async fn a_file_of_version_0_1_0_keeps_everything_and_that_version_can_go_on_beside() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("inbox.sqlite");
    let old = raw(&path).await;
    sqlx::raw_sql(OF_0_1_0).execute(&old).await.unwrap();
    insert_as_0_1_0(&old, "a", 1, "pending", None).await;
    insert_as_0_1_0(&old, "b", 2, "done", None).await;
    insert_as_0_1_0(&old, "c", 2, "done", Some("reported: too large")).await;
    insert_as_0_1_0(&old, "d", 3, "parked", Some("no rights")).await;
    sqlx::raw_sql("INSERT INTO fact VALUES ('seen', '1@x', 'y'); INSERT INTO lease VALUES (1, 'one', 3)")
        .execute(&old)
        .await
        .unwrap();

    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(store.due(100, 9).await.unwrap(), (vec![RecordId(1)], None));
    let mut counts = EventCounts { pending: 1, done: 1, reported: 1, parked: 1, ignored: 0 };
    assert_eq!(store.counts().await.unwrap(), counts);
    let parked = store.events(Some(EventState::Parked), 9).await.unwrap().remove(0);
    assert_eq!((parked.key.as_str(), parked.received, parked.reason.as_deref()), ("d", 90, Some("no rights")));
    assert_eq!(parked.change, event("d", 3).change);
    assert_eq!(store.get("seen", "1@x").await.unwrap().as_deref(), Some("y"));
    assert!(store.aged("seen", 1_000_000_000, 9).await.unwrap().is_empty(), "as if it had been stored just now");
    let lease = Lease { owner: "one".into(), renewals: 3 };
    assert_eq!(store.lease(RecordId(1).into(), "two", None).await.unwrap(), Leasing::Held(lease.clone()));
    let taken = store.lease(RecordId(1).into(), "two", Some(&lease)).await.unwrap();
    let Leasing::Taken(fence) = taken else { panic!("{taken:?}") };
    fence.guard(store.put("seen", "1@x", "z")).await.unwrap();
    sqlx::raw_sql("UPDATE lease SET owner = 'three', renewals = 0 WHERE record = 1").execute(&old).await.unwrap();
    let back = Lease { owner: "three".into(), renewals: 0 };
    assert_eq!(
        store.lease(RecordId(1).into(), "two", None).await.unwrap(),
        Leasing::Held(back),
        "that version took it"
    );

    // It writes as ever, and what it writes is counted.
    insert_as_0_1_0(&old, "e", 4, "pending", None).await;
    insert_as_0_1_0(&old, "a", 1, "pending", None).await;
    sqlx::raw_sql("UPDATE event SET state = 'ignored', reason = 'an echo' WHERE key = 'a'")
        .execute(&old)
        .await
        .unwrap();
    counts.ignored += 1;
    assert_eq!(store.counts().await.unwrap(), counts);

    let again = SqliteStore::open(&path).await.unwrap();
    assert_eq!(again.counts().await.unwrap(), counts, "opened again, nothing is done twice");
}

#[tokio::test]
async fn a_file_of_a_younger_version_is_taken_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("inbox.sqlite");
    drop(SqliteStore::open(&path).await.unwrap());
    let young = raw(&path).await;
    let added = "ALTER TABLE event ADD COLUMN mood TEXT;
        INSERT INTO _sqlx_migrations VALUES (9999, 'mood', 0, true, x'00', 0)";
    sqlx::raw_sql(added).execute(&young).await.unwrap();
    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(store.insert(&[event("a", 1)], 1).await.unwrap(), [true]);
    assert_eq!(store.pending(RecordId(1)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_lease_that_could_not_be_stored_in_the_end_is_not_taken() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("inbox.sqlite");
    let store = SqliteStore::open(&path).await.unwrap();
    // It fails when it is committed, as on a disk that is full.
    let failing = "CREATE TABLE nobody (id INTEGER PRIMARY KEY);
        CREATE TABLE late (id INTEGER REFERENCES nobody (id) DEFERRABLE INITIALLY DEFERRED);
        CREATE TRIGGER too_late AFTER INSERT ON lease BEGIN INSERT INTO late VALUES (1); END";
    sqlx::raw_sql(failing).execute(&raw(&path).await).await.unwrap();
    store.lease(Work::CatchUp, "one", None).await.unwrap_err();
    sqlx::raw_sql("DROP TRIGGER too_late").execute(&raw(&path).await).await.unwrap();
    assert!(matches!(store.lease(Work::CatchUp, "two", None).await.unwrap(), Leasing::Taken(_)));
}

#[tokio::test]
async fn whoever_reads_all_of_it_holds_up_nobody_who_stores() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("inbox.sqlite")).await.unwrap();
    let events: Vec<_> = (0..500).map(|number| event(&number.to_string(), 1)).collect();
    store.insert(&events, 1).await.unwrap();
    // Readers that are in the middle of it, and wait for who takes what they read.
    let mut reading = Vec::new();
    for _ in 0..3 {
        let (to, mut from) = tokio::sync::mpsc::channel(1);
        let reader = store.clone();
        let task = tokio::spawn(async move { reader.export(to).await });
        assert!(from.recv().await.is_some());
        reading.push((task, from));
    }
    assert_eq!(store.insert(&[event("meanwhile", 2)], 1).await.unwrap(), [true]);
    assert_eq!(store.counts().await.unwrap().pending, 501);
    for (task, mut from) in reading {
        let mut read = 1;
        while from.recv().await.is_some() {
            read += 1;
        }
        task.await.unwrap().unwrap();
        assert_eq!(read, 500, "each reads what there was when it began");
    }
}
