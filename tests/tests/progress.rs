//! What is told of a long task while it runs.
#![allow(clippy::unwrap_used)]

use std::sync::Mutex;
use std::time::Duration;

use netbox_proxmox_core::live::execute::LiveExecutor;
use netbox_proxmox_core::live::{LookUp, Looked, MemoryStore};
use netbox_proxmox_core::{Action, Progress, RecordId, apply, plan};
use netbox_proxmox_tests::{bridge, netbox, proxmox, record};
use proxmox_api::testing::{GuestKind, TaskTime};
use serde_json::json;

#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Progress for Notes {
    fn note(&self, _: &Action, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }
}

#[tokio::test]
async fn the_last_line_of_its_log_is_passed_on_once() {
    let (netbox, proxmox) = (netbox().await, proxmox().await);
    let mut bridge = bridge(&netbox, &proxmox, MemoryStore::default());
    bridge.progress_interval = Duration::from_millis(5);
    let id = netbox.create_vm(record(GuestKind::Qemu, json!({})))["id"].as_u64().unwrap();
    let Looked::Event { event, cluster, .. } = LookUp::new(&bridge).record(RecordId(id), Vec::new()).await.unwrap()
    else {
        panic!("it is not managed")
    };
    proxmox.task_time("qmclone", TaskTime::Manual);
    let executor = LiveExecutor::new(&bridge, bridge.cluster(cluster).unwrap(), None);
    let notes = Notes::default();
    let logs = || proxmox.count("GET /nodes/*/tasks/*/log");
    let looked_on = async {
        // The fake's clone says what it copies when it begins, and nothing more until it ends.
        while logs() < 5 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        proxmox.finish_tasks();
    };
    let (applied, ()) = tokio::join!(apply(plan(&event), &executor, &notes), looked_on);
    assert!(applied.failed.is_none(), "{applied:#?}");
    let notes = notes.0.into_inner().unwrap();
    let lines = ["creating a clone of VM 9000 with ID 100"];
    assert_eq!(notes.iter().filter(|note| !note.starts_with("task ")).collect::<Vec<_>>(), lines, "{notes:#?}");
}
