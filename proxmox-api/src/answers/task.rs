//! Tasks.

use serde::Deserialize;

use super::List;
use crate::types::{NodeName, Upid, scalar};

/// How a task ended, if it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskOutcome {
    /// `OK`
    Ok,
    /// `WARNINGS: n`: done, and the log says what to look at.
    Warnings(u32),
}

impl TaskOutcome {
    /// Reads an exit status. `None`: the task failed, and the exit status says why.
    pub fn from_exitstatus(exitstatus: &str) -> Option<Self> {
        match exitstatus.trim().strip_prefix("WARNINGS: ") {
            Some(count) => count.parse().ok().map(TaskOutcome::Warnings),
            None => (exitstatus.trim() == "OK").then_some(TaskOutcome::Ok),
        }
    }
}

/// `GET /nodes/{node}/tasks/{upid}/status`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct TaskStatus {
    /// `running` or `stopped`.
    pub status: String,
    /// How it ended: `OK`, `WARNINGS: n`, or the error.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub exitstatus: Option<String>,
}

impl TaskStatus {
    /// Whether it still runs.
    pub fn is_running(&self) -> bool {
        self.status == "running"
    }
}

/// An item of `GET /nodes/{node}/tasks` or `GET /cluster/tasks`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct TaskSummary {
    /// The task.
    pub upid: Upid,
    /// The node that runs it.
    #[serde(default, deserialize_with = "scalar::lenient")]
    pub node: Option<NodeName>,
    /// Its kind, such as `qmclone`.
    #[serde(rename = "type", default, deserialize_with = "scalar::opt_text")]
    pub kind: Option<String>,
    /// What it works on.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub id: Option<String>,
    /// Who started it.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub user: Option<String>,
    /// When it started, in seconds since 1970 UTC.
    #[serde(default, deserialize_with = "scalar::opt_integer")]
    pub starttime: Option<u64>,
    /// When it ended. Absent while it runs.
    #[serde(default, deserialize_with = "scalar::opt_integer")]
    pub endtime: Option<u64>,
    /// How it ended: `OK`, `WARNINGS: n`, or the error. Absent or `RUNNING` while it runs.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub status: Option<String>,
}

impl TaskSummary {
    /// Whether it still runs.
    pub fn is_running(&self) -> bool {
        self.endtime.is_none() && matches!(self.status.as_deref(), None | Some("RUNNING"))
    }
}

/// A line of a task's log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LogLine {
    /// Its number, from 1.
    pub n: u64,
    /// Its text.
    #[serde(default)]
    pub t: String,
}

/// A part of a task's log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskLog {
    /// The lines.
    pub lines: Vec<LogLine>,
    /// How many lines the log has in all, if Proxmox said so.
    pub total: Option<u64>,
}

/// The log's answer has its total beside `data`.
#[derive(Deserialize)]
#[cfg_attr(not(feature = "client"), allow(dead_code))]
pub(crate) struct RawTaskLog {
    #[serde(default)]
    data: List<LogLine>,
    #[serde(default, deserialize_with = "scalar::opt_integer")]
    total: Option<u64>,
}

impl From<RawTaskLog> for TaskLog {
    fn from(raw: RawTaskLog) -> Self {
        Self { lines: raw.data.0, total: raw.total }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn warnings_are_success() {
        assert_eq!(TaskOutcome::from_exitstatus("OK"), Some(TaskOutcome::Ok));
        assert_eq!(TaskOutcome::from_exitstatus("WARNINGS: 3"), Some(TaskOutcome::Warnings(3)));
        for failed in ["", "ok", "WARNINGS: ", "WARNINGS: many", "VM is locked (clone)", "received interrupt"] {
            assert_eq!(TaskOutcome::from_exitstatus(failed), None, "{failed}");
        }
    }

    #[test]
    fn running_and_finished_tasks_in_both_lists() {
        let list: List<TaskSummary> = serde_json::from_value(json!([
            {"upid": "UPID:pve:00000550:0004E190:6B02AC59:qmshutdown:120:root@pam!lab:", "node": "pve", "user": "root@pam",
             "type": "qmshutdown", "pid": 1360, "starttime": 1795337305, "id": "120"},
            {"upid": "UPID:pve:00000550:0004E190:6B02AC59:qmshutdown:120:root@pam!lab:", "status": "RUNNING"},
            {"upid": "UPID:pve:00000539:0004E10A:6B02AC58:qmstart:120:root@pam!lab:", "id": "120", "saved": "1",
             "endtime": 1795337305, "status": "WARNINGS: 1"},
            {"upid": "nonsense"}
        ]))
        .unwrap();
        assert_eq!(list.0.iter().map(TaskSummary::is_running).collect::<Vec<_>>(), [true, true, false]);
    }
}
