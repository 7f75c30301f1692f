//! What every step shares: the precondition of its guest, and waiting for its task.

use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};

use proxmox_api::{Client, ConfigView, GuestType, NodeName, Task, TaskOutcome, Vmid, WaitOptions};
use tokio::time::sleep;

use super::known::Known;
use crate::action::{Action, Target};
use crate::event::Ownership;
use crate::executor::{Failure, FailureKind, Outcome, Progress};
use crate::guest::Owner;
use crate::live::bridge::{Bridge, ProxmoxCluster};
use crate::live::guests::{self, At, Observed};
use crate::live::look_up::listing::Listing;
use crate::part::Part;
use crate::report::ReportKey;

/// One action being performed.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) bridge: &'a Bridge,
    pub(super) cluster: &'a ProxmoxCluster,
    pub(super) node: &'a Mutex<Option<NodeName>>,
    pub(super) said: &'a Part<NodeName>,
    pub(super) told: &'a Mutex<Vec<ReportKey>>,
    pub(super) known: &'a Known,
    pub(super) action: &'a Action,
    pub(super) progress: &'a dyn Progress,
}

/// How many lines of a task's log are asked for at a time.
const LOG_LINES: u64 = 500;

/// Whether a line of a task's log says what the task does: not that there is no line yet, nor how it ended.
fn is_news(line: &str) -> bool {
    line != "no content" && !line.starts_with("TASK ")
}

/// How often a step begins again when the configuration changed under it, or a reply was lost.
pub(super) const TRIES: u32 = 3;

impl Step<'_> {
    pub(super) fn client(&self) -> &Client {
        &self.cluster.client
    }

    pub(super) fn note(&self, text: &str) {
        self.progress.note(self.action, text);
    }

    /// Who must own the guest.
    pub(super) fn owner(&self, guest: &Target) -> Result<Owner, Failure> {
        guest.owner().ok_or_else(|| {
            refused(format!("it is not known when {} was created in NetBox, so no guest counts as its", guest.name))
        })
    }

    pub(super) fn vmid(&self, guest: &Target) -> Result<Vmid, Failure> {
        guest.vmid.ok_or_else(|| Failure::new(FailureKind::Conflict, format!("{} has no VMID yet", guest.name)))
    }

    /// What is at the guest's VMID: asked where it was last seen, and looked for if it is not there any more.
    pub(super) async fn at(&self, kind: GuestType, vmid: Vmid) -> Result<At, Failure> {
        if let Some(node) = self.last_node() {
            match guests::observe(self.client(), kind, vmid, &node).await {
                Ok(observed) => return Ok(At::Guest(Box::new(observed))),
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error.into()),
            }
        }
        let at = self.look_for(vmid).await?;
        if let At::Guest(observed) = &at {
            self.seen_on(&observed.node);
        }
        Ok(at)
    }

    /// What is at a VMID, wherever in the cluster.
    pub(super) async fn look_for(&self, vmid: Vmid) -> Result<At, Failure> {
        let listing = Listing::of_guests(self.client()).await?;
        guests::at(self.client(), vmid, &listing).await
    }

    fn last_node(&self) -> Option<NodeName> {
        self.node.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers the guest's node for the steps that follow.
    pub(super) fn seen_on(&self, node: &NodeName) {
        *self.node.lock().unwrap_or_else(PoisonError::into_inner) = Some(node.clone());
    }

    /// The guest, which must exist and carry the record's marker.
    pub(super) async fn ours(&self, guest: &Target) -> Result<Observed, Failure> {
        let vmid = self.vmid(guest)?;
        match self.at(guest.kind, vmid).await? {
            At::Guest(observed) => {
                self.known.read_guest(&observed);
                self.check(guest, *observed)
            }
            At::Nothing => {
                Err(Failure::new(FailureKind::Conflict, format!("guest {vmid} does not exist in Proxmox any more")))
            }
        }
    }

    /// The same; one that this plan has just read, or written under what was read, is not read again.
    pub(super) async fn ours_of_late(&self, guest: &Target) -> Result<Observed, Failure> {
        match self.known.guest(self.vmid(guest)?) {
            Some(observed) => self.check(guest, observed),
            None => self.ours(guest).await,
        }
    }

    /// Refuses a guest without the record's marker, or of another kind.
    pub(super) fn check(&self, guest: &Target, observed: Observed) -> Result<Observed, Failure> {
        let vmid = observed.vmid;
        if observed.config.kind() != guest.kind {
            return Err(refused(self.reporter(guest).other_kind(Some(vmid), guest.kind, observed.config.kind()).text));
        }
        match observed.ownership(self.owner(guest)?, &self.bridge.identities) {
            Ownership::Ours { .. } => Ok(observed),
            Ownership::Another { whose, .. } => Err(refused(format!("guest {vmid} belongs to {whose}"))),
            Ownership::Undated => Err(refused(format!(
                "guest {vmid} has a marker of an early version, which does not say when its virtual machine was created"
            ))),
            Ownership::Unmarked | Ownership::Unknown => {
                Err(refused(format!("guest {vmid} has no marker of this virtual machine")))
            }
        }
    }

    /// The guest as it is now, on the node where it was.
    pub(super) async fn again(&self, observed: &Observed) -> Result<Observed, Failure> {
        let config = observed.handle(self.client()).config(ConfigView::Pending).await?;
        Ok(Observed { config, ..observed.clone() })
    }

    /// Waits for a task.
    pub(super) async fn finish(&self, task: &Task) -> Result<Outcome, Failure> {
        self.note(&format!("task {}", task.upid()));
        let options = WaitOptions { deadline: self.bridge.task_deadline, ..WaitOptions::default() };
        let outcome = tokio::select! {
            biased;
            outcome = task.wait(&options) => outcome?,
            never = self.follow(task) => match never {},
        };
        match outcome {
            TaskOutcome::Ok => Ok(Outcome::Done),
            TaskOutcome::Warnings(count) => {
                Ok(Outcome::Warned(format!("Proxmox gave {count} warning(s) in {}", task.upid())))
            }
        }
    }

    /// Passes on the last line of a task's log, where it is a new one. That it cannot be read is no matter.
    async fn follow(&self, task: &Task) -> Infallible {
        let mut read = 0;
        loop {
            sleep(self.bridge.progress_interval).await;
            let Ok(log) = task.log(read, LOG_LINES).await else { continue };
            if let Some(last) = log.lines.last().filter(|last| last.n > read && is_news(&last.t)) {
                self.note(&last.t);
                read = last.n;
            }
        }
    }
}

pub(super) fn refused(why: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Refused, why)
}
