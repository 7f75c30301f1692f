//! The state behind the API: one cluster.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::auth::Identities;
use super::documents::Documents;
use super::guest::{Guest, Place};
use super::reply::ApiError;
use super::storage::{Storage, Volumes};
use super::tasks::{Task, TaskTime};

/// A node of the cluster.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) online: bool,
    pub(super) bridges: BTreeSet<String>,
}

/// A pool and its members.
#[derive(Debug, Clone, Default)]
pub(super) struct Pool {
    pub(super) comment: Option<String>,
    /// A guest is in one pool at most.
    pub(super) vms: BTreeSet<u32>,
    pub(super) storages: BTreeSet<String>,
}

/// Everything the fake knows.
pub(super) struct World {
    pub(super) cluster: Option<String>,
    pub(super) nodes: Vec<Node>,
    pub(super) storages: Vec<Storage>,
    pub(super) volumes: Volumes,
    pub(super) pools: BTreeMap<String, Pool>,
    pub(super) guests: BTreeMap<u32, Guest>,
    pub(super) tasks: Vec<Task>,
    pub(super) task_times: BTreeMap<String, TaskTime>,
    /// What is kept as it was given.
    pub(super) documents: Documents,
    /// The guests in backups, by volume.
    pub(super) backups: BTreeMap<String, Guest>,
    /// Guests under HA.
    pub(super) ha: BTreeSet<u32>,
    /// How long HA takes to do what a task asked it for.
    pub(super) ha_time: TaskTime,
    /// Guests whose configuration lock somebody holds for ever.
    pub(super) busy_locks: BTreeSet<u32>,
    pub(super) identities: Identities,
    /// What the last status cycle saw, by VMID, if listings lag behind.
    pub(super) seen: Option<BTreeMap<u32, Value>>,
    clock: u64,
    counter: u32,
}

/// When the fake's clock starts: 2026-01-01 00:00 UTC.
const EPOCH: u64 = 1_767_225_600;

impl World {
    pub(super) fn new() -> Self {
        Self {
            cluster: None,
            nodes: Vec::new(),
            storages: Vec::new(),
            volumes: Volumes::default(),
            pools: BTreeMap::new(),
            guests: BTreeMap::new(),
            tasks: Vec::new(),
            task_times: BTreeMap::new(),
            documents: Documents::default(),
            backups: BTreeMap::new(),
            ha: BTreeSet::new(),
            ha_time: TaskTime::default(),
            busy_locks: BTreeSet::new(),
            identities: Identities::default(),
            seen: None,
            clock: EPOCH,
            counter: 0,
        }
    }

    /// Seconds since 1970 of the fake's own clock, which moves with tasks only.
    pub(super) fn now(&self) -> u64 {
        self.clock
    }

    pub(super) fn advance(&mut self, seconds: u64) {
        self.clock += seconds;
    }

    pub(super) fn count(&mut self) -> u32 {
        self.counter += 1;
        self.counter
    }

    /// Process id, start in clock ticks and start time of a new worker.
    pub(super) fn next_process(&mut self) -> (u32, u32, u64) {
        self.advance(1);
        let n = self.count();
        (0x400 + n, 0x34000 + n * 0x10, self.clock)
    }

    /// A new MAC address with Proxmox's prefix.
    pub(super) fn next_mac(&mut self) -> String {
        let [_, a, b, c] = self.count().to_be_bytes();
        format!("BC:24:11:{a:02X}:{b:02X}:{c:02X}")
    }

    /// A new UUID of the random version.
    pub(super) fn next_uuid(&mut self) -> String {
        let n = self.count();
        format!("{n:08x}-0000-4000-8000-{:012x}", u64::from(n) * 0x9E37_79B1)
    }

    pub(super) fn task_time(&self, kind: &str) -> TaskTime {
        self.task_times.get(kind).or_else(|| self.task_times.get("*")).copied().unwrap_or_default()
    }

    pub(super) fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|n| n.name == name)
    }

    /// A node's address in the cluster's network.
    pub(super) fn address(&self, name: &str) -> Option<String> {
        self.nodes.iter().position(|n| n.name == name).map(|at| format!("10.77.0.{}", at + 1))
    }

    /// The guest, if its configuration lies there.
    pub(super) fn guest_on(&self, place: &Place) -> Result<&Guest, ApiError> {
        let guest = self.guests.get(&place.vmid).filter(|guest| place.holds(guest));
        guest.ok_or_else(|| ApiError::internal(place.no_config()))
    }

    /// The same inside a worker, to be changed.
    pub(super) fn guest_mut(&mut self, place: &Place) -> Result<&mut Guest, String> {
        let guest = self.guests.get_mut(&place.vmid).filter(|guest| place.holds(guest));
        guest.ok_or_else(|| place.no_config())
    }

    /// Adds a guest, and puts it into a pool.
    pub(super) fn add(&mut self, guest: Guest, pool: Option<&str>) {
        if let Some(pool) = pool.and_then(|pool| self.pools.get_mut(pool)) {
            pool.vms.insert(guest.vmid);
        }
        self.guests.insert(guest.vmid, guest);
    }

    /// Removes a guest from what refers to it.
    pub(super) fn forget(&mut self, vmid: u32) {
        self.guests.remove(&vmid);
        self.ha.remove(&vmid);
        self.documents.forget(&super::endpoints::of_guest(vmid));
        for pool in self.pools.values_mut() {
            pool.vms.remove(&vmid);
        }
    }

    /// The pool that a guest is in.
    pub(super) fn pool_of(&self, vmid: u32) -> Option<&str> {
        self.pools.iter().find(|(_, pool)| pool.vms.contains(&vmid)).map(|(id, _)| id.as_str())
    }

    pub(super) fn next_id(&self) -> u32 {
        (100..).find(|id| !self.guests.contains_key(id)).unwrap_or(100)
    }
}

/// The error about a lock in a guest's configuration.
pub(super) fn check_lock(guest: &Guest) -> Result<(), String> {
    match guest.lock() {
        Some(lock) => Err(format!("{} is locked ({lock})", guest.kind.word())),
        None => Ok(()),
    }
}
