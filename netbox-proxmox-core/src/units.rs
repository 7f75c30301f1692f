//! NetBox's megabytes and Proxmox's mebibytes.
//!
//! NetBox stores disk sizes in MB; whether 1 GB is 1000 or 1024 of them is its setting `DISK_BASE_UNIT` (1000 unless
//! set). Proxmox's sizes are binary. With base B: MiB = ⌈MB × 1024 ÷ B⌉ and MB = ⌊MiB × B ÷ 1024⌋, so what was
//! written as MB reads back as the same MB. Sizes are compared in MB, never in MiB.

use std::fmt;

use proxmox_api::MiB;
use serde::{Deserialize, Serialize};

/// A disk size as NetBox stores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Megabytes(pub u64);

impl fmt::Display for Megabytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} MB", self.0)
    }
}

/// How many MB NetBox counts as one GB (its `DISK_BASE_UNIT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiskBase {
    /// 1000 MB are 1 GB: NetBox's default.
    #[default]
    Decimal,
    /// 1024 MB are 1 GB.
    Binary,
}

impl DiskBase {
    fn base(self) -> u128 {
        match self {
            Self::Decimal => 1000,
            Self::Binary => 1024,
        }
    }

    /// The size to ask Proxmox for: rounded up, so that NetBox's figure fits.
    pub fn to_mib(self, size: Megabytes) -> MiB {
        MiB(saturate((u128::from(size.0) * 1024).div_ceil(self.base())))
    }

    /// What a size of Proxmox is in NetBox: rounded down.
    pub fn to_megabytes(self, size: MiB) -> Megabytes {
        Megabytes(saturate(u128::from(size.0) * self.base() / 1024))
    }
}

fn saturate(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn twenty_gigabytes_of_netbox_are_20g_of_proxmox() {
        assert_eq!(DiskBase::Decimal.to_mib(Megabytes(20_000)), MiB(20_480));
        assert_eq!(DiskBase::Binary.to_mib(Megabytes(20_480)), MiB(20_480));
        assert_eq!(DiskBase::Decimal.to_megabytes(MiB(20_480)), Megabytes(20_000));
    }

    /// A proof: 1000 : 1024 is 125 : 128, so 125 MB more are 128 MiB more, both ways; what holds of the first 125 holds of all.
    #[test]
    fn every_size_reads_back_as_it_was_written_and_fits() {
        let (most, base) = (u64::MAX / 1_024, DiskBase::Decimal);
        for periods in [0, 1, 2, 1 << 20, most / 125 - 1] {
            for rest in 0..125 {
                let size = Megabytes(periods * 125 + rest);
                let asked = base.to_mib(size);
                assert_eq!(asked.0, periods * 128 + base.to_mib(Megabytes(rest)).0, "{size}");
                assert_eq!(base.to_megabytes(asked), size);
                assert!(u128::from(asked.0) * 1_000 >= u128::from(size.0) * 1_024, "{size} fits");
            }
        }
        for size in (0..10_000).chain(most - 10..=most) {
            let size = Megabytes(size);
            assert_eq!(
                (DiskBase::Binary.to_mib(size), DiskBase::Binary.to_megabytes(MiB(size.0))),
                (MiB(size.0), size)
            );
        }
    }

    proptest! {
        #[test]
        fn what_was_written_reads_back(mb in 0u64..=2_147_483_647) {
            for base in [DiskBase::Decimal, DiskBase::Binary] {
                prop_assert_eq!(base.to_megabytes(base.to_mib(Megabytes(mb))), Megabytes(mb));
            }
        }
    }
}
