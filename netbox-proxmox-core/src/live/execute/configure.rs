//! Changes a guest's configuration: what it holds is read, what differs is written under the digest that was read.

use std::net::IpAddr;

use proxmox_api::{Cidr, ConfigUpdate, ErrorKind, IpConfig, IpSetting, Phase};

use super::step::{Step, TRIES};
use crate::action::{Addressing, Settings, Target};
use crate::executor::{Failure, FailureKind, Outcome};
use crate::live::guests::Observed;
use crate::live::inbox::Seen;
use crate::marker::{Marker, MarkerState};
use crate::part::Part;

impl Step<'_> {
    pub(super) async fn configure(&self, guest: &Target, set: &Settings) -> Result<Outcome, Failure> {
        let mut observed = self.ours(guest).await?;
        let outcome = self.write(guest, set, &mut observed).await?;
        if set.marker == Some(MarkerState::Ready) {
            self.reached(guest, &observed).await?;
        }
        Ok(outcome)
    }

    async fn write(&self, guest: &Target, set: &Settings, observed: &mut Observed) -> Result<Outcome, Failure> {
        let mut set = set.clone();
        let mut outcome = Outcome::Unchanged;
        for _ in 0..TRIES {
            let update = self.update(guest, &set, observed);
            if update.is_empty() {
                return Ok(outcome);
            }
            let update = observed.under_digest(update);
            let vm = self.client().node(&observed.node).qemu(observed.vmid);
            match vm.set_config(&update).await {
                Ok(()) => {
                    self.tell_guest(&set, observed).await?;
                    return Ok(if outcome == Outcome::Unchanged { Outcome::Done } else { outcome });
                }
                // Somebody else wrote, or the reply was lost: what is there now decides.
                Err(error) if *error.cause() == ErrorKind::DigestMismatch || error.phase() == Phase::Ambiguous => {}
                Err(error) if refuses_keys(&error) && !set.ssh_keys.is_unknown() => {
                    // The rest does not depend on the keys.
                    set.ssh_keys = Part::Unknown;
                    let why = format!("Proxmox does not take the SSH keys: {}", error.message());
                    self.report_failure(guest, "SSH keys", &why).await?;
                    outcome = Outcome::Warned(why);
                }
                Err(error) => return Err(error.into()),
            }
            *observed = self.check(guest, self.again(observed).await?)?;
        }
        Err(Failure::new(FailureKind::Conflict, format!("the configuration of guest {} keeps changing", observed.vmid)))
    }

    /// What of the settings is not so yet.
    fn update(&self, guest: &Target, set: &Settings, observed: &Observed) -> ConfigUpdate {
        let config = &observed.config;
        let mut update = ConfigUpdate::new();
        if let Some(name) = set.name.as_deref().filter(|name| config.name() != Some(*name)) {
            update = update.name(name);
        }
        if let Some(cores) = set.cores.filter(|cores| config.cores() != *cores) {
            update = update.cores(cores);
        }
        if let Some(memory) = set.memory.filter(|memory| config.memory() != Some(*memory)) {
            update = update.memory(memory);
        }
        if let Some(balloon) = set.balloon.filter(|balloon| config.balloon() != Some(*balloon)) {
            update = update.balloon(balloon);
        }
        match &set.ssh_keys {
            Part::Given(keys) if config.sshkeys().as_ref() != Some(keys) => update = update.sshkeys(keys),
            Part::None if config.sshkeys().is_some() => update = update.delete("sshkeys"),
            _ => {}
        }
        let present = config.ipconfig(set.interface).unwrap_or_default();
        let wanted = merged(&present, &set.ipv4, &set.ipv6);
        if wanted != present {
            update = if wanted.is_empty() {
                update.delete(format!("ipconfig{}", set.interface))
            } else {
                update.ipconfig(set.interface, &wanted)
            };
        }
        if let Some(protection) = set.protection.filter(|protection| config.protection() != *protection) {
            update = update.protection(protection);
        }
        if let Some(tag) = set.add_tag.as_ref().filter(|tag| !config.tags().contains(tag)) {
            update = update.tags(config.tags().iter().chain([tag]));
        }
        if let Some(state) = set.marker {
            let marker = self.bridge.marker(guest.record, observed.vmid, state);
            let present = config.description().unwrap_or_default();
            if Marker::find(present) != Some(marker.clone()) {
                update = update.description(&marker.write_into(present));
            }
        }
        update
    }

    /// Has the cloud-init drive written anew: a guest reads it when it boots.
    async fn tell_guest(&self, set: &Settings, observed: &Observed) -> Result<(), Failure> {
        let cloud_init = !set.ssh_keys.is_unknown() || !set.ipv4.is_unknown() || !set.ipv6.is_unknown();
        if cloud_init {
            self.client().node(&observed.node).qemu(observed.vmid).regenerate_cloudinit().await?;
        }
        Ok(())
    }

    /// The creation was reached: the intent is closed, and the guest remembered.
    async fn reached(&self, guest: &Target, observed: &Observed) -> Result<(), Failure> {
        let inbox = &self.bridge.inbox;
        let before = inbox.seen(guest.record).await?;
        let (disks, wanted) = before.map(|seen| (seen.disks, seen.wanted)).unwrap_or_default();
        let (vmid, node) = (observed.vmid, observed.node.clone());
        let cluster = self.cluster.netbox_cluster.clone();
        inbox.put_seen(guest.record, &Seen { vmid, node, cluster, disks, wanted }).await?;
        Ok(inbox.close_intent(guest.record).await?)
    }
}

/// Whether it is the SSH keys that Proxmox refuses: in `errors`, or as `SSH public key validation error`.
fn refuses_keys(error: &proxmox_api::Error) -> bool {
    match error.kind() {
        ErrorKind::InvalidParameter { fields } if !fields.is_empty() => fields.keys().all(|field| field == "sshkeys"),
        _ => error.message().contains("SSH public key validation error"),
    }
}

/// The value of `ipconfigN` after a change: what the change does not mention stays.
fn merged(present: &IpConfig, v4: &Part<Addressing>, v6: &Part<Addressing>) -> IpConfig {
    let (ip, gw) = family(present.ip.clone(), present.gw, v4);
    let (ip6, gw6) = family(present.ip6.clone(), present.gw6, v6);
    IpConfig { ip, gw, ip6, gw6, rest: present.rest.clone() }
}

fn family(
    setting: Option<IpSetting>,
    gateway: Option<IpAddr>,
    change: &Part<Addressing>,
) -> (Option<IpSetting>, Option<IpAddr>) {
    match change {
        Part::Unknown => (setting, gateway),
        // A static address goes with its gateway; `dhcp` and `auto` stay.
        Part::None => match setting.filter(|setting| !setting.is_static()) {
            Some(setting) => (Some(setting), gateway),
            None => (None, None),
        },
        Part::Given(Addressing { address, gateway }) => {
            let cidr = Cidr::new(address.addr(), address.prefix_len()).ok();
            (cidr.map(IpSetting::Static), *gateway)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn after(present: &str, v4: Part<Addressing>, v6: Part<Addressing>) -> String {
        let present = if present.is_empty() { IpConfig::default() } else { present.parse().unwrap() };
        merged(&present, &v4, &v6).to_string()
    }

    fn to(address: &str, gateway: Option<&str>) -> Part<Addressing> {
        Part::Given(Addressing { address: address.parse().unwrap(), gateway: gateway.map(|ip| ip.parse().unwrap()) })
    }

    #[test]
    fn one_family_changes_without_the_other() {
        let v4 = to("192.0.2.10/24", Some("192.0.2.1"));
        assert_eq!(after("", v4, Part::Unknown), "ip=192.0.2.10/24,gw=192.0.2.1");
        assert_eq!(after("ip=dhcp,ip6=auto", v4, Part::Unknown), "ip=192.0.2.10/24,gw=192.0.2.1,ip6=auto");
        assert_eq!(after("ip=192.0.2.9/24,gw=192.0.2.1,ip6=auto", Part::None, Part::Unknown), "ip6=auto");
        assert_eq!(after("ip=dhcp,ip6=2001:db8::1/64,gw6=fe80::1", Part::None, Part::None), "ip=dhcp");
        assert_eq!(after("ip=dhcp", Part::Unknown, to("2001:db8::9/127", None)), "ip=dhcp,ip6=2001:db8::9/127");
    }
}
