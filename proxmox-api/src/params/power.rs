//! `POST …/status/start`, `shutdown`, `stop`, `suspend`.

use super::Params;
use crate::types::StorageId;

/// How to start a guest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartParams {
    /// How long the start may take, in seconds.
    pub timeout: Option<u32>,
}

setters! {
    StartParams {
        timeout: u32
    }
}

impl StartParams {
    /// What is sent.
    pub fn to_params(&self) -> Params {
        let mut params = Params::new();
        params.set_opt("timeout", &self.timeout);
        params
    }
}

/// How to shut a guest down by asking its operating system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShutdownParams {
    /// How long to wait for it, in seconds.
    pub timeout: Option<u32>,
    /// Stop it hard when it has not shut down by then. Without it the task fails.
    pub force_stop: Option<bool>,
}

setters! {
    ShutdownParams {
        timeout: u32, force_stop: bool
    }
}

impl ShutdownParams {
    /// What is sent.
    pub fn to_params(&self) -> Params {
        let mut params = Params::new();
        params.set_opt("timeout", &self.timeout).set_opt("forceStop", &self.force_stop);
        params
    }
}

/// How to stop a guest hard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StopParams {
    /// How long to wait, in seconds.
    pub timeout: Option<u32>,
    /// End a shutdown that is still waiting (since Proxmox VE 8.1).
    pub overrule_shutdown: Option<bool>,
}

setters! {
    StopParams {
        timeout: u32, overrule_shutdown: bool
    }
}

impl StopParams {
    /// What is sent.
    pub fn to_params(&self) -> Params {
        let mut params = Params::new();
        params.set_opt("timeout", &self.timeout).set_opt("overrule-shutdown", &self.overrule_shutdown);
        params
    }
}

/// How to suspend a virtual machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SuspendParams {
    /// To disk; without it, the machine is paused in memory.
    pub todisk: Option<bool>,
    /// Where its state goes.
    pub statestorage: Option<StorageId>,
}

setters! {
    SuspendParams {
        todisk: bool, statestorage: StorageId
    }
}

impl SuspendParams {
    /// What is sent.
    pub fn to_params(&self) -> Params {
        let mut params = Params::new();
        params.set_opt("todisk", &self.todisk).set_opt("statestorage", &self.statestorage);
        params
    }
}
