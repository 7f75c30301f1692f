//! An inbox in an SQLite file, in WAL mode with `synchronous=FULL`: what was accepted survives a power cut.

mod fenced;
mod upkeep;

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{query, query_as, query_scalar};
use tokio::sync::mpsc;

use super::arrivals::{Arrivals, Commit};
use super::fence::token;
use super::rows::{EventRow, events, failed, range, signed, unsigned};
use super::{
    Aged, Brake, Entry, EventCounts, EventState, Fence, InboxError, Lease, Leasing, NewEvent, Settlement, Store,
    StoredEvent, Work,
};
use crate::guest::RecordId;

/// A store in an SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    /// The one connection that writes.
    writer: SqlitePool,
    /// Those that only read: nobody who reads holds up what is to be stored.
    readers: SqlitePool,
    arrivals: Arrivals,
}

/// How many may read at once.
const READERS: u32 = 4;

/// How many events are read at once to find what is due.
const PAGE: u32 = 256;

impl SqliteStore {
    /// Opens the file, and creates it if it is not there. A file of an older version becomes one of this version; one of a
    /// younger version is taken as it is, as versions only add. What is created only its owner reads: deliveries may have in them
    /// what is secret.
    ///
    /// # Errors
    /// The file cannot be opened or is no inbox.
    pub async fn open(path: &Path) -> Result<Self, InboxError> {
        create(path).map_err(|error| InboxError::new("be opened", error))?;
        let options = SqliteConnectOptions::new().filename(path).busy_timeout(Duration::from_secs(10));
        let writing = options.clone().journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
        // One connection: SQLite has one writer, and a second would only wait for it.
        let writer = SqlitePoolOptions::new().max_connections(1);
        let writer = writer.connect_with(writing).await.map_err(failed("be opened"))?;
        let mut migrations = sqlx::migrate!("src/live/inbox/sqlite/migrations");
        migrations.set_ignore_missing(true);
        migrations.run(&writer).await.map_err(|error| InboxError::new("be prepared", error))?;
        let readers = SqlitePoolOptions::new().max_connections(READERS).connect_lazy_with(options.read_only(true));
        Ok(Self { writer, readers, arrivals: Arrivals::default() })
    }
}

/// Creates the file, unless it is there. The files beside it get its mode from SQLite.
fn create(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[async_trait]
impl Commit for SqlitePool {
    async fn commit(&self, rows: &str) -> Result<Vec<String>, InboxError> {
        query_scalar(
            "INSERT INTO event (key, record, change, state, due, received, reason, brake)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 4, value ->> 5, value ->> 6
             FROM json_each(?1) WHERE NOT EXISTS (SELECT 1 FROM spent WHERE spent.key = value ->> 0)
             ON CONFLICT (key) DO NOTHING RETURNING key",
        )
        .bind(rows)
        .fetch_all(self)
        .await
        .map_err(failed("store an event"))
    }
}

/// Numbers, for `json_each`.
fn list(ids: &[i64]) -> String {
    serde_json::Value::from(ids).to_string()
}

#[async_trait]
impl Store for SqliteStore {
    async fn insert(&self, events: &[NewEvent], now: u64) -> Result<Vec<bool>, InboxError> {
        self.arrivals.store(&self.writer, events, now).await
    }

    async fn due(&self, now: u64, limit: usize) -> Result<(Vec<RecordId>, Option<u64>), InboxError> {
        let doing = "say what is due";
        let (mut records, mut known) = (Vec::new(), HashSet::new());
        let mut after = (i64::MIN, i64::MIN);
        // Page by page until there are enough: how much else waits costs nothing.
        while records.len() < limit {
            let page: Vec<(i64, i64, i64)> = query_as(
                "SELECT record, due, id FROM event INDEXED BY event_due
                 WHERE state = 'pending' AND due <= ?1 AND (due, id) > (?2, ?3) ORDER BY due, id LIMIT ?4",
            )
            .bind(signed(now))
            .bind(after.0)
            .bind(after.1)
            .bind(PAGE)
            .fetch_all(&self.readers)
            .await
            .map_err(failed(doing))?;
            let Some((_, due, id)) = page.last() else { break };
            after = (*due, *id);
            let new = page.iter().map(|(record, ..)| *record).filter(|record| known.insert(*record));
            records.extend(new.map(|record| RecordId(unsigned(record))));
        }
        records.truncate(limit);
        let next: Option<i64> =
            query_scalar("SELECT min(due) FROM event INDEXED BY event_due WHERE state = 'pending' AND due > ?")
                .bind(signed(now))
                .fetch_one(&self.readers)
                .await
                .map_err(failed(doing))?;
        Ok((records, next.map(unsigned)))
    }

    async fn pending(&self, record: RecordId) -> Result<Vec<StoredEvent>, InboxError> {
        let rows: Vec<EventRow> =
            query_as("SELECT * FROM event INDEXED BY event_record WHERE record = ? AND state = 'pending' ORDER BY id")
                .bind(signed(record.0))
                .fetch_all(&self.readers)
                .await
                .map_err(failed("read the events of a record"))?;
        events(rows)
    }

    async fn known(&self, prefixes: &[String]) -> Result<Vec<Vec<String>>, InboxError> {
        let mut known = Vec::with_capacity(prefixes.len());
        for prefix in prefixes {
            let (from, to) = range(prefix);
            let keys = query_scalar(
                "SELECT key FROM event WHERE key >= ?1 AND key < ?2
                 UNION ALL SELECT key FROM spent WHERE key >= ?1 AND key < ?2 ORDER BY key",
            );
            let keys = keys.bind(from).bind(to).fetch_all(&self.readers).await;
            known.push(keys.map_err(failed("look for an event"))?);
        }
        Ok(known)
    }

    async fn settle(&self, ids: &[i64], settlement: &Settlement) -> Result<(), InboxError> {
        self.settle_fenced(ids, settlement).await
    }

    async fn confirm(&self, ids: &[i64]) -> Result<(), InboxError> {
        self.confirm_fenced(ids).await
    }

    async fn release(&self, record: Option<RecordId>, now: u64) -> Result<u64, InboxError> {
        let released = match record {
            Some(record) => query(
                "UPDATE event INDEXED BY event_record SET state = 'pending', due = ?1, attempts = 0
                 WHERE record = ?2 AND state = 'parked'",
            )
            .bind(signed(now))
            .bind(signed(record.0)),
            None => query(
                "UPDATE event INDEXED BY event_state SET state = 'pending', due = ?1, attempts = 0
                 WHERE state = 'parked'",
            )
            .bind(signed(now)),
        };
        let released = released.execute(&self.writer).await.map_err(failed("release events"))?;
        Ok(released.rows_affected())
    }

    async fn lift(&self, prefix: &str, brake: Brake, now: u64) -> Result<u64, InboxError> {
        let (from, to) = range(prefix);
        // The plus keeps it with the index of keys: much may be parked.
        let lifted = query(
            "UPDATE event SET state = 'pending', due = ?1, brake = NULL, reason = NULL
             WHERE key >= ?2 AND key < ?3 AND +state = 'parked' AND brake = ?4",
        )
        .bind(signed(now))
        .bind(from)
        .bind(to)
        .bind(brake.as_str())
        .execute(&self.writer)
        .await
        .map_err(failed("lift a brake"))?;
        Ok(lifted.rows_affected())
    }

    async fn page(
        &self,
        state: Option<EventState>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, InboxError> {
        let rows: Result<Vec<EventRow>, _> = match state {
            None => query_as("SELECT * FROM event WHERE id < ? ORDER BY id DESC LIMIT ?"),
            Some(state) => query_as(
                "SELECT * FROM event INDEXED BY event_state WHERE state = ? AND id < ? ORDER BY id DESC LIMIT ?",
            )
            .bind(state.as_str()),
        }
        .bind(before.unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(&self.readers)
        .await;
        events(rows.map_err(failed("list events"))?)
    }

    async fn counts(&self) -> Result<EventCounts, InboxError> {
        let counted: Vec<(String, i64)> = query_as("SELECT stands, events FROM tally")
            .fetch_all(&self.readers)
            .await
            .map_err(failed("count events"))?;
        Ok(EventCounts::of(counted.into_iter().map(|(stands, events)| (stands, unsigned(events)))))
    }

    async fn lease(&self, work: Work, owner: &str, ended: Option<&Lease>) -> Result<Leasing, InboxError> {
        let doing = "take a lease";
        loop {
            // All of it: the first row is there before it is stored, and what fails then, as on a full disk, is said only by
            // what follows.
            let taken: Vec<i64> = query_scalar(
                "INSERT INTO lease (record, owner, renewals, token) VALUES (?1, ?2, 0, ?3)
                 ON CONFLICT (record) DO UPDATE
                 SET renewals = CASE WHEN lease.owner = ?2 THEN lease.renewals + 1 ELSE 0 END,
                     token = CASE WHEN lease.owner = ?2 THEN lease.token ELSE ?3 END, owner = ?2
                 WHERE lease.owner = ?2 OR (lease.owner = ?4 AND lease.renewals = ?5) RETURNING token",
            )
            .bind(work.number())
            .bind(owner)
            .bind(token()?)
            .bind(ended.map(|lease| &lease.owner))
            .bind(ended.map(|lease| signed(lease.renewals)))
            .fetch_all(&self.writer)
            .await
            .map_err(failed(doing))?;
            if let [token] = taken[..] {
                return Ok(Leasing::Taken(Fence { work, token: unsigned(token) }));
            }
            let other: Option<(String, i64)> = query_as("SELECT owner, renewals FROM lease WHERE record = ?")
                .bind(work.number())
                .fetch_optional(&self.writer)
                .await
                .map_err(failed(doing))?;
            // Given up between the two: it is to be had now.
            let Some((owner, renewals)) = other else { continue };
            return Ok(Leasing::Held(Lease { owner, renewals: unsigned(renewals) }));
        }
    }

    async fn unlease(&self, work: Option<Work>, owner: &str) -> Result<(), InboxError> {
        match work {
            Some(work) => query("DELETE FROM lease WHERE record = ? AND +owner = ?").bind(work.number()).bind(owner),
            None => query("DELETE FROM lease WHERE owner = ?").bind(owner),
        }
        .execute(&self.writer)
        .await
        .map_err(failed("give up a lease"))?;
        Ok(())
    }

    async fn get(&self, kind: &'static str, key: &str) -> Result<Option<String>, InboxError> {
        query_scalar("SELECT value FROM fact WHERE kind = ? AND key = ?")
            .bind(kind)
            .bind(key)
            .fetch_optional(&self.readers)
            .await
            .map_err(failed("read a fact"))
    }

    async fn put(&self, kind: &'static str, key: &str, value: &str) -> Result<(), InboxError> {
        self.put_fenced(kind, key, value).await
    }

    async fn replace(
        &self,
        kind: &'static str,
        key: &str,
        expected: Option<&str>,
        value: &str,
    ) -> Result<bool, InboxError> {
        self.replace_fenced(kind, key, expected, value).await
    }

    async fn delete(&self, kind: &'static str, key: &str) -> Result<(), InboxError> {
        self.delete_fenced(kind, key).await
    }

    async fn all(&self, kind: &'static str, prefix: &str) -> Result<Vec<(String, String)>, InboxError> {
        let (from, to) = range(prefix);
        query_as("SELECT key, value FROM fact WHERE kind = ? AND key >= ? AND key < ? ORDER BY key")
            .bind(kind)
            .bind(from)
            .bind(to)
            .fetch_all(&self.readers)
            .await
            .map_err(failed("read facts"))
    }

    async fn aged(&self, kind: &'static str, before: u64, limit: u32) -> Result<Vec<String>, InboxError> {
        self.facts_before(kind, before, limit).await
    }

    async fn prune(&self, what: Aged, before: u64, limit: u32) -> Result<u64, InboxError> {
        self.prune_step(what, before, limit).await
    }

    async fn prunable(&self, what: Aged, before: u64) -> Result<u64, InboxError> {
        self.count_before(what, before).await
    }

    async fn size(&self) -> Result<u64, InboxError> {
        self.used().await
    }

    async fn export(&self, to: mpsc::Sender<Entry>) -> Result<(), InboxError> {
        self.export_to(&to).await
    }

    async fn import(&self, entries: &[Entry]) -> Result<(), InboxError> {
        self.import_all(entries).await
    }
}
