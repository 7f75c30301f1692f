//! One contract for every store of the inbox.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use netbox_proxmox_core::event::Changed;
use netbox_proxmox_core::live::inbox::{Aged, Entry, EventCounts, Fence, Lease, Leasing, Work};
use netbox_proxmox_core::live::{Brake, EventState, Held, NewEvent, Settlement, Store};
use netbox_proxmox_core::{Change, EventKind, RecordId};

/// A change of a record.
pub fn event(key: &str, record: u64) -> NewEvent {
    let change = Change {
        record: RecordId(record),
        name: format!("web{record:02}"),
        object: record,
        event: EventKind::Updated,
        user: Some("alice".into()),
        request: Some(key.into()),
        time: None,
        confirmed: false,
        status: None,
        what: Changed::MacAddress,
    };
    NewEvent { key: key.into(), change, held: None }
}

async fn keys(store: &dyn Store, record: u64) -> Vec<String> {
    store.pending(RecordId(record)).await.unwrap().into_iter().map(|event| event.key).collect()
}

/// What every store must do. It begins with an empty one.
pub async fn contract(store: Arc<dyn Store>) {
    // An event is stored once, whatever comes with it.
    assert_eq!(store.insert(&[event("a", 1), event("b", 2)], 100).await.unwrap(), [true, true]);
    assert_eq!(store.insert(&[event("a", 1), event("c", 1)], 101).await.unwrap(), [false, true]);
    let known = store.known(&["a".into(), "z".into(), String::new()]).await.unwrap();
    assert_eq!(known, [vec!["a"], vec![], vec!["a", "b", "c"]]);
    assert_eq!(store.due(100, 9).await.unwrap(), (vec![RecordId(1), RecordId(2)], Some(101)));
    assert_eq!(store.due(100, 1).await.unwrap(), (vec![RecordId(1)], Some(101)), "no more than asked for");
    assert_eq!(store.due(99, 9).await.unwrap(), (vec![], Some(100)));
    assert_eq!(keys(&*store, 1).await, ["a", "c"], "in order of arrival");

    // What is settled stays, with its reason; what is tried again is due later, and not alone.
    let first = store.pending(RecordId(1)).await.unwrap().remove(0);
    assert_eq!((first.received, first.attempts, first.state), (100, 0, EventState::Pending));
    let later = Settlement {
        state: EventState::Pending,
        reason: Some("locked".into()),
        brake: None,
        due: 500,
        attempted: true,
    };
    store.settle(&[first.id], &later).await.unwrap();
    assert_eq!(keys(&*store, 1).await, ["a", "c"]);
    let again = store.pending(RecordId(1)).await.unwrap().remove(0);
    assert_eq!((again.attempts, again.due, again.reason.as_deref()), (1, 500, Some("locked")));
    assert_eq!(again.change, first.change);
    let done = Settlement { state: EventState::Done, reason: None, brake: None, due: 500, attempted: true };
    let second = store.pending(RecordId(1)).await.unwrap().remove(1);
    store.settle(&[second.id], &done).await.unwrap();
    assert_eq!(keys(&*store, 1).await, ["a"]);

    // Parked events wait for a person.
    let parked = Settlement {
        state: EventState::Parked,
        reason: Some("no rights".into()),
        brake: None,
        due: 0,
        attempted: true,
    };
    store.settle(&[again.id], &parked).await.unwrap();
    assert!(keys(&*store, 1).await.is_empty());
    let listed = store.events(Some(EventState::Parked), 10).await.unwrap();
    assert_eq!((listed.len(), listed[0].reason.as_deref()), (1, Some("no rights")));
    let newest: Vec<_> = store.events(None, 2).await.unwrap().into_iter().map(|event| event.key).collect();
    assert_eq!(newest, ["c", "b"], "no more than asked for, newest first");
    let before = store.events(None, 2).await.unwrap()[1].id;
    let older: Vec<_> = store.page(None, Some(before), 2).await.unwrap().into_iter().map(|event| event.key).collect();
    assert_eq!(older, ["a"], "the next page");
    assert!(store.page(Some(EventState::Parked), Some(again.id), 2).await.unwrap().is_empty());
    let counts = EventCounts { pending: 1, done: 1, parked: 1, ..EventCounts::default() };
    assert_eq!(store.counts().await.unwrap(), counts);
    assert_eq!(store.release(Some(RecordId(2)), 600).await.unwrap(), 0);
    assert_eq!(store.release(None, 600).await.unwrap(), 1);
    assert_eq!(store.pending(RecordId(1)).await.unwrap()[0].attempts, 0);

    // What a brake holds is parked from the start; a person who releases it has agreed, also to what is tried again.
    let hold = |brake| Some(Held { brake, why: "too many".into() });
    let held = |key: &str, brake| NewEvent { held: hold(brake), ..event(key, 3) };
    store.insert(&[held("h@1", Brake::Undelivered), held("h@2", Brake::Destroys)], 100).await.unwrap();
    assert!(keys(&*store, 3).await.is_empty());
    let listed = store.events(Some(EventState::Parked), 10).await.unwrap();
    assert!(listed.iter().all(|event| event.reason.as_deref() == Some("held: too many")), "{listed:?}");
    assert_eq!(store.lift("h@", Brake::Undelivered, 200).await.unwrap(), 1, "its delivery came");
    assert_eq!(store.lift("h@", Brake::Undelivered, 200).await.unwrap(), 0);
    let lifted = store.pending(RecordId(3)).await.unwrap().remove(0);
    assert_eq!((lifted.key.as_str(), lifted.brake, lifted.reason), ("h@1", None, None), "nobody agreed to it");
    assert_eq!(store.release(Some(RecordId(3)), 200).await.unwrap(), 1);
    let released = store.pending(RecordId(3)).await.unwrap().remove(1);
    assert_eq!(released.brake, Some(Brake::Destroys));
    store.settle(&[released.id], &later).await.unwrap();
    assert_eq!(store.pending(RecordId(3)).await.unwrap()[1].brake, Some(Brake::Destroys));
    store.settle(&[released.id], &parked).await.unwrap();
    assert_eq!(store.events(Some(EventState::Parked), 1).await.unwrap()[0].brake, None, "parked for another reason");

    // What the change log was seen to have is kept with the change.
    assert!(!lifted.change.confirmed);
    store.confirm(&[lifted.id]).await.unwrap();
    let confirmed = store.pending(RecordId(3)).await.unwrap().remove(0);
    assert_eq!(confirmed.change, Change { confirmed: true, ..lifted.change });

    leases(&*store).await;

    // Facts.
    assert_eq!(store.get("seen", "1").await.unwrap(), None);
    store.put("seen", "1", "x").await.unwrap();
    store.put("seen", "1", "y").await.unwrap();
    store.put("removal", "1", "z").await.unwrap();
    assert_eq!(store.get("seen", "1").await.unwrap().as_deref(), Some("y"));
    store.put("seen", "10@x", "w").await.unwrap();
    let all = async |prefix: &str| -> Vec<String> {
        store.all("seen", prefix).await.unwrap().into_iter().map(|(key, value)| format!("{key}={value}")).collect()
    };
    assert_eq!(all("").await, ["1=y", "10@x=w"]);
    assert_eq!((all("10@").await, all("1@").await), (vec!["10@x=w".to_owned()], vec![]));
    assert!(!store.replace("seen", "1", Some("x"), "v").await.unwrap(), "it is another one");
    assert!(!store.replace("seen", "1", None, "v").await.unwrap(), "it is there");
    assert!(store.replace("seen", "1", Some("y"), "v").await.unwrap());
    assert!(!store.replace("seen", "2", Some("v"), "v").await.unwrap(), "it is not there");
    assert!(store.replace("seen", "2", None, "v").await.unwrap());
    assert_eq!(all("").await, ["1=v", "10@x=w", "2=v"]);
    store.delete("seen", "2").await.unwrap();
    store.delete("seen", "1").await.unwrap();
    store.delete("seen", "10@x").await.unwrap();
    assert!(all("").await.is_empty());

    // Who has been due longest comes first, however much of others waits.
    let burst: Vec<_> = (0..1000).map(|number| event(&format!("burst-{number}"), 50)).collect();
    store.insert(&burst, 700).await.unwrap();
    store.insert(&[event("after", 51), event("again", 50)], 701).await.unwrap();
    let due = async |now, limit| store.due(now, limit).await.unwrap().0;
    assert_eq!(due(800, 4).await, [2, 3, 1, 50].map(RecordId), "of what was released it counts when that was");
    assert_eq!(due(800, 9).await, [2, 3, 1, 50, 51].map(RecordId));

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

    prunes(&*store).await;
}

/// A lease is held by one, until it is given up, or is known to have ended exactly as it is. What is written under one that is
/// lost is refused.
async fn leases(store: &dyn Store) {
    let taken = |leasing: Leasing| match leasing {
        Leasing::Taken(fence) => fence,
        Leasing::Held(lease) => panic!("{lease:?}"),
    };
    let held = |owner: &str, renewals| Leasing::Held(Lease { owner: owner.into(), renewals });
    let lease = |owner: &str, renewals| Some(Lease { owner: owner.into(), renewals });
    for work in [Work::Record(RecordId(7)), Work::CatchUp, Work::Comparison] {
        let ask = async |owner: &str, ended: Option<Lease>| store.lease(work, owner, ended.as_ref()).await.unwrap();
        let first = taken(ask("one", None).await);
        assert_eq!(ask("two", None).await, held("one", 0));
        assert_eq!(taken(ask("one", None).await), first, "renewed");
        assert_eq!(ask("two", lease("one", 0)).await, held("one", 1), "it had not ended");
        first.guard(store.put("seen", "9", "one")).await.unwrap();
        let second = taken(ask("two", lease("one", 1)).await);
        store.unlease(Some(work), "one").await.unwrap();
        assert_eq!(ask("one", None).await, held("two", 0), "not another's to give up");

        // The first does not know yet.
        store.insert(&[event(&format!("fenced by {work}"), 9)], 100).await.unwrap();
        let ids: Vec<i64> = store.pending(RecordId(9)).await.unwrap().iter().map(|event| event.id).collect();
        let done = Settlement { state: EventState::Done, reason: None, brake: None, due: 0, attempted: true };
        let refusals = async |fence: Fence| {
            [
                fence.guard(store.settle(&ids, &done)).await.is_err(),
                fence.guard(store.confirm(&ids)).await.is_err(),
                fence.guard(store.put("seen", "9", "late")).await.is_err(),
                fence.guard(store.put("seen", "8", "late")).await.is_err(),
                fence.guard(store.replace("seen", "9", Some("one"), "late")).await.is_err(),
                fence.guard(store.replace("seen", "8", None, "late")).await.is_err(),
                fence.guard(store.delete("seen", "9")).await.is_err(),
            ]
        };
        assert_eq!(refusals(first).await, [true; 7]);
        let unchanged = store.pending(RecordId(9)).await.unwrap();
        assert!(unchanged.len() == 1 && !unchanged[0].change.confirmed);
        let facts = [("9".to_owned(), "one".to_owned())];
        assert_eq!(store.all("seen", "").await.unwrap(), facts);

        // Nor does it write once the second has given it up, or when it has it again by chance.
        store.unlease(None, "two").await.unwrap();
        first.guard(store.delete("seen", "9")).await.unwrap_err();
        second.guard(store.delete("seen", "9")).await.unwrap_err();
        let third = taken(ask("one", None).await);
        assert!(third != first && third != second);
        first.guard(store.delete("seen", "9")).await.unwrap_err();
        assert_eq!(store.all("seen", "").await.unwrap(), facts);
        third.guard(store.settle(&ids, &done)).await.unwrap();
        third.guard(store.delete("seen", "9")).await.unwrap();
        third.guard(store.delete("seen", "9")).await.expect("nothing to remove is no refusal");
        assert!(store.pending(RecordId(9)).await.unwrap().is_empty());
        store.unlease(Some(work), "one").await.unwrap();
        taken(ask("two", None).await);
        store.unlease(None, "two").await.unwrap();
    }
}

/// What is old goes step by step, and what was answered once is not answered again.
async fn prunes(store: &dyn Store) {
    let settlement = |state, reason: Option<&str>| Settlement {
        state,
        reason: reason.map(Into::into),
        brake: None,
        due: 0,
        attempted: true,
    };
    let mine: Vec<_> = ["p1", "p2", "p3", "p4", "p5"].map(|key| event(key, 200)).into();
    store.insert(&mine, 2000).await.unwrap();
    let before = store.counts().await.unwrap();
    let ids: Vec<i64> = store.pending(RecordId(200)).await.unwrap().iter().map(|event| event.id).collect();
    store.settle(&ids[..2], &settlement(EventState::Done, None)).await.unwrap();
    store.settle(&ids[2..3], &settlement(EventState::Done, Some("reported: too large"))).await.unwrap();
    store.settle(&ids[3..4], &settlement(EventState::Ignored, Some("an echo"))).await.unwrap();
    store.settle(&ids[4..], &settlement(EventState::Parked, Some("no rights"))).await.unwrap();
    let counts = store.counts().await.unwrap();
    let moved = EventCounts {
        pending: before.pending - 5,
        done: before.done + 2,
        reported: before.reported + 1,
        ignored: before.ignored + 1,
        parked: before.parked + 1,
    };
    assert_eq!(counts, moved);

    let done = Aged::Events(EventState::Done);
    assert_eq!(store.prunable(done, 2000).await.unwrap(), before.done);
    assert_eq!(store.prune(done, 2000, 99).await.unwrap(), before.done, "as old as that is not older");
    assert_eq!(store.prunable(done, 2001).await.unwrap(), 3);
    assert_eq!(store.prune(done, 2001, 2).await.unwrap(), 2, "no more than asked for");
    assert_eq!(store.prune(done, 2001, 2).await.unwrap(), 1);
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.done, counts.reported), (0, 0));
    assert_eq!(store.insert(&mine[..1], 2000).await.unwrap(), [false], "it comes again");
    assert_eq!(store.known(&["p".into()]).await.unwrap()[0], ["p1", "p2", "p3", "p4", "p5"]);
    assert_eq!(store.prune(Aged::Keys, 2000, 99).await.unwrap(), before.done);
    assert_eq!(store.prunable(Aged::Keys, 2001).await.unwrap(), 3);
    assert_eq!(store.prune(Aged::Keys, 2001, 2).await.unwrap(), 2);
    assert_eq!(store.prune(Aged::Keys, 2001, 2).await.unwrap(), 1);
    assert_eq!(store.known(&["p".into()]).await.unwrap()[0], ["p4", "p5"]);

    // Facts by when they were stored, which is now.
    for key in ["x", "y", "z"] {
        store.put("own-request", key, "").await.unwrap();
    }
    assert!(store.aged("own-request", 1_000_000_000, 9).await.unwrap().is_empty());
    let mut aged = store.aged("own-request", u64::MAX, 9).await.unwrap();
    aged.sort();
    assert_eq!(aged, ["x", "y", "z"]);
    assert_eq!(store.aged("own-request", u64::MAX, 2).await.unwrap().len(), 2);
    let requests = Aged::Facts("own-request");
    assert_eq!(store.prune(requests, 1_000_000_000, 9).await.unwrap(), 0);
    assert_eq!(store.prunable(requests, u64::MAX).await.unwrap(), 3);
    assert_eq!(store.prune(requests, u64::MAX, 2).await.unwrap(), 2);
    assert_eq!(store.prune(requests, u64::MAX, 2).await.unwrap(), 1);
}

/// All that a store holds.
pub async fn entries(store: &dyn Store) -> Vec<Entry> {
    let (to, mut from) = tokio::sync::mpsc::channel(1);
    let all = async {
        let mut all = Vec::new();
        while let Some(entry) = from.recv().await {
            all.push(entry);
        }
        all
    };
    let (sent, all) = tokio::join!(store.export(to), all);
    sent.unwrap();
    all
}

/// What is copied from one store into an empty one is the same there, also what it counts and does next.
pub async fn copies(from: &dyn Store, to: &dyn Store) {
    from.put("seen", "7@x", "{}").await.unwrap();
    from.prune(Aged::Events(EventState::Ignored), u64::MAX, 99).await.unwrap();
    let all = entries(from).await;
    let kinds = [
        all.iter().filter(|entry| matches!(entry, Entry::Event(_))).count(),
        all.iter().filter(|entry| matches!(entry, Entry::Key { .. })).count(),
        all.iter().filter(|entry| matches!(entry, Entry::Fact { .. })).count(),
    ];
    assert!(kinds.iter().all(|count| *count > 0), "{kinds:?}");
    to.import(&all).await.unwrap();
    assert_eq!(entries(to).await, all);
    assert_eq!(to.counts().await.unwrap(), from.counts().await.unwrap());
    assert_eq!(to.insert(&[event("new", 7), event("b", 2)], 900).await.unwrap(), [true, false]);
    let newest = to.events(None, 1).await.unwrap().remove(0);
    assert_eq!(newest.key, "new", "its number is the highest");
}
