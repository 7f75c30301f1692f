//! What the inbox's file is asked: no question looks at every row. Alone in its program, as every statement is heard in all of it.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use netbox_proxmox_core::live::SqliteStore;
use netbox_proxmox_tests::store_contract::contract;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

async fn raw(path: &Path) -> SqlitePool {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap()
}

/// Hears every statement that is sent to a database.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<BTreeSet<String>>>);

/// A statement, whole or its beginning.
#[derive(Default)]
struct Statement {
    whole: String,
    summary: String,
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "db.statement" => self.whole = value.trim().to_owned(),
            "summary" => self.summary = value.to_owned(),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            let mut statement = Statement::default();
            event.record(&mut statement);
            let Statement { whole, summary } = statement;
            self.0.lock().unwrap().insert(if whole.is_empty() { summary } else { whole });
        }
    }
}

#[test]
fn no_question_looks_at_every_row() {
    let statements = Statements::default();
    // Global: SQLite's statements run in a thread of their own.
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(statements.clone())).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("inbox.sqlite");
    runtime.block_on(async {
        contract(Arc::new(SqliteStore::open(&path).await.unwrap())).await;
        let heard = statements.0.lock().unwrap().clone();
        let is_question = |sql: &&String| {
            let verb = ["SELECT", "INSERT", "UPDATE", "DELETE"].iter().any(|verb| sql.starts_with(verb));
            verb && ["event", "fact", "lease", "spent"].iter().any(|table| sql.contains(table))
        };
        let pool = raw(&path).await;
        let mut asked = 0;
        for sql in heard.iter().filter(is_question) {
            let explained = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
            let steps: Vec<(i64, i64, i64, String)> = sqlx::query_as(explained).fetch_all(&pool).await.unwrap();
            let scans = |step: &String| {
                ["event", "fact", "lease", "spent"].iter().any(|table| step.starts_with(&format!("SCAN {table}")))
            };
            let steps: Vec<String> = steps.into_iter().map(|(.., detail)| detail).collect();
            assert!(!steps.iter().any(scans), "{sql}\n{steps:#?}");
            asked += 1;
        }
        assert!(asked >= 25, "only {asked} statements were heard: {heard:#?}");
    });
}
