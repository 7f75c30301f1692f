//! Tasks: their UPID, their steps, how long they take, how they end.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::auth::Caller;
use super::guest::GuestKind;
use super::world::World;

/// How long tasks take. Nothing here sleeps: a task whose time has come is finished by the next request or
/// look at the fake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum TaskTime {
    /// It has ended before its UPID is answered.
    #[default]
    Instant,
    /// It ends after this time of tokio's clock; its steps are spread over it.
    Real(Duration),
    /// Its worker has begun (a clone shows its locked skeleton) and stays there until
    /// [`finish`](super::FakeProxmox::finish).
    Manual,
    /// Its worker has not begun yet: nothing is reserved, two clones to one VMID both get a UPID.
    Queued,
}

/// One step of a worker.
pub(super) type Step = Box<dyn FnOnce(&mut World, &mut Vec<String>) -> Result<(), String> + Send>;

/// A task to be started.
pub(super) struct Job {
    /// `qmclone`, `qmstart` …
    pub(super) kind: &'static str,
    /// The id in the UPID: of a clone it is the *template's* VMID.
    pub(super) id: String,
    /// The guest whose configuration file it locks while it works.
    pub(super) locks: Option<u32>,
    pub(super) steps: Vec<Step>,
    /// What its worker does when it fails or is interrupted.
    pub(super) cleanup: Option<Step>,
}

impl Job {
    /// A job of one step, which locks the guest it is named for.
    pub(super) fn new(
        kind: &'static str,
        vmid: u32,
        step: impl FnOnce(&mut World, &mut Vec<String>) -> Result<(), String> + Send + 'static,
    ) -> Self {
        Self { kind, id: vmid.to_string(), locks: Some(vmid), steps: vec![Box::new(step)], cleanup: None }
    }
}

/// A fault that a request hands to the task it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TaskFault {
    /// The worker begins, fails with this text and cleans up.
    Fail(String),
    /// It succeeds with that many warnings.
    Warnings(u32),
    /// The worker is killed after its first step: no clean-up.
    Kill,
    /// It takes this long.
    Time(TaskTime),
}

/// A task.
pub(super) struct Task {
    pub(super) upid: String,
    pub(super) node: String,
    pub(super) kind: &'static str,
    pub(super) id: String,
    pub(super) user: String,
    pub(super) tokenid: Option<String>,
    pub(super) pid: u32,
    pub(super) pstart: u32,
    pub(super) starttime: u64,
    pub(super) endtime: Option<u64>,
    /// `None` while it runs.
    pub(super) exit: Option<String>,
    pub(super) log: Vec<String>,
    pub(super) locks: Option<u32>,
    steps: VecDeque<Step>,
    cleanup: Option<Step>,
    begun: bool,
    /// When the next step is due, and how long a step takes.
    due: Option<(Instant, Duration)>,
    warnings: u32,
}

/// What is known of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskInfo {
    /// Its UPID.
    pub upid: String,
    /// `qmclone`, `qmstart` …
    pub kind: String,
    /// The id it is named for, usually a VMID.
    pub id: String,
    /// The node it runs on.
    pub node: String,
    /// `user@realm` or `user@realm!token`.
    pub user: String,
    /// `OK`, `WARNINGS: n` or the error; `None` while it runs.
    pub exitstatus: Option<String>,
}

impl Task {
    pub(super) fn info(&self) -> TaskInfo {
        TaskInfo {
            upid: self.upid.clone(),
            kind: self.kind.into(),
            id: self.id.clone(),
            node: self.node.clone(),
            user: self.full_user(),
            exitstatus: self.exit.clone(),
        }
    }

    pub(super) fn full_user(&self) -> String {
        match &self.tokenid {
            Some(token) => format!("{}!{token}", self.user),
            None => self.user.clone(),
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.exit.is_none()
    }

    pub(super) fn has_failed(&self) -> bool {
        self.exit.as_deref().is_some_and(|exit| exit != "OK" && !exit.starts_with("WARNINGS: "))
    }

    fn holds(&self, vmid: u32) -> bool {
        self.is_running() && self.begun && self.locks == Some(vmid)
    }
}

/// The lock on a guest's configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConfigLock {
    Free,
    /// Held until then, soon enough to wait for.
    Until(Instant),
    /// Held for longer than Proxmox VE waits (10 s), or nobody knows how long.
    Busy,
}

/// How long Proxmox VE waits for the lock on a configuration file.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// The error after that.
pub(super) fn lock_timeout(kind: GuestKind, vmid: u32) -> String {
    let file =
        kind.of(format!("/var/lock/qemu-server/lock-{vmid}.conf"), format!("/run/lock/lxc/pve-config-{vmid}.lock"));
    format!("can't lock file '{file}' - got timeout")
}

impl World {
    /// Starts a task and gives its UPID.
    pub(super) fn spawn(&mut self, node: &str, caller: &Caller, fault: Option<TaskFault>, job: Job) -> String {
        let mut time = self.task_time(job.kind);
        let mut steps: VecDeque<Step> = job.steps.into();
        let mut warnings = 0;
        match fault {
            None => {}
            Some(TaskFault::Time(other)) => time = other,
            Some(TaskFault::Warnings(n)) => warnings = n,
            Some(TaskFault::Fail(text)) => {
                steps.truncate(usize::from(steps.len() > 1));
                steps.push_back(Box::new(move |_, _| Err(text)));
            }
            Some(TaskFault::Kill) => {
                steps.truncate(usize::from(steps.len() > 1));
                steps.push_back(Box::new(|_, _| Err(KILLED.into())));
            }
        }
        let (pid, pstart, starttime) = self.next_process();
        let upid = format!(
            "UPID:{node}:{pid:08X}:{pstart:08X}:{starttime:08X}:{}:{}:{}:",
            job.kind,
            job.id,
            caller.full_name()
        );
        let count = u32::try_from(steps.len()).unwrap_or(u32::MAX).max(1);
        let due = match time {
            TaskTime::Real(total) => {
                let each = if count > 1 { total / (count - 1) } else { total };
                Some((Instant::now() + each, each))
            }
            _ => None,
        };
        self.tasks.push(Task {
            upid: upid.clone(),
            node: node.into(),
            kind: job.kind,
            id: job.id,
            user: caller.user.clone(),
            tokenid: caller.tokenid.clone(),
            pid,
            pstart,
            starttime,
            endtime: None,
            exit: None,
            log: Vec::new(),
            locks: job.locks,
            steps,
            cleanup: job.cleanup,
            begun: false,
            due,
            warnings,
        });
        let at = self.tasks.len() - 1;
        match time {
            // A worker waits for a lock that comes free in time; nobody waits for one that does not.
            TaskTime::Instant => match self.tasks[at].locks.map(|vmid| self.config_lock(vmid, Some(at))) {
                Some(ConfigLock::Until(until)) => self.tasks[at].due = Some((until, Duration::ZERO)),
                _ => self.finish_task(at),
            },
            // The first of several steps shows at once; a single step is the task's whole work.
            TaskTime::Real(_) | TaskTime::Manual if count > 1 => self.step_task(at),
            _ => {
                let free = self.tasks[at].locks.is_none_or(|vmid| self.lock_holder(vmid, at).is_none());
                self.tasks[at].begun = time != TaskTime::Queued && free;
            }
        }
        upid
    }

    /// Finishes what is due. Called before anything looks at the world.
    pub(super) fn tick(&mut self) {
        let now = Instant::now();
        loop {
            let next = self
                .tasks
                .iter()
                .enumerate()
                .filter(|(_, t)| t.is_running())
                .filter_map(|(at, t)| t.due.map(|(due, _)| (due, at)))
                .filter(|(due, _)| *due <= now)
                .min();
            let Some((due, at)) = next else { return };
            if let Some(vmid) = self.tasks[at].locks.filter(|_| !self.tasks[at].begun)
                && let ConfigLock::Until(until) = self.config_lock(vmid, Some(at))
            {
                let each = self.tasks[at].due.map_or(Duration::ZERO, |(_, each)| each);
                self.tasks[at].due = Some((until.max(due) + each, each));
                continue;
            }
            self.step_task(at);
            if let Some((due, each)) = self.tasks[at].due {
                self.tasks[at].due = Some((due + each, each));
            }
        }
    }

    /// Runs a task to its end.
    pub(super) fn finish_task(&mut self, at: usize) {
        while self.tasks[at].is_running() {
            self.step_task(at);
        }
    }

    /// Runs a task's next step; the last one ends it.
    pub(super) fn step_task(&mut self, at: usize) {
        let task = &mut self.tasks[at];
        if !task.is_running() {
            return;
        }
        if !task.begun {
            task.begun = true;
            if let Some(vmid) = task.locks
                && (self.busy_locks.contains(&vmid) || self.lock_holder(vmid, at).is_some())
            {
                self.tasks[at].log.push("trying to acquire lock...".into());
                self.tasks[at].cleanup = None;
                let kind = self.guests.get(&vmid).map_or(GuestKind::Qemu, |guest| guest.kind);
                self.end_task(at, Err(lock_timeout(kind, vmid)));
                return;
            }
        }
        let Some(step) = self.tasks[at].steps.pop_front() else {
            self.end_task(at, Ok(()));
            return;
        };
        let mut log = std::mem::take(&mut self.tasks[at].log);
        let result = step(self, &mut log);
        self.tasks[at].log = log;
        if result.is_err() || self.tasks[at].steps.is_empty() {
            self.end_task(at, result);
        }
    }

    fn end_task(&mut self, at: usize, result: Result<(), String>) {
        self.advance(1);
        let killed = result.as_ref().is_err_and(|e| e == KILLED);
        if result.is_err() && !killed {
            self.clean_up(at);
        }
        let endtime = self.now();
        let task = &mut self.tasks[at];
        task.steps.clear();
        task.cleanup = None;
        task.endtime = Some(endtime);
        let exit = match result {
            Ok(()) if task.warnings > 0 => format!("WARNINGS: {}", task.warnings),
            Ok(()) => "OK".into(),
            Err(text) => text,
        };
        match exit.as_str() {
            // A killed worker writes no last line, and this is what its status then says.
            KILLED => {}
            "OK" => task.log.push("TASK OK".into()),
            text if text.starts_with("WARNINGS: ") => task.log.push(format!("TASK {text}")),
            text => task.log.push(format!("TASK ERROR: {text}")),
        }
        task.exit = Some(exit);
    }

    fn clean_up(&mut self, at: usize) {
        if let Some(cleanup) = self.tasks[at].cleanup.take() {
            let mut log = std::mem::take(&mut self.tasks[at].log);
            // A clean-up that fails leaves what it could not remove, as the real one does.
            let _ = cleanup(self, &mut log);
            self.tasks[at].log = log;
        }
    }

    /// Ends a running task from outside, as `DELETE` on it does.
    pub(super) fn interrupt_task(&mut self, at: usize) {
        if self.tasks[at].is_running() {
            self.end_task(at, Err("received interrupt".into()));
        }
    }

    /// Ends the worker without giving it a chance to clean up.
    pub(super) fn kill_task(&mut self, at: usize) {
        if self.tasks[at].is_running() {
            self.end_task(at, Err(KILLED.into()));
        }
    }

    fn lock_holder(&self, vmid: u32, except: usize) -> Option<&Task> {
        self.tasks.iter().enumerate().find(|(at, t)| *at != except && t.holds(vmid)).map(|(_, t)| t)
    }

    /// Whether the lock on a guest's configuration can be had, now or soon.
    pub(super) fn config_lock(&self, vmid: u32, except: Option<usize>) -> ConfigLock {
        if self.busy_locks.contains(&vmid) {
            return ConfigLock::Busy;
        }
        let Some(holder) = self.lock_holder(vmid, except.unwrap_or(usize::MAX)) else { return ConfigLock::Free };
        let Some((due, each)) = holder.due else { return ConfigLock::Busy };
        let left = u32::try_from(holder.steps.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let until = due + each * left;
        if until <= Instant::now() + LOCK_TIMEOUT { ConfigLock::Until(until) } else { ConfigLock::Busy }
    }
}

/// The exit status of a worker that was killed: its log has no last line to read one from.
const KILLED: &str = "unexpected status";
