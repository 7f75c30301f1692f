//! The configuration of a guest whose kind is known only when it is read.

use std::ops::Deref;

use super::{DiskSlot, GuestConfig, GuestType, LxcConfig, MountSlot, QemuConfig};
use crate::property::Drive;

/// The configuration of a virtual machine or of a container. What both have is [`GuestConfig`].
#[derive(Clone, Debug, PartialEq)]
pub enum Configuration {
    /// Of a virtual machine.
    Qemu(QemuConfig),
    /// Of a container.
    Lxc(LxcConfig),
}

impl Deref for Configuration {
    type Target = GuestConfig;

    fn deref(&self) -> &GuestConfig {
        match self {
            Self::Qemu(config) => config,
            Self::Lxc(config) => config,
        }
    }
}

impl From<QemuConfig> for Configuration {
    fn from(config: QemuConfig) -> Self {
        Self::Qemu(config)
    }
}

impl From<LxcConfig> for Configuration {
    fn from(config: LxcConfig) -> Self {
        Self::Lxc(config)
    }
}

impl Configuration {
    /// Virtual machine or container.
    pub fn kind(&self) -> GuestType {
        match self {
            Self::Qemu(_) => GuestType::Qemu,
            Self::Lxc(_) => GuestType::Lxc,
        }
    }

    /// The name; of a container its host name.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Qemu(config) => config.name(),
            Self::Lxc(config) => config.hostname(),
        }
    }

    /// What is attached at a slot, a CD-ROM too.
    pub fn disk(&self, slot: DiskSlot) -> Option<Drive> {
        match (self, slot) {
            (Self::Qemu(config), DiskSlot::Drive(slot)) => config.drive(slot),
            (Self::Lxc(config), DiskSlot::Mount(slot)) => config.volumes().remove(&slot),
            _ => None,
        }
    }

    /// The disk it starts from.
    pub fn root_disk(&self) -> Option<DiskSlot> {
        match self {
            Self::Qemu(config) => config.boot_disk().map(DiskSlot::Drive),
            Self::Lxc(config) => {
                config.volumes().contains_key(&MountSlot::Rootfs).then_some(DiskSlot::Mount(MountSlot::Rootfs))
            }
        }
    }

    /// The storages of all its volumes, of the cloud-init drive too.
    pub fn storages(&self) -> impl Iterator<Item = crate::types::StorageId> {
        let drives: Vec<Drive> = match self {
            Self::Qemu(config) => config.drives().into_values().collect(),
            Self::Lxc(config) => config.volumes().into_values().collect(),
        };
        drives.into_iter().filter_map(|drive| drive.storage())
    }

    /// The MAC address of `netN`.
    pub fn mac(&self, index: u8) -> Option<String> {
        match self {
            Self::Qemu(config) => config.net(index)?.macaddr,
            Self::Lxc(config) => config.nets().get(&index)?.get("hwaddr").map(str::to_owned),
        }
    }
}
