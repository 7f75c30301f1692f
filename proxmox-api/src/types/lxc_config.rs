//! The configuration of a container, as `GET …/config` returns it.

use std::collections::BTreeMap;
use std::ops::Deref;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{GuestConfig, MiB, MountSlot};
use crate::property::{Drive, LxcNet};

/// The configuration of a container. What it shares with a virtual machine's is [`GuestConfig`].
///
/// Its description comes back with a line feed at its end (seen on Proxmox VE 9.1).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LxcConfig(GuestConfig);

impl Deref for LxcConfig {
    type Target = GuestConfig;

    fn deref(&self) -> &GuestConfig {
        &self.0
    }
}

impl LxcConfig {
    /// The host name.
    pub fn hostname(&self) -> Option<&str> {
        self.str("hostname")
    }

    /// Cores it may use; absent means all of its node.
    pub fn cores(&self) -> Option<u32> {
        self.integer("cores").and_then(|cores| u32::try_from(cores).ok())
    }

    /// Memory; 512 MiB where the configuration does not say it.
    pub fn memory(&self) -> MiB {
        MiB(self.integer("memory").unwrap_or(512))
    }

    /// Swap; 512 MiB where the configuration does not say it.
    pub fn swap(&self) -> MiB {
        MiB(self.integer("swap").unwrap_or(512))
    }

    /// Whether its root is an ordinary user of the node.
    pub fn unprivileged(&self) -> bool {
        self.flag("unprivileged")
    }

    /// The network devices by index.
    pub fn nets(&self) -> BTreeMap<u8, LxcNet> {
        self.indexed("net").filter_map(|(index, value)| Some((index, value.parse().ok()?))).collect()
    }

    /// Its volumes by slot: the root file system and the mount points.
    pub fn volumes(&self) -> BTreeMap<MountSlot, Drive> {
        let slots = self.iter().filter_map(|(key, value)| Some((key.parse().ok()?, value.as_str()?)));
        slots.filter_map(|(slot, value)| Some((slot, value.parse().ok()?))).collect()
    }
}

impl FromIterator<(String, Value)> for LxcConfig {
    fn from_iter<T: IntoIterator<Item = (String, Value)>>(values: T) -> Self {
        Self(values.into_iter().collect())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_container_as_proxmox_9_1_sends_it() {
        let config: LxcConfig = serde_json::from_value(json!({
            "digest": "0a1b", "hostname": "web02", "cores": 2, "memory": 1024, "swap": 0, "unprivileged": 1,
            "arch": "amd64", "ostype": "debian", "features": "nesting=1", "description": "notes\n", "tags": "a;b",
            "net0": "name=eth0,bridge=vmbr0,gw=192.0.2.1,hwaddr=BC:24:11:00:00:07,ip=192.0.2.7/24,type=veth",
            "rootfs": "local:201/vm-201-disk-0.raw,size=4G", "mp0": "local:201/vm-201-disk-1.raw,mp=/srv,size=8G",
            "unused0": "local:201/vm-201-disk-2.raw",
        }))
        .unwrap();
        assert_eq!((config.hostname(), config.cores(), config.memory()), (Some("web02"), Some(2), MiB(1024)));
        assert_eq!((config.swap(), config.unprivileged()), (MiB(0), true));
        assert_eq!((config.digest.as_deref(), config.description()), (Some("0a1b"), Some("notes\n")));
        assert_eq!(config.nets()[&0].get("name"), Some("eth0"));
        let volumes = config.volumes();
        assert_eq!(volumes.keys().map(ToString::to_string).collect::<Vec<_>>(), ["rootfs", "mp0"]);
        assert_eq!(volumes[&MountSlot::Mp(0)].get("mp"), Some("/srv"));
        assert_eq!(config.unused().len(), 1);
        assert_eq!(LxcConfig::default().memory(), MiB(512));
        assert_eq!(LxcConfig::default().cores(), None);
    }
}
