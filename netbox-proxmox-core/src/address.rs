//! A guest's address, and its gateway by rule.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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
}

impl GatewayRule {
    /// The gateway of `address`, the address with its prefix length.
    ///
    /// There is none for /31, /32, /127 and /128, and none where the rule names the guest's own address.
    pub fn gateway(self, address: &IpNet) -> Option<IpAddr> {
        let gateway = match (self, address) {
            (Self::None, _) => return None,
            (rule, IpNet::V4(net)) => IpAddr::V4(rule.v4(net)?),
            (rule, IpNet::V6(net)) => IpAddr::V6(rule.v6(net)?),
        };
        (gateway != address.addr()).then_some(gateway)
    }

    fn v4(self, net: &Ipv4Net) -> Option<Ipv4Addr> {
        if net.prefix_len() >= 31 {
            return None;
        }
        let host = match self {
            Self::Last => u32::from(net.broadcast()) - 1,
            Self::First | Self::None => u32::from(net.network()) + 1,
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
            Self::First | Self::None => u128::from(net.network()) + 1,
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
