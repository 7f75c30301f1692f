//! Templates of VMs without a cloud-init drive: Proxmox accepts addresses, SSH keys and users for them, which then do nothing
//! (seen on Proxmox VE 9.1.7).

use proxmox_api::{Client, ConfigView, NodeName, Vmid};

use super::Check;
use crate::live::offer::{Choice, Offer};

/// The templates that a cluster has.
pub(super) async fn check(label: &str, client: &Client, offer: &Offer) -> Vec<Check> {
    let what = format!("VM templates of {label}");
    let (mut without, mut unread) = (Vec::new(), 0);
    let templates: Vec<_> = offer.vm_templates().filter_map(place).collect();
    for (vmid, name, node) in &templates {
        match client.node(node).qemu(*vmid).config(ConfigView::Pending).await {
            Ok(config) if config.cloudinit_drive().is_some() => {}
            Ok(_) => without.push(format!("{vmid} ({name})")),
            Err(_) => unread += 1,
        }
    }
    let all = templates.len();
    if !without.is_empty() {
        let detail = format!(
            "without a cloud-init drive: {}. Clones of these get no address, SSH key or user, and nobody complains",
            without.join(", ")
        );
        let advice = "`qm set VMID --ide2 STORAGE:cloudinit` adds one, if the system in it has cloud-init";
        return vec![Check::warning(what, detail, advice)];
    }
    if unread > 0 {
        let detail = format!("{unread} of {all} cannot be read");
        return vec![Check::warning(what, detail, "The token needs VM.Audit and VM.Clone on them")];
    }
    let detail = match all {
        0 => "none that the token sees: only containers can be made".to_owned(),
        all => format!("{all}, each with a cloud-init drive"),
    };
    vec![Check::ok(what, detail)]
}

/// A template's VMID, name and node.
fn place(template: &Choice) -> Option<(Vmid, &str, &NodeName)> {
    Some((template.value.parse().ok()?, template.name.as_deref().unwrap_or_default(), template.node.as_ref()?))
}
