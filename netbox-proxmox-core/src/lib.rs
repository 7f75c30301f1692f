//! What a change in NetBox means for Proxmox VE.
//!
//! NetBox says what should be; Proxmox has what is. An [`Event`] holds both, [`plan()`] takes their difference, an
//! [`Executor`] closes it. Everything in this crate without features is pure: no I/O, no clock, no randomness.
//!
//! ```
//! use netbox_proxmox_core::{Delivery, Event, plan};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let bytes = include_bytes!("../../tests/fixtures/netbox-webhooks/029-vm-status-active--virtualmachine-updated.raw");
//! let delivery: Delivery = serde_json::from_slice(bytes)?;
//! let event = Event::from_delivery(&delivery)?;
//! let actions = plan(&event);
//! assert_eq!(actions[0].name(), "start");
//! # Ok(())
//! # }
//! ```
//!
//! Feature `live` adds the look-up of both sides, the executor over the two clients and the dispatcher; feature
//! `inbox-sqlite` a durable memory for them.

pub mod action;
pub mod address;
pub mod apply;
pub mod change_log;
pub mod current;
pub mod delivery;
pub mod event;
pub mod executor;
pub mod guest;
mod importer;
#[cfg(feature = "live")]
pub mod live;
pub mod marker;
pub mod moment;
mod note;
pub mod option;
pub mod part;
pub mod plan;
pub mod policy;
pub mod record;
pub mod report;
pub mod settings;
pub mod state;
pub mod units;
pub mod values;

pub use action::{Action, DiskRef, RecordValue, Target, VmidSource};
pub use apply::{Applied, apply};
pub use current::{Current, CurrentDisk, CurrentInterface};
pub use delivery::NotAnEvent;
pub use event::{Change, Changed, Context, Event, Intent, Ownership, TemplateFacts};
pub use executor::{DryRun, Executor, Failure, FailureKind, Outcome, Progress, Recording, Silent};
pub use guest::{Cluster, Guest, GuestDisk, GuestInterface, Owner, Problem, RecordId, Status, Template, Vlans};
pub use marker::{Marker, MarkerState};
pub use moment::Moment;
pub use netbox_api::{Delivery, EventKind};
pub use option::{GuestOption, GuestOptions};
pub use part::Part;
pub use plan::{plan, plan_with};
pub use policy::Policy;
pub use proxmox_api::{
    Configuration, DiskSlot, DriveSlot, GuestType, IpConfig, LxcConfig, MiB, MountSlot, NodeName, PowerState,
    QemuConfig, SshKeys, StorageId, Upid, Vmid,
};
pub use record::{FieldNames, Related};
pub use report::{Report, ReportKey, ReportKind};
pub use settings::{Addressing, Card, CardSettings, InterfaceSettings, Settings};
pub use units::{DiskBase, Megabytes};
pub use values::Value;

/// The README's example is a test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
