//! What Proxmox does not take is left out, so that one bad value costs no good one.

use std::fmt::Write as _;

use proxmox_api::{Error, ErrorKind};

use crate::option::GuestOption;
use crate::part::Part;
use crate::record::FieldNames;
use crate::settings::{Card, Settings};

/// A setting that was left out.
#[derive(Debug)]
pub(in crate::live::execute) struct Refused {
    /// What it is called for people.
    pub(in crate::live::execute) field: String,
    /// What it would have been; empty where nobody may read it.
    pub(in crate::live::execute) value: String,
    /// Proxmox's reason.
    pub(in crate::live::execute) why: String,
}

/// Takes out of the settings what Proxmox has refused. Nothing is returned where it refuses what they do not have: then the
/// rest is not sent again either.
pub(in crate::live::execute) fn leave_out(set: &mut Settings, error: &Error, names: &FieldNames) -> Vec<Refused> {
    let ErrorKind::InvalidParameter { fields } = error.kind() else {
        return Vec::new();
    };
    let refused: Vec<_> = fields.iter().filter_map(|(parameter, why)| without(set, parameter, why, names)).collect();
    if refused.len() < fields.len() { Vec::new() } else { refused }
}

fn without(set: &mut Settings, parameter: &str, why: &str, names: &FieldNames) -> Option<Refused> {
    let refused = |field: &str, value: Option<String>| {
        let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(Refused { field: field.to_owned(), value: value?, why })
    };
    match parameter {
        "name" | "hostname" => refused("name", set.name.take()),
        "cores" | "vcpus" => refused("vcpus", set.cores.take().map(|cores| cores.to_string())),
        "memory" | "balloon" => {
            set.balloon = None;
            refused("memory", set.memory.take().map(|memory| format!("{} MiB", memory.0)))
        }
        "swap" => refused("swap", set.swap.take().map(|swap| format!("{} MiB", swap.0))),
        "sshkeys" | "ssh-public-keys" => {
            refused("SSH keys", std::mem::take(&mut set.ssh_keys).given().map(|_| String::new()))
        }
        "onboot" => refused("start on boot", set.onboot.take().map(|on| u8::from(on).to_string())),
        "tags" => {
            set.remove_tags.clear();
            let tags = std::mem::take(&mut set.add_tags);
            refused("tags", (!tags.is_empty()).then(|| tags.join(", ")))
        }
        _ => {
            if let Some(option) = GuestOption::ALL.into_iter().find(|option| option.name() == parameter) {
                let value = set.options.remove(&option)?;
                return refused(names.of_option(option), Some(value.unwrap_or_default()));
            }
            let number = |of: &str| parameter.strip_prefix(of)?.parse::<u8>().ok();
            let index = number("net").or_else(|| number("ipconfig"))?;
            let at = set.interfaces.iter().position(|interface| interface.index == index)?;
            let interface = &mut set.interfaces[at];
            let mut value = String::new();
            if parameter.starts_with("net") {
                let Card::Set(card) = std::mem::take(&mut interface.card) else { return None };
                value = card.to_string();
            }
            for (part, key) in [(&mut interface.ipv4, "ip"), (&mut interface.ipv6, "ip6")] {
                if let Part::Given(addressing) = std::mem::take(part) {
                    let comma = if value.is_empty() { "" } else { "," };
                    let _ = write!(value, "{comma}{key}={}", addressing.address);
                    if let Some(gateway) = addressing.gateway {
                        let _ = write!(value, ",gateway={gateway}");
                    }
                }
            }
            set.interfaces.remove(at);
            refused(&format!("network card {index}"), Some(value))
        }
    }
}
