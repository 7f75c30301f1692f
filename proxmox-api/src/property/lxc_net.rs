//! Network devices of containers: `net0`.

use std::fmt;
use std::str::FromStr;

use super::{IpConfig, PropertyString};
use crate::types::{ParseError, scalar, serde_as_text};

/// The value of a container's `netN`: `name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:07,ip=192.0.2.7/24,gw=192.0.2.1`.
///
/// It holds the addresses, too, which a virtual machine has in `ipconfigN`. What is not changed is kept, in its order.
/// A device that is written without `hwaddr` gets a new one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LxcNet(PropertyString);

/// The keys that an [`IpConfig`] stands for.
const ADDRESSES: [&str; 4] = ["ip", "gw", "ip6", "gw6"];

impl LxcNet {
    /// A device with this name within the container, such as `eth0`.
    pub fn new(name: &str) -> Self {
        let mut device = Self::default();
        device.0.set("name", name);
        device
    }

    /// A part: `name`, `bridge`, `hwaddr`, `tag`, `mtu`, `firewall`, `link_down`, `trunks` …
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)
    }

    /// A part that is a number.
    pub fn number(&self, key: &str) -> Option<u32> {
        self.0.get(key)?.parse().ok()
    }

    /// A part that is a boolean; absent means no.
    pub fn flag(&self, key: &str) -> bool {
        self.0.get(key).and_then(scalar::word_as_bool).unwrap_or(false)
    }

    /// Its addresses.
    pub fn addresses(&self) -> IpConfig {
        let pairs = ADDRESSES.iter().filter_map(|key| Some(format!("{key}={}", self.0.get(key)?)));
        pairs.collect::<Vec<_>>().join(",").parse().unwrap_or_default()
    }

    /// The same with a part set, or without it.
    pub fn with(mut self, key: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.0.set(key, value.to_string()),
            None => drop(self.0.remove(key)),
        }
        self
    }

    /// The same with other addresses.
    pub fn with_addresses(self, addresses: &IpConfig) -> Self {
        let IpConfig { ip, gw, ip6, gw6, .. } = addresses;
        self.with("ip", ip.as_ref()).with("gw", gw.as_ref()).with("ip6", ip6.as_ref()).with("gw6", gw6.as_ref())
    }
}

impl FromStr for LxcNet {
    type Err = ParseError;

    /// # Errors
    /// It is no property string.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        text.parse().map(Self)
    }
}

impl fmt::Display for LxcNet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

serde_as_text!(LxcNet);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const TEXT: &str =
        "name=eth0,bridge=vmbr0,firewall=1,gw=192.0.2.1,hwaddr=BC:24:11:00:00:07,ip=192.0.2.7/24,tag=5,type=veth";

    #[test]
    fn one_part_changes_and_every_other_is_kept() {
        let device: LxcNet = TEXT.parse().unwrap();
        assert_eq!(device.to_string(), TEXT);
        assert_eq!((device.number("tag"), device.flag("firewall"), device.flag("link_down")), (Some(5), true, false));
        let changed = device.clone().with("tag", Some(7)).with("firewall", None::<&str>);
        assert_eq!(changed.to_string(), TEXT.replace("tag=5", "tag=7").replace(",firewall=1", ""));
        let addresses: IpConfig = "ip=198.51.100.7/24,ip6=auto".parse().unwrap();
        let moved = device.with_addresses(&addresses);
        assert_eq!(
            (moved.addresses(), moved.get("hwaddr"), moved.get("gw")),
            (addresses, Some("BC:24:11:00:00:07"), None)
        );
    }
}
