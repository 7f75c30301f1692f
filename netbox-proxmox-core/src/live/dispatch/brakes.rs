//! The brakes: what is too much at once to be a wish waits for a person.

use tokio::sync::Mutex;

use super::Dispatcher;
use crate::action::Action;
use crate::event::Event;
use crate::executor::Failure;
use crate::live::bridge::{ProxmoxCluster, now};
use crate::live::inbox::{Brake, Held, Inbox, InboxError, StoredEvent};
use crate::live::sweep::restored;
use crate::report::Reporter;

/// How many deletions may be made up for at once.
pub(crate) const DELETIONS_AT_ONCE: usize = 10;

/// How many guests may be destroyed within an hour.
pub(crate) const DESTROYS_PER_HOUR: usize = 100;

/// Over which time destroys are counted, in seconds.
const HOUR: u64 = 3600;

/// Counts the guests that are destroyed, in the inbox: a restart does not forget it.
#[derive(Debug, Default)]
pub(crate) struct Destroys {
    /// Held from the question to the answer, so that those of one process do not count again for each other.
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
        loop {
            let before = inbox.destroyed().await?;
            let mut of_late = before.clone();
            of_late.retain(|(_, time)| *time + HOUR > now);
            if of_late.iter().any(|(counted, _)| counted == guest) {
                return Ok(None);
            }
            if of_late.len() >= DESTROYS_PER_HOUR && !agreed {
                return Ok(of_late.first().map(|(_, time)| *time));
            }
            of_late.push((guest.to_owned(), now));
            // Two that ask at once are two, in another process, too: whoever comes second counts again.
            if inbox.replace_destroyed(&before, &of_late).await? {
                return Ok(None);
            }
        }
    }
}

impl Dispatcher {
    /// What a brake holds: what destroys, while NetBox seems to be another one, or where many guests were destroyed of late.
    pub(super) async fn held(
        &self,
        events: &[StoredEvent],
        event: &Event,
        plan: &[Action],
        cluster: &ProxmoxCluster,
    ) -> Result<Option<Held>, Failure> {
        let inner = &self.inner;
        let destroys = plan.iter().find(
            |action| matches!(action, Action::Destroy { not_before, .. } if not_before.is_none_or(|due| due <= now())),
        );
        let removes = plan.iter().any(|action| matches!(action, Action::RemoveDisk { .. }));
        if destroys.is_none() && !removes {
            return Ok(None);
        }
        // A person agreed to what a brake held.
        let agreed = |brake: Option<Brake>| {
            events.iter().any(|event| event.brake.is_some() && (brake.is_none() || event.brake == brake))
        };
        let restored = restored::seen(&inner.bridge).await?;
        if let Some(seen) = restored.filter(|_| !agreed(Some(Brake::Restored))) {
            let why = format!(
                "NetBox seems to have been restored or exchanged: {seen}. If this is meant, release it (`netbox-proxmox events \
                 --release`)"
            );
            return Ok(Some(Held { brake: Brake::Restored, why }));
        }
        let Some(guest) = destroys.and_then(Action::target) else { return Ok(None) };
        let counted = event.owner().map_or_else(|| guest.record.to_string(), |owner| owner.to_string());
        let too_many = inner.destroys.begin(&inner.bridge.inbox, &counted, now(), agreed(None)).await?;
        let Some(since) = too_many else { return Ok(None) };
        self.tell(cluster, Reporter::of_cluster(&cluster.netbox_cluster).held_destroys(DESTROYS_PER_HOUR, since)).await;
        let why = format!(
            "{DESTROYS_PER_HOUR} guests were destroyed within an hour. If this is meant, release it (`netbox-proxmox events \
             --release`)"
        );
        Ok(Some(Held { brake: Brake::Destroys, why }))
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
