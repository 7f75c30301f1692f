//! The checks of `doctor`, made by the server itself: at its start, and at an interval; said where something is new.

use std::time::Duration;

use super::Board;
use crate::live::checks::{Check, Surroundings, Verdict, blocking};

/// How often it is looked whether all is well; more often while nothing can be managed, as somebody is at it.
const EVERY: Duration = Duration::from_secs(300);
const SOON: Duration = Duration::from_secs(10);

/// Looks, notes it on the board and logs what is new, until it is dropped.
pub async fn watch(surroundings: Surroundings, board: Board) {
    let mut known = Vec::new();
    loop {
        let checks = surroundings.check().await;
        tell(&known, &checks);
        let pause = if blocking(&checks).is_empty() { EVERY } else { SOON };
        board.checked(checks.clone());
        known = checks;
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = board.is_to_look_again() => {}
        }
    }
}
/// Says what was not said before, and what is over.
fn tell(before: &[Check], now: &[Check]) {
    let (mended, news) = changes(before, now);
    for check in news {
        match check.verdict {
            Verdict::Failure => tracing::error!("{check}"),
            Verdict::Warning => tracing::warn!("{check}"),
            Verdict::Ok => {}
        }
    }
    for what in mended {
        tracing::info!("{what}: as it should be again");
    }
    if before.is_empty() {
        let well = now.iter().filter(|check| check.verdict == Verdict::Ok).count();
        tracing::info!(well, of = now.len(), "checked, as `netbox-proxmox doctor` does");
    }
}

/// What is over, and what was not said before.
fn changes<'a>(before: &'a [Check], now: &'a [Check]) -> (Vec<&'a str>, Vec<&'a Check>) {
    let bad = |check: &&Check| check.verdict != Verdict::Ok;
    let news = now.iter().filter(bad).filter(|check| !before.contains(check)).collect();
    let still = |what: &str| now.iter().filter(bad).any(|check| check.what == what);
    let mut mended: Vec<_> = before.iter().filter(bad).map(|check| check.what.as_str()).collect();
    mended.retain(|what| !still(what));
    mended.dedup();
    (mended, news)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_new_is_said_and_what_is_over_once() {
        let bad = |what: &str, detail: &str| Check::warning(what, detail, "mend it");
        let first = [Check::ok("a", "fine"), bad("b", "1 wait"), bad("c", "off")];
        let second = [bad("a", "broken"), bad("b", "1 wait"), Check::ok("c", "on")];
        let (mended, news) = changes(&first, &second);
        assert_eq!((mended, news), (vec!["c"], vec![&second[0]]));
        assert_eq!(changes(&second, &second), (Vec::new(), Vec::new()));
        let more = [bad("b", "2 wait")];
        assert_eq!(changes(&first[1..2], &more), (Vec::new(), vec![&more[0]]), "the same thing, worse");
    }
}
