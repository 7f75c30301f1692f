//! The current state of a guest: observed in Proxmox or, when nobody looked, inferred from a delivery.

use std::collections::BTreeMap;

use proxmox_api::{
    Configuration, DiskSlot, Drive, GuestType, IpConfig, LxcConfig, LxcNet, MiB, MountSlot, NetDevice, NodeName,
    PowerState, QemuConfig, SshKeys, StorageId, Vmid,
};
use serde::{Deserialize, Serialize};

use crate::guest::Vlans;
use crate::note;
use crate::option::{GuestOption, GuestOptions};
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
    /// Where a container mounts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl From<&Drive> for CurrentDisk {
    fn from(drive: &Drive) -> Self {
        let path = drive.get("mp").map(str::to_owned);
        Self { volume: drive.volume().to_owned(), storage: drive.storage(), size: drive.size(), path }
    }
}

/// A network interface that a guest has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CurrentInterface {
    /// Its name within a container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
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
            name: None,
            mac: device.macaddr.clone(),
            bridge: device.bridge.clone(),
            vlans: Vlans::of(device.tag, device.rest.iter().find(|(key, _)| key == "trunks").map_or("", |(_, it)| it)),
            mtu: device.mtu,
            link_down: device.link_down.unwrap_or_default(),
        }
    }
}

impl From<&LxcNet> for CurrentInterface {
    fn from(device: &LxcNet) -> Self {
        let text = |key: &str| device.get(key).map(str::to_owned);
        let tag = device.number("tag").and_then(|tag| u16::try_from(tag).ok());
        Self {
            name: text("name"),
            mac: text("hwaddr"),
            bridge: text("bridge"),
            vlans: Vlans::of(tag, device.get("trunks").unwrap_or_default()),
            mtu: device.number("mtu"),
            link_down: device.flag("link_down"),
        }
    }
}

/// The parts that `user=local:snippets/a.yml,network=local:snippets/b.yml` names.
fn cicustom(config: &QemuConfig) -> Vec<String> {
    let text = config.text("cicustom").unwrap_or_default();
    text.split(',').filter_map(|part| part.split_once('=')).map(|(part, _)| part.trim().to_owned()).collect()
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
    /// Swap of a container.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub swap: Part<MiB>,
    /// SSH keys of cloud-init. Those in a container nobody sees: unknown.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub ssh_keys: Part<SshKeys>,
    /// Its network interfaces, `netN`, by N.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub interfaces: Part<BTreeMap<u8, CurrentInterface>>,
    /// `ipconfigN`, by N; of a container the addresses in its `netN`.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub ipconfig: Part<BTreeMap<u8, IpConfig>>,
    /// Whether it has a cloud-init drive.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub cloud_init: Part<bool>,
    /// The parts of its cloud-init data that `cicustom` takes from a file: `user`, `network`, `meta`, `vendor`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cicustom: Vec<String>,
    /// Its disks, without CD-ROMs and the cloud-init drive.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub disks: Part<BTreeMap<DiskSlot, CurrentDisk>>,
    /// Slots that something other than a disk is attached to: CD-ROMs, the cloud-init drive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_drives: Vec<DiskSlot>,
    /// Its volumes that are attached nowhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unused: Vec<String>,
    /// The disk it boots from.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub root: Part<DiskSlot>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub tags: Part<Vec<String>>,
    /// NetBox's line in its description.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub description: Part<String>,
    /// Whether it starts with its node.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub onboot: Part<bool>,
    /// Its options that have a custom field of their own, but its protection.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub options: Part<GuestOptions>,
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
            swap: Part::Unknown,
            ssh_keys: Part::Unknown,
            interfaces: Part::Unknown,
            ipconfig: Part::Unknown,
            cloud_init: Part::Unknown,
            cicustom: Vec::new(),
            disks: Part::Unknown,
            other_drives: Vec::new(),
            unused: Vec::new(),
            root: Part::Unknown,
            tags: Part::Unknown,
            description: Part::Unknown,
            onboot: Part::Unknown,
            options: Part::Unknown,
        }
    }

    /// A guest as Proxmox describes it; `config` is the one with pending values merged.
    pub fn observed(vmid: Vmid, node: NodeName, config: &Configuration, power: PowerState) -> Self {
        let of_kind = match config {
            Configuration::Qemu(config) => Self::machine(vmid, config),
            Configuration::Lxc(config) => Self::container(vmid, config),
        };
        // Protection has a part of its own.
        let options = GuestOption::ALL.into_iter().filter(|option| *option != GuestOption::Protection);
        let set = options.filter_map(|option| Some((option, option.of(config)?)));
        Self {
            node: Part::Given(node),
            name: Part::known(config.name().map(str::to_owned)),
            power: Part::Given(power),
            template: config.template(),
            protection: Part::Given(config.protection()),
            lock: config.lock().map(str::to_owned),
            unused: config.unused().into_iter().map(|(_, volume)| volume.to_string()).collect(),
            root: Part::known(config.root_disk()),
            tags: Part::Given(config.tags()),
            description: Part::known(note::find(config.description().unwrap_or_default())),
            onboot: Part::Given(config.onboot()),
            options: Part::Given(set.collect()),
            ..of_kind
        }
    }

    /// What only a VM has.
    fn machine(vmid: Vmid, config: &QemuConfig) -> Self {
        let drives = config.drives();
        let (disks, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
            drives.into_iter().partition(|(_, drive)| !drive.is_cdrom() && !drive.is_cloudinit());
        Self {
            sockets: Part::Given(config.sockets()),
            // With `vcpus` fewer run than there are cores, until more are plugged in.
            cores: Part::Given(config.vcpus().map_or(config.cores(), |vcpus| vcpus.div_ceil(config.sockets().max(1)))),
            memory: Part::known(config.memory()),
            balloon: Part::known(config.balloon()),
            ssh_keys: Part::known(config.sshkeys()),
            interfaces: Part::Given(config.nets().iter().map(|(n, net)| (*n, net.into())).collect()),
            ipconfig: Part::Given(interfaces().filter_map(|n| Some((n, config.ipconfig(n)?))).collect()),
            cloud_init: Part::Given(config.cloudinit_drive().is_some()),
            cicustom: cicustom(config),
            disks: Part::Given(disks.iter().map(|(slot, drive)| ((*slot).into(), drive.into())).collect()),
            other_drives: others.into_keys().map(DiskSlot::from).collect(),
            ..Self::new(Some(vmid), GuestType::Qemu)
        }
    }

    /// What only a container has.
    fn container(vmid: Vmid, config: &LxcConfig) -> Self {
        let nets = config.nets();
        let volumes = config.volumes();
        Self {
            sockets: Part::Given(1),
            cores: Part::known(config.cores()),
            memory: Part::Given(config.memory()),
            swap: Part::Given(config.swap()),
            interfaces: Part::Given(nets.iter().map(|(n, net)| (*n, net.into())).collect()),
            ipconfig: Part::Given(nets.iter().map(|(n, net)| (*n, net.addresses())).collect()),
            disks: Part::Given(volumes.iter().map(|(slot, drive)| ((*slot).into(), drive.into())).collect()),
            ..Self::new(Some(vmid), GuestType::Lxc)
        }
    }

    /// A container that is created with nothing but this root disk. What it gets by default is taken as unknown: what
    /// NetBox says is asked for.
    pub(crate) fn new_container(vmid: Option<Vmid>, root: CurrentDisk) -> Self {
        let slot = DiskSlot::Mount(MountSlot::Rootfs);
        Self {
            power: Part::Given(PowerState::Stopped),
            protection: Part::Given(false),
            sockets: Part::Given(1),
            ssh_keys: Part::None,
            interfaces: Part::Given(BTreeMap::new()),
            ipconfig: Part::Given(BTreeMap::new()),
            disks: Part::Given(BTreeMap::from([(slot, root)])),
            root: Part::Given(slot),
            tags: Part::Given(Vec::new()),
            description: Part::None,
            onboot: Part::Given(false),
            options: Part::Given(GuestOptions::new()),
            ..Self::new(vmid, GuestType::Lxc)
        }
    }

    /// The value of an option, if it has one; unknown where nobody looked.
    pub(crate) fn option(&self, option: GuestOption) -> Part<String> {
        match (option, &self.options) {
            (GuestOption::Protection, _) => match self.protection {
                Part::Given(protection) => Part::Given(u8::from(protection).to_string()),
                Part::None => Part::None,
                Part::Unknown => Part::Unknown,
            },
            (_, Part::Given(options)) => Part::known(options.get(&option).cloned()),
            (_, Part::None) => Part::None,
            (_, Part::Unknown) => Part::Unknown,
        }
    }

    /// The disk at a slot, where the disks are known.
    pub fn disk(&self, slot: DiskSlot) -> Option<&CurrentDisk> {
        self.disks.given()?.get(&slot)
    }

    /// The root disk, where it is known.
    pub fn root_disk(&self) -> Option<(DiskSlot, &CurrentDisk)> {
        let slot = *self.root.given()?;
        self.disk(slot).map(|disk| (slot, disk))
    }
}
