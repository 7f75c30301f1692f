//! From a delivery to an event, with nothing looked up.

use netbox_api::{Delivery, EventKind, Object, Snapshot, VirtualMachine};
use proxmox_api::{GuestType, MiB, SshKeys};

use crate::current::Current;
use crate::event::{Change, Changed, Context, DiskFacts, Event, InterfaceFacts, RecordFacts};
use crate::guest::{Blocks, Problem, RecordId, Status};
use crate::moment::Moment;
use crate::part::Part;
use crate::record::{FieldNames, Related, guest_type, onboot, tags, tags_of};
use crate::state;
use crate::units::Megabytes;

/// Why a delivery is no event of ours: it is accepted and ignored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEvent {
    /// The object is of a type that concerns no guest.
    #[error("objects of type {0} concern no guest")]
    ObjectType(String),
    /// The object belongs to no virtual machine.
    #[error("the {0} belongs to no virtual machine")]
    Unassigned(String),
    /// The change was made inside a branch and is not merged.
    #[error("the change is inside the branch {0}, which is not merged")]
    Branch(String),
    /// Nothing changed but what the record says of how it stands, which only we write.
    #[error("what changed only says how the virtual machine stands")]
    Standing,
}

impl Change {
    /// The changes of a delivery, one for each virtual machine that it concerns: a disk or interface that was moved
    /// concerns two.
    ///
    /// # Errors
    /// The delivery concerns no virtual machine, or is not true yet.
    pub fn from_delivery(delivery: &Delivery, fields: &FieldNames) -> Result<Vec<Self>, NotAnEvent> {
        if let Some(branch) = &delivery.active_branch {
            return Err(NotAnEvent::Branch(branch.clone()));
        }
        let before = delivery.snapshots.prechange.as_ref();
        let after = delivery.snapshots.postchange.as_ref();
        if let (Object::VirtualMachine(_), Some(before), Some(after)) = (&delivery.object, before, after)
            && state::is_all_of(before, after, fields)
        {
            return Err(NotAnEvent::Standing);
        }
        let unassigned = || NotAnEvent::Unassigned(delivery.object_type.clone());
        let (owner, what) = match &delivery.object {
            Object::VirtualMachine(machine) => {
                ((machine.id, machine.name.clone()), record_change(delivery, machine, fields))
            }
            Object::VirtualDisk(disk) => {
                let owner = (disk.virtual_machine.id, disk.virtual_machine.name.clone());
                let present = DiskFacts {
                    name: disk.name.clone(),
                    record: Some(RecordId(disk.virtual_machine.id)),
                    storage: disk.custom_fields.get(&fields.disk_storage).one().ok().flatten(),
                    size: Some(Megabytes(disk.size)),
                };
                let (before, after) = match delivery.event {
                    EventKind::Created => (None, Some(present)),
                    EventKind::Updated => (before.map(|snapshot| disk_facts(snapshot, fields)), Some(present)),
                    EventKind::Deleted => (Some(present), None),
                };
                (owner, Changed::Disk { before, after })
            }
            Object::VmInterface(interface) => {
                let owner = (interface.virtual_machine.id, interface.virtual_machine.name.clone());
                let record = Some(RecordId(owner.0));
                let mac = Part::known(interface.mac_address.as_ref().map(|mac| mac.to_ascii_uppercase()));
                let present = InterfaceFacts { name: interface.name.clone(), record, mac };
                let (before, after) = match delivery.event {
                    EventKind::Created => (None, Some(present)),
                    EventKind::Updated => (before.map(interface_facts), Some(present)),
                    EventKind::Deleted => (Some(present), None),
                };
                (owner, Changed::Interface { before, after })
            }
            Object::IpAddress(address) => {
                let machine = address.assigned_object.as_ref().and_then(|object| object.virtual_machine.as_ref());
                let machine = machine.ok_or_else(unassigned)?;
                ((machine.id, machine.name.clone()), Changed::Address)
            }
            Object::MacAddress(address) => {
                let machine = address.assigned_object.as_ref().and_then(|object| object.virtual_machine.as_ref());
                let machine = machine.ok_or_else(unassigned)?;
                ((machine.id, machine.name.clone()), Changed::MacAddress)
            }
            Object::Other(_) => return Err(NotAnEvent::ObjectType(delivery.object_type.clone())),
        };
        let change = Self {
            record: RecordId(owner.0),
            name: owner.1,
            object: delivery.object.id(),
            event: delivery.event,
            user: delivery.request.user.clone(),
            request: delivery.request.id.clone(),
            time: delivery.timestamp.parse().ok(),
            confirmed: false,
            status: None,
            what,
        };
        let snapshot_owner = |snapshot: Option<&Snapshot>| snapshot?.id("virtual_machine");
        let former = snapshot_owner(before).filter(|former| snapshot_owner(after).is_some_and(|now| now != *former));
        let former =
            former.map(|id| Self { record: RecordId(id), name: format!("virtual machine {id}"), ..change.clone() });
        Ok(std::iter::once(change).chain(former).collect())
    }
}

fn record_change(delivery: &Delivery, machine: &VirtualMachine, fields: &FieldNames) -> Changed {
    let custom = |name: &str| machine.custom_fields.get(name).one().ok().flatten();
    let present = RecordFacts {
        birth: birth(machine.created.as_deref()),
        status: Status::from(machine.status.value.as_str()),
        kind: fields.kind(&machine.custom_fields),
        untyped: !machine.custom_fields.get(&fields.vm_type).is_set(),
        cluster: machine.cluster.as_ref().map(|cluster| cluster.id),
        vmid: custom(&fields.vmid),
        node: custom(&fields.node),
        ssh_keys: machine.custom_fields.get(&fields.ssh_keys).lines().ok().flatten(),
        vcpus: machine.vcpus,
        memory: machine.memory,
        primary: [&machine.primary_ip4, &machine.primary_ip6].map(|ip| ip.as_ref().map(|ip| ip.id)),
        root_size: machine.disk.filter(|_| machine.virtual_disk_count.unwrap_or_default() == 0).map(Megabytes),
        tags: tags_of(&machine.tags),
        onboot: machine.start_on_boot.as_ref().and_then(|choice| onboot(&choice.value)),
        options: fields.options(custom),
    };
    match delivery.event {
        EventKind::Created => Changed::Record { before: None, after: Some(present) },
        EventKind::Updated => {
            let before = delivery.snapshots.prechange.as_ref();
            Changed::Record { before: before.map(|snapshot| record_facts(snapshot, fields)), after: Some(present) }
        }
        EventKind::Deleted => Changed::Record { before: Some(present), after: None },
    }
}

/// When an object was created, if NetBox says so.
pub(crate) fn birth(created: Option<&str>) -> Option<Moment> {
    created?.parse().ok()
}

/// What raw values tell of a record.
pub(crate) fn record_facts(snapshot: &Snapshot, fields: &FieldNames) -> RecordFacts {
    let custom = |name: &str| snapshot.custom_field(name).one().ok().flatten();
    RecordFacts {
        birth: birth(snapshot.text("created")),
        status: Status::from(snapshot.text("status").unwrap_or_default()),
        kind: guest_type(custom(&fields.vm_type).as_deref()),
        untyped: snapshot.contains("custom_fields") && !snapshot.custom_field(&fields.vm_type).is_set(),
        cluster: snapshot.id("cluster"),
        vmid: custom(&fields.vmid),
        node: custom(&fields.node),
        ssh_keys: snapshot.custom_field(&fields.ssh_keys).lines().ok().flatten(),
        vcpus: snapshot.decimal("vcpus"),
        memory: snapshot.integer("memory"),
        primary: [snapshot.id("primary_ip4"), snapshot.id("primary_ip6")],
        root_size: match snapshot.integer("virtual_disk_count") {
            None | Some(0) => snapshot.integer("disk").map(Megabytes),
            Some(_) => None,
        },
        tags: tags(snapshot.tags().into_iter()),
        onboot: snapshot.text("start_on_boot").and_then(onboot),
        options: fields.options(custom),
    }
}

/// What raw values tell of an interface.
pub(crate) fn interface_facts(snapshot: &Snapshot) -> InterfaceFacts {
    // They have its id only.
    let has_none = snapshot.get("primary_mac_address").is_some_and(serde_json::Value::is_null);
    InterfaceFacts {
        name: snapshot.text("name").unwrap_or_default().to_owned(),
        record: snapshot.id("virtual_machine").map(RecordId),
        mac: if has_none { Part::None } else { Part::Unknown },
    }
}

/// What raw values tell of a virtual disk.
pub(crate) fn disk_facts(snapshot: &Snapshot, fields: &FieldNames) -> DiskFacts {
    DiskFacts {
        name: snapshot.text("name").unwrap_or_default().to_owned(),
        record: snapshot.id("virtual_machine").map(RecordId),
        storage: snapshot.custom_field(&fields.disk_storage).one().ok().flatten(),
        size: snapshot.integer("size").map(Megabytes),
    }
}

impl Event {
    /// An event of which nothing is known but a delivery: what Proxmox has is inferred from the record as it was
    /// before. Whom the guest belongs to is unknown, so the executor checks it.
    ///
    /// # Errors
    /// The delivery is no event of ours.
    pub fn from_delivery(delivery: &Delivery) -> Result<Self, NotAnEvent> {
        Self::from_delivery_with(delivery, &FieldNames::default())
    }

    /// The same where the custom fields have other names.
    ///
    /// # Errors
    /// The delivery is no event of ours.
    pub fn from_delivery_with(delivery: &Delivery, fields: &FieldNames) -> Result<Self, NotAnEvent> {
        let mut cause = Change::from_delivery(delivery, fields)?;
        cause.truncate(1);
        let context = Context { fields: fields.clone(), ..Context::default() };
        let mut event = Self { cause, desired: None, current: None, context };
        if let Object::VirtualMachine(machine) = &delivery.object {
            let before = delivery.snapshots.prechange.as_ref();
            event.current = before.and_then(|snapshot| inferred(snapshot, fields));
            if delivery.event != EventKind::Deleted {
                let mut guest = fields.guest(machine, &Related::default());
                let vmid = |snapshot: &Snapshot| snapshot.custom_field(&fields.vmid).one().ok().flatten();
                if event.current.is_some()
                    && before.and_then(vmid) != machine.custom_fields.get(&fields.vmid).one().ok().flatten()
                {
                    // What was before is about another guest than the one that NetBox means now.
                    event.current = None;
                    return Ok(event);
                }
                if let (Some(_), Some(before), Some(after)) = (&event.current, before, &delivery.snapshots.postchange) {
                    // The snapshot has ids only: an address that was not exchanged is taken as already applied.
                    if before.id("primary_ip4") == after.id("primary_ip4") {
                        guest.ipv4 = Part::Unknown;
                    }
                    if before.id("primary_ip6") == after.id("primary_ip6") {
                        guest.ipv6 = Part::Unknown;
                    }
                    match (before.integer("disk"), guest.root_size) {
                        (Some(former), Part::Given(Megabytes(size))) if former >= size => {
                            guest.root_size = Part::Unknown;
                            if former > size {
                                guest.problems.push(shrunk(former, size));
                            }
                        }
                        _ => {}
                    }
                }
                event.desired = Some(guest);
            }
        }
        Ok(event)
    }
}

/// The size of the root disk, lowered.
fn shrunk(former: u64, size: u64) -> Problem {
    let why = format!("it was {former}, and Proxmox cannot shrink a disk. Set it back");
    Problem { field: "disk".into(), found: size.to_string(), why, blocks: Blocks::Part }
}

/// The guest as a record described it; none where the record had no VMID.
fn inferred(snapshot: &Snapshot, fields: &FieldNames) -> Option<Current> {
    let custom = |name: &str| snapshot.custom_field(name).one().ok().flatten();
    let vmid = custom(&fields.vmid)?.trim().parse().ok()?;
    let kind = record_facts(snapshot, fields).kind?;
    let keys = match kind {
        GuestType::Qemu => snapshot
            .custom_field(&fields.ssh_keys)
            .lines()
            .ok()
            .flatten()
            .map_or(Part::None, |text| Part::maybe(SshKeys::parse(&text).ok())),
        // What is in a container nobody sees.
        GuestType::Lxc => Part::Unknown,
    };
    Some(Current {
        node: Part::maybe(custom(&fields.node).and_then(|node| node.parse().ok())),
        name: Part::maybe(snapshot.text("name").map(str::to_owned)),
        cores: Part::maybe(snapshot.decimal("vcpus").and_then(netbox_api::Decimal::whole)),
        memory: Part::maybe(snapshot.integer("memory").map(MiB)),
        ssh_keys: keys,
        tags: if snapshot.contains("tags") { Part::Given(tags(snapshot.tags().into_iter())) } else { Part::Unknown },
        description: match snapshot.text("description") {
            None => Part::Unknown,
            Some(text) => Part::known(Some(text.to_owned()).filter(|text| !text.is_empty())),
        },
        onboot: Part::maybe(snapshot.text("start_on_boot").and_then(onboot)),
        ..Current::new(Some(vmid), kind)
    })
}
