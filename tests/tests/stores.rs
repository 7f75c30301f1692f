//! Every store of the inbox keeps the one contract.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use netbox_proxmox_core::RecordId;
use netbox_proxmox_core::live::{MemoryStore, SqliteStore, Store};
use netbox_proxmox_tests::store_contract::{contract, copies};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_memory() {
    let store = Arc::new(MemoryStore::default());
    contract(store.clone()).await;
    copies(&*store, &MemoryStore::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_an_sqlite_file_that_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("inbox.sqlite");
    contract(Arc::new(SqliteStore::open(&path).await.unwrap())).await;
    let again = SqliteStore::open(&path).await.unwrap();
    assert_eq!(again.pending(RecordId(100)).await.unwrap().len(), 75);
    copies(&again, &SqliteStore::open(&directory.path().join("copy.sqlite")).await.unwrap()).await;
    copies(&again, &MemoryStore::default()).await;
}
