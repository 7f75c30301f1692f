//! The one error of the client.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use api_transport::legible;

use super::error_table;
use crate::types::Upid;

/// A request that did not succeed, or a task that failed.
///
/// It says what was attempted, what went wrong ([`kind`](Error::kind)), whether Proxmox can have acted on it
/// ([`phase`](Error::phase)), and Proxmox's own words ([`message`](Error::message)). It never holds a credential.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    phase: Phase,
    /// Whether asking again can change nothing: the request only read.
    reads: bool,
    method: &'static str,
    template: Cow<'static, str>,
    path: String,
    status: Option<u16>,
    message: String,
    fingerprint: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// How far a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It did not reach what would have acted on it: nothing has happened.
    NotSent,
    /// It may have been acted on, or still be: look before repeating it.
    Ambiguous,
    /// Proxmox answered.
    Answered,
}

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Subject {
    /// The guest, on the node that was asked. It may be on another.
    Guest,
    /// The node.
    Node,
    /// The storage.
    Storage,
    /// The volume on a storage.
    Volume,
    /// The disk of a guest.
    Disk,
    /// The bridge.
    Bridge,
    /// The resource pool.
    Pool,
    /// The task.
    Task,
    /// Something else.
    Other,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// What was asked for does not exist.
    NotFound(Subject),
    /// The VMID (or the thing to make) is taken.
    AlreadyExists,
    /// The guest is locked by an operation.
    Locked {
        /// Which: `clone`, `backup`, `migrate` …
        lock: String,
    },
    /// Another operation held the lock of a configuration or storage for too long.
    LockTimeout,
    /// A privilege is missing.
    Permission {
        /// What Proxmox checked, such as `/vms/102, VM.PowerMgmt`; several privileges are joined with `|`. Empty where
        /// it does not say.
        what: String,
    },
    /// Who we are was not accepted.
    Unauthorized,
    /// Parameters were refused.
    InvalidParameter {
        /// Each with Proxmox's reason.
        fields: BTreeMap<String, String>,
    },
    /// The configuration has changed since the digest that was given.
    DigestMismatch,
    /// The guest does not run.
    NotRunning,
    /// The guest runs already.
    AlreadyRunning,
    /// The guest runs, and must not for this.
    StillRunning,
    /// The guest is protected against removal.
    Protected,
    /// The guest is a template, and must not be for this.
    IsTemplate,
    /// Linked clones depend on it.
    InUse,
    /// The disk would become smaller, which Proxmox cannot do.
    Shrink,
    /// There was nothing to change.
    NothingToDo,
    /// The guest or its storage cannot do this.
    Unsupported,
    /// The guest did not shut down in time.
    ShutdownTimeout,
    /// The task was stopped by someone.
    Interrupted,
    /// There is no such method: a wrong path, or a Proxmox of another version.
    NotImplemented,
    /// Nobody answers: no connection, a node or its daemon is down, no quorum.
    Unavailable,
    /// No answer in time.
    Timeout,
    /// The certificate of the server is not the one that is trusted: see [`Error::fingerprint`].
    Certificate,
    /// The task ran and failed.
    TaskFailed {
        /// Why, in Proxmox's words.
        exitstatus: String,
        /// The last lines of its log.
        log: Vec<String>,
        /// What kind of failure that is.
        cause: Box<ErrorKind>,
        /// Which task.
        upid: Upid,
    },
    /// The answer is none of Proxmox VE's API: an HTML page (of a log-in, a web server, a proxy), or another service's
    /// JSON. Usually a wrong address.
    NotProxmox,
    /// The answer is longer than [`ClientBuilder::longest_answer`](super::ClientBuilder::longest_answer) allows.
    TooLong,
    /// The answer could not be understood.
    Decode,
    /// The client is set up wrongly.
    Config,
    /// Anything else.
    Other,
}

impl Error {
    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// What went wrong, seen through the task: of [`ErrorKind::TaskFailed`] its cause. Many preconditions fail only in
    /// the task (Proxmox VE 9.1), so this is what to match on for them.
    pub fn cause(&self) -> &ErrorKind {
        match &self.0.kind {
            ErrorKind::TaskFailed { cause, .. } => cause,
            kind => kind,
        }
    }

    /// How far the request came.
    pub fn phase(&self) -> Phase {
        self.0.phase
    }

    /// Whether the same request may be sent again as it is: it was not acted on, or only read, and what stood in the
    /// way may pass. Of a failed task: the request that started it.
    pub fn is_retryable(&self) -> bool {
        let may_pass = matches!(
            self.cause(),
            ErrorKind::Locked { .. } | ErrorKind::LockTimeout | ErrorKind::Unavailable | ErrorKind::Timeout
        );
        may_pass && (self.0.reads || self.0.phase != Phase::Ambiguous)
    }

    /// Whether something is missing.
    pub fn is_not_found(&self) -> bool {
        matches!(self.cause(), ErrorKind::NotFound(_))
    }

    /// The method, such as `POST`; empty for an error of the set-up.
    pub fn method(&self) -> &str {
        self.0.method
    }

    /// The path with names for its variable parts: `/nodes/{node}/qemu/{vmid}/clone`. Of a raw call, the path itself.
    pub fn path_template(&self) -> &str {
        &self.0.template
    }

    /// The path as it was asked for, without the query.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// The status code, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Proxmox's own words, or those of what failed on the way.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// SHA-256 (`AA:BB:…`) of the certificate that the server showed, where it was not trusted. Whoever is in between can
    /// show one, so it is to be compared on the server before it is trusted: `pvenode cert info` prints it there.
    pub fn fingerprint(&self) -> Option<&str> {
        self.0.fingerprint.as_deref()
    }

    /// An error of the set-up.
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Attempt::nothing().error(ErrorKind::Config, Phase::NotSent, message)
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_fingerprint(mut self, fingerprint: Option<String>) -> Self {
        self.0.fingerprint = fingerprint;
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }
}

/// What is attempted: the part of an error that is known before anything goes wrong.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) method: &'static str,
    pub(crate) template: Cow<'static, str>,
    pub(crate) path: String,
}

impl Attempt {
    fn nothing() -> Self {
        Self { method: "", template: "".into(), path: String::new() }
    }

    pub(crate) fn reads(&self) -> bool {
        self.method == "GET"
    }

    pub(crate) fn error(&self, kind: ErrorKind, phase: Phase, message: impl Into<String>) -> Error {
        Error(Box::new(Inner {
            kind,
            phase,
            reads: self.reads(),
            method: self.method,
            template: self.template.clone(),
            path: self.path.clone(),
            status: None,
            message: legible(&message.into()),
            fingerprint: None,
            source: None,
        }))
    }

    /// An answer that is not a success.
    pub(crate) fn refused(&self, status: u16, message: String, fields: BTreeMap<String, String>) -> Error {
        let kind = error_table::kind_of_answer(status, &message, fields);
        let mut error = self.error(kind, error_table::phase_of_status(status), message);
        error.0.status = Some(status);
        error
    }

    /// A task that failed.
    pub(crate) fn task_failed(&self, upid: &Upid, exitstatus: &str, log: Vec<String>) -> Error {
        let cause = Box::new(error_table::kind_of_exitstatus(exitstatus));
        let log = log.iter().map(|line| legible(line)).collect();
        let kind = ErrorKind::TaskFailed { exitstatus: exitstatus.to_owned(), log, cause, upid: upid.clone() };
        let mut error = self.error(kind, Phase::Answered, exitstatus);
        // Waiting reads, but what failed is the task: it is not there to be run again.
        error.0.reads = false;
        error
    }
}

/// Whether a line of a task's log tells something: not how it ended, which is the exit status, nor that a program misses
/// its locale.
fn is_told(line: &str) -> bool {
    let locale =
        ["perl: warning:", "locale: Cannot set", "LANGUAGE =", "LC_", "LANG =", "are supported and installed on"];
    !line.starts_with("TASK ") && !locale.iter().any(|start| line.trim().starts_with(start))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        // How it was asked for is no matter: the task has a name of its own.
        if let ErrorKind::TaskFailed { exitstatus, log, upid, .. } = &inner.kind {
            write!(f, "task {} failed: {exitstatus}", upid.kind())?;
            for line in log.iter().filter(|line| is_told(line)) {
                write!(f, "\n  {line}")?;
            }
            return write!(f, "\n  ({upid})");
        }
        if !inner.method.is_empty() {
            write!(f, "{} {}: ", inner.method, inner.path)?;
        }
        match &inner.kind {
            ErrorKind::InvalidParameter { fields } if !fields.is_empty() => {
                f.write_str("refused: ")?;
                for (number, (field, reason)) in fields.iter().enumerate() {
                    let separator = if number == 0 { "" } else { "; " };
                    write!(f, "{separator}{field}: {reason}")?;
                }
                Ok(())
            }
            _ if inner.message.is_empty() => match inner.status {
                Some(status) => write!(f, "status {status}"),
                None => write!(f, "{:?}", inner.kind),
            },
            _ => {
                f.write_str(&inner.message)?;
                match inner.phase {
                    Phase::Ambiguous if !inner.reads => f.write_str(" (it may have been carried out all the same)"),
                    _ => Ok(()),
                }
            }
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("phase", &inner.phase)
            .field("method", &inner.method)
            .field("path", &inner.path)
            .field("status", &inner.status)
            .field("message", &inner.message)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
