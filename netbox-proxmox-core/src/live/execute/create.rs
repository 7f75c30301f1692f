//! Makes a guest. The VMID was recorded before; what is found at it decides, never the reply alone.

use proxmox_api::{CloneParams, GuestType, LxcCloneParams, NodeName, SshKeys, Task, Vmid};

use super::step::{Step, refused};
use crate::action::{Action, Target};
use crate::event::{Intent, Ownership};
use crate::executor::{Failure, FailureKind, Outcome};
use crate::live::guests::{self, At};
use crate::live::inbox::Seen;
use crate::marker::MarkerState;
use crate::units::Megabytes;

impl Step<'_> {
    pub(super) async fn clone_template(&self, guest: &Target) -> Result<Outcome, Failure> {
        let Action::Clone { template, template_node, node, storage, full, root_size, pool, .. } = self.action else {
            return Err(refused("this is no clone"));
        };
        let template_node = match template_node {
            Some(node) => node.clone(),
            None => match self.look_for(*template).await? {
                At::Guest(observed) => observed.node,
                At::Nothing => return Err(refused(format!("there is no template {template}"))),
            },
        };
        let (node, target) = match node {
            Some(node) => (node, Some(node.clone()).filter(|node| *node != template_node)),
            None => (&template_node, None),
        };
        let (full, storage, pool) = (Some(*full), storage.clone(), pool.clone());
        let owner = self.owner(guest)?;
        let marked = |vmid| Some(self.bridge.marker(owner, vmid, MarkerState::Creating).to_string());
        let begin = async |vmid: Vmid| {
            let (source, name, description) = (self.client().node(&template_node), guest.name.clone(), marked(vmid));
            match guest.kind {
                GuestType::Qemu => {
                    let params = CloneParams {
                        name: Some(name),
                        description,
                        full,
                        storage,
                        target,
                        pool,
                        ..CloneParams::new(vmid)
                    };
                    source.qemu(*template).clone_to(&params).await
                }
                GuestType::Lxc => {
                    let hostname = Some(name);
                    let params = LxcCloneParams {
                        hostname,
                        description,
                        full,
                        storage,
                        target,
                        pool,
                        ..LxcCloneParams::new(vmid)
                    };
                    source.lxc(*template).clone_to(&params).await
                }
            }
        };
        self.make(guest, node, *root_size, None, begin).await
    }

    /// Has a guest made by the task that `begin` starts, with these SSH keys in it, which nobody can see later.
    pub(super) async fn make(
        &self,
        guest: &Target,
        node: &NodeName,
        root_size: Option<Megabytes>,
        keys: Option<SshKeys>,
        begin: impl AsyncFnOnce(Vmid) -> Result<Task, proxmox_api::Error>,
    ) -> Result<Outcome, Failure> {
        let (owner, vmid) = (self.owner(guest)?, self.vmid(guest)?);
        let (inbox, cluster) = (&self.bridge.inbox, self.cluster.netbox_cluster.id);
        let intent = match inbox.intent(owner).await?.filter(|intent| intent.vmid == vmid) {
            // The size is not known when the VMID is chosen.
            Some(intent) => Intent { root_size: intent.root_size.or(root_size), upid: None, ..intent },
            None => Intent { owner, vmid, allocated: false, upid: None, root_size },
        };
        inbox.put_intent(&intent).await?;
        let before = inbox.seen(owner).await?.filter(|seen| seen.vmid == vmid);
        // What the record's former guest had, perhaps under this VMID, is not this one's.
        let seen = Seen { keys, ..Seen::new(vmid, node, cluster) };
        inbox.put_seen(owner, &seen).await?;
        inbox.forget_rested(cluster, vmid).await?;
        let result = match begin(vmid).await {
            Ok(task) => {
                inbox.put_intent(&Intent { upid: Some(task.upid().clone()), ..intent.clone() }).await?;
                self.finish(&task).await
            }
            Err(error) => Err(error.into()),
        };
        match result {
            Ok(outcome) => {
                self.seen_on(node);
                self.known.has_made(vmid);
                Ok(outcome)
            }
            // A former try, a lost reply, somebody faster: what is at the VMID tells.
            Err(failure) => match self.found(guest, &intent).await? {
                Some(outcome) => {
                    // Made by a former try, with the keys of that.
                    if let Some(before) = before {
                        inbox.put_seen(owner, &before).await?;
                    }
                    Ok(outcome)
                }
                None => Err(failure),
            },
        }
    }

    /// What a former try, or a lost reply, has left at the VMID: our guest is fine, nothing is `None`.
    async fn found(&self, guest: &Target, intent: &Intent) -> Result<Option<Outcome>, Failure> {
        let observed = match self.at(guest.kind, intent.vmid).await? {
            At::Nothing => return Ok(None),
            At::Guest(observed) => *observed,
        };
        let upid = self.bridge.inbox.intent(intent.owner).await?.and_then(|intent| intent.upid);
        let deadline = self.bridge.task_deadline;
        let Some(observed) = guests::wait_for_creation(self.client(), observed, upid.as_ref(), deadline).await? else {
            return Ok(None);
        };
        match observed.ownership(intent.owner, &self.bridge.identities) {
            _ if observed.creation_lock().is_some() => {
                let why = format!("guest {} is locked and no task creates it: see the report", intent.vmid);
                Err(Failure::new(FailureKind::Conflict, why))
            }
            Ownership::Ours { .. } => Ok(Some(Outcome::Unchanged)),
            _ => self.taken(guest, intent).await.map(Some),
        }
    }

    /// Another guest has the VMID. One that we chose is replaced by the next free one; one that a person typed is
    /// refused.
    async fn taken(&self, guest: &Target, intent: &Intent) -> Result<Outcome, Failure> {
        let vmid: Vmid = intent.vmid;
        if !intent.allocated {
            self.bridge.inbox.close_intent(intent.owner).await?;
            let why = format!("VMID {vmid} belongs to another guest. Correct it in NetBox, or clear it");
            return Err(refused(why));
        }
        let next = self.choose_another(guest, intent).await?;
        let why = format!("VMID {vmid} was taken by another guest; {next} was chosen in its place");
        Err(Failure::new(FailureKind::Conflict, why))
    }
}
