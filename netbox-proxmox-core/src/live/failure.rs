//! What follows from an error of a client: the one table that decides between again, look first, wait and park.

use super::advice;
use super::inbox::InboxError;
use crate::executor::{Failure, FailureKind};

impl From<proxmox_api::Error> for Failure {
    fn from(error: proxmox_api::Error) -> Self {
        let ambiguous = error.phase() == proxmox_api::Phase::Ambiguous;
        let kind = of_proxmox(error.cause(), ambiguous, error.is_retryable());
        Self::new(kind, advice::advised(format!("Proxmox: {error}"), advice::on_proxmox(&error)))
    }
}

impl From<netbox_api::Error> for Failure {
    fn from(error: netbox_api::Error) -> Self {
        Self::new(what_follows(&error), advice::advised(error.to_string(), advice::on_netbox(&error)))
    }
}

/// What follows from an error of NetBox's client.
pub(super) fn what_follows(error: &netbox_api::Error) -> FailureKind {
    of_netbox(error.kind(), error.phase() == netbox_api::Phase::Ambiguous, error.is_retryable())
}

impl From<InboxError> for Failure {
    fn from(error: InboxError) -> Self {
        Self::new(FailureKind::Retry, error.to_string())
    }
}

/// Of NetBox's answer to a question by the id of a record: one that was deleted meanwhile is refused as a filter (seen on
/// NetBox 4.7.3).
pub(super) fn of_record(error: netbox_api::Error) -> Failure {
    let is_it = error.kind() == netbox_api::ErrorKind::Validation && error.to_string().contains("virtual_machine_id");
    let failure = Failure::from(error);
    if is_it { Failure::new(FailureKind::Conflict, failure.why) } else { failure }
}

/// Of Proxmox's answer, through the task if it was a task that failed. `ambiguous`: it is not known whether the
/// request was executed; `retryable`: the client says that it was not, and that the cause may pass.
fn of_proxmox(kind: &proxmox_api::ErrorKind, ambiguous: bool, retryable: bool) -> FailureKind {
    use proxmox_api::{ErrorKind as Kind, Subject};
    match kind {
        _ if ambiguous => FailureKind::Ambiguous,
        Kind::Locked { .. } | Kind::LockTimeout => FailureKind::Locked,
        // Moved, removed, made or changed by somebody since it was looked up.
        Kind::NotFound(Subject::Guest | Subject::Disk | Subject::Task)
        | Kind::AlreadyExists
        | Kind::DigestMismatch
        | Kind::NotRunning
        | Kind::AlreadyRunning
        | Kind::StillRunning
        | Kind::NothingToDo => FailureKind::Conflict,
        Kind::Permission { .. } | Kind::Unauthorized => FailureKind::Permission,
        // An outage; another service in Proxmox's place; a certificate on its way to be renewed or trusted.
        Kind::NotFound(Subject::Node) | Kind::Unavailable | Kind::Timeout | Kind::Certificate | Kind::NotProxmox => {
            FailureKind::Retry
        }
        _ if retryable => FailureKind::Retry,
        _ => FailureKind::Refused,
    }
}

/// Of NetBox's answer.
fn of_netbox(kind: netbox_api::ErrorKind, ambiguous: bool, retryable: bool) -> FailureKind {
    use netbox_api::ErrorKind as Kind;
    match kind {
        _ if ambiguous => FailureKind::Ambiguous,
        Kind::NotFound | Kind::Precondition | Kind::Conflict => FailureKind::Conflict,
        Kind::Permission => FailureKind::Permission,
        // An outage; a page of maintenance in NetBox's place; a certificate on its way to be renewed or trusted.
        Kind::Unavailable | Kind::Timeout | Kind::Server | Kind::NotNetBox | Kind::Redirect | Kind::Certificate => {
            FailureKind::Retry
        }
        _ if retryable => FailureKind::Retry,
        _ => FailureKind::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_from_an_error_of_proxmox() {
        use proxmox_api::{ErrorKind as Kind, Subject};
        let table = [
            (Kind::Locked { lock: "backup".into() }, FailureKind::Locked),
            (Kind::LockTimeout, FailureKind::Locked),
            (Kind::NotFound(Subject::Guest), FailureKind::Conflict),
            (Kind::NotFound(Subject::Storage), FailureKind::Refused),
            (Kind::NotFound(Subject::Bridge), FailureKind::Refused),
            (Kind::NotFound(Subject::Node), FailureKind::Retry),
            (Kind::AlreadyExists, FailureKind::Conflict),
            (Kind::DigestMismatch, FailureKind::Conflict),
            (Kind::NotFound(Subject::Disk), FailureKind::Conflict),
            (Kind::NotFound(Subject::Task), FailureKind::Conflict),
            (Kind::NotRunning, FailureKind::Conflict),
            (Kind::AlreadyRunning, FailureKind::Conflict),
            (Kind::StillRunning, FailureKind::Conflict),
            (Kind::NothingToDo, FailureKind::Conflict),
            (Kind::Permission { what: "/vms/101, VM.PowerMgmt".into() }, FailureKind::Permission),
            (Kind::Unauthorized, FailureKind::Permission),
            (Kind::Unavailable, FailureKind::Retry),
            (Kind::Timeout, FailureKind::Retry),
            (Kind::Certificate, FailureKind::Retry),
            (Kind::NotProxmox, FailureKind::Retry),
            (Kind::Shrink, FailureKind::Refused),
            (Kind::Protected, FailureKind::Refused),
            (Kind::InvalidParameter { fields: Default::default() }, FailureKind::Refused),
            (Kind::Other, FailureKind::Refused),
        ];
        for (kind, follows) in table {
            assert_eq!(of_proxmox(&kind, false, false), follows, "{kind:?}");
            assert_eq!(of_proxmox(&kind, true, false), FailureKind::Ambiguous, "{kind:?}: looked up first");
        }
        assert_eq!(of_proxmox(&Kind::Other, false, true), FailureKind::Retry);
    }

    #[test]
    fn what_follows_from_an_error_of_netbox() {
        use netbox_api::ErrorKind as Kind;
        let table = [
            (Kind::NotFound, FailureKind::Conflict),
            (Kind::Precondition, FailureKind::Conflict),
            (Kind::Conflict, FailureKind::Conflict),
            (Kind::Timeout, FailureKind::Retry),
            (Kind::Redirect, FailureKind::Retry),
            (Kind::Certificate, FailureKind::Retry),
            (Kind::Permission, FailureKind::Permission),
            (Kind::Validation, FailureKind::Refused),
            (Kind::Unavailable, FailureKind::Retry),
            (Kind::Server, FailureKind::Retry),
            (Kind::NotNetBox, FailureKind::Retry),
            (Kind::Decode, FailureKind::Refused),
        ];
        for (kind, follows) in table {
            assert_eq!(of_netbox(kind, false, false), follows, "{kind:?}");
            assert_eq!(of_netbox(kind, true, true), FailureKind::Ambiguous, "{kind:?}: looked up first");
        }
    }
}
