//! What is said of whose a guest is, and where it should be found.

use proxmox_api::{GuestType, Vmid};

use super::{ORPHAN, Report, Reporter, kind, listed};
use crate::event::Ownership;

impl Reporter {
    /// A guest that exists and is not owned by the record.
    pub fn not_owned(&self, vmid: Option<Vmid>, ownership: &Ownership) -> Report {
        let vmid = vmid.map_or_else(String::new, |vmid| format!(" {vmid}"));
        let (is, then) = match ownership {
            Ownership::Another { whose, .. } => (
                format!("belongs to {whose}"),
                "Correct the VMID, or clear it to have a guest with another one made. Only if NetBox no longer has that \
                 other virtual machine, the guest can be given to this one: adopt it (`netbox-proxmox adopt`)",
            ),
            Ownership::Undated => (
                "has a marker of an early version, which does not say when its virtual machine was created".to_owned(),
                "If it is the guest of this virtual machine, adopt it (`netbox-proxmox adopt`): its marker is then \
                 written anew. Otherwise correct the VMID",
            ),
            Ownership::Unmarked | Ownership::Unknown | Ownership::Ours { .. } => (
                "has no marker of this NetBox".to_owned(),
                "If it is the guest of this virtual machine, adopt it (`netbox-proxmox adopt`); otherwise correct the VMID",
            ),
        };
        let text = format!("{}: the guest{vmid} in Proxmox {is}, so it was left alone. {then}.", self.name);
        // Keyed by the guest alone: whatever was wanted of it, it is said once.
        self.report("ownership", "", vmid.trim(), text)
    }

    /// A creation stopped by guests of the same name.
    pub fn same_name(&self, guests: &[Vmid]) -> Report {
        let guests = listed(guests);
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
             created. Set the VMID to {found} in NetBox to go on with that guest.",
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

    /// A guest whose record is gone from NetBox, without a deletion that anybody heard of. `again`: another record has its
    /// id now.
    pub fn orphaned_guest(&self, vmid: Vmid, again: bool) -> Report {
        let born = self.birth.map_or_else(String::new, |birth| format!(" (created {birth})"));
        let gone = if again { "; NetBox has another one with this id now" } else { ", which NetBox does not have" };
        let text = format!(
            "{}: the guest {vmid} in Proxmox belongs to virtual machine {}{born}{gone}. It was left, as no deletion of that \
             virtual machine was seen: NetBox may have been restored from a backup. To keep the guest, write {vmid} into a \
             virtual machine and adopt it (`netbox-proxmox adopt`). If nothing on it is needed, remove it in Proxmox.",
            self.name,
            self.id()
        );
        self.report(ORPHAN, "", format!("VMID {vmid}"), text)
    }

    /// A guest of a record that names another one, or none; `names`: what it says.
    pub fn unnamed_guest(&self, vmid: Vmid, names: Option<&str>) -> Report {
        let names = names.map_or_else(|| "has no VMID".to_owned(), |names| format!("says VMID {names}"));
        let text = format!(
            "{}: the guest {vmid} in Proxmox belongs to this virtual machine, which {names} in NetBox. It was left: set the \
             VMID to {vmid} if it is its guest.",
            self.name
        );
        self.report(ORPHAN, "", format!("VMID {vmid}"), text)
    }

    /// A record that was moved to another cluster of ours.
    pub fn moved_cluster(&self, former: &str, now: &str) -> Report {
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
}
