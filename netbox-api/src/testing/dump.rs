//! A database that is restored from a dump, and a change log that is pruned.

use std::collections::BTreeMap;
use std::time::Duration;

use super::FakeNetBox;
use super::branches::BranchRows;
use super::schema::Kind;
use super::store::Store;

/// All rows of a NetBox at one moment, with the last ids of all tables, as `pg_dump` writes them.
#[derive(Clone)]
pub struct Dump {
    main: Store,
    branches: BTreeMap<String, BranchRows>,
}

impl std::fmt::Debug for Dump {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Dump").finish_non_exhaustive()
    }
}

impl FakeNetBox {
    /// Dumps the database.
    #[must_use]
    pub fn dump(&self) -> Dump {
        let state = self.shared().lock();
        Dump { main: state.store.clone(), branches: state.branches.clone() }
    }

    /// Restores a dump: all rows, webhooks and event rules among them, the change log, and the last ids, so that ids are given out again.
    ///
    /// No events. Deliveries made since stay in the list and in the queue, which is Redis's, or held. The time goes on (by a second at
    /// least), so the next object of an id that was used before has another `created`. (Believed: what PostgreSQL does to a dump.)
    pub fn restore(&self, dump: &Dump) {
        let mut state = self.shared().lock();
        state.store = dump.main.clone();
        state.branches.clone_from(&dump.branches);
        state.clock.pass(Duration::from_secs(1));
    }

    /// Leaves only the newest `keep` entries of the change log, as the housekeeping job does for CHANGELOG_RETENTION (which counts days).
    /// No events; ids are neither changed nor given out again. (Believed.)
    pub fn prune_change_log(&self, keep: usize) {
        let mut state = self.shared().lock();
        let ids: Vec<u64> = state.store.all(Kind::ObjectChange).map(|entry| entry.id).collect();
        for id in ids.iter().take(ids.len().saturating_sub(keep)) {
            state.store.remove(Kind::ObjectChange, *id);
        }
        state.store.keep();
    }
}
