//! What a person is told, and the words it is told in: every text of the planner is here.

use ipnet::IpNet;
use proxmox_api::{DiskSlot, GuestType, MiB, NodeName, StorageId, Vmid};
use serde::{Deserialize, Serialize};

use crate::guest::{Blocks, Guest, Problem, RecordId, Status};
use crate::units::Megabytes;

/// A journal entry to be: on the record or, once that is gone, on its cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The record.
    pub record: RecordId,
    /// The record's name.
    pub name: String,
    /// The name of the record's NetBox cluster: where the report goes once the record is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The field or disk it is about, named as in NetBox.
    pub field: String,
    /// What was wanted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub wanted: String,
    /// What was found.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub found: String,
    /// What happened, what it means and what to do.
    pub text: String,
    /// Whether it says that nobody did something in NetBox. Before a person reads that, whoever sends it makes sure that
    /// no change is on its way.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub claims_no_cause: bool,
}

/// What makes two reports the same: one that was delivered is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReportKey {
    /// The record.
    pub record: RecordId,
    /// The field or disk.
    pub field: String,
    /// What was wanted.
    pub wanted: String,
    /// What was found.
    pub found: String,
}

/// The field of reports on a guest that no record names: only a comparison of all guests knows when they are over.
const ORPHAN: &str = "guest";

impl ReportKey {
    /// Whether it is of a guest that no record names.
    pub fn is_of_orphan(&self) -> bool {
        self.field == ORPHAN
    }
}

impl Report {
    /// What makes it the same as another.
    pub fn key(&self) -> ReportKey {
        let Self { record, field, wanted, found, .. } = self.clone();
        ReportKey { record, field, wanted, found }
    }

    fn claiming_no_cause(self) -> Self {
        Self { claims_no_cause: true, ..self }
    }
}

/// Writes the reports on one guest.
#[derive(Debug, Clone)]
pub struct Reporter {
    record: RecordId,
    name: String,
    cluster: Option<String>,
}

impl Reporter {
    /// For the guest of a record.
    pub fn new(record: RecordId, name: &str, cluster: Option<&str>) -> Self {
        Self { record, name: name.to_owned(), cluster: cluster.map(str::to_owned) }
    }

    /// For a guest.
    pub fn of(guest: &Guest) -> Self {
        Self::new(guest.record, &guest.name, guest.cluster.as_deref())
    }

    fn report(&self, field: &str, wanted: impl ToString, found: impl ToString, text: String) -> Report {
        Report {
            record: self.record,
            name: self.name.clone(),
            cluster: self.cluster.clone(),
            field: field.to_owned(),
            wanted: wanted.to_string(),
            found: found.to_string(),
            text,
            claims_no_cause: false,
        }
    }

    /// Something in NetBox that cannot be done as it is written; `exists`: the guest is there.
    pub fn problem(&self, problem: &Problem, exists: bool) -> Report {
        let Problem { field, found, why, blocks } = problem;
        // A disk is called by what is wrong with it.
        let is = if field.ends_with(found.as_str()) { String::new() } else { format!(" is \"{found}\"") };
        let so = match blocks {
            Blocks::Everything => "Nothing was done, as it is not known which guest is meant.",
            Blocks::Creation if !exists => "The guest was not created.",
            Blocks::Creation | Blocks::Part => "Nothing else was held up by it.",
        };
        let text = format!("{}: {field}{is}: {why}. {so}", self.name);
        self.report(field, "", found, text)
    }

    /// A delivery that says too little about its guest.
    pub fn needs_look_up(&self) -> Report {
        let text = format!(
            "{}: this change needs a look-up: the delivery alone does not say what the guest should be.",
            self.name
        );
        self.report("look-up", "", "", text)
    }

    /// A difference that is not closed while the record is in its present status.
    pub fn gated(&self, field: &str, wanted: impl ToString, found: impl ToString, status: &Status) -> Report {
        let (wanted, found) = (wanted.to_string(), found.to_string());
        let text = format!(
            "{}: {field}: {wanted} in NetBox, {found} in Proxmox. Nothing was changed, because the status is {status}: \
             set it to Staged to have this applied, or correct NetBox.",
            self.name
        );
        self.report(field, wanted, found, text)
    }

    /// A change that a running guest takes at its next start.
    pub fn pending(&self, fields: &str) -> Report {
        let text = format!(
            "{}: {fields} changed while the guest runs; Proxmox applies it when the guest is next shut down and started.",
            self.name
        );
        self.report(fields, "at the next start", "running", text)
    }

    /// More CPUs than its sockets can share evenly.
    pub fn uneven_sockets(&self, vcpus: u32, sockets: u32) -> Report {
        let text = format!(
            "{}: vcpus {vcpus} cannot be shared evenly by the guest's {sockets} CPU sockets; they were left. \
             Set vcpus to a multiple of {sockets}, or change the sockets in Proxmox.",
            self.name
        );
        self.report("vcpus", vcpus, format!("{sockets} sockets"), text)
    }

    /// Addresses or keys for a guest that has no cloud-init drive.
    pub fn no_cloud_init(&self, field: &str, wanted: impl ToString) -> Report {
        let text = format!(
            "{}: {field}: not set, because the guest has no cloud-init drive and would never see it. \
             Add one in Proxmox, or to the template.",
            self.name
        );
        self.report(field, wanted, "no cloud-init drive", text)
    }

    /// A disk that NetBox wants smaller than it is.
    pub fn shrink(&self, disk: DiskSlot, wanted: Megabytes, found: Megabytes) -> Report {
        let text = format!(
            "{}: disk {disk} is {found} in Proxmox and {wanted} in NetBox. Proxmox cannot shrink a disk; nothing was \
             changed. Set the size in NetBox to {} or more.",
            self.name, found.0
        );
        self.report(&format!("disk {disk}"), format!("shrink to {wanted}"), found, text)
    }

    /// A root disk that is wanted smaller than the template's.
    pub fn root_smaller_than_template(&self, wanted: Megabytes, found: Megabytes) -> Report {
        let text = format!(
            "{}: disk {wanted} is smaller than the template's root disk, {found}. Proxmox cannot shrink a disk; the \
             guest has the template's size, and NetBox is told so.",
            self.name
        );
        self.report("disk", format!("shrink to {wanted}"), found, text)
    }

    /// A disk that NetBox has and Proxmox has not, without a change that created it.
    pub fn missing_disk(&self, disk: DiskSlot, size: Megabytes) -> Report {
        let text = format!(
            "{}: disk {disk} ({size}) is missing in Proxmox and was not added, because nobody just created it in NetBox. \
             Delete it in NetBox and create it again to have it added.",
            self.name
        );
        self.report(&format!("disk {disk}"), size, "missing", text).claiming_no_cause()
    }

    /// A disk that Proxmox has and NetBox has not, without a change that deleted it.
    pub fn orphaned_disk(&self, disk: DiskSlot, volume: &str) -> Report {
        let text = format!(
            "{}: disk {disk} ({volume}) is in Proxmox and not in NetBox. It was left, as nobody deleted it in NetBox: \
             create it there, or remove it in Proxmox.",
            self.name
        );
        self.report(&format!("disk {disk}"), "", "in Proxmox only", text).claiming_no_cause()
    }

    /// A disk for a slot that something else is attached to.
    pub fn occupied_slot(&self, disk: DiskSlot) -> Report {
        let text = format!(
            "{}: disk {disk} was not added: the guest's CD-ROM or cloud-init drive is attached there. \
             Use another name in NetBox.",
            self.name
        );
        self.report(&format!("disk {disk}"), "a disk", "another drive", text)
    }

    /// A disk whose storage is another one in NetBox than in Proxmox.
    pub fn other_storage(&self, disk: DiskSlot, wanted: &StorageId, found: &StorageId) -> Report {
        let text = format!(
            "{}: disk {disk} is on storage {found}, NetBox says {wanted}. Disks are not moved: move it in Proxmox, or \
             correct NetBox.",
            self.name
        );
        self.report(&format!("disk {disk}"), format!("storage {wanted}"), format!("storage {found}"), text)
    }

    /// A disk that was renamed in NetBox.
    pub fn renamed_disk(&self, before: &str, after: &str) -> Report {
        let text = format!(
            "{}: disk {before} was renamed {after} in NetBox. A disk is not moved to another slot: rename it back, or \
             move it in Proxmox.",
            self.name
        );
        self.report(&format!("disk {after}"), after, before, text)
    }

    /// A disk that was given to another virtual machine, or taken from one.
    pub fn moved_disk(&self, disk: &str, from: RecordId, to: RecordId) -> Report {
        let text = format!(
            "{}: disk {disk} was moved from virtual machine {from} to {to} in NetBox. Disks are not moved between \
             guests: move it in Proxmox, or move it back in NetBox.",
            self.name
        );
        self.report(
            &format!("disk {disk}"),
            format!("of virtual machine {to}"),
            format!("of virtual machine {from}"),
            text,
        )
    }

    /// The root disk was deleted in NetBox.
    pub fn root_disk_kept(&self, disk: DiskSlot) -> Report {
        let text = format!(
            "{}: disk {disk} was deleted in NetBox and kept in Proxmox: the guest boots from it. \
             Delete the virtual machine to have the guest removed.",
            self.name
        );
        self.report(&format!("disk {disk}"), "removed", "the root disk", text)
    }

    /// A deleted disk whose slot now holds another volume.
    pub fn other_volume(&self, disk: DiskSlot, known: &str, found: &str) -> Report {
        let text = format!(
            "{}: disk {disk} was deleted in NetBox and not removed: it was {known}, and now {found} is attached there. \
             Remove it in Proxmox if it is not needed.",
            self.name
        );
        self.report(&format!("disk {disk}"), format!("removed: {known}"), found, text)
    }

    /// A deleted disk that a running container still has mounted.
    pub fn removed_at_stop(&self, disk: DiskSlot) -> Report {
        let text = format!(
            "{}: disk {disk} was deleted in NetBox and is removed once the container has stopped: Proxmox does not take a \
             mount point from a running one. To keep it, revert its removal in Proxmox and create it in NetBox again.",
            self.name
        );
        self.report(&format!("disk {disk}"), "removed", "still mounted", text)
    }

    /// A disk of a container that NetBox does not say where to mount.
    pub fn no_mount_path(&self, disk: DiskSlot) -> Report {
        let text = format!(
            "{}: disk {disk} was not added, as NetBox does not say where the container mounts it. Write the path, such as \
             /srv/data, into the disk's mount path field (`proxmox_mount_path`).",
            self.name
        );
        self.report(&format!("disk {disk}"), "a disk", "no mount path", text)
    }

    /// A disk of a container that is mounted elsewhere than NetBox says.
    pub fn other_path(&self, disk: DiskSlot, wanted: &str, found: &str) -> Report {
        let text = format!(
            "{}: disk {disk} is mounted at {found}, NetBox says {wanted}. It is not moved: change the mount point in \
             Proxmox, or correct NetBox.",
            self.name
        );
        self.report(&format!("disk {disk} mount path"), wanted, found, text)
    }

    /// SSH keys for a container that exists.
    pub fn keys_of_container(&self) -> Report {
        let text = format!(
            "{}: SSH keys: not set, because Proxmox can give a container keys only when it creates it from a template \
             volume. Set them within the container, or have it created anew.",
            self.name
        );
        self.report("SSH keys", "set", "no way to set them", text)
    }

    /// An address for a container that has no card to hold it.
    pub fn no_card(&self, index: u8, address: &IpNet) -> Report {
        let text = format!(
            "{}: {address} was not set, because the container has no net{index}. Create the interface in NetBox and assign \
             the address to it.",
            self.name
        );
        self.report(&format!("interface net{index}"), address, "missing", text)
    }

    /// A network card that NetBox has no interface for, though nobody deleted it there.
    pub fn orphaned_interface(&self, index: u8, found: &str) -> Report {
        let text = format!(
            "{}: net{index} ({found}) is in Proxmox and has no interface in NetBox. It was left, as nobody deleted it in \
             NetBox: create it there (net{index}, with this MAC address), or remove it in Proxmox.",
            self.name
        );
        // Keyed without its MAC address, which a clone has only once it is made.
        self.report(&format!("interface net{index}"), "", "in Proxmox only", text).claiming_no_cause()
    }

    /// A network card whose interface was deleted in NetBox while nothing may reach into the guest.
    pub fn interface_kept(&self, index: u8, found: &str, status: &Status) -> Report {
        let text = format!(
            "{}: the interface of net{index} ({found}) was deleted in NetBox while the status is {status}; the card was \
             kept. Remove it in Proxmox, or set the status to Staged before deleting an interface.",
            self.name
        );
        // The same difference as of a card that nobody deleted, which it is from the next look on.
        self.report(&format!("interface net{index}"), "", "in Proxmox only", text)
    }

    /// An address beyond the one of its family that an interface takes.
    pub fn another_address(&self, interface: &str, address: &IpNet) -> Report {
        let text = format!(
            "{}: {address} on interface {interface} was not set: Proxmox takes one IPv4 and one IPv6 address for an \
             interface. Set it within the guest.",
            self.name
        );
        self.report(&format!("interface {interface}"), address, "one of each family", text)
    }

    /// A guest that starts with its node, though NetBox, where nobody said so, has it off.
    pub fn starts_on_boot(&self) -> Report {
        let text = format!(
            "{}: the guest starts with its node, and start on boot is off in NetBox. It was left, as nobody turned it off: \
             turn it on in NetBox, or on and off again to have it changed.",
            self.name
        );
        self.report("start on boot", "off", "on", text).claiming_no_cause()
    }

    /// A guest that exists and is not owned by the record.
    pub fn not_owned(&self, vmid: Option<Vmid>, whose: Option<&str>) -> Report {
        let vmid = vmid.map_or_else(String::new, |vmid| format!(" {vmid}"));
        let (is, then) = match whose {
            Some(whose) => (
                format!("belongs to {whose}"),
                "Correct the VMID, or clear it to have one allocated. To give that guest to this virtual machine, remove \
                 the line `netbox-proxmox:` from its notes in Proxmox, then adopt it (`netbox-proxmox adopt`)",
            ),
            None => (
                "has no marker of this NetBox".to_owned(),
                "If it is the guest of this virtual machine, adopt it (`netbox-proxmox adopt`); otherwise correct the VMID",
            ),
        };
        let text = format!("{}: the guest{vmid} in Proxmox {is}, so it was left alone. {then}.", self.name);
        // Keyed by the guest alone: whatever was wanted of it, it is said once.
        self.report("adopt", "", vmid.trim(), text)
    }

    /// A creation stopped by guests of the same name.
    pub fn same_name(&self, guests: &[Vmid]) -> Report {
        let guests = guests.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let text = format!(
            "{}: not created, because Proxmox already has a guest of this name (VMID {guests}). Write its VMID in NetBox and \
             adopt it (`netbox-proxmox adopt`), or rename one of them.",
            self.name
        );
        self.report("name", "a new guest", format!("VMID {guests}"), text)
    }

    /// A creation stopped by a guest with this record's marker under another VMID.
    pub fn elsewhere(&self, wanted: Option<Vmid>, found: Vmid) -> Report {
        let wanted = wanted.map_or_else(|| "no VMID".to_owned(), |vmid| format!("VMID {vmid}"));
        let text = format!(
            "{}: NetBox says {wanted}, but the guest of this virtual machine is VMID {found} in Proxmox. Nothing was \
             created. Set the VMID to {found} in NetBox, or remove that guest.",
            self.name
        );
        self.report("vmid", wanted, found, text)
    }

    /// A guest that is recorded and absent.
    pub fn vanished(&self, vmid: Vmid) -> Report {
        let text = format!(
            "{}: the guest {vmid} has vanished from Proxmox. It is not created again by itself: clear the VMID in \
             NetBox to have a new guest made, or restore {vmid} from a backup.",
            self.name
        );
        self.report("vmid", vmid, "vanished", text).claiming_no_cause()
    }

    /// A guest whose record is gone from NetBox, without a deletion that anybody heard of.
    pub fn orphaned_guest(&self, vmid: Vmid) -> Report {
        let text = format!(
            "{}: the guest {vmid} in Proxmox belongs to virtual machine {}, which NetBox no longer has. It was left, as \
             its deletion was not seen: remove it in Proxmox, or adopt it for another virtual machine.",
            self.name, self.record
        );
        self.report(ORPHAN, "", format!("VMID {vmid}"), text)
    }

    /// A second guest of a record, which names another.
    pub fn unnamed_guest(&self, vmid: Vmid) -> Report {
        let text = format!(
            "{}: the guest {vmid} in Proxmox belongs to this virtual machine, but its VMID in NetBox is not {vmid}. It was \
             left: correct the VMID, or remove that guest in Proxmox.",
            self.name
        );
        self.report(ORPHAN, "", format!("VMID {vmid}"), text)
    }

    /// A creation without a template.
    pub fn no_template(&self) -> Report {
        let text = format!("{}: not created, because no template is set. Choose one in NetBox.", self.name);
        self.report("template", "a template", "none", text)
    }

    /// A template that does not exist.
    pub fn template_missing(&self, template: Vmid) -> Report {
        let text = format!(
            "{}: not created, because Proxmox has no guest {template} to clone (or the token may not see it). \
             Choose another template in NetBox.",
            self.name
        );
        self.report("template", template, "missing", text)
    }

    /// A template that is none.
    pub fn not_a_template(&self, template: Vmid) -> Report {
        let text = format!(
            "{}: not created, because guest {template} is no template. Convert it in Proxmox, or choose another.",
            self.name
        );
        self.report("template", template, "not a template", text)
    }

    /// A template of the other kind of guest.
    pub fn template_of_other_kind(&self, template: Vmid, wanted: GuestType) -> Report {
        let text = format!(
            "{}: not created, because template {template} is {}, NetBox says {}. Choose another template, or correct the \
             type.",
            self.name,
            kind(if wanted == GuestType::Lxc { GuestType::Qemu } else { GuestType::Lxc }),
            kind(wanted)
        );
        self.report("template", template, "of the other kind", text)
    }

    /// A container's template that is neither a VMID nor a volume.
    pub fn not_a_volume(&self, volume: &str) -> Report {
        let text = format!(
            "{}: not created, because \"{volume}\" is no template of a container: its value is a volume such as \
             local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst, or the VMID of a container template. Choose another, or \
             correct the choice in NetBox.",
            self.name
        );
        self.report("template", volume, "not a volume", text)
    }

    /// A template volume that does not exist.
    pub fn volume_missing(&self, volume: &str) -> Report {
        let text = format!(
            "{}: not created, because no node has the template {volume} (or the token may not see it). Download it in \
             Proxmox, or choose another template in NetBox.",
            self.name
        );
        self.report("template", volume, "missing", text)
    }

    /// A template volume that the wanted node does not have.
    pub fn volume_elsewhere(&self, volume: &str, wanted: &NodeName, nodes: &[NodeName]) -> Report {
        let nodes = nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let text = format!(
            "{}: not created, because node {wanted} does not have the template {volume}, which is on {nodes}. Download it \
             there, or set the node to one that has it.",
            self.name
        );
        self.report("node", wanted, nodes, text)
    }

    /// A container whose root disk has no storage to be on.
    pub fn no_storage(&self, of_template: &StorageId) -> Report {
        let text = format!(
            "{}: not created, because no storage is set, and storage {of_template} of its template takes no volumes of \
             containers. Choose a storage in NetBox.",
            self.name
        );
        self.report("storage", "a storage", format!("unusable: {of_template}"), text)
    }

    /// A template that cannot be cloned to the wanted node.
    pub fn template_not_shared(&self, template: Vmid, on: &NodeName, wanted: &NodeName, storage: &StorageId) -> Report {
        let text = format!(
            "{}: not created, because template {template} is on node {on} and storage {storage} is not shared with \
             {wanted}. Use a template on {wanted}, or shared storage for both, or set the node to {on}.",
            self.name
        );
        self.report("node", wanted, on, text)
    }

    /// A node that does not exist.
    pub fn no_such_node(&self, node: &NodeName) -> Report {
        let text =
            format!("{}: not created, because Proxmox has no node {node}. Correct the node in NetBox.", self.name);
        self.report("node", node, "missing", text)
    }

    /// A storage that cannot take a disk.
    pub fn storage_unusable(
        &self,
        kind: GuestType,
        what: &str,
        storage: &StorageId,
        node: Option<&NodeName>,
    ) -> Report {
        let disks = if kind == GuestType::Lxc { "volumes of containers" } else { "disks of VMs" };
        let on = node.map_or_else(String::new, |node| format!(" on node {node}"));
        let text = format!(
            "{}: {what} was not made, because storage {storage} does not exist{on} or takes no {disks}. \
             Choose another storage in NetBox.",
            self.name
        );
        self.report("storage", storage, format!("unusable for {what}"), text)
    }

    /// A creation that ended half-way, under a lock that nobody holds any more.
    pub fn stuck_lock(&self, kind: GuestType, vmid: Vmid, lock: &str) -> Report {
        let tool = if kind == GuestType::Lxc { "pct" } else { "qm" };
        let text = format!(
            "{}: the guest {vmid} is locked ({lock}) and no task is running: its creation was killed. Run \
             `{tool} unlock {vmid}` on its node and remove it, then save the virtual machine in NetBox again.",
            self.name
        );
        self.report("vmid", vmid, format!("locked ({lock})"), text)
    }

    /// A power state that differs without a cause.
    pub fn power(&self, status: &Status, found: impl ToString) -> Report {
        let found = found.to_string();
        let text = format!(
            "{}: the status is {status} in NetBox, and the guest is {found} in Proxmox. It was left, as nobody changed \
             the status: correct one of them.",
            self.name
        );
        self.report("status", status, found, text).claiming_no_cause()
    }

    /// A node that cannot be migrated to.
    pub fn no_migration(&self, wanted: &NodeName, found: &NodeName, why: &str) -> Report {
        let text =
            format!("{}: not migrated, the guest stays on node {found}: {why}. Correct the node in NetBox.", self.name);
        self.report("node", wanted, found, text)
    }

    /// A record that was moved to another cluster of ours.
    pub fn moved_cluster(&self, former: &str) -> Report {
        let now = self.cluster.clone().unwrap_or_else(|| "no cluster".to_owned());
        let text = format!(
            "{}: the virtual machine was moved from cluster {former} to {now} in NetBox. Guests are not moved between \
             Proxmox clusters, and nothing is done while it is there: move it back, or move the guest by hand and adopt it \
             (`netbox-proxmox adopt`).",
            self.name
        );
        self.report("cluster", now, former, text)
    }

    /// A record that says VM where Proxmox has a container, or the reverse.
    pub fn other_kind(&self, vmid: Option<Vmid>, wanted: GuestType, found: GuestType) -> Report {
        let vmid = vmid.map_or_else(String::new, |vmid| format!(" {vmid}"));
        let text = format!(
            "{}: the guest{vmid} in Proxmox is {}, NetBox says {}. A guest cannot be changed from one into the other; \
             nothing was done. Correct the type, or the VMID.",
            self.name,
            kind(found),
            kind(wanted)
        );
        self.report("type", wanted, found, text)
    }

    /// A container that NetBox wants paused.
    pub fn not_suspended(&self) -> Report {
        let text = format!(
            "{}: the status is paused, and a container cannot be suspended; it was left as it is. Set the status to Active \
             or Offline.",
            self.name
        );
        self.report("status", "paused", "a container", text)
    }

    /// The guest of a deleted record that is not destroyed.
    pub fn not_destroyed(&self, vmid: Option<Vmid>, why: &str) -> Report {
        let vmid = vmid.map_or_else(String::new, |vmid| format!(" {vmid}"));
        let text = format!(
            "{}: the virtual machine was deleted in NetBox, the guest{vmid} in Proxmox was kept: {why}.",
            self.name
        );
        self.report("deleted", "destroyed", why, text)
    }

    /// The guest of a deleted record that will be destroyed later.
    pub fn destroyed_later(&self, vmid: Option<Vmid>, seconds: u64) -> Report {
        let vmid = vmid.map_or_else(String::new, |vmid| format!(" {vmid}"));
        let text = format!(
            "{}: the virtual machine was deleted in NetBox; its guest{vmid} is shut down now and destroyed in {} hours.",
            self.name,
            seconds.div_ceil(3600)
        );
        self.report("deleted", "destroyed", format!("in {seconds} s"), text)
    }

    /// A node that NetBox does not take.
    pub fn node_not_recorded(&self, field: &str, node: &NodeName, why: &str) -> Report {
        let text = format!(
            "{}: the guest is on node {node}, which could not be written into {field}. Add {node} to the choices of {field}, \
             then save the virtual machine. {why}",
            self.name
        );
        self.report(field, node, why, text)
    }

    /// The MAC address of a card that NetBox does not take.
    pub fn mac_not_recorded(&self, index: u8, why: &str) -> Report {
        let text = format!(
            "{}: the MAC address of net{index} could not be written to its interface. Let the token of the server add MAC \
             addresses and change interfaces, then save the virtual machine. {why}",
            self.name
        );
        self.report(&format!("net{index} MAC address"), "recorded", why, text)
    }

    /// SSH keys that Proxmox does not take.
    pub fn keys_refused(&self, why: &str) -> Report {
        let text = format!(
            "{}: the SSH keys were not set, everything else was: Proxmox does not take them. Correct them in NetBox. {why}",
            self.name
        );
        self.report("SSH keys", "set", why, text)
    }

    /// Something that went wrong; `again`: it is tried again without anybody's doing.
    pub fn failed(&self, action: &str, why: &str, again: bool) -> Report {
        let then = if again {
            "It is tried again until it succeeds".to_owned()
        } else {
            let record = self.record;
            format!(
                "Mend what stood in the way, then save the virtual machine or run `netbox-proxmox events --release {record}`"
            )
        };
        let text = format!("{}: failed: {action}. {then}: {why}", self.name);
        self.report(action, "done", why, text)
    }
}

/// A kind of guest, for people.
fn kind(kind: GuestType) -> &'static str {
    match kind {
        GuestType::Qemu => "a virtual machine (vm)",
        GuestType::Lxc => "a container (lxc)",
    }
}

/// A size of Proxmox's, for people.
pub(crate) fn mib(size: MiB) -> String {
    format!("{} MiB", size.0)
}
