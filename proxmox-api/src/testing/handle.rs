//! The handle a test holds.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::builder::{self, Builder};
use super::endpoints;
use super::faults::{self, Effect, Fault, Pattern};
use super::guest::{Guest, Power};
use super::request::Recorded;
use super::storage::Volume;
use super::tasks::{TaskInfo, TaskTime};
use super::world::World;

type Hook = Box<dyn FnMut(&FakeProxmox, &Recorded) + Send>;
type Hooks = Vec<(When, Pattern, Arc<Mutex<Hook>>)>;

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Before,
    After,
}

pub(super) struct Shared {
    pub(super) world: Mutex<World>,
    faults: Mutex<Vec<Fault>>,
    hooks: Mutex<Hooks>,
    requests: Mutex<Vec<Recorded>>,
    /// How long a 401 takes.
    pub(super) auth_delay: std::time::Duration,
    stopped: watch::Sender<bool>,
    stop: watch::Sender<bool>,
    /// Counts the calls of `close_idle_connections`.
    pub(super) close: watch::Sender<u64>,
}

/// Stops the server when the last handle of the test is gone.
struct Guard(Arc<Shared>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.stop.send_replace(true);
    }
}

/// A Proxmox VE cluster in process. Cheap to clone; the server ends with the last handle.
#[derive(Clone)]
pub struct FakeProxmox {
    pub(super) shared: Arc<Shared>,
    url: String,
    token: String,
    /// `None` in the handle that hooks are given.
    _guard: Option<Arc<Guard>>,
}

impl fmt::Debug for FakeProxmox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeProxmox").field("url", &self.url).finish_non_exhaustive()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic of a test's closure must not hide behind poisoned locks in everything that follows.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FakeProxmox {
    /// Describes a cluster.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(super) fn from_parts(
        world: World,
        auth_delay: std::time::Duration,
        url: String,
        token: String,
    ) -> (Self, watch::Receiver<bool>) {
        let (stop, stopped) = watch::channel(false);
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            faults: Mutex::default(),
            hooks: Mutex::default(),
            requests: Mutex::default(),
            auth_delay,
            stopped: watch::Sender::new(false),
            stop,
            close: watch::Sender::new(0),
        });
        let guard = Some(Arc::new(Guard(Arc::clone(&shared))));
        (Self { shared, url, token, _guard: guard }, stopped)
    }

    /// A handle that does not keep the server alive.
    pub(super) fn unguarded(&self) -> Self {
        Self { _guard: None, ..self.clone() }
    }

    /// `http://127.0.0.1:PORT`, what a client is given as endpoint.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `user@realm!name=secret` of the first token; empty if there is none.
    #[must_use]
    pub fn token_string(&self) -> &str {
        &self.token
    }

    /// Closes the port and every connection. The state stays to be looked at. Not to be awaited inside a hook.
    pub async fn shutdown(&self) {
        self.shared.stop.send_replace(true);
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.shared.stopped.subscribe().wait_for(|stopped| *stopped).await;
    }

    /// Closes every idle connection, as the real server does after 5 s without a request. Answers under way are
    /// finished first. A client that reuses a connection must get over it.
    pub fn close_idle_connections(&self) {
        self.shared.close.send_modify(|count| *count += 1);
    }

    pub(super) fn mark_stopped(&self) {
        self.shared.stopped.send_replace(true);
    }

    /// The world, with everything finished that is due.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        let mut world = locked(&self.shared.world);
        world.tick();
        world
    }

    // ---- looking -------------------------------------------------------------------------------------------

    /// A copy of a guest.
    #[must_use]
    pub fn guest(&self, vmid: u32) -> Option<Guest> {
        self.world().guests.get(&vmid).cloned()
    }

    /// Copies of all guests, templates included, by VMID.
    #[must_use]
    pub fn guests(&self) -> Vec<Guest> {
        self.world().guests.values().cloned().collect()
    }

    /// The pool that a guest is in.
    #[must_use]
    pub fn pool_of(&self, vmid: u32) -> Option<String> {
        self.world().pool_of(vmid).map(str::to_owned)
    }

    /// All volumes on all storages.
    #[must_use]
    pub fn volumes(&self) -> Vec<Volume> {
        self.world().volumes.iter().cloned().collect()
    }

    /// All tasks, oldest first.
    #[must_use]
    pub fn tasks(&self) -> Vec<TaskInfo> {
        self.world().tasks.iter().map(super::tasks::Task::info).collect()
    }

    /// All requests so far, in the order in which they were answered.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        locked(&self.shared.requests).clone()
    }

    /// How many requests match a pattern (see [`Fault::on`]).
    #[must_use]
    pub fn count(&self, pattern: &str) -> usize {
        let pattern = Pattern::parse(pattern);
        locked(&self.shared.requests).iter().filter(|r| pattern.matches(&r.method, &r.path)).count()
    }

    /// The requests that were not GETs, as `METHOD /path`: what a client changed, or tried to.
    #[must_use]
    pub fn writes(&self) -> Vec<String> {
        locked(&self.shared.requests)
            .iter()
            .filter(|r| r.method != "GET")
            .map(|r| format!("{} {}", r.method, r.path))
            .collect()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        locked(&self.shared.requests).clear();
    }

    // ---- changing the world behind a client's back -----------------------------------------------------------

    /// Changes a guest as an administrator would, without checks, tasks or a recorded request. `None` if there
    /// is no such guest.
    pub fn edit<R>(&self, vmid: u32, change: impl FnOnce(&mut Guest) -> R) -> Option<R> {
        self.world().guests.get_mut(&vmid).map(change)
    }

    /// Adds a guest; fails the test (panics) if its VMID is taken or a storage is unknown.
    pub fn add_guest(&self, vmid: u32, name: &str, describe: impl FnOnce(super::GuestBuilder) -> super::GuestBuilder) {
        describe(super::GuestBuilder::new(vmid, name)).build(&mut self.world());
    }

    /// The same with a container.
    pub fn add_container(
        &self,
        vmid: u32,
        hostname: &str,
        describe: impl FnOnce(super::GuestBuilder) -> super::GuestBuilder,
    ) {
        describe(super::GuestBuilder::container(vmid, hostname)).build(&mut self.world());
    }

    /// Allocates a volume and attaches it to a slot (a mount point `mp0` at `/mp0`), as an administrator would; gives the
    /// volume id. Panics if the guest or storage does not exist.
    pub fn attach_disk(&self, vmid: u32, slot: &str, storage: &str, mib: u64) -> String {
        let mut world = self.world();
        let place = world.guests.get(&vmid).unwrap_or_else(|| panic!("no guest {vmid}")).place();
        let volid = builder::allocate(&mut world, &place, slot, storage, mib);
        if let Some(guest) = world.guests.get_mut(&vmid) {
            guest.set(slot, builder::drive(&volid, slot, mib));
        }
        volid
    }

    /// Sets `lock` in a guest's configuration (`clone`, `backup`, `migrate` …) without any task that would
    /// remove it.
    pub fn lock_guest(&self, vmid: u32, lock: &str) {
        self.edit(vmid, |guest| guest.set("lock", lock));
    }

    /// Removes `lock`, as `qm unlock` does.
    pub fn unlock_guest(&self, vmid: u32) {
        self.edit(vmid, |guest| guest.unset("lock"));
    }

    /// Holds the lock on a guest's configuration file, as a backup that hangs does: writes get the lock
    /// timeout, tasks end with it, reads work. No waiting is simulated.
    pub fn hold_config_lock(&self, vmid: u32) {
        self.world().busy_locks.insert(vmid);
    }

    /// Releases it.
    pub fn release_config_lock(&self, vmid: u32) {
        self.world().busy_locks.remove(&vmid);
    }

    /// Takes a guest away, volumes included, as if somebody had destroyed it.
    pub fn remove_guest(&self, vmid: u32) {
        let mut world = self.world();
        world.volumes.retain(|v| v.vmid != vmid);
        world.forget(vmid);
    }

    /// Moves a guest's configuration to another node, as HA or an administrator would; volumes on local
    /// storages go along.
    pub fn move_guest(&self, vmid: u32, node: &str) {
        endpoints::move_guest(&mut self.world(), vmid, node);
    }

    /// Puts a guest under HA: starting, stopping and migrating it are then asked of HA by a task (`hastart`, `hastop`,
    /// `hamigrate`) that ends OK at once, and done that much later. A removal without `purge` is refused.
    pub fn ha_managed(&self, vmid: u32, time: TaskTime) {
        let mut world = self.world();
        world.ha.insert(vmid);
        world.ha_time = time;
    }

    /// Starts or stops a guest without a task. What waited for its stop is done.
    pub fn set_power(&self, vmid: u32, power: Power) {
        let mut world = self.world();
        let pid = world.next_process().0;
        if let Some(guest) = world.guests.get_mut(&vmid) {
            guest.power = power;
            guest.pid = (power != Power::Stopped).then_some(pid);
            if power == Power::Stopped {
                guest.apply_pending();
            }
        }
    }

    /// A node goes down: its paths answer 595, listings show it offline and its guests unknown.
    pub fn node_down(&self, node: &str) {
        self.set_online(node, false);
    }

    /// It comes back.
    pub fn node_up(&self, node: &str) {
        self.set_online(node, true);
    }

    fn set_online(&self, node: &str, online: bool) {
        for n in self.world().nodes.iter_mut().filter(|n| n.name == node) {
            n.online = online;
        }
    }

    /// Makes every ticket invalid.
    pub fn expire_tickets(&self) {
        self.world().identities.expire_tickets();
    }

    /// Makes listings lag: until [`refresh_status`](Self::refresh_status), `/cluster/resources` shows the last
    /// cycle of the status daemon, in which a new guest has no name and status `unknown`.
    pub fn lag_listings(&self) {
        let mut world = self.world();
        let seen = endpoints::status_cycle(&world);
        world.seen = Some(seen);
    }

    /// Runs one cycle of the status daemon (every 10 s in the real one).
    pub fn refresh_status(&self) {
        let mut world = self.world();
        if world.seen.is_some() {
            let seen = endpoints::status_cycle(&world);
            world.seen = Some(seen);
        }
    }

    // ---- tasks -----------------------------------------------------------------------------------------------

    /// How long tasks of a kind (`qmclone`, `qmstart`, `qmshutdown`, `qmdestroy`, `resize`, `qmconfig`, `vzcreate`,
    /// `vzclone` …, `*` = all others) take from now on.
    pub fn task_time(&self, kind: &str, time: TaskTime) {
        self.world().task_times.insert(kind.into(), time);
    }

    /// Runs every running task to its end, oldest first.
    pub fn finish_tasks(&self) {
        let mut world = self.world();
        for at in 0..world.tasks.len() {
            world.finish_task(at);
        }
    }

    /// Runs one task to its end. False if there is no such task.
    pub fn finish(&self, upid: &str) -> bool {
        self.with_task(upid, World::finish_task)
    }

    /// Runs the next step of a task. A clone has three: locked skeleton; the whole configuration, still locked;
    /// unlocked (and moved to its target node). A container's clone is whole but for its volumes when the UPID is answered:
    /// volumes; unlocked. Its resize: volume and configuration; file system. A migration: locked; moved. Everything else
    /// has one.
    pub fn step(&self, upid: &str) -> bool {
        self.with_task(upid, World::step_task)
    }

    /// Kills a task's worker where it stands: no clean-up, exit status `unexpected status`.
    pub fn kill(&self, upid: &str) -> bool {
        self.with_task(upid, World::kill_task)
    }

    fn with_task(&self, upid: &str, act: impl FnOnce(&mut World, usize)) -> bool {
        let mut world = self.world();
        let at = world.tasks.iter().position(|t| t.upid == upid);
        if let Some(at) = at {
            act(&mut world, at);
        }
        at.is_some()
    }

    // ---- faults and hooks ------------------------------------------------------------------------------------

    /// Switches a fault on. Several may strike one request.
    pub fn fault(&self, fault: Fault) {
        locked(&self.shared.faults).push(fault);
    }

    /// Switches all faults off.
    pub fn clear_faults(&self) {
        locked(&self.shared.faults).clear();
    }

    /// Runs code before each matching request is executed (pattern: see [`Fault::on`]). The closure may use the
    /// handle it is given, to change the world or kill something at that point.
    pub fn before(&self, pattern: &str, hook: impl FnMut(&FakeProxmox, &Recorded) + Send + 'static) {
        self.hook(When::Before, pattern, Box::new(hook));
    }

    /// Runs code after each matching request was executed and before it is answered; status and reason are
    /// already in what it is given.
    pub fn after(&self, pattern: &str, hook: impl FnMut(&FakeProxmox, &Recorded) + Send + 'static) {
        self.hook(When::After, pattern, Box::new(hook));
    }

    fn hook(&self, when: When, pattern: &str, hook: Hook) {
        locked(&self.shared.hooks).push((when, Pattern::parse(pattern), Arc::new(Mutex::new(hook))));
    }

    pub(super) fn run_hooks(&self, when: When, request: &Recorded) {
        let hooks: Vec<_> = locked(&self.shared.hooks)
            .iter()
            .filter(|(at, pattern, _)| *at == when && pattern.matches(&request.method, &request.path))
            .map(|(_, _, hook)| Arc::clone(hook))
            .collect();
        let pve = self.unguarded();
        for hook in hooks {
            // Not held while other hooks are registered from inside one.
            locked(&hook)(&pve, request);
        }
    }

    pub(super) fn strike(&self, method: &str, path: &str) -> Vec<Effect> {
        faults::strike(&mut locked(&self.shared.faults), method, path)
    }

    pub(super) fn record(&self, request: Recorded) {
        locked(&self.shared.requests).push(request);
    }
}
