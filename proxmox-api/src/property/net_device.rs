//! Network devices of virtual machines: `net0`.

use std::fmt;
use std::str::FromStr;

use super::PropertyString;
use crate::types::{ParseError, scalar, serde_as_text};

/// The value of `netN`: `virtio=BC:24:11:13:3B:1E,bridge=vmbr0,firewall=1,tag=20`.
///
/// Written as Proxmox does: the model with its address, then the keys sorted. Proxmox gives a device that is written
/// without an address a *new* one each time (seen on 9.1), so keep [`macaddr`](Self::macaddr) when changing one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NetDevice {
    /// The emulated card, such as `virtio`.
    pub model: String,
    /// Its address, `XX:XX:XX:XX:XX:XX`.
    pub macaddr: Option<String>,
    /// The bridge it is attached to.
    pub bridge: Option<String>,
    /// The VLAN, 1 to 4094.
    pub tag: Option<u16>,
    /// Whether the firewall applies; absent means no.
    pub firewall: Option<bool>,
    /// The MTU; 1 means the bridge's.
    pub mtu: Option<u32>,
    /// Whether the cable is unplugged; absent means no.
    pub link_down: Option<bool>,
    /// What is not known here (`queues`, `rate`, `trunks` …).
    pub rest: Vec<(String, String)>,
}

/// Models may be written as `model=address` (schema of Proxmox VE 9.1).
const MODELS: [&str; 14] = [
    "e1000",
    "e1000-82540em",
    "e1000-82544gc",
    "e1000-82545em",
    "e1000e",
    "i82551",
    "i82557b",
    "i82559er",
    "ne2k_isa",
    "ne2k_pci",
    "pcnet",
    "rtl8139",
    "virtio",
    "vmxnet3",
];

impl NetDevice {
    /// A card of this model and nothing else.
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            macaddr: None,
            bridge: None,
            tag: None,
            firewall: None,
            mtu: None,
            link_down: None,
            rest: Vec::new(),
        }
    }

    /// True if both are the same device, the letter case of the address aside.
    pub fn same_address(&self, other: &NetDevice) -> bool {
        match (&self.macaddr, &other.macaddr) {
            (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
            _ => false,
        }
    }
}

impl FromStr for NetDevice {
    type Err = ParseError;

    /// # Errors
    /// It is no property string, or names no model.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (default, pairs) = text.parse::<PropertyString>()?.into_parts();
        let mut device = Self::new(default.unwrap_or_default());
        for (key, value) in pairs {
            match key.as_str() {
                "model" if device.model.is_empty() => device.model = value,
                "macaddr" => device.macaddr = Some(value),
                "bridge" => device.bridge = Some(value),
                model if device.model.is_empty() && MODELS.contains(&model) => {
                    (device.model, device.macaddr) = (key, Some(value));
                }
                _ => {
                    let read = match key.as_str() {
                        "tag" => value.parse().map(|tag| device.tag = Some(tag)).is_ok(),
                        "mtu" => value.parse().map(|mtu| device.mtu = Some(mtu)).is_ok(),
                        "firewall" => scalar::word_as_bool(&value).map(|on| device.firewall = Some(on)).is_some(),
                        "link_down" => scalar::word_as_bool(&value).map(|on| device.link_down = Some(on)).is_some(),
                        _ => false,
                    };
                    if !read {
                        device.rest.push((key, value));
                    }
                }
            }
        }
        if device.model.is_empty() {
            return Err(ParseError::new("network device", text, "it names no model"));
        }
        Ok(device)
    }
}

impl fmt::Display for NetDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.macaddr {
            Some(address) if MODELS.contains(&self.model.as_str()) => write!(f, "{}={address}", self.model)?,
            Some(address) => write!(f, "{},macaddr={address}", self.model)?,
            None => f.write_str(&self.model)?,
        }
        let bit = |flag: bool| if flag { "1" } else { "0" }.to_owned();
        let known = [
            ("bridge", self.bridge.clone()),
            ("firewall", self.firewall.map(bit)),
            ("link_down", self.link_down.map(bit)),
            ("mtu", self.mtu.map(|mtu| mtu.to_string())),
            ("tag", self.tag.map(|tag| tag.to_string())),
        ];
        let known = known.iter().filter_map(|(key, value)| value.as_deref().map(|value| (*key, value)));
        let rest = self.rest.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let mut pairs: Vec<(&str, &str)> = known.chain(rest).collect();
        pairs.sort_by_key(|(key, _)| *key);
        for (key, value) in pairs {
            write!(f, ",{key}={value}")?;
        }
        Ok(())
    }
}

serde_as_text!(NetDevice);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_proxmox_writes_is_written_back() {
        for text in [
            "virtio=BC:24:11:13:3B:1E,bridge=vmbr0",
            "virtio=BC:24:11:13:3B:1E,bridge=vmbr0,firewall=1,tag=20",
            "e1000-82540em=BC:24:11:13:3B:1E,bridge=vmbr0,link_down=1,mtu=1,queues=4,rate=12.5,tag=4094,trunks=2;3-5",
            "virtio,bridge=vmbr0",
        ] {
            assert_eq!(text.parse::<NetDevice>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn all_spellings_mean_the_same() {
        let expected: NetDevice = "virtio=BC:24:11:13:3B:1E,bridge=vmbr0,firewall=1".parse().unwrap();
        for text in [
            "model=virtio,macaddr=BC:24:11:13:3B:1E,bridge=vmbr0,firewall=1",
            "virtio,macaddr=BC:24:11:13:3B:1E,firewall=yes,bridge=vmbr0",
            "bridge=vmbr0,virtio=BC:24:11:13:3B:1E,firewall=on",
        ] {
            assert_eq!(text.parse::<NetDevice>().unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_kept() {
        let device: NetDevice = "virtio,tag=many,firewall=maybe".parse().unwrap();
        assert_eq!((device.tag, device.firewall), (None, None));
        assert_eq!(device.to_string(), "virtio,firewall=maybe,tag=many");
        assert!("bridge=vmbr0".parse::<NetDevice>().is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            model in prop::sample::select(MODELS.to_vec()),
            macaddr in prop::option::of("([0-9A-F]{2}:){5}[0-9A-F]{2}"),
            bridge in prop::option::of("[a-z][a-z0-9]{0,5}"),
            tag in prop::option::of(1_u16..=4094),
            firewall in any::<Option<bool>>(),
            mtu in prop::option::of(1_u32..65520),
            link_down in any::<Option<bool>>(),
            queues in prop::option::of(0_u8..64),
        ) {
            let rest = queues.map(|n| ("queues".to_owned(), n.to_string())).into_iter().collect();
            let device = NetDevice { model: model.to_owned(), macaddr, bridge, tag, firewall, mtu, link_down, rest };
            prop_assert_eq!(device.to_string().parse::<NetDevice>().unwrap(), device);
        }
    }
}
