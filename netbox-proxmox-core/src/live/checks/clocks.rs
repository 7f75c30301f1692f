//! Clocks that differ: times of NetBox's are compared with each other, but a removal that waits, and what a person reads,
//! go by ours.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use super::Check;

/// How many seconds clocks may differ: less than a guest's life begins to depend on.
const BEARABLE: i64 = 30;

/// Compares a side's clock with ours. `date`: as HTTP writes times, without a fraction.
pub(super) fn check(of: &str, date: Option<&str>, now: Timestamp) -> Option<Check> {
    let theirs = DateTimeParser::new().parse_timestamp(date?).ok()?;
    let ahead = theirs.as_second() - now.as_second();
    let what = format!("clock of {of}");
    if ahead.abs() <= BEARABLE {
        return Some(Check::ok(what, "as ours"));
    }
    let direction = if ahead > 0 { "ahead of" } else { "behind" };
    let detail = format!("{} s {direction} ours: times that people read, and removals that wait, are off", ahead.abs());
    Some(Check::warning(what, detail, "Set both clocks by NTP (chrony or systemd-timesyncd)"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::live::checks::Verdict;

    #[test]
    fn a_clock_that_is_off_is_told() {
        let now = "2026-11-26T18:30:00Z".parse().unwrap();
        let of = |date| check("NetBox", Some(date), now).unwrap();
        assert_eq!(of("Thu, 26 Nov 2026 18:30:20 GMT").verdict, Verdict::Ok);
        let behind = of("Thu, 26 Nov 2026 18:25:00 GMT");
        assert_eq!(behind.verdict, Verdict::Warning);
        assert!(behind.detail.starts_with("300 s behind ours"), "{behind}");
        assert!(of("Thu, 26 Nov 2026 19:30:00 GMT").detail.starts_with("3600 s ahead of ours"));
        assert_eq!((check("NetBox", None, now), check("NetBox", Some("soon"), now)), (None, None));
    }
}
