//! The brake on deletions that only the change log tells of: many at once are more likely a mistake, or another NetBox, than a
//! wish. All of them are held until the log was read to its end, over a restart, too: then a few are let go, and many wait.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::Changed;
use crate::executor::Failure;
use crate::guest::RecordId;
use crate::live::bridge::{Bridge, now};
use crate::live::dispatch::Dispatcher;
use crate::live::dispatch::brakes::DELETIONS_AT_ONCE;
use crate::live::inbox::{Brake, Held, NewEvent};
use crate::report::Reporter;

/// The deletions that were held and not counted to their end yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undelivered {
    /// The keys of as many as would be let go, and of one more.
    keys: Vec<String>,
    /// How many there are in each NetBox cluster, and the record of the first one.
    clusters: BTreeMap<u64, (usize, RecordId)>,
}

impl Undelivered {
    fn count(&self) -> usize {
        self.clusters.values().map(|(count, _)| count).sum()
    }

    /// Holds the deletions among events, and counts them. Says whether there is any that had not been counted: that is to be
    /// kept before the events are stored, so that none is forgotten.
    pub(super) fn hold(&mut self, events: &mut [NewEvent], bridge: &Bridge) -> bool {
        let before = self.count();
        for event in events {
            let Some(cluster) = cluster(event, bridge) else { continue };
            if !self.keys.contains(&event.key) {
                self.clusters.entry(cluster).or_insert((0, event.change.record)).0 += 1;
                if self.keys.len() <= DELETIONS_AT_ONCE {
                    self.keys.push(event.key.clone());
                }
            }
            event.held = Some(Held { brake: Brake::Undelivered, why: why() });
        }
        self.count() > before
    }
}

/// The cluster of the managed guest of a record whose deletion an event is; none of other events, and of one by an
/// importer, which destroys nothing.
fn cluster(event: &NewEvent, bridge: &Bridge) -> Option<u64> {
    match &event.change.what {
        _ if bridge.policy.is_of_importer(&event.change) => None,
        Changed::Record { before: Some(facts), after: None } if facts.kind.is_some() => {
            Some(bridge.cluster(facts.cluster?)?.netbox_cluster.id)
        }
        _ => None,
    }
}

fn why() -> String {
    format!(
        "deletions in NetBox that had not been delivered are counted before the first one is made up for, and more than \
         {DELETIONS_AT_ONCE} at once wait. One whose delivery comes is answered. If all are meant, release them \
         (`netbox-proxmox events --release`)"
    )
}

impl Dispatcher {
    /// The log was read to its end: lets go what was held of it or, if that is too much, says so on the clusters. Says how
    /// many wait.
    pub(super) async fn let_go(&self, undelivered: &Undelivered) -> Result<usize, Failure> {
        let (bridge, count) = (self.bridge(), undelivered.count());
        if count <= DELETIONS_AT_ONCE {
            for key in &undelivered.keys {
                bridge.inbox.store().lift(key, Brake::Undelivered, now()).await?;
            }
            self.wake();
            return Ok(0);
        }
        tracing::warn!(
            "held: {count} deletions in NetBox had not been delivered, more than {DELETIONS_AT_ONCE} at once"
        );
        for (id, (count, first)) in &undelivered.clusters {
            if let Some(cluster) = bridge.cluster(*id) {
                self.tell(cluster, Reporter::of_cluster(&cluster.netbox_cluster).held_deletions(*count, *first)).await;
            }
        }
        Ok(count)
    }
}
