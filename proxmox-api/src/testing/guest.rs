//! A guest: its configuration file, its pending changes, its power.

use std::collections::{BTreeMap, BTreeSet};

use super::documents;
use super::formats::{self, Properties};
use super::options;
use super::storage::storage_of;

/// Processors of every node.
pub(super) const NODE_CPUS: u64 = 16;

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
    /// A container.
    Lxc,
}

impl GuestKind {
    /// The word before a VMID in messages.
    pub(super) fn word(self) -> &'static str {
        match self {
            GuestKind::Qemu => "VM",
            GuestKind::Lxc => "CT",
        }
    }

    /// As in the API's paths.
    pub(super) fn path(self) -> &'static str {
        match self {
            GuestKind::Qemu => "qemu",
            GuestKind::Lxc => "lxc",
        }
    }

    /// Where the configuration files lie below the node's directory.
    fn directory(self) -> &'static str {
        match self {
            GuestKind::Qemu => "qemu-server",
            GuestKind::Lxc => "lxc",
        }
    }

    /// The option that names the guest.
    pub(super) fn name_option(self) -> &'static str {
        match self {
            GuestKind::Qemu => "name",
            GuestKind::Lxc => "hostname",
        }
    }

    /// What a storage must hold for the guest's volumes.
    pub(super) fn content(self) -> &'static str {
        match self {
            GuestKind::Qemu => "images",
            GuestKind::Lxc => "rootdir",
        }
    }

    /// One of two words.
    pub(super) fn of<T>(self, qemu: T, lxc: T) -> T {
        match self {
            GuestKind::Qemu => qemu,
            GuestKind::Lxc => lxc,
        }
    }
}

/// Where a guest is looked for: the configuration file that a path means, whether it is there or not.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) kind: GuestKind,
    pub(super) vmid: u32,
    pub(super) node: String,
}

impl Place {
    /// `VM 100`, `CT 200`
    pub(super) fn label(&self) -> String {
        format!("{} {}", self.kind.word(), self.vmid)
    }

    /// The error about a configuration file that is not there.
    pub(super) fn no_config(&self) -> String {
        let Place { kind, vmid, node } = self;
        format!("Configuration file 'nodes/{node}/{}/{vmid}.conf' does not exist", kind.directory())
    }

    /// The other one, of methods that look for a virtual machine by themselves.
    pub(super) fn no_vm(&self) -> String {
        match self.kind {
            GuestKind::Qemu => {
                format!("unable to find configuration file for VM {} on node '{}'", self.vmid, self.node)
            }
            GuestKind::Lxc => self.no_config(),
        }
    }

    /// The same guest on another node.
    pub(super) fn on(&self, node: &str) -> Self {
        Self { node: node.into(), ..self.clone() }
    }

    /// Whether that is this guest.
    pub(super) fn holds(&self, guest: &Guest) -> bool {
        guest.kind == self.kind && guest.vmid == self.vmid && guest.node == self.node
    }
}

/// A guest as the fake holds it. [`FakeProxmox::guest`](super::FakeProxmox::guest) gives a copy,
/// [`FakeProxmox::edit`](super::FakeProxmox::edit) the thing itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Guest {
    /// Its number in the cluster.
    pub vmid: u32,
    /// Virtual machine or container.
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
    /// The SSH keys a container was created with. They go into its files, not into its configuration.
    pub ssh_public_keys: Option<String>,
    /// Its snapshots, oldest first.
    pub snapshots: Vec<Snapshot>,
    /// Whether its agent has frozen its file systems.
    pub frozen: bool,
    /// What programs that its agent started have written, by process id.
    pub(super) programs: BTreeMap<u32, String>,
    /// The interfaces within it, as a guest agent and Proxmox tell of them while it runs. `None`: no agent runs in it.
    pub inner: Option<Vec<Inner>>,
}

/// A snapshot of a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// When it was taken, in seconds since 1970 UTC of the fake's clock.
    pub snaptime: u64,
    /// Whether the memory of a machine is in it.
    pub vmstate: bool,
    /// The options that the guest had.
    pub config: BTreeMap<String, String>,
}

/// An interface within a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inner {
    /// Its name there.
    pub name: String,
    /// Its MAC address, or the card (`net0`) of which it is.
    pub mac: String,
    /// Its addresses with their prefix lengths.
    pub addresses: Vec<String>,
}

impl Guest {
    pub(super) fn new(place: &Place) -> Self {
        Self {
            vmid: place.vmid,
            kind: place.kind,
            node: place.node.clone(),
            config: BTreeMap::new(),
            pending: BTreeMap::new(),
            power: Power::Stopped,
            ignores_shutdown: false,
            pid: None,
            ssh_public_keys: None,
            snapshots: Vec::new(),
            frozen: false,
            programs: BTreeMap::new(),
            inner: None,
        }
    }

    pub(super) fn place(&self) -> Place {
        Place { kind: self.kind, vmid: self.vmid, node: self.node.clone() }
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

    /// Whether it is to have a guest agent.
    pub(super) fn has_agent(&self) -> bool {
        let agent = self.get("agent").unwrap_or_default();
        agent.split(',').any(|part| matches!(part, "1" | "enabled=1"))
    }

    /// Its name, of a container its host name; a guest without one is listed as `VM 100`, `CT200`.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.get(self.kind.name_option())
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

    /// Cores of all sockets. A container without a limit has its node's.
    pub(super) fn cpus(&self) -> u64 {
        let number = |option| self.get(option).and_then(|v| v.parse::<u64>().ok());
        if self.kind == GuestKind::Lxc {
            return number("cores").unwrap_or(NODE_CPUS);
        }
        number("vcpus").unwrap_or_else(|| number("cores").unwrap_or(1) * number("sockets").unwrap_or(1))
    }

    pub(super) fn memory_mib(&self) -> u64 {
        self.get("memory").and_then(|v| v.trim_start_matches("current=").parse().ok()).unwrap_or(512)
    }

    /// The drive it boots from: the first disk in `boot`, or `bootdisk`; of a container its root disk.
    pub(super) fn boot_disk(&self) -> Option<&str> {
        if self.kind == GuestKind::Lxc {
            return Some("rootfs");
        }
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

    /// Makes the pending changes effective. A volume that thereby leaves its drive becomes `unusedN`.
    pub(super) fn apply_pending(&mut self) {
        let changed = std::mem::take(&mut self.pending);
        let before = self.config.clone();
        for (option, change) in &changed {
            match change {
                Some(value) => self.set(option, value.clone()),
                None => self.unset(option),
            }
        }
        for left in changed.keys().filter(|option| options::is_drive(option)).filter_map(|option| before.get(option)) {
            self.keep_unused(left);
        }
    }

    /// Keeps a drive's volume, which no drive has any more, as the lowest free `unusedN` (without its size).
    pub(super) fn keep_unused(&mut self, drive: &str) {
        let volume = drive.split(',').next().unwrap_or_default();
        let used = self.drives().iter().any(|(_, value)| value.split(',').next() == Some(volume));
        if used || storage_of(volume).is_none() || drive.contains("media=cdrom") {
            return;
        }
        if let Some(key) = (0..256).map(|n| format!("unused{n}")).find(|key| !self.config.contains_key(key)) {
            self.set(&key, volume);
        }
    }

    /// Forty hexadecimal digits that change with the file. (The real one is its SHA-1.)
    pub(super) fn digest(&self) -> String {
        let mut text = format!("{:?}", self.config);
        if !self.pending.is_empty() {
            text.push_str(&format!("{:?}", self.pending));
        }
        documents::digest(&text)
    }
}

/// Whether a drive's value is a cloud-init drive.
pub(super) fn is_cloudinit(drive: &str) -> bool {
    drive.split(',').next().is_some_and(|volume| volume.contains("cloudinit"))
}
