//! Addresses for cloud-init: `ipconfig0`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::PropertyString;
use crate::types::{ParseError, serde_as_text};

/// An address with the length of its network's prefix: `192.0.2.10/24`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    /// The address, host bits included.
    pub address: IpAddr,
    /// The length of the prefix in bits.
    pub prefix: u8,
}

impl Cidr {
    /// An address with its prefix length.
    ///
    /// # Errors
    /// The length exceeds 32 (IPv4) or 128 (IPv6).
    pub fn new(address: IpAddr, prefix: u8) -> Result<Self, ParseError> {
        let max = if address.is_ipv4() { 32 } else { 128 };
        if prefix <= max {
            return Ok(Self { address, prefix });
        }
        Err(ParseError::new("address", format!("{address}/{prefix}"), format!("the prefix is longer than {max} bits")))
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// As it is written.
impl fmt::Debug for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Cidr {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let error =
            || ParseError::new("address", text, "expected an address and a prefix length, such as 192.0.2.10/24");
        let (address, prefix) = text.split_once('/').ok_or_else(error)?;
        if prefix.starts_with('+') {
            return Err(error());
        }
        Self::new(address.parse().map_err(|_| error())?, prefix.parse().map_err(|_| error())?)
    }
}

serde_as_text!(Cidr);

/// How an interface gets its address of one family.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum IpSetting {
    /// This address.
    Static(Cidr),
    /// From DHCP.
    Dhcp,
    /// From router advertisements (IPv6 only).
    Auto,
    /// Another word, such as a container's `manual`.
    Other(String),
}

impl IpSetting {
    /// True for a fixed address.
    pub fn is_static(&self) -> bool {
        matches!(self, IpSetting::Static(_))
    }

    /// The fixed address.
    pub fn cidr(&self) -> Option<Cidr> {
        match self {
            IpSetting::Static(cidr) => Some(*cidr),
            _ => None,
        }
    }
}

impl From<&str> for IpSetting {
    fn from(text: &str) -> Self {
        match text {
            "dhcp" => IpSetting::Dhcp,
            "auto" => IpSetting::Auto,
            text => text.parse().map_or_else(|_| IpSetting::Other(text.to_owned()), IpSetting::Static),
        }
    }
}

impl From<Cidr> for IpSetting {
    fn from(cidr: Cidr) -> Self {
        IpSetting::Static(cidr)
    }
}

impl fmt::Display for IpSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IpSetting::Static(cidr) => cidr.fmt(f),
            IpSetting::Dhcp => f.write_str("dhcp"),
            IpSetting::Auto => f.write_str("auto"),
            IpSetting::Other(word) => f.write_str(word),
        }
    }
}

impl FromStr for IpSetting {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.into())
    }
}

serde_as_text!(IpSetting);

/// The value of `ipconfigN`: `ip=192.0.2.10/24,gw=192.0.2.1,ip6=auto`.
///
/// Written in this order: `ip`, `gw`, `ip6`, `gw6`, the rest. Everything empty writes the empty string, which Proxmox
/// does not accept as a value: delete the key instead ([`IpConfig::is_empty`]).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct IpConfig {
    /// How the interface gets its IPv4 address; absent together with `ip6`, cloud-init falls back to DHCP.
    pub ip: Option<IpSetting>,
    /// IPv4 gateway, only with a static `ip`.
    pub gw: Option<IpAddr>,
    /// How the interface gets its IPv6 address.
    pub ip6: Option<IpSetting>,
    /// IPv6 gateway, only with a static `ip6`.
    pub gw6: Option<IpAddr>,
    /// What is not known here, in its order.
    pub rest: Vec<(String, String)>,
}

impl IpConfig {
    /// True if nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl FromStr for IpConfig {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (default, pairs) = text.parse::<PropertyString>()?.into_parts();
        if let Some(value) = default {
            return Err(ParseError::new("ipconfig", text, format!("{value:?} has no key")));
        }
        let mut config = Self::default();
        for (key, value) in pairs {
            match (key.as_str(), value.parse()) {
                ("ip", _) => config.ip = Some(value.as_str().into()),
                ("ip6", _) => config.ip6 = Some(value.as_str().into()),
                ("gw", Ok(gateway)) => config.gw = Some(gateway),
                ("gw6", Ok(gateway)) => config.gw6 = Some(gateway),
                _ => config.rest.push((key, value)),
            }
        }
        Ok(config)
    }
}

impl fmt::Display for IpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut properties = PropertyString::new();
        let known = [
            ("ip", self.ip.as_ref().map(ToString::to_string)),
            ("gw", self.gw.map(|gateway| gateway.to_string())),
            ("ip6", self.ip6.as_ref().map(ToString::to_string)),
            ("gw6", self.gw6.map(|gateway| gateway.to_string())),
        ];
        for (key, value) in known {
            if let Some(value) = value {
                properties.set(key, value);
            }
        }
        for (key, value) in &self.rest {
            properties.set(key, value);
        }
        properties.fmt(f)
    }
}

serde_as_text!(IpConfig);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn static_dhcp_and_auto_are_told_apart() {
        let config: IpConfig = "gw=192.0.2.1,ip=192.0.2.10/24,ip6=auto".parse().unwrap();
        assert_eq!(config.ip.as_ref().unwrap().cidr().unwrap().to_string(), "192.0.2.10/24");
        assert_eq!(config.gw.unwrap().to_string(), "192.0.2.1");
        assert_eq!(config.ip6, Some(IpSetting::Auto));
        assert_eq!(config.to_string(), "ip=192.0.2.10/24,gw=192.0.2.1,ip6=auto");
        assert_eq!("ip=dhcp".parse::<IpConfig>().unwrap().ip, Some(IpSetting::Dhcp));
        assert_eq!("ip=manual".parse::<IpConfig>().unwrap().ip, Some(IpSetting::Other("manual".into())));
    }

    #[test]
    fn the_unknown_is_kept() {
        for text in ["ip=dhcp,gw=notanaddress", "ip=dhcp,future=1"] {
            assert_eq!(text.parse::<IpConfig>().unwrap().to_string(), text);
        }
        assert!("".parse::<IpConfig>().unwrap().is_empty());
        assert!("192.0.2.1/24".parse::<IpConfig>().is_err());
    }

    #[test]
    fn prefixes_are_checked() {
        for good in ["192.0.2.1/32", "2001:db8::1/128", "0.0.0.0/0"] {
            assert_eq!(good.parse::<Cidr>().unwrap().to_string(), good);
        }
        for bad in ["192.0.2.1", "192.0.2.1/33", "2001:db8::1/129", "192.0.2.1/", "192.0.2.1/+8", "x/8"] {
            assert!(bad.parse::<Cidr>().is_err(), "{bad}");
        }
    }

    fn any_setting(v6: bool) -> impl Strategy<Value = IpSetting> {
        let cidr = if v6 {
            (any::<u128>(), 0..=128_u8)
                .prop_map(|(a, p)| Cidr { address: std::net::Ipv6Addr::from(a).into(), prefix: p })
                .boxed()
        } else {
            (any::<u32>(), 0..=32_u8)
                .prop_map(|(a, p)| Cidr { address: std::net::Ipv4Addr::from(a).into(), prefix: p })
                .boxed()
        };
        prop_oneof![cidr.prop_map(IpSetting::Static), Just(IpSetting::Dhcp), Just(IpSetting::Auto)]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            ip in prop::option::of(any_setting(false)),
            ip6 in prop::option::of(any_setting(true)),
            gw in prop::option::of(any::<std::net::Ipv4Addr>()),
            gw6 in prop::option::of(any::<std::net::Ipv6Addr>()),
        ) {
            let config = IpConfig { ip, ip6, gw: gw.map(Into::into), gw6: gw6.map(Into::into), rest: Vec::new() };
            prop_assert_eq!(config.to_string().parse::<IpConfig>().unwrap(), config);
        }
    }
}
