//! The methods, and what every one of them goes through before it runs.

mod access;
mod accounts;
mod backup;
mod cluster;
mod consoles;
mod guest;
mod ha;
mod lxc;
mod moved;
mod network;
mod node;
mod pools;
mod qemu;
mod route;
mod storage;
mod stored;
mod system;
mod task;

use std::collections::BTreeMap;

use serde_json::Value;
use tokio::time::Instant;

use super::auth::{Caller, Credentials};
use super::guest::{GuestKind, Place};
use super::reply::{ApiError, ApiResult, Reply};
use super::request::{RawParams, Recorded};
use super::schema::{self, Kind, Params};
use super::tasks::{ConfigLock, Job, TaskFault, lock_timeout};
use super::world::World;

pub(super) use cluster::status_cycle;
pub(super) use guest::migrate::move_guest;
pub(super) use route::Route;
pub(super) use stored::of_guest;

/// What became of a request.
pub(super) enum Outcome {
    Done(Reply),
    /// A task holds the lock on the configuration; try again then.
    WaitUntil(Instant),
}

/// What a method works on.
pub(super) struct Ctx<'a> {
    pub(super) world: &'a mut World,
    pub(super) caller: Caller,
    /// The node in the path, if there is one.
    pub(super) node: String,
    /// The VMID in the path, if there is one.
    pub(super) vmid: u32,
    /// The kind of guest the path is about, if it is about one.
    pub(super) kind: GuestKind,
    /// The method.
    pub(super) method: &'static str,
    /// The path as the schema writes it.
    pub(super) template: &'static str,
    /// All segments of the path.
    pub(super) path: Vec<String>,
    pub(super) params: Params,
    task_fault: Option<TaskFault>,
}

impl Ctx<'_> {
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name).map(String::as_str)
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.param(name) == Some("1")
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.param(name).and_then(|v| v.parse().ok())
    }

    /// The guest that the path is about.
    pub(super) fn place(&self) -> Place {
        Place { kind: self.kind, vmid: self.vmid, node: self.node.clone() }
    }

    /// Checks one of several privileges on the guest of the path.
    pub(super) fn check_vm(&self, any: &[&str]) -> Result<(), ApiError> {
        self.caller.check(&format!("/vms/{}", self.vmid), any)
    }

    /// Starts a task on the node of the path and answers its UPID.
    pub(super) fn spawn(&mut self, job: Job) -> ApiResult {
        let upid = self.world.spawn(&self.node, &self.caller, self.task_fault.take(), job);
        Ok(Value::String(upid).into())
    }

    /// The same for a guest that may be under HA: then the task, of another kind, only asks HA for the work, which is
    /// done some time after it has ended OK.
    pub(super) fn spawn_by_ha(&mut self, kind: &'static str, job: Job) -> ApiResult {
        if !self.world.ha.contains(&self.vmid) {
            return self.spawn(job);
        }
        let asked = self.spawn(Job { locks: None, ..Job::new(kind, self.vmid, |_, _| Ok(())) });
        let manager = Caller::root();
        let time = TaskFault::Time(self.world.ha_time);
        self.world.spawn(&self.node, &manager, Some(time), job);
        asked
    }

    /// Whether root asked to ignore the lock in the configuration (checked by `check_skiplock`).
    pub(super) fn skips_lock(&self) -> bool {
        self.flag("skiplock")
    }

    /// Refuses `skiplock` to everybody but root with a ticket.
    pub(super) fn check_skiplock(&self) -> Result<(), ApiError> {
        let root = self.caller.user == "root@pam" && self.caller.tokenid.is_none();
        if self.params.contains_key("skiplock") && !root {
            return Err(ApiError::parameter("skiplock", "Only root may use this option."));
        }
        Ok(())
    }
}

/// Every table of routes.
const TABLES: &[&[Route]] = &[
    cluster::ROUTES,
    pools::ROUTES,
    access::ROUTES,
    accounts::ROUTES,
    storage::ROUTES,
    node::ROUTES,
    task::ROUTES,
    qemu::ROUTES,
    qemu::AGENT_ROUTES,
    lxc::ROUTES,
    backup::ROUTES,
    ha::ROUTES,
    stored::ROUTES,
    moved::ROUTES,
    consoles::ROUTES,
    network::ROUTES,
    system::ROUTES,
];

/// All routes.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    TABLES.iter().copied().flatten()
}

/// Runs a request against the world.
pub(super) fn dispatch(
    world: &mut World,
    segments: &[String],
    credentials: &Credentials,
    raw: &RawParams,
    task_fault: &Option<TaskFault>,
    recorded: &mut Recorded,
) -> Outcome {
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    let method = recorded.method.clone();
    let route = routes().find(|route| route.matches(&method, &path));
    let caller = match world.identities.identify(credentials, method != "GET") {
        _ if route.is_some_and(|route| route.open) => Caller::nobody(),
        Ok(caller) => {
            recorded.user = Some(caller.full_name());
            caller.with_pools(&world.pools)
        }
        Err(error) => return Outcome::Done(error.into()),
    };
    let Some(route) = route else {
        let error = ApiError::NotImplemented(format!("Method '{method} {}' not implemented", recorded.path));
        return Outcome::Done(error.into());
    };
    let node = if path.first() == Some(&"nodes") { path.get(1).copied().unwrap_or_default() } else { "" };
    if !node.is_empty()
        && let Err(error) = check_node(world, node)
    {
        return Outcome::Done(error.into());
    }
    let (kind, vmid, mut errors) = path_guest(&path);
    let params = match route.check(raw) {
        Ok(params) => params,
        Err(more) => {
            errors.extend(more);
            Params::new()
        }
    };
    if !errors.is_empty() {
        return Outcome::Done(ApiError::Parameters(errors).into());
    }
    if route.locks && world.guests.get(&vmid).is_some_and(|g| g.node == node) {
        match world.config_lock(vmid, None) {
            ConfigLock::Free => {}
            ConfigLock::Until(instant) => return Outcome::WaitUntil(instant),
            ConfigLock::Busy => return Outcome::Done(ApiError::internal(lock_timeout(kind, vmid)).into()),
        }
    }
    recorded.executed = true;
    let mut ctx = Ctx {
        world,
        caller,
        node: node.into(),
        vmid,
        kind,
        method: route.endpoint.method,
        template: route.endpoint.path,
        path: segments.to_vec(),
        params,
        task_fault: task_fault.clone(),
    };
    Outcome::Done((route.run)(&mut ctx).into())
}

fn check_node(world: &World, name: &str) -> Result<(), ApiError> {
    match world.node(name) {
        None => Err(ApiError::internal(format!(
            "hostname lookup '{name}' failed - failed to get address info for: {name}: Name or service not known"
        ))),
        Some(node) if !node.online => Err(ApiError::Bare(595, "No route to host".into())),
        Some(_) => Ok(()),
    }
}

/// The guest of `/nodes/N/qemu/VMID/…` or `/nodes/N/lxc/VMID/…`, and what is wrong with its VMID.
fn path_guest(path: &[&str]) -> (GuestKind, u32, BTreeMap<String, String>) {
    let kind = if path.get(2) == Some(&"lxc") { GuestKind::Lxc } else { GuestKind::Qemu };
    let ["nodes", _, "qemu" | "lxc", vmid, ..] = path else { return (kind, 0, BTreeMap::new()) };
    match schema::verify("vmid", Kind::Vmid, vmid) {
        None => (kind, vmid.parse().unwrap_or_default(), BTreeMap::new()),
        Some(error) => (kind, 0, BTreeMap::from([("vmid".to_owned(), error)])),
    }
}
