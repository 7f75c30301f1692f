//! What is said of what cannot be judged, of what is held, and of guests that are not managed any more.

use proxmox_api::Vmid;

use super::{Report, Reporter};
use crate::event::Unmanaged;
use crate::guest::RecordId;

impl Reporter {
    /// Something that cannot be judged: it waits for a person. `why` says what is not known, and what to do.
    pub fn not_judged(&self, what: &str, why: &str) -> Report {
        let text = format!(
            "{}: {what} cannot be judged, and nothing was done: {why}. Then run `netbox-proxmox events --release{}`.",
            self.name,
            self.record.map_or_else(String::new, |record| format!(" {record}"))
        );
        self.report(what, "a judgement", why, text).remark()
    }

    /// A record whose guest is known, and that is not managed any more; `deleted`: it was deleted then.
    pub fn unmanaged(&self, unmanaged: &Unmanaged, deleted: bool) -> Report {
        let Unmanaged { vmid, cluster, why } = unmanaged;
        let guest = vmid.map_or_else(|| "guest".to_owned(), |vmid| format!("guest {vmid}"));
        let text = match deleted {
            true => format!(
                "{}: the virtual machine was deleted in NetBox. Before, {why}, so its {guest} in Proxmox cluster {cluster} was \
                 kept. Remove it in Proxmox if nothing on it is needed.",
                self.name
            ),
            false => format!(
                "{}: {why}. Its {guest} in Proxmox cluster {cluster} was left as it is, and nothing is done to it while this is \
                 so: undo it in NetBox to have the guest managed again.",
                self.name
            ),
        };
        let found = vmid.map_or_else(|| cluster.clone(), |vmid| format!("{cluster} VMID {vmid}"));
        self.report("managed", if deleted { "deleted" } else { "" }, found, text)
    }

    /// A record that is there again before its guest was destroyed.
    pub fn undeleted(&self, vmid: Option<Vmid>) -> Report {
        let vmid = vmid.map_or_else(String::new, |vmid| format!(" {vmid}"));
        let text = format!(
            "{}: the virtual machine is in NetBox again, so the removal of its guest{vmid} is forgotten. It is kept as NetBox \
             says.",
            self.name
        );
        self.report("deleted", "kept", "there again", text).remark()
    }

    /// Deletions that are made up for and wait for a person.
    pub fn held_deletions(&self, count: usize, first: RecordId) -> Report {
        let text = format!(
            "{}: {count} virtual machines were deleted in NetBox and their deletions had not been delivered. Their guests \
             were left for now: a delivery that comes after all is answered. If all are meant, run `netbox-proxmox events \
             --release`; `netbox-proxmox events --state parked` lists them.",
            self.name
        );
        self.report("held deletions", count, format!("from virtual machine {first}"), text)
    }

    /// Guests that one comparison would create, and that wait for a person.
    pub fn held_creations(&self, count: usize) -> Report {
        let text = format!(
            "{}: {count} guests that NetBox has are missing in Proxmox. They were not created, as these are many at once: if \
             they are meant, run `netbox-proxmox events --release`; `netbox-proxmox events --state parked` lists them.",
            self.name
        );
        self.report("held creations", count, "missing", text)
    }

    /// More guests destroyed within an hour than the brake lets pass.
    pub fn held_destroys(&self, most: usize, since: u64) -> Report {
        let text = format!(
            "{}: {most} guests were destroyed within an hour, as their virtual machines were deleted in NetBox. Further ones \
             are left until a person agrees: `netbox-proxmox events --state parked` lists them, `--release` agrees.",
            self.name
        );
        self.report("held destroys", most, format!("since {since}"), text)
    }

    /// NetBox is not where it was: it was restored, or exchanged for another.
    pub fn restored(&self, seen: &str) -> Report {
        let text = format!(
            "{}: NetBox's change log is not the one that was read before: {seen}. NetBox seems to have been restored from a \
             backup, or exchanged. Nothing is destroyed until a person agrees: compare both sides (`netbox-proxmox plan \
             --all`), then run `netbox-proxmox events --release`.",
            self.name
        );
        self.report("restored", "", seen, text)
    }

    /// A cluster that was renamed; `setting`: what it is called in the settings.
    pub fn renamed_cluster(&self, former: &str, now: &str, setting: &str) -> Report {
        let advice = match setting == now {
            true => String::new(),
            false => format!(" Set NETBOX_CLUSTER to {now} when convenient."),
        };
        let text = format!(
            "{}: it was called {former}. It is known by its id, so its guests are managed as before.{advice}",
            self.name
        );
        self.report("name", now, former, text)
    }
}
