//! A record that NetBox no longer has, and what its change log says of a deletion.

use netbox_api::client::{ObjectChangeFilter, VirtualMachineFilter};
use netbox_api::{EventKind, ObjectChange, ObjectType, VirtualMachine};
use proxmox_api::Vmid;

use super::side::{Power, Side};
use super::{LookUp, Looked, looked};
use crate::event::{Change, Changed, Context, Deletion, Event, Ownership};
use crate::executor::{Failure, FailureKind};
use crate::guest::RecordId;
use crate::live::bridge::{ProxmoxCluster, now};
use crate::live::listing::Listing;

impl LookUp<'_> {
    /// A record that NetBox no longer has. Its deletion counts only if the change log has it: a forged or replayed
    /// delivery, or a token that lost its rights, must not destroy.
    pub(super) async fn gone(&self, record: RecordId, cause: Vec<Change>) -> Result<Looked, Failure> {
        let Some(facts) = cause.iter().find_map(Change::deleted_facts).cloned() else {
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
        let listing = Listing::of_guests(&cluster.client).await?;
        let side = Side { bridge: self.bridge, cluster, record, listing: &listing, power: Power::Asked };
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
        // A record that was moved before it was deleted: its guest is where it was.
        let is_ours = matches!(ownership, Ownership::Ours { .. });
        let former = seen.filter(|seen| seen.cluster != cluster.netbox_cluster && !is_ours);
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
            former_cluster: former.map(|seen| seen.cluster),
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
    pub(super) async fn confirmed(&self, cause: Vec<Change>) -> Result<Vec<Change>, Failure> {
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
}
