//! How many requests a client sends in a time.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Spreads requests evenly: each begins no earlier than a while after the one before, whichever clone of the client sends it.
#[derive(Debug)]
pub(super) struct Pace {
    every: Duration,
    /// When the next one may begin.
    next: Mutex<Option<Instant>>,
}

impl Pace {
    pub(super) fn new(every: Duration) -> Self {
        Self { every, next: Mutex::new(None) }
    }

    /// Waits for its turn. Whoever gives up leaves its turn unused.
    pub(super) async fn turn(&self) {
        let now = Instant::now();
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = next.map_or(now, |next| next.max(now));
            *next = Some(turn + self.every);
            turn
        };
        if turn > now {
            tokio::time::sleep_until(turn).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn turns_are_evenly_spread_and_none_is_saved_up() {
        let (pace, start) = (Pace::new(Duration::from_millis(100)), Instant::now());
        let after = || start.elapsed().as_millis();
        pace.turn().await;
        assert_eq!(after(), 0);
        tokio::join!(pace.turn(), pace.turn());
        assert_eq!(after(), 200);
        tokio::time::advance(Duration::from_secs(1)).await;
        pace.turn().await;
        assert_eq!(after(), 1200);
        pace.turn().await;
        assert_eq!(after(), 1300, "what was not used is gone");
    }
}
