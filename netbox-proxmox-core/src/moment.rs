//! A time as NetBox writes it: of a record's birth, of a change.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A time, to the millisecond: REST and deliveries have microseconds, snapshots and what a branch has merged have
/// milliseconds (seen on NetBox 4.7.3). In JSON it is text such as `2026-11-22T08:15:21.921Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

impl Moment {
    /// This many milliseconds after 1970 began.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// This many seconds later, or earlier.
    #[must_use]
    pub const fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// Whether the two are at most this many seconds apart.
    pub const fn is_within(self, seconds: u64, other: Self) -> bool {
        self.0.abs_diff(other.0) <= seconds.saturating_mul(1000)
    }
}

/// Text that is no time with a date and an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no time such as 2026-11-22T08:15:21Z")]
pub struct NoMoment;

impl FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, NoMoment> {
        // Rounded down, as NetBox rounds.
        let micros = text.parse::<Timestamp>().map_err(|_| NoMoment)?.as_microsecond();
        Ok(Self(micros.div_euclid(1000)))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{time:.3}"),
            // Beyond the year 9999.
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Moment {
        text.parse().unwrap()
    }

    #[test]
    fn what_netbox_writes_in_several_ways_is_one_time() {
        let birth = moment("2026-11-22T08:15:21.921692Z");
        assert_eq!(birth, moment("2026-11-22T08:15:21.921Z"));
        assert_eq!(birth, moment("2026-11-22T09:15:21.921692+01:00"));
        assert_eq!(birth, moment("2026-11-22 08:15:21.921999+00:00"));
        assert_ne!(birth, moment("2026-11-22T08:15:21.920Z"));
        assert_eq!(birth.to_string(), "2026-11-22T08:15:21.921Z");
        assert_eq!(moment("2026-11-22T08:15:21Z").to_string(), "2026-11-22T08:15:21.000Z");
        assert_eq!(moment(&birth.to_string()), birth);
        assert!("2026-11-22".parse::<Moment>().is_err() && "".parse::<Moment>().is_err());
    }

    #[test]
    fn two_times_are_near_each_other() {
        let birth = moment("2026-11-22T08:15:21Z");
        assert!(birth.is_within(5, birth.plus(5)) && birth.plus(-5).is_within(5, birth));
        assert!(!birth.is_within(5, birth.plus(6)));
        assert_eq!(birth.plus(60), moment("2026-11-22T08:16:21Z"));
    }
}
