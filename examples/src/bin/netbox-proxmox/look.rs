//! The inbox and both sides, for the commands that act on a virtual machine.

use netbox_proxmox_core::live::{Bridge, Inbox, MemoryStore};
pub(crate) use netbox_proxmox_examples::look::{record, up};
use netbox_proxmox_examples::output::complain;
use netbox_proxmox_examples::{Exit, Problem, Settings, connect};

/// The server's inbox, which must be there: a wrong path is not to make an empty one, whose creations and leases the
/// server would not know of.
pub(crate) async fn inbox(settings: &Settings) -> Result<Inbox, Problem> {
    let place = settings.inbox()?;
    if !place.may_be_there() {
        let text = format!("there is no inbox {place}: set NETBOX_PROXMOX_INBOX to the server's");
        return Err(Problem::new(Exit::NotFound, text));
    }
    connect::inbox(&place).await
}

/// The inbox, made if it is not there: guests are adopted before the server starts for the first time.
pub(crate) async fn inbox_or_new(settings: &Settings) -> Result<Inbox, Problem> {
    let place = settings.inbox()?;
    if !place.may_be_there() {
        complain(&format!("a new inbox {place}: the server needs the same NETBOX_PROXMOX_INBOX"));
    }
    connect::inbox(&place).await
}

/// The server's inbox, if there is one: what only shows something leaves nothing behind, not even an inbox.
pub(crate) async fn inbox_or_memory(settings: &Settings) -> Result<Inbox, Problem> {
    let place = settings.inbox()?;
    if place.may_be_there() { connect::inbox(&place).await } else { Ok(Inbox::new(MemoryStore::default())) }
}

/// Both sides, with the clusters' names asked for where the settings do not say them.
pub(crate) async fn bridge(settings: &Settings, inbox: Inbox) -> Result<Bridge, Problem> {
    let netbox = connect::netbox(&settings.netbox()?)?;
    let mut clusters = Vec::new();
    for cluster in settings.clusters()? {
        clusters.push(connect::cluster(&cluster, &connect::proxmox(&cluster)?, &netbox, &inbox).await?);
    }
    connect::bridge(settings, netbox, clusters, inbox)
}
