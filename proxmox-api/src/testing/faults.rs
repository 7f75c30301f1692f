//! Faults to switch on, and the patterns that say for which requests.

use std::time::Duration;

use super::guest::GuestKind;
use super::reply::{ApiError, Reply};
use super::tasks::{TaskFault, TaskTime};

/// Which requests: a method (or `*`) and a path in which `*` is one segment and a last `**` any rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    method: String,
    path: Vec<String>,
}

impl Pattern {
    /// `"POST /nodes/*/qemu/*/clone"`, `"* /cluster/**"`, `"/version"` (any method).
    pub(super) fn parse(text: &str) -> Self {
        let (method, path) = text.trim().split_once(' ').unwrap_or(("*", text.trim()));
        Self {
            method: method.into(),
            path: path.split('/').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect(),
        }
    }

    pub(super) fn matches(&self, method: &str, path: &str) -> bool {
        if self.method != "*" && self.method != method {
            return false;
        }
        let mut segments = path.split('/').filter(|s| !s.is_empty());
        for wanted in &self.path {
            match (wanted.as_str(), segments.next()) {
                ("**", _) => return true,
                ("*", Some(_)) => {}
                (wanted, Some(segment)) if wanted == segment => {}
                _ => return false,
            }
        }
        segments.next().is_none()
    }
}

/// What happens to a request.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Effect {
    /// Wait, then go on.
    Delay(Duration),
    /// Answer this; nothing is executed.
    Answer(Reply),
    /// Close the connection; nothing is executed.
    DropBefore,
    /// Execute, then close the connection.
    DropAfter,
    /// Execute, then answer this instead.
    AnswerAfter(Reply),
    /// The task it starts is struck.
    Task(TaskFault),
}

/// A fault: what happens, to which requests, how often. Made by one of the functions here, narrowed by
/// [`on`](Self::on), [`times`](Self::times), [`after`](Self::after), switched on by
/// [`FakeProxmox::fault`](super::FakeProxmox::fault). Without narrowing it strikes the next request, once.
///
/// ```
/// # use proxmox_api::testing::Fault;
/// Fault::gateway_timeout().on("POST /nodes/*/qemu/*/clone");
/// Fault::answer(500, "got timeout").on("PUT /nodes/*/qemu/150/config").times(3);
/// Fault::fail_task("storage is full").on("POST /nodes/*/qemu/*/clone").after(1);
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Fault {
    pub(super) pattern: Pattern,
    pub(super) effect: Effect,
    pub(super) left: Option<u32>,
    pub(super) skip: u32,
}

impl Fault {
    fn new(effect: Effect) -> Self {
        Self { pattern: Pattern::parse("* /**"), effect, left: Some(1), skip: 0 }
    }

    /// Answers status and message (with the JSON body of an error) without executing the request.
    pub fn answer(status: u16, message: &str) -> Self {
        Self::new(Effect::Answer(ApiError::Plain(status, message.into()).into()))
    }

    /// 400 for one parameter, with a text for it, as `errors.NAME`. Not executed.
    pub fn refuse_parameter(name: &str, text: &str) -> Self {
        Self::new(Effect::Answer(ApiError::parameter(name, text).into()))
    }

    /// 403 for a privilege on a path: `Permission check failed (/vms/102, VM.PowerMgmt)`. Not executed.
    pub fn permission_denied(path: &str, privilege: &str) -> Self {
        Self::answer(403, &format!("Permission check failed ({path}, {privilege})"))
    }

    /// `can't lock file … - got timeout` for a virtual machine's configuration, without the ten seconds of the real one.
    /// Not executed. See [`FakeProxmox::hold_config_lock`](super::FakeProxmox::hold_config_lock) for the state.
    pub fn lock_timeout(vmid: u32) -> Self {
        Self::answer(500, &super::tasks::lock_timeout(GuestKind::Qemu, vmid))
    }

    /// Answers 401 with this reason phrase and an empty body. Not executed.
    pub fn unauthorized(reason: &str) -> Self {
        Self::new(Effect::Answer(Reply::bare(401, reason)))
    }

    /// 595 with an empty body: the node's daemon is down. Not executed.
    pub fn unreachable() -> Self {
        Self::new(Effect::Answer(Reply::bare(595, "Connection refused")))
    }

    /// 596 with an empty body, **although the request is executed**: what a proxy answers after 30 s.
    pub fn gateway_timeout() -> Self {
        Self::new(Effect::AnswerAfter(Reply::bare(596, "Connection timed out")))
    }

    /// 596 with an empty body, and the request was *not* executed: a client cannot tell the two apart.
    pub fn gateway_timeout_unexecuted() -> Self {
        Self::new(Effect::Answer(Reply::bare(596, "Connection timed out")))
    }

    /// Answers this body, which need not be JSON, with status 200. Not executed.
    pub fn body(text: &str) -> Self {
        let body = Some((text.to_owned(), "application/json;charset=UTF-8"));
        Self::new(Effect::Answer(Reply { status: 200, reason: "OK".into(), body }))
    }

    /// Closes the connection after the request was read; nothing is executed.
    pub fn drop_before() -> Self {
        Self::new(Effect::DropBefore)
    }

    /// Executes the request, then closes the connection without an answer.
    pub fn drop_after() -> Self {
        Self::new(Effect::DropAfter)
    }

    /// Waits before going on. The one fault that sleeps, on tokio's clock.
    pub fn delay(time: Duration) -> Self {
        Self::new(Effect::Delay(time))
    }

    /// The task the request starts fails with this exit status; a clone removes what it made.
    pub fn fail_task(exitstatus: &str) -> Self {
        Self::new(Effect::Task(TaskFault::Fail(exitstatus.into())))
    }

    /// The task the request starts succeeds with `WARNINGS: n`.
    pub fn warn_task(warnings: u32) -> Self {
        Self::new(Effect::Task(TaskFault::Warnings(warnings)))
    }

    /// The worker of the task is killed after its first step: a clone leaves its target locked (`lock: clone`),
    /// nameless, with the temporary description, for ever; exit status `unexpected status`.
    pub fn kill_task() -> Self {
        Self::new(Effect::Task(TaskFault::Kill))
    }

    /// The task the request starts takes this long.
    pub fn task_time(time: TaskTime) -> Self {
        Self::new(Effect::Task(TaskFault::Time(time)))
    }

    /// Which requests: `"METHOD /path"` below `/api2/json`, where `*` is any method, or one segment of the path,
    /// and a last `**` any rest. Default: every request.
    pub fn on(mut self, pattern: &str) -> Self {
        self.pattern = Pattern::parse(pattern);
        self
    }

    /// How many requests it strikes; 1 by default.
    pub fn times(mut self, count: u32) -> Self {
        self.left = Some(count);
        self
    }

    /// It strikes every matching request until [`clear_faults`](super::FakeProxmox::clear_faults).
    pub fn always(mut self) -> Self {
        self.left = None;
        self
    }

    /// Lets that many matching requests pass first.
    pub fn after(mut self, count: u32) -> Self {
        self.skip = count;
        self
    }
}

/// Takes the effects due for a request, counting down.
pub(super) fn strike(faults: &mut Vec<Fault>, method: &str, path: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for fault in faults.iter_mut().filter(|f| f.pattern.matches(method, path)) {
        if fault.skip > 0 {
            fault.skip -= 1;
            continue;
        }
        match &mut fault.left {
            Some(0) => continue,
            Some(left) => *left -= 1,
            None => {}
        }
        effects.push(fault.effect.clone());
    }
    faults.retain(|f| f.left != Some(0));
    effects
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_by_segment() {
        let clone = Pattern::parse("POST /nodes/*/qemu/*/clone");
        assert!(clone.matches("POST", "/nodes/pve01/qemu/9000/clone"));
        assert!(!clone.matches("GET", "/nodes/pve01/qemu/9000/clone"));
        assert!(!clone.matches("POST", "/nodes/pve01/qemu/9000/clone/x"));
        assert!(!clone.matches("POST", "/nodes/pve01/qemu/9000"));
        assert!(Pattern::parse("* /nodes/**").matches("PUT", "/nodes/pve01/qemu"));
        assert!(Pattern::parse("/version").matches("GET", "/version"));
        assert!(Pattern::parse("* /**").matches("GET", "/"));
    }

    #[test]
    fn a_fault_strikes_as_often_as_it_was_told_after_those_it_lets_pass() {
        let mut faults = vec![Fault::drop_before().on("GET /version").times(2).after(1)];
        let hits: Vec<usize> = (0..5).map(|_| strike(&mut faults, "GET", "/version").len()).collect();
        assert_eq!(hits, [0, 1, 1, 0, 0]);
        assert!(faults.is_empty());
    }
}
