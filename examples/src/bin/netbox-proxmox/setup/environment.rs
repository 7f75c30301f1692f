//! The server's variables, in a file.

use std::path::Path;

use netbox_proxmox_core::live::SetupCluster;
use netbox_proxmox_core::live::setup::{Made, Plan};
use netbox_proxmox_examples::environment::EnvironmentFile;
use netbox_proxmox_examples::output::complain;
use netbox_proxmox_examples::{Problem, Settings};
use secrecy::{ExposeSecret, SecretString};

use super::Arguments;

/// What the set-up ran with, what it made, and what the file had.
pub(super) fn write(
    path: &Path,
    arguments: &Arguments,
    settings: &Settings,
    clusters: &[SetupCluster],
    plan: &Plan,
    made: &Made,
) -> Result<(), Problem> {
    let mut file = EnvironmentFile::open(path)?;
    for (name, value) in settings.given() {
        // The server of a user of its own does not get the token of whoever set it up.
        if arguments.user.is_none() || !name.starts_with("NETBOX_TOKEN") {
            file.set(name, value);
        }
    }
    if let Some(token) = &made.token {
        file.set("NETBOX_TOKEN", token.clone());
    }
    if let Some(secret) = plan.secret.as_ref().filter(|secret| !knows(&file, secret)) {
        file.set("NETBOX_WEBHOOK_SECRET", secret.clone());
    }
    if let ([cluster], false) = (clusters, settings.has_cluster_tables()) {
        file.set("NETBOX_CLUSTER", cluster.setting.as_str().into());
    }
    match settings.identities().map(|all| all.into_iter().next()) {
        Ok(Some(identity)) => file.set("NETBOX_PROXMOX_IDENTITY", identity.into()),
        Ok(None) => {}
        Err(why) => complain(&format!("add it to {}: {why}", path.display())),
    }
    if let (Some(user), None, None) = (&arguments.user, file.get("NETBOX_TOKEN"), file.get("NETBOX_TOKEN_FILE")) {
        complain(&format!(
            "{} lacks NETBOX_TOKEN: the token of {user} was shown when it was made. Delete it in NetBox (Admin, API Tokens) and run \
             this again to have a new one",
            path.display()
        ));
    }
    if arguments.user.is_none() {
        complain(
            "the file has the token that this ran with; with --user NAME the server gets one of its own, with fewer rights",
        );
    }
    let quoted = file.in_quotes();
    if !quoted.is_empty() {
        complain(&format!(
            "{} are in quotes, as a shell needs them: give them to docker and podman with -e, whose --env-file takes quotes for a \
             part of the value",
            quoted.join(", ")
        ));
    }
    file.write()
}

/// Whether the file has the webhook's secret, among others while they are rotated, or says in which file it is.
fn knows(file: &EnvironmentFile, secret: &SecretString) -> bool {
    let is_it = |all: SecretString| all.expose_secret().split(',').any(|it| it.trim() == secret.expose_secret());
    file.get("NETBOX_WEBHOOK_SECRET").is_some_and(is_it) || file.get("NETBOX_WEBHOOK_SECRET_FILE").is_some()
}
