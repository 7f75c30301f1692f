//! Before a look-up asks anything of a cluster, or of a node, it may be that others have to be waited for there.

use netbox_api::VirtualMachine;
use proxmox_api::{NodeName, Vmid};

use super::listing::Listing;
use crate::executor::Failure;
use crate::live::bridge::ProxmoxCluster;

/// Whom a look-up asks whether it may go on, and tells what it meets.
pub(in crate::live) trait Way: Sync {
    /// Before something is asked of the cluster with this id in NetBox, or of a node of it.
    ///
    /// # Errors
    /// Not now: the look-up ends, and is begun anew later.
    fn enter(&self, cluster: u64, node: Option<&NodeName>) -> Result<(), Failure>;

    /// NetBox has given the record.
    fn read(&self, machine: &VirtualMachine);
}

/// Before something is asked of the guest with a VMID: its node is asked.
pub(super) fn to(
    way: Option<&dyn Way>,
    cluster: &ProxmoxCluster,
    listing: &Listing,
    vmid: Vmid,
) -> Result<(), Failure> {
    match (way, listing.guest(vmid).and_then(|guest| guest.node.as_ref())) {
        (Some(way), Some(node)) => way.enter(cluster.netbox_cluster.id, Some(node)),
        _ => Ok(()),
    }
}
