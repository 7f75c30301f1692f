//! One listing for all who ask for it at a time: of ten thousand guests it is megabytes, for Proxmox and for us.
//! Who only plans, and changes nothing, asks once for all.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::listing::Listing;
use crate::executor::Failure;
use crate::live::bridge::ProxmoxCluster;

/// The listings of clusters that somebody still looks at.
#[derive(Debug, Default)]
pub(in crate::live) struct Listings {
    /// Whether the first listing of a cluster is the one for all who ask.
    once: bool,
    /// Numbers each question and each request, in their order.
    order: AtomicU64,
    last: Mutex<HashMap<u64, Arc<tokio::sync::Mutex<Last>>>>,
}

/// The last request to a cluster.
#[derive(Debug, Default)]
struct Last {
    begun: u64,
    answer: Option<Result<Weak<Listing>, Failure>>,
    /// The listing, where it is the one for all who ask.
    kept: Option<Arc<Listing>>,
}

impl Listings {
    /// For a plan of many records, all as the cluster was at one time.
    pub(in crate::live) fn once() -> Self {
        Self { once: true, ..Self::default() }
    }

    /// What a cluster lists, asked for after this was called: by this caller, or by another one who waited with it. Where it is
    /// asked [`once`](Self::once), as it was when the first one asked.
    ///
    /// # Errors
    /// As the client's.
    pub(in crate::live) async fn of(&self, cluster: &ProxmoxCluster) -> Result<Arc<Listing>, Failure> {
        let asked = self.order.fetch_add(1, Ordering::SeqCst);
        let last = {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(last.entry(cluster.netbox_cluster.id).or_default())
        };
        let mut last = last.lock().await;
        if let Some(kept) = &last.kept {
            return Ok(Arc::clone(kept));
        }
        if last.begun > asked {
            match last.answer.as_ref().map(|answer| answer.as_ref().map(Weak::upgrade)) {
                Some(Ok(Some(listing))) => return Ok(listing),
                Some(Err(failure)) => return Err(failure.clone()),
                _ => {}
            }
        }
        *last = Last { begun: self.order.fetch_add(1, Ordering::SeqCst), ..Last::default() };
        let listing = Listing::of(&cluster.client).await.map(Arc::new).map_err(Failure::from);
        last.answer = Some(listing.as_ref().map(Arc::downgrade).map_err(Clone::clone));
        last.kept = listing.as_ref().ok().filter(|_| self.once).map(Arc::clone);
        listing
    }
}
