//! Addresses of one interface: what a change does not mention stays.

use std::net::IpAddr;

use proxmox_api::{Cidr, IpConfig, IpSetting};

use crate::part::Part;
use crate::settings::Addressing;

/// The value of `ipconfigN` after a change: what the change does not mention stays.
pub(super) fn merged(present: &IpConfig, v4: &Part<Addressing>, v6: &Part<Addressing>) -> IpConfig {
    let (ip, gw) = family(present.ip.clone(), present.gw, v4);
    let (ip6, gw6) = family(present.ip6.clone(), present.gw6, v6);
    IpConfig { ip, gw, ip6, gw6, rest: present.rest.clone() }
}

fn family(
    setting: Option<IpSetting>,
    gateway: Option<IpAddr>,
    change: &Part<Addressing>,
) -> (Option<IpSetting>, Option<IpAddr>) {
    match change {
        Part::Unknown => (setting, gateway),
        // A static address goes with its gateway; `dhcp` and `auto` stay.
        Part::None => match setting.filter(|setting| !setting.is_static()) {
            Some(setting) => (Some(setting), gateway),
            None => (None, None),
        },
        Part::Given(Addressing { address, gateway }) => {
            let cidr = Cidr::new(address.addr(), address.prefix_len()).ok();
            (cidr.map(IpSetting::Static), *gateway)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn after(present: &str, v4: Part<Addressing>, v6: Part<Addressing>) -> String {
        let present = if present.is_empty() { IpConfig::default() } else { present.parse().unwrap() };
        merged(&present, &v4, &v6).to_string()
    }

    fn to(address: &str, gateway: Option<&str>) -> Part<Addressing> {
        Part::Given(Addressing { address: address.parse().unwrap(), gateway: gateway.map(|ip| ip.parse().unwrap()) })
    }

    #[test]
    fn one_family_changes_without_the_other() {
        let v4 = to("192.0.2.10/24", Some("192.0.2.1"));
        assert_eq!(after("", v4, Part::Unknown), "ip=192.0.2.10/24,gw=192.0.2.1");
        assert_eq!(after("ip=dhcp,ip6=auto", v4, Part::Unknown), "ip=192.0.2.10/24,gw=192.0.2.1,ip6=auto");
        assert_eq!(after("ip=192.0.2.9/24,gw=192.0.2.1,ip6=auto", Part::None, Part::Unknown), "ip6=auto");
        assert_eq!(after("ip=dhcp,ip6=2001:db8::1/64,gw6=fe80::1", Part::None, Part::None), "ip=dhcp");
        assert_eq!(after("ip=dhcp", Part::Unknown, to("2001:db8::9/127", None)), "ip=dhcp,ip6=2001:db8::9/127");
    }
}
