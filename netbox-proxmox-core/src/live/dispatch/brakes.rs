//! The brakes: what is too much at once to be a wish waits for a person.

use tokio::sync::Mutex;

use crate::live::inbox::{Inbox, InboxError};

/// How many deletions may be made up for at once.
pub(crate) const DELETIONS_AT_ONCE: usize = 10;

/// How many guests may be destroyed within an hour.
pub(crate) const DESTROYS_PER_HOUR: usize = 100;

/// Over which time destroys are counted, in seconds.
const HOUR: u64 = 3600;

/// Counts the guests that are destroyed, in the inbox: a restart does not forget it.
#[derive(Debug, Default)]
pub(crate) struct Destroys {
    /// Held from the question to the answer: two that ask at once are two.
    counting: Mutex<()>,
}

impl Destroys {
    /// Counts a guest whose removal is about to begin, whatever comes of it, and once however often it is tried. Gives
    /// since when there were too many, if there were; `agreed`: a person agreed to this one.
    pub(crate) async fn begin(
        &self,
        inbox: &Inbox,
        guest: &str,
        now: u64,
        agreed: bool,
    ) -> Result<Option<u64>, InboxError> {
        let _counting = self.counting.lock().await;
        let mut of_late = inbox.destroyed().await?;
        of_late.retain(|(_, time)| *time + HOUR > now);
        if of_late.iter().any(|(counted, _)| counted == guest) {
            return Ok(None);
        }
        if of_late.len() >= DESTROYS_PER_HOUR && !agreed {
            return Ok(of_late.first().map(|(_, time)| *time));
        }
        of_late.push((guest.to_owned(), now));
        inbox.put_destroyed(&of_late).await?;
        Ok(None)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::live::MemoryStore;

    #[tokio::test]
    async fn a_hundred_an_hour_are_enough() {
        let inbox = Inbox::new(MemoryStore::default());
        let destroys = Destroys::default();
        let asked = async |destroys: &Destroys, guest: usize, now: u64, agreed: bool| {
            destroys.begin(&inbox, &guest.to_string(), now, agreed).await.unwrap()
        };
        for guest in 0..DESTROYS_PER_HOUR {
            assert_eq!(asked(&destroys, guest, guest as u64, false).await, None);
        }
        assert_eq!(asked(&destroys, 100, 100, false).await, Some(0));
        assert_eq!(asked(&destroys, 7, 100, false).await, None, "a second try of one that was counted");
        assert_eq!(asked(&Destroys::default(), 100, 3599, false).await, Some(0), "also after a restart");
        assert_eq!(asked(&destroys, 100, 3600, false).await, None, "the first is over an hour ago");
        assert_eq!(asked(&destroys, 101, 3600, false).await, Some(1));
        assert_eq!(asked(&destroys, 101, 3600, true).await, None, "a person agreed");
        assert_eq!(asked(&destroys, 102, 3601, false).await, Some(2), "and it is counted");
    }
}
