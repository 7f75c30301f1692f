//! The options of a virtual machine's configuration, and the formats of its drives and network devices.

use super::{ANY, HUGE, boolean, integer, is_drive, is_net, is_unused};
use crate::testing::formats::{Properties, is_mac, property_bool};
use crate::testing::schema::{Kind, Param, UNKNOWN, numbered, opt};

/// Options that `POST qemu`, `PUT config` and `POST config` share.
pub(in crate::testing) const CONFIG: &[Param] = &[
    opt("acpi", Kind::Bool),
    opt("affinity", Kind::Text(ANY)),
    opt("agent", Kind::Text(ANY)),
    opt("allow-ksm", Kind::Bool),
    opt("amd-sev", Kind::Text(ANY)),
    opt("arch", Kind::Enum(&["x86_64", "aarch64"])),
    opt("args", Kind::Text(ANY)),
    opt("audio0", Kind::Text(ANY)),
    opt("autostart", Kind::Bool),
    opt("balloon", Kind::Int(0, HUGE)),
    opt("bios", Kind::Enum(&["seabios", "ovmf"])),
    opt("boot", Kind::Text(ANY)),
    opt("bootdisk", Kind::Text(ANY)),
    opt("cdrom", Kind::Text(ANY)),
    opt("cicustom", Kind::Text(ANY)),
    opt("cipassword", Kind::Text(ANY)),
    opt("citype", Kind::Enum(&["configdrive2", "nocloud", "opennebula"])),
    opt("ciupgrade", Kind::Bool),
    opt("ciuser", Kind::Text(ANY)),
    opt("cores", Kind::Int(1, HUGE)),
    opt("cpu", Kind::Text(ANY)),
    opt("cpulimit", Kind::Number(0.0, 128.0)),
    opt("cpuunits", Kind::Int(1, 262_144)),
    opt("description", Kind::Text(8192)),
    numbered("efidisk", 1, Kind::Drive),
    opt("freeze", Kind::Bool),
    opt("hookscript", Kind::Text(ANY)),
    numbered("hostpci", 16, Kind::Text(ANY)),
    opt("hotplug", Kind::Text(ANY)),
    opt("hugepages", Kind::Enum(&["any", "2", "1024"])),
    numbered("ide", 4, Kind::Drive),
    opt("intel-tdx", Kind::Text(ANY)),
    numbered("ipconfig", 32, Kind::IpConfig),
    opt("ivshmem", Kind::Text(ANY)),
    opt("keephugepages", Kind::Bool),
    opt("keyboard", Kind::Text(ANY)),
    opt("kvm", Kind::Bool),
    opt("localtime", Kind::Bool),
    opt(
        "lock",
        Kind::Enum(&[
            "backup",
            "clone",
            "create",
            "migrate",
            "rollback",
            "snapshot",
            "snapshot-delete",
            "suspending",
            "suspended",
        ]),
    ),
    opt("machine", Kind::Text(ANY)),
    opt("memory", Kind::Memory),
    opt("migrate_downtime", Kind::Number(0.0, f64::MAX)),
    opt("migrate_speed", Kind::Int(0, HUGE)),
    opt("name", Kind::DnsName),
    opt("nameserver", Kind::Text(ANY)),
    numbered("net", 32, Kind::Net),
    opt("numa", Kind::Bool),
    numbered("numa", 8, Kind::Text(ANY)),
    opt("onboot", Kind::Bool),
    opt(
        "ostype",
        Kind::Enum(&[
            "other", "wxp", "w2k", "w2k3", "w2k8", "wvista", "win7", "win8", "win10", "win11", "l24", "l26", "solaris",
        ]),
    ),
    numbered("parallel", 3, Kind::Text(ANY)),
    opt("protection", Kind::Bool),
    opt("reboot", Kind::Bool),
    opt("rng0", Kind::Text(ANY)),
    numbered("sata", 6, Kind::Drive),
    numbered("scsi", 31, Kind::Drive),
    opt("scsihw", Kind::Enum(&["lsi", "lsi53c810", "virtio-scsi-pci", "virtio-scsi-single", "megasas", "pvscsi"])),
    opt("searchdomain", Kind::Text(ANY)),
    numbered("serial", 4, Kind::Text(ANY)),
    opt("shares", Kind::Int(0, 50_000)),
    opt("smbios1", Kind::Text(512)),
    opt("smp", Kind::Int(1, HUGE)),
    opt("sockets", Kind::Int(1, HUGE)),
    opt("spice_enhancements", Kind::Text(ANY)),
    opt("sshkeys", Kind::UrlEncoded),
    opt("startdate", Kind::Text(ANY)),
    opt("startup", Kind::Startup),
    opt("tablet", Kind::Bool),
    opt("tags", Kind::Tags),
    opt("tdf", Kind::Bool),
    opt("template", Kind::Bool),
    numbered("tpmstate", 1, Kind::Drive),
    numbered("unused", 256, Kind::Text(ANY)),
    numbered("usb", 14, Kind::Text(ANY)),
    opt("vcpus", Kind::Int(1, HUGE)),
    opt("vga", Kind::Text(ANY)),
    numbered("virtio", 16, Kind::Drive),
    numbered("virtiofs", 10, Kind::Text(ANY)),
    opt("vmgenid", Kind::Text(ANY)),
    opt("vmstatestorage", Kind::Storage),
    opt("watchdog", Kind::Text(ANY)),
];

/// The slots of drives: bus and how many there are.
const SLOTS: &[(&str, u32)] = &[("ide", 4), ("scsi", 31), ("virtio", 16), ("sata", 6), ("efidisk", 1), ("tpmstate", 1)];

/// All slots, in the order of the API's enumeration.
pub(in crate::testing) fn slots() -> impl Iterator<Item = String> {
    SLOTS.iter().flat_map(|(bus, count)| (0..*count).map(move |n| format!("{bus}{n}")))
}

/// Options of cloud-init.
pub(in crate::testing) fn is_cloudinit(name: &str) -> bool {
    matches!(
        name,
        "cicustom" | "cipassword" | "citype" | "ciupgrade" | "ciuser" | "nameserver" | "searchdomain" | "sshkeys"
    ) || name.starts_with("ipconfig")
}

/// Whether a change reaches a running machine at once. Everything else waits for its next start.
pub(in crate::testing) fn is_hotplugged(name: &str) -> bool {
    is_cloudinit(name)
        || is_net(name)
        || is_unused(name)
        || is_drive(name) && !name.starts_with("efidisk") && !name.starts_with("tpmstate")
        || matches!(
            name,
            "name"
                | "onboot"
                | "shares"
                | "startup"
                | "description"
                | "protection"
                | "vmstatestorage"
                | "hookscript"
                | "tags"
                | "lock"
                | "cpulimit"
                | "cpuunits"
                | "migrate_downtime"
                | "migrate_speed"
                | "balloon"
        )
}

/// The privilege a change of an option needs on `/vms/ID`.
pub(in crate::testing) fn privilege(name: &str, value: Option<&str>) -> &'static str {
    match name {
        _ if value.is_some_and(|v| v.contains("media=cdrom")) && is_drive(name) => "VM.Config.CDROM",
        _ if is_drive(name) || is_unused(name) => "VM.Config.Disk",
        _ if is_net(name) => "VM.Config.Network",
        _ if is_cloudinit(name) => "VM.Config.Cloudinit",
        "cores" | "sockets" | "cpu" | "cpulimit" | "cpuunits" | "vcpus" | "numa" | "affinity" | "smp" => {
            "VM.Config.CPU"
        }
        "memory" | "balloon" | "shares" => "VM.Config.Memory",
        "acpi" | "bios" | "kvm" | "machine" | "scsihw" | "tablet" | "vga" | "watchdog" | "agent" | "audio0"
        | "rng0" | "hotplug" | "arch" | "smbios1" | "vmgenid" | "keyboard" => "VM.Config.HWType",
        _ if name.starts_with("serial") || name.starts_with("usb") || name.starts_with("hostpci") => "VM.Config.HWType",
        _ => "VM.Config.Options",
    }
}

/// The models of network devices.
pub(in crate::testing) const MODELS: &[&str] = &[
    "e1000",
    "e1000-82540em",
    "e1000-82544gc",
    "e1000-82545em",
    "e1000e",
    "i82551",
    "i82557b",
    "i82559er",
    "ne2k_isa",
    "ne2k_pci",
    "pcnet",
    "rtl8139",
    "virtio",
    "vmxnet3",
];

/// The errors of a `netN` value.
pub(in crate::testing) fn net_errors(name: &str, text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    let net = Properties::parse(text);
    let model = net.head.as_deref().or_else(|| net.get("model"));
    let keyed = net.rest.iter().find(|(k, _)| MODELS.contains(&k.as_str()));
    match (model, keyed) {
        (Some(model), _) if !MODELS.contains(&model) => {
            let known = MODELS.join(", ");
            errors.push(format!("{name}.model: value '{model}' does not have a value in the enumeration '{known}'"));
        }
        (None, None) => errors.push(format!("{name}.model: property is missing and it is not optional")),
        _ => {}
    }
    for (key, value) in &net.rest {
        let problem = match key.as_str() {
            "model" | "bridge" | "rate" | "trunks" => None,
            "firewall" | "link_down" => property_bool(value).is_none().then(|| boolean(value)),
            "mtu" => integer(value, 1, 65_520),
            "queues" => integer(value, 0, 64),
            "tag" => integer(value, 1, 4094),
            key if key == "macaddr" || MODELS.contains(&key) => (!is_mac(value))
                .then(|| "invalid format - value does not look like a valid unicast MAC address\n".to_owned()),
            _ => Some(UNKNOWN.to_owned()),
        };
        if let Some(problem) = problem {
            let key = if MODELS.contains(&key.as_str()) { "macaddr" } else { key };
            errors.push(format!("{name}.{key}: {problem}"));
        }
    }
    errors
}

/// A network device as the configuration file holds it; `mac` is asked for one that has none.
pub(in crate::testing) fn print_net(text: &str, mac: impl FnOnce() -> String) -> String {
    let mut net = Properties::parse(text);
    let mut model = net.head.take().or_else(|| net.take("model"));
    let mut address = net.take("macaddr");
    if let Some(at) = net.rest.iter().position(|(k, _)| MODELS.contains(&k.as_str())) {
        let (key, value) = net.rest.remove(at);
        model = Some(key);
        address = Some(value);
    }
    for key in ["firewall", "link_down"] {
        if let Some(value) = net.get(key).and_then(property_bool) {
            net.set(key, value);
        }
    }
    net.head = Some(format!("{}={}", model.unwrap_or_else(|| "virtio".into()), address.unwrap_or_else(mac)));
    net.print_sorted()
}

pub(super) const DRIVE_BOOLEANS: &[&str] = &[
    "backup",
    "detect_zeroes",
    "iothread",
    "replicate",
    "ro",
    "scsiblock",
    "shared",
    "snapshot",
    "ssd",
    "pre-enrolled-keys",
];

const DRIVE_OTHERS: &[&str] = &[
    "bps",
    "bps_rd",
    "bps_wr",
    "efitype",
    "file",
    "import-from",
    "iops",
    "iops_max",
    "iops_rd",
    "iops_rd_max",
    "iops_wr",
    "iops_wr_max",
    "mbps",
    "mbps_max",
    "mbps_rd",
    "mbps_rd_max",
    "mbps_wr",
    "mbps_wr_max",
    "model",
    "ms-cert",
    "product",
    "queues",
    "rerror",
    "serial",
    "size",
    "vendor",
    "version",
    "volume",
    "werror",
    "wwn",
];

const DRIVE_ENUMS: &[(&str, &[&str])] = &[
    ("aio", &["native", "threads", "io_uring"]),
    ("cache", &["none", "writethrough", "writeback", "unsafe", "directsync"]),
    ("discard", &["ignore", "on"]),
    ("format", &["raw", "qcow", "qed", "qcow2", "vmdk", "cloop"]),
    ("media", &["cdrom", "disk"]),
];

/// The errors of a drive's value.
pub(in crate::testing) fn drive_errors(name: &str, text: &str) -> Vec<String> {
    let drive = Properties::parse(text);
    let mut errors = Vec::new();
    if drive.head.is_none() && drive.get("file").is_none() && drive.get("volume").is_none() {
        errors.push(format!("{name}.file: property is missing and it is not optional"));
    }
    for (key, value) in &drive.rest {
        let problem = if let Some((_, known)) = DRIVE_ENUMS.iter().find(|(k, _)| k == key) {
            (!known.contains(&value.as_str()))
                .then(|| format!("value '{value}' does not have a value in the enumeration '{}'", known.join(", ")))
        } else if DRIVE_BOOLEANS.contains(&key.as_str()) {
            property_bool(value).is_none().then(|| boolean(value))
        } else {
            (!DRIVE_OTHERS.contains(&key.as_str())).then(|| UNKNOWN.to_owned())
        };
        if let Some(problem) = problem {
            errors.push(format!("{name}.{key}: {problem}"));
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_device_is_stored_with_its_mac_first_and_gets_one_if_it_has_none() {
        let mac = || "BC:24:11:00:00:01".to_owned();
        assert_eq!(print_net("virtio,bridge=vmbr0", mac), "virtio=BC:24:11:00:00:01,bridge=vmbr0");
        assert_eq!(
            print_net("tag=20,firewall=yes,bridge=vmbr0,virtio=BC:24:11:AA:00:01", mac),
            "virtio=BC:24:11:AA:00:01,bridge=vmbr0,firewall=1,tag=20"
        );
        assert_eq!(print_net("model=e1000,macaddr=02:00:00:00:00:01", mac), "e1000=02:00:00:00:00:01");
        assert!(net_errors("net0", "virtio=BC:24:11:AA:00:01,bridge=vmbr0,tag=4094").is_empty());
        assert_eq!(net_errors("net0", "virtio,tag=4095"), ["net0.tag: value must have a maximum value of 4094"]);
        assert_eq!(net_errors("net0", "virtio=01:00:00:00:00:01").len(), 1);
    }

    #[test]
    fn slots_come_in_the_order_of_the_enumeration() {
        let all: Vec<String> = slots().collect();
        assert_eq!((all.len(), all[0].as_str(), all[58].as_str()), (59, "ide0", "tpmstate0"));
        assert!(is_drive("efidisk0") && !is_drive("unused0") && !is_drive("scsihw"));
    }
}
