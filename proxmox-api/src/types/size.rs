//! Sizes, always binary.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ParseError;

/// A size in binary mebibytes (1 MiB = 1 048 576 bytes), the unit in which Proxmox states memory.
///
/// Written as Proxmox writes the size of a disk, in the largest unit that is exact: `20G`, `3584M`, `1T`.
/// Serialised as the number of mebibytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MiB(pub u64);

const BYTES_PER_MIB: u128 = 1 << 20;

impl MiB {
    /// So many gibibytes. Saturates.
    pub const fn from_gib(gib: u64) -> Self {
        MiB(gib.saturating_mul(1024))
    }

    /// So many bytes, rounded up.
    pub const fn from_bytes(bytes: u64) -> Self {
        MiB(bytes.div_ceil(1 << 20))
    }

    /// In bytes. Saturates.
    pub const fn bytes(self) -> u64 {
        self.0.saturating_mul(1 << 20)
    }

    /// As an exact decimal number of gibibytes, the unit in which a new volume is asked for: 3584 MiB is `3.5`.
    ///
    /// Exact because 1/1024 has ten decimals.
    pub fn to_gib_decimal(self) -> String {
        let whole = self.0 / 1024;
        let tenth_billionths = u128::from(self.0 % 1024) * 10_000_000_000 / 1024;
        if tenth_billionths == 0 {
            return whole.to_string();
        }
        let decimals = format!("{tenth_billionths:010}");
        format!("{whole}.{}", decimals.trim_end_matches('0'))
    }

    /// The difference, zero where it would be negative.
    pub const fn saturating_sub(self, other: MiB) -> MiB {
        MiB(self.0.saturating_sub(other.0))
    }
}

impl Add for MiB {
    type Output = MiB;

    /// Saturates.
    fn add(self, other: MiB) -> MiB {
        MiB(self.0.saturating_add(other.0))
    }
}

impl Sub for MiB {
    type Output = MiB;

    /// Zero where the difference would be negative.
    fn sub(self, other: MiB) -> MiB {
        self.saturating_sub(other)
    }
}

impl fmt::Display for MiB {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const GIB: u64 = 1024;
        const TIB: u64 = 1024 * 1024;
        match self.0 {
            0 => f.write_str("0"),
            n if n % TIB == 0 => write!(f, "{}T", n / TIB),
            n if n % GIB == 0 => write!(f, "{}G", n / GIB),
            n => write!(f, "{n}M"),
        }
    }
}

impl FromStr for MiB {
    type Err = ParseError;

    /// A number with an optional fraction and one of the suffixes `K`, `M`, `G`, `T` (none: bytes), rounded up to
    /// whole mebibytes.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let error = |reason: &str| ParseError::new("size", text, reason);
        let (number, unit) = match text.bytes().last() {
            Some(b'K') => (&text[..text.len() - 1], 1_u128 << 10),
            Some(b'M') => (&text[..text.len() - 1], 1 << 20),
            Some(b'G') => (&text[..text.len() - 1], 1 << 30),
            Some(b'T') => (&text[..text.len() - 1], 1 << 40),
            _ => (text, 1),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(error("expected a number with an optional suffix K, M, G or T"));
        }
        let too_large = || error("too large");
        // 18 digits are more than any 2^-40 step needs to be told from its neighbours.
        let fraction = &fraction[..fraction.len().min(18)];
        let scale = 10_u128.pow(fraction.len() as u32);
        let whole: u64 = whole.parse().map_err(|_| too_large())?;
        let fraction: u128 = fraction.parse().map_err(|_| too_large())?;
        let bytes = u128::from(whole) * unit + (fraction * unit).div_ceil(scale);
        u64::try_from(bytes.div_ceil(BYTES_PER_MIB)).map(MiB).map_err(|_| too_large())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn is_written_as_proxmox_writes_it() {
        for (mib, text) in [(20_480, "20G"), (3584, "3584M"), (1 << 20, "1T"), (4, "4M"), (0, "0")] {
            assert_eq!(MiB(mib).to_string(), text);
        }
    }

    #[test]
    fn reads_proxmoxs_suffixes_and_rounds_up() {
        for (text, mib) in [
            ("20G", 20_480),
            ("3.5G", 3584),
            ("528K", 1),
            ("4M", 4),
            ("1T", 1 << 20),
            ("6442450944", 6144),
            ("1", 1),
            ("0", 0),
            ("0.5M", 1),
        ] {
            assert_eq!(text.parse::<MiB>().unwrap(), MiB(mib), "{text}");
        }
        for bad in ["", "G", "-1G", "1.G", ".5G", "1 G", "20g", "20GB", "1e3", "99999999999999999999T", "+1G"] {
            assert!(bad.parse::<MiB>().is_err(), "{bad}");
        }
    }

    #[test]
    fn gibibytes_are_exact_decimals() {
        for (mib, text) in [(20_480, "20"), (3584, "3.5"), (1, "0.0009765625"), (1025, "1.0009765625"), (512, "0.5")] {
            assert_eq!(MiB(mib).to_gib_decimal(), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(mib in 0_u64..1 << 40) {
            prop_assert_eq!(MiB(mib).to_string().parse::<MiB>().unwrap(), MiB(mib));
            prop_assert_eq!(format!("{}G", MiB(mib).to_gib_decimal()).parse::<MiB>().unwrap(), MiB(mib));
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = text.parse::<MiB>();
        }
    }
}
