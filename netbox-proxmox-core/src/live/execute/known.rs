//! What a plan knows by now of its guest on both sides: what the look-up or a step has just read is not read again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use netbox_api::VirtualMachine;
use netbox_api::client::ETag;
use proxmox_api::{NodeName, Vmid};
use tokio::time::Instant;

use crate::action::{Action, RecordValue};
use crate::event::Event;
use crate::live::guests::Observed;
use crate::live::look_up::Read;
use crate::live::look_up::listing::Listing;
use crate::part::Part;
use crate::record::FieldNames;

/// For how long a guest that was read counts as just read.
const JUST: Duration = Duration::from_secs(10);

/// The record in NetBox as it was read: a write under its ETag holds only if it still is so.
#[derive(Debug, Clone)]
pub(super) struct KnownRecord {
    /// Its id.
    pub(super) id: u64,
    /// The VMID field, if it is not empty.
    pub(super) vmid: Option<String>,
    /// The node field, if it is not empty.
    pub(super) node: Option<String>,
    /// Its state, since NetBox 4.6.
    pub(super) etag: Option<ETag>,
}

impl KnownRecord {
    pub(super) fn of(machine: &VirtualMachine, etag: Option<ETag>, fields: &FieldNames) -> Self {
        let vmid = machine.custom_fields.text(&fields.vmid).filter(|text| !text.trim().is_empty());
        let node = machine.custom_fields.get(&fields.node).one().ok().flatten();
        Self { id: machine.id, vmid, node: node.map(|node| node.trim().to_owned()), etag }
    }
}

/// What is known within one plan.
#[derive(Debug, Default)]
pub(super) struct Known {
    record: Mutex<Option<KnownRecord>>,
    guest: Mutex<Option<(Observed, Instant)>>,
    /// What the cluster listed when it was looked up.
    pub(super) listing: Option<Arc<Listing>>,
    /// The node that the plan tells NetBox in its course.
    pub(super) node_to_record: Option<NodeName>,
    /// The VMID of the guest that the plan has made.
    made: Mutex<Option<Vmid>>,
}

impl Known {
    /// Of a plan of an event, with what was read for it.
    pub(super) fn of(event: &Event, read: Read, plan: &[Action]) -> Self {
        let node_to_record = plan.iter().find_map(|action| match action {
            Action::Record { value: RecordValue::Node(node), .. } => Some(node.clone()),
            _ => None,
        });
        let record = event.desired.as_ref().and_then(|guest| {
            // What was not understood is read again.
            let known = !guest.vmid.is_unknown() && !guest.node.is_unknown();
            let (vmid, node) = (text(&guest.vmid), text(&guest.node));
            let etag = read.etag.filter(|_| known)?;
            Some(KnownRecord { id: guest.record.0, vmid, node, etag: Some(etag) })
        });
        Self { record: Mutex::new(record), listing: read.listing, node_to_record, ..Self::default() }
    }

    /// The record as it was last read or written, where NetBox refuses a write if it is not so any more.
    pub(super) fn record(&self) -> Option<KnownRecord> {
        locked(&self.record).clone()
    }

    /// The record was read, or written by us; `None`: it may be another by now.
    pub(super) fn read_record(&self, record: Option<KnownRecord>) {
        *locked(&self.record) = record.filter(|record| record.etag.is_some());
    }

    /// The guest, if it was just read and nothing was done to it since but what leaves its marker and its disks as they
    /// were.
    pub(super) fn guest(&self, vmid: Vmid) -> Option<Observed> {
        let read = locked(&self.guest);
        read.as_ref().filter(|(guest, at)| guest.vmid == vmid && at.elapsed() < JUST).map(|(guest, _)| guest.clone())
    }

    /// The guest was read.
    pub(super) fn read_guest(&self, guest: &Observed) {
        *locked(&self.guest) = Some((guest.clone(), Instant::now()));
    }

    /// Something was done.
    pub(super) fn did(&self, action: &Action) {
        let leaves = matches!(
            action,
            Action::Record { .. }
                | Action::Report(_)
                | Action::Configure { .. }
                | Action::Start { .. }
                | Action::Resume { .. }
        );
        if !leaves {
            *locked(&self.guest) = None;
        }
    }

    /// The plan has made its guest.
    pub(super) fn has_made(&self, vmid: Vmid) {
        *locked(&self.made) = Some(vmid);
    }

    /// Whether the plan has made this guest: it is stopped then, and no resource of HA.
    pub(super) fn made(&self, vmid: Vmid) -> bool {
        *locked(&self.made) == Some(vmid)
    }
}

fn text<T: ToString>(part: &Part<T>) -> Option<String> {
    part.given().map(T::to_string)
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
