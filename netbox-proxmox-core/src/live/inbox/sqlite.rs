//! An inbox in an SQLite file, in WAL mode with `synchronous=FULL`: what was accepted survives a power cut.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Row, SqliteConnection, query};
use tokio::sync::oneshot;

use super::{Brake, EventState, Held, InboxError, Lease, NewEvent, Settlement, Store, StoredEvent, decode, encode};
use crate::guest::RecordId;

/// A store in an SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    pool: SqlitePool,
    arrivals: Arc<Arrivals>,
}

/// Events that wait to be stored together: a commit costs the same for one as for many.
#[derive(Debug, Default)]
struct Arrivals {
    waiting: Mutex<Vec<Waiting>>,
    committing: tokio::sync::Mutex<()>,
}

/// Events to be stored, and who waits to hear which of them are new.
#[derive(Debug)]
struct Waiting {
    events: Vec<NewEvent>,
    now: u64,
    stored: oneshot::Sender<Result<Vec<bool>, String>>,
}

/// How many events are read at once to find what is due.
const PAGE: u32 = 256;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS event (
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
CREATE INDEX IF NOT EXISTS event_waiting ON event (state, due, record);
CREATE INDEX IF NOT EXISTS event_due ON event (due, id, record) WHERE state = 'pending';
CREATE TABLE IF NOT EXISTS fact (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lease (
    record INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    renewals INTEGER NOT NULL
);
";

impl SqliteStore {
    /// Opens the file, and creates it if it is not there.
    ///
    /// # Errors
    /// The file cannot be opened or is no inbox.
    pub async fn open(path: &Path) -> Result<Self, InboxError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10));
        // One connection: SQLite has one writer, and a second would only wait for it.
        let pool =
            SqlitePoolOptions::new().max_connections(1).connect_with(options).await.map_err(failed("be opened"))?;
        sqlx::raw_sql(SCHEMA).execute(&pool).await.map_err(failed("be prepared"))?;
        Ok(Self { pool, arrivals: Arc::default() })
    }

    /// Stores all that waits, of several callers, in one transaction, and answers them.
    async fn store_arrivals(&self) {
        let _committing = self.arrivals.committing.lock().await;
        let batch = std::mem::take(&mut *self.arrivals.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        if batch.is_empty() {
            return;
        }
        let result = self.commit(&batch).await;
        let mut results = result.as_ref().map(|new| new.iter());
        for Waiting { stored, .. } in batch {
            let answer = match &mut results {
                Ok(new) => Ok(new.next().cloned().unwrap_or_default()),
                Err(error) => Err(error.to_string()),
            };
            // A caller that went away does not need to know.
            let _ = stored.send(answer);
        }
    }

    /// Stores events of several callers in one transaction.
    async fn commit(&self, batch: &[Waiting]) -> Result<Vec<Vec<bool>>, InboxError> {
        let mut transaction = self.pool.begin().await.map_err(failed("store an event"))?;
        let mut new = Vec::with_capacity(batch.len());
        for Waiting { events, now, .. } in batch {
            let mut stored = Vec::with_capacity(events.len());
            for event in events {
                stored.push(insert(&mut transaction, event, *now).await?);
            }
            new.push(stored);
        }
        transaction.commit().await.map_err(failed("store an event"))?;
        Ok(new)
    }
}

/// Stores an event; says whether it is new.
async fn insert(connection: &mut SqliteConnection, event: &NewEvent, now: u64) -> Result<bool, InboxError> {
    let result = query(
        "INSERT INTO event (key, record, change, state, due, received, reason, brake) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (key) DO NOTHING",
    )
    .bind(&event.key)
    .bind(signed(event.change.record.0))
    .bind(encode(&event.change)?)
    .bind(if event.held.is_some() { EventState::Parked.as_str() } else { EventState::Pending.as_str() })
    .bind(signed(now))
    .bind(signed(now))
    .bind(event.held.as_ref().map(Held::reason))
    .bind(event.held.as_ref().map(|held| held.brake.as_str()))
    .execute(connection)
    .await
    .map_err(failed("store an event"))?;
    Ok(result.rows_affected() == 1)
}

/// The keys that begin with a text lie between these: it, and it with what comes after every character.
fn range(prefix: &str) -> (String, String) {
    (prefix.to_owned(), format!("{prefix}{}", char::MAX))
}

fn failed(doing: &'static str) -> impl FnOnce(sqlx::Error) -> InboxError {
    move |error| InboxError::new(doing, error)
}

/// SQLite's integers are signed.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

fn stored(row: &SqliteRow) -> Result<StoredEvent, InboxError> {
    let state: String = row.get("state");
    Ok(StoredEvent {
        id: row.get("id"),
        key: row.get("key"),
        change: decode(row.get("change"))?,
        state: EventState::from_name(&state).ok_or_else(|| InboxError::new("read an event", state))?,
        attempts: row.get("attempts"),
        due: unsigned(row.get("due")),
        reason: row.get("reason"),
        brake: row.get::<Option<&str>, _>("brake").and_then(Brake::from_name),
        received: unsigned(row.get("received")),
    })
}

#[async_trait]
impl Store for SqliteStore {
    async fn insert(&self, events: &[NewEvent], now: u64) -> Result<Vec<bool>, InboxError> {
        let (stored, heard) = oneshot::channel();
        let waiting = Waiting { events: events.to_vec(), now, stored };
        self.arrivals.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(waiting);
        // A task of its own: a caller that goes away must not take along those who wait with it.
        let store = self.clone();
        tokio::spawn(async move { store.store_arrivals().await });
        match heard.await {
            Ok(Ok(new)) => Ok(new),
            Ok(Err(why)) => Err(InboxError::new("store an event", why)),
            Err(_) => Err(InboxError::new("store an event", "the commit did not end")),
        }
    }

    async fn due(&self, now: u64, limit: usize) -> Result<(Vec<RecordId>, Option<u64>), InboxError> {
        let doing = "say what is due";
        let (mut records, mut known) = (Vec::new(), HashSet::new());
        let (mut due, mut id) = (i64::MIN, i64::MIN);
        // Page by page until there are enough: how much else waits costs nothing.
        while records.len() < limit {
            let rows = query(
                "SELECT record, due, id FROM event WHERE state = 'pending' AND due <= ?1 AND (due, id) > (?2, ?3)
                 ORDER BY due, id LIMIT ?4",
            )
            .bind(signed(now))
            .bind(due)
            .bind(id)
            .bind(PAGE)
            .fetch_all(&self.pool)
            .await
            .map_err(failed(doing))?;
            let Some(last) = rows.last() else { break };
            (due, id) = (last.get("due"), last.get("id"));
            let new = rows.iter().map(|row| row.get("record")).filter(|record| known.insert(*record));
            records.extend(new.map(|record| RecordId(unsigned(record))));
        }
        records.truncate(limit);
        let next = query("SELECT min(due) AS next FROM event WHERE state = 'pending' AND due > ?")
            .bind(signed(now))
            .fetch_one(&self.pool)
            .await
            .map_err(failed(doing))?;
        Ok((records, next.get::<Option<i64>, _>("next").map(unsigned)))
    }

    async fn pending(&self, record: RecordId) -> Result<Vec<StoredEvent>, InboxError> {
        let rows = query("SELECT * FROM event WHERE state = 'pending' AND record = ? ORDER BY id")
            .bind(signed(record.0))
            .fetch_all(&self.pool)
            .await
            .map_err(failed("read the events of a record"))?;
        rows.iter().map(stored).collect()
    }

    async fn known(&self, prefixes: &[String]) -> Result<Vec<Vec<String>>, InboxError> {
        let mut known = Vec::with_capacity(prefixes.len());
        for prefix in prefixes {
            let (from, to) = range(prefix);
            let rows = query("SELECT key FROM event WHERE key >= ? AND key < ?").bind(from).bind(to);
            let rows = rows.fetch_all(&self.pool).await.map_err(failed("look for an event"))?;
            known.push(rows.iter().map(|row| row.get("key")).collect());
        }
        Ok(known)
    }

    async fn settle(&self, ids: &[i64], settlement: &Settlement) -> Result<(), InboxError> {
        let doing = "settle events";
        let mut transaction = self.pool.begin().await.map_err(failed(doing))?;
        for id in ids {
            let brake = if settlement.state == EventState::Pending { "brake" } else { "?3" };
            let text = format!(
                "UPDATE event SET state = ?1, reason = ?2, brake = {brake}, due = ?4, attempts = attempts + ?5 WHERE id = ?6"
            );
            query(sqlx::AssertSqlSafe(text))
                .bind(settlement.state.as_str())
                .bind(&settlement.reason)
                .bind(settlement.brake.map(Brake::as_str))
                .bind(signed(settlement.due))
                .bind(i64::from(settlement.attempted))
                .bind(id)
                .execute(&mut *transaction)
                .await
                .map_err(failed(doing))?;
        }
        transaction.commit().await.map_err(failed(doing))
    }

    async fn confirm(&self, ids: &[i64]) -> Result<(), InboxError> {
        for id in ids {
            query("UPDATE event SET change = json_set(change, '$.confirmed', json('true')) WHERE id = ?")
                .bind(id)
                .execute(&self.pool)
                .await
                .map_err(failed("confirm events"))?;
        }
        Ok(())
    }

    async fn release(&self, record: Option<RecordId>, now: u64) -> Result<u64, InboxError> {
        let result = query(
            "UPDATE event SET state = 'pending', due = ?, attempts = 0
             WHERE state = 'parked' AND (?2 IS NULL OR record = ?2)",
        )
        .bind(signed(now))
        .bind(record.map(|record| signed(record.0)))
        .execute(&self.pool)
        .await
        .map_err(failed("release events"))?;
        Ok(result.rows_affected())
    }

    async fn lift(&self, prefix: &str, brake: Brake, now: u64) -> Result<u64, InboxError> {
        let (from, to) = range(prefix);
        let result = query(
            "UPDATE event SET state = 'pending', due = ?, brake = NULL, reason = NULL
             WHERE key >= ? AND key < ? AND state = 'parked' AND brake = ?",
        )
        .bind(signed(now))
        .bind(from)
        .bind(to)
        .bind(brake.as_str())
        .execute(&self.pool)
        .await
        .map_err(failed("lift a brake"))?;
        Ok(result.rows_affected())
    }

    async fn events(&self, state: Option<EventState>, limit: u32) -> Result<Vec<StoredEvent>, InboxError> {
        let rows = query("SELECT * FROM event WHERE (?1 IS NULL OR state = ?1) ORDER BY id DESC LIMIT ?2")
            .bind(state.map(EventState::as_str))
            .bind(limit)
            .fetch_all(&self.pool)
            .await
            .map_err(failed("list events"))?;
        rows.iter().map(stored).collect()
    }

    async fn lease(&self, record: RecordId, owner: &str, ended: Option<&Lease>) -> Result<Option<Lease>, InboxError> {
        let doing = "take a lease";
        loop {
            let taken = query(
                "INSERT INTO lease (record, owner, renewals) VALUES (?1, ?2, 0)
                 ON CONFLICT (record) DO UPDATE
                 SET renewals = CASE WHEN lease.owner = ?2 THEN lease.renewals + 1 ELSE 0 END, owner = ?2
                 WHERE lease.owner = ?2 OR (lease.owner = ?3 AND lease.renewals = ?4)",
            )
            .bind(signed(record.0))
            .bind(owner)
            .bind(ended.map(|lease| &lease.owner))
            .bind(ended.map(|lease| signed(lease.renewals)))
            .execute(&self.pool)
            .await
            .map_err(failed(doing))?;
            if taken.rows_affected() == 1 {
                return Ok(None);
            }
            let other = query("SELECT owner, renewals FROM lease WHERE record = ?").bind(signed(record.0));
            let other = other.fetch_optional(&self.pool).await.map_err(failed(doing))?;
            // Given up between the two: it is to be had now.
            let Some(row) = other else { continue };
            return Ok(Some(Lease { owner: row.get("owner"), renewals: unsigned(row.get("renewals")) }));
        }
    }

    async fn unlease(&self, record: Option<RecordId>, owner: &str) -> Result<(), InboxError> {
        query("DELETE FROM lease WHERE owner = ?1 AND (?2 IS NULL OR record = ?2)")
            .bind(owner)
            .bind(record.map(|record| signed(record.0)))
            .execute(&self.pool)
            .await
            .map_err(failed("give up a lease"))?;
        Ok(())
    }

    async fn get(&self, kind: &'static str, key: &str) -> Result<Option<String>, InboxError> {
        let row = query("SELECT value FROM fact WHERE kind = ? AND key = ?")
            .bind(kind)
            .bind(key)
            .fetch_optional(&self.pool)
            .await
            .map_err(failed("read a fact"))?;
        Ok(row.map(|row| row.get("value")))
    }

    async fn put(&self, kind: &'static str, key: &str, value: &str) -> Result<(), InboxError> {
        query(
            "INSERT INTO fact (kind, key, value) VALUES (?1, ?2, ?3) ON CONFLICT (kind, key) DO UPDATE SET value = ?3",
        )
        .bind(kind)
        .bind(key)
        .bind(value)
        .execute(&self.pool)
        .await
        .map_err(failed("store a fact"))?;
        Ok(())
    }

    async fn delete(&self, kind: &'static str, key: &str) -> Result<(), InboxError> {
        query("DELETE FROM fact WHERE kind = ? AND key = ?")
            .bind(kind)
            .bind(key)
            .execute(&self.pool)
            .await
            .map_err(failed("remove a fact"))?;
        Ok(())
    }

    async fn all(&self, kind: &'static str, prefix: &str) -> Result<Vec<(String, String)>, InboxError> {
        let (from, to) = range(prefix);
        let rows = query("SELECT key, value FROM fact WHERE kind = ? AND key >= ? AND key < ? ORDER BY key")
            .bind(kind)
            .bind(from)
            .bind(to)
            .fetch_all(&self.pool)
            .await
            .map_err(failed("read facts"))?;
        Ok(rows.iter().map(|row| (row.get("key"), row.get("value"))).collect())
    }
}
