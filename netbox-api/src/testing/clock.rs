//! Time and request ids, both made up: the same test sees the same ones every time.

use jiff::Timestamp;

/// A moment in microseconds since 1970, NetBox's own resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(i64);

impl Moment {
    /// As in REST: microseconds, `Z`.
    pub(super) fn rest(self) -> String {
        self.iso("Z")
    }

    /// As in an ETag and in a delivery's `timestamp`: microseconds, `+00:00`.
    pub(super) fn python(self) -> String {
        self.iso("+00:00")
    }

    /// As in a snapshot: milliseconds, `Z`.
    pub(super) fn snapshot(self) -> String {
        format!("{}.{:03}Z", self.seconds(), self.0.rem_euclid(1_000_000) / 1000)
    }

    /// What is left of it in a snapshot.
    pub(super) fn milliseconds(self) -> Self {
        Self(self.0 - self.0.rem_euclid(1000))
    }

    /// To the minute, as a person reads it.
    pub(super) fn minute(self) -> String {
        self.timestamp().strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// What a date filter accepts; a `+` that was not percent-encoded has become a space and is refused.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
        let zoned = whole.parse::<Timestamp>().or_else(|_| format!("{whole}Z").parse::<Timestamp>()).ok()?;
        Some(Self(zoned.as_microsecond()))
    }

    fn timestamp(self) -> Timestamp {
        Timestamp::from_microsecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn seconds(self) -> String {
        self.timestamp().strftime("%Y-%m-%dT%H:%M:%S").to_string()
    }

    fn iso(self, zone: &str) -> String {
        match self.0.rem_euclid(1_000_000) {
            0 => format!("{}{zone}", self.seconds()),
            micros => format!("{}.{micros:06}{zone}", self.seconds()),
        }
    }
}

/// Moves only when asked; never stands still between two readings.
#[derive(Debug)]
pub(super) struct Clock {
    now: i64,
    ids: u64,
}

impl Clock {
    pub(super) fn starting(at: Moment) -> Self {
        Self { now: at.0, ids: 0 }
    }

    pub(super) fn tick(&mut self) -> Moment {
        self.now += 17;
        Moment(self.now)
    }

    pub(super) fn pass(&mut self, time: std::time::Duration) {
        self.now += i64::try_from(time.as_micros()).unwrap_or(0);
    }

    /// The next request id: shaped like a random UUID, but the same in every run.
    pub(super) fn request_id(&mut self) -> String {
        self.ids += 1;
        let high = mix(self.ids.wrapping_mul(2));
        let low = mix(self.ids.wrapping_mul(2) + 1);
        format!(
            "{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            8 + ((low >> 60) & 3),
            (low >> 48) & 0xfff,
            low & 0xffff_ffff_ffff,
        )
    }
}

/// SplitMix64: spreads a counter over 64 bits.
fn mix(counter: u64) -> u64 {
    let mut z = counter.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_three_ways_netbox_writes_a_moment() {
        let moment = Moment::parse("2026-11-22T08:48:37.130216Z").unwrap();
        assert_eq!(moment.rest(), "2026-11-22T08:48:37.130216Z");
        assert_eq!(moment.python(), "2026-11-22T08:48:37.130216+00:00");
        assert_eq!(moment.snapshot(), "2026-11-22T08:48:37.130Z");
        assert_eq!(Moment::parse("2026-11-22").unwrap().rest(), "2026-11-22T00:00:00Z");
        assert_eq!(Moment::parse("2026-11-22T08:00:00 00:00"), None);
    }

    #[test]
    fn request_ids_are_uuids_and_repeatable() {
        let ids = |n: usize| {
            let mut clock = Clock::starting(Moment(0));
            (0..n).map(|_| clock.request_id()).collect::<Vec<_>>()
        };
        assert_eq!(ids(3), ids(3));
        let first = &ids(1)[0];
        assert_eq!(first.len(), 36);
        assert_eq!(&first[14..15], "4");
        assert_ne!(ids(2)[0], ids(2)[1]);
    }
}
