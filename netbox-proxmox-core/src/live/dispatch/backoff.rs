//! When a failed event is tried again: a pure function.

use crate::guest::RecordId;

/// How long to wait before an event is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Seconds after the first attempt in vain; doubled after each further one.
    pub first: u64,
    /// The most, in seconds.
    pub most: u64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: 2, most: 300 }
    }
}

impl Backoff {
    /// The seconds to wait after so many attempts in vain: up to a quarter less than a doubling would have it, another
    /// part of that for each record. What failed together is not tried again together.
    pub fn delay(self, attempts: u32, record: RecordId) -> u64 {
        let doubled = 2u64.saturating_pow(attempts.saturating_sub(1));
        let most = self.first.saturating_mul(doubled).min(self.most);
        most - spread(record, attempts) % (most / 4 + 1)
    }
}

/// A number that is another one for each record and attempt, as if it were thrown (a step of splitmix64).
fn spread(record: RecordId, attempts: u32) -> u64 {
    let seed = record.0.wrapping_add(u64::from(attempts) << 48).wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_five_minutes() {
        for (attempts, most) in [(0, 2), (1, 2), (2, 4), (3, 8), (8, 256), (9, 300), (u32::MAX, 300)] {
            let delays = (0..1000).map(|record| Backoff::default().delay(attempts, RecordId(record)));
            let (least, longest) = delays.fold((u64::MAX, 0), |(least, longest), it| (least.min(it), longest.max(it)));
            assert_eq!((least, longest), (most - most / 4, most), "{attempts}");
        }
        assert_eq!(Backoff { first: 0, most: 0 }.delay(3, RecordId(7)), 0);
    }

    #[test]
    fn what_failed_together_is_tried_again_apart() {
        let mut seconds = [0; 76];
        (0..7_600).for_each(|record| seconds[Backoff::default().delay(9, RecordId(record)) as usize - 225] += 1);
        assert!(seconds.iter().all(|tried| (50..=150).contains(tried)), "{seconds:?}");
    }
}
