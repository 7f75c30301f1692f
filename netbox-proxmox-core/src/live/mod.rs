//! The edge: both sides looked up, plans executed over the two clients, and the dispatcher that does so for every
//! event of the inbox. Nothing here decides what should be done: that is [`crate::plan()`].

pub mod adopt;
pub mod advice;
mod another;
pub mod branch;
pub mod bridge;
pub mod checks;
pub mod clock;
pub mod clusters;
pub mod discover;
pub mod dispatch;
pub mod execute;
pub mod failure;
mod form;
pub mod guests;
pub mod inbox;
pub mod look_up;
pub mod offer;
pub mod privileges;
pub mod proposed;
pub mod release;
pub mod service;
pub mod setup;
pub mod status;
pub mod sweep;

pub use bridge::{Bridge, ProxmoxCluster};
pub use dispatch::backoff::Backoff;
pub use dispatch::lease::Leases;
pub use dispatch::{Answer, Dispatcher, Observer};
pub use execute::LiveExecutor;
#[cfg(feature = "inbox-postgres")]
pub use inbox::PostgresStore;
#[cfg(feature = "inbox-sqlite")]
pub use inbox::SqliteStore;
pub use inbox::{
    Brake, EventState, Held, Inbox, InboxError, MemoryStore, NewEvent, Seen, Settlement, Store, StoredEvent,
};
pub use look_up::ignored::Ignored;
pub use look_up::{LookUp, Looked};
pub use proposed::Proposed;
pub use service::Service;
pub use setup::{Setup, SetupCluster};
pub use sweep::catch_up::CatchUp;
pub use sweep::reconcile::{Found, Reconcile, Swept};
