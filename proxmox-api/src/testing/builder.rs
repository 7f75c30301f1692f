//! Describing a cluster and its guests.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use super::auth::{Rights, Token};
use super::formats::{MIB, print_size};
use super::guest::{Guest, GuestKind, Inner, Place, Power};
use super::handle::FakeProxmox;
use super::options;
use super::server;
use super::storage::{Allocation, Storage};
use super::tasks::TaskTime;
use super::world::{Node, Pool, World};

/// A cluster to be started. Without nodes it gets one, `pve`; without storages `local` (files) and `local-lvm`.
#[derive(Default)]
#[must_use]
pub struct Builder {
    cluster: Option<String>,
    nodes: Vec<Node>,
    storages: Vec<Storage>,
    guests: Vec<GuestBuilder>,
    vztmpls: Vec<String>,
    tokens: Vec<(String, Token)>,
    users: Vec<(String, String)>,
    pools: Vec<String>,
    task_times: Vec<(String, TaskTime)>,
    auth_delay: Duration,
    lag: bool,
    address: Option<SocketAddr>,
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the tokens and users: they hold secrets.
        f.debug_struct("Builder").field("nodes", &self.nodes).field("guests", &self.guests).finish_non_exhaustive()
    }
}

impl Builder {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds a node with the bridge `vmbr0`. The first one is the one the client talks to.
    pub fn node(mut self, name: &str) -> Self {
        let bridges = BTreeSet::from(["vmbr0".to_owned()]);
        self.nodes.push(Node { name: name.into(), online: true, bridges });
        self
    }

    /// Adds a bridge to every node so far.
    pub fn bridge(mut self, name: &str) -> Self {
        for node in &mut self.nodes {
            node.bridges.insert(name.into());
        }
        self
    }

    /// Names the cluster. Several nodes without a name are the cluster `cluster`; one node without a name is in
    /// no cluster, and `/cluster/status` has no entry of that type.
    pub fn cluster(mut self, name: &str) -> Self {
        self.cluster = Some(name.into());
        self
    }

    /// Adds a storage.
    pub fn storage(mut self, storage: Storage) -> Self {
        self.storages.push(storage);
        self
    }

    /// Adds a pool.
    pub fn pool(mut self, name: &str) -> Self {
        self.pools.push(name.into());
        self
    }

    /// Adds a template.
    pub fn template(self, vmid: u32, name: &str, describe: impl FnOnce(GuestBuilder) -> GuestBuilder) -> Self {
        self.guest(vmid, name, |g| describe(g).template())
    }

    /// Adds a guest.
    pub fn guest(mut self, vmid: u32, name: &str, describe: impl FnOnce(GuestBuilder) -> GuestBuilder) -> Self {
        self.guests.push(describe(GuestBuilder::new(vmid, name)));
        self
    }

    /// Adds a container. Without a root disk it has none: see [`GuestBuilder::disk`].
    pub fn container(mut self, vmid: u32, hostname: &str, describe: impl FnOnce(GuestBuilder) -> GuestBuilder) -> Self {
        self.guests.push(describe(GuestBuilder::container(vmid, hostname)));
        self
    }

    /// Adds a container that is a template.
    pub fn container_template(
        self,
        vmid: u32,
        hostname: &str,
        describe: impl FnOnce(GuestBuilder) -> GuestBuilder,
    ) -> Self {
        self.container(vmid, hostname, |g| describe(g).template())
    }

    /// Adds a template that containers are created from, such as `local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst`.
    pub fn vztmpl(mut self, volid: &str) -> Self {
        self.vztmpls.push(volid.into());
        self
    }

    /// Adds an API token (`user@realm!name` and its secret) that may do everything. Without any token there is
    /// `root@pam!test` with the secret `00000000-0000-4000-8000-000000000000`.
    pub fn token(mut self, id: &str, secret: &str) -> Self {
        self.tokens.push((id.into(), Token { secret: secret.into(), rights: Rights::All }));
        self
    }

    /// Adds an API token that may do only this: path (`/`, `/vms/100`, `/storage/ceph`, `/pool/web`) and privileges, which
    /// propagate downwards, and from a pool to its members.
    pub fn limited_token(mut self, id: &str, secret: &str, acl: &[(&str, &[&str])]) -> Self {
        let acl = acl
            .iter()
            .flat_map(|(path, privileges)| privileges.iter().map(move |p| ((*path).to_owned(), (*p).to_owned())))
            .collect();
        self.tokens.push((id.into(), Token { secret: secret.into(), rights: Rights::These(acl) }));
        self
    }

    /// Adds a user who can get a ticket with a password.
    pub fn user(mut self, user: &str, password: &str) -> Self {
        self.users.push((user.into(), password.into()));
        self
    }

    /// How long tasks of a kind take (`*` = all others); see [`FakeProxmox::task_time`].
    pub fn task_time(mut self, kind: &str, time: TaskTime) -> Self {
        self.task_times.push((kind.into(), time));
        self
    }

    /// Delays every 401; the real one takes 3 s.
    pub fn auth_delay(mut self, delay: Duration) -> Self {
        self.auth_delay = delay;
        self
    }

    /// Listings lag from the start; see [`FakeProxmox::lag_listings`].
    pub fn lagging_listings(mut self) -> Self {
        self.lag = true;
        self
    }

    /// Listens at this address; without it at a free port of `127.0.0.1`.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// Starts the server on the current tokio runtime.
    ///
    /// # Panics
    ///
    /// If no port can be bound, or the description contradicts itself (an unknown storage, a VMID twice).
    pub async fn start(mut self) -> FakeProxmox {
        if self.nodes.is_empty() {
            self = self.node("pve");
        }
        if self.storages.is_empty() {
            self.storages = vec![Storage::dir("local"), Storage::lvm_thin("local-lvm")];
        }
        if self.tokens.is_empty() && self.users.is_empty() {
            self = self.token("root@pam!test", "00000000-0000-4000-8000-000000000000");
        }
        let mut world = World::new();
        world.cluster = self.cluster.or_else(|| (self.nodes.len() > 1).then(|| "cluster".into()));
        world.nodes = self.nodes;
        world.storages = self.storages;
        world.pools = self.pools.into_iter().map(|p| (p, Pool::default())).collect();
        world.task_times = self.task_times.into_iter().collect();
        let token = self.tokens.first().map(|(id, t)| format!("{id}={}", t.secret)).unwrap_or_default();
        world.identities.tokens = self.tokens.into_iter().collect();
        world.identities.users = self.users.into_iter().collect();
        for volid in &self.vztmpls {
            world.add_vztmpl(volid);
        }
        for guest in self.guests {
            guest.build(&mut world);
        }
        if self.lag {
            world.seen = Some(super::endpoints::status_cycle(&world));
        }
        server::start(world, self.address, self.auth_delay, token).await
    }
}

/// A guest to be put into the cluster as if it had always been there.
#[derive(Debug)]
#[must_use]
pub struct GuestBuilder {
    vmid: u32,
    kind: GuestKind,
    node: Option<String>,
    pool: Option<String>,
    options: Vec<(String, String)>,
    disks: Vec<(String, String, u64)>,
    cloudinit: Option<(String, String)>,
    template: bool,
    power: Power,
    ignores_shutdown: bool,
    mute_boot: bool,
    inner: Option<Vec<Inner>>,
}

impl GuestBuilder {
    pub(super) fn new(vmid: u32, name: &str) -> Self {
        Self::of(GuestKind::Qemu, vmid, name)
    }

    pub(super) fn container(vmid: u32, hostname: &str) -> Self {
        Self::of(GuestKind::Lxc, vmid, hostname)
    }

    fn of(kind: GuestKind, vmid: u32, name: &str) -> Self {
        Self {
            vmid,
            kind,
            node: None,
            pool: None,
            options: vec![(kind.name_option().into(), name.into())],
            disks: Vec::new(),
            cloudinit: None,
            template: false,
            power: Power::Stopped,
            ignores_shutdown: false,
            mute_boot: false,
            inner: None,
        }
    }

    /// The node it is on; default the first.
    pub fn node(mut self, node: &str) -> Self {
        self.node = Some(node.into());
        self
    }

    /// The pool it is in, which [`Builder::pool`] has added; default none.
    pub fn pool(mut self, pool: &str) -> Self {
        self.pool = Some(pool.into());
        self
    }

    /// A disk of that many MiB in a slot. The first one of a virtual machine becomes the boot disk unless `boot` is set;
    /// of a container, `rootfs` is the root disk, and a mount point such as `mp0` is mounted at `/mp0`.
    pub fn disk(mut self, slot: &str, storage: &str, mib: u64) -> Self {
        self.disks.push((slot.into(), storage.into(), mib));
        self
    }

    /// A cloud-init drive in a slot.
    pub fn cloudinit(mut self, slot: &str, storage: &str) -> Self {
        self.cloudinit = Some((slot.into(), storage.into()));
        self
    }

    /// A network device: `net0` with `virtio,bridge=vmbr0`, of a container `name=eth0,bridge=vmbr0,ip=dhcp`. A MAC
    /// address is chosen if there is none.
    pub fn net(self, slot: &str, value: &str) -> Self {
        self.option(slot, value)
    }

    /// `cores`
    pub fn cores(self, cores: u32) -> Self {
        self.option("cores", &cores.to_string())
    }

    /// `memory` in MiB
    pub fn memory(self, mib: u64) -> Self {
        self.option("memory", &mib.to_string())
    }

    /// `tags`, separated by `;`
    pub fn tags(self, tags: &str) -> Self {
        self.option("tags", tags)
    }

    /// `description`
    pub fn description(self, text: &str) -> Self {
        self.option("description", text)
    }

    /// Any option, unchecked.
    pub fn option(mut self, name: &str, value: &str) -> Self {
        self.options.push((name.into(), value.into()));
        self
    }

    /// Makes it a template: its disks are base volumes.
    pub fn template(mut self) -> Self {
        self.template = true;
        self
    }

    /// It is running.
    pub fn running(mut self) -> Self {
        self.power = Power::Running;
        self
    }

    /// It does not react to ACPI.
    pub fn ignores_shutdown(mut self) -> Self {
        self.ignores_shutdown = true;
        self
    }

    /// An interface within it with its addresses (`192.0.2.7/24`): of a card (`net0`), or with a MAC address of its own. A
    /// virtual machine gets a guest agent by it.
    pub fn inner(mut self, name: &str, mac: &str, addresses: &[&str]) -> Self {
        let addresses = addresses.iter().map(|address| (*address).to_owned()).collect();
        self.inner.get_or_insert_default().push(Inner { name: name.into(), mac: mac.into(), addresses });
        if self.kind == GuestKind::Qemu { self.option("agent", "enabled=1") } else { self }
    }

    /// Leaves `boot` unset.
    pub fn without_boot_order(mut self) -> Self {
        self.mute_boot = true;
        self
    }

    pub(super) fn build(self, world: &mut World) {
        let vmid = self.vmid;
        assert!(!world.guests.contains_key(&vmid), "VMID {vmid} is taken");
        let node = self.node.clone().unwrap_or_else(|| world.nodes[0].name.clone());
        assert!(world.node(&node).is_some(), "no node {node}");
        let place = Place { kind: self.kind, vmid, node };
        let mut guest = Guest::new(&place);
        match self.kind {
            GuestKind::Qemu => self.describe_machine(world, &mut guest),
            GuestKind::Lxc => {
                for (option, value) in [("arch", "amd64"), ("memory", "512"), ("ostype", "debian"), ("swap", "512")] {
                    guest.set(option, value);
                }
                guest.set("unprivileged", "1");
            }
        }
        for (slot, storage, mib) in &self.disks {
            let mut volid = allocate(world, &place, slot, storage, *mib);
            if self.template {
                volid = world.make_base(&volid, &place.node);
            }
            guest.set(slot, drive(&volid, slot, *mib));
        }
        for (name, value) in &self.options {
            let value = if options::is_net(name) {
                options::print_net(self.kind, value, || world.next_mac())
            } else {
                value.clone()
            };
            guest.set(name, value);
        }
        if self.template {
            guest.set("template", "1");
        }
        guest.ignores_shutdown = self.ignores_shutdown;
        guest.power = self.power;
        guest.inner = self.inner;
        guest.pid = (self.power != Power::Stopped).then(|| world.next_process().0);
        let pool = self.pool.as_deref();
        assert!(pool.is_none_or(|pool| world.pools.contains_key(pool)), "no pool {pool:?}");
        world.add(guest, pool);
    }

    fn describe_machine(&self, world: &mut World, guest: &mut Guest) {
        guest.set("smbios1", format!("uuid={}", world.next_uuid()));
        guest.set("vmgenid", world.next_uuid());
        guest.set("meta", format!("creation-qemu=10.0.13,ctime={}", world.now()));
        guest.set("scsihw", "virtio-scsi-pci");
        guest.set("ostype", "l26");
        if let Some((slot, storage)) = &self.cloudinit {
            let place = guest.place();
            let wanted = Allocation { storage, place: &place, size: 0, format: None };
            let volid =
                world.allocate_cloudinit(&wanted).unwrap_or_else(|e| panic!("disk {slot} of {}: {e:?}", self.vmid));
            guest.set(slot, format!("{volid},media=cdrom"));
        }
        if let (Some((slot, ..)), false) = (self.disks.first(), self.mute_boot) {
            guest.set("boot", format!("order={slot}"));
        }
    }
}

/// Allocates a disk that a test asks for.
pub(super) fn allocate(world: &mut World, place: &Place, slot: &str, storage: &str, mib: u64) -> String {
    let wanted = Allocation { storage, place, size: mib * MIB, format: None };
    world.allocate(&wanted).unwrap_or_else(|e| panic!("disk {slot} of {}: {e:?}", place.vmid))
}

/// The value of the drive it is in.
pub(super) fn drive(volid: &str, slot: &str, mib: u64) -> String {
    let path = if slot.starts_with("mp") { format!(",mp=/{slot}") } else { String::new() };
    format!("{volid}{path},size={}", print_size(mib * MIB))
}
