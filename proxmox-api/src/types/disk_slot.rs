//! Where a disk of a guest is, whichever kind the guest is.

use std::fmt;
use std::str::FromStr;

use super::{DriveSlot, GuestType, MountSlot, ParseError, serde_as_text};

/// The key of a disk in a guest's configuration: a drive of a virtual machine, or a volume of a container.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DiskSlot {
    /// Of a virtual machine: `scsi0`, `virtio1` …
    Drive(DriveSlot),
    /// Of a container: `rootfs`, `mp0` …
    Mount(MountSlot),
}

impl DiskSlot {
    /// The kind of guest that has such a disk.
    pub fn kind(self) -> GuestType {
        match self {
            Self::Drive(_) => GuestType::Qemu,
            Self::Mount(_) => GuestType::Lxc,
        }
    }
}

impl From<DriveSlot> for DiskSlot {
    fn from(slot: DriveSlot) -> Self {
        Self::Drive(slot)
    }
}

impl From<MountSlot> for DiskSlot {
    fn from(slot: MountSlot) -> Self {
        Self::Mount(slot)
    }
}

impl fmt::Display for DiskSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drive(slot) => slot.fmt(f),
            Self::Mount(slot) => slot.fmt(f),
        }
    }
}

/// As it is written.
impl fmt::Debug for DiskSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for DiskSlot {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mount = || text.parse().map(Self::Mount);
        text.parse().map(Self::Drive).or_else(|_: ParseError| mount()).map_err(|_: ParseError| {
            ParseError::new("disk", text, "expected scsi0, virtio0, sata0, ide0 …, or of a container rootfs, mp0 …")
        })
    }
}

serde_as_text!(DiskSlot);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_tells_the_kind_of_its_guest() {
        let kind = |text: &str| text.parse::<DiskSlot>().map(DiskSlot::kind);
        assert_eq!(kind("scsi1").unwrap(), GuestType::Qemu);
        assert_eq!(kind("rootfs").unwrap(), GuestType::Lxc);
        assert_eq!(kind("mp3").unwrap(), GuestType::Lxc);
        assert!(kind("net0").is_err() && kind("").is_err() && kind("scsi31").is_err());
        let slot: DiskSlot = serde_json::from_str("\"mp0\"").unwrap();
        assert_eq!((format!("{slot:?}"), serde_json::to_string(&slot).unwrap()), ("mp0".into(), "\"mp0\"".into()));
    }
}
