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
            let mut of_late = OfLate::of(&before, now);
            match of_late.count(guest, now, agreed) {
                Counted::Before => return Ok(None),
                Counted::TooMany { since } => return Ok(Some(since)),
                // Two that ask at once are two, in another process, too: whoever comes second counts again.
                Counted::Now if inbox.replace_destroyed(&before, &of_late.0).await? => return Ok(None),
                Counted::Now => {}
            }
        }
    }
}

/// The guests whose removal was begun within the last hour, in that order.
#[derive(Debug, Clone, Default)]
pub(crate) struct OfLate(Vec<(String, u64)>);

/// What comes of counting a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// It is among them now.
    Now,
    /// It was among them before.
    Before,
    /// They are too many, since that time.
    TooMany { since: u64 },
}

impl OfLate {
    /// Of all that are remembered.
    pub(crate) fn of(destroyed: &[(String, u64)], now: u64) -> Self {
        Self(destroyed.iter().filter(|(_, time)| *time + HOUR > now).cloned().collect())
    }

    /// How many they are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Counts one more; `agreed`: however many they are.
    pub(crate) fn count(&mut self, guest: &str, now: u64, agreed: bool) -> Counted {
        if self.0.iter().any(|(counted, _)| counted == guest) {
            return Counted::Before;
        }
        if let Some((_, since)) = self.0.first().filter(|_| self.len() >= DESTROYS_PER_HOUR && !agreed) {
            return Counted::TooMany { since: *since };
        }
        self.0.push((guest.to_owned(), now));
        Counted::Now
    }
}

/// What a plan destroys now: what the brakes are for.
#[derive(Debug, Clone)]
pub(crate) enum Destruction {
    /// A guest.
    Guest {
        /// The name under which it is counted.
        counted: String,
        /// Whether another person than the one who deleted has to agree.
        approve: bool,
    },
    /// Disks alone.
    Disks,
}

impl Destruction {
    /// Of the plan of an event.
    pub(crate) fn of(event: &Event, plan: &[Action], now: u64) -> Option<Self> {
        let destroys = plan.iter().find_map(|action| match action {
            Action::Destroy { guest, not_before, approve, .. } if not_before.is_none_or(|due| due <= now) => {
                let counted = event.owner().map_or_else(|| guest.record.to_string(), |it| it.to_string());
                Some(Self::Guest { counted, approve: *approve })
            }
            _ => None,
        });
        let removes = || plan.iter().any(|action| matches!(action, Action::RemoveDisk { .. }));
        destroys.or_else(|| removes().then_some(Self::Disks))
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
        let Some(destruction) = Destruction::of(event, plan, now()) else { return Ok(None) };
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
        let Destruction::Guest { counted, approve } = destruction else { return Ok(None) };
        if approve && let Some(held) = self.held_for_agreement(events, event, cluster).await? {
            return Ok(Some(held));
        }
        // A plan that another person agreed to said so.
        let agreed = agreed(None) || self.is_approved(events).await?;
        let too_many = inner.destroys.begin(&inner.bridge.inbox, &counted, now(), agreed).await?;
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
