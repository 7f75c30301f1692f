//! The configuration of a virtual machine, as `GET …/config` returns it.

use std::collections::BTreeMap;
use std::ops::Deref;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{DriveSlot, GuestConfig, MiB, SshKeys, scalar};
use crate::property::{BootOrder, Drive, IpConfig, NetDevice, PropertyString};

/// The configuration of a virtual machine.
///
/// What it shares with a container's is [`GuestConfig`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QemuConfig(GuestConfig);

impl Deref for QemuConfig {
    type Target = GuestConfig;

    fn deref(&self) -> &GuestConfig {
        &self.0
    }
}

impl QemuConfig {
    /// The name. Absent while a clone is being made (Proxmox VE 9.1).
    pub fn name(&self) -> Option<&str> {
        self.str("name")
    }

    /// Cores for each socket, at least 1.
    pub fn cores(&self) -> u32 {
        self.count("cores")
    }

    /// `vcpus`: how many of its CPUs it starts with, where fewer than all are plugged in.
    pub fn vcpus(&self) -> Option<u32> {
        u32::try_from(self.integer("vcpus")?).ok().filter(|vcpus| *vcpus > 0)
    }

    /// Sockets, at least 1.
    pub fn sockets(&self) -> u32 {
        self.count("sockets")
    }

    /// Memory. Proxmox sends it as text (`"512"`), and may write `current=512` since 8.1.
    pub fn memory(&self) -> Option<MiB> {
        if let Some(mib) = self.integer("memory") {
            return Some(MiB(mib));
        }
        let properties: PropertyString = self.str("memory")?.parse().ok()?;
        let current = properties.default_value().or_else(|| properties.get("current"))?;
        current.parse().ok().map(MiB)
    }

    /// The least memory ballooning may leave; 0 turns the device off.
    pub fn balloon(&self) -> Option<MiB> {
        self.integer("balloon").map(MiB)
    }

    /// The SSH keys cloud-init installs, taken as they are stored.
    pub fn sshkeys(&self) -> Option<SshKeys> {
        self.str("sshkeys").map(SshKeys::from_param)
    }

    /// `ipconfigN`.
    pub fn ipconfig(&self, index: u8) -> Option<IpConfig> {
        self.str(&format!("ipconfig{index}"))?.parse().ok()
    }

    /// `netN`.
    pub fn net(&self, index: u8) -> Option<NetDevice> {
        self.str(&format!("net{index}"))?.parse().ok()
    }

    /// The network devices by index.
    pub fn nets(&self) -> BTreeMap<u8, NetDevice> {
        self.indexed("net").filter_map(|(index, value)| Some((index, value.parse().ok()?))).collect()
    }

    /// The drives by slot: disks, CD-ROMs, the cloud-init drive. EFI and TPM disks and unused volumes are not slots.
    pub fn drives(&self) -> BTreeMap<DriveSlot, Drive> {
        let slots = self.iter().filter_map(|(key, value)| Some((key.parse().ok()?, value.as_str()?)));
        slots.filter_map(|(slot, value)| Some((slot, value.parse().ok()?))).collect()
    }

    /// One drive.
    pub fn drive(&self, slot: DriveSlot) -> Option<Drive> {
        self.str(&slot.to_string())?.parse().ok()
    }

    /// Where the cloud-init drive is. Without one, cloud-init settings are stored and do nothing.
    pub fn cloudinit_drive(&self) -> Option<DriveSlot> {
        self.drives().into_iter().find(|(_, drive)| drive.is_cloudinit()).map(|(slot, _)| slot)
    }

    /// The value of `boot`.
    pub fn boot(&self) -> Option<BootOrder> {
        self.str("boot")?.parse().ok()
    }

    /// The disk it boots from: the first in the boot order that is there and no CD-ROM, otherwise `bootdisk`.
    /// `None` if neither names a disk.
    pub fn boot_disk(&self) -> Option<DriveSlot> {
        let drives = self.drives();
        let is_disk = |slot: DriveSlot| drives.get(&slot).is_some_and(|drive| !drive.is_cdrom());
        let ordered = self.boot().and_then(|order| order.first_disk(is_disk));
        ordered.or_else(|| self.str("bootdisk")?.parse().ok().filter(|slot| is_disk(*slot)))
    }

    /// Whether it is to have a guest agent: `1`, `enabled=1`, `1,fstrim_cloned_disks=1` …
    pub fn has_agent(&self) -> bool {
        let Some(agent) = self.text("agent").and_then(|text| text.parse::<PropertyString>().ok()) else { return false };
        agent.default_value().or_else(|| agent.get("enabled")).and_then(scalar::word_as_bool).unwrap_or(false)
    }

    fn count(&self, key: &str) -> u32 {
        let number = self.integer(key).and_then(|n| u32::try_from(n).ok());
        number.unwrap_or(1).max(1)
    }
}

impl FromIterator<(String, Value)> for QemuConfig {
    fn from_iter<T: IntoIterator<Item = (String, Value)>>(values: T) -> Self {
        Self(values.into_iter().collect())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn config(value: Value) -> QemuConfig {
        serde_json::from_value(value).unwrap()
    }

    fn slot(text: &str) -> DriveSlot {
        text.parse().unwrap()
    }

    #[test]
    fn a_linked_clone_as_proxmox_9_1_sends_it() {
        let config = config(json!({
            "digest": "fadadc27ee2dbbb68493377d31b04f6ec010ac6c", "scsihw": "virtio-scsi-pci", "agent": "enabled=1",
            "cores": 2, "scsi0": "local:9000/base-9000-disk-0.qcow2/102/vm-102-disk-0.qcow2,size=1G",
            "description": "a b c", "net0": "virtio=BC:24:11:13:3B:1E,bridge=vmbr0", "serial0": "socket",
            "name": "linked102", "tags": "tmpl;Alpha beta", "ide2": "local:102/vm-102-cloudinit.qcow2,media=cdrom,size=4M",
            "boot": "order=scsi0", "ostype": "l26", "memory": "1024", "protection": 1, "onboot": 0
        }));
        assert_eq!(config.digest.as_deref(), Some("fadadc27ee2dbbb68493377d31b04f6ec010ac6c"));
        assert_eq!(config.name(), Some("linked102"));
        assert_eq!((config.cores(), config.sockets(), config.memory()), (2, 1, Some(MiB(1024))));
        assert_eq!(config.tags(), ["tmpl", "Alpha", "beta"]);
        assert!(config.protection() && !config.onboot() && !config.template());
        assert_eq!(config.cloudinit_drive(), Some(slot("ide2")));
        assert_eq!(config.boot_disk(), Some(slot("scsi0")));
        assert_eq!(config.drives().len(), 2);
        assert_eq!(config.net(0).unwrap().bridge.as_deref(), Some("vmbr0"));
        assert_eq!(config.nets().len(), 1);
        assert_eq!((config.balloon(), config.lock(), config.sshkeys()), (None, None, None));
    }

    #[test]
    fn while_a_clone_is_made_there_is_little() {
        let config = config(json!({"lock": "clone", "description": " qmclone temporary file", "digest": "d"}));
        assert_eq!((config.name(), config.lock()), (None, Some("clone")));
        assert_eq!((config.cores(), config.sockets(), config.memory()), (1, 1, None));
        assert_eq!(config.boot_disk(), None);
    }

    #[test]
    fn an_agent_in_every_spelling() {
        for value in
            [json!(1), json!("1"), json!("enabled=1"), json!("1,fstrim_cloned_disks=1"), json!("enabled=1,type=isa")]
        {
            assert!(config(json!({ "agent": value })).has_agent(), "{value}");
        }
        for value in [json!(0), json!("0,type=virtio"), json!("enabled=0"), json!("type=isa"), json!(null)] {
            assert!(!config(json!({ "agent": value })).has_agent(), "{value}");
        }
    }

    #[test]
    fn memory_in_every_spelling() {
        for value in [json!(512), json!("512"), json!("current=512")] {
            assert_eq!(config(json!({ "memory": value })).memory(), Some(MiB(512)));
        }
    }

    #[test]
    fn the_boot_disk_is_never_a_cdrom_or_absent() {
        let drives = |boot: Value, bootdisk: Value| {
            config(json!({
                "boot": boot, "bootdisk": bootdisk, "ide2": "local:iso/x.iso,media=cdrom",
                "scsi1": "local:100/a.raw,size=1G", "virtio0": "local:100/b.raw,size=2G"
            }))
        };
        assert_eq!(drives(json!("order=ide2;scsi0;net0;virtio0"), json!(null)).boot_disk(), Some(slot("virtio0")));
        assert_eq!(drives(json!("cdn"), json!("scsi1")).boot_disk(), Some(slot("scsi1")));
        assert_eq!(drives(json!(null), json!("scsi1")).boot_disk(), Some(slot("scsi1")));
        assert_eq!(drives(json!("order=net0"), json!("ide2")).boot_disk(), None);
    }

    #[test]
    fn unused_volumes_and_nothing_else() {
        let config = config(json!({"unused1": "local:101/b.raw", "unused0": "local:101/a.raw", "unusedx": "local:c"}));
        let unused: Vec<_> = config.unused().into_iter().map(|(n, volume)| (n, volume.to_string())).collect();
        assert_eq!(unused, [(0, "local:101/a.raw".to_owned()), (1, "local:101/b.raw".to_owned())]);
    }

    #[test]
    fn shapes_nobody_expected_break_nothing() {
        for odd in [json!(null), json!([1]), json!({"a": 1}), json!(-3), json!(1.5), json!(true), json!("")] {
            let keys = [
                "digest",
                "name",
                "cores",
                "sockets",
                "memory",
                "balloon",
                "description",
                "tags",
                "protection",
                "template",
                "onboot",
                "lock",
                "sshkeys",
                "ipconfig0",
                "net0",
                "scsi0",
                "boot",
                "bootdisk",
                "unused0",
            ];
            let config = QemuConfig::from_iter(keys.map(|key| (key.to_owned(), odd.clone())));
            let _ = (
                config.name(),
                config.memory(),
                config.balloon(),
                config.description(),
                config.lock(),
                config.sshkeys(),
            );
            assert!(config.cores() >= 1 && config.sockets() >= 1, "{odd}");
            assert_eq!(
                (config.nets().len(), config.drives().len(), config.boot_disk(), config.unused().len()),
                (0, 0, None, 0),
                "{odd}"
            );
            assert_eq!((config.ipconfig(0).filter(|c| !c.is_empty()), config.tags().len()), (None, 0), "{odd}");
        }
    }

    #[test]
    fn what_was_received_is_given_back() {
        let value = json!({"digest": "d", "cores": 2, "future": {"x": [1]}});
        assert_eq!(serde_json::to_value(config(value.clone())).unwrap(), value);
    }
}
