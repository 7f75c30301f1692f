//! Finding a virtual machine in NetBox and looking both sides up, for the commands that act on one.

use netbox_api::client::VirtualMachineFilter;
use netbox_proxmox_core::live::{Bridge, Inbox, LookUp, Looked, MemoryStore, ProxmoxCluster};
use netbox_proxmox_core::{Event, RecordId};
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

/// The record that a person means by an id or a name.
pub(crate) async fn record(netbox: &netbox_api::Client, meant: &str) -> Result<RecordId, Problem> {
    let machines = netbox.virtual_machines().fields(["id", "name", "status"]);
    if let Ok(id) = meant.parse() {
        match machines.get(id).await {
            Ok(_) => return Ok(RecordId(id)),
            // A name may be a number.
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error.into()),
        }
    }
    let filter = VirtualMachineFilter { name: vec![meant.to_owned()], ..Default::default() };
    let found = machines.all(&filter).await?;
    match found.as_slice() {
        [] => Err(Problem::new(Exit::NotFound, format!("NetBox has no virtual machine {meant}"))),
        [one] => Ok(RecordId(one.id)),
        several => {
            let ids = several.iter().map(|machine| machine.id.to_string()).collect::<Vec<_>>().join(", ");
            let text = format!("NetBox has several virtual machines {meant}; give one of their ids: {ids}");
            Err(Problem::new(Exit::Usage, text))
        }
    }
}

/// Both sides of a guest that is managed, with no change to answer, and its cluster; or why it is not managed.
pub(crate) async fn up(
    bridge: &Bridge,
    record: RecordId,
) -> Result<Result<(Box<Event>, &ProxmoxCluster), String>, Problem> {
    let (event, cluster) = match LookUp::new(bridge).record(record, Vec::new()).await? {
        Looked::Event { event, cluster, .. } => (event, cluster),
        Looked::Ignored(why) => return Ok(Err(why.to_string())),
        Looked::Parked(report) => return Ok(Err(report.text.clone())),
    };
    let known = bridge.cluster(cluster);
    let known = known.ok_or_else(|| Problem::new(Exit::Failed, format!("cluster {cluster} is not one of ours")))?;
    Ok(Ok((event, known)))
}
