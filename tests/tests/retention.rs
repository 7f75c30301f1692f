//! What of the inbox goes in time, and what stays whatever its age.
#![allow(clippy::unwrap_used, missing_docs)]

use netbox_proxmox_core::live::inbox::retention::Pruned;
use netbox_proxmox_core::live::inbox::{EventCounts, Removal, Reported, Retention};
use netbox_proxmox_core::live::{EventState, Inbox, MemoryStore, Seen, Settlement, SqliteStore, bridge};
use netbox_proxmox_core::report::{ReportKey, Reporter};
use netbox_proxmox_core::{Owner, RecordId};
use netbox_proxmox_tests::store_contract::event;

const DAY: u64 = 86_400;

fn owner(record: u64) -> Owner {
    Owner { record: RecordId(record), birth: "2026-11-01T08:00:00Z".parse().unwrap() }
}

fn report(owner: Owner) -> ReportKey {
    Reporter::new(owner.record, Some(owner.birth), "web01", Some(1)).failed("start", "locked", false).key()
}

/// Stores an event of a record and settles it.
async fn settled(inbox: &Inbox, key: &str, now: u64, state: EventState) {
    inbox.store().insert(&[event(key, 1)], now).await.unwrap();
    let pending = inbox.store().pending(RecordId(1)).await.unwrap();
    let ids: Vec<i64> = pending.iter().filter(|event| event.key == key).map(|event| event.id).collect();
    let settlement = Settlement { state, reason: None, brake: None, due: now, attempted: true };
    inbox.store().settle(&ids, &settlement).await.unwrap();
}

async fn each_store(test: impl AsyncFn(Inbox)) {
    test(Inbox::new(MemoryStore::default())).await;
    let directory = tempfile::tempdir().unwrap();
    test(Inbox::new(SqliteStore::open(&directory.path().join("inbox.sqlite")).await.unwrap())).await;
}

#[tokio::test]
async fn what_was_answered_goes_after_its_time_and_what_waits_never() {
    each_store(async |inbox| {
        let now = 1000 * DAY;
        for (key, state) in [
            ("done", EventState::Done),
            ("ignored", EventState::Ignored),
            ("parked", EventState::Parked),
            ("pending", EventState::Pending),
        ] {
            settled(&inbox, key, now, state).await;
        }
        let retention = Retention { done: 10 * DAY, ignored: DAY, keys: 100 * DAY, at_most: None };
        let counts = async || inbox.store().counts().await.unwrap();
        let all = EventCounts { pending: 1, done: 1, ignored: 1, parked: 1, reported: 0 };
        assert_eq!(retention.prune(&inbox, now).await.unwrap(), Pruned::default());
        assert_eq!(counts().await, all);

        for (later, pruned) in [
            (2 * DAY, Pruned { ignored: 1, ..Pruned::default() }),
            (11 * DAY, Pruned { done: 1, ..Pruned::default() }),
            (101 * DAY, Pruned { keys: 2, ..Pruned::default() }),
        ] {
            assert_eq!(retention.would_prune(&inbox, now + later).await.unwrap(), pruned, "it says what it would do");
            assert_eq!(retention.prune(&inbox, now + later).await.unwrap(), pruned);
            assert_eq!(retention.prune(&inbox, now + later).await.unwrap(), Pruned::default(), "once");
        }
        assert_eq!(counts().await, EventCounts { pending: 1, parked: 1, ..EventCounts::default() });
    })
    .await;
}

#[tokio::test]
async fn what_is_known_of_a_record_goes_once_it_and_its_guest_are_gone() {
    each_store(async |inbox| {
        let long_after = bridge::now() + 1000 * DAY;
        let seen = Seen::new(100.try_into().unwrap(), &"pve01".parse().unwrap(), 1);
        let removal = Removal { due: 1, vmid: 100.try_into().unwrap(), cluster: 1, deletion: None };
        let (lives, gone, again, waits) = (owner(1), owner(2), owner(3), owner(4));
        for owner in [lives, gone, again, waits] {
            inbox.put_seen(owner, &seen).await.unwrap();
            inbox.put_discovered(owner, "2026-11-01T08:00:00Z").await.unwrap();
            inbox.put_reported(&report(owner), Reported::Delivered).await.unwrap();
        }
        inbox.put_first_start("2026-11-01T08:00:00Z").await.unwrap();
        assert!(inbox.replace_destroyed(&[], &[("1@x".into(), 1)]).await.unwrap());
        inbox.put_rested(1, 100.try_into().unwrap(), 1).await.unwrap();
        inbox.put_own_request("abc").await.unwrap();
        for owner in [gone, again, waits] {
            inbox.forget(owner).await.unwrap();
        }
        // A guest is seen of one, and the removal of another's waits, after all.
        inbox.put_seen(again, &seen).await.unwrap();
        inbox.put_removal(waits, &removal).await.unwrap();

        let retention = Retention::default();
        assert_eq!(retention.prune(&inbox, bridge::now()).await.unwrap(), Pruned::default(), "not yet");
        assert!(inbox.reported(&report(gone)).await.unwrap().is_some());
        let pruned = retention.prune(&inbox, long_after).await.unwrap();
        assert_eq!(pruned, Pruned { requests: 1, records: 1, ..Pruned::default() });

        assert!(inbox.reported(&report(gone)).await.unwrap().is_none());
        assert!(inbox.discovered(gone).await.unwrap().is_none());
        assert!(!inbox.is_own_request("abc").await.unwrap());
        for owner in [lives, again, waits] {
            assert!(inbox.reported(&report(owner)).await.unwrap().is_some(), "{owner}");
            assert!(inbox.discovered(owner).await.unwrap().is_some(), "{owner}");
        }
        assert_eq!(inbox.seen(lives).await.unwrap(), Some(seen.clone()));
        assert_eq!(inbox.seen(again).await.unwrap(), Some(seen.clone()));
        assert_eq!(inbox.removal(waits).await.unwrap(), Some(removal.clone()));
        assert!(inbox.first_start().await.unwrap().is_some());
        assert_eq!(inbox.destroyed().await.unwrap().len(), 1);
        assert_eq!(inbox.rested(1).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn no_more_events_are_kept_than_may_be_and_what_waits_does_not_count() {
    each_store(async |inbox| {
        let events: Vec<_> = (0..3000).map(|number| event(&format!("event {number}"), 1)).collect();
        inbox.store().insert(&events, 1).await.unwrap();
        let ids: Vec<i64> = inbox.store().pending(RecordId(1)).await.unwrap().iter().map(|event| event.id).collect();
        let settlement = |state| Settlement { state, reason: None, brake: None, due: 1, attempted: true };
        inbox.store().settle(&ids[..1800], &settlement(EventState::Done)).await.unwrap();
        inbox.store().settle(&ids[1800..2000], &settlement(EventState::Ignored)).await.unwrap();
        let retention = |at_most| Retention { at_most: Some(at_most), ..Retention::default() };
        for (at_most, pruned) in [
            (2000, Pruned::default()),
            (1999, Pruned { ignored: 1, ..Pruned::default() }),
            (900, Pruned { ignored: 199, done: 900, ..Pruned::default() }),
            (0, Pruned { done: 900, ..Pruned::default() }),
        ] {
            assert_eq!(retention(at_most).would_prune(&inbox, 1).await.unwrap(), pruned, "{at_most}");
            assert_eq!(retention(at_most).prune(&inbox, 1).await.unwrap(), pruned, "{at_most}");
        }
        let left = inbox.store().counts().await.unwrap();
        assert_eq!(left, EventCounts { pending: 1000, ..EventCounts::default() });
        assert_eq!(inbox.store().insert(&events[..1], 2).await.unwrap(), [false], "none of them is new again");
    })
    .await;
}
