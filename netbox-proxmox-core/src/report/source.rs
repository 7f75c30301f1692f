//! What is said of templates, and of the storages of a new guest.

use proxmox_api::{GuestType, NodeName, StorageId, Vmid};

use super::{Report, Reporter, kind, listed};

impl Reporter {
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

    /// A template's name that no template has, or several.
    pub fn no_such_template(&self, name: &str, same: &[Vmid]) -> Report {
        let text = match same {
            [] => format!(
                "{}: not created, because Proxmox has no template of the name {name:?} (or the token may not see it). \
                 Choose another template in NetBox.",
                self.name
            ),
            _ => format!(
                "{}: not created, because several templates have the name {name:?}: {}. Choose one by its VMID in NetBox, \
                 or rename the others in Proxmox.",
                self.name,
                listed(same)
            ),
        };
        self.report("template", name, listed(same), text)
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
        let nodes = listed(nodes);
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
}
