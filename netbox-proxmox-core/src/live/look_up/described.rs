//! What NetBox says of a record and of what belongs to it, read for one record or for many at once.

use std::collections::BTreeMap;

use futures_util::TryFutureExt;
use netbox_api::client::{IpAddressFilter, VirtualDiskFilter, VlanFilter, VmInterfaceFilter};
use netbox_api::{IpAddress, VirtualDisk, VirtualMachine, VmInterface};

use crate::executor::Failure;
use crate::guest::Guest;
use crate::live::bridge::Bridge;
use crate::live::failure::of_record;
use crate::record::Related;

/// A record with its disks, its interfaces and their addresses.
#[derive(Debug, Clone)]
pub(in crate::live) struct Described {
    /// The record.
    pub(in crate::live) machine: VirtualMachine,
    disks: Vec<VirtualDisk>,
    interfaces: Vec<VmInterface>,
    addresses: Vec<IpAddress>,
    bridges: BTreeMap<u64, String>,
}

impl Described {
    /// Reads what belongs to each of these records: as many requests for many as for one. Their ids go into the query,
    /// so a hundred are enough at once.
    ///
    /// # Errors
    /// NetBox failed.
    pub(in crate::live) async fn all(bridge: &Bridge, machines: Vec<VirtualMachine>) -> Result<Vec<Self>, Failure> {
        let netbox = &bridge.netbox;
        let ids = |which: &dyn Fn(&VirtualMachine) -> bool| -> Vec<u64> {
            machines.iter().filter(|machine| which(machine)).map(|machine| machine.id).collect()
        };
        // The counts are not in the answer of every version.
        let with_interfaces = ids(&|machine| machine.interface_count != Some(0));
        let (mut interfaces, mut addresses) = (Vec::new(), Vec::new());
        // An empty filter would list the disks of all.
        let disks = match ids(&|machine| machine.virtual_disk_count != Some(0)) {
            none if none.is_empty() => Vec::new(),
            virtual_machine_id => {
                let filter = VirtualDiskFilter { virtual_machine_id, ..Default::default() };
                netbox.virtual_disks().all(&filter).await.map_err(of_record)?
            }
        };
        if !with_interfaces.is_empty() {
            let filter = VmInterfaceFilter { virtual_machine_id: with_interfaces, ..Default::default() };
            interfaces = netbox.interfaces().all(&filter).await.map_err(of_record)?;
        }
        let mut addressed: Vec<u64> = interfaces
            .iter()
            .filter(|interface| interface.count_ipaddresses != Some(0))
            .map(|interface| interface.virtual_machine.id)
            .collect();
        addressed.sort_unstable();
        addressed.dedup();
        if !addressed.is_empty() {
            let filter = IpAddressFilter { virtual_machine_id: addressed, ..Default::default() };
            addresses = netbox.ip_addresses().all(&filter).await.map_err(of_record)?;
        }
        let bridges = bridges(bridge, &interfaces).await?;
        let mut described: Vec<Self> = Vec::with_capacity(machines.len());
        for machine in machines {
            let of_it = |interface: &VmInterface| interface.virtual_machine.id == machine.id;
            let interfaces: Vec<VmInterface> = interfaces.iter().filter(|it| of_it(it)).cloned().collect();
            let on_it = |address: &&IpAddress| interfaces.iter().any(|it| Some(it.id) == address.assigned_object_id);
            described.push(Self {
                disks: disks.iter().filter(|disk| disk.virtual_machine.id == machine.id).cloned().collect(),
                addresses: addresses.iter().filter(on_it).cloned().collect(),
                bridges: bridges.clone(),
                interfaces,
                machine,
            });
        }
        Ok(described)
    }

    /// The guest that it describes.
    pub(in crate::live) fn guest(&self, bridge: &Bridge) -> Guest {
        let related = Related {
            disks: Some(&self.disks),
            interfaces: Some(&self.interfaces),
            addresses: &self.addresses,
            bridges: Some(&self.bridges),
        };
        bridge.fields.guest(&self.machine, &related)
    }
}

/// The bridges of the VLANs of interfaces, where the policy gives their groups one.
async fn bridges(bridge: &Bridge, interfaces: &[VmInterface]) -> Result<BTreeMap<u64, String>, Failure> {
    let groups = &bridge.policy.vlan_group_bridges;
    let mut vlans: Vec<u64> = interfaces.iter().filter_map(|it| Some(it.untagged_vlan.as_ref()?.id)).collect();
    vlans.sort_unstable();
    vlans.dedup();
    if groups.is_empty() || vlans.is_empty() {
        return Ok(BTreeMap::new());
    }
    let filter = VlanFilter { id: vlans, ..Default::default() };
    let vlans = bridge.netbox.vlans().all(&filter).map_err(Failure::from).await?;
    let named = |group: &netbox_api::Brief| groups.get(&group.name).cloned();
    Ok(vlans.iter().filter_map(|vlan| Some((vlan.id, named(vlan.group.as_ref()?)?))).collect())
}
