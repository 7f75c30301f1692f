//! What of the inbox is forgotten in time: what was answered, and what is known of records that are gone. What waits, and
//! what guards (creations and removals that were begun, what was seen of guests that exist, destroys of late) never is.

use serde::{Deserialize, Serialize};

use super::{
    DISCOVERED, EventCounts, EventState, GONE, INTENT, Inbox, InboxError, NONCE, OWN_REQUEST, REMOVAL, REPORT, SEEN,
};

/// How much is removed in one step: others write between two.
const STEP: u32 = 500;

const DAY: u64 = 86_400;

/// How long numbers are kept that may be used once, in seconds: longer than what they came with is believed.
const NONCES: u64 = 3600;

/// What [`Store::prune`](super::Store::prune) removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aged {
    /// Events in this state, by when they arrived. Their keys stay.
    Events(EventState),
    /// The keys of events that are not kept any more, by when those arrived.
    Keys,
    /// Facts of this kind, by when they were last stored.
    Facts(&'static str),
}

/// How long the inbox keeps what nothing waits for any more. Parked events wait for a person, and are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// How long events that were answered are kept, in seconds since they arrived; as long what people were told of a
    /// record that is gone.
    pub done: u64,
    /// The same of events that concern nothing of ours.
    pub ignored: u64,
    /// How long the key of an event is kept, so that it is not answered again, and which requests were ours, in seconds. A
    /// job that failed in NetBox can be sent again for a year (RQ's default, seen on NetBox 4.7).
    pub keys: u64,
    /// How many events that were answered or ignored are kept, whatever their age: the oldest go earlier. Not given: all.
    pub at_most: Option<u64>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { done: 30 * DAY, ignored: 30 * DAY, keys: 400 * DAY, at_most: None }
    }
}

/// What was removed, or would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Pruned {
    /// Events that were answered.
    pub done: u64,
    /// Events that concern nothing of ours.
    pub ignored: u64,
    /// Keys of events.
    pub keys: u64,
    /// Requests of ours.
    pub requests: u64,
    /// Records that are gone, with all that was known of them.
    pub records: u64,
}

impl Pruned {
    /// How much that is.
    pub fn sum(&self) -> u64 {
        self.done + self.ignored + self.keys + self.requests + self.records
    }
}

impl Retention {
    /// What it removes by age: what, and what is older than which time.
    fn aged(&self, now: u64) -> [(Aged, u64); 5] {
        let before = |kept: u64| now.saturating_sub(kept);
        [
            (Aged::Events(EventState::Done), before(self.done)),
            (Aged::Events(EventState::Ignored), before(self.ignored)),
            (Aged::Keys, before(self.keys)),
            (Aged::Facts(OWN_REQUEST), before(self.keys)),
            (Aged::Facts(NONCE), before(NONCES)),
        ]
    }

    /// Removes what is older than it is to be kept, in small steps.
    ///
    /// # Errors
    /// The store failed.
    pub async fn prune(&self, inbox: &Inbox, now: u64) -> Result<Pruned, InboxError> {
        let mut pruned = Pruned::default();
        for (what, before) in self.aged(now) {
            loop {
                let went = inbox.store.prune(what, before, STEP).await?;
                pruned.add(what, went);
                if went < u64::from(STEP) {
                    break;
                }
            }
        }
        pruned.records = self.prune_records(inbox, now).await?;
        self.make_room(inbox, &mut pruned).await?;
        Ok(pruned)
    }

    /// How much [`prune`](Self::prune) would remove.
    ///
    /// # Errors
    /// The store failed.
    pub async fn would_prune(&self, inbox: &Inbox, now: u64) -> Result<Pruned, InboxError> {
        let mut pruned = Pruned::default();
        for (what, before) in self.aged(now) {
            pruned.add(what, inbox.store.prunable(what, before).await?);
        }
        pruned.records = inbox.store.prunable(Aged::Facts(GONE), now.saturating_sub(self.done)).await?;
        let aged = [(EventState::Ignored, pruned.ignored), (EventState::Done, pruned.done)];
        for (state, more) in self.surplus(inbox, aged).await? {
            pruned.add(Aged::Events(state), more);
        }
        Ok(pruned)
    }

    /// How many events are too many, of each state, once so many of it are gone: those that concern nothing of ours go first.
    async fn surplus(&self, inbox: &Inbox, gone: [(EventState, u64); 2]) -> Result<[(EventState, u64); 2], InboxError> {
        let EventCounts { done, reported, ignored, .. } = inbox.store.counts().await?;
        let left = gone.map(|(state, gone)| {
            let all = if state == EventState::Ignored { ignored } else { done + reported };
            (state, all.saturating_sub(gone))
        });
        let sum: u64 = left.iter().map(|(_, left)| left).sum();
        let mut surplus = self.at_most.map_or(0, |at_most| sum.saturating_sub(at_most));
        Ok(left.map(|(state, left)| {
            let of_it = surplus.min(left);
            surplus -= of_it;
            (state, of_it)
        }))
    }

    /// Removes what is known of records whose deletion was answered, and whose guests are gone.
    async fn prune_records(&self, inbox: &Inbox, now: u64) -> Result<u64, InboxError> {
        let mut records = 0;
        loop {
            let gone = inbox.store.aged(GONE, now.saturating_sub(self.done), STEP).await?;
            for owner in &gone {
                if !is_there(inbox, owner).await? {
                    for kind in [REPORT, DISCOVERED] {
                        inbox.store.delete(kind, owner).await?;
                    }
                    records += 1;
                }
                inbox.store.delete(GONE, owner).await?;
            }
            if gone.len() < STEP as usize {
                return Ok(records);
            }
        }
    }

    /// Removes the oldest of the events that are too many.
    async fn make_room(&self, inbox: &Inbox, pruned: &mut Pruned) -> Result<(), InboxError> {
        let none_gone = [(EventState::Ignored, 0), (EventState::Done, 0)];
        for (state, mut surplus) in self.surplus(inbox, none_gone).await? {
            while surplus > 0 {
                let step = u32::try_from(surplus).unwrap_or(STEP).min(STEP);
                let went = inbox.store.prune(Aged::Events(state), u64::MAX, step).await?;
                if went == 0 {
                    break;
                }
                pruned.add(Aged::Events(state), went);
                surplus = surplus.saturating_sub(went);
            }
        }
        Ok(())
    }
}

impl Pruned {
    fn add(&mut self, what: Aged, went: u64) {
        match what {
            Aged::Events(EventState::Ignored) => self.ignored += went,
            Aged::Events(_) => self.done += went,
            Aged::Keys => self.keys += went,
            Aged::Facts(NONCE) => {}
            Aged::Facts(_) => self.requests += went,
        }
    }
}

/// Whether a guest of a record is known, or is being made or removed, after all.
async fn is_there(inbox: &Inbox, owner: &str) -> Result<bool, InboxError> {
    for kind in [SEEN, INTENT, REMOVAL] {
        if inbox.store.get(kind, owner).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
