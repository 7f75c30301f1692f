//! What a virtual machine boots from: `boot`.

use std::fmt;
use std::str::FromStr;

use super::PropertyString;
use crate::types::{DriveSlot, ParseError, serde_as_text};

/// The value of `boot`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BootOrder {
    /// `order=scsi0;net0`: devices, first to last.
    Order(Vec<String>),
    /// `cdn`, the form before Proxmox VE 6.3: letters for disk, CD-ROM and network; which disk, says `bootdisk`.
    Legacy(String),
}

impl BootOrder {
    /// The devices, first to last. The old form names none.
    pub fn devices(&self) -> &[String] {
        match self {
            BootOrder::Order(devices) => devices,
            BootOrder::Legacy(_) => &[],
        }
    }

    /// The devices that are drive slots, first to last. Some may hold a CD-ROM, or nothing.
    pub fn slots(&self) -> impl Iterator<Item = DriveSlot> {
        self.devices().iter().filter_map(|device| device.parse().ok())
    }

    /// The first slot for which `is_disk` holds.
    pub fn first_disk(&self, mut is_disk: impl FnMut(DriveSlot) -> bool) -> Option<DriveSlot> {
        self.slots().find(|slot| is_disk(*slot))
    }
}

impl FromStr for BootOrder {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let properties: PropertyString = text.parse()?;
        if let Some(order) = properties.get("order") {
            let devices = order.split(';').map(str::trim).filter(|device| !device.is_empty());
            return Ok(BootOrder::Order(devices.map(str::to_owned).collect()));
        }
        let legacy = properties.default_value().or_else(|| properties.get("legacy"));
        legacy.map(|letters| BootOrder::Legacy(letters.to_owned())).ok_or_else(|| {
            ParseError::new("boot order", text, "expected order=DEVICE;DEVICE or the letters of the old form")
        })
    }
}

impl fmt::Display for BootOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BootOrder::Order(devices) => write!(f, "order={}", devices.join(";")),
            BootOrder::Legacy(letters) => f.write_str(letters),
        }
    }
}

serde_as_text!(BootOrder);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_and_written() {
        for text in ["order=scsi0;net0", "order=", "cdn"] {
            assert_eq!(text.parse::<BootOrder>().unwrap().to_string(), text);
        }
        assert_eq!("legacy=cdn".parse::<BootOrder>().unwrap(), BootOrder::Legacy("cdn".into()));
        assert!("".parse::<BootOrder>().is_err());
    }

    #[test]
    fn the_first_disk_skips_what_is_none() {
        let order: BootOrder = "order=net0;ide2;scsi0;virtio1".parse().unwrap();
        let slots: Vec<String> = order.slots().map(|slot| slot.to_string()).collect();
        assert_eq!(slots, ["ide2", "scsi0", "virtio1"]);
        let first = order.first_disk(|slot| slot.to_string() != "ide2").unwrap();
        assert_eq!(first.to_string(), "scsi0");
    }
}
