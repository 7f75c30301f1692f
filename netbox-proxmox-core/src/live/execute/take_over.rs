//! Takes the guest of a deleted record over, whose removal was put off: a person typed its VMID in another record.

use proxmox_api::{ErrorKind, Phase};

use super::configure::update;
use super::step::{Step, TRIES, refused};
use crate::action::Target;
use crate::event::Ownership;
use crate::executor::{Failure, FailureKind, Outcome};
use crate::guest::Owner;
use crate::live::bridge::now;
use crate::live::guests::At;
use crate::live::inbox::{EventState, Seen, Settlement};
use crate::marker::MarkerState;
use crate::settings::Settings;

impl Step<'_> {
    pub(super) async fn take_over(&self, guest: &Target, former: Owner, set: &Settings) -> Result<Outcome, Failure> {
        let (owner, vmid) = (self.owner(guest)?, self.vmid(guest)?);
        for _ in 0..TRIES {
            let At::Guest(observed) = self.at(guest.kind, vmid).await? else {
                return Err(Failure::new(FailureKind::Conflict, format!("guest {vmid} is not there any more")));
            };
            match observed.ownership(owner, &self.bridge.identities) {
                Ownership::Ours { .. } => return self.cancel_removal(guest, former, Outcome::Unchanged).await,
                Ownership::Another { record, .. } if record == Some(former) => {}
                _ => {
                    let former = former.record;
                    return Err(refused(format!("guest {vmid} does not belong to virtual machine {former} any more")));
                }
            }
            // One that is due may be under way.
            if self.bridge.inbox.removal(former).await?.is_none_or(|removal| removal.due <= now()) {
                let why = format!("the removal of guest {vmid} is not put off any more");
                return Err(Failure::new(FailureKind::Conflict, why));
            }
            let marker = self.bridge.marker(owner, vmid, MarkerState::Ready);
            let update = observed.under_digest(update(&observed.config, set, Some(marker))?);
            match observed.handle(self.client()).set_config(&update).await {
                Ok(()) => {
                    let seen = Seen::new(vmid, &observed.node, self.cluster.netbox_cluster.id);
                    self.bridge.inbox.put_seen(owner, &seen).await?;
                    return self.cancel_removal(guest, former, Outcome::Done).await;
                }
                // Somebody else wrote, or the reply was lost: what is there now decides.
                Err(error) if *error.cause() == ErrorKind::DigestMismatch || error.phase() == Phase::Ambiguous => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::new(FailureKind::Conflict, format!("the configuration of guest {vmid} keeps changing")))
    }

    /// The removal that waits is answered: there is nothing left to remove.
    async fn cancel_removal(&self, guest: &Target, former: Owner, outcome: Outcome) -> Result<Outcome, Failure> {
        let inbox = &self.bridge.inbox;
        let open: Vec<i64> = inbox.store().pending(former.record).await?.iter().map(|event| event.id).collect();
        let reason = Some(format!("virtual machine {} ({}) took the guest over", guest.record, guest.name));
        let settlement = Settlement { state: EventState::Done, reason, brake: None, due: 0, attempted: false };
        inbox.store().settle(&open, &settlement).await?;
        inbox.forget(former).await?;
        Ok(outcome)
    }
}
