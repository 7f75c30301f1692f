//! Property strings: `local-lvm:vm-100-disk-0,discard=on,size=20G`.
//!
//! [`PropertyString`] is any of them; [`Drive`], [`IpConfig`], [`NetDevice`], [`LxcNet`] and [`BootOrder`] know what some of the
//! keys mean. All keep what they do not know, so that reading, changing one part and writing back changes only that.

mod boot_order;
mod drive;
mod ip_config;
mod lxc_net;
mod net_device;
mod string;

pub use boot_order::BootOrder;
pub use drive::{Drive, VolumeId};
pub use ip_config::{Cidr, IpConfig, IpSetting};
pub use lxc_net::LxcNet;
pub use net_device::NetDevice;
pub use string::PropertyString;
