//! The loop: the records that have something due are begun.

use std::collections::HashMap;
use std::time::Duration;

use tokio::task::JoinSet;

use super::{Dispatcher, log_error};
use crate::guest::RecordId;
use crate::live::bridge::now;

/// How long a record rests after the inbox failed, or after a bug.
const PAUSE: Duration = Duration::from_secs(5);

impl Dispatcher {
    /// Answers events until told to stop; then finishes what is in hand.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let inner = &self.inner;
        // Leases of a former life, where its name is the same.
        log_error(inner.bridge.inbox.store().unlease(None, inner.leases.owner()).await);
        let mut tasks: JoinSet<()> = JoinSet::new();
        let mut busy: HashMap<tokio::task::Id, RecordId> = HashMap::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let asked = inner.rounds.borrow().asked;
            let (due, next) = match inner.bridge.inbox.store().due(now(), usize::MAX).await {
                Ok(due) => due,
                Err(error) => {
                    tracing::error!(%error, "the inbox cannot be read");
                    (Vec::new(), Some(now() + 5))
                }
            };
            for record in due {
                if busy.values().any(|working| *working == record) {
                    continue;
                }
                let dispatcher = self.clone();
                let task = tasks.spawn(async move {
                    let _permit = dispatcher.inner.parallel.acquire().await;
                    if let Err(error) = dispatcher.answer(record).await {
                        tracing::error!(%record, %error, "not answered");
                        tokio::time::sleep(PAUSE).await;
                    }
                });
                busy.insert(task.id(), record);
            }
            if busy.is_empty() && next.is_none_or(|next| next > now()) {
                inner.rounds.send_modify(|rounds| rounds.answered = asked);
            }
            let sleep = next.map_or(3600, |next| next.saturating_sub(now()).clamp(1, 3600));
            tokio::select! {
                () = &mut stop => break,
                () = inner.wake.notified() => {}
                Some(ended) = tasks.join_next_with_id(), if !tasks.is_empty() => match ended {
                    Ok((task, ())) => {
                        busy.remove(&task);
                    }
                    Err(error) => {
                        // A bug. The record rests, so that it does not take all the time there is.
                        tracing::error!(%error, "answering an event ended in a panic");
                        if let Some(record) = busy.remove(&error.id()) {
                            let rest = tasks.spawn(tokio::time::sleep(PAUSE));
                            busy.insert(rest.id(), record);
                        }
                    }
                },
                () = tokio::time::sleep(Duration::from_secs(sleep)) => {}
            }
        }
        tasks.join_all().await;
    }
}
