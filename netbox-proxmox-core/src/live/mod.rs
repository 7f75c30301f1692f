//! The edge: both sides looked up, plans executed over the two clients, and the dispatcher that does so for every
//! event of the inbox. Nothing here decides what should be done: that is [`crate::plan()`].

pub mod adopt;
pub mod backoff;
mod brakes;
pub mod bridge;
pub mod catch_up;
pub mod dispatcher;
pub mod execute;
pub mod failure;
pub mod guests;
pub mod inbox;
pub mod listing;
mod look_up;
pub mod memory;
pub mod reconcile;
mod remember;
#[cfg(feature = "inbox-sqlite")]
pub mod sqlite;
mod templates;

pub use backoff::Backoff;
pub use bridge::{Bridge, ProxmoxCluster};
pub use catch_up::CatchUp;
pub use dispatcher::{Answer, Dispatcher, Observer};
pub use execute::LiveExecutor;
pub use inbox::{EventState, Inbox, InboxError, NewEvent, Seen, Settlement, Store, StoredEvent};
pub use look_up::{LookUp, Looked};
pub use memory::MemoryStore;
pub use reconcile::{Found, Reconcile, Swept};
#[cfg(feature = "inbox-sqlite")]
pub use sqlite::SqliteStore;
