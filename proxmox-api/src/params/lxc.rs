//! `POST /nodes/{node}/lxc` and `POST …/lxc/{vmid}/clone`.

use std::fmt;

use super::Params;
use crate::property::{Drive, LxcNet};
use crate::types::{MiB, MountSlot, NodeName, SshKeys, StorageId, Vmid};

/// How to create a container from a template volume.
///
/// SSH keys and password can be set only now. Without `rootfs` it gets 4 GiB on `storage` (Proxmox VE 9.1). `Debug` hides
/// the password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct LxcCreateParams {
    /// VMID; required. Taken already: an error "already exists".
    pub vmid: Option<Vmid>,
    /// The template volume, `local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst`; required.
    pub ostemplate: String,
    /// Its host name.
    pub hostname: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Cores it may use; default: all of the node.
    pub cores: Option<u32>,
    /// Memory; default 512 MiB.
    pub memory: Option<MiB>,
    /// Swap; default 512 MiB.
    pub swap: Option<MiB>,
    /// Where volumes go that name no storage.
    pub storage: Option<StorageId>,
    /// The root file system, such as [`Drive::allocate`].
    pub rootfs: Option<Drive>,
    /// Mount points: volumes with `mp=PATH`.
    pub mount_points: Vec<(MountSlot, Drive)>,
    /// Network devices by index.
    pub nets: Vec<(u8, LxcNet)>,
    /// SSH keys of its root.
    pub ssh_public_keys: Option<SshKeys>,
    /// Password of its root, at least 5 characters.
    pub password: Option<String>,
    /// Whether its root is an ordinary user of the node; default yes.
    pub unprivileged: Option<bool>,
    /// Features, such as `nesting=1`.
    pub features: Option<String>,
    /// Whether it starts with its node.
    pub onboot: Option<bool>,
    /// Tags.
    pub tags: Vec<String>,
    /// Pool to add it to.
    pub pool: Option<String>,
    /// Start it once it is made.
    pub start: Option<bool>,
}

setters! {
    LxcCreateParams {
        hostname: String, description: String, cores: u32, memory: MiB, swap: MiB, storage: StorageId, rootfs: Drive,
        ssh_public_keys: SshKeys, password: String, unprivileged: bool, features: String, onboot: bool, pool: String,
        start: bool
    }
}

impl LxcCreateParams {
    /// A container with this VMID from this template, everything else as Proxmox has it by default.
    pub fn new(vmid: Vmid, ostemplate: impl Into<String>) -> Self {
        Self { vmid: Some(vmid), ostemplate: ostemplate.into(), ..Self::default() }
    }

    /// What is sent.
    pub fn to_params(&self) -> Params {
        let mut params = Params::new();
        params
            .set_opt("vmid", &self.vmid)
            .set("ostemplate", &self.ostemplate)
            .set_opt("hostname", &self.hostname)
            .set_opt("description", &self.description)
            .set_opt("cores", &self.cores)
            .set_opt("memory", &self.memory)
            .set_opt("swap", &self.swap)
            .set_opt("storage", &self.storage)
            .set_opt("rootfs", &self.rootfs)
            .set_opt("ssh-public-keys", &self.ssh_public_keys.as_ref().map(|keys| keys.keys().join("\n")))
            .set_opt("password", &self.password)
            .set_opt("unprivileged", &self.unprivileged)
            .set_opt("features", &self.features)
            .set_opt("onboot", &self.onboot)
            .set_opt("pool", &self.pool)
            .set_opt("start", &self.start);
        for (slot, drive) in &self.mount_points {
            params.set(slot.to_string(), drive);
        }
        for (index, device) in &self.nets {
            params.set(format!("net{index}"), device.to_string());
        }
        if !self.tags.is_empty() {
            params.set("tags", self.tags.join(";"));
        }
        params
    }
}

impl fmt::Debug for LxcCreateParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LxcCreateParams").field(&self.to_params()).finish()
    }
}

/// How to clone a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LxcCloneParams {
    /// VMID of the clone; required.
    pub newid: Option<Vmid>,
    /// Its host name.
    pub hostname: Option<String>,
    /// Its description, in place of the source's.
    pub description: Option<String>,
    /// Copy the volumes. Without it a template's clone is linked.
    pub full: Option<bool>,
    /// Where the volumes go; only for a full clone.
    pub storage: Option<StorageId>,
    /// Another node to put it on; the source's volumes must be on shared storage.
    pub target: Option<NodeName>,
    /// Pool to add it to.
    pub pool: Option<String>,
}

setters! {
    LxcCloneParams {
        hostname: String, description: String, full: bool, storage: StorageId, target: NodeName, pool: String
    }
}

impl LxcCloneParams {
    /// A clone with this VMID, everything else as Proxmox has it by default.
    pub fn new(newid: Vmid) -> Self {
        Self { newid: Some(newid), ..Self::default() }
    }

    /// What is sent.
    pub fn to_params(&self) -> Params {
        let mut params = Params::new();
        params
            .set_opt("newid", &self.newid)
            .set_opt("hostname", &self.hostname)
            .set_opt("description", &self.description)
            .set_opt("full", &self.full)
            .set_opt("storage", &self.storage)
            .set_opt("target", &self.target)
            .set_opt("pool", &self.pool);
        params
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_described_in_the_apis_words_and_its_password_is_hidden() {
        let storage: StorageId = "local-lvm".parse().unwrap();
        let params = LxcCreateParams {
            hostname: Some("web02".into()),
            memory: Some(MiB(1024)),
            rootfs: Some(Drive::allocate(&storage, MiB::from_gib(8))),
            mount_points: vec![(MountSlot::Mp(0), Drive::allocate(&storage, MiB::from_gib(2)).with("mp", "/srv"))],
            nets: vec![(0, LxcNet::new("eth0").with("bridge", Some("vmbr0")))],
            password: Some("hunter2-secret".into()),
            unprivileged: Some(true),
            tags: vec!["netbox".into()],
            ..LxcCreateParams::new(Vmid::new(201).unwrap(), "local:vztmpl/debian.tar.zst")
        };
        let sent: Vec<String> = params.to_params().iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(
            sent,
            [
                "vmid=201",
                "ostemplate=local:vztmpl/debian.tar.zst",
                "hostname=web02",
                "memory=1024",
                "rootfs=local-lvm:8",
                "password=hunter2-secret",
                "unprivileged=1",
                "mp0=local-lvm:2,mp=/srv",
                "net0=name=eth0,bridge=vmbr0",
                "tags=netbox"
            ]
        );
        assert!(!format!("{params:?}").contains("hunter2"), "{params:?}");
    }
}
