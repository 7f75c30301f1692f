//! How many bytes of bodies are held at once: a long one is read once there is room for all of it. Short ones, as NetBox's
//! deliveries are, never wait for those: the number of connections bounds them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How many bytes of long bodies are held at once, or one body where that may be longer.
const MOST: usize = 16 << 20;

/// What is announced to be no longer is short, in bytes. Deliveries of NetBox 4.7.3 had 1 to 5 KB.
const SHORT: usize = 64 << 10;

/// How long is waited for room.
const PATIENCE: Duration = Duration::from_secs(10);

/// The room for bodies.
#[derive(Debug)]
pub(super) struct InFlight {
    room: Arc<Semaphore>,
    /// How long one body may be.
    longest: usize,
}

impl InFlight {
    /// Where one body may have so many bytes.
    pub(super) fn new(longest: usize) -> Self {
        // A semaphore counts no further than that.
        let longest = longest.min(u32::MAX as usize >> 3);
        Self { room: Arc::new(Semaphore::new(MOST.max(longest))), longest }
    }

    /// Room for a body of this length or, where that is not announced, for the longest; none if there is none in time. It is
    /// given back when it is dropped.
    pub(super) async fn room(&self, announced: Option<usize>) -> Option<OwnedSemaphorePermit> {
        let bytes = announced.unwrap_or(self.longest).min(self.longest);
        let bytes = if announced.is_some() && bytes <= SHORT { 0 } else { bytes };
        let room = Arc::clone(&self.room).acquire_many_owned(u32::try_from(bytes).unwrap_or(u32::MAX));
        timeout(PATIENCE, room).await.ok()?.ok()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test(start_paused = true)]
    async fn bodies_wait_for_room_and_have_it_once_others_are_done() {
        let in_flight = InFlight::new(1 << 20);
        let mut held = Vec::new();
        for _ in 0..15 {
            held.push(in_flight.room(None).await.unwrap());
        }
        let half = in_flight.room(Some(1 << 19)).await.unwrap();
        assert!(in_flight.room(None).await.is_none(), "half of the last mebibyte is taken");
        drop(half);
        assert!(in_flight.room(None).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_body_does_not_wait_for_long_ones() {
        let in_flight = InFlight::new(MOST);
        let _all = in_flight.room(None).await.unwrap();
        let (long, short) = tokio::join!(in_flight.room(None), async {
            tokio::task::yield_now().await;
            in_flight.room(Some(SHORT)).now_or_never().flatten()
        });
        assert!(long.is_none() && short.is_some());
    }

    #[tokio::test]
    async fn one_body_that_may_be_longer_than_all_has_room_alone() {
        let in_flight = InFlight::new(MOST * 2);
        assert!(in_flight.room(Some(MOST * 2)).await.is_some());
    }
}
