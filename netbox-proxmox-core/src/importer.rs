//! Changes that importers make: other tools write into NetBox what they find in Proxmox, `active` and `offline` too. That is
//! no wish of anybody's, and no cause of anything; what differs is a difference like any other.

use std::borrow::Cow;

use crate::event::{Change, Changed, Event};
use crate::policy::Policy;

impl Policy {
    /// Whether an importer made a change.
    pub fn is_of_importer(&self, change: &Change) -> bool {
        change.user.as_deref().is_some_and(|user| self.is_importer(user))
    }

    /// Whether a user of NetBox is an importer.
    pub fn is_importer(&self, user: &str) -> bool {
        self.importers.iter().any(|importer| importer == user)
    }

    /// What the changes of an importer are causes of: nothing. That a record was deleted stays what happened, as nothing
    /// else says what it was; its guest is kept.
    pub fn heeded(&self, cause: Vec<Change>) -> Vec<Change> {
        let heed = |change: Change| match self.is_of_importer(&change) && !change.deleted_record() {
            true => Change { what: Changed::Difference, ..change },
            false => change,
        };
        cause.into_iter().map(heed).collect()
    }

    /// The event with what its changes are causes of.
    pub(crate) fn heeding<'a>(&self, event: &'a Event) -> Cow<'a, Event> {
        if !event.caused(|change| self.is_of_importer(change)) {
            return Cow::Borrowed(event);
        }
        let mut heeding = event.clone();
        // A look-up has asked the change log who else has written the record.
        let imported = || event.cause.iter().all(|change| self.is_of_importer(change));
        heeding.context.imported |= !event.context.looked_up && imported();
        heeding.cause = self.heeded(heeding.cause);
        Cow::Owned(heeding)
    }
}
