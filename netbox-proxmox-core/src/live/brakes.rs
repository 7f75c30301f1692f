//! The brakes: what is too much at once to be a wish waits for a person.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// How many deletions may be made up for at once.
pub(crate) const DELETIONS_AT_ONCE: usize = 10;

/// How many guests may be destroyed within an hour.
pub(crate) const DESTROYS_PER_HOUR: usize = 100;

/// How the reason of an event begins that waits at a brake. An event that was tried with it was released by a person.
pub(crate) const HELD: &str = "held: ";

/// When guests were destroyed. A restart forgets it: whoever restarts the server has looked at it.
#[derive(Debug, Default)]
pub(crate) struct Destroys(Mutex<VecDeque<u64>>);

impl Destroys {
    /// Notes that a guest was destroyed.
    pub(crate) fn note(&self, now: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(now);
    }

    /// Whether another one is too much.
    pub(crate) fn too_many(&self, now: u64) -> bool {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while times.front().is_some_and(|time| *time + 3600 <= now) {
            times.pop_front();
        }
        times.len() >= DESTROYS_PER_HOUR
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_an_hour_are_enough() {
        let destroys = Destroys::default();
        (0..100).for_each(|second| destroys.note(second));
        assert!(destroys.too_many(100) && destroys.too_many(3599));
        assert!(!destroys.too_many(3600), "the first is over an hour ago");
        destroys.note(3600);
        assert!(destroys.too_many(3600));
    }
}
