//! Changes of a guest's configuration.

use std::collections::BTreeMap;

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

    /// What of this others do not set as well.
    #[cfg(feature = "live")]
    pub(crate) fn beyond(&self, others: &Self) -> Self {
        fn part<T: Clone + Default + PartialEq>(own: &T, other: &T) -> T {
            if own == other { T::default() } else { own.clone() }
        }
        fn items<T: Clone + PartialEq>(own: &[T], others: &[T]) -> Vec<T> {
            own.iter().filter(|it| !others.contains(it)).cloned().collect()
        }
        let options = self.options.iter().filter(|(name, value)| others.options.get(name) != Some(value));
        Self {
            name: part(&self.name, &others.name),
            cores: part(&self.cores, &others.cores),
            memory: part(&self.memory, &others.memory),
            balloon: part(&self.balloon, &others.balloon),
            swap: part(&self.swap, &others.swap),
            ssh_keys: part(&self.ssh_keys, &others.ssh_keys),
            interfaces: items(&self.interfaces, &others.interfaces),
            onboot: part(&self.onboot, &others.onboot),
            description: part(&self.description, &others.description),
            options: options.map(|(name, value)| (*name, value.clone())).collect(),
            add_tags: items(&self.add_tags, &others.add_tags),
            remove_tags: items(&self.remove_tags, &others.remove_tags),
            takes_from: part(&self.takes_from, &others.takes_from),
            marker: part(&self.marker, &others.marker),
        }
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
