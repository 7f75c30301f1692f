//! Writes to events and facts, which are refused to whoever has lost the lease that they are made under.

use sqlx::postgres::{PgArguments, Postgres};
use sqlx::{query, query_scalar};

use super::super::fence::lost;
use super::super::rows::{failed, signed};
use super::super::{Brake, Fence, InboxError, Settlement};
use super::PostgresStore;

/// A statement whose condition ends with that on the lease, which nobody takes meanwhile. It has the first two parameters.
macro_rules! fenced {
    ($before:literal, $after:literal) => {
        concat!(
            "WITH held AS (SELECT 1 FROM lease WHERE work = $1 AND token = $2 FOR SHARE) ",
            $before,
            " ($1::bigint IS NULL OR EXISTS (SELECT 1 FROM held)) ",
            $after
        )
    };
}

/// A query with the present fence as its first parameters.
fn under(fence: Option<Fence>, text: &'static str) -> sqlx::query::Query<'static, Postgres, PgArguments> {
    query(text).bind(fence.map(|fence| fence.work.number())).bind(fence.map(|fence| signed(fence.token)))
}

impl PostgresStore {
    /// Where nothing was written: whether that is because of the lease.
    async fn refused(&self, rows: u64, fence: Option<Fence>, doing: &'static str) -> Result<(), InboxError> {
        let Some(fence) = fence.filter(|_| rows == 0) else { return Ok(()) };
        let held: bool = query_scalar("SELECT EXISTS (SELECT 1 FROM lease WHERE work = $1 AND token = $2)")
            .bind(fence.work.number())
            .bind(signed(fence.token))
            .fetch_one(&self.pool)
            .await
            .map_err(failed(doing))?;
        if held { Ok(()) } else { Err(lost(doing)) }
    }

    pub(super) async fn settle_fenced(&self, ids: &[i64], settlement: &Settlement) -> Result<(), InboxError> {
        let (doing, fence) = ("settle events", Fence::present());
        let text = fenced!(
            "UPDATE event SET state = $3, reason = $4, brake = CASE $3 WHEN 'pending' THEN brake ELSE $5 END, due = $6,
             attempts = attempts + $7 WHERE id = ANY ($8) AND",
            ""
        );
        let settled = under(fence, text)
            .bind(settlement.state.as_str())
            .bind(settlement.reason.clone())
            .bind(settlement.brake.map(Brake::as_str))
            .bind(signed(settlement.due))
            .bind(i64::from(settlement.attempted))
            .bind(ids.to_vec())
            .execute(&self.pool)
            .await
            .map_err(failed(doing))?;
        self.refused(settled.rows_affected(), fence, doing).await
    }

    pub(super) async fn confirm_fenced(&self, ids: &[i64]) -> Result<(), InboxError> {
        let (doing, fence) = ("confirm events", Fence::present());
        let text = fenced!(
            "UPDATE event SET change = jsonb_set(change::jsonb, '{confirmed}', 'true')::text WHERE id = ANY ($3) AND",
            ""
        );
        let confirmed = under(fence, text).bind(ids.to_vec()).execute(&self.pool).await.map_err(failed(doing))?;
        self.refused(confirmed.rows_affected(), fence, doing).await
    }

    pub(super) async fn put_fenced(&self, kind: &str, key: &str, value: &str) -> Result<(), InboxError> {
        let (doing, fence) = ("store a fact", Fence::present());
        let text = fenced!(
            "INSERT INTO fact (kind, key, value, stored) SELECT $3, $4, $5, extract(epoch FROM now())::bigint WHERE",
            "ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, stored = excluded.stored"
        );
        let stored = under(fence, text).bind(kind.to_owned()).bind(key.to_owned()).bind(value.to_owned());
        let stored = stored.execute(&self.pool).await.map_err(failed(doing))?;
        self.refused(stored.rows_affected(), fence, doing).await
    }

    pub(super) async fn replace_fenced(
        &self,
        kind: &str,
        key: &str,
        expected: Option<&str>,
        value: &str,
    ) -> Result<bool, InboxError> {
        let (doing, fence) = ("store a fact", Fence::present());
        let text = match expected {
            None => fenced!(
                "INSERT INTO fact (kind, key, value, stored) SELECT $3, $4, $5, extract(epoch FROM now())::bigint WHERE",
                "ON CONFLICT (kind, key) DO NOTHING"
            ),
            Some(_) => fenced!(
                "UPDATE fact SET value = $5, stored = extract(epoch FROM now())::bigint
                 WHERE kind = $3 AND key = $4 AND value = $6 AND",
                ""
            ),
        };
        let stored = under(fence, text).bind(kind.to_owned()).bind(key.to_owned()).bind(value.to_owned());
        let stored = match expected {
            Some(expected) => stored.bind(expected.to_owned()),
            None => stored,
        };
        let rows = stored.execute(&self.pool).await.map_err(failed(doing))?.rows_affected();
        self.refused(rows, fence, doing).await?;
        Ok(rows == 1)
    }

    pub(super) async fn delete_fenced(&self, kind: &str, key: &str) -> Result<(), InboxError> {
        let (doing, fence) = ("remove a fact", Fence::present());
        let text = fenced!("DELETE FROM fact WHERE kind = $3 AND key = $4 AND", "");
        let removed = under(fence, text).bind(kind.to_owned()).bind(key.to_owned());
        let removed = removed.execute(&self.pool).await.map_err(failed(doing))?;
        self.refused(removed.rows_affected(), fence, doing).await
    }
}
