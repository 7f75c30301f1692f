//! `PUT …/config` and `POST …/config`.

use super::{ParamValue, Params};
use crate::property::{BootOrder, Drive, IpConfig, NetDevice};
use crate::types::{DriveSlot, MiB, SshKeys};

/// A change of a configuration: keys to set, keys to delete, and the digest it is based on.
///
/// A key is either set or deleted (Proxmox refuses both at once): the later call wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigUpdate {
    set: Params,
    delete: Vec<String>,
    revert: Vec<String>,
    digest: Option<String>,
}

impl ConfigUpdate {
    /// No change. Sent as it is, Proxmox refuses it: `no options specified`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets any key.
    pub fn set(mut self, key: impl Into<String>, value: impl ParamValue) -> Self {
        let key = key.into();
        self.delete.retain(|deleted| *deleted != key);
        self.set.set(key, value);
        self
    }

    /// Deletes any key. A disk's becomes `unusedN`; an `unusedN` is removed with its volume.
    pub fn delete(mut self, key: impl ToString) -> Self {
        let key = key.to_string();
        self.set.remove(&key);
        if !self.delete.contains(&key) {
            self.delete.push(key);
        }
        self
    }

    /// Drops a change that waits for the next restart.
    pub fn revert(mut self, key: impl Into<String>) -> Self {
        self.revert.push(key.into());
        self
    }

    /// Refuse the change if the configuration has changed since this digest.
    pub fn digest(mut self, digest: impl Into<String>) -> Self {
        self.digest = Some(digest.into());
        self
    }

    /// The name.
    pub fn name(self, name: &str) -> Self {
        self.set("name", name)
    }

    /// Cores for each socket.
    pub fn cores(self, cores: u32) -> Self {
        self.set("cores", cores)
    }

    /// Sockets.
    pub fn sockets(self, sockets: u32) -> Self {
        self.set("sockets", sockets)
    }

    /// Memory. Lower than `balloon` it is refused: lower both together.
    pub fn memory(self, memory: MiB) -> Self {
        self.set("memory", memory)
    }

    /// The least memory ballooning may leave; 0 turns the device off.
    pub fn balloon(self, memory: MiB) -> Self {
        self.set("balloon", memory)
    }

    /// The description, at most 8192 characters.
    pub fn description(self, description: &str) -> Self {
        self.set("description", description)
    }

    /// The tags, replacing all. None deletes the key: Proxmox would store an empty value as a space.
    pub fn tags<T: AsRef<str>>(self, tags: impl IntoIterator<Item = T>) -> Self {
        let tags: Vec<String> = tags.into_iter().map(|tag| tag.as_ref().to_owned()).collect();
        if tags.is_empty() { self.delete("tags") } else { self.set("tags", tags.join(";")) }
    }

    /// Whether it starts with its node.
    pub fn onboot(self, onboot: bool) -> Self {
        self.set("onboot", onboot)
    }

    /// Whether removing it or its disks is forbidden.
    pub fn protection(self, protection: bool) -> Self {
        self.set("protection", protection)
    }

    /// The SSH keys for cloud-init. None deletes the key.
    pub fn sshkeys(self, keys: &SshKeys) -> Self {
        if keys.is_empty() { self.delete("sshkeys") } else { self.set("sshkeys", keys.to_param()) }
    }

    /// `ipconfigN`. An empty one deletes the key.
    pub fn ipconfig(self, index: u8, config: &IpConfig) -> Self {
        let key = format!("ipconfig{index}");
        if config.is_empty() { self.delete(key) } else { self.set(key, config) }
    }

    /// `netN`.
    pub fn net(self, index: u8, device: &NetDevice) -> Self {
        self.set(format!("net{index}"), device)
    }

    /// A drive: an existing volume, or one to allocate ([`Drive::allocate`]).
    pub fn drive(self, slot: DriveSlot, drive: &Drive) -> Self {
        self.set(slot.to_string(), drive)
    }

    /// The boot order.
    pub fn boot(self, order: &BootOrder) -> Self {
        self.set("boot", order)
    }

    /// True if nothing would change.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.delete.is_empty() && self.revert.is_empty()
    }

    /// The keys to set.
    pub fn values(&self) -> &Params {
        &self.set
    }

    /// The keys to delete.
    pub fn deleted(&self) -> &[String] {
        &self.delete
    }

    /// What is sent.
    pub fn to_params(&self) -> Params {
        let mut params = self.set.clone();
        if !self.delete.is_empty() {
            params.set("delete", self.delete.join(","));
        }
        if !self.revert.is_empty() {
            params.set("revert", self.revert.join(","));
        }
        params.set_opt("digest", &self.digest);
        params
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_set_or_deleted_never_both() {
        let update = ConfigUpdate::new()
            .cores(2)
            .delete("cores")
            .delete("cores")
            .onboot(true)
            .delete("net1")
            .set("net1", "virtio");
        let params = update.to_params();
        assert_eq!(params.iter().collect::<Vec<_>>(), [("onboot", "1"), ("net1", "virtio"), ("delete", "cores")]);
    }

    #[test]
    fn what_is_empty_is_deleted() {
        let update = ConfigUpdate::new()
            .tags(Vec::<String>::new())
            .sshkeys(&SshKeys::default())
            .ipconfig(1, &IpConfig::default());
        assert_eq!(update.to_params().get("delete"), Some("tags,sshkeys,ipconfig1"));
        assert!(ConfigUpdate::new().digest("d").is_empty());
    }

    #[test]
    fn values_are_in_proxmoxs_units() {
        let slot: DriveSlot = "scsi1".parse().unwrap();
        let update = ConfigUpdate::new()
            .memory(MiB::from_gib(2))
            .tags(["web", "netbox"])
            .drive(slot, &Drive::allocate(&"local-lvm".parse().unwrap(), MiB::from_gib(8)))
            .digest("abc");
        let params = update.to_params();
        assert_eq!(
            params.iter().collect::<Vec<_>>(),
            [("memory", "2048"), ("tags", "web;netbox"), ("scsi1", "local-lvm:8"), ("digest", "abc")]
        );
    }
}
