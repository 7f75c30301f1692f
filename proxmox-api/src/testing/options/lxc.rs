//! The options of a container's configuration, and the formats of its volumes and network devices.

use super::{ANY, HUGE, boolean, integer, is_drive, is_net, is_unused};
use crate::testing::formats::{self, Properties, is_mac, property_bool};
use crate::testing::guest::Guest;
use crate::testing::schema::{Kind, Param, UNKNOWN, numbered, opt};

/// How many mount points there are.
const MOUNT_POINTS: u32 = 256;

/// Options that `POST lxc` and `PUT config` share.
pub(in crate::testing) const CONFIG: &[Param] = &[
    opt("arch", Kind::Enum(&["amd64", "i386", "arm64", "armhf", "riscv32", "riscv64"])),
    opt("cmode", Kind::Enum(&["shell", "console", "tty"])),
    opt("console", Kind::Bool),
    opt("cores", Kind::Int(1, 8192)),
    opt("cpulimit", Kind::Number(0.0, 8192.0)),
    opt("cpuunits", Kind::Int(0, 500_000)),
    opt("debug", Kind::Bool),
    opt("description", Kind::Text(8192)),
    numbered("dev", 256, Kind::Text(ANY)),
    opt("entrypoint", Kind::Text(ANY)),
    opt("env", Kind::Text(ANY)),
    opt("features", Kind::Text(ANY)),
    opt("hookscript", Kind::Text(ANY)),
    opt("hostname", Kind::DnsName),
    opt(
        "lock",
        Kind::Enum(&[
            "backup",
            "create",
            "destroyed",
            "disk",
            "fstrim",
            "migrate",
            "mounted",
            "rollback",
            "snapshot",
            "snapshot-delete",
        ]),
    ),
    opt("memory", Kind::Int(16, HUGE)),
    numbered("mp", MOUNT_POINTS, Kind::Mount),
    opt("nameserver", Kind::Text(ANY)),
    numbered("net", 32, Kind::LxcNet),
    opt("onboot", Kind::Bool),
    opt(
        "ostype",
        Kind::Enum(&[
            "debian",
            "devuan",
            "ubuntu",
            "centos",
            "fedora",
            "opensuse",
            "archlinux",
            "alpine",
            "gentoo",
            "nixos",
            "unmanaged",
        ]),
    ),
    opt("protection", Kind::Bool),
    opt("rootfs", Kind::Mount),
    opt("searchdomain", Kind::Text(ANY)),
    opt("startup", Kind::Startup),
    opt("swap", Kind::Int(0, HUGE)),
    opt("tags", Kind::Tags),
    opt("template", Kind::Bool),
    opt("timezone", Kind::Text(ANY)),
    opt("tty", Kind::Int(0, 6)),
    opt("unprivileged", Kind::Bool),
    numbered("unused", 256, Kind::Text(ANY)),
];

/// What can be resized, in the order of the API's enumeration.
pub(in crate::testing) fn slots() -> impl Iterator<Item = String> {
    std::iter::once("rootfs".to_owned()).chain((0..MOUNT_POINTS).map(|n| format!("mp{n}")))
}

/// Whether a change reaches a running container at once. A mount point can be added, not replaced or removed.
pub(super) fn is_hotplugged(guest: &Guest, name: &str, removal: bool) -> bool {
    match name {
        "description" | "onboot" | "startup" | "protection" | "hostname" | "hookscript" | "cores" | "tags" | "lock"
        | "swap" | "cpulimit" | "cpuunits" => true,
        "memory" => !removal,
        _ if is_net(name) || is_unused(name) => true,
        _ if is_drive(name) || name.starts_with("dev") => !removal && guest.get(name).is_none(),
        _ => false,
    }
}

/// The privilege a change of an option needs on `/vms/ID`.
pub(super) fn privilege(name: &str) -> &'static str {
    match name {
        "cores" | "cpulimit" | "cpuunits" => "VM.Config.CPU",
        "memory" | "swap" => "VM.Config.Memory",
        "hostname" | "nameserver" | "searchdomain" => "VM.Config.Network",
        _ if is_net(name) => "VM.Config.Network",
        _ if is_drive(name) || is_unused(name) => "VM.Config.Disk",
        _ => "VM.Config.Options",
    }
}

/// The errors of a `netN` value.
pub(in crate::testing) fn net_errors(name: &str, text: &str) -> Vec<String> {
    let net = Properties::parse(text);
    let mut errors = Vec::new();
    if net.get("name").is_none() {
        errors.push(format!("{name}.name: property is missing and it is not optional"));
    }
    for (key, value) in &net.rest {
        let problem = match key.as_str() {
            "name" | "bridge" | "rate" | "trunks" => None,
            "type" => {
                (value != "veth").then(|| format!("value '{value}' does not have a value in the enumeration 'veth'"))
            }
            "firewall" | "link_down" | "host-managed" => property_bool(value).is_none().then(|| boolean(value)),
            "mtu" => integer(value, 64, 65_535),
            "tag" => integer(value, 1, 4094),
            "hwaddr" => (!is_mac(value))
                .then(|| "invalid format - value does not look like a valid unicast MAC address\n".to_owned()),
            "ip" | "ip6" if value == "manual" => None,
            "ip" | "ip6" | "gw" | "gw6" => formats::address_error(key, value),
            _ => Some(UNKNOWN.to_owned()),
        };
        errors.extend(problem.map(|problem| format!("{name}.{key}: {problem}")));
    }
    errors
}

/// A network device as the configuration file holds it; `mac` is asked for one that has none.
pub(super) fn print_net(text: &str, mac: impl FnOnce() -> String) -> String {
    let mut net = Properties::parse(text);
    let name = net.take("name").unwrap_or_default();
    for key in ["firewall", "link_down", "host-managed"] {
        if let Some(value) = net.get(key).and_then(property_bool) {
            net.set(key, value);
        }
    }
    if net.get("hwaddr").is_none() {
        net.set("hwaddr", mac());
    }
    net.set("type", "veth");
    net.head = Some(format!("name={name}"));
    net.print_sorted()
}

pub(super) const MOUNT_BOOLEANS: &[&str] = &["acl", "backup", "keepattrs", "quota", "replicate", "ro", "shared"];

const MOUNT_OTHERS: &[&str] = &["mountoptions", "mp", "size", "volume"];

/// The errors of a volume's value.
pub(in crate::testing) fn mount_errors(name: &str, text: &str) -> Vec<String> {
    let mount = Properties::parse(text);
    let mut errors = Vec::new();
    let missing = |key: &str| format!("{name}.{key}: property is missing and it is not optional");
    if mount.head.is_none() && mount.get("volume").is_none() {
        errors.push(missing("volume"));
    }
    if name != "rootfs" && mount.get("mp").is_none() {
        errors.push(missing("mp"));
    }
    for (key, value) in &mount.rest {
        let problem = if MOUNT_BOOLEANS.contains(&key.as_str()) {
            property_bool(value).is_none().then(|| boolean(value))
        } else {
            (!MOUNT_OTHERS.contains(&key.as_str())).then(|| UNKNOWN.to_owned())
        };
        errors.extend(problem.map(|problem| format!("{name}.{key}: {problem}")));
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_device_is_stored_with_its_name_first_and_gets_an_address_if_it_has_none() {
        let mac = || "BC:24:11:00:00:01".to_owned();
        assert_eq!(
            print_net("bridge=vmbr0,ip=10.77.0.200/24,gw=10.77.0.1,name=eth0", mac),
            "name=eth0,bridge=vmbr0,gw=10.77.0.1,hwaddr=BC:24:11:00:00:01,ip=10.77.0.200/24,type=veth"
        );
        assert_eq!(
            print_net("name=eth0,hwaddr=02:00:00:00:00:01,firewall=yes", mac),
            "name=eth0,firewall=1,hwaddr=02:00:00:00:00:01,type=veth"
        );
        assert!(net_errors("net0", "name=eth0,bridge=vmbr0,ip=manual,ip6=auto,tag=20").is_empty());
        assert_eq!(net_errors("net0", "bridge=vmbr0"), ["net0.name: property is missing and it is not optional"]);
        assert_eq!(net_errors("net0", "name=eth0,ip=10.0.0.1,model=virtio").len(), 2);
    }

    #[test]
    fn a_mount_point_needs_its_path_and_the_root_disk_does_not() {
        assert!(mount_errors("rootfs", "local:8").is_empty());
        assert!(mount_errors("mp0", "local:8,mp=/data,backup=1").is_empty());
        assert_eq!(mount_errors("mp0", "local:8"), ["mp0.mp: property is missing and it is not optional"]);
        assert_eq!(slots().count(), 257);
    }
}
