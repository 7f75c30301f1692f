//! What nobody announced: NetBox's change log, read from the last entry that is known, and the comparison of every record
//! with its guest.

pub mod catch_up;
pub(in crate::live) mod entries;
pub(in crate::live) mod page;
pub mod reconcile;
pub(crate) mod restored;
pub mod undelivered;
