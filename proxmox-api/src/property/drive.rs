//! Drives: `scsi0`, `ide2`, `unused0`, `rootfs`, `mp0` …

use std::fmt;
use std::str::FromStr;

use super::PropertyString;
use crate::types::{MiB, ParseError, StorageId, scalar, serde_as_text};

/// A volume on a storage: `local-lvm:vm-100-disk-0`, `local:100/vm-100-disk-0.qcow2`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VolumeId {
    /// The storage.
    pub storage: StorageId,
    /// The name within the storage, which may contain slashes.
    pub name: String,
}

impl fmt::Display for VolumeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.storage, self.name)
    }
}

impl FromStr for VolumeId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text.split_once(':') {
            Some((storage, name)) if !name.is_empty() => Ok(Self { storage: storage.parse()?, name: name.to_owned() }),
            _ => Err(ParseError::new("volume", text, "expected storage:name")),
        }
    }
}

serde_as_text!(VolumeId);

/// The value of a drive: the volume, then options.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Drive(PropertyString);

impl Drive {
    /// A drive with this volume and no options.
    pub fn new(volume: impl fmt::Display) -> Self {
        Self(PropertyString::with_default(volume.to_string()))
    }

    /// Asks for a new volume of this size: `local-lvm:20`, a number of gibibytes, exact also for `local-lvm:3.5`.
    pub fn allocate(storage: &StorageId, size: MiB) -> Self {
        Self::new(format_args!("{storage}:{}", size.to_gib_decimal()))
    }

    /// The volume, a path, `none`, or `cdrom` (the node's own drive).
    pub fn volume(&self) -> &str {
        self.0.default_value().or_else(|| self.0.get("file")).unwrap_or("none")
    }

    /// The volume, where it is one on a storage.
    pub fn volume_id(&self) -> Option<VolumeId> {
        let volume = self.volume();
        (!volume.starts_with('/')).then(|| volume.parse().ok()).flatten()
    }

    /// The storage of the volume.
    pub fn storage(&self) -> Option<StorageId> {
        self.volume_id().map(|volume| volume.storage)
    }

    /// The format of the volume: its file's extension. What is no file is `raw`.
    pub fn format(&self) -> String {
        let name = self.volume_id().map(|volume| volume.name).unwrap_or_default();
        let extension = name.rsplit('/').next().and_then(|file| file.rsplit_once('.')).map(|(_, it)| it.to_owned());
        extension.filter(|_| name.contains('/')).unwrap_or_else(|| "raw".to_owned())
    }

    /// The size that Proxmox noted, rounded up; of a volume that is only asked for ([`allocate`](Self::allocate)), the
    /// size asked for. Absent for what was never measured, such as a cloud-init drive just made.
    pub fn size(&self) -> Option<MiB> {
        match self.0.get("size") {
            Some(size) => size.parse().ok(),
            None => format!("{}G", self.volume_id()?.name).parse().ok(),
        }
    }

    /// True for a CD-ROM drive, which a cloud-init drive is too.
    pub fn is_cdrom(&self) -> bool {
        self.0.get("media") == Some("cdrom") || self.volume() == "cdrom"
    }

    /// True for the drive on which Proxmox writes the cloud-init data, or for the request to make one.
    pub fn is_cloudinit(&self) -> bool {
        let Some(VolumeId { name, .. }) = self.volume_id() else {
            return false;
        };
        let file = name.rsplit('/').next().unwrap_or(&name);
        let stem = file.split_once('.').map_or(file, |(stem, _)| stem);
        let generated = stem.strip_prefix("vm-").and_then(|rest| rest.strip_suffix("-cloudinit"));
        stem == "cloudinit"
            || generated.is_some_and(|vmid| !vmid.is_empty() && vmid.bytes().all(|b| b.is_ascii_digit()))
    }

    /// An option that is a boolean.
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.0.get(key).and_then(scalar::word_as_bool)
    }

    /// An option.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)
    }

    /// The same with an option set.
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.set(key, value);
        self
    }

    /// The whole value.
    pub fn properties(&self) -> &PropertyString {
        &self.0
    }
}

impl FromStr for Drive {
    type Err = ParseError;

    /// # Errors
    /// It is no property string, or names no volume.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let properties: PropertyString = text.parse()?;
        if properties.default_value().or_else(|| properties.get("file")).is_none() {
            return Err(ParseError::new("drive", text, "it names no volume"));
        }
        Ok(Self(properties))
    }
}

impl fmt::Display for Drive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

serde_as_text!(Drive);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drive(text: &str) -> Drive {
        text.parse().unwrap()
    }

    #[test]
    fn a_disk() {
        let disk = drive("second:101/vm-101-disk-0.raw,discard=on,size=3584M,ssd=1");
        assert_eq!(disk.volume(), "second:101/vm-101-disk-0.raw");
        assert_eq!(disk.storage().unwrap().as_str(), "second");
        assert_eq!(disk.volume_id().unwrap().name, "101/vm-101-disk-0.raw");
        assert_eq!(disk.size(), Some(MiB(3584)));
        assert_eq!(disk.flag("ssd"), Some(true));
        assert!(!disk.is_cdrom() && !disk.is_cloudinit());
    }

    #[test]
    fn a_linked_disk_names_its_base() {
        let disk = drive("local:9000/base-9000-disk-0.qcow2/102/vm-102-disk-0.qcow2,size=1G");
        assert_eq!(disk.volume_id().unwrap().name, "9000/base-9000-disk-0.qcow2/102/vm-102-disk-0.qcow2");
    }

    #[test]
    fn a_volume_has_the_format_of_its_file() {
        let table = [
            ("local:101/vm-101-disk-0.qcow2,size=1G", "qcow2"),
            ("nas:9000/base-9000-disk-0.raw/102/vm-102-disk-0.vmdk", "vmdk"),
            ("local-lvm:vm-101-disk-0,size=1G", "raw"),
            ("rbd.fast:vm-101-disk-0", "raw"),
        ];
        for (text, expected) in table {
            assert_eq!(drive(text).format(), expected, "{text}");
        }
    }

    #[test]
    fn cdroms_and_the_cloudinit_drive() {
        for text in [
            "local:101/vm-101-cloudinit.qcow2,media=cdrom",
            "local-lvm:vm-101-cloudinit,media=cdrom,size=4M",
            "local:cloudinit",
        ] {
            assert!(drive(text).is_cloudinit(), "{text}");
        }
        assert!(drive("local:101/vm-101-cloudinit.qcow2,media=cdrom").is_cdrom());
        for text in ["none,media=cdrom", "cdrom", "local:iso/debian.iso,media=cdrom,size=600M"] {
            assert!(drive(text).is_cdrom() && !drive(text).is_cloudinit(), "{text}");
        }
        assert!(!drive("local:iso/vm-cloudinit-tools.iso,media=cdrom").is_cloudinit());
    }

    #[test]
    fn paths_and_nothing_are_no_volumes() {
        for text in ["/dev/sdb,size=1T", "none,media=cdrom", "cdrom"] {
            assert_eq!(drive(text).volume_id(), None, "{text}");
        }
        assert!("size=1G".parse::<Drive>().is_err());
        assert_eq!(drive("file=local:x,size=1G").volume(), "local:x");
    }

    #[test]
    fn a_new_volume_is_asked_for_in_exact_gibibytes() {
        let storage: StorageId = "local-lvm".parse().unwrap();
        assert_eq!(Drive::allocate(&storage, MiB::from_gib(20)).to_string(), "local-lvm:20");
        assert_eq!(Drive::allocate(&storage, MiB(3584)).to_string(), "local-lvm:3.5");
        assert_eq!(Drive::allocate(&storage, MiB(3584)).with("ssd", "1").to_string(), "local-lvm:3.5,ssd=1");
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_back(properties in crate::property::string::tests::any_property_string()) {
            let text = properties.to_string();
            if let Ok(drive) = text.parse::<Drive>() {
                prop_assert_eq!(drive.to_string(), text);
            }
        }
    }
}
