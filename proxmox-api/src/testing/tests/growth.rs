//! What setting a cluster up costs: in proportion to its guests.

use super::*;

/// How many volumes were looked at to set up that many guests, of which each has two disks.
async fn looked_at(guests: u32) -> u64 {
    let builder = (100..100 + guests).fold(FakeProxmox::builder(), |builder, vmid| {
        builder.guest(vmid, "x", |it| it.disk("scsi0", "local-lvm", 1024).disk("scsi1", "local-lvm", 1024))
    });
    builder.start().await.world().volumes.visits()
}

#[tokio::test]
async fn a_guest_costs_the_same_in_a_cluster_of_any_size() {
    let (few, many) = (looked_at(50).await, looked_at(1000).await);
    assert!(few > 0);
    assert_eq!(many, few * 20);
}
