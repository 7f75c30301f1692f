//! When a failed event is tried again: a pure function.

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
    /// The seconds to wait after so many attempts in vain.
    pub fn delay(self, attempts: u32) -> u64 {
        let doubled = 2u64.saturating_pow(attempts.saturating_sub(1));
        self.first.saturating_mul(doubled).min(self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::Backoff;

    #[test]
    fn it_doubles_up_to_five_minutes() {
        let delays: Vec<u64> = [0, 1, 2, 3, 8, 9, u32::MAX].into_iter().map(|n| Backoff::default().delay(n)).collect();
        assert_eq!(delays, [2, 2, 4, 8, 256, 300, 300]);
    }
}
