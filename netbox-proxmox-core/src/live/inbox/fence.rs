//! Who works on what: leases, and the fence around what is written under one.

use std::fmt;

use super::InboxError;
use crate::guest::RecordId;

/// What one process at a time does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    /// Answers the events of a record.
    Record(RecordId),
    /// Reads NetBox's change log.
    CatchUp,
    /// Compares both sides.
    Comparison,
    /// Plans branches.
    Branches,
}

impl Work {
    /// Its number, as the stores keep it: a record's own, below 0 for all else.
    pub(super) fn number(self) -> i64 {
        match self {
            Self::Record(record) => i64::try_from(record.0).unwrap_or(i64::MAX),
            Self::CatchUp => -1,
            Self::Comparison => -2,
            Self::Branches => -3,
        }
    }
}

impl From<RecordId> for Work {
    fn from(record: RecordId) -> Self {
        Self::Record(record)
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(record) => write!(f, "record {record}"),
            Self::CatchUp => f.write_str("the change log"),
            Self::Comparison => f.write_str("the comparison"),
            Self::Branches => f.write_str("the plans of branches"),
        }
    }
}

/// Who does it, and how often that was said: one that is said no more has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Who.
    pub owner: String,
    /// How often it was renewed.
    pub renewals: u64,
}

/// What came of asking for a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leasing {
    /// It was to be had, or is renewed.
    Taken(Fence),
    /// Somebody else has it.
    Held(Lease),
}

/// The lease that something is written under. Its token is another one each time that the lease is taken anew, so whoever has
/// lost it, and does not know yet, is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fence {
    pub(super) work: Work,
    pub(super) token: u64,
}

tokio::task_local! {
    static PRESENT: Fence;
}

impl Fence {
    /// Does something whose writes to events and facts are refused once the lease is lost. Those of tasks that it spawns are
    /// not.
    pub async fn guard<T>(self, doing: impl Future<Output = T>) -> T {
        PRESENT.scope(self, doing).await
    }

    /// That under which the present task writes.
    pub(super) fn present() -> Option<Self> {
        PRESENT.try_with(|fence| *fence).ok()
    }
}

/// A token that no lease has had.
#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
pub(super) fn token() -> Result<i64, InboxError> {
    // Databases have signed integers. 0 is that of a lease of version 0.1.0, which has none.
    let random = getrandom::u64().map_err(|error| InboxError::new("take a lease", error))?;
    Ok(i64::try_from(random >> 1).unwrap_or(i64::MAX).max(1))
}

/// What a write under a lost lease is refused with.
pub(super) fn lost(doing: &'static str) -> InboxError {
    InboxError::new(doing, "the lease is lost: another instance works on it")
}
