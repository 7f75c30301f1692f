//! The post: deliveries in any order, lost and doubled. What is lost the change log makes up for.

use netbox_proxmox_tests::Lab;
use proptest::prelude::*;
use proptest::sample::select;

/// What becomes of a delivery.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fate {
    /// Before those with a higher one.
    order: u8,
    copies: u8,
    /// Whether it is answered before the next one comes.
    alone: bool,
}

pub(crate) fn fate() -> impl Strategy<Value = Fate> {
    let copies = prop_oneof![4 => Just(1), 1 => select(vec![0, 2])];
    let order = prop_oneof![1 => Just(0), 1 => any::<u8>()];
    (order, copies, any::<bool>()).prop_map(|(order, copies, alone)| Fate { order, copies, alone })
}

/// Brings what NetBox has sent, and lets everything be answered.
pub(crate) async fn bring(lab: &Lab, fates: &[Fate]) {
    let mut letters: Vec<_> = lab.take().into_iter().zip(fates.iter().cycle()).collect();
    letters.sort_by_key(|(_, fate)| fate.order);
    for (event, fate) in letters {
        for _ in 0..fate.copies {
            lab.dispatcher.accept(std::slice::from_ref(&event)).await.unwrap();
        }
        if fate.alone {
            lab.dispatcher.idle().await;
        }
    }
    lab.dispatcher.idle().await;
    lab.dispatcher.catch_up(None).await.unwrap();
    lab.dispatcher.idle().await;
    lab.settle().await;
}
