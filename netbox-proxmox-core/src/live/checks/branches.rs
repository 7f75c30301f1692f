//! Whether NetBox's branches are planned before they are merged. Where NetBox has none, nothing is said.

use netbox_api::client::NameFilter;
use netbox_api::{ErrorKind, Status};

use super::{Check, rights};
use crate::live::branch::fields::{BRANCH, DIGEST, PLAN};

const WHAT: &str = "branches";

/// By the plugins that NetBox names.
pub(super) async fn check(netbox: &netbox_api::Client, status: &Status) -> Vec<Check> {
    if !status.plugins.contains_key("netbox_branching") {
        return Vec::new();
    }
    let fields = match netbox.custom_fields().all(&NameFilter::default()).await {
        Ok(fields) => fields,
        // That they may not be viewed is told of with the rights.
        Err(error) if error.kind() == ErrorKind::Permission => return Vec::new(),
        Err(error) => return vec![Check::unanswered(WHAT, error)],
    };
    let has =
        |name: &str| fields.iter().any(|field| field.name == name && field.object_types.iter().any(|of| of == BRANCH));
    if !has(PLAN) || !has(DIGEST) {
        let detail =
            "they are not planned before they are merged; `netbox-proxmox setup --branching` makes the fields for that";
        return vec![Check::ok(WHAT, detail)];
    }
    let mut checks = vec![Check::ok(WHAT, "planned before they are merged: each shows its plan")];
    checks.extend(rights::of_branches(netbox).await);
    checks
}
