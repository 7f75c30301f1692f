//! A record that NetBox no longer has.
//!
//! Its guest is destroyed only with all of these proofs: NetBox answers 404 for the record; its change log has the deletion,
//! or had it when it was asked before; the guest's marker names the record's id and its birth; the birth is known from the
//! delivery or, of an entry of the change log, from what is remembered together with the entry of the record's creation.

use netbox_api::ObjectType;
use netbox_api::VirtualMachine;
use netbox_api::client::VirtualMachineFilter;
use proxmox_api::Vmid;

use super::log::{BORN_WITHIN, InLog};
use super::side::{Power, Side};
use super::{LookUp, Looked, Read, Unjudged, looked, way};
use crate::event::{Change, Changed, Context, Deletion, Event, Ownership, RecordFacts, Unmanaged};
use crate::executor::Failure;
use crate::guest::{Owner, RecordId};
use crate::live::bridge::{ProxmoxCluster, now};
use crate::live::guests::{self, At};
use crate::live::look_up::ignored::Ignored;
use crate::moment::Moment;
use crate::report::Reporter;

impl<'a> LookUp<'a> {
    /// A record that NetBox no longer has. Its deletion counts only if the change log has it: a forged or replayed
    /// delivery, or a token that lost its rights, must not destroy.
    pub(super) async fn gone(&self, record: RecordId, mut cause: Vec<Change>) -> Result<Looked, Failure> {
        // Of a record that was deleted, was there again and was deleted again, the last counts.
        let deletion = cause.iter().rposition(Change::deleted_record);
        let Some((at, facts)) = deletion.and_then(|at| Some((at, cause[at].deleted_facts()?.clone()))) else {
            return Ok(Looked::Ignored(Ignored::NotThere));
        };
        let managed = facts.cluster.and_then(|id| self.bridge.cluster(id)).filter(|_| facts.kind.is_some());
        let births = self.bridge.inbox.births(record).await?;
        if managed.is_none() && births.is_empty() {
            return Ok(Looked::Ignored(Ignored::DeletedElsewhere));
        }
        let in_log = self.deletion(ObjectType::VIRTUAL_MACHINE, &cause[at]).await?;
        let marked = match managed {
            Some(cluster) => self.marked_births(record, &facts, cluster).await?,
            None => Vec::new(),
        };
        let known: Vec<Moment> = births.iter().chain(&marked).copied().collect();
        if in_log == InLog::NotThere && known.is_empty() {
            return Ok(Looked::Ignored(Ignored::NeverHere));
        }
        let reporter = Reporter::new(record, facts.birth, &cause[at].name, facts.cluster);
        let unjudged = |why: &str| Looked::Parked(Box::new(reporter.not_judged("its deletion", why)));
        match in_log {
            InLog::Deleted => cause[at].confirmed = true,
            InLog::Unknown(why) => return Ok(unjudged(why)),
            InLog::NotThere => {
                return Ok(unjudged(
                    "NetBox does not have the virtual machine, and its change log has no such deletion. NetBox may have been \
                     restored from a backup, or the delivery was sent by somebody else. If its guest is to go, remove it in \
                     Proxmox",
                ));
            }
        }
        let birth = match facts.birth {
            Some(birth) => Some(birth),
            None => self.birth_of_gone(record, &known).await?,
        };
        let Some(birth) = birth else {
            if known.is_empty() {
                return Ok(Looked::Ignored(Ignored::NeverHere));
            }
            return Ok(unjudged(
                "its deletion was not delivered, and NetBox's change log does not say when it was created, so its guest could \
                 be that of another with the same id. If its guest is to go, remove it in Proxmox",
            ));
        };
        if let Changed::Record { before: Some(facts), .. } = &mut cause[at].what {
            facts.birth = Some(birth);
        }
        let owner = Owner { record, birth };
        match managed {
            Some(cluster) => self.gone_from(cluster, owner, &facts, cause).await,
            None => self.gone_unmanaged(owner, &facts, cause).await,
        }
    }

    /// The births in the markers that name this id, of the guest at the VMID that was written.
    async fn marked_births(
        &self,
        record: RecordId,
        facts: &RecordFacts,
        cluster: &ProxmoxCluster,
    ) -> Result<Vec<Moment>, Failure> {
        let Some(vmid) = written(facts) else { return Ok(Vec::new()) };
        self.enter(cluster)?;
        let listing = self.bridge.listings.of(cluster).await?;
        way::to(self.way, cluster, &listing, vmid)?;
        let At::Guest(observed) = guests::at(&cluster.client, vmid, &listing).await? else { return Ok(Vec::new()) };
        let marker = observed.marker(&self.bridge.identities).filter(|marker| marker.record == record);
        Ok(marker.and_then(|marker| marker.birth).into_iter().collect())
    }

    /// The birth of a deleted record that only the change log tells of, which does not say it (seen on NetBox 4.7.3): one
    /// that is known and fits the entry of the record's creation. Where that entry is not there any more the record is
    /// older than the log, and the only one that is known.
    async fn birth_of_gone(&self, record: RecordId, known: &[Moment]) -> Result<Option<Moment>, Failure> {
        let created = self.birth_in_log(record).await?;
        let mut fitting = Vec::new();
        for birth in known.iter().copied() {
            // One that was made within a branch is older than its entry, and so is one before a restore: of the former the merge was heard.
            let fits = match created {
                Some(created) if birth <= created && birth.is_within(BORN_WITHIN, created) => true,
                Some(created) => {
                    let seen = self.bridge.inbox.seen(Owner { record, birth }).await?;
                    seen.and_then(|seen| seen.announced).is_some_and(|said| said.is_within(BORN_WITHIN, created))
                }
                None => true,
            };
            if fits {
                fitting.push(birth);
            }
        }
        fitting.dedup();
        Ok(match fitting.as_slice() {
            [birth] => Some(*birth),
            _ => None,
        })
    }

    /// A record that was in a cluster of ours, and had a type.
    async fn gone_from(
        &self,
        cluster: &'a ProxmoxCluster,
        owner: Owner,
        facts: &RecordFacts,
        cause: Vec<Change>,
    ) -> Result<Looked, Failure> {
        let inbox = &self.bridge.inbox;
        let (intent, seen) = (inbox.intent(owner).await?, inbox.seen(owner).await?);
        self.enter(cluster)?;
        let listing = self.bridge.listings.of(cluster).await?;
        let side = Side { bridge: self.bridge, way: self.way, cluster, owner, listing: &listing, power: Power::Asked };
        // What was written may be wrong, and the guest elsewhere: the first that is ours counts.
        let written = written(facts);
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
        let former = seen.filter(|seen| seen.cluster != cluster.netbox_cluster.id && !is_ours);
        let deletion = cause.iter().rfind(|change| change.deleted_record()).and_then(Change::deletion);
        // Of a deletion before, since when the record was there again, the time does not count.
        let removal = inbox.removal(owner).await?.filter(|removal| removal.deletion == deletion);
        let claimed = match current.as_ref().and_then(|current| current.vmid) {
            Some(vmid) if removal.is_some() => self.claimed(vmid, cluster).await?,
            _ => None,
        };
        let context = Context {
            looked_up: true,
            managed: Some(true),
            ownership,
            intent,
            deletion: Some(Deletion::Confirmed),
            removal_due: removal.map(|removal| removal.due),
            claimed,
            former_cluster: former.map(|seen| self.name_of(seen.cluster)),
            now: Some(now()),
            ..Context::default()
        };
        Ok(looked(cluster, Event { cause, desired: None, current, context }, Vec::new(), Read::default()))
    }

    /// A record that was not managed when it was deleted, and of which something is remembered.
    async fn gone_unmanaged(&self, owner: Owner, facts: &RecordFacts, cause: Vec<Change>) -> Result<Looked, Failure> {
        let Some((former, vmid)) = self.remembered(owner).await? else {
            return Ok(Looked::Ignored(Ignored::DeletedElsewhere));
        };
        let why = match facts.cluster {
            _ if facts.kind.is_none() => format!("{} was not set any more", self.bridge.fields.vm_type),
            Some(id) => {
                let name = match self.bridge.netbox.clusters().get(id).await {
                    Ok(found) => found.value.name,
                    // That it was another one is what matters.
                    Err(_) => self.name_of(id),
                };
                format!("it had been moved to cluster {name}")
            }
            None => "it had been taken from its cluster".to_owned(),
        };
        let unmanaged = Unmanaged { vmid: Some(vmid), cluster: former.netbox_cluster.name.clone(), why };
        let deletion = Some(Deletion::Confirmed);
        let context = Context { looked_up: true, unmanaged: Some(unmanaged), deletion, ..Context::default() };
        Ok(looked(former, Event { cause, desired: None, current: None, context }, Vec::new(), Read::default()))
    }

    /// Another record of the cluster in which a person typed this VMID.
    async fn claimed(&self, vmid: Vmid, cluster: &ProxmoxCluster) -> Result<Option<RecordId>, Failure> {
        let filter = VirtualMachineFilter { cluster_id: vec![cluster.netbox_cluster.id], ..Default::default() };
        let machines = self.bridge.netbox.virtual_machines().fields(["id", "name", "status", "custom_fields"]);
        let machines = machines.all(&filter).await?;
        let has = |machine: &&VirtualMachine| self.bridge.fields.vmid_of(machine) == Some(vmid);
        Ok(machines.iter().find(has).map(|machine| RecordId(machine.id)))
    }

    /// The causes without disk deletions that never happened; those that cannot be judged apart. A disk that NetBox has was
    /// not deleted; of one that it has not, and that was never seen, there is nothing to remove.
    pub(super) async fn confirmed(
        &self,
        owner: Owner,
        cause: Vec<Change>,
        reporter: &Reporter,
    ) -> Result<(Vec<Change>, Vec<Unjudged>), Failure> {
        let (mut confirmed, mut unjudged) = (Vec::with_capacity(cause.len()), Vec::new());
        for mut change in cause {
            let Changed::Disk { before: Some(facts), after: None } = &change.what else {
                confirmed.push(change);
                continue;
            };
            match self.bridge.netbox.virtual_disks().get(change.object).await {
                Ok(_) => {
                    tracing::info!(record = %change.record, disk = change.object, "NetBox has this disk: not deleted");
                    continue;
                }
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error.into()),
            }
            let why = match self.deletion(ObjectType::VIRTUAL_DISK, &change).await? {
                InLog::Deleted => {
                    change.confirmed = true;
                    confirmed.push(change);
                    continue;
                }
                InLog::NotThere => {
                    "NetBox's change log has no such deletion. If the disk is to go, remove it in Proxmox"
                }
                InLog::Unknown(why) => why,
            };
            let seen = self.bridge.inbox.seen(owner).await?;
            if seen.is_some_and(|seen| seen.disks.iter().any(|disk| disk.id == change.object)) {
                let what = format!("the deletion of disk {}", facts.name);
                unjudged.push(Unjudged { report: reporter.not_judged(&what, why), change });
            }
        }
        Ok((confirmed, unjudged))
    }
}

fn written(facts: &RecordFacts) -> Option<Vmid> {
    facts.vmid.as_deref().and_then(|vmid| vmid.trim().parse().ok())
}
