//! Changes a guest's configuration: what it holds is read, what differs is written under the digest that was read.

mod address;
pub(super) mod container;
mod pool;
pub(super) mod refused;
mod shared;
mod vm;

use proxmox_api::{ConfigUpdate, Configuration, ErrorKind, Phase};

use refused::{Refused, leave_out};

use super::step::{Step, TRIES};
use crate::action::Target;
use crate::executor::{Failure, FailureKind, Outcome};
use crate::live::guests::Observed;
use crate::live::inbox::Seen;
use crate::marker::{Marker, MarkerState};
use crate::settings::{InterfaceSettings, Settings};

impl Step<'_> {
    pub(super) async fn configure(&self, guest: &Target, set: &Settings) -> Result<Outcome, Failure> {
        if let Some(former) = set.takes_from {
            return self.take_over(guest, former, set).await;
        }
        let mut observed = self.ours(guest).await?;
        let outcome = self.write(guest, set, &mut observed).await?;
        // Last: a pool may be refused, and whoever has rights by the pool may lose them.
        let moved = self.pool(guest, set).await?;
        let outcome = if outcome == Outcome::Unchanged { moved } else { outcome };
        if set.marker == Some(MarkerState::Ready) {
            self.reached(guest, &observed).await?;
        }
        Ok(outcome)
    }

    async fn write(&self, guest: &Target, set: &Settings, observed: &mut Observed) -> Result<Outcome, Failure> {
        let mut set = set.clone();
        let mut left_out = Vec::new();
        let mut tries = 0;
        while tries < TRIES {
            let update = update(&observed.config, &set, self.marker(guest, &set, observed)?)?;
            if update.is_empty() {
                return self.without(guest, &left_out, Outcome::Unchanged).await;
            }
            let update = observed.under_digest(update);
            match observed.handle(self.client()).set_config(&update).await {
                Ok(()) => {
                    self.tell_guest(&set, observed).await?;
                    return self.without(guest, &left_out, Outcome::Done).await;
                }
                // Somebody else wrote, or the reply was lost: what is there now decides.
                Err(error) if *error.cause() == ErrorKind::DigestMismatch || error.phase() == Phase::Ambiguous => {
                    tries += 1
                }
                Err(error) => {
                    let refused = leave_out(&mut set, &error, &self.bridge.fields);
                    if refused.is_empty() {
                        return Err(error.into());
                    }
                    left_out.extend(refused);
                }
            }
            *observed = self.check(guest, self.again(observed).await?)?;
        }
        Err(Failure::new(FailureKind::Conflict, format!("the configuration of guest {} keeps changing", observed.vmid)))
    }

    /// Tells what was left out, once everything else was done; then that is the outcome.
    pub(super) async fn without(
        &self,
        guest: &Target,
        refused: &[Refused],
        outcome: Outcome,
    ) -> Result<Outcome, Failure> {
        if refused.is_empty() {
            return Ok(outcome);
        }
        for refused in refused {
            self.report(&self.reporter(guest).value_refused(&refused.field, &refused.value, &refused.why)).await?;
        }
        let refused: Vec<_> = refused.iter().map(|it| format!("{}: {}", it.field, it.why)).collect();
        Ok(Outcome::Warned(format!("Proxmox does not take {}", refused.join("; "))))
    }

    /// The marker that the settings ask for.
    fn marker(&self, guest: &Target, set: &Settings, observed: &Observed) -> Result<Option<Marker>, Failure> {
        let owner = self.owner(guest)?;
        Ok(set.marker.map(|state| self.bridge.marker(owner, observed.vmid, state)))
    }

    /// Has the cloud-init drive of a VM written anew: it reads it when it boots.
    async fn tell_guest(&self, set: &Settings, observed: &Observed) -> Result<(), Failure> {
        let addresses = set.interfaces.iter().any(InterfaceSettings::changes_addresses);
        if !matches!(observed.config, Configuration::Qemu(_)) {
            return Ok(());
        }
        let options = set.options.keys().any(|option| option.is_of_cloud_init());
        if !set.ssh_keys.is_unknown() || addresses || options {
            self.client().node(&observed.node).qemu(observed.vmid).regenerate_cloudinit().await?;
        }
        Ok(())
    }

    /// The creation was reached: the intent is closed, and the guest remembered.
    async fn reached(&self, guest: &Target, observed: &Observed) -> Result<(), Failure> {
        let (inbox, owner) = (&self.bridge.inbox, self.owner(guest)?);
        let before = inbox.seen(owner).await?.filter(|seen| seen.vmid == observed.vmid);
        let seen = match before {
            Some(seen) => Seen { node: observed.node.clone(), ..seen },
            None => Seen::new(observed.vmid, &observed.node, self.cluster.netbox_cluster.id),
        };
        inbox.put_seen(owner, &seen).await?;
        Ok(inbox.close_intent(owner).await?)
    }
}

/// What of the settings is not so yet in a guest's configuration.
pub(super) fn update(config: &Configuration, set: &Settings, marker: Option<Marker>) -> Result<ConfigUpdate, Failure> {
    let update = shared::update(config, set, marker)?;
    match config {
        Configuration::Qemu(config) => vm::add(update, config, set),
        Configuration::Lxc(config) => container::add(update, config, set),
    }
}
