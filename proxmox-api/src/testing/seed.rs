//! A cluster that a file describes, for tests in other languages.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::builder::{Builder, GuestBuilder};
use super::storage::Storage;
use super::tasks::TaskTime;

/// A file that describes no cluster.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeedError {
    /// It is no JSON, or has a key or value that means nothing here.
    #[error("the seed is not understood: {0}")]
    Form(#[from] serde_json::Error),
    /// A storage of a kind that the fake does not have.
    #[error("storage {id}: the fake has no kind {kind:?}; it has dir, lvmthin, zfspool, rbd and nfs")]
    Storage {
        /// Which.
        id: String,
        /// The kind it was to have.
        kind: String,
    },
    /// No time that a task can take.
    #[error("tasks of the kind {kind} cannot take {seconds} seconds")]
    Seconds {
        /// Which.
        kind: String,
        /// The time it was to have.
        seconds: f64,
    },
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Seed {
    cluster: Option<String>,
    nodes: Vec<String>,
    bridges: Vec<String>,
    storages: Vec<SeedStorage>,
    pools: Vec<String>,
    vztmpls: Vec<String>,
    guests: Vec<SeedGuest>,
    /// Secrets by token.
    tokens: BTreeMap<String, String>,
    /// Passwords by user.
    users: BTreeMap<String, String>,
    /// How many seconds tasks of a kind take; `*`: all others.
    task_seconds: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedStorage {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    content: Option<String>,
    #[serde(default)]
    nodes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedGuest {
    vmid: u32,
    name: String,
    /// `qemu` or `lxc`.
    #[serde(rename = "type", default)]
    kind: Kind,
    node: Option<String>,
    pool: Option<String>,
    #[serde(default)]
    template: bool,
    #[serde(default)]
    running: bool,
    #[serde(default)]
    disks: Vec<SeedDisk>,
    /// The storage of a cloud-init drive by its slot.
    #[serde(default)]
    cloudinit: BTreeMap<String, String>,
    #[serde(default)]
    options: BTreeMap<String, String>,
    #[serde(default)]
    interfaces: Vec<SeedInterface>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Qemu,
    Lxc,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedDisk {
    slot: String,
    storage: String,
    mib: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedInterface {
    name: String,
    /// Its MAC address, or the card (`net0`) of which it is.
    mac: String,
    addresses: Vec<String>,
}

impl Builder {
    /// A cluster as a JSON file describes it; every key may be missing.
    ///
    /// ```
    /// # fn main() -> Result<(), proxmox_api::testing::SeedError> {
    /// use proxmox_api::testing::Builder;
    ///
    /// let builder = Builder::from_seed(r#"{
    ///     "cluster": "lab",
    ///     "nodes": ["pve01", "pve02"],
    ///     "bridges": ["vmbr1"],
    ///     "storages": [{"id": "local-lvm", "type": "lvmthin"}, {"id": "nfs", "type": "nfs", "content": "images,iso"}],
    ///     "pools": ["web"],
    ///     "guests": [
    ///         {"vmid": 9000, "name": "debian-12", "template": true, "disks": [{"slot": "scsi0", "storage": "local-lvm", "mib": 2048}],
    ///          "cloudinit": {"ide2": "local-lvm"}},
    ///         {"vmid": 200, "name": "dns01", "type": "lxc", "node": "pve02", "pool": "web", "running": true,
    ///          "options": {"net0": "name=eth0,bridge=vmbr0"},
    ///          "interfaces": [{"name": "eth0", "mac": "net0", "addresses": ["192.0.2.53/24"]}]}
    ///     ],
    ///     "tokens": {"root@pam!ci": "11111111-2222-3333-4444-555555555555"},
    ///     "users": {"root@pam": "password"},
    ///     "task_seconds": {"qmclone": 2.5}
    /// }"#)?;
    /// # let _ = builder;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// It is no JSON, or says what means nothing here. What contradicts itself is found by [`start`](Self::start).
    pub fn from_seed(json: &str) -> Result<Self, SeedError> {
        let seed: Seed = serde_json::from_str(json)?;
        let mut builder = Self::new();
        if let Some(cluster) = &seed.cluster {
            builder = builder.cluster(cluster);
        }
        // Bridges are added to nodes that are there.
        let nodes = if seed.nodes.is_empty() { vec!["pve".to_owned()] } else { seed.nodes };
        builder = nodes.iter().fold(builder, |builder, node| builder.node(node));
        builder = seed.bridges.iter().fold(builder, |builder, bridge| builder.bridge(bridge));
        for storage in seed.storages {
            builder = builder.storage(storage.described()?);
        }
        builder = seed.pools.iter().fold(builder, |builder, pool| builder.pool(pool));
        builder = seed.vztmpls.iter().fold(builder, |builder, volid| builder.vztmpl(volid));
        builder = seed.tokens.iter().fold(builder, |builder, (id, secret)| builder.token(id, secret));
        builder = seed.users.iter().fold(builder, |builder, (user, password)| builder.user(user, password));
        for (kind, seconds) in seed.task_seconds {
            let Ok(time) = Duration::try_from_secs_f64(seconds) else {
                return Err(SeedError::Seconds { kind, seconds });
            };
            builder = builder.task_time(&kind, TaskTime::Real(time));
        }
        for guest in seed.guests {
            let name = guest.name.clone();
            builder = match guest.kind {
                Kind::Qemu => builder.guest(guest.vmid, &name, |it| guest.described(it)),
                Kind::Lxc => builder.container(guest.vmid, &name, |it| guest.described(it)),
            };
        }
        Ok(builder)
    }
}

impl SeedStorage {
    fn described(self) -> Result<Storage, SeedError> {
        let Self { id, kind, content, nodes } = self;
        let storage = match kind.as_str() {
            "dir" => Storage::dir(&id),
            "lvmthin" => Storage::lvm_thin(&id),
            "zfspool" => Storage::zfs(&id),
            "rbd" => Storage::rbd(&id),
            "nfs" => Storage::nfs(&id),
            _ => return Err(SeedError::Storage { id, kind }),
        };
        let storage = content.iter().fold(storage, |storage, content| storage.content(content));
        let nodes: Vec<&str> = nodes.iter().map(String::as_str).collect();
        Ok(if nodes.is_empty() { storage } else { storage.on(&nodes) })
    }
}

impl SeedGuest {
    fn described(self, mut guest: GuestBuilder) -> GuestBuilder {
        guest = self.node.iter().fold(guest, |guest, node| guest.node(node));
        guest = self.pool.iter().fold(guest, |guest, pool| guest.pool(pool));
        guest = self.disks.iter().fold(guest, |guest, disk| guest.disk(&disk.slot, &disk.storage, disk.mib));
        guest = self.cloudinit.iter().fold(guest, |guest, (slot, storage)| guest.cloudinit(slot, storage));
        guest = self.options.iter().fold(guest, |guest, (name, value)| guest.option(name, value));
        for inner in &self.interfaces {
            let addresses: Vec<&str> = inner.addresses.iter().map(String::as_str).collect();
            guest = guest.inner(&inner.name, &inner.mac, &addresses);
        }
        if self.running {
            guest = guest.running();
        }
        if self.template { guest.template() } else { guest }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_describes_a_cluster() {
        let seed = r#"{"nodes": ["a", "b"], "storages": [{"id": "ceph", "type": "rbd", "nodes": ["b"]}], "pools": ["web"],
            "guests": [{"vmid": 100, "name": "web", "node": "b", "pool": "web", "running": true, "options": {"cores": "2"},
                "disks": [{"slot": "scsi0", "storage": "ceph", "mib": 1024}], "cloudinit": {"ide2": "ceph"}}, {"vmid": 200, "name": "ct", "type": "lxc"}],
            "tokens": {"root@pam!x": "secret"}, "task_seconds": {"qmclone": 2.5}}"#;
        let pve = Builder::from_seed(seed).unwrap().start().await;
        let guest = pve.guest(100).unwrap();
        assert_eq!((guest.node.as_str(), guest.get("cores"), guest.disk_mib("scsi0")), ("b", Some("2"), Some(1024)));
        assert!(guest.get("ide2").unwrap().contains("cloudinit"));
        assert!(guest.is_running() && pve.guest(200).is_some());
        assert_eq!(pve.token_string(), "root@pam!x=secret");
        assert_eq!(pve.world().task_time("qmclone"), TaskTime::Real(Duration::from_millis(2_500)));
    }

    #[test]
    fn what_means_nothing_is_refused() {
        assert!(matches!(Builder::from_seed("7"), Err(SeedError::Form(_))));
        assert!(matches!(Builder::from_seed(r#"{"guest": []}"#), Err(SeedError::Form(_))));
        let unknown = Builder::from_seed(r#"{"storages": [{"id": "x", "type": "tape"}]}"#).unwrap_err();
        assert!(unknown.to_string().contains("\"tape\""), "{unknown}");
        let before = Builder::from_seed(r#"{"task_seconds": {"qmstart": -1}}"#).unwrap_err();
        assert!(before.to_string().contains("-1 seconds"), "{before}");
    }
}
