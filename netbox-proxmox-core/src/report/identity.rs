//! What is said of whose a guest is, and where it should be found.

use proxmox_api::{GuestType, Vmid};

use super::{ORPHAN, Report, Reporter, kind};

impl Reporter {
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
}
