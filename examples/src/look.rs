//! Finding a virtual machine in NetBox and looking both sides up, for whoever acts on one: the command line, and the server's API.

use netbox_api::client::VirtualMachineFilter;
use netbox_proxmox_core::live::{Bridge, LookUp, Looked, ProxmoxCluster};
use netbox_proxmox_core::{Event, RecordId};

use crate::exit::{Exit, Problem};

/// The record that a person means by an id or a name.
///
/// # Errors
/// NetBox has none or several, or cannot be asked.
pub async fn record(netbox: &netbox_api::Client, meant: &str) -> Result<RecordId, Problem> {
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
///
/// # Errors
/// A side cannot be read.
pub async fn up(bridge: &Bridge, record: RecordId) -> Result<Result<(Box<Event>, &ProxmoxCluster), String>, Problem> {
    let (event, cluster) = match LookUp::new(bridge).record(record, Vec::new()).await? {
        Looked::Event { event, cluster, .. } => (event, cluster),
        Looked::Ignored(why) => return Ok(Err(why.to_string())),
        Looked::Parked(report) => return Ok(Err(report.text.clone())),
    };
    let known = bridge.cluster(cluster);
    let known = known.ok_or_else(|| Problem::new(Exit::Failed, format!("cluster {cluster} is not one of ours")))?;
    Ok(Ok((event, known)))
}

/// Nothing that is parked is of a virtual machine.
pub fn none_parked(vm: &str) -> Problem {
    let why = format!(
        "no event of virtual machine {vm} is parked: `netbox-proxmox events --state parked` lists those that are"
    );
    Problem::new(Exit::NotFound, why)
}
