//! The current state of a guest: observed in Proxmox or, when nobody looked, inferred from a delivery.

use std::collections::BTreeMap;

use proxmox_api::{
    DriveSlot, GuestType, IpConfig, MiB, NetDevice, NodeName, PowerState, QemuConfig, SshKeys, StorageId, Vmid,
};
use serde::{Deserialize, Serialize};

use crate::guest::Vlans;
use crate::note;
use crate::part::Part;

/// A disk that a guest has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentDisk {
    /// The volume, `local-lvm:vm-101-disk-0`.
    pub volume: String,
    /// The storage that the volume is on; not given for a path on the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<StorageId>,
    /// Its size; not known right after it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<MiB>,
}

/// A network interface that a guest has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CurrentInterface {
    /// Its MAC address.
    pub mac: Option<String>,
    /// The bridge it is attached to.
    pub bridge: Option<String>,
    /// The VLANs it is in.
    pub vlans: Vlans,
    /// Its MTU.
    pub mtu: Option<u32>,
    /// Whether its cable is unplugged.
    pub link_down: bool,
}

impl From<&NetDevice> for CurrentInterface {
    fn from(device: &NetDevice) -> Self {
        Self {
            mac: device.macaddr.clone(),
            bridge: device.bridge.clone(),
            vlans: Vlans::of(device.tag, device.rest.iter().find(|(key, _)| key == "trunks").map_or("", |(_, it)| it)),
            mtu: device.mtu,
            link_down: device.link_down.unwrap_or_default(),
        }
    }
}

/// The indexes of the network interfaces that Proxmox VE 9 allows a VM.
fn interfaces() -> std::ops::RangeInclusive<u8> {
    0..=31
}

/// What Proxmox has. A part that is unknown was not looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Current {
    /// The VMID; not given for a guest that is only planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vmid: Option<Vmid>,
    /// VM or container.
    pub kind: GuestType,
    /// The node it is on.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub node: Part<NodeName>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub name: Part<String>,
    /// Whether it runs.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub power: Part<PowerState>,
    /// Whether it is a template.
    #[serde(default)]
    pub template: bool,
    /// Whether its removal is forbidden.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub protection: Part<bool>,
    /// The lock it is under (`clone`, `backup`, …).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
    /// CPU sockets.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub sockets: Part<u32>,
    /// CPU cores of each socket.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub cores: Part<u32>,
    /// Memory.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub memory: Part<MiB>,
    /// Lower bound of the balloon; it may not exceed the memory.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub balloon: Part<MiB>,
    /// SSH keys of cloud-init.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub ssh_keys: Part<SshKeys>,
    /// Its network interfaces, `netN`, by N.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub interfaces: Part<BTreeMap<u8, CurrentInterface>>,
    /// `ipconfigN`, by N.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub ipconfig: Part<BTreeMap<u8, IpConfig>>,
    /// Whether it has a cloud-init drive.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub cloud_init: Part<bool>,
    /// Its disks, without CD-ROMs and the cloud-init drive.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub disks: Part<BTreeMap<DriveSlot, CurrentDisk>>,
    /// Slots that something other than a disk is attached to: CD-ROMs, the cloud-init drive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_drives: Vec<DriveSlot>,
    /// The disk it boots from.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub root: Part<DriveSlot>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub tags: Part<Vec<String>>,
    /// NetBox's line in its description.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub description: Part<String>,
    /// Whether it starts with its node.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub onboot: Part<bool>,
}

impl Current {
    /// A guest of which only the VMID is known.
    pub fn new(vmid: Option<Vmid>, kind: GuestType) -> Self {
        Self {
            vmid,
            kind,
            node: Part::Unknown,
            name: Part::Unknown,
            power: Part::Unknown,
            template: false,
            protection: Part::Unknown,
            lock: None,
            sockets: Part::Unknown,
            cores: Part::Unknown,
            memory: Part::Unknown,
            balloon: Part::Unknown,
            ssh_keys: Part::Unknown,
            interfaces: Part::Unknown,
            ipconfig: Part::Unknown,
            cloud_init: Part::Unknown,
            disks: Part::Unknown,
            other_drives: Vec::new(),
            root: Part::Unknown,
            tags: Part::Unknown,
            description: Part::Unknown,
            onboot: Part::Unknown,
        }
    }

    /// A VM as Proxmox describes it; `config` is the one with pending values merged.
    pub fn observed(vmid: Vmid, node: NodeName, config: &QemuConfig, power: PowerState) -> Self {
        let drives = config.drives();
        let (disks, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
            drives.into_iter().partition(|(_, drive)| !drive.is_cdrom() && !drive.is_cloudinit());
        let disks = disks.into_iter().map(|(slot, drive)| {
            (slot, CurrentDisk { volume: drive.volume().to_owned(), storage: drive.storage(), size: drive.size() })
        });
        Self {
            node: Part::Given(node),
            name: Part::known(config.name().map(str::to_owned)),
            power: Part::Given(power),
            template: config.template(),
            protection: Part::Given(config.protection()),
            lock: config.lock().map(str::to_owned),
            sockets: Part::Given(config.sockets()),
            cores: Part::Given(config.cores()),
            memory: Part::known(config.memory()),
            balloon: Part::known(config.balloon()),
            ssh_keys: Part::known(config.sshkeys()),
            interfaces: Part::Given(config.nets().iter().map(|(n, net)| (*n, net.into())).collect()),
            ipconfig: Part::Given(interfaces().filter_map(|n| Some((n, config.ipconfig(n)?))).collect()),
            cloud_init: Part::Given(config.cloudinit_drive().is_some()),
            disks: Part::Given(disks.collect()),
            other_drives: others.into_keys().collect(),
            root: Part::known(config.boot_disk()),
            tags: Part::Given(config.tags()),
            description: Part::known(note::find(config.description().unwrap_or_default())),
            onboot: Part::Given(config.onboot()),
            ..Self::new(Some(vmid), GuestType::Qemu)
        }
    }

    /// The disk at a slot, where the disks are known.
    pub fn disk(&self, slot: DriveSlot) -> Option<&CurrentDisk> {
        self.disks.given()?.get(&slot)
    }

    /// The root disk, where it is known.
    pub fn root_disk(&self) -> Option<(DriveSlot, &CurrentDisk)> {
        let slot = *self.root.given()?;
        self.disk(slot).map(|disk| (slot, disk))
    }
}
