//! NetBox's side: the records of a cluster with what belongs to them, and what else a plan has to know. The number of
//! requests grows with pages, not with guests.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use netbox_api::client::{
    IpAddressFilter, NameFilter, TagFilter, VirtualDiskFilter, VirtualMachineFilter, VlanFilter, VmInterfaceFilter,
};
use netbox_api::{IpAddress, Tag, VirtualDisk, VirtualMachine, Vlan, VmInterface};
use proxmox_api::Vmid;

use super::addresses::addresses_of;
use super::fields::Fields;
use super::{AT_ONCE, Found};
use crate::delivery::birth;
use crate::executor::Failure;
use crate::guest::RecordId;
use crate::live::bridge::{Bridge, ProxmoxCluster};
use crate::live::failure::of_record;
use crate::marker::Marker;
use crate::moment::Moment;
use crate::policy::Policy;

/// What NetBox has.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Its custom fields.
    pub fields: Fields,
    /// The records of the cluster, all of them.
    pub records: Vec<Record>,
    /// All tags.
    pub tags: Vec<Tag>,
    /// The VLANs with the numbers that guests have.
    pub vlans: Vec<Vlan>,
    /// The addresses that guests have, wherever in NetBox they are.
    pub addresses: Vec<IpAddress>,
    /// The records that markers name, by id, as far as NetBox has them: their names and births.
    pub owners: BTreeMap<RecordId, (String, Option<Moment>)>,
    /// The records of which changes or a removal wait to be answered.
    pub busy: BTreeSet<RecordId>,
}

/// A record with what belongs to it, which is read of those alone whose guest was found.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// The record.
    pub machine: VirtualMachine,
    /// Its virtual disks.
    pub disks: Vec<VirtualDisk>,
    /// Its interfaces.
    pub interfaces: Vec<VmInterface>,
}

pub(super) async fn read(bridge: &Bridge, cluster: &ProxmoxCluster, found: &[Found]) -> Result<Known, Failure> {
    let netbox = &bridge.netbox;
    let definitions = netbox.custom_fields().all(&NameFilter::default()).await?;
    let sets = netbox.custom_field_choice_sets().all(&NameFilter::default()).await?;
    let fields = Fields::new(&bridge.fields, &definitions, &sets);
    fields.must_name_guests()?;
    let filter = VirtualMachineFilter { cluster_id: vec![cluster.netbox_cluster.id], ..Default::default() };
    let mut machines = netbox.virtual_machines().all(&filter).await?;
    // NetBox ignores filters that it does not know, and returns everything.
    machines.retain(|it| it.cluster.as_ref().is_some_and(|cluster_of| cluster_of.id == cluster.netbox_cluster.id));
    let vmids: BTreeSet<Vmid> = found.iter().map(|guest| guest.observed.vmid).collect();
    let is_met = |machine: &&VirtualMachine| bridge.fields.vmid_of(machine).is_some_and(|vmid| vmids.contains(&vmid));
    let met: Vec<u64> = machines.iter().filter(is_met).map(|machine| machine.id).collect();
    let (mut disks, mut interfaces) = (Vec::new(), Vec::new());
    for ids in met.chunks(AT_ONCE) {
        let filter = VirtualDiskFilter { virtual_machine_id: ids.to_vec(), ..Default::default() };
        disks.extend(netbox.virtual_disks().all(&filter).await.map_err(of_record)?);
        let filter = VmInterfaceFilter { virtual_machine_id: ids.to_vec(), ..Default::default() };
        interfaces.extend(netbox.interfaces().all(&filter).await.map_err(of_record)?);
    }
    let tagged = bridge.policy.sync_tags && found.iter().any(|guest| !guest.observed.config.tags().is_empty());
    let tags = if tagged { netbox.tags().all(&TagFilter::default()).await? } else { Vec::new() };
    let (owners, busy) = owners(bridge, &machines, found).await?;
    let records = with_parts(machines, disks, interfaces);
    let (vlans, addresses) = (vlans(bridge, found).await?, addresses(bridge, found).await?);
    Ok(Known { fields, records, tags, vlans, addresses, owners, busy })
}

fn with_parts(machines: Vec<VirtualMachine>, disks: Vec<VirtualDisk>, interfaces: Vec<VmInterface>) -> Vec<Record> {
    let record = |machine| Record { machine, ..Record::default() };
    let mut records: Vec<Record> = machines.into_iter().map(record).collect();
    let at: BTreeMap<u64, usize> = records.iter().enumerate().map(|(at, it)| (it.machine.id, at)).collect();
    for disk in disks {
        if let Some(at) = at.get(&disk.virtual_machine.id) {
            records[*at].disks.push(disk);
        }
    }
    for interface in interfaces {
        if let Some(at) = at.get(&interface.virtual_machine.id) {
            records[*at].interfaces.push(interface);
        }
    }
    records
}

async fn vlans(bridge: &Bridge, found: &[Found]) -> Result<Vec<Vlan>, Failure> {
    let cards = found.iter().filter_map(|guest| guest.current.interfaces.given()).flat_map(BTreeMap::values);
    let vids = cards.flat_map(|card| card.vlans.untagged.iter().chain(&card.vlans.tagged));
    let vids: BTreeSet<u64> = vids.map(|vid| u64::from(*vid)).collect();
    let vids: Vec<u64> = vids.into_iter().collect();
    let mut vlans = Vec::new();
    for vid in vids.chunks(AT_ONCE) {
        let filter = VlanFilter { vid: vid.to_vec(), ..Default::default() };
        vlans.extend(bridge.netbox.vlans().all(&filter).await?);
    }
    Ok(vlans)
}

async fn addresses(bridge: &Bridge, found: &[Found]) -> Result<Vec<IpAddress>, Failure> {
    let hosts: BTreeSet<IpAddr> = found.iter().flat_map(|guest| hosts(guest, &bridge.policy)).collect();
    let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let mut addresses = Vec::new();
    for address in hosts.chunks(AT_ONCE) {
        let filter = IpAddressFilter { address: address.to_vec(), ..Default::default() };
        addresses.extend(bridge.netbox.ip_addresses().all(&filter).await?);
    }
    Ok(addresses)
}

fn hosts(guest: &Found, policy: &Policy) -> Vec<IpAddr> {
    let indexes = guest.current.interfaces.given().into_iter().flat_map(BTreeMap::keys);
    indexes.flat_map(|index| addresses_of(guest, *index, policy)).map(|it| it.address.addr()).collect()
}

/// The records that the guests' markers name, and which of all records wait to be answered.
async fn owners(
    bridge: &Bridge,
    machines: &[VirtualMachine],
    found: &[Found],
) -> Result<(BTreeMap<RecordId, (String, Option<Moment>)>, BTreeSet<RecordId>), Failure> {
    let markers: Vec<Marker> = found.iter().filter_map(|guest| guest.observed.marker(&bridge.identities)).collect();
    let mut owners = BTreeMap::new();
    let mut busy = BTreeSet::new();
    let mut elsewhere: BTreeSet<u64> = markers.iter().map(|marker| marker.record.0).collect();
    let mut note = |machine: &VirtualMachine| {
        let owner = (machine.name.clone(), birth(machine.created.as_deref()));
        owners.insert(RecordId(machine.id), owner);
    };
    for machine in machines {
        if elsewhere.remove(&machine.id) {
            note(machine);
        }
    }
    let elsewhere: Vec<u64> = elsewhere.into_iter().collect();
    for ids in elsewhere.chunks(AT_ONCE) {
        let filter = VirtualMachineFilter { id: ids.to_vec(), ..Default::default() };
        let machines = bridge.netbox.virtual_machines().all(&filter).await?;
        machines.iter().filter(|machine| ids.contains(&machine.id)).for_each(&mut note);
    }
    for marker in &markers {
        let waits = match marker.owner() {
            Some(owner) => bridge.inbox.removal(owner).await?.is_some(),
            None => false,
        };
        if waits || !bridge.inbox.store().pending(marker.record).await?.is_empty() {
            busy.insert(marker.record);
        }
    }
    Ok((owners, busy))
}
