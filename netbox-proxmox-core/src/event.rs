//! One thing that happened in NetBox: its cause, desired, current, and the context that a decision needs.

use netbox_api::{Decimal, EventKind};
use proxmox_api::{DiskSlot, GuestType, NodeName, SshKeys, StorageId, Vmid};
use serde::{Deserialize, Serialize};

use crate::current::Current;
use crate::guest::{Guest, Owner, RecordId, Status};
use crate::marker::MarkerState;
use crate::moment::Moment;
use crate::option::{GuestOption, GuestOptions};
use crate::part::Part;
use crate::record::FieldNames;
use crate::units::Megabytes;

/// What [`crate::plan()`] decides on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The changes being answered; empty for a reconcile.
    pub cause: Vec<Change>,
    /// What NetBox says the guest should be; `None` = gone from NetBox.
    pub desired: Option<Guest>,
    /// What Proxmox has; `None` = absent.
    pub current: Option<Current>,
    /// The rest that a decision needs and only a look-up knows.
    #[serde(default)]
    pub context: Context,
}

/// One change of one object in NetBox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The virtual machine that it concerns.
    pub record: RecordId,
    /// That virtual machine's name.
    pub name: String,
    /// The id of the object that changed.
    pub object: u64,
    /// What happened to it.
    pub event: EventKind,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// In which request (NetBox's `X-Request-ID`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// When, as NetBox says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Moment>,
    /// Whether NetBox's change log has been seen to have it. It is kept, as the log is pruned.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirmed: bool,
    /// The status that the record had when something that belongs to it was changed, where somebody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// What changed.
    pub what: Changed,
}

/// What changed, by the kind of the object. `before` is missing when it was created, `after` when it was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "object", rename_all = "kebab-case")]
#[allow(clippy::large_enum_variant)]
pub enum Changed {
    /// The virtual machine itself.
    Record {
        /// As it was.
        before: Option<RecordFacts>,
        /// As it became.
        after: Option<RecordFacts>,
    },
    /// One of its virtual disks.
    Disk {
        /// As it was.
        before: Option<DiskFacts>,
        /// As it became.
        after: Option<DiskFacts>,
    },
    /// One of its interfaces.
    Interface {
        /// As it was.
        #[serde(default)]
        before: Option<InterfaceFacts>,
        /// As it became.
        #[serde(default)]
        after: Option<InterfaceFacts>,
    },
    /// A MAC address of one of its interfaces.
    MacAddress,
    /// An address of one of its interfaces.
    Address,
    /// Nothing: a comparison of both sides found a difference. It is no cause of anything.
    Difference,
    /// Nothing: a person asks for the guest, without a change in NetBox.
    Asked,
}

/// What a change tells of a record, beyond what a look-up shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordFacts {
    /// When it was created; an entry of the change log does not say so (seen on NetBox 4.7.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth: Option<Moment>,
    /// Its status.
    pub status: Status,
    /// Its kind; `None`: not managed.
    pub kind: Option<GuestType>,
    /// Whether it is certain that its type is not set, rather than one that is not understood.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub untyped: bool,
    /// The id of its NetBox cluster.
    pub cluster: Option<u64>,
    /// The VMID field, as written.
    pub vmid: Option<String>,
    /// The node field.
    pub node: Option<String>,
    /// Its SSH keys, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_keys: Option<String>,
    /// Its number of virtual CPUs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vcpus: Option<Decimal>,
    /// Its memory, in MB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// The ids of its primary addresses, IPv4 and IPv6.
    #[serde(default)]
    pub primary: [Option<u64>; 2],
    /// The size of its root disk, where it has no virtual disks.
    pub root_size: Option<Megabytes>,
    /// Its tags, as Proxmox writes them.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Whether it starts with its node, where NetBox says so.
    #[serde(default)]
    pub onboot: Option<bool>,
    /// Its options that have a custom field of their own.
    #[serde(default, skip_serializing_if = "GuestOptions::is_empty")]
    pub options: GuestOptions,
}

impl RecordFacts {
    /// Its SSH keys one by one. A web form ends its lines with CRLF, where REST keeps them (seen on NetBox 4.7.3).
    fn key_lines(&self) -> Vec<&str> {
        self.ssh_keys.iter().flat_map(|keys| keys.lines()).map(str::trim).filter(|line| !line.is_empty()).collect()
    }
}

/// What a change tells of a virtual disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskFacts {
    /// Its name: the slot.
    pub name: String,
    /// The virtual machine it belongs to.
    pub record: Option<RecordId>,
    /// Its storage field.
    pub storage: Option<String>,
    /// Its size.
    #[serde(default)]
    pub size: Option<Megabytes>,
}

/// What a change tells of a network interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceFacts {
    /// Its name.
    pub name: String,
    /// The virtual machine it belongs to.
    pub record: Option<RecordId>,
    /// Its MAC address; unknown where the change does not say whether it has one.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub mac: Part<String>,
}

/// A part of a guest's configuration that the gate is before, for telling which change was about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    /// Its number of virtual CPUs.
    Vcpus,
    /// Its memory.
    Memory,
    /// Its SSH keys.
    SshKeys,
    /// Its addresses.
    Addresses,
    /// The size of its root disk, as the record itself says it.
    RootSize,
    /// The virtual disk with this id.
    Disk(u64),
    /// The interface with this id.
    Interface(u64),
    /// This option.
    Option(GuestOption),
}

impl Change {
    /// What nobody has changed in NetBox, and a record is answered for all the same.
    #[cfg(feature = "live")]
    pub(crate) fn unmade(record: RecordId, name: &str, what: Changed) -> Self {
        let (object, event, name) = (record.0, EventKind::Updated, name.to_owned());
        Self {
            record,
            name,
            object,
            event,
            user: None,
            request: None,
            time: None,
            confirmed: false,
            status: None,
            what,
        }
    }

    /// Whether it is about this part of the configuration.
    fn touches(&self, aspect: Aspect) -> bool {
        let differs = |what: &dyn Fn(&RecordFacts, &RecordFacts) -> bool| match self.record_facts() {
            (Some(before), Some(after)) => what(before, after),
            (None, Some(_)) => self.event == EventKind::Created,
            (_, None) => false,
        };
        match aspect {
            Aspect::Vcpus => differs(&|before, after| before.vcpus != after.vcpus),
            Aspect::Memory => differs(&|before, after| before.memory != after.memory),
            Aspect::SshKeys => differs(&|before, after| before.key_lines() != after.key_lines()),
            Aspect::RootSize => differs(&|before, after| before.root_size != after.root_size),
            Aspect::Addresses => {
                matches!(self.what, Changed::Address | Changed::Interface { .. })
                    || differs(&|before, after| before.primary != after.primary)
            }
            Aspect::Option(option) => {
                differs(&|before, after| before.options.get(&option) != after.options.get(&option))
            }
            Aspect::Disk(id) => self.object == id && matches!(self.what, Changed::Disk { .. }),
            Aspect::Interface(id) => {
                self.object == id && matches!(self.what, Changed::Interface { .. })
                    || matches!(self.what, Changed::MacAddress)
            }
        }
    }

    /// Whether the record was Staged when it was made: before it, or from it on.
    fn was_staged(&self) -> bool {
        match &self.what {
            Changed::Record { before, after } => {
                [before, after].into_iter().flatten().any(|facts| facts.status == Status::Staged)
            }
            _ => self.status == Some(Status::Staged),
        }
    }

    /// What a deletion is known by: a later one of a record that was there again is another.
    pub fn deletion(&self) -> Option<String> {
        self.request.clone().or_else(|| self.time.map(|time| time.to_string()))
    }

    /// The facts of the record before and after, if it is the record that changed.
    pub(crate) fn record_facts(&self) -> (Option<&RecordFacts>, Option<&RecordFacts>) {
        match &self.what {
            Changed::Record { before, after } => (before.as_ref(), after.as_ref()),
            _ => (None, None),
        }
    }

    /// Whether it created the record.
    pub fn created_record(&self) -> bool {
        self.event == EventKind::Created && matches!(self.what, Changed::Record { .. })
    }

    /// Whether it deleted the record.
    pub fn deleted_record(&self) -> bool {
        self.event == EventKind::Deleted && matches!(self.what, Changed::Record { .. })
    }

    /// What the record was that it deleted.
    #[cfg(feature = "live")]
    pub(crate) fn deleted_facts(&self) -> Option<&RecordFacts> {
        match self.record_facts() {
            (Some(before), None) => Some(before),
            _ => None,
        }
    }

    /// Whether it changed the record so; its creation counts. An update that does not say what was before does not.
    fn turned(&self, was: impl Fn(&RecordFacts) -> bool, is: impl Fn(&RecordFacts) -> bool) -> bool {
        match self.record_facts() {
            (None, Some(after)) => self.event == EventKind::Created && is(after),
            (Some(before), Some(after)) => !was(before) && is(after),
            (_, None) => false,
        }
    }

    /// Whether it moved the record into P, the statuses in which a guest should exist; its creation counts.
    pub fn moved_into_p(&self) -> bool {
        self.turned(|before| before.status.wants_guest(), |after| after.status.wants_guest())
    }

    /// Whether it changed the status, or created the record.
    pub fn changed_status(&self) -> bool {
        let (_, after) = self.record_facts();
        self.turned(|before| Some(&before.status) == after.map(|after| &after.status), |_| true)
    }

    /// Whether it set a VMID where there was none.
    pub fn first_set_vmid(&self) -> bool {
        // What was no VMID stood for none.
        let is_vmid = |facts: &RecordFacts| facts.vmid.as_ref().is_some_and(|vmid| vmid.trim().parse::<Vmid>().is_ok());
        self.turned(is_vmid, is_vmid)
    }

    /// Whether it changed the node of a record that had one, or gave one to a record that had none.
    pub fn changed_node(&self) -> bool {
        let (before, after) = self.record_facts();
        before.zip(after).is_some_and(|(before, after)| before.node != after.node)
    }

    /// Whether it set other SSH keys, or cleared them.
    pub fn changed_ssh_keys(&self) -> bool {
        let (before, after) = self.record_facts();
        before.zip(after).is_some_and(|(before, after)| before.key_lines() != after.key_lines())
    }

    /// Whether it took from the record its primary address of a family.
    pub fn cleared_primary(&self, v4: bool) -> bool {
        let (before, after) = self.record_facts();
        let index = usize::from(!v4);
        before
            .zip(after)
            .is_some_and(|(before, after)| before.primary[index].is_some() && after.primary[index].is_none())
    }

    /// Whether it cleared the field of an option.
    pub fn cleared_option(&self, option: GuestOption) -> bool {
        let (before, after) = self.record_facts();
        let pair = before.zip(after);
        pair.is_some_and(|(before, after)| before.options.contains_key(&option) && !after.options.contains_key(&option))
    }

    /// Whether it cleared the SSH keys.
    pub fn cleared_ssh_keys(&self) -> bool {
        self.changed_ssh_keys() && self.record_facts().1.is_some_and(|after| after.key_lines().is_empty())
    }

    /// Whether it turned starting with the node on or off; the record's creation counts.
    pub fn changed_onboot(&self) -> bool {
        let (before, after) = self.record_facts();
        let created = self.event == EventKind::Created && before.is_none();
        after.is_some_and(|after| created || before.is_some_and(|before| before.onboot != after.onboot))
    }

    /// The tags that the record had before or after it, as Proxmox writes them. Those that the record does not have now were
    /// taken from it, also where the delivery still shows them: of `tags: []` NetBox 4.2 to 4.3.5 tells what was before.
    pub fn tags_of_record(&self) -> impl Iterator<Item = &String> {
        let (before, after) = self.record_facts();
        before.into_iter().chain(after).flat_map(|facts| &facts.tags)
    }

    /// Whether it created this interface.
    pub fn created_interface(&self, id: u64) -> bool {
        self.object == id && self.event == EventKind::Created && matches!(self.what, Changed::Interface { .. })
    }
}

/// Whom a guest belongs to, seen from a record.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "owner", rename_all = "kebab-case")]
pub enum Ownership {
    /// Nobody looked. The executor checks before it acts.
    #[default]
    Unknown,
    /// Its marker is valid and names the record.
    Ours {
        /// How far its creation has come.
        state: MarkerState,
    },
    /// Its marker names another record, or another NetBox.
    Another {
        /// Whose it is, in words.
        whose: String,
        /// The record, if it is one of our NetBox and the marker says when it was created.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        record: Option<Owner>,
    },
    /// Its marker has this record's id, and does not say when that was created: an early version wrote it.
    Undated,
    /// It has no marker, or one whose VMID is not its own.
    Unmarked,
}

/// A creation that was begun: stored durably before NetBox or Proxmox hear of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The record.
    pub owner: Owner,
    /// The VMID that was chosen.
    pub vmid: Vmid,
    /// Whether we chose it, rather than a person: then another may take its place.
    pub allocated: bool,
    /// The task that creates the guest, once Proxmox has named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upid: Option<proxmox_api::Upid>,
    /// The wanted size of the root disk: NetBox forgets it when the first virtual disk is created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_size: Option<Megabytes>,
}

/// A template, as a look-up saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateFacts {
    /// Its VMID.
    pub vmid: Vmid,
    /// The node it is on.
    pub node: NodeName,
    /// Its configuration; a clone inherits it.
    pub config: Current,
    /// The storages of all its volumes, the cloud-init drive's included.
    pub storages: Vec<StorageId>,
}

/// A storage of the Proxmox cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageFacts {
    /// Its name.
    pub id: StorageId,
    /// Whether all its nodes see the same volumes.
    pub shared: bool,
    /// The nodes that have it.
    pub nodes: Vec<NodeName>,
    /// Whether it takes disks of VMs.
    pub images: bool,
    /// Whether it takes volumes of containers.
    #[serde(default)]
    pub rootdir: bool,
    /// Whether its volumes are files, for which a format is chosen.
    #[serde(default)]
    pub files: bool,
}

impl StorageFacts {
    /// Whether it takes disks of guests of this kind.
    pub fn takes(&self, kind: GuestType) -> bool {
        match kind {
            GuestType::Qemu => self.images,
            GuestType::Lxc => self.rootdir,
        }
    }
}

/// Where a disk of a record was when the server last saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownDisk {
    /// The id of the VirtualDisk.
    pub id: u64,
    /// The slot.
    pub slot: DiskSlot,
    /// The volume.
    pub volume: String,
}

/// Which `netN` an interface of a record was when the server last saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownInterface {
    /// The id of the VMInterface.
    pub id: u64,
    /// The N of `netN`.
    pub index: u8,
}

/// What NetBox's change log says of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deletion {
    /// It has the record's delete entry.
    Confirmed,
    /// It can be read and has no such entry: the deletion never happened.
    NotInChangeLog,
}

/// What only a look-up knows. Everything is optional: a plan from a bare delivery is a plan with unknowns.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Context {
    /// Whether somebody looked both sides up.
    #[serde(default)]
    pub looked_up: bool,
    /// What the custom fields are called, for people.
    #[serde(default, skip_serializing_if = "FieldNames::is_default")]
    pub fields: FieldNames,
    /// Whether the record's cluster is one of ours. Unknown counts as yes, where the record has a kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed: Option<bool>,
    /// Whom the guest belongs to.
    #[serde(default)]
    pub ownership: Ownership,
    /// The template; none = there is no guest with that VMID, or not exactly one with that name.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub template: Part<TemplateFacts>,
    /// The templates that have the name which the record says, where it is not known which of them is meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same_template: Vec<Vmid>,
    /// The nodes that have the template volume; none = no node has it.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub volume_nodes: Part<Vec<NodeName>>,
    /// The storages of the cluster.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub storages: Part<Vec<StorageFacts>>,
    /// The nodes of the cluster.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub nodes: Part<Vec<NodeName>>,
    /// The creation that was begun for this record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// Guests of the same name that are not this record's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same_name: Vec<Vmid>,
    /// A guest with this record's marker under another VMID than the record's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<Vmid>,
    /// Virtual disks whose creation was seen and could only be reported: they are added once the gate is open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wanted_disks: Vec<u64>,
    /// What the change log says, when the record is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion: Option<Deletion>,
    /// The node on which NetBox and Proxmox last agreed: if NetBox says another one now, somebody changed it there.
    #[serde(default, skip_serializing_if = "Part::is_unknown")]
    pub agreed_node: Part<NodeName>,
    /// Where the record's disks were when they were last seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known_disks: Vec<KnownDisk>,
    /// The SSH keys that a container was created with, where the server created it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys_at_creation: Option<SshKeys>,
    /// Volumes whose disk was deleted and whose removal was begun: a running container gives them up when it stops.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removals: Vec<KnownDisk>,
    /// Which `netN` the record's interfaces were when they were last seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known_interfaces: Vec<KnownInterface>,
    /// The NetBox cluster in which the record's guest was last seen, if the record is in another one now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_cluster: Option<String>,
    /// Why the record's guest, which was known, is not managed any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmanaged: Option<Unmanaged>,
    /// The VMID of the record's guest that NetBox has lost, though nobody cleared it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_vmid: Option<Vmid>,
    /// When the guest of a deleted record is to be destroyed, in seconds since 1970, if that was put off before. Where the
    /// record is there again, the removal is forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removal_due: Option<u64>,
    /// Whether nobody has changed the record since the server first started, and nobody asks for it now.
    #[serde(default)]
    pub untouched: bool,
    /// Whether nobody but importers has changed the record, as far as NetBox's change log tells, and nobody asks for its
    /// guest now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
    /// Another record that claims the guest's VMID meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed: Option<RecordId>,
    /// The deleted record whose guest this one takes over: its removal was put off, and a person typed its VMID here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes_over: Option<Owner>,
    /// The time, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<u64>,
}

/// Why a guest that was a record's is not managed any more. It is left, and a person is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmanaged {
    /// The VMID of the guest, where it is known.
    pub vmid: Option<Vmid>,
    /// The cluster in which it is.
    pub cluster: String,
    /// What is said of the record now, such as "it is in cluster vmware, which is none of ours".
    pub why: String,
}

impl Context {
    /// The VMID that NetBox should say and does not: the one that we chose for a creation that was begun, or one that it
    /// has lost. One that a person typed is theirs to clear.
    pub fn unwritten_vmid(&self) -> Option<Vmid> {
        self.intent.as_ref().filter(|intent| intent.allocated).map(|intent| intent.vmid).or(self.lost_vmid)
    }
}

impl Event {
    /// The record that it is about, where it is known when that was created: also of one that was deleted.
    pub fn owner(&self) -> Option<Owner> {
        match &self.desired {
            Some(guest) => guest.owner(),
            None => {
                let deleted = self.cause.iter().rfind(|change| change.deleted_record())?;
                Some(Owner { record: deleted.record, birth: deleted.record_facts().0?.birth? })
            }
        }
    }

    /// Whether any change being answered is so.
    pub fn caused(&self, what: impl Fn(&Change) -> bool) -> bool {
        self.cause.iter().any(what)
    }

    /// Whether the last change of this part of the configuration was made while the record was Staged. It may be answered
    /// later: a script sets memory and then Active within a second.
    pub fn changed_while_staged(&self, aspect: Aspect) -> bool {
        let about = self.cause.iter().enumerate().filter(|(_, change)| change.touches(aspect));
        // By time, as deliveries may come in any order; those without one as they came.
        about.max_by_key(|(index, change)| (change.time, *index)).is_some_and(|(_, change)| change.was_staged())
    }
}
