//! Storages and the volumes on them.

use std::collections::BTreeMap;

use super::formats::{self, GIB, MIB};
use super::guest::Place;
use super::reply::ApiError;
use super::world::World;

/// A storage of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    pub(super) id: String,
    pub(super) plugin: &'static str,
    pub(super) shared: bool,
    /// Nodes it is restricted to; all if empty.
    pub(super) nodes: Vec<String>,
    pub(super) content: String,
    pub(super) enabled: bool,
    pub(super) total: u64,
    /// Of files, where nobody says another.
    format: &'static str,
}

impl Storage {
    fn new(id: &str, plugin: &'static str, shared: bool, content: &str) -> Self {
        Self {
            id: id.into(),
            plugin,
            shared,
            nodes: Vec::new(),
            content: content.into(),
            enabled: true,
            total: 1000 * GIB,
            format: "raw",
        }
    }

    /// A directory on each node (`dir`): volumes such as `local:100/vm-100-disk-0.qcow2`.
    #[must_use]
    pub fn dir(id: &str) -> Self {
        Self::new(id, "dir", false, "backup,images,import,iso,rootdir,snippets,vztmpl")
    }

    /// LVM thin on each node: volumes such as `local-lvm:vm-100-disk-0`.
    #[must_use]
    pub fn lvm_thin(id: &str) -> Self {
        Self::new(id, "lvmthin", false, "images,rootdir")
    }

    /// ZFS on each node.
    #[must_use]
    pub fn zfs(id: &str) -> Self {
        Self::new(id, "zfspool", false, "images,rootdir")
    }

    /// Ceph RBD, shared by all nodes.
    #[must_use]
    pub fn rbd(id: &str) -> Self {
        Self::new(id, "rbd", true, "images,rootdir")
    }

    /// NFS, shared by all nodes; volumes are files.
    #[must_use]
    pub fn nfs(id: &str) -> Self {
        Self::new(id, "nfs", true, "backup,images,import,iso,rootdir,snippets,vztmpl")
    }

    /// A directory that the operator has made the same on every node (`dir` with `shared`); volumes are files.
    #[must_use]
    pub fn shared_dir(id: &str) -> Self {
        Self::new(id, "dir", true, "backup,images,import,iso,rootdir,snippets,vztmpl")
    }

    /// A storage on each node by itself, the kind an installation creates: LVM thin.
    #[must_use]
    pub fn local(id: &str) -> Self {
        Self::lvm_thin(id)
    }

    /// A storage that every node sees: RBD.
    #[must_use]
    pub fn shared(id: &str) -> Self {
        Self::rbd(id)
    }

    /// Restricts it to some nodes.
    #[must_use]
    pub fn on(mut self, nodes: &[&str]) -> Self {
        self.nodes = nodes.iter().map(|&n| n.to_owned()).collect();
        self
    }

    /// What it may hold, comma-separated: `images,rootdir`, `iso,vztmpl` …
    #[must_use]
    pub fn content(mut self, content: &str) -> Self {
        self.content = content.into();
        self
    }

    /// The format that its files have by default (`format` of a storage in the schema): `qcow2`.
    #[must_use]
    pub fn format(mut self, format: &'static str) -> Self {
        self.format = format;
        self
    }

    /// Disabled in the configuration.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.enabled = false;
        self
    }

    pub(super) fn is_on(&self, node: &str) -> bool {
        self.nodes.is_empty() || self.nodes.iter().any(|n| n == node)
    }

    pub(super) fn holds(&self, content: &str) -> bool {
        self.content.split(',').any(|c| c == content)
    }

    /// Whether volumes are files named with the owner's directory and an extension.
    pub(super) fn has_files(&self) -> bool {
        matches!(self.plugin, "dir" | "nfs")
    }

    /// `vm-100-disk-0` as this storage names it for that owner.
    fn volid(&self, vmid: u32, name: &str, format: &str) -> String {
        if self.has_files() { format!("{}:{vmid}/{name}.{format}", self.id) } else { format!("{}:{name}", self.id) }
    }
}

/// A volume on a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Volume {
    /// `storage:name`.
    pub volid: String,
    /// The node it lies on; `None` on a shared storage.
    pub node: Option<String>,
    /// The owner its name states; 0 of what has none, such as a template for containers.
    pub vmid: u32,
    /// `images` (of virtual machines), `rootdir` (of containers), `vztmpl`, `iso`, `import` or `backup`.
    pub content: &'static str,
    /// Bytes.
    pub size: u64,
    /// `raw` or `qcow2`.
    pub format: String,
    /// The base volume of a linked clone.
    pub base: Option<String>,
    /// The notes of a backup.
    pub notes: Option<String>,
    /// Whether a backup is kept when others are pruned.
    pub protected: bool,
    pub(super) ctime: u64,
}

/// The volumes of a cluster, by the owner that their names state.
#[derive(Debug, Clone, Default)]
pub(super) struct Volumes {
    by_owner: BTreeMap<u32, Vec<Volume>>,
    /// How many were looked at.
    #[cfg(test)]
    visits: std::cell::Cell<u64>,
}

impl Volumes {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Volume> {
        self.by_owner.values().flatten().inspect(|_| self.visit())
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Volume> {
        self.by_owner.values_mut().flatten()
    }

    /// Those of one owner.
    pub(super) fn of(&self, vmid: u32) -> impl Iterator<Item = &Volume> {
        self.by_owner.get(&vmid).into_iter().flatten().inspect(|_| self.visit())
    }

    pub(super) fn push(&mut self, volume: Volume) {
        self.by_owner.entry(volume.vmid).or_default().push(volume);
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(&Volume) -> bool) {
        self.by_owner.values_mut().for_each(|volumes| volumes.retain(&mut keep));
    }

    #[cfg(test)]
    fn visit(&self) {
        self.visits.set(self.visits.get() + 1);
    }

    #[cfg(not(test))]
    fn visit(&self) {}

    #[cfg(test)]
    pub(super) fn visits(&self) -> u64 {
        self.visits.get()
    }
}

/// What is to be allocated.
#[derive(Clone, Copy)]
pub(super) struct Allocation<'a> {
    pub(super) storage: &'a str,
    /// For which guest, and so where and of what content.
    pub(super) place: &'a Place,
    pub(super) size: u64,
    pub(super) format: Option<&'a str>,
}

impl World {
    pub(super) fn storage(&self, id: &str) -> Result<&Storage, ApiError> {
        self.storages
            .iter()
            .find(|s| s.id == id)
            .ok_or_else(|| ApiError::internal(format!("storage '{id}' does not exist")))
    }

    /// The storage, if it is enabled and present on a node.
    pub(super) fn storage_on(&self, id: &str, node: &str) -> Result<&Storage, ApiError> {
        let storage = self.storage(id)?;
        if !storage.enabled {
            return Err(ApiError::internal(format!("storage '{id}' is disabled")));
        }
        if !storage.is_on(node) {
            return Err(ApiError::internal(format!("storage '{id}' is not available on node '{node}'")));
        }
        Ok(storage)
    }

    pub(super) fn volume(&self, volid: &str, node: &str) -> Option<&Volume> {
        self.volumes.iter().find(|v| v.volid == volid && v.node.as_deref().is_none_or(|n| n == node))
    }

    pub(super) fn volume_mut(&mut self, volid: &str, node: &str) -> Option<&mut Volume> {
        self.volumes.iter_mut().find(|v| v.volid == volid && v.node.as_deref().is_none_or(|n| n == node))
    }

    pub(super) fn remove_volume(&mut self, volid: &str, node: &str) {
        self.volumes.retain(|v| !(v.volid == volid && v.node.as_deref().is_none_or(|n| n == node)));
    }

    /// Allocates the next free `vm-N-disk-M` of that owner on the storage.
    pub(super) fn allocate(&mut self, wanted: &Allocation<'_>) -> Result<String, ApiError> {
        self.allocate_named(wanted, |vmid, n| format!("vm-{vmid}-disk-{n}"), None)
    }

    /// Allocates a linked clone of `base`.
    pub(super) fn allocate_linked(&mut self, wanted: &Allocation<'_>, base: &str) -> Result<String, ApiError> {
        self.allocate_named(wanted, |vmid, n| format!("vm-{vmid}-disk-{n}"), Some(base))
    }

    /// Allocates a cloud-init drive. Its name has no number, so a second one on the storage fails.
    pub(super) fn allocate_cloudinit(&mut self, wanted: &Allocation<'_>) -> Result<String, ApiError> {
        let format =
            wanted.format.or(Some(if self.storage(wanted.storage)?.plugin == "dir" { "qcow2" } else { "raw" }));
        let wanted = Allocation { size: 4 * MIB, format, ..*wanted };
        self.allocate_named(&wanted, |vmid, _| format!("vm-{vmid}-cloudinit"), None)
    }

    fn allocate_named(
        &mut self,
        wanted: &Allocation<'_>,
        name: impl Fn(u32, u32) -> String,
        base: Option<&str>,
    ) -> Result<String, ApiError> {
        let Place { kind, vmid, node } = wanted.place;
        let storage = self.storage_on(wanted.storage, node)?.clone();
        if !storage.holds(kind.content()) {
            let what = kind.of("vm images", "container directories");
            return Err(ApiError::parameter("storage", format!("storage '{}' does not support {what}", storage.id)));
        }
        let format = match wanted.format {
            Some(format) if storage.has_files() => format,
            None if storage.has_files() => storage.format,
            _ => "raw",
        };
        let node = if storage.shared { None } else { Some(node.clone()) };
        // A name states its owner, so only that one's volumes can have it.
        let taken = |world: &Self, stem: &str| {
            world.volumes.of(*vmid).any(|v| {
                v.node == node
                    && v.volid.starts_with(&format!("{}:", storage.id))
                    && v.volid.rsplit(['/', ':']).next().and_then(|n| n.split('.').next()) == Some(stem)
            })
        };
        let number = (0..1000).find(|&n| {
            let stem = name(*vmid, n);
            !taken(self, &stem) && !taken(self, &stem.replacen("vm-", "base-", 1))
        });
        let Some(number) = number else {
            let what = storage.volid(*vmid, &name(*vmid, 0), format);
            return Err(ApiError::internal(format!("unable to allocate an image name for '{what}'")));
        };
        let own = storage.volid(*vmid, &name(*vmid, number), format);
        let volid = match base {
            // Thin snapshots of LVM stand alone, everything else names its base.
            Some(base) if storage.plugin != "lvmthin" => {
                format!("{base}/{}", own.split_once(':').map_or(own.as_str(), |(_, name)| name))
            }
            _ => own,
        };
        let base = base.filter(|_| storage.plugin != "lvmthin").map(str::to_owned);
        let ctime = self.now();
        self.volumes.push(Volume {
            volid: volid.clone(),
            node,
            vmid: *vmid,
            content: kind.content(),
            size: wanted.size,
            format: format.into(),
            base,
            notes: None,
            protected: false,
            ctime,
        });
        Ok(volid)
    }

    /// Puts a template for containers on a storage: `local:vztmpl/debian-12.tar.zst`. On every node that has the storage.
    pub(super) fn add_vztmpl(&mut self, volid: &str) {
        let storage = storage_of(volid).and_then(|id| self.storages.iter().find(|s| s.id == id));
        let storage = storage.filter(|s| s.holds("vztmpl")).unwrap_or_else(|| panic!("no storage for {volid}")).clone();
        let nodes: Vec<Option<String>> = match storage.shared {
            true => vec![None],
            false => self.nodes.iter().filter(|n| storage.is_on(&n.name)).map(|n| Some(n.name.clone())).collect(),
        };
        let format = volid.rsplit('.').next().unwrap_or_default();
        let ctime = self.now();
        for node in nodes {
            let (volid, format) = (volid.to_owned(), format!("t{format}"));
            self.volumes.push(Volume {
                volid,
                node,
                vmid: 0,
                content: "vztmpl",
                size: 120 * MIB,
                format,
                base: None,
                notes: None,
                protected: false,
                ctime,
            });
        }
    }

    /// Turns `vm-N-disk-M` into `base-N-disk-M`, as making a template does.
    pub(super) fn make_base(&mut self, volid: &str, node: &str) -> String {
        let name = volid.replacen("vm-", "base-", 1);
        if let Some(volume) = self.volume_mut(volid, node) {
            volume.volid.clone_from(&name);
        }
        name
    }
}

/// The storage part of a volume id.
pub(super) fn storage_of(volid: &str) -> Option<&str> {
    volid.split_once(':').map(|(storage, _)| storage)
}

/// A volume's size as drives state it.
pub(super) fn size_text(bytes: u64) -> String {
    formats::print_size(bytes)
}
