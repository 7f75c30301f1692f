//! An inbox in PostgreSQL, in a schema of its own: several servers share it, and take turns by leases.

mod fenced;
mod listen;
mod upkeep;

use std::collections::HashSet;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{query, query_as, query_scalar};
use tokio::sync::mpsc;

use self::listen::Listening;
use super::arrivals::{Arrivals, Commit};
use super::fence::token;
use super::rows::{EventRow, events, failed, range, signed, unsigned};
use super::{
    Aged, Brake, Entry, EventCounts, EventState, Fence, InboxError, Lease, Leasing, NewEvent, Settlement, Store,
    StoredEvent, Work,
};
use crate::guest::RecordId;

/// A store in PostgreSQL.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    pool: PgPool,
    arrivals: Arrivals,
    listening: Arc<Listening>,
}

/// Where the tables are.
const SCHEMA: &str = "netbox_proxmox";

/// How many connections one server has, beside the one that listens.
const CONNECTIONS: u32 = 8;

/// How long a question waits for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many events are read at once to find what is due.
const PAGE: i64 = 256;

/// How many changes of counts are summed up each time, before they become one.
const FOLDED: i64 = 1000;

/// How often events are stored again that met those of another instance in another order (`deadlock_detected`).
const TRIES: u32 = 5;

impl PostgresStore {
    /// Connects to a database, and makes the tables if they are not there. Those of an older version become those of this
    /// version; those of a younger one are taken as they are, as versions only add.
    ///
    /// # Errors
    /// The address is none, or the database cannot be reached or used. No error has the address, which may hold a password.
    pub async fn open(url: &str) -> Result<Self, InboxError> {
        let options = PgConnectOptions::from_str(url).map_err(|_| {
            InboxError::new("be opened", "its address is none: postgres://user:password@host:5432/database")
        })?;
        let options = options.application_name("netbox-proxmox").options([("search_path", SCHEMA)]);
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE);
        let pool = pool.connect_with(options).await.map_err(failed("be opened"))?;
        make_schema(&pool).await.map_err(failed("be prepared"))?;
        let mut migrations = sqlx::migrate!("src/live/inbox/postgres/migrations");
        migrations.set_ignore_missing(true);
        migrations.run(&pool).await.map_err(|error| InboxError::new("be prepared", error))?;
        let listening = Arc::new(Listening::begin(&pool).await?);
        Ok(Self { pool, arrivals: Arrivals::default(), listening })
    }
}

/// Makes the schema: one instance at a time, as two that make it at once fail.
async fn make_schema(pool: &PgPool) -> Result<(), sqlx::Error> {
    let mut alone = pool.begin().await?;
    query("SELECT pg_advisory_xact_lock(hashtext('netbox_proxmox'))").execute(&mut *alone).await?;
    // Whoever may not make schemas can be given this one.
    let there: bool = query_scalar("SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = 'netbox_proxmox')")
        .fetch_one(&mut *alone)
        .await?;
    if !there {
        query("CREATE SCHEMA netbox_proxmox").execute(&mut *alone).await?;
    }
    alone.commit().await
}

#[async_trait]
impl Commit for PgPool {
    async fn commit(&self, rows: &str) -> Result<Vec<String>, InboxError> {
        let mut tries = 1;
        loop {
            let stored = query_scalar(
                "INSERT INTO event (key, record, change, state, due, received, reason, brake)
                 SELECT value ->> 0, (value ->> 1)::bigint, value ->> 2, value ->> 3, (value ->> 4)::bigint,
                     (value ->> 4)::bigint, value ->> 5, value ->> 6
                 FROM json_array_elements($1::json) WITH ORDINALITY AS rows (value, number)
                 WHERE NOT EXISTS (SELECT 1 FROM spent WHERE spent.key = value ->> 0) ORDER BY number
                 ON CONFLICT (key) DO NOTHING RETURNING key",
            )
            .bind(rows)
            .fetch_all(self)
            .await;
            match stored {
                Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("40P01") && tries < TRIES => {
                    tries += 1;
                }
                stored => return stored.map_err(failed("store an event")),
            }
        }
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn insert(&self, events: &[NewEvent], now: u64) -> Result<Vec<bool>, InboxError> {
        self.arrivals.store(&self.pool, events, now).await
    }

    async fn due(&self, now: u64, limit: usize) -> Result<(Vec<RecordId>, Option<u64>), InboxError> {
        let doing = "say what is due";
        let (mut records, mut known) = (Vec::new(), HashSet::new());
        let mut after = (i64::MIN, i64::MIN);
        // Page by page until there are enough: how much else waits costs nothing.
        while records.len() < limit {
            let page: Vec<(i64, i64, i64)> = query_as(
                "SELECT record, due, id FROM event WHERE state = 'pending' AND due <= $1 AND (due, id) > ($2, $3)
                 ORDER BY due, id LIMIT $4",
            )
            .bind(signed(now))
            .bind(after.0)
            .bind(after.1)
            .bind(PAGE)
            .fetch_all(&self.pool)
            .await
            .map_err(failed(doing))?;
            let Some((_, due, id)) = page.last() else { break };
            after = (*due, *id);
            let new = page.iter().map(|(record, ..)| *record).filter(|record| known.insert(*record));
            records.extend(new.map(|record| RecordId(unsigned(record))));
        }
        records.truncate(limit);
        let next: Option<i64> = query_scalar("SELECT min(due) FROM event WHERE state = 'pending' AND due > $1")
            .bind(signed(now))
            .fetch_one(&self.pool)
            .await
            .map_err(failed(doing))?;
        Ok((records, next.map(unsigned)))
    }

    async fn pending(&self, record: RecordId) -> Result<Vec<StoredEvent>, InboxError> {
        let rows: Vec<EventRow> = query_as("SELECT * FROM event WHERE record = $1 AND state = 'pending' ORDER BY id")
            .bind(signed(record.0))
            .fetch_all(&self.pool)
            .await
            .map_err(failed("read the events of a record"))?;
        events(rows)
    }

    async fn known(&self, prefixes: &[String]) -> Result<Vec<Vec<String>>, InboxError> {
        let mut known = Vec::with_capacity(prefixes.len());
        for prefix in prefixes {
            let (from, to) = range(prefix);
            let keys = query_scalar(
                "SELECT key FROM event WHERE key >= $1 AND key < $2
                 UNION ALL SELECT key FROM spent WHERE key >= $1 AND key < $2 ORDER BY key",
            );
            let keys = keys.bind(from).bind(to).fetch_all(&self.pool).await;
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
                "UPDATE event SET state = 'pending', due = $1, attempts = 0 WHERE state = 'parked' AND record = $2",
            )
            .bind(signed(now))
            .bind(signed(record.0)),
            None => query("UPDATE event SET state = 'pending', due = $1, attempts = 0 WHERE state = 'parked'")
                .bind(signed(now)),
        };
        let released = released.execute(&self.pool).await.map_err(failed("release events"))?;
        Ok(released.rows_affected())
    }

    async fn lift(&self, prefix: &str, brake: Brake, now: u64) -> Result<u64, InboxError> {
        let (from, to) = range(prefix);
        let lifted = query(
            "UPDATE event SET state = 'pending', due = $1, brake = NULL, reason = NULL
             WHERE key >= $2 AND key < $3 AND state = 'parked' AND brake = $4",
        )
        .bind(signed(now))
        .bind(from)
        .bind(to)
        .bind(brake.as_str())
        .execute(&self.pool)
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
        let (before, limit) = (before.unwrap_or(i64::MAX), i64::from(limit));
        let rows: Result<Vec<EventRow>, _> = match state {
            None => query_as("SELECT * FROM event WHERE id < $1 ORDER BY id DESC LIMIT $2").bind(before).bind(limit),
            Some(state) => query_as("SELECT * FROM event WHERE id < $1 AND state = $3 ORDER BY id DESC LIMIT $2")
                .bind(before)
                .bind(limit)
                .bind(state.as_str()),
        }
        .fetch_all(&self.pool)
        .await;
        events(rows.map_err(failed("list events"))?)
    }

    async fn counts(&self) -> Result<EventCounts, InboxError> {
        let doing = "count events";
        let counted: Vec<(String, i64, i64)> =
            query_as("SELECT stands, sum(events)::bigint, count(*) FROM tally GROUP BY stands")
                .fetch_all(&self.pool)
                .await
                .map_err(failed(doing))?;
        if counted.iter().map(|(.., changes)| changes).sum::<i64>() > FOLDED {
            query(
                "WITH one AS (DELETE FROM tally WHERE ctid IN (SELECT ctid FROM tally FOR UPDATE SKIP LOCKED)
                     RETURNING stands, events)
                 INSERT INTO tally SELECT stands, sum(events) FROM one GROUP BY stands",
            )
            .execute(&self.pool)
            .await
            .map_err(failed(doing))?;
        }
        Ok(EventCounts::of(counted.into_iter().map(|(stands, events, _)| (stands, unsigned(events)))))
    }

    async fn lease(&self, work: Work, owner: &str, ended: Option<&Lease>) -> Result<Leasing, InboxError> {
        let doing = "take a lease";
        loop {
            // All of it: the first row is there before it is stored.
            let taken: Vec<i64> = query_scalar(
                "INSERT INTO lease (work, owner, renewals, token) VALUES ($1, $2, 0, $3)
                 ON CONFLICT (work) DO UPDATE
                 SET renewals = CASE WHEN lease.owner = $2 THEN lease.renewals + 1 ELSE 0 END,
                     token = CASE WHEN lease.owner = $2 THEN lease.token ELSE $3 END, owner = $2
                 WHERE lease.owner = $2 OR (lease.owner = $4 AND lease.renewals = $5) RETURNING token",
            )
            .bind(work.number())
            .bind(owner)
            .bind(token()?)
            .bind(ended.map(|lease| &lease.owner))
            .bind(ended.map(|lease| signed(lease.renewals)))
            .fetch_all(&self.pool)
            .await
            .map_err(failed(doing))?;
            if let [token] = taken[..] {
                return Ok(Leasing::Taken(Fence { work, token: unsigned(token) }));
            }
            let other: Option<(String, i64)> = query_as("SELECT owner, renewals FROM lease WHERE work = $1")
                .bind(work.number())
                .fetch_optional(&self.pool)
                .await
                .map_err(failed(doing))?;
            // Given up between the two: it is to be had now.
            let Some((owner, renewals)) = other else { continue };
            return Ok(Leasing::Held(Lease { owner, renewals: unsigned(renewals) }));
        }
    }

    async fn unlease(&self, work: Option<Work>, owner: &str) -> Result<(), InboxError> {
        match work {
            Some(work) => query("DELETE FROM lease WHERE owner = $1 AND work = $2").bind(owner).bind(work.number()),
            None => query("DELETE FROM lease WHERE owner = $1").bind(owner),
        }
        .execute(&self.pool)
        .await
        .map_err(failed("give up a lease"))?;
        Ok(())
    }

    async fn get(&self, kind: &'static str, key: &str) -> Result<Option<String>, InboxError> {
        query_scalar("SELECT value FROM fact WHERE kind = $1 AND key = $2")
            .bind(kind)
            .bind(key)
            .fetch_optional(&self.pool)
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
        query_as("SELECT key, value FROM fact WHERE kind = $1 AND key >= $2 AND key < $3 ORDER BY key")
            .bind(kind)
            .bind(from)
            .bind(to)
            .fetch_all(&self.pool)
            .await
            .map_err(failed("read facts"))
    }

    async fn changed(&self) {
        self.listening.heard().await;
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
