//! How a command ends: one exit code for each class of failure, decided here and nowhere else.

use std::fmt;
use std::process::ExitCode;

use netbox_proxmox_core::live::InboxError;
use netbox_proxmox_core::live::advice::{self, advised};
use netbox_proxmox_core::live::branch::Unnamed;
use netbox_proxmox_core::live::checks::{Check, Fault, Verdict};
use netbox_proxmox_core::{Failure, FailureKind};

use crate::config::ConfigError;

/// The exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// It failed.
    Failed = 1,
    /// The command or the configuration is wrong.
    Usage = 2,
    /// A token was not accepted, or may not do it.
    Denied = 3,
    /// What was named does not exist.
    NotFound = 4,
    /// The two sides stay different, differ in what nobody did or said yet (`--check`), or changed meanwhile.
    Conflict = 5,
    /// A side could not be reached, or did not answer in time.
    Unreachable = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// Of checks: the first failure's, as what comes later often follows from it. Warnings are none.
    pub fn of(checks: &[Check]) -> Self {
        let failed = checks.iter().find(|check| check.verdict == Verdict::Failure);
        failed.map_or(Self::Done, |check| match check.fault {
            Some(Fault::Denied) => Self::Denied,
            Some(Fault::Missing) => Self::NotFound,
            Some(Fault::Unreachable) => Self::Unreachable,
            Some(Fault::Wrong) | None => Self::Failed,
        })
    }
}

/// Why a command ends early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The exit code.
    pub exit: Exit,
    /// What is told on standard error; nothing where it is empty.
    pub text: String,
}

impl Problem {
    /// A problem.
    pub fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self { exit, text: text.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<ConfigError> for Problem {
    fn from(error: ConfigError) -> Self {
        Self::new(Exit::Usage, error.to_string())
    }
}

impl From<InboxError> for Problem {
    fn from(error: InboxError) -> Self {
        Self::new(Exit::Failed, error.to_string())
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let exit = match failure.kind {
            FailureKind::Retry | FailureKind::Ambiguous => Exit::Unreachable,
            FailureKind::Locked | FailureKind::Conflict => Exit::Conflict,
            FailureKind::Permission => Exit::Denied,
            FailureKind::Refused => Exit::Failed,
        };
        Self::new(exit, failure.why)
    }
}

impl From<Unnamed> for Problem {
    fn from(unnamed: Unnamed) -> Self {
        let exit = match unnamed {
            Unnamed::None { .. } | Unnamed::NoPlugin => Exit::NotFound,
            Unnamed::Several(_) => Exit::Usage,
            Unnamed::NotReady { .. } => Exit::Conflict,
            Unnamed::Failed(failure) => return failure.into(),
        };
        Self::new(exit, unnamed.to_string())
    }
}

impl From<netbox_api::Error> for Problem {
    fn from(error: netbox_api::Error) -> Self {
        use netbox_api::ErrorKind as Kind;
        let exit = match error.kind() {
            Kind::Config => Exit::Usage,
            Kind::Permission => Exit::Denied,
            Kind::NotFound => Exit::NotFound,
            Kind::Conflict | Kind::Precondition => Exit::Conflict,
            Kind::Unavailable | Kind::Timeout | Kind::Certificate | Kind::NotNetBox | Kind::Redirect => {
                Exit::Unreachable
            }
            _ => Exit::Failed,
        };
        Self::new(exit, advised(error.to_string(), advice::on_netbox(&error)))
    }
}

impl From<proxmox_api::Error> for Problem {
    fn from(error: proxmox_api::Error) -> Self {
        use proxmox_api::ErrorKind as Kind;
        let exit = match error.cause() {
            Kind::Config => Exit::Usage,
            Kind::Permission { .. } | Kind::Unauthorized => Exit::Denied,
            Kind::NotFound(_) => Exit::NotFound,
            Kind::AlreadyExists | Kind::DigestMismatch | Kind::Locked { .. } => Exit::Conflict,
            Kind::Unavailable
            | Kind::Timeout
            | Kind::LockTimeout
            | Kind::ShutdownTimeout
            | Kind::Certificate
            | Kind::NotProxmox => Exit::Unreachable,
            _ => Exit::Failed,
        };
        Self::new(exit, advised(format!("Proxmox: {error}"), advice::on_proxmox(&error)))
    }
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            // Whoever reads our output has seen enough.
            std::io::ErrorKind::BrokenPipe => Self::new(Exit::Done, ""),
            _ => Self::new(Exit::Failed, error.to_string()),
        }
    }
}
