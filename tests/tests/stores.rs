//! One contract for every store of the inbox.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use netbox_proxmox_core::event::Changed;
use netbox_proxmox_core::live::{EventState, MemoryStore, NewEvent, Settlement, SqliteStore, Store};
use netbox_proxmox_core::{Change, EventKind, RecordId};

fn event(key: &str, record: u64) -> NewEvent {
    let change = Change {
        record: RecordId(record),
        name: format!("web{record:02}"),
        object: record,
        event: EventKind::Updated,
        user: Some("alice".into()),
        request: Some(key.into()),
        what: Changed::MacAddress,
    };
    NewEvent { key: key.into(), change, held: None }
}

async fn keys(store: &dyn Store, record: u64) -> Vec<String> {
    store.pending(RecordId(record)).await.unwrap().into_iter().map(|event| event.key).collect()
}

async fn contract(store: Arc<dyn Store>) {
    // An event is stored once, whatever comes with it.
    assert_eq!(store.insert(&[event("a", 1), event("b", 2)], 100).await.unwrap(), [true, true]);
    assert_eq!(store.insert(&[event("a", 1), event("c", 1)], 101).await.unwrap(), [false, true]);
    assert_eq!(store.known(&["a".into(), "z".into()]).await.unwrap(), [true, false]);
    assert_eq!(store.due(100).await.unwrap(), (vec![RecordId(1), RecordId(2)], Some(101)));
    assert_eq!(store.due(99).await.unwrap(), (vec![], Some(100)));
    assert_eq!(keys(&*store, 1).await, ["a", "c"], "in order of arrival");

    // What is settled stays, with its reason; what is tried again is due later, and not alone.
    let first = store.pending(RecordId(1)).await.unwrap().remove(0);
    assert_eq!((first.received, first.attempts, first.state), (100, 0, EventState::Pending));
    let later = Settlement { state: EventState::Pending, reason: Some("locked".into()), due: 500, attempted: true };
    store.settle(&[first.id], &later).await.unwrap();
    assert_eq!(keys(&*store, 1).await, ["a", "c"]);
    let again = store.pending(RecordId(1)).await.unwrap().remove(0);
    assert_eq!((again.attempts, again.due, again.reason.as_deref()), (1, 500, Some("locked")));
    assert_eq!(again.change, first.change);
    let done = Settlement { state: EventState::Done, reason: None, due: 500, attempted: true };
    let second = store.pending(RecordId(1)).await.unwrap().remove(1);
    store.settle(&[second.id], &done).await.unwrap();
    assert_eq!(keys(&*store, 1).await, ["a"]);

    // Parked events wait for a person.
    let parked = Settlement { state: EventState::Parked, reason: Some("no rights".into()), due: 0, attempted: true };
    store.settle(&[again.id], &parked).await.unwrap();
    assert!(keys(&*store, 1).await.is_empty());
    let listed = store.events(Some(EventState::Parked), 10).await.unwrap();
    assert_eq!((listed.len(), listed[0].reason.as_deref()), (1, Some("no rights")));
    assert_eq!(store.events(None, 2).await.unwrap().len(), 2, "no more than asked for, newest first");
    assert_eq!(store.release(Some(RecordId(2)), 600).await.unwrap(), 0);
    assert_eq!(store.release(None, 600).await.unwrap(), 1);
    assert_eq!(store.pending(RecordId(1)).await.unwrap()[0].attempts, 0);
    let held = NewEvent { held: Some("held: too many".into()), ..event("h", 3) };
    store.insert(&[held], 100).await.unwrap();
    assert!(keys(&*store, 3).await.is_empty(), "it is parked from the start");

    // A lease is held by one, until it ends or is given up.
    let record = RecordId(7);
    assert!(store.lease(record, "one", 10, 20).await.unwrap());
    assert!(!store.lease(record, "two", 15, 25).await.unwrap());
    assert!(store.lease(record, "one", 15, 30).await.unwrap(), "renewed");
    assert!(!store.lease(record, "two", 29, 40).await.unwrap());
    assert!(store.lease(record, "two", 30, 40).await.unwrap(), "it ended");
    store.unlease(Some(record), "one").await.unwrap();
    assert!(!store.lease(record, "one", 31, 50).await.unwrap(), "not another's to give up");
    store.unlease(None, "two").await.unwrap();
    assert!(store.lease(record, "one", 31, 50).await.unwrap());

    // Facts.
    assert_eq!(store.get("seen", "1").await.unwrap(), None);
    store.put("seen", "1", "x").await.unwrap();
    store.put("seen", "1", "y").await.unwrap();
    store.put("other", "1", "z").await.unwrap();
    assert_eq!(store.get("seen", "1").await.unwrap().as_deref(), Some("y"));
    assert_eq!(store.all("seen").await.unwrap(), [("1".to_owned(), "y".to_owned())]);
    store.delete("seen", "1").await.unwrap();
    assert!(store.all("seen").await.unwrap().is_empty());

    // Many at once: each is told of its own.
    let inserts = (0..50u64).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            let shared = event(&format!("shared-{}", number / 2), 100);
            store.insert(&[event(&format!("own-{number}"), 100), shared], 1000).await.unwrap()
        })
    });
    let (mut own, mut shared) = (0, 0);
    for insert in inserts.collect::<Vec<_>>() {
        let new = insert.await.unwrap();
        own += usize::from(new[0]);
        shared += usize::from(new[1]);
    }
    assert_eq!((own, shared), (50, 25));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_memory() {
    contract(Arc::new(MemoryStore::default())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_an_sqlite_file_that_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("inbox.sqlite");
    contract(Arc::new(SqliteStore::open(&path).await.unwrap())).await;
    let again = SqliteStore::open(&path).await.unwrap();
    assert_eq!(again.pending(RecordId(100)).await.unwrap().len(), 75);
}
