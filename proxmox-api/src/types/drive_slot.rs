//! Where a drive is plugged in.

use std::fmt;
use std::str::FromStr;

use super::{ParseError, serde_as_text};

/// A bus that drives of a virtual machine are attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bus {
    /// `ide0` to `ide3`
    Ide,
    /// `sata0` to `sata5`
    Sata,
    /// `scsi0` to `scsi30`
    Scsi,
    /// `virtio0` to `virtio15`
    Virtio,
}

impl Bus {
    /// All of them.
    pub const ALL: [Bus; 4] = [Bus::Ide, Bus::Sata, Bus::Scsi, Bus::Virtio];

    /// As Proxmox writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Bus::Ide => "ide",
            Bus::Sata => "sata",
            Bus::Scsi => "scsi",
            Bus::Virtio => "virtio",
        }
    }

    /// The highest index on this bus (schema of Proxmox VE 9.1).
    pub const fn max_index(self) -> u8 {
        match self {
            Bus::Ide => 3,
            Bus::Sata => 5,
            Bus::Scsi => 30,
            Bus::Virtio => 15,
        }
    }

    /// Every slot of this bus, lowest first.
    pub fn slots(self) -> impl Iterator<Item = DriveSlot> {
        (0..=self.max_index()).map(move |index| DriveSlot { bus: self, index })
    }
}

impl fmt::Display for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Bus {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let found = Bus::ALL.into_iter().find(|bus| bus.as_str() == text);
        found.ok_or_else(|| ParseError::new("bus", text, "expected ide, sata, scsi or virtio"))
    }
}

serde_as_text!(Bus);

/// A bus and an index on it, such as `scsi1`: the key of a drive in a configuration.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DriveSlot {
    /// The bus.
    pub bus: Bus,
    /// The index on it, from 0.
    pub index: u8,
}

impl DriveSlot {
    /// A slot.
    ///
    /// # Errors
    /// The bus has no such index.
    pub fn new(bus: Bus, index: u8) -> Result<Self, ParseError> {
        if index <= bus.max_index() {
            return Ok(Self { bus, index });
        }
        let reason = format!("{bus} ends at {bus}{}", bus.max_index());
        Err(ParseError::new("drive slot", format!("{bus}{index}"), reason))
    }
}

impl fmt::Display for DriveSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}{}", self.bus, self.index))
    }
}

/// As it is written: plans and their differences are read by people.
impl fmt::Debug for DriveSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for DriveSlot {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let error = || ParseError::new("drive slot", text, "expected a bus and an index, such as scsi1");
        let digits = text.find(|c: char| c.is_ascii_digit()).ok_or_else(error)?;
        let (bus, index) = text.split_at(digits);
        let plain = index.bytes().all(|b| b.is_ascii_digit()) && (index == "0" || !index.starts_with('0'));
        if !plain {
            return Err(error());
        }
        Self::new(bus.parse()?, index.parse().map_err(|_| error())?)
    }
}

serde_as_text!(DriveSlot);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_is_read_back() {
        let all: Vec<DriveSlot> = Bus::ALL.into_iter().flat_map(Bus::slots).collect();
        assert_eq!(all.len(), 4 + 6 + 31 + 16);
        for slot in &all {
            assert_eq!(slot.to_string().parse::<DriveSlot>().unwrap(), *slot);
        }
        assert!(all.is_sorted());
    }

    #[test]
    fn what_proxmox_lacks_is_refused() {
        for bad in [
            "ide4", "sata6", "scsi31", "virtio16", "scsi", "scsi01", "scsi-1", "SCSI0", "scsihw", "net0", "unused0",
            "scsi256", "1", "",
        ] {
            assert!(bad.parse::<DriveSlot>().is_err(), "{bad}");
        }
    }

    #[test]
    fn slots_order_by_number_not_by_text() {
        let slot = |text: &str| text.parse::<DriveSlot>().unwrap();
        assert!(slot("scsi2") < slot("scsi10"));
        assert_eq!(serde_json::to_string(&slot("scsi1")).unwrap(), r#""scsi1""#);
    }
}
