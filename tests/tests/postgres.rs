//! The inbox in a real PostgreSQL, which `tests/live/postgres.sh` starts: the contract, and several instances at once.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use netbox_proxmox_core::RecordId;
use netbox_proxmox_core::live::inbox::{EventCounts, Leasing, Retention, Work};
use netbox_proxmox_core::live::{EventState, Inbox, MemoryStore, PostgresStore, Settlement, Store};
use netbox_proxmox_tests::store_contract::{contract, copies, event};
use sqlx::postgres::PgPool;

/// Names the server.
const SERVER: &str = "INBOX_POSTGRES";

/// A database of a test's own.
async fn database() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let server = std::env::var(SERVER).expect("INBOX_POSTGRES names a server: tests/live/postgres.sh starts one");
    let name = format!("inbox_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
    let pool = PgPool::connect(&server).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&pool).await.unwrap();
    server.replace("/postgres?", &format!("/{name}?"))
}

async fn open(database: &str) -> PostgresStore {
    PostgresStore::open(database).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a PostgreSQL: tests/live/postgres.sh"]
async fn it_keeps_the_contract() {
    let database = database().await;
    let store = Arc::new(open(&database).await);
    contract(store.clone()).await;
    let again = open(&database).await;
    assert_eq!(again.pending(RecordId(100)).await.unwrap().len(), 75, "opened again");
    copies(&again, &open(&self::database().await).await).await;
    let (memory, other) = (Arc::new(MemoryStore::default()), open(&self::database().await).await);
    contract(memory.clone()).await;
    copies(&*memory, &other).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a PostgreSQL: tests/live/postgres.sh"]
async fn instances_that_begin_at_once_all_begin() {
    let database = database().await;
    let all = join_all((0..4).map(|_| PostgresStore::open(&database))).await;
    for (number, store) in all.into_iter().enumerate() {
        assert_eq!(store.unwrap().insert(&[event(&number.to_string(), 1)], 1).await.unwrap(), [true]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a PostgreSQL: tests/live/postgres.sh"]
async fn an_event_that_comes_to_several_instances_at_once_is_new_to_one() {
    let database = database().await;
    let instances = join_all((0..3).map(|_| PostgresStore::open(&database))).await;
    let events: Vec<_> = (0..200).map(|number| event(&format!("event {number}"), number)).collect();
    let backwards: Vec<_> = events.iter().rev().cloned().collect();
    let mut new = vec![0; events.len()];
    for round in 0..5 {
        let events = &events[round * 40..(round + 1) * 40];
        let stored = join_all(instances.iter().enumerate().map(async |(number, store)| {
            let store = store.as_ref().unwrap();
            let these = &backwards[backwards.len() - (round + 1) * 40..backwards.len() - round * 40];
            let mut stored = store.insert(if number == 1 { these } else { events }, 1).await.unwrap();
            if number == 1 {
                stored.reverse();
            }
            stored
        }));
        for stored in stored.await {
            for (at, is_new) in stored.into_iter().enumerate() {
                new[round * 40 + at] += usize::from(is_new);
            }
        }
    }
    assert_eq!(new, vec![1; events.len()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a PostgreSQL: tests/live/postgres.sh"]
async fn the_others_are_told_of_what_is_to_be_done_and_of_nothing_else() {
    let database = database().await;
    let (one, two) = (open(&database).await, open(&database).await);
    let told = async || tokio::time::timeout(Duration::from_secs(60), two.changed()).await.expect("told");
    one.insert(&[event("a", 1)], 1).await.unwrap();
    told().await;
    let id = one.pending(RecordId(1)).await.unwrap()[0].id;
    let settled = |state, due| Settlement { state, reason: None, brake: None, due, attempted: true };
    one.settle(&[id], &settled(EventState::Pending, 1 << 40)).await.unwrap();
    one.settle(&[id], &settled(EventState::Parked, 0)).await.unwrap();
    one.put("seen", "1@x", "y").await.unwrap();
    // What is told comes in the order in which it was done: had these been told, two would be woken twice.
    one.release(None, 1).await.unwrap();
    told().await;
    assert!(tokio::time::timeout(Duration::ZERO, two.changed()).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a PostgreSQL: tests/live/postgres.sh"]
async fn counts_and_facts_are_right_whoever_changes_them_at_once() {
    let database = database().await;
    let instances = join_all((0..3).map(|_| PostgresStore::open(&database))).await;
    let instances: Vec<_> = instances.into_iter().map(Result::unwrap).collect();
    join_all(instances.iter().enumerate().map(async |(number, store)| {
        for round in 0..500_u64 {
            store.insert(&[event(&format!("{number} {round}"), round)], 1).await.unwrap();
            // Sums up what is counted, again and again.
            store.counts().await.unwrap();
        }
        // Like the destroys of late: read, changed, stored if nobody else did meanwhile.
        for _ in 0..20 {
            loop {
                let before = store.get("destroyed", "of late").await.unwrap();
                let count: u32 = before.as_deref().map_or(0, |count| count.parse().unwrap());
                let after = (count + 1).to_string();
                if store.replace("destroyed", "of late", before.as_deref(), &after).await.unwrap() {
                    break;
                }
            }
        }
    }))
    .await;
    let counts = EventCounts { pending: 1500, ..EventCounts::default() };
    assert_eq!(instances[0].counts().await.unwrap(), counts);
    assert_eq!(instances[0].get("destroyed", "of late").await.unwrap().as_deref(), Some("60"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a PostgreSQL: tests/live/postgres.sh"]
async fn of_instances_that_ask_at_once_one_gets_the_lease() {
    let database = database().await;
    let instances = join_all((0..3).map(|_| PostgresStore::open(&database))).await;
    let instances: Vec<_> = instances.into_iter().map(Result::unwrap).collect();
    for round in 0..50 {
        let work = Work::Record(RecordId(round));
        let asked = instances.iter().enumerate();
        let asked = asked.map(async |(number, store)| store.lease(work, &number.to_string(), None).await.unwrap());
        let taken = join_all(asked).await.into_iter().filter(|leasing| matches!(leasing, Leasing::Taken(_))).count();
        assert_eq!(taken, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a PostgreSQL: tests/live/postgres.sh"]
async fn it_is_pruned_and_says_its_size() {
    let store = open(&database().await).await;
    let events: Vec<_> = (0..3000).map(|number| event(&format!("event {number}"), 1)).collect();
    store.insert(&events, 1).await.unwrap();
    let ids: Vec<i64> = store.pending(RecordId(1)).await.unwrap().iter().map(|event| event.id).collect();
    let done = Settlement { state: EventState::Done, reason: None, brake: None, due: 1, attempted: true };
    store.settle(&ids[..2000], &done).await.unwrap();
    assert!(store.size().await.unwrap() > 1_000_000);
    let inbox = Inbox::new(store.clone());
    let retention = Retention { done: 10, ..Retention::default() };
    assert_eq!(retention.prune(&inbox, 100).await.unwrap().done, 2000);
    assert_eq!(store.counts().await.unwrap(), EventCounts { pending: 1000, ..EventCounts::default() });
    assert_eq!(store.insert(&events[..1], 2).await.unwrap(), [false]);
}

#[tokio::test]
async fn what_is_wrong_with_the_address_is_said_without_the_password() {
    for address in ["postgres://bridge:hunter2@[::1/inbox", "postgres://bridge:hunter2@db:port/inbox", "hunter2"] {
        let error = PostgresStore::open(address).await.unwrap_err().to_string();
        assert!(error.starts_with("the inbox cannot be opened: ") && !error.contains("hunter2"), "{error}");
    }
}
