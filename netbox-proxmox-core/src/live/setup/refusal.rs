//! What NetBox refused, in words for who set it up: which object, NetBox's own words, which permission is missing.

use super::object::Kind;
use crate::executor::{Failure, FailureKind};
use crate::live::failure::what_follows;

/// From an error of NetBox's client. `what`: the object or objects.
pub(super) fn refused(error: &netbox_api::Error, deed: &str, kind: Kind, what: &str) -> Failure {
    let verb = match deed {
        "view" => "list",
        "add" => "create",
        deed => deed,
    };
    let begun = format!("NetBox refused to {verb} {what}");
    match error.kind() {
        netbox_api::ErrorKind::Permission => {
            let more = match (kind, deed) {
                (Kind::Token, "add") => " and users.grant_token",
                _ => "",
            };
            let unable = if deed == "view" { "" } else { ", may not write" };
            let why = format!(
                "{begun}: the token in NETBOX_TOKEN is wrong{unable}, or its user lacks the permission {}{more}. Use a token of an \
                 administrator's for the set-up ({error})",
                kind.permission(deed)
            );
            Failure::new(FailureKind::Permission, why)
        }
        netbox_api::ErrorKind::Validation | netbox_api::ErrorKind::Conflict => {
            Failure::new(FailureKind::Refused, format!("{begun}: {error}"))
        }
        _ => Failure::new(what_follows(error), format!("NetBox could not {verb} {what}: {error}")),
    }
}
