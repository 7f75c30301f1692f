//! The configuration of a virtual machine, as `GET …/config` returns it.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::{DriveSlot, MiB, SshKeys, scalar};
use crate::property::{BootOrder, Drive, IpConfig, NetDevice, PropertyString, VolumeId};

/// The configuration of a virtual machine.
///
/// Everything that was received is kept; the accessors read it tolerantly: a value of an unexpected shape is as if it
/// were absent (its raw form is still there: [`get`](Self::get)).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QemuConfig {
    /// The checksum of the configuration file, to be given back with a change that must not overwrite another's.
    pub digest: Option<String>,
    raw: Map<String, Value>,
}

impl QemuConfig {
    /// A configuration from its keys and values; `digest` among them is taken out.
    pub fn from_map(mut raw: Map<String, Value>) -> Self {
        let digest = raw.remove("digest").as_ref().and_then(scalar::text);
        Self { digest, raw }
    }

    /// A value as it was received.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.raw.get(key)
    }

    /// A value as text, also where it was a number.
    pub fn text(&self, key: &str) -> Option<String> {
        self.get(key).and_then(scalar::text)
    }

    /// A value as a whole number, also where it was text.
    pub fn integer(&self, key: &str) -> Option<u64> {
        self.get(key).and_then(scalar::integer)
    }

    /// A boolean; absent means no.
    pub fn flag(&self, key: &str) -> bool {
        self.get(key).and_then(scalar::boolean).unwrap_or(false)
    }

    /// Every key and value, without the digest.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.raw.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The name. Absent while a clone is being made (Proxmox VE 9.1).
    pub fn name(&self) -> Option<&str> {
        self.str("name")
    }

    /// Cores for each socket, at least 1.
    pub fn cores(&self) -> u32 {
        self.count("cores")
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

    /// The description (the notes), as stored.
    pub fn description(&self) -> Option<&str> {
        self.str("description")
    }

    /// The tags. Separators may be `;`, `,` or space; no tags can also be a single space (Proxmox VE 9.1).
    pub fn tags(&self) -> Vec<String> {
        let tags = self.str("tags").unwrap_or_default();
        tags.split([';', ',', ' ']).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
    }

    /// Whether removing it or its disks is forbidden.
    pub fn protection(&self) -> bool {
        self.flag("protection")
    }

    /// Whether it is a template.
    pub fn template(&self) -> bool {
        self.flag("template")
    }

    /// Whether it starts with its node.
    pub fn onboot(&self) -> bool {
        self.flag("onboot")
    }

    /// What holds it: `clone`, `backup`, `migrate`, `create` …
    pub fn lock(&self) -> Option<&str> {
        self.str("lock")
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
        let slots = self.raw.iter().filter_map(|(key, value)| Some((key.parse().ok()?, value.as_str()?)));
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

    /// Volumes that belong to the guest and are attached nowhere, by their number: `unusedN`.
    pub fn unused(&self) -> Vec<(u8, VolumeId)> {
        let volumes = self.indexed("unused").filter_map(|(index, value)| {
            let drive: Drive = value.parse().ok()?;
            Some((index, drive.volume_id()?))
        });
        let mut volumes: Vec<_> = volumes.collect();
        volumes.sort();
        volumes
    }

    fn str(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_str)
    }

    fn count(&self, key: &str) -> u32 {
        let number = self.integer(key).and_then(|n| u32::try_from(n).ok());
        number.unwrap_or(1).max(1)
    }

    fn indexed<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (u8, &'a str)> {
        self.raw.iter().filter_map(move |(key, value)| {
            let index = key.strip_prefix(prefix)?;
            let plain = index.bytes().all(|b| b.is_ascii_digit());
            Some((plain.then(|| index.parse().ok())??, value.as_str()?))
        })
    }
}

impl FromIterator<(String, Value)> for QemuConfig {
    fn from_iter<T: IntoIterator<Item = (String, Value)>>(values: T) -> Self {
        Self::from_map(values.into_iter().collect())
    }
}

impl<'de> Deserialize<'de> for QemuConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(Self::from_map)
    }
}

impl Serialize for QemuConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digest = self.digest.iter().map(|digest| ("digest", Value::from(digest.as_str())));
        serializer.collect_map(digest.chain(self.iter().map(|(key, value)| (key, value.clone()))))
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
