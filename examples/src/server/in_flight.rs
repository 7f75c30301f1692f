//! How many bytes of bodies are held at once: a body is read once there is room for all of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How many bytes of bodies are held at once, or one body where that may be longer.
const MOST: usize = 16 << 20;

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
        let room = Arc::clone(&self.room).acquire_many_owned(u32::try_from(bytes).unwrap_or(u32::MAX));
        timeout(PATIENCE, room).await.ok()?.ok()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn bodies_wait_for_room_and_have_it_once_others_are_done() {
        let in_flight = InFlight::new(1 << 20);
        let mut held = Vec::new();
        for _ in 0..15 {
            held.push(in_flight.room(None).await.unwrap());
        }
        let half = in_flight.room(Some(1 << 19)).await.unwrap();
        assert!(in_flight.room(None).await.is_none(), "half of the last mebibyte is taken");
        let small = in_flight.room(Some(1 << 10)).await;
        assert!(small.is_some(), "a short one fits");
        drop((half, small));
        assert!(in_flight.room(None).await.is_some());
    }

    #[tokio::test]
    async fn one_body_that_may_be_longer_than_all_has_room_alone() {
        let in_flight = InFlight::new(MOST * 2);
        assert!(in_flight.room(Some(MOST * 2)).await.is_some());
    }
}
