//! Typed client for the NetBox REST API and its webhooks, NetBox 4.2 to 4.7.
//!
//! Without features the crate holds only data: [`Delivery`], what a webhook sends, and the records ([`VirtualMachine`],
//! [`VirtualDisk`] …) as REST and deliveries give them. No HTTP, nothing asynchronous.
//!
//! ```
//! use netbox_api::{Delivery, EventKind, Object};
//!
//! let bytes = br#"{"event": "updated", "timestamp": "2026-11-22T08:48:38+00:00",
//!     "object_type": "virtualization.virtualmachine",
//!     "data": {"id": 7, "name": "web01", "status": {"value": "active", "label": "Active"}, "vcpus": 2.5},
//!     "request": {"id": "3ef33e8a", "user": "admin"},
//!     "snapshots": {"prechange": {"vcpus": "1.00"}, "postchange": {"vcpus": "2.50"}}}"#;
//! let delivery: Delivery = serde_json::from_slice(bytes)?;
//! assert_eq!(delivery.event, EventKind::Updated);
//! assert!(!delivery.is_noop());
//! let Object::VirtualMachine(machine) = &delivery.object else { panic!() };
//! assert_eq!(machine.vcpus.unwrap().to_string(), "2.5");
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! Features: `reqwest` (the REST client over reqwest), `client` (over a transport of your own), `signature` (verifying a delivery), `testing` (a NetBox in process).

#![cfg_attr(docsrs, feature(doc_cfg))]

mod choice;
#[cfg(feature = "client")]
pub mod client;
mod custom_fields;
mod decimal;
mod delivery;
#[cfg(feature = "client")]
mod error;
mod mention;
mod object_type;
mod records;
#[cfg(feature = "signature")]
pub mod signature;
mod snapshot;
mod tolerant;

#[cfg(feature = "testing")]
pub mod testing;

pub use choice::Choice;
#[cfg(feature = "client")]
pub use client::{Client, ClientBuilder, ETag, Endpoint, Fetched, Written};
pub use custom_fields::{CustomFields, CustomValue, NotOne};
pub use decimal::{Decimal, ParseDecimalError};
pub use delivery::{Delivery, DeliveryKey, EventKind, Object, RequestInfo, Snapshots};
#[cfg(feature = "client")]
pub use error::{Error, ErrorKind, FieldError, Item, ItemError, Phase};
pub use object_type::ObjectType;
pub use records::*;
pub use snapshot::Snapshot;

/// The first program of the README compiles.
#[cfg(all(doctest, feature = "testing", feature = "reqwest"))]
#[doc = include_str!("../README.md")]
struct Readme;
