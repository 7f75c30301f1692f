//! What is done with an inbox as a whole: what is old goes, and it is copied out and in.

use futures_util::TryStreamExt;
use sqlx::{query, query_as, query_scalar};
use tokio::sync::mpsc;

use super::super::entry::kind;
use super::super::rows::{EventRow, failed, signed, unsigned};
use super::super::{Aged, Brake, Entry, InboxError, encode};
use super::SqliteStore;

impl SqliteStore {
    pub(super) async fn facts_before(&self, kind: &str, before: u64, limit: u32) -> Result<Vec<String>, InboxError> {
        query_scalar("SELECT key FROM fact WHERE kind = ? AND stored < ? ORDER BY stored LIMIT ?")
            .bind(kind)
            .bind(signed(before))
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(failed("read facts"))
    }

    pub(super) async fn prune_step(&self, what: Aged, before: u64, limit: u32) -> Result<u64, InboxError> {
        let doing = "remove what is old";
        let mut step = self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(failed(doing))?;
        let removed = match what {
            Aged::Events(state) => {
                // By their numbers, which are in the order of arrival: only as many as may go are looked at.
                let oldest: Vec<i64> = query_scalar(
                    "SELECT id FROM (SELECT id, received FROM event INDEXED BY event_state WHERE state = ?1
                     ORDER BY id LIMIT ?3) WHERE received < ?2",
                )
                .bind(state.as_str())
                .bind(signed(before))
                .bind(limit)
                .fetch_all(&mut *step)
                .await
                .map_err(failed(doing))?;
                let oldest = super::list(&oldest);
                query(
                    "INSERT OR IGNORE INTO spent (key, received)
                     SELECT key, received FROM event WHERE id IN (SELECT value FROM json_each(?))",
                )
                .bind(&oldest)
                .execute(&mut *step)
                .await
                .map_err(failed(doing))?;
                query("DELETE FROM event WHERE id IN (SELECT value FROM json_each(?))").bind(oldest).execute(&mut *step)
            }
            Aged::Keys => query(
                "DELETE FROM spent WHERE key IN (SELECT key FROM spent WHERE received < ? ORDER BY received LIMIT ?)",
            )
            .bind(signed(before))
            .bind(limit)
            .execute(&mut *step),
            Aged::Facts(kind) => query(
                "DELETE FROM fact WHERE kind = ?1 AND key IN
                 (SELECT key FROM fact WHERE kind = ?1 AND stored < ?2 ORDER BY stored LIMIT ?3)",
            )
            .bind(kind)
            .bind(signed(before))
            .bind(limit)
            .execute(&mut *step),
        };
        let removed = removed.await.map_err(failed(doing))?.rows_affected();
        step.commit().await.map_err(failed(doing))?;
        Ok(removed)
    }

    pub(super) async fn count_before(&self, what: Aged, before: u64) -> Result<u64, InboxError> {
        let count = match what {
            Aged::Events(state) => {
                query_scalar("SELECT count(*) FROM event INDEXED BY event_state WHERE state = ? AND received < ?")
                    .bind(state.as_str())
            }
            Aged::Keys => query_scalar("SELECT count(*) FROM spent WHERE received < ?"),
            Aged::Facts(kind) => query_scalar("SELECT count(*) FROM fact WHERE kind = ? AND stored < ?").bind(kind),
        };
        let count = count.bind(signed(before)).fetch_one(&self.readers).await;
        count.map(unsigned).map_err(failed("count what is old"))
    }

    pub(super) async fn used(&self) -> Result<u64, InboxError> {
        let pages: i64 = query_scalar(
            "SELECT (page_count - freelist_count) * page_size
             FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
        )
        .fetch_one(&self.readers)
        .await
        .map_err(failed("say how large it is"))?;
        Ok(unsigned(pages))
    }

    pub(super) async fn export_to(&self, to: &mpsc::Sender<Entry>) -> Result<(), InboxError> {
        let doing = "be copied";
        // One transaction sees one moment.
        let mut moment = self.readers.begin().await.map_err(failed(doing))?;
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
        let mut facts = query_as("SELECT kind, key, value, stored FROM fact ORDER BY kind, key").fetch(&mut *moment);
        while let Some((kind, key, value, stored)) = facts.try_next().await.map_err(failed(doing))? {
            if to.send(Entry::Fact { kind, key, value, stored: unsigned(stored) }).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }

    pub(super) async fn import_all(&self, entries: &[Entry]) -> Result<(), InboxError> {
        let doing = "store what is copied";
        let mut all = self.writer.begin().await.map_err(failed(doing))?;
        for entry in entries {
            let stored = match entry {
                Entry::Event(event) => query(
                    "INSERT INTO event (id, key, record, change, state, attempts, due, reason, brake, received)
                     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                )
                .bind(event.id)
                .bind(&event.key)
                .bind(signed(event.change.record.0))
                .bind(encode(&event.change)?)
                .bind(event.state.as_str())
                .bind(event.attempts)
                .bind(signed(event.due))
                .bind(&event.reason)
                .bind(event.brake.map(Brake::as_str))
                .bind(signed(event.received)),
                Entry::Key { key, received } => {
                    query("INSERT INTO spent (key, received) VALUES (?, ?)").bind(key).bind(signed(*received))
                }
                Entry::Fact { kind: of, key, value, stored } => {
                    query("INSERT INTO fact (kind, key, value, stored) VALUES (?, ?, ?, ?)")
                        .bind(kind(of)?)
                        .bind(key)
                        .bind(value)
                        .bind(signed(*stored))
                }
            };
            stored.execute(&mut *all).await.map_err(failed(doing))?;
        }
        all.commit().await.map_err(failed(doing))
    }
}
