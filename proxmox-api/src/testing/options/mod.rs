//! The options of a guest's configuration (Proxmox VE 9.1), and the formats of drives and network devices: what both
//! kinds have in common, and which kind's rule applies.

pub(super) mod lxc;
pub(super) mod qemu;

use super::formats::{Properties, property_bool};
use super::guest::{Guest, GuestKind};
use super::schema::{Kind, Param, find};

const ANY: usize = usize::MAX;
const HUGE: i64 = i64::MAX;

/// The tables of both kinds. Where they share a name, it is the same kind of thing.
const BOTH: &[&[Param]] = &[qemu::CONFIG, lxc::CONFIG];

/// Whether a configuration may have that option.
pub(super) fn is_option(kind: GuestKind, name: &str) -> bool {
    // `meta` is written by Proxmox VE itself and no parameter, but known to `delete`.
    kind == GuestKind::Qemu && name == "meta" || find(&[kind.of(qemu::CONFIG, lxc::CONFIG)], name).is_some()
}

/// Whether the API shows an option as a JSON number.
pub(super) fn is_number(kind: GuestKind, name: &str) -> bool {
    let option = find(&[kind.of(qemu::CONFIG, lxc::CONFIG)], name);
    matches!(option.map(|p| p.kind), Some(Kind::Bool | Kind::Int(..) | Kind::Number(..)))
}

/// Whether an option is a drive slot, or a container's root disk or mount point (`unusedN` is not).
pub(super) fn is_drive(name: &str) -> bool {
    matches!(find(BOTH, name).map(|p| p.kind), Some(Kind::Drive | Kind::Mount))
}

/// Whether an option is `unusedN`.
pub(super) fn is_unused(name: &str) -> bool {
    name.starts_with("unused") && find(BOTH, name).is_some()
}

/// Whether an option is `netN`.
pub(super) fn is_net(name: &str) -> bool {
    matches!(find(BOTH, name).map(|p| p.kind), Some(Kind::Net | Kind::LxcNet))
}

/// Whether a change reaches a running guest at once. Everything else waits for its next start.
pub(super) fn is_hotplugged(guest: &Guest, name: &str, removal: bool) -> bool {
    match guest.kind {
        GuestKind::Qemu => qemu::is_hotplugged(name),
        GuestKind::Lxc => lxc::is_hotplugged(guest, name, removal),
    }
}

/// The privilege a change of an option needs on `/vms/ID`.
pub(super) fn privilege(kind: GuestKind, name: &str, value: Option<&str>) -> &'static str {
    match kind {
        GuestKind::Qemu => qemu::privilege(name, value),
        GuestKind::Lxc => lxc::privilege(name),
    }
}

/// A network device as the configuration file holds it; `mac` is asked for one that has none.
pub(super) fn print_net(kind: GuestKind, text: &str, mac: impl FnOnce() -> String) -> String {
    match kind {
        GuestKind::Qemu => qemu::print_net(text, mac),
        GuestKind::Lxc => lxc::print_net(text, mac),
    }
}

/// The same with another address, as a clone has it.
pub(super) fn with_new_mac(kind: GuestKind, text: &str, mac: impl FnOnce() -> String) -> String {
    let mut net = Properties::parse(text);
    match kind {
        GuestKind::Qemu => {
            if let Some(at) = net.rest.iter().position(|(k, _)| qemu::MODELS.contains(&k.as_str())) {
                net.rest[at].1 = mac();
            }
        }
        GuestKind::Lxc => net.set("hwaddr", mac()),
    }
    print_net(kind, &net.print_sorted(), String::new)
}

/// A drive's value with its volume as head and its booleans as 1 and 0.
pub(super) fn parse_drive(text: &str) -> Properties {
    let mut drive = Properties::parse(text);
    for key in ["file", "volume"] {
        if let Some(file) = drive.take(key) {
            drive.head = Some(file);
        }
    }
    for key in qemu::DRIVE_BOOLEANS.iter().chain(lxc::MOUNT_BOOLEANS) {
        if let Some(value) = drive.get(key).and_then(property_bool) {
            drive.set(key, value);
        }
    }
    drive
}

fn boolean(value: &str) -> String {
    format!("type check ('boolean') failed - got '{value}'")
}

fn integer(value: &str, min: i64, max: i64) -> Option<String> {
    match value.parse::<i64>() {
        Err(_) => Some(format!("type check ('integer') failed - got '{value}'")),
        Ok(n) if n < min => Some(format!("value must have a minimum value of {min}")),
        Ok(n) if n > max => Some(format!("value must have a maximum value of {max}")),
        Ok(_) => None,
    }
}
