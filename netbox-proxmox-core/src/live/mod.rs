//! The edge: both sides looked up, plans executed over the two clients, and the dispatcher that does so for every
//! event of the inbox. Nothing here decides what should be done: that is [`crate::plan()`].

pub mod adopt;
pub mod advice;
pub mod backoff;
mod brakes;
pub mod bridge;
pub mod catch_up;
pub mod checks;
pub mod clusters;
pub mod discover;
pub mod dispatcher;
pub mod execute;
pub mod failure;
pub mod guests;
pub mod ignored;
pub mod inbox;
pub mod lease;
pub mod listing;
mod look_up;
pub mod privileges;
pub mod proposed;
pub mod reconcile;
mod remember;
mod restored;
pub mod setup;
pub mod status;
mod templates;

pub use backoff::Backoff;
pub use bridge::{Bridge, ProxmoxCluster};
pub use catch_up::CatchUp;
pub use dispatcher::{Answer, Dispatcher, Observer};
pub use execute::LiveExecutor;
pub use ignored::Ignored;
#[cfg(feature = "inbox-sqlite")]
pub use inbox::SqliteStore;
pub use inbox::{
    Brake, EventState, Held, Inbox, InboxError, MemoryStore, NewEvent, Seen, Settlement, Store, StoredEvent,
};
pub use lease::Leases;
pub use look_up::{LookUp, Looked};
pub use proposed::Proposed;
pub use reconcile::{Found, Reconcile, Swept};
pub use setup::{Setup, SetupCluster};
