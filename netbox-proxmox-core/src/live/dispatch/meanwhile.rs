//! What came while a plan was made: an event of the same record may be what the plan says that nobody did.

use super::{Dispatcher, log_error};
use crate::action::Action;
use crate::guest::RecordId;
use crate::live::inbox::{Reported, StoredEvent};

impl Dispatcher {
    /// Whether a plan would tell a person that nobody did something, and somebody has: the event has come meanwhile, or
    /// NetBox's change log has it.
    pub(super) async fn more_is_coming(&self, record: RecordId, events: &[StoredEvent], plan: &[Action]) -> bool {
        let inbox = &self.inner.bridge.inbox;
        let claims = plan.iter().filter_map(|action| match action {
            Action::Report(report) if report.claims_no_cause => Some(report.key()),
            _ => None,
        });
        let mut news = false;
        for key in claims {
            news |= !matches!(inbox.reported(&key).await, Ok(Some(Reported::Delivered)));
        }
        if !news {
            return false;
        }
        if self.has_more_than(record, events).await {
            return true;
        }
        match self.catch_up_with(record).await {
            Ok(true) => return true,
            Ok(false) => {}
            Err(failure) => tracing::warn!(%record, why = %failure.why, "NetBox's change log cannot be asked"),
        }
        // What came while the change log was read is known by then, and nothing new in it.
        self.has_more_than(record, events).await
    }

    async fn has_more_than(&self, record: RecordId, events: &[StoredEvent]) -> bool {
        match self.inner.bridge.inbox.store().pending(record).await {
            Ok(pending) => pending.len() > events.len(),
            Err(error) => {
                log_error::<(), _>(Err(error));
                false
            }
        }
    }
}
