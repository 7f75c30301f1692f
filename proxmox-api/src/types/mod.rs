//! The words of Proxmox VE as types: no I/O, no clock.

mod configuration;
mod disk_slot;
mod drive_slot;
mod error;
mod guest_config;
mod lxc_config;
mod mount_slot;
mod names;
mod qemu_config;
pub(crate) mod scalar;
mod size;
mod ssh_keys;
mod state;
mod upid;
mod vmid;

pub use configuration::Configuration;
pub use disk_slot::DiskSlot;
pub use drive_slot::{Bus, DriveSlot};
pub use error::ParseError;
pub use guest_config::GuestConfig;
pub use lxc_config::LxcConfig;
pub use mount_slot::MountSlot;
pub use names::{NodeName, StorageId};
pub use qemu_config::QemuConfig;
pub use size::MiB;
pub use ssh_keys::SshKeys;
pub use state::{GuestType, PowerState};
pub use upid::Upid;
pub use vmid::{InvalidVmid, Vmid};

/// `Serialize` and `Deserialize` through `Display` and `FromStr`, for types that are one word on the wire.
macro_rules! serde_as_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use serde_as_text;
