//! When a request is repeated, and after how long.

use std::time::Duration;

use crate::error::Error;

/// The longest wait that a server may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How often and after how long a request is repeated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retry {
    /// Repetitions, not counting the first attempt.
    pub(super) times: u32,
    /// Before the first repetition; doubled before each further one.
    pub(super) delay: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { times: 2, delay: Duration::from_millis(250) }
    }
}

impl Retry {
    /// The time to wait before repeating, if it should be repeated. `done` is the number of repetitions so far,
    /// `retry_after` what the server asked for.
    pub(super) fn wait(&self, error: &Error, done: u32, retry_after: Option<Duration>) -> Option<Duration> {
        if done >= self.times || !error.is_retryable() {
            return None;
        }
        let wait = self.delay.saturating_mul(2_u32.saturating_pow(done));
        Some(retry_after.map_or(wait, |asked| wait.max(asked)).min(LONGEST_WAIT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Attempt;

    #[test]
    fn waits_grow_and_end() {
        let attempt = Attempt { method: "GET", path: "/".into(), template: "/".into() };
        let error = Error::answered(&attempt, 503, b"", None);
        let retry = Retry { times: 2, delay: Duration::from_millis(250) };
        assert_eq!(retry.wait(&error, 0, None), Some(Duration::from_millis(250)));
        assert_eq!(retry.wait(&error, 1, None), Some(Duration::from_millis(500)));
        assert_eq!(retry.wait(&error, 2, None), None);
        assert_eq!(retry.wait(&error, 0, Some(Duration::from_secs(3))), Some(Duration::from_secs(3)));
        assert_eq!(retry.wait(&error, 0, Some(Duration::from_secs(3600))), Some(LONGEST_WAIT));
    }

    #[test]
    fn a_write_that_may_have_been_done_is_not_repeated() {
        let attempt = Attempt { method: "POST", path: "/".into(), template: "/".into() };
        let error = Error::answered(&attempt, 503, b"", None);
        assert_eq!(Retry::default().wait(&error, 0, None), None);
    }
}
