//! What a cluster lists is asked for once by all who ask at a time, and again by who asks later.
#![allow(clippy::unwrap_used)]

use futures_util::future::join_all;
use netbox_proxmox_core::RecordId;
use netbox_proxmox_core::live::{LookUp, Looked};
use netbox_proxmox_tests::Lab;
use proxmox_api::testing::Fault;

#[tokio::test]
async fn who_asks_at_a_time_shares_an_answer() {
    let lab = Lab::new().await;
    let records = lab.pairs(101..=120);
    let bridge = lab.dispatcher.bridge();
    let look_up = async |record: u64| LookUp::new(bridge).record(RecordId(record), Vec::new()).await;
    let looked = join_all(records.iter().map(|record| look_up(*record))).await;
    assert!(looked.iter().all(|looked| matches!(looked, Ok(Looked::Event { .. }))));
    let listed = lab.proxmox.count("GET /cluster/resources");
    assert!((1..records.len() / 2).contains(&listed), "{listed} for {}", records.len());

    // What was there before somebody asks is no answer, also while somebody still looks at it.
    look_up(records[0]).await.unwrap();
    look_up(records[0]).await.unwrap();
    assert_eq!(lab.proxmox.count("GET /cluster/resources"), listed + 2);
    drop(looked);
}

#[tokio::test]
async fn a_failure_is_of_all_who_waited_for_it_and_of_nobody_else() {
    let lab = Lab::new().await;
    let records = lab.pairs(101..=120);
    let bridge = lab.dispatcher.bridge();
    let look_up = async |record: u64| LookUp::new(bridge).record(RecordId(record), Vec::new()).await;
    lab.proxmox.fault(Fault::answer(500, "the cluster is not quorate").on("GET /cluster/resources").always());
    let looked = join_all(records.iter().map(|record| look_up(*record))).await;
    assert!(looked.iter().all(|looked| looked.as_ref().is_err_and(|failure| failure.why.contains("not quorate"))));
    let listed = lab.proxmox.count("GET /cluster/resources");
    assert!(listed < records.len() * 2, "{listed} for {}", records.len());
    lab.proxmox.clear_faults();
    assert!(matches!(look_up(records[0]).await.unwrap(), Looked::Event { .. }));
}
