//! The wall clock, which a simulation may replace.
//!
//! Intervals and time limits go by tokio's clock, which has a way of its own to be simulated. For that, too, what waits for several
//! things at once looks at them in their order (`biased`): the same seed is the same run.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

static SOURCE: OnceLock<fn() -> SystemTime> = OnceLock::new();

/// Takes the time from elsewhere from now on, in all of this process: for a simulation.
///
/// # Errors
/// The given source, if one was given before.
pub fn replace(source: fn() -> SystemTime) -> Result<(), fn() -> SystemTime> {
    SOURCE.set(source)
}

/// The time, as it is written for people.
pub fn timestamp() -> Timestamp {
    Timestamp::try_from(now()).unwrap_or_default()
}

/// The time, in nanoseconds since 1970: two that ask one after the other get two.
pub(in crate::live) fn nanoseconds() -> u128 {
    now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_nanos())
}

/// The time.
pub fn now() -> SystemTime {
    SOURCE.get().map_or_else(SystemTime::now, |source| source())
}
