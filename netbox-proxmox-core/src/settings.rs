//! Changes of a guest's configuration.

use std::collections::BTreeMap;
use std::fmt;

use ipnet::IpNet;
use proxmox_api::{MiB, SshKeys};
use serde::{Deserialize, Serialize};

use crate::guest::{Owner, Vlans};
use crate::marker::MarkerState;
use crate::option::GuestOption;
use crate::part::Part;

/// An address with its gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addressing {
    /// The address with its prefix length.
    pub address: IpNet,
    /// The gateway.
    pub gateway: Option<std::net::IpAddr>,
}

/// Changes of a configuration. An unknown part is left alone, one that is none is removed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// `name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `cores`, of each socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<u32>,
    /// `memory`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<MiB>,
    /// `balloon`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balloon: Option<MiB>,
    /// `swap`, of a container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swap: Option<MiB>,
    /// `sshkeys`; of a container those that it is created with.
    #[serde(skip_serializing_if = "Part::is_unknown")]
    pub ssh_keys: Part<SshKeys>,
    /// Its network interfaces.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub interfaces: Vec<InterfaceSettings>,
    /// `onboot`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub onboot: Option<bool>,
    /// NetBox's line in the description.
    #[serde(skip_serializing_if = "Part::is_unknown")]
    pub description: Part<String>,
    /// Options that have a custom field of their own; none: it is removed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<GuestOption, Option<String>>,
    /// Tags to add to those it has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add_tags: Vec<String>,
    /// Tags to take from those it has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove_tags: Vec<String>,
    /// The deleted record whose marker it must carry, in place of this one's: its guest is taken over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub takes_from: Option<Owner>,
    /// The state its marker shall say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marker: Option<MarkerState>,
}

/// Changes of one network interface.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct InterfaceSettings {
    /// The N of `netN` and `ipconfigN`.
    pub index: u8,
    /// Its card, `netN`.
    #[serde(skip_serializing_if = "Card::is_left")]
    pub card: Card,
    /// `ip` and `gw`; none: a static one goes, `dhcp` stays.
    #[serde(skip_serializing_if = "Part::is_unknown")]
    pub ipv4: Part<Addressing>,
    /// `ip6` and `gw6`; none: a static one goes, `dhcp` and `auto` stay.
    #[serde(skip_serializing_if = "Part::is_unknown")]
    pub ipv6: Part<Addressing>,
}

impl InterfaceSettings {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        *self == Self { index: self.index, ..Self::default() }
    }

    /// Whether an address is changed.
    pub fn changes_addresses(&self) -> bool {
        !self.ipv4.is_unknown() || !self.ipv6.is_unknown()
    }
}

/// What becomes of a network card.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Card {
    /// It is left alone.
    #[default]
    Leave,
    /// It is given these parts and keeps its others; where there is none it is added.
    Set(CardSettings),
    /// It is removed, if it still has this MAC address.
    Remove {
        /// The address seen at the look-up. `None`: the copy of the template's card in a guest that this plan creates.
        mac: Option<String>,
    },
}

impl Card {
    fn is_left(&self) -> bool {
        *self == Self::Leave
    }
}

/// Changes of a network card. A part that is not given is left alone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CardSettings {
    /// Its name within a container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its MAC address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac: Option<String>,
    /// The bridge it is attached to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bridge: Option<String>,
    /// The VLANs it is in: `tag` and `trunks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vlans: Option<Vlans>,
    /// Its MTU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u32>,
    /// Whether its cable is unplugged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_down: Option<bool>,
}

impl Settings {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is changed of an interface.
    pub(crate) fn interface(&mut self, index: u8) -> &mut InterfaceSettings {
        let at = self.interfaces.partition_point(|interface| interface.index < index);
        if self.interfaces.get(at).is_none_or(|interface| interface.index != index) {
            self.interfaces.insert(at, InterfaceSettings { index, ..InterfaceSettings::default() });
        }
        &mut self.interfaces[at]
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut item = |name: &str, value: Option<String>| match value {
            Some(value) => write!(f, " {name}={value}"),
            None => Ok(()),
        };
        let address = |part: &Part<Addressing>| match part {
            Part::Unknown => None,
            Part::None => Some("cleared".to_owned()),
            Part::Given(Addressing { address, gateway: Some(gateway) }) => Some(format!("{address},gw={gateway}")),
            Part::Given(Addressing { address, gateway: None }) => Some(address.to_string()),
        };
        let card = |card: &Card| match card {
            Card::Leave => None,
            Card::Set(set) => Some(set.to_string()),
            Card::Remove { .. } => Some("removed".to_owned()),
        };
        item("name", self.name.clone())?;
        item("cores", self.cores.map(|cores| cores.to_string()))?;
        item("memory", self.memory.map(|memory| memory.0.to_string()))?;
        item("balloon", self.balloon.map(|balloon| balloon.0.to_string()))?;
        item("swap", self.swap.map(|swap| swap.0.to_string()))?;
        item(
            "sshkeys",
            match &self.ssh_keys {
                Part::Unknown => None,
                Part::None => Some("cleared".to_owned()),
                Part::Given(keys) => Some(format!("{} key(s)", keys.keys().len())),
            },
        )?;
        for set in &self.interfaces {
            let index = set.index;
            item(&format!("net{index}"), card(&set.card))?;
            item(&format!("ipconfig{index}.ip"), address(&set.ipv4))?;
            item(&format!("ipconfig{index}.ip6"), address(&set.ipv6))?;
        }
        item("onboot", self.onboot.map(|on| u8::from(on).to_string()))?;
        item(
            "description",
            match &self.description {
                Part::Unknown => None,
                Part::None => Some("cleared".to_owned()),
                Part::Given(text) => Some(format!("{text:?}")),
            },
        )?;
        for (option, value) in &self.options {
            item(option.name(), Some(value.clone().unwrap_or_else(|| "cleared".to_owned())))?;
        }
        item("tag", (!self.add_tags.is_empty()).then(|| self.add_tags.join(";")))?;
        item("untag", (!self.remove_tags.is_empty()).then(|| self.remove_tags.join(";")))?;
        item("taken over from virtual machine", self.takes_from.map(|former| former.record.to_string()))?;
        item(
            "marker",
            self.marker.map(|state| match state {
                MarkerState::Creating => "creating".to_owned(),
                MarkerState::Ready => "ready".to_owned(),
            }),
        )
    }
}

impl fmt::Display for CardSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let vlans = self.vlans.as_ref();
        let tag = vlans.map(|vlans| vlans.untagged.map_or_else(|| "none".to_owned(), |tag| tag.to_string()));
        let parts = [
            ("name", self.name.clone()),
            ("mac", self.mac.clone()),
            ("bridge", self.bridge.clone()),
            ("tag", tag),
            ("trunks", vlans.and_then(Vlans::trunks)),
            ("mtu", self.mtu.map(|mtu| mtu.to_string())),
            ("link_down", self.link_down.map(|down| u8::from(down).to_string())),
        ];
        let parts = parts.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
        f.write_str(&parts.collect::<Vec<_>>().join(","))
    }
}
