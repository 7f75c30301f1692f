//! What is said of running, stopping, migrating and removing a guest.

use proxmox_api::{GuestType, NodeName, Vmid};

use super::{Report, Reporter};
use crate::guest::Status;

impl Reporter {
    /// A guest that starts with its node, though NetBox, where nobody said so, has it off.
    pub fn starts_on_boot(&self) -> Report {
        let text = format!(
            "{}: the guest starts with its node, and start on boot is off in NetBox. It was left, as nobody turned it off: \
             turn it on in NetBox, or on and off again to have it changed.",
            self.name
        );
        self.report("start on boot", "off", "on", text).claiming_no_cause()
    }

    /// A creation that ended half-way, under a lock that nobody holds any more.
    pub fn stuck_lock(&self, kind: GuestType, vmid: Vmid, lock: &str) -> Report {
        let tool = if kind == GuestType::Lxc { "pct" } else { "qm" };
        let text = format!(
            "{}: the guest {vmid} is locked ({lock}) and no task is running: its creation was killed. Run \
             `{tool} unlock {vmid}` on its node and, unless somebody else made it, remove it; then save the virtual machine in \
             NetBox again.",
            self.name
        );
        self.report("vmid", vmid, format!("locked ({lock})"), text)
    }

    /// A guest that no person has asked for.
    pub fn only_imported(&self) -> Report {
        let text = format!(
            "{}: no guest was made, as nobody but importers ([policy] importers) has written the virtual machine: what they \
             write is no wish. To have it made, save the virtual machine in NetBox, or run `netbox-proxmox apply --vm {}`.",
            self.name,
            self.id()
        );
        self.report("creation", "a guest", "written by importers", text)
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
        self.report("deleted", "destroyed", why, text).remark()
    }

    /// The guest of a deleted record that will be destroyed later.
    pub fn destroyed_later(&self, vmid: Option<Vmid>, seconds: u64) -> Report {
        let vmid = vmid.map_or_else(String::new, |vmid| format!(" {vmid}"));
        let text = format!(
            "{}: the virtual machine was deleted in NetBox; its guest{vmid} is shut down now and destroyed in {} hours.",
            self.name,
            seconds.div_ceil(3600)
        );
        self.report("deleted", "destroyed", format!("in {seconds} s"), text).remark()
    }

    /// A guest that is destroyed once another person than the one who deleted its virtual machine agrees. `lost`: its disks, for
    /// people; `deletion`: which it is.
    pub fn destroy_waits(
        &self,
        vmid: Option<Vmid>,
        lost: &str,
        deleter: Option<&str>,
        phrase: &str,
        deletion: &str,
    ) -> Report {
        let guest = vmid.map_or_else(|| "its guest".to_owned(), |vmid| format!("its guest {vmid}"));
        let release = format!("`netbox-proxmox events --release {}`", self.id());
        let text = match deleter {
            Some(user) => format!(
                "{}: the virtual machine was deleted in NetBox by {user}; {guest} with {lost} is destroyed once another person \
                 agrees: a journal entry of another user on this cluster that says only `{phrase}`, or {release}. Until then the \
                 guest is left.",
                self.name
            ),
            None => format!(
                "{}: the virtual machine was deleted in NetBox, and NetBox's change log does not show by whom; {guest} with \
                 {lost} is destroyed once a person runs {release}. Until then the guest is left.",
                self.name
            ),
        };
        self.report("destroy", format!("{deletion} {lost}"), "nobody agreed", text).remark()
    }

    /// An agreement that does not count.
    pub fn destroy_not_agreed(&self, why: &str, deletion: &str) -> Report {
        let text = format!("{}: the agreement that its guest is destroyed does not count: {why}.", self.name);
        self.report("destroy", deletion, why, text).remark()
    }

    /// Another person agreed.
    pub fn destroy_agreed(&self, vmid: Option<Vmid>, by: &str, deletion: &str) -> Report {
        let guest = vmid.map_or_else(|| "its guest".to_owned(), |vmid| format!("its guest {vmid}"));
        let text = format!("{}: {by} agreed that {guest} is destroyed, and so it is now.", self.name);
        self.report("destroy", deletion, format!("{by} agreed"), text).remark()
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
}
