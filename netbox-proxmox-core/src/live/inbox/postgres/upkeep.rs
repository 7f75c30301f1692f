//! What is done with an inbox as a whole: what is old goes, and it is copied out and in.

use futures_util::TryStreamExt;
use sqlx::{query, query_as, query_scalar};
use tokio::sync::mpsc;

use super::super::entry::kind;
use super::super::rows::{EventRow, failed, signed, unsigned};
use super::super::{Aged, Brake, Entry, InboxError, encode};
use super::PostgresStore;

impl PostgresStore {
    pub(super) async fn facts_before(&self, kind: &str, before: u64, limit: u32) -> Result<Vec<String>, InboxError> {
        query_scalar("SELECT key FROM fact WHERE kind = $1 AND stored < $2 ORDER BY stored LIMIT $3")
            .bind(kind)
            .bind(signed(before))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .map_err(failed("read facts"))
    }

    pub(super) async fn prune_step(&self, what: Aged, before: u64, limit: u32) -> Result<u64, InboxError> {
        let removed = match what {
            // By their numbers, which are in the order of arrival: only as many as may go are looked at.
            Aged::Events(state) => query(
                "WITH oldest AS (SELECT id, received FROM event WHERE state = $3 ORDER BY id LIMIT $2),
                 went AS (DELETE FROM event WHERE state = $3 AND id IN (SELECT id FROM oldest WHERE received < $1)
                     RETURNING key, received)
                 INSERT INTO spent (key, received) SELECT key, received FROM went",
            )
            .bind(signed(before))
            .bind(i64::from(limit))
            .bind(state.as_str()),
            Aged::Keys => query(
                "DELETE FROM spent WHERE key IN (SELECT key FROM spent WHERE received < $1 ORDER BY received LIMIT $2)",
            )
            .bind(signed(before))
            .bind(i64::from(limit)),
            Aged::Facts(kind) => query(
                "DELETE FROM fact WHERE kind = $3 AND key IN
                 (SELECT key FROM fact WHERE kind = $3 AND stored < $1 ORDER BY stored LIMIT $2)",
            )
            .bind(signed(before))
            .bind(i64::from(limit))
            .bind(kind),
        };
        let removed = removed.execute(&self.pool).await.map_err(failed("remove what is old"))?;
        Ok(removed.rows_affected())
    }

    pub(super) async fn count_before(&self, what: Aged, before: u64) -> Result<u64, InboxError> {
        let count = match what {
            Aged::Events(state) => query_scalar("SELECT count(*) FROM event WHERE received < $1 AND state = $2")
                .bind(signed(before))
                .bind(state.as_str()),
            Aged::Keys => query_scalar("SELECT count(*) FROM spent WHERE received < $1").bind(signed(before)),
            Aged::Facts(kind) => query_scalar("SELECT count(*) FROM fact WHERE stored < $1 AND kind = $2")
                .bind(signed(before))
                .bind(kind),
        };
        count.fetch_one(&self.pool).await.map(unsigned).map_err(failed("count what is old"))
    }

    /// With what is free in the tables: PostgreSQL uses it again.
    pub(super) async fn used(&self) -> Result<u64, InboxError> {
        let bytes: i64 = query_scalar(
            "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
             WHERE relnamespace = 'netbox_proxmox'::regnamespace AND relkind = 'r'",
        )
        .fetch_one(&self.pool)
        .await
        .map_err(failed("say how large it is"))?;
        Ok(unsigned(bytes))
    }

    pub(super) async fn export_to(&self, to: &mpsc::Sender<Entry>) -> Result<(), InboxError> {
        let doing = "be copied";
        // One transaction of this kind sees one moment.
        let mut moment =
            self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await.map_err(failed(doing))?;
        let mut events = query_as("SELECT * FROM event ORDER BY id").fetch(&mut *moment);
        while let Some(row) = events.try_next().await.map_err(failed(doing))? {
            let row: EventRow = row;
            if to.send(Entry::Event(Box::new(row.try_into()?))).await.is_err() {
                return Ok(());
            }
        }
        drop(events);
        let mut keys = query_as("SELECT key, received FROM spent ORDER BY key").fetch(&mut *moment);
        while let Some((key, received)) = keys.try_next().await.map_err(failed(doing))? {
            if to.send(Entry::Key { key, received: unsigned(received) }).await.is_err() {
                return Ok(());
            }
        }
        drop(keys);
        let facts = r#"SELECT kind, key, value, stored FROM fact ORDER BY kind COLLATE "C", key"#;
        let mut facts = query_as(facts).fetch(&mut *moment);
        while let Some((kind, key, value, stored)) = facts.try_next().await.map_err(failed(doing))? {
            if to.send(Entry::Fact { kind, key, value, stored: unsigned(stored) }).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }

    pub(super) async fn import_all(&self, entries: &[Entry]) -> Result<(), InboxError> {
        let doing = "store what is copied";
        let mut all = self.pool.begin().await.map_err(failed(doing))?;
        for entry in entries {
            let stored = match entry {
                Entry::Event(event) => query(
                    "INSERT INTO event (id, key, record, change, state, attempts, due, reason, brake, received)
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                )
                .bind(event.id)
                .bind(&event.key)
                .bind(signed(event.change.record.0))
                .bind(encode(&event.change)?)
                .bind(event.state.as_str())
                .bind(i64::from(event.attempts))
                .bind(signed(event.due))
                .bind(&event.reason)
                .bind(event.brake.map(Brake::as_str))
                .bind(signed(event.received)),
                Entry::Key { key, received } => {
                    query("INSERT INTO spent (key, received) VALUES ($1, $2)").bind(key).bind(signed(*received))
                }
                Entry::Fact { kind: of, key, value, stored } => {
                    query("INSERT INTO fact (kind, key, value, stored) VALUES ($1, $2, $3, $4)")
                        .bind(kind(of)?)
                        .bind(key)
                        .bind(value)
                        .bind(signed(*stored))
                }
            };
            stored.execute(&mut *all).await.map_err(failed(doing))?;
        }
        // The next event gets the next number.
        query("SELECT setval(pg_get_serial_sequence('event', 'id'), greatest((SELECT max(id) FROM event), 1))")
            .execute(&mut *all)
            .await
            .map_err(failed(doing))?;
        all.commit().await.map_err(failed(doing))
    }
}
