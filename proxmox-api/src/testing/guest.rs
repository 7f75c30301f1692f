//! A guest: its configuration file, its pending changes, its power.

use std::collections::{BTreeMap, BTreeSet};

use super::formats::{self, Properties};
use super::options;

/// Whether a guest runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Power {
    /// No process.
    #[default]
    Stopped,
    /// Running.
    Running,
    /// Suspended to RAM: the status stays `running`, `qmpstatus` is `paused`.
    Paused,
}

/// The kind of a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum GuestKind {
    /// A virtual machine.
    #[default]
    Qemu,
}

/// A guest as the fake holds it. [`FakeProxmox::guest`](super::FakeProxmox::guest) gives a copy,
/// [`FakeProxmox::edit`](super::FakeProxmox::edit) the thing itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Guest {
    /// Its number in the cluster.
    pub vmid: u32,
    /// Virtual machine (containers are not modelled).
    pub kind: GuestKind,
    /// The node its configuration lies on.
    pub node: String,
    /// The options in effect, by name, as text: `cores` = `2`, `scsi0` = `local-lvm:vm-100-disk-0,size=10G`.
    /// `cipassword` is in clear here (the API masks it).
    pub config: BTreeMap<String, String>,
    /// What becomes effective at the next start: a new value, or `None` for an option to be removed.
    pub pending: BTreeMap<String, Option<String>>,
    /// Power state.
    pub power: Power,
    /// The guest does not react to ACPI: a shutdown without `forceStop` fails after its timeout.
    pub ignores_shutdown: bool,
    /// Process id while it runs; a new one after each start.
    pub pid: Option<u32>,
}

impl Guest {
    pub(super) fn new(vmid: u32, node: &str) -> Self {
        Self {
            vmid,
            kind: GuestKind::Qemu,
            node: node.into(),
            config: BTreeMap::new(),
            pending: BTreeMap::new(),
            power: Power::Stopped,
            ignores_shutdown: false,
            pid: None,
        }
    }

    /// An option in effect.
    #[must_use]
    pub fn get(&self, option: &str) -> Option<&str> {
        self.config.get(option).map(String::as_str)
    }

    /// Sets an option without any check, like an editor on the configuration file.
    pub fn set(&mut self, option: &str, value: impl Into<String>) {
        self.config.insert(option.into(), value.into());
    }

    /// Removes an option without any check.
    pub fn unset(&mut self, option: &str) {
        self.config.remove(option);
    }

    /// The options with the pending changes applied: what `GET config` shows without `current=1`.
    #[must_use]
    pub fn merged(&self) -> BTreeMap<String, String> {
        let mut merged = self.config.clone();
        for (option, change) in &self.pending {
            match change {
                Some(value) => merged.insert(option.clone(), value.clone()),
                None => merged.remove(option),
            };
        }
        merged
    }

    /// Its name; a guest without one is listed as `VM 100`.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.get("name")
    }

    /// The lock in its configuration: `clone`, `backup`, `migrate` …
    #[must_use]
    pub fn lock(&self) -> Option<&str> {
        self.get("lock")
    }

    /// Whether it is a template.
    #[must_use]
    pub fn is_template(&self) -> bool {
        self.flag("template")
    }

    /// Whether it has a process, paused or not.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.power != Power::Stopped
    }

    /// The description, without trailing newline.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.get("description")
    }

    /// Its tags.
    #[must_use]
    pub fn tags(&self) -> BTreeSet<&str> {
        self.get("tags").unwrap_or_default().split([';', ',', ' ']).filter(|t| !t.is_empty()).collect()
    }

    /// The volume in a drive slot: `local-lvm:vm-100-disk-0`.
    #[must_use]
    pub fn volume(&self, slot: &str) -> Option<&str> {
        self.get(slot).and_then(|drive| drive.split(',').next())
    }

    /// The size a drive's configuration states, in MiB (rounded up).
    #[must_use]
    pub fn disk_mib(&self, slot: &str) -> Option<u64> {
        let drive = Properties::parse(self.get(slot)?);
        drive.get("size").and_then(formats::parse_size).map(|bytes| bytes.div_ceil(formats::MIB))
    }

    pub(super) fn flag(&self, option: &str) -> bool {
        self.get(option) == Some("1")
    }

    /// Cores of all sockets.
    pub(super) fn cpus(&self) -> u64 {
        let number = |option| self.get(option).and_then(|v| v.parse::<u64>().ok());
        number("vcpus").unwrap_or_else(|| number("cores").unwrap_or(1) * number("sockets").unwrap_or(1))
    }

    pub(super) fn memory_mib(&self) -> u64 {
        self.get("memory").and_then(|v| v.trim_start_matches("current=").parse().ok()).unwrap_or(512)
    }

    /// The drive it boots from: the first disk in `boot`, or `bootdisk`.
    pub(super) fn boot_disk(&self) -> Option<&str> {
        let order = self.get("boot").and_then(|b| b.split(',').find_map(|p| p.strip_prefix("order=")));
        let mut candidates = order.into_iter().flat_map(|o| o.split(';')).chain(self.get("bootdisk"));
        candidates.find(|slot| self.get(slot).is_some_and(|d| options::is_drive(slot) && !d.contains("media=cdrom")))
    }

    /// Drive slots and their values, without `unusedN`.
    pub(super) fn drives(&self) -> Vec<(String, String)> {
        self.config.iter().filter(|(k, _)| options::is_drive(k)).map(|(k, v)| (k.clone(), v.clone())).collect()
    }

    /// The slot of the cloud-init drive.
    pub(super) fn cloudinit_slot(&self) -> Option<String> {
        self.drives().into_iter().find(|(_, v)| is_cloudinit(v)).map(|(k, _)| k)
    }

    pub(super) fn apply_pending(&mut self) {
        self.config = self.merged();
        self.pending.clear();
    }

    /// Forty hexadecimal digits that change with the file. (The real one is its SHA-1.)
    pub(super) fn digest(&self) -> String {
        let mut text = format!("{:?}", self.config);
        if !self.pending.is_empty() {
            text.push_str(&format!("{:?}", self.pending));
        }
        let fnv = |seed: u64| {
            text.bytes().fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            })
        };
        format!("{:016x}{:016x}{:08x}", fnv(1), fnv(2), fnv(3) >> 32)
    }
}

/// Whether a drive's value is a cloud-init drive.
pub(super) fn is_cloudinit(drive: &str) -> bool {
    drive.split(',').next().is_some_and(|volume| volume.contains("cloudinit"))
}
