//! Both sides of a guest looked up: what NetBox says now, what Proxmox has now, and what a decision needs besides.

use netbox_api::client::{
    IpAddressFilter, ObjectChangeFilter, VirtualDiskFilter, VirtualMachineFilter, VmInterfaceFilter,
};
use netbox_api::{EventKind, IpAddress, ObjectChange, ObjectType, VirtualMachine, VmInterface};
use proxmox_api::{NodeName, Resource, Vmid};

use super::bridge::{Bridge, ProxmoxCluster, now};
use super::guests::{self, At, Observed};
use super::inbox::Seen;
use crate::current::Current;
use crate::event::{
    Change, Changed, Context, Deletion, Event, Intent, Ownership, RecordFacts, StorageFacts, TemplateFacts,
};
use crate::executor::{Failure, FailureKind};
use crate::guest::{Guest, RecordId, Template};
use crate::part::Part;
use crate::record::Related;

/// What a look-up found.
#[derive(Debug, Clone)]
pub enum Looked {
    /// A record of ours.
    Event {
        /// What a plan decides on.
        event: Box<Event>,
        /// The NetBox cluster of the record.
        cluster: String,
    },
    /// A record that is not managed: why.
    Unmanaged(String),
}

/// Looks both sides up.
#[derive(Clone, Copy)]
pub struct LookUp<'a> {
    bridge: &'a Bridge,
}

impl<'a> LookUp<'a> {
    /// Over a bridge.
    pub fn new(bridge: &'a Bridge) -> Self {
        Self { bridge }
    }

    /// The event that answers these changes of a record; without any it is a reconcile.
    ///
    /// # Errors
    /// A side could not be read.
    pub async fn record(&self, record: RecordId, cause: Vec<Change>) -> Result<Looked, Failure> {
        match self.bridge.netbox.virtual_machines().get(record.0).await {
            Ok(found) => self.present(&found.value, cause).await,
            Err(error) if error.is_not_found() => self.gone(record, cause).await,
            Err(error) => Err(error.into()),
        }
    }

    async fn present(&self, machine: &VirtualMachine, cause: Vec<Change>) -> Result<Looked, Failure> {
        let filter = VirtualDiskFilter { virtual_machine_id: vec![machine.id], ..Default::default() };
        let name = machine.cluster.as_ref().map(|cluster| cluster.name.clone());
        let cluster = match self.cluster(name.as_deref(), self.bridge.fields.kind(&machine.custom_fields).is_some()) {
            Ok(cluster) => cluster,
            Err(why) => return Ok(Looked::Unmanaged(why)),
        };
        let cause = self.confirmed(cause).await?;
        let disks = self.bridge.netbox.virtual_disks().all(&filter).await?;
        let (interfaces, addresses) = self.interfaces(machine).await?;
        let related =
            Related { disks: Some(&disks), interfaces: Some(&interfaces), addresses: &addresses, ..Related::default() };
        let guest = self.bridge.fields.guest(machine, &related);
        if !guest.status.wants_guest() {
            let context = Context { looked_up: true, managed: Some(true), ..Context::default() };
            return Ok(looked(cluster, Event { cause, desired: Some(guest), current: None, context }));
        }
        let resources = cluster.client.cluster().resources(None).await?;
        let side = Side { bridge: self.bridge, cluster, record: guest.record, resources };
        let intent = self.bridge.inbox.intent(guest.record).await?;
        let seen = self.bridge.inbox.seen(guest.record).await?;
        let allocated = intent.as_ref().filter(|intent| intent.allocated).map(|intent| intent.vmid);
        let vmid = guest.vmid.given().copied().or(allocated);
        let (current, ownership) = side.guest(vmid, intent.as_ref()).await?;
        let mut context = Context {
            looked_up: true,
            managed: Some(true),
            ownership,
            storages: Part::Given(side.storages()),
            nodes: Part::Given(side.nodes()),
            last_node: seen.as_ref().map(|seen| seen.node.clone()),
            wanted_disks: seen.as_ref().map(|seen| seen.wanted.clone()).unwrap_or_default(),
            known_disks: seen.as_ref().map(|seen| seen.disks.clone()).unwrap_or_default(),
            known_interfaces: seen.as_ref().map(|seen| seen.interfaces.clone()).unwrap_or_default(),
            intent,
            now: Some(now()),
            ..Context::default()
        };
        if current.is_none() {
            side.creation(&guest, vmid, seen.as_ref(), &mut context).await?;
        }
        Ok(looked(cluster, Event { cause, desired: Some(guest), current, context }))
    }

    /// What belongs to a record besides its disks.
    async fn interfaces(&self, machine: &VirtualMachine) -> Result<(Vec<VmInterface>, Vec<IpAddress>), Failure> {
        // Not in the answer of every version.
        if machine.interface_count == Some(0) {
            return Ok((Vec::new(), Vec::new()));
        }
        let netbox = &self.bridge.netbox;
        let of_machine = || vec![machine.id];
        let interfaces = VmInterfaceFilter { virtual_machine_id: of_machine(), ..Default::default() };
        let addresses = IpAddressFilter { virtual_machine_id: of_machine(), ..Default::default() };
        let interfaces = netbox.interfaces().all(&interfaces).await?;
        let addresses = match interfaces.iter().all(|interface| interface.count_ipaddresses == Some(0)) {
            true => Vec::new(),
            false => netbox.ip_addresses().all(&addresses).await?,
        };
        Ok((interfaces, addresses))
    }

    /// A record that NetBox no longer has. Its deletion counts only if the change log has it: a forged or replayed
    /// delivery, or a token that lost its rights, must not destroy.
    async fn gone(&self, record: RecordId, cause: Vec<Change>) -> Result<Looked, Failure> {
        let Some(facts) = cause.iter().find_map(deleted_facts).cloned() else {
            return Ok(Looked::Unmanaged("the record is gone: this is part of its removal".into()));
        };
        let seen = self.bridge.inbox.seen(record).await?;
        let name = facts.cluster.clone().or_else(|| seen.as_ref().map(|seen| seen.cluster.clone()));
        let cluster = match self.cluster(name.as_deref(), facts.kind.is_some()) {
            Ok(cluster) => cluster,
            Err(why) => return Ok(Looked::Unmanaged(why)),
        };
        let deletion = self.deletion(ObjectType::VIRTUAL_MACHINE, record.0).await?;
        if deletion == Deletion::NotInChangeLog {
            let why = "NetBox's change log has no deletion of it: the delivery was forged, or its token sees less now";
            tracing::warn!(%record, why);
            return Ok(Looked::Unmanaged(why.into()));
        }
        let intent = self.bridge.inbox.intent(record).await?;
        let resources = cluster.client.cluster().resources(None).await?;
        let side = Side { bridge: self.bridge, cluster, record, resources };
        // What was written may be wrong, and the guest elsewhere: the first that is ours counts.
        let written = facts.vmid.as_deref().and_then(|vmid| vmid.trim().parse().ok());
        let remembered = [intent.as_ref().map(|intent| intent.vmid), seen.as_ref().map(|seen| seen.vmid)];
        let mut found = side.guest(written, intent.as_ref()).await?;
        for vmid in remembered.into_iter().flatten().filter(|vmid| Some(*vmid) != written) {
            if !matches!(found.1, Ownership::Ours { .. }) {
                let other = side.guest(Some(vmid), intent.as_ref()).await?;
                if found.0.is_none() || matches!(other.1, Ownership::Ours { .. }) {
                    found = other;
                }
            }
        }
        let (current, ownership) = found;
        let removal_due = self.bridge.inbox.removal_due(record).await?;
        let claimed = match current.as_ref().and_then(|current| current.vmid) {
            Some(vmid) if removal_due.is_some() => self.claimed(vmid, cluster).await?,
            _ => None,
        };
        let context = Context {
            looked_up: true,
            managed: Some(true),
            ownership,
            intent,
            deletion: Some(deletion),
            removal_due,
            claimed,
            now: Some(now()),
            ..Context::default()
        };
        Ok(looked(cluster, Event { cause, desired: None, current, context }))
    }

    /// Another record of the cluster in which a person typed this VMID.
    async fn claimed(&self, vmid: Vmid, cluster: &ProxmoxCluster) -> Result<Option<RecordId>, Failure> {
        let filter = VirtualMachineFilter { cluster: vec![cluster.netbox_cluster.clone()], ..Default::default() };
        let machines = self.bridge.netbox.virtual_machines().fields(["id", "name", "status", "custom_fields"]);
        let machines = machines.all(&filter).await?;
        let has = |machine: &&VirtualMachine| {
            machine.custom_fields.text(&self.bridge.fields.vmid).is_some_and(|text| text.trim() == vmid.to_string())
        };
        Ok(machines.iter().find(has).map(|machine| RecordId(machine.id)))
    }

    /// What the change log says of the deletion of an object. A token without rights sees an empty log with status 200
    /// (seen on NetBox 4.7.3), so an empty one does not count as read.
    async fn deletion(&self, object_type: &str, id: u64) -> Result<Deletion, Failure> {
        let changes = self.bridge.netbox.object_changes();
        let filter = ObjectChangeFilter {
            action: vec!["delete".into()],
            changed_object_type: Some(object_type.into()),
            changed_object_id: vec![id],
            ..Default::default()
        };
        // NetBox ignores filters that it does not know, and returns everything.
        let is_it = |entry: &ObjectChange| {
            entry.event() == Some(EventKind::Deleted)
                && entry.changed_object_type == object_type
                && entry.changed_object_id == id
        };
        if changes.newest(&filter).await?.is_some_and(|entry| is_it(&entry)) {
            return Ok(Deletion::Confirmed);
        }
        if changes.newest(&ObjectChangeFilter::default()).await?.is_some() {
            return Ok(Deletion::NotInChangeLog);
        }
        // Parked: only a person can give the token what it lacks.
        let why = "NetBox's change log cannot be read, so the deletion cannot be confirmed. Give the token the \
                   permission to view object changes (core.view_objectchange)";
        Err(Failure::new(FailureKind::Refused, why))
    }

    /// The causes without disk deletions that never happened.
    async fn confirmed(&self, cause: Vec<Change>) -> Result<Vec<Change>, Failure> {
        let mut confirmed = Vec::with_capacity(cause.len());
        for change in cause {
            let deleted = matches!(change.what, Changed::Disk { before: Some(_), after: None });
            if deleted && !self.disk_is_gone(change.object).await? {
                tracing::warn!(record = %change.record, disk = change.object, "NetBox did not delete this disk: ignored");
                continue;
            }
            confirmed.push(change);
        }
        Ok(confirmed)
    }

    async fn disk_is_gone(&self, id: u64) -> Result<bool, Failure> {
        match self.bridge.netbox.virtual_disks().get(id).await {
            Ok(_) => Ok(false),
            Err(error) if error.is_not_found() => {
                Ok(self.deletion(ObjectType::VIRTUAL_DISK, id).await? == Deletion::Confirmed)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The Proxmox cluster of a record, or why it is not managed.
    fn cluster(&self, name: Option<&str>, has_kind: bool) -> Result<&'a ProxmoxCluster, String> {
        if !has_kind {
            return Err(format!("{} is not set", self.bridge.fields.vm_type));
        }
        let name = name.ok_or("the virtual machine is in no cluster")?;
        self.bridge.cluster(name).ok_or_else(|| format!("cluster {name} is not one of ours"))
    }
}

fn looked(cluster: &ProxmoxCluster, event: Event) -> Looked {
    Looked::Event { event: Box::new(event), cluster: cluster.netbox_cluster.clone() }
}

fn deleted_facts(change: &Change) -> Option<&RecordFacts> {
    match &change.what {
        Changed::Record { before: Some(facts), after: None } => Some(facts),
        _ => None,
    }
}

/// The Proxmox side of one record.
struct Side<'a> {
    bridge: &'a Bridge,
    cluster: &'a ProxmoxCluster,
    record: RecordId,
    resources: Vec<Resource>,
}

impl Side<'_> {
    /// The guest at a VMID, and whom it belongs to. One that we are creating is waited for.
    async fn guest(
        &self,
        vmid: Option<Vmid>,
        intent: Option<&Intent>,
    ) -> Result<(Option<Current>, Ownership), Failure> {
        let Some(vmid) = vmid else { return Ok((None, Ownership::Unknown)) };
        let client = &self.cluster.client;
        let mut observed = match guests::at(client, vmid, &self.resources).await? {
            At::Nothing => return Ok((None, Ownership::Unknown)),
            At::Container(node) => {
                let kind = proxmox_api::GuestType::Lxc;
                let current = Current { node: Part::Given(node), ..Current::new(Some(vmid), kind) };
                return Ok((Some(current), Ownership::Unmarked));
            }
            At::Vm(observed) => *observed,
        };
        if let Some(intent) = intent.filter(|intent| intent.vmid == vmid) {
            let upid = intent.upid.as_ref();
            match guests::wait_for_creation(client, observed, upid, self.bridge.task_deadline).await? {
                Some(now) => observed = now,
                None => return Ok((None, Ownership::Unknown)),
            }
        }
        let ownership = observed.ownership(self.record, &self.bridge.identities);
        let free = observed.creation_lock().is_none() && !matches!(ownership, Ownership::Ours { .. });
        if free && intent.is_some_and(|intent| intent.vmid == vmid && intent.allocated) {
            // Somebody was faster at the VMID that we chose: our guest is absent, and the clone chooses another.
            return Ok((None, Ownership::Unknown));
        }
        Ok((Some(guests::current(client, &observed).await?), ownership))
    }

    /// What a creation needs to know: the template, and guests that stand in its way.
    async fn creation(
        &self,
        guest: &Guest,
        vmid: Option<Vmid>,
        seen: Option<&Seen>,
        context: &mut Context,
    ) -> Result<(), Failure> {
        if let Part::Given(Template::Guest(template)) = guest.template {
            context.template = self.template(template).await?;
        }
        let remembered = [seen.map(|seen| seen.vmid), context.intent.as_ref().map(|intent| intent.vmid)];
        for resource in &self.resources {
            let Some(other) = resource.vmid.filter(|other| Some(*other) != vmid && !resource.template) else {
                continue;
            };
            let same_name = resource.name.as_deref() == guest.proxmox_name();
            if !same_name && !remembered.contains(&Some(other)) {
                continue;
            }
            match guests::at(&self.cluster.client, other, &self.resources).await? {
                At::Vm(observed) => match observed.ownership(self.record, &self.bridge.identities) {
                    Ownership::Ours { .. } => context.elsewhere = Some(other),
                    Ownership::Unmarked if same_name => context.same_name.push(other),
                    _ => {}
                },
                At::Container(_) if same_name => context.same_name.push(other),
                At::Container(_) | At::Nothing => {}
            }
        }
        Ok(())
    }

    async fn template(&self, vmid: Vmid) -> Result<Part<TemplateFacts>, Failure> {
        let Some(node) =
            self.resources.iter().find(|resource| resource.vmid == Some(vmid)).and_then(|it| it.node.clone())
        else {
            return Ok(Part::None);
        };
        let observed = match guests::observe(&self.cluster.client, vmid, &node).await {
            Ok(observed) => observed,
            Err(error) if error.is_not_found() => return Ok(Part::None),
            Err(error) => return Err(error.into()),
        };
        let Observed { config, .. } = &observed;
        let storages = config.drives().into_values().filter_map(|drive| drive.storage()).collect();
        // A template does not run: nobody needs to ask.
        let stopped = proxmox_api::PowerState::Stopped;
        let config = Current::observed(vmid, node.clone(), config, stopped);
        Ok(Part::Given(TemplateFacts { vmid, node, config, storages }))
    }

    fn nodes(&self) -> Vec<NodeName> {
        let nodes = self.resources.iter().filter(|resource| resource.kind == "node");
        nodes.filter_map(|resource| resource.node.clone()).collect()
    }

    fn storages(&self) -> Vec<StorageFacts> {
        let mut storages: Vec<StorageFacts> = Vec::new();
        for resource in &self.resources {
            let (Some(id), Some(node)) = (&resource.storage, &resource.node) else { continue };
            match storages.iter_mut().find(|storage| storage.id == *id) {
                Some(storage) => storage.nodes.push(node.clone()),
                None => storages.push(StorageFacts {
                    id: id.clone(),
                    shared: resource.shared,
                    nodes: vec![node.clone()],
                    images: resource.content.as_deref().is_none_or(|content| content.split(',').any(|c| c == "images")),
                }),
            }
        }
        storages
    }
}
