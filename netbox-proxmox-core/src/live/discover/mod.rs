//! Guests that Proxmox has become records in NetBox: both sides are read in bulk, a pure function takes their difference
//! ([`plan`](fn@plan)), and what it proposes is written in bulk.
//!
//! A guest is a record's by VMID and cluster, never by name. Of a record whose guest carries its marker NetBox is the
//! master: there only what is empty is filled.
//!
//! | file | what |
//! |---|---|
//! | `found` | Proxmox's side: configurations, power, the interfaces within |
//! | `known`, `fields` | NetBox's side: records and what belongs to them; custom fields and what may be written into them |
//! | `plan`, `draft` | which guest is which record; what of one object differs |
//! | `machine`, `cards`, `addresses` | a record and its disks, its interfaces, their addresses |
//! | `nodes` | nodes become devices |
//! | `write`, `bulk` | everything at once, object type by object type; what NetBox refuses of many |

mod addresses;
mod bulk;
mod cards;
mod draft;
mod fields;
mod found;
mod known;
mod machine;
mod nodes;
mod plan;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod write;

use serde::Serialize;

pub use self::bulk::Written;
pub use self::fields::Fields;
pub use self::found::{Found, Inner};
pub use self::known::{Known, Record};
pub use self::nodes::{NodeChoices, NodePlan, apply_nodes, plan_nodes};
pub use self::plan::{AddressPlan, AddressWrite, GuestPlan, InterfacePlan, MacPlan, Plan, World, Write, plan};
pub use self::write::apply;
use super::bridge::Bridge;
use super::look_up::listing::Listing;
use super::proposed::Proposed;
use crate::executor::Failure;

/// How many objects are asked for by their ids with one request: web servers limit the length of a query.
const AT_ONCE: usize = 100;

/// How many objects are written with one request: NetBox needs some 40 ms for each (seen on 4.7.3), and several times that
/// when it is busy, of the 30 s that an answer may take.
const WRITTEN_AT_ONCE: usize = 50;

/// Something about a guest that a person is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Remark {
    /// What follows from it.
    pub kind: RemarkKind,
    /// Which guest, or another object: `guest 101 (web01)`.
    pub about: String,
    /// What happened, what it means, what to do.
    pub text: String,
}

/// What follows from a [`Remark`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemarkKind {
    /// Something was not written: a person has to do something first.
    Left,
    /// Both sides differ, and NetBox is the master.
    Differs,
    /// Something to know.
    Note,
}

impl Remark {
    fn new(kind: RemarkKind, about: impl Into<String>, text: impl Into<String>) -> Self {
        Self { kind, about: about.into(), text: text.into() }
    }
}

/// Reads both sides, and gives what NetBox lacks.
#[derive(Clone, Copy)]
pub struct Discover<'a> {
    bridge: &'a Bridge,
    parallel: usize,
    only: Option<&'a str>,
}

impl<'a> Discover<'a> {
    /// Over a bridge, asking Proxmox about this many guests at once.
    pub fn new(bridge: &'a Bridge, parallel: usize) -> Self {
        Self { bridge, parallel: parallel.max(1), only: None }
    }

    /// Only the guests with this VMID or name.
    #[must_use]
    pub fn only(self, vm: Option<&'a str>) -> Self {
        Self { only: vm, ..self }
    }

    /// What would be written: nothing is yet, and without a remark or a guest there is no guest that is meant.
    ///
    /// # Errors
    /// A side could not be read; NetBox lacks the custom fields by which a record names its guest.
    pub async fn plan(&self) -> Result<Plan, Failure> {
        let mut whole = Plan::default();
        for cluster in &self.bridge.clusters {
            let listing = Listing::of_guests(&cluster.client).await?;
            let (found, unread) = found::read(&cluster.client, &listing, self.only, self.parallel).await;
            let known = known::read(self.bridge, cluster, &found).await?;
            let identities = &self.bridge.identities;
            let policy = &self.bridge.policy;
            let world = World { cluster: &cluster.netbox_cluster, found: &found, known: &known, policy, identities };
            whole.add(plan(&world));
            whole.remarks.extend(unread);
        }
        Ok(whole)
    }
}

impl Plan {
    /// Everything that would be written, as it is shown.
    pub fn proposed(&self) -> impl Iterator<Item = &Proposed> {
        self.tags.iter().map(|(_, shown)| shown).chain(self.guests.iter().flat_map(|guest| &guest.proposed))
    }
}
