//! A stateful NetBox in process, for tests and demonstrations: its REST API over HTTP on 127.0.0.1, and its webhooks, signed and shaped as
//! NetBox 4.7.3 was seen to do it.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! use netbox_api::testing::FakeNetBox;
//! use serde_json::json;
//!
//! let netbox = FakeNetBox::builder().token("nbt_abcdefghijkl.secret").cluster("pve-cluster-1").start().await;
//! netbox.hold(); // keep deliveries instead of sending them
//! netbox.webhook("http://127.0.0.1:9/webhook", Some("hook-secret"));
//!
//! let vm = netbox.create_vm(json!({"name": "web01", "status": "staged", "custom_fields": {"proxmox_vm_type": "vm"}}));
//! netbox.update_vm(vm["id"].as_u64().unwrap(), json!({"memory": 4096}));
//!
//! let made: Vec<String> = netbox.deliveries().iter().map(|delivery| delivery.what()).collect();
//! assert_eq!(made, ["virtualmachine-created", "virtualmachine-updated"]);
//! assert_eq!(netbox.deliveries()[1].json()["snapshots"]["postchange"]["memory"], 4096);
//! # }
//! ```
//!
//! - **Changes** come over HTTP from any client with [`FakeNetBox::url`] and [`FakeNetBox::token`], or from somebody else in the same process:
//!   [`FakeNetBox::create_vm`] and the like, [`FakeNetBox::user`], [`FakeNetBox::shell`] (which sends no events).
//!   With the feature `client`, [`FakeNetBox::transport`] carries a client's requests here without a socket.
//! - **Deliveries** leave at once, in order, each after the last was answered; or they are held, sent in any order, twice, late, or lost.
//! - **Faults** answer in NetBox's place, drop connections, delay; [`FakeNetBox::on_request`] runs something in between.
//! - **What real installations go through**: a database restored from a dump, a pruned change log, lost updates, renamed clusters and
//!   clusters of one name, branches of netbox-branching, over REST or not, with merges and reverts that use request ids again: [`FakeNetBox::restore`],
//!   [`FakeNetBox::prune_change_log`], [`FakeNetBox::race`], [`FakeNetBox::rename_cluster`], [`FakeNetBox::branch_delivery`],
//!   [`User::in_request`], [`FakeNetBox::revert_deletion`].
//! - **Time and ids** are made up and the same in every run.
//!
//! # What differs from a NetBox
//!
//! Choice sets that the test does not mention accept any choice. `background=true` is done at once, regular expressions in filters and event
//! rules are refused, webhooks are not templated; GraphQL (refused by an error of its own), running scripts, free numbers of VLAN groups and addresses of ranges, the web interface, permissions beyond [`Access`] (their constraints are not looked at), contacts, config contexts beyond a
//! machine's own data, and all objects a bridge to Proxmox does not meet, are missing.

mod answer;
mod api;
mod auth;
mod available;
mod branches;
mod builder;
mod bulk;
mod cascade;
mod change_log;
mod changes;
mod choices;
mod clock;
mod conditions;
mod custom_fields;
mod delivery;
mod dump;
mod faults;
mod fields;
mod filters;
mod filters_special;
mod health;
mod index;
mod json;
mod lookups;
mod models;
mod models_branching;
mod models_extras;
mod models_network;
mod models_users;
mod models_virtualization;
mod netbox;
mod ordering;
mod pages;
mod paging;
mod places;
mod race;
mod related;
mod replay;
mod represent;
mod request;
mod rules;
mod schema;
mod send;
mod server;
mod settings;
mod snapshots;
mod state;
mod store;
#[cfg(test)]
mod tests;
mod tokens;
#[cfg(feature = "client")]
mod transport;
mod user;
mod version;
mod write;

pub use answer::Answer;
pub use branches::{BranchMark, Strategy};
pub use builder::Builder;
pub use delivery::{Attempt, Delivery};
pub use dump::Dump;
pub use faults::Fault;
pub use netbox::FakeNetBox;
pub use request::Received;
pub use settings::Access;
#[cfg(feature = "client")]
pub use transport::InProcess;
pub use user::User;
pub use version::Version;
