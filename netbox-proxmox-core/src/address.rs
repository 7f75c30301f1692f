//! A guest's address, and its gateway by rule.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

/// Where a guest's default gateway is within the prefix of its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GatewayRule {
    /// The first usable host of the prefix.
    #[default]
    First,
    /// The last usable host of the prefix.
    Last,
    /// No gateway is set.
    None,
    /// These, one of each family; of a family without one the policy decides. They may be outside the prefix, as routed
    /// hosts need it, and link-local.
    Addresses {
        /// The IPv4 gateway.
        ipv4: Option<Ipv4Addr>,
        /// The IPv6 gateway.
        ipv6: Option<Ipv6Addr>,
    },
}

/// Text that is no gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a gateway is first, last or none, or an address: 192.0.2.1, fe80::1, or one of each family. Correct it, or clear it"
)]
pub struct NoGateway;

impl FromStr for GatewayRule {
    type Err = NoGateway;

    fn from_str(text: &str) -> Result<Self, NoGateway> {
        match text {
            "first" => return Ok(Self::First),
            "last" => return Ok(Self::Last),
            "none" => return Ok(Self::None),
            _ => {}
        }
        let (mut ipv4, mut ipv6) = (None, None);
        let words = text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
        for word in words {
            let again = match word.parse::<IpAddr>().map_err(|_| NoGateway)? {
                IpAddr::V4(ip) => ipv4.replace(ip).is_some(),
                IpAddr::V6(ip) => ipv6.replace(ip).is_some(),
            };
            if again {
                return Err(NoGateway);
            }
        }
        if ipv4.is_none() && ipv6.is_none() {
            return Err(NoGateway);
        }
        let usable4 = ipv4.is_none_or(|ip| !ip.is_unspecified() && !ip.is_multicast() && !ip.is_broadcast());
        let usable6 = ipv6.is_none_or(|ip| !ip.is_unspecified() && !ip.is_multicast() && !ip.is_loopback());
        if usable4 && usable6 { Ok(Self::Addresses { ipv4, ipv6 }) } else { Err(NoGateway) }
    }
}

impl GatewayRule {
    /// The gateway of `address`, the address with its prefix length.
    ///
    /// By position in the prefix there is none for /31, /32, /127 and /128; there is never one that is the guest's own address.
    pub fn gateway(self, address: &IpNet) -> Option<IpAddr> {
        let gateway = match (self, address) {
            (Self::None, _) => return None,
            (Self::Addresses { ipv4, .. }, IpNet::V4(_)) => IpAddr::V4(ipv4?),
            (Self::Addresses { ipv6, .. }, IpNet::V6(_)) => IpAddr::V6(ipv6?),
            (rule, IpNet::V4(net)) => IpAddr::V4(rule.v4(net)?),
            (rule, IpNet::V6(net)) => IpAddr::V6(rule.v6(net)?),
        };
        (gateway != address.addr()).then_some(gateway)
    }

    /// The rule for addresses of a family: what a record says of the other one only is left to the policy.
    pub(crate) fn or(self, policy: Self, v4: bool) -> Self {
        match self {
            Self::Addresses { ipv4: None, .. } if v4 => policy,
            Self::Addresses { ipv6: None, .. } if !v4 => policy,
            rule => rule,
        }
    }

    fn v4(self, net: &Ipv4Net) -> Option<Ipv4Addr> {
        if net.prefix_len() >= 31 {
            return None;
        }
        let host = match self {
            Self::Last => u32::from(net.broadcast()) - 1,
            Self::First | Self::None | Self::Addresses { .. } => u32::from(net.network()) + 1,
        };
        Some(host.into())
    }

    fn v6(self, net: &Ipv6Net) -> Option<Ipv6Addr> {
        if net.prefix_len() >= 127 {
            return None;
        }
        // IPv6 has no broadcast address: the last address of the prefix is a host.
        let host = match self {
            Self::Last => u128::from(net.broadcast()),
            Self::First | Self::None | Self::Addresses { .. } => u128::from(net.network()) + 1,
        };
        Some(host.into())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gateway(rule: GatewayRule, address: &str) -> Option<String> {
        rule.gateway(&address.parse().unwrap()).map(|ip| ip.to_string())
    }

    #[test]
    fn the_gateway_is_a_host_of_the_prefix_not_a_text() {
        let first = |address| gateway(GatewayRule::First, address);
        assert_eq!(first("192.0.2.10/24").as_deref(), Some("192.0.2.1"));
        assert_eq!(first("10.1.5.30/22").as_deref(), Some("10.1.4.1"));
        assert_eq!(first("192.0.2.200/25").as_deref(), Some("192.0.2.129"));
        assert_eq!(first("2001:db8::10/64").as_deref(), Some("2001:db8::1"));
        assert_eq!(gateway(GatewayRule::Last, "10.1.5.30/22").as_deref(), Some("10.1.7.254"));
        assert_eq!(gateway(GatewayRule::None, "10.1.5.30/22"), None);
    }

    #[test]
    fn point_to_point_prefixes_and_the_gateway_itself_have_none() {
        for address in ["192.0.2.1/31", "192.0.2.1/32", "2001:db8::1/127", "2001:db8::1/128", "192.0.2.1/24"] {
            assert_eq!(gateway(GatewayRule::First, address), None, "{address}");
        }
    }

    #[test]
    fn a_gateway_may_be_an_address_of_either_family_and_anywhere() {
        let rule = |text: &str| text.parse::<GatewayRule>().unwrap();
        assert_eq!(gateway(rule("10.73.3.253"), "10.73.0.52/22").as_deref(), Some("10.73.3.253"));
        assert_eq!(
            gateway(rule("198.51.100.1"), "203.0.113.9/32").as_deref(),
            Some("198.51.100.1"),
            "outside the prefix"
        );
        assert_eq!(gateway(rule("fe80::1"), "2001:db8::9/128").as_deref(), Some("fe80::1"));
        assert_eq!(gateway(rule("192.0.2.1, fe80::1"), "2001:db8::9/64").as_deref(), Some("fe80::1"));
        assert_eq!(gateway(rule("192.0.2.1 fe80::1"), "192.0.2.9/24").as_deref(), Some("192.0.2.1"));
        assert_eq!(gateway(rule("192.0.2.9"), "192.0.2.9/24"), None, "its own");
        assert_eq!(rule("192.0.2.1").or(GatewayRule::Last, false), GatewayRule::Last);
        assert_eq!(rule("192.0.2.1").or(GatewayRule::Last, true), rule("192.0.2.1"));
        for wrong in [
            "middle",
            "192.0.2",
            "192.0.2.1/24",
            "192.0.2.1 192.0.2.2",
            "0.0.0.0",
            "224.0.0.1",
            "::",
            ",",
            "fe80::1%eth0",
        ] {
            assert!(wrong.parse::<GatewayRule>().is_err(), "{wrong}");
        }
    }

    /// Every address of every prefix within a /24, and the first and last ones of all larger prefixes.
    #[test]
    fn every_prefix_has_its_first_and_its_last_host_as_gateway_or_none() {
        let check = |address: u32, len: u8| {
            let net = Ipv4Net::new(address.into(), len).unwrap();
            let (network, broadcast) = (u32::from(net.network()), u32::from(net.broadcast()));
            for (rule, host) in
                [(GatewayRule::First, network.wrapping_add(1)), (GatewayRule::Last, broadcast.wrapping_sub(1))]
            {
                let expected = (len <= 30 && host != address).then(|| IpAddr::V4(host.into()));
                assert_eq!(rule.gateway(&IpNet::V4(net)), expected, "{rule:?} of {net}");
            }
        };
        for len in 24..=32 {
            (0..=255).for_each(|host| check(0xc000_0200 + host, len));
        }
        for len in 0..24 {
            let hosts = u32::MAX >> len;
            for network in [0, !hosts, 0x0a00_0000 & !hosts] {
                [0, 1, 2, hosts - 1, hosts].into_iter().for_each(|host| check(network | host, len));
            }
        }
    }

    proptest! {
        #[test]
        fn a_gateway_is_inside_the_prefix_and_never_the_guest(addr: u32, len in 0u8..=32) {
            let address = IpNet::V4(Ipv4Net::new(addr.into(), len).unwrap());
            for rule in [GatewayRule::First, GatewayRule::Last] {
                if let Some(gateway) = rule.gateway(&address) {
                    prop_assert!(address.contains(&gateway) && gateway != address.addr());
                }
            }
        }
    }
}
