//! `GET /nodes/{node}/tasks`.

use super::{ParamValue, Params};
use crate::types::Vmid;

/// Which tasks of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// Of this guest. The task of a clone counts as its *source's* (Proxmox VE 9.1).
    pub vmid: Option<Vmid>,
    /// Of this kind, such as `qmclone`.
    pub typefilter: Option<String>,
    /// Only those that failed.
    pub errors: Option<bool>,
    /// Running ones, finished ones or both; default: finished.
    pub source: Option<TaskSource>,
    /// Started at or after, in seconds since 1970 UTC.
    pub since: Option<u64>,
    /// Started at or before, in seconds since 1970 UTC.
    pub until: Option<u64>,
    /// Skip so many.
    pub start: Option<u32>,
    /// At most so many; default 50.
    pub limit: Option<u32>,
}

setters! {
    TaskFilter {
        vmid: Vmid, typefilter: String, errors: bool, source: TaskSource, since: u64, until: u64, start: u32,
        limit: u32
    }
}

/// Running tasks, finished tasks or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskSource {
    /// Finished.
    Archive,
    /// Running.
    Active,
    /// Both.
    All,
}

impl ParamValue for TaskSource {
    fn to_param_value(&self) -> String {
        match self {
            TaskSource::Archive => "archive",
            TaskSource::Active => "active",
            TaskSource::All => "all",
        }
        .to_owned()
    }
}

impl TaskFilter {
    /// What is sent, in the query.
    pub fn to_params(&self) -> Params {
        let mut params = Params::new();
        params
            .set_opt("vmid", &self.vmid)
            .set_opt("typefilter", &self.typefilter)
            .set_opt("errors", &self.errors)
            .set_opt("source", &self.source)
            .set_opt("since", &self.since)
            .set_opt("until", &self.until)
            .set_opt("start", &self.start)
            .set_opt("limit", &self.limit);
        params
    }
}
