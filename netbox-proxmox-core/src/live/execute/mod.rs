//! Performs actions over the two clients. Every step looks before it acts: a guest without the marker of the record
//! is not touched, and what is already so is not done again.

mod allocate;
mod back_up;
mod configure;
mod create;
mod create_container;
mod destroy;
mod disks;
mod known;
mod migrate;
mod power;
mod record;
mod record_mac;
mod remove_disk;
mod report;
mod standing;
mod step;
mod take_over;

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use proxmox_api::{NodeName, Vmid};

use super::bridge::{Bridge, ProxmoxCluster};
use crate::action::{Action, RecordValue};
use crate::event::Event;
use crate::executor::{Executor, Failure, Outcome, Progress};
use crate::live::guests::Observed;
use crate::live::look_up::Read;
use crate::part::Part;
use crate::report::ReportKey;
use known::Known;
use step::Step;

/// The live executor, for one plan of one guest.
pub struct LiveExecutor<'a> {
    bridge: &'a Bridge,
    cluster: &'a ProxmoxCluster,
    /// Where the guest was last seen. HA and people move guests: one that is not there is looked for.
    node: Mutex<Option<NodeName>>,
    /// The node that NetBox said when the plan was made.
    said: Part<NodeName>,
    /// What people were told, now or before.
    told: Mutex<Vec<ReportKey>>,
    known: Known,
}

impl<'a> LiveExecutor<'a> {
    /// For a guest of a cluster, which is on this node, if it exists.
    pub fn new(bridge: &'a Bridge, cluster: &'a ProxmoxCluster, node: Option<NodeName>) -> Self {
        Self {
            bridge,
            cluster,
            node: Mutex::new(node),
            said: Part::Unknown,
            told: Mutex::default(),
            known: Known::default(),
        }
    }

    /// For the plan of an event: what NetBox says otherwise by now is not written over.
    pub fn of(bridge: &'a Bridge, cluster: &'a ProxmoxCluster, event: &Event) -> Self {
        let node = event.current.as_ref().and_then(|current| current.node.given().cloned());
        let said = event.desired.as_ref().map(|guest| guest.node.clone()).unwrap_or_default();
        Self { said, ..Self::new(bridge, cluster, node) }
    }

    /// With what was read for the event, and the plan that is to be performed: what is known is not read again, and what
    /// can be written together is.
    #[must_use]
    pub fn knowing(self, event: &Event, read: Read, plan: &[Action]) -> Self {
        Self { known: Known::of(event, read, plan), ..self }
    }

    /// The guest, if the plan has just read it and its disks are as they were then.
    pub(in crate::live) fn guest(&self, vmid: Vmid) -> Option<Observed> {
        self.known.guest(vmid)
    }

    /// The node that NetBox says, if it was told it by this plan.
    pub(in crate::live) fn recorded_node(&self) -> Option<NodeName> {
        let said = self.known.record().and_then(|record| record.node);
        self.known.node_to_record.clone().filter(|node| said.as_deref() == Some(node.as_str()))
    }

    /// What people were told in this plan, now or before.
    pub fn told(&self) -> Vec<ReportKey> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Executor for LiveExecutor<'_> {
    async fn execute(&self, action: &Action, progress: &dyn Progress) -> Result<Outcome, Failure> {
        let Self { bridge, cluster, node, said, told, known } = self;
        let step = Step { bridge, cluster, node, said, told, known, action, progress };
        let result = match action {
            Action::Record { guest, value: RecordValue::Vmid(source) } => step.record_vmid(guest, *source).await,
            Action::Record { guest, value: RecordValue::Node(node) } => step.record_node(guest, node).await,
            Action::Record { guest, value: RecordValue::RootDisk } => step.record_root_disk(guest).await,
            Action::Record { guest, value: RecordValue::Mac { interface, index } } => {
                let recorded = step.record_mac(guest, *interface, *index).await;
                step.or_told(guest, recorded, |reporter, why| reporter.mac_not_recorded(*index, why)).await
            }
            Action::Clone { guest, .. } => step.clone_template(guest).await,
            Action::CreateContainer { guest, .. } => step.create_container(guest).await,
            Action::Configure { guest, set } => step.configure(guest, set).await,
            Action::AddDisk { guest, slot, storage, size, format, path } => {
                let options = [("format", format), ("mp", path)];
                step.add_disk(guest, *slot, storage.as_ref(), *size, &options).await
            }
            Action::ResizeDisk { guest, disk, size } => step.resize_disk(guest, *disk, *size).await,
            Action::RemoveDisk { guest, slot, volume } => step.remove_disk(guest, *slot, volume.as_deref()).await,
            Action::Start { guest } => step.start(guest).await,
            Action::Shutdown { guest, limit } => step.shutdown(guest, *limit).await,
            Action::Suspend { guest } => step.suspend(guest).await,
            Action::Resume { guest } => step.resume(guest).await,
            Action::Migrate { guest, node, storage } => step.migrate(guest, node, storage.as_ref()).await,
            Action::Destroy { guest, not_before, deletion, backup, approve: _ } => {
                step.destroy(guest, *not_before, deletion.as_deref(), backup.as_ref()).await
            }
            Action::Report(report) => step.report(report).await,
        };
        known.did(action);
        result
    }
}
