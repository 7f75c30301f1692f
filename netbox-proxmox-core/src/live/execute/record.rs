//! Writes back to NetBox what only Proxmox knows.

use futures_util::FutureExt;
use netbox_api::client::{CustomFieldsPatch, ETag, NewVirtualDisk, VirtualDiskFilter, VirtualMachinePatch, Written};
use netbox_api::{ErrorKind, VirtualMachine};
use proxmox_api::{NodeName, Vmid};

use super::known::KnownRecord;
use super::step::Step;
use crate::action::{Target, VmidSource};
use crate::event::Intent;
use crate::executor::{Failure, FailureKind, Outcome};
use crate::live::failure::of_record;
use crate::live::form::in_its_form;
use crate::report::{Report, Reporter};

/// What the change log says of a write of ours.
const MESSAGE: &str = "written back from Proxmox";

impl Step<'_> {
    pub(super) async fn record_vmid(&self, guest: &Target, source: VmidSource) -> Result<Outcome, Failure> {
        if let Some(known) = self.known.record() {
            match self.record_vmid_in(guest, source, &known).await {
                // Somebody has changed the record meanwhile, perhaps something else of it.
                Err(failure) if failure.kind == FailureKind::Conflict => {}
                result => return result,
            }
        }
        self.record_vmid_in(guest, source, &self.read_record(guest).await?).await
    }

    async fn record_vmid_in(
        &self,
        guest: &Target,
        source: VmidSource,
        record: &KnownRecord,
    ) -> Result<Outcome, Failure> {
        let inbox = &self.bridge.inbox;
        let (written, owner) = (record.vmid.as_deref(), self.owner(guest)?);
        let vmid = match (source, inbox.intent(owner).await?) {
            (VmidSource::Chosen(vmid), _) => vmid,
            (VmidSource::Allocate, Some(intent)) if intent.allocated => intent.vmid,
            (VmidSource::Allocate, intent) if written.is_none() => self.choose(owner, intent.as_ref()).await?,
            (VmidSource::Allocate, _) => return Err(Failure::new(FailureKind::Conflict, "NetBox has a VMID now")),
        };
        match written {
            Some(written) if written.trim() == vmid.to_string() => {}
            // A person was faster: what NetBox says is what is wanted.
            Some(_) => return Err(Failure::new(FailureKind::Conflict, "NetBox has another VMID now")),
            None => self.write_vmid(record, vmid).await?,
        }
        Ok(Outcome::Allocated(vmid))
    }

    /// Replaces a VMID that we chose and that another guest has taken, if NetBox still says it.
    pub(super) async fn choose_another(&self, guest: &Target, intent: &Intent) -> Result<Vmid, Failure> {
        let record = self.read_record(guest).await?;
        if record.vmid.as_ref().is_some_and(|written| *written != intent.vmid.to_string()) {
            self.bridge.inbox.close_intent(intent.owner).await?;
            return Err(Failure::new(FailureKind::Conflict, "NetBox has another VMID now"));
        }
        let vmid = self.choose(intent.owner, Some(intent)).await?;
        self.write_vmid(&record, vmid).await?;
        Ok(vmid)
    }

    /// The record as NetBox has it now.
    async fn read_record(&self, guest: &Target) -> Result<KnownRecord, Failure> {
        let fetched = self.bridge.netbox.virtual_machines().get(guest.record.0).await?;
        Ok(self.known_record(&fetched.value, fetched.etag))
    }

    fn known_record(&self, machine: &VirtualMachine, etag: Option<ETag>) -> KnownRecord {
        KnownRecord::of(machine, etag, &self.bridge.fields)
    }

    /// Since NetBox 4.6 the write holds only if the record is as it was read; before, it is read back.
    /// A node that the plan is going to record, and that the record lacks, is written with it.
    async fn write_vmid(&self, record: &KnownRecord, vmid: Vmid) -> Result<(), Failure> {
        let (fields, text) = (&self.bridge.fields, vmid.to_string());
        let node = self.known.node_to_record.as_ref().filter(|_| record.node.is_none() && record.etag.is_some());
        let both = match node {
            Some(node) => {
                let both = CustomFieldsPatch::new().value(&fields.vmid, text.as_str().into());
                let both = both.value(&fields.node, node.as_str().into());
                self.patch(record, both).await
            }
            None => Ok(false),
        };
        if !both? {
            self.write_field(record, &fields.vmid, &text).await?;
        }
        if record.etag.is_none() {
            let back = self.bridge.netbox.virtual_machines().get(record.id).await?;
            if self.known_record(&back.value, None).vmid != Some(text) {
                return Err(Failure::new(FailureKind::Conflict, "NetBox has another VMID now"));
            }
        }
        Ok(())
    }

    /// Writes custom fields as texts; says whether NetBox takes them so.
    async fn patch(&self, record: &KnownRecord, custom_fields: CustomFieldsPatch) -> Result<bool, Failure> {
        let machines = self.bridge.netbox.virtual_machines().changelog_message(MESSAGE);
        let patch = VirtualMachinePatch { custom_fields, ..Default::default() };
        match machines.update(record.id, &patch, record.etag.as_ref()).await {
            Ok(written) => self.wrote(written).await.map(|()| true),
            Err(error) if error.kind() == ErrorKind::Validation => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// A write of ours: what it causes is an echo, and the record is known as it left it.
    async fn wrote(&self, written: Written<VirtualMachine>) -> Result<(), Failure> {
        self.known.read_record(Some(self.known_record(&written.value, written.etag)));
        self.remember_request(written.request_id).await
    }

    pub(super) async fn record_node(&self, guest: &Target, node: &NodeName) -> Result<Outcome, Failure> {
        if let Some(known) = self.known.record() {
            match self.record_node_in(guest, node, &known).await {
                Err(failure) if failure.kind == FailureKind::Conflict => {}
                result => return result,
            }
        }
        self.record_node_in(guest, node, &self.read_record(guest).await?).await
    }

    async fn record_node_in(&self, guest: &Target, node: &NodeName, record: &KnownRecord) -> Result<Outcome, Failure> {
        let field = &self.bridge.fields.node;
        let says = record.node.as_deref();
        if says == Some(node.as_str()) {
            return Ok(Outcome::Unchanged);
        }
        // A person was faster: what NetBox says is what is wanted.
        if !self.said.is_unknown() && says != self.said.given().map(NodeName::as_str) {
            return Err(Failure::new(FailureKind::Conflict, "NetBox has another node now"));
        }
        let written = self.write_field(record, field, node.as_str()).await.map(|()| Outcome::Done);
        self.or_told(guest, written, |reporter, why| reporter.node_not_recorded(field, node, why)).await
    }

    /// What NetBox does not take, or the token may not write, is no reason to leave the guest: a person is told.
    pub(super) async fn or_told(
        &self,
        guest: &Target,
        written: Result<Outcome, Failure>,
        report: impl FnOnce(Reporter, &str) -> Report,
    ) -> Result<Outcome, Failure> {
        match written {
            Err(failure) if matches!(failure.kind, FailureKind::Refused | FailureKind::Permission) => {
                self.report(&report(self.reporter(guest), &failure.why)).await?;
                Ok(Outcome::Warned(failure.why))
            }
            other => other,
        }
    }

    async fn write_field(&self, record: &KnownRecord, name: &str, value: &str) -> Result<(), Failure> {
        let machines = &self.bridge.netbox.virtual_machines().changelog_message(MESSAGE);
        let written = in_its_form(value, |form| {
            let custom_fields = CustomFieldsPatch::new().value(name, form);
            let patch = VirtualMachinePatch { custom_fields, ..Default::default() };
            async move { machines.update(record.id, &patch, record.etag.as_ref()).await }.boxed()
        });
        self.wrote(written.await?).await
    }

    pub(super) async fn remember_request(&self, request: Option<String>) -> Result<(), Failure> {
        if let Some(request) = request {
            self.bridge.inbox.put_own_request(&request).await?;
        }
        Ok(())
    }

    pub(super) async fn record_root_disk(&self, guest: &Target) -> Result<Outcome, Failure> {
        let observed = self.ours_of_late(guest).await?;
        let Some(slot) = observed.config.root_disk() else { return Ok(Outcome::Unchanged) };
        let Some(drive) = observed.config.disk(slot) else { return Ok(Outcome::Unchanged) };
        let name = slot.to_string();
        let size = drive.size().ok_or_else(|| {
            Failure::new(FailureKind::Retry, format!("Proxmox does not say the size of disk {name} yet"))
        })?;
        let storage = drive.storage();
        let size = self.bridge.policy.disk_base.to_megabytes(size).0;
        let virtual_machine = guest.record.0;
        let new = NewVirtualDisk { virtual_machine, name: name.clone(), size, ..Default::default() };
        let disks = self.bridge.netbox.virtual_disks().changelog_message(MESSAGE);
        let written = match &storage {
            Some(storage) => {
                let (disks, new) = (&disks, &new);
                let on_storage = |form| {
                    let custom_fields = CustomFieldsPatch::new().value(&self.bridge.fields.disk_storage, form);
                    async move { disks.create(&NewVirtualDisk { custom_fields, ..new.clone() }).await }.boxed()
                };
                in_its_form(storage.as_str(), on_storage).await
            }
            None => disks.create(&new).await,
        };
        let written = match written {
            Err(error) if error.kind() == ErrorKind::Validation => {
                let virtual_machine_id = vec![virtual_machine];
                let filter = VirtualDiskFilter { virtual_machine_id, name: vec![name], ..Default::default() };
                if !disks.all(&filter).await.map_err(of_record)?.is_empty() {
                    return Ok(Outcome::Unchanged);
                }
                // Its storage is not among NetBox's choices: the disk matters more.
                self.note(&format!("NetBox does not take the disk as it is: {error}"));
                disks.create(&new).await?
            }
            result => result?,
        };
        self.remember_request(written.request_id).await?;
        Ok(Outcome::Done)
    }
}
