//! Where a volume is mounted in a container.

use std::fmt;
use std::str::FromStr;

use super::{ParseError, serde_as_text};

/// The key of a container's volume: `rootfs`, or `mp0` to `mp255` (schema of Proxmox VE 9.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MountSlot {
    /// The root file system.
    Rootfs,
    /// A mount point.
    Mp(u8),
}

impl fmt::Display for MountSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rootfs => f.pad("rootfs"),
            Self::Mp(index) => f.pad(&format!("mp{index}")),
        }
    }
}

/// As it is written.
impl fmt::Debug for MountSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for MountSlot {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let error = || ParseError::new("mount point", text, "expected rootfs, or mp0 to mp255");
        if text == "rootfs" {
            return Ok(Self::Rootfs);
        }
        let index = text.strip_prefix("mp").ok_or_else(error)?;
        let plain = index.bytes().all(|b| b.is_ascii_digit()) && (index == "0" || !index.starts_with('0'));
        index.parse().ok().filter(|_| plain).map(Self::Mp).ok_or_else(error)
    }
}

serde_as_text!(MountSlot);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_what_proxmox_calls_them() {
        for text in ["rootfs", "mp0", "mp17", "mp255"] {
            assert_eq!(text.parse::<MountSlot>().unwrap().to_string(), text);
        }
        for text in ["", "mp", "mp256", "mp01", "mp-1", "mp+1", "scsi0", "ROOTFS"] {
            assert!(text.parse::<MountSlot>().is_err(), "{text}");
        }
        assert!(MountSlot::Rootfs < MountSlot::Mp(0));
    }
}
