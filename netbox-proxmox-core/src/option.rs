//! Optional custom fields that are options of Proxmox's, one to one. One mechanism reads, compares and sets them all.

use std::collections::BTreeMap;
use std::net::IpAddr;

use proxmox_api::{GuestConfig, GuestType};
use serde::{Deserialize, Serialize};

/// An option of a guest, and the custom field for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuestOption {
    /// The resource pool it is in.
    Pool,
    /// DNS servers: addresses, separated by a space.
    Nameserver,
    /// The DNS search domain.
    Searchdomain,
    /// The user that cloud-init makes. VMs only.
    Ciuser,
    /// When it starts with its node: `order=2,up=30,down=60`.
    Startup,
    /// Whether it is kept from being removed: `1` or `0`.
    Protection,
}

/// The values of options.
pub type GuestOptions = BTreeMap<GuestOption, String>;

impl GuestOption {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Pool, Self::Nameserver, Self::Searchdomain, Self::Ciuser, Self::Startup, Self::Protection];

    /// Its name in Proxmox.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pool => "pool",
            Self::Nameserver => "nameserver",
            Self::Searchdomain => "searchdomain",
            Self::Ciuser => "ciuser",
            Self::Startup => "startup",
            Self::Protection => "protection",
        }
    }

    /// Whether guests of a kind have it.
    pub fn is_of(self, kind: GuestType) -> bool {
        self != Self::Ciuser || kind == GuestType::Qemu
    }

    /// Whether cloud-init tells a VM; a container needs nobody for it.
    pub(crate) fn is_of_cloud_init(self) -> bool {
        matches!(self, Self::Nameserver | Self::Searchdomain | Self::Ciuser)
    }

    /// Whether a running guest notices: then NetBox changes it only where it may change the configuration.
    pub(crate) fn is_gated(self) -> bool {
        self.is_of_cloud_init()
    }

    /// The value as Proxmox writes it.
    ///
    /// # Errors
    /// What is wanted instead.
    pub(crate) fn read(self, text: &str) -> Result<String, String> {
        let text = text.trim();
        let one_word = |wanted: &str| match text.split_whitespace().count() {
            1 => Ok(text.to_owned()),
            _ => Err(format!("this is not {wanted}. Correct it, or clear it")),
        };
        match self {
            Self::Pool => {
                let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
                if text.chars().all(allowed) {
                    Ok(text.to_owned())
                } else {
                    Err("this is not the name of a pool. Correct it, or clear it".into())
                }
            }
            Self::Nameserver => {
                let servers = text.split([' ', ',', ';', '\t', '\r', '\n']).filter(|server| !server.is_empty());
                let servers: Result<Vec<String>, _> =
                    servers.map(|server| server.parse::<IpAddr>().map(|ip| ip.to_string())).collect();
                match servers {
                    Ok(servers) => Ok(servers.join(" ")),
                    Err(_) => Err("a DNS server is an IP address, several are separated by a space. Correct it".into()),
                }
            }
            Self::Searchdomain => one_word("a DNS domain"),
            Self::Ciuser => one_word("the name of a user"),
            Self::Startup => startup(text).ok_or_else(|| {
                "the start order is a number, or order=2,up=30,down=60 with seconds to wait. Correct it, or clear it".into()
            }),
            Self::Protection => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => Ok("1".into()),
                "false" | "no" | "off" | "0" => Ok("0".into()),
                _ => Err("protection is true or false. Correct it, or clear it".into()),
            },
        }
    }

    /// What a configuration has of it, as we write it. The pool is in none.
    pub(crate) fn of(self, config: &GuestConfig) -> Option<String> {
        let text = config.text(self.name())?;
        Some(self.read(&text).unwrap_or(text))
    }

    /// What a guest has where its configuration says nothing.
    pub(crate) fn unset(self) -> Option<&'static str> {
        (self == Self::Protection).then_some("0")
    }
}

/// `2` and `order=2` mean the same.
fn startup(text: &str) -> Option<String> {
    let part = |part: &str| {
        let (key, value) = part.trim().split_once('=').unwrap_or(("order", part.trim()));
        let known = ["order", "up", "down"].contains(&key) && value.parse::<u32>().is_ok();
        known.then(|| format!("{key}={value}"))
    };
    let parts: Option<Vec<String>> = text.split(',').map(part).collect();
    parts.map(|parts| parts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_proxmox_has_them() {
        let table = [
            (GuestOption::Pool, "customers/acme", Some("customers/acme")),
            (GuestOption::Pool, "two words", None),
            (GuestOption::Nameserver, "192.0.2.53, 2001:db8::53", Some("192.0.2.53 2001:db8::53")),
            (GuestOption::Nameserver, "dns.example.org", None),
            (GuestOption::Searchdomain, " example.org ", Some("example.org")),
            (GuestOption::Ciuser, "ops team", None),
            (GuestOption::Startup, "2", Some("order=2")),
            (GuestOption::Startup, "order=2, up=30", Some("order=2,up=30")),
            (GuestOption::Startup, "second", None),
            (GuestOption::Protection, "true", Some("1")),
            (GuestOption::Protection, "perhaps", None),
        ];
        for (option, text, expected) in table {
            assert_eq!(option.read(text).ok().as_deref(), expected, "{option:?} {text}");
        }
    }
}
