//! What follows from an error of a client: the one table that decides between again, look first, wait and park.

use super::inbox::InboxError;
use crate::executor::{Failure, FailureKind};

impl From<proxmox_api::Error> for Failure {
    fn from(error: proxmox_api::Error) -> Self {
        Self::new(of_proxmox(&error), format!("Proxmox: {error}"))
    }
}

impl From<netbox_api::Error> for Failure {
    fn from(error: netbox_api::Error) -> Self {
        Self::new(of_netbox(&error), format!("NetBox: {error}"))
    }
}

impl From<InboxError> for Failure {
    fn from(error: InboxError) -> Self {
        Self::new(FailureKind::Retry, error.to_string())
    }
}

fn of_proxmox(error: &proxmox_api::Error) -> FailureKind {
    use proxmox_api::{ErrorKind as Kind, Subject};
    if error.phase() == proxmox_api::Phase::Ambiguous {
        return FailureKind::Ambiguous;
    }
    match error.cause() {
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
        // An outage, or a certificate on its way to be renewed or trusted.
        Kind::NotFound(Subject::Node) | Kind::Unavailable | Kind::Timeout | Kind::Interrupted | Kind::Certificate => {
            FailureKind::Retry
        }
        _ if error.is_retryable() => FailureKind::Retry,
        _ => FailureKind::Refused,
    }
}

fn of_netbox(error: &netbox_api::Error) -> FailureKind {
    use netbox_api::ErrorKind as Kind;
    if error.phase() == netbox_api::Phase::Ambiguous {
        return FailureKind::Ambiguous;
    }
    match error.kind() {
        Kind::NotFound | Kind::Precondition | Kind::Conflict => FailureKind::Conflict,
        Kind::Permission => FailureKind::Permission,
        // An outage; a page of maintenance in NetBox's place; a certificate on its way to be renewed or trusted.
        Kind::Unavailable | Kind::Timeout | Kind::Server | Kind::NotNetBox | Kind::Redirect | Kind::Certificate => {
            FailureKind::Retry
        }
        _ if error.is_retryable() => FailureKind::Retry,
        _ => FailureKind::Refused,
    }
}
