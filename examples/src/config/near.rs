//! What somebody meant who wrote a name that is none.

use super::source::{self, GENERAL, OF_A_CLUSTER, SECRETS};

/// A variable of the environment that looks like ours, and is none: it does nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// Its name.
    pub name: String,
    /// The name that was probably meant.
    pub meant: Option<&'static str>,
}

impl std::fmt::Display for Stray {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the variable {} is none of ours and does nothing", self.name)?;
        self.meant.map_or(Ok(()), |meant| write!(f, ". Did you mean {meant}?"))
    }
}

/// Variables of NetBox's and Proxmox's own tools, which do have our first words.
const OF_OTHERS: &[&str] = &["NETBOX_ROOT", "NETBOX_CONFIGURATION"];

/// Whether a variable that is not known looks like ours: all that begins with our full name, what is near to a name of ours
/// else. Other programs have variables that begin with `NETBOX_` and `PROXMOX_`.
pub(super) fn stray(name: &str) -> Option<Stray> {
    let ours = name.starts_with("NETBOX_PROXMOX_");
    let related = ours || name.starts_with("NETBOX_") || name.starts_with("PROXMOX_");
    if !related || OF_OTHERS.contains(&name) || source::is_known(name) {
        return None;
    }
    let meant = nearest(name, GENERAL.iter().chain(OF_A_CLUSTER).chain(SECRETS).copied());
    (ours || meant.is_some()).then(|| Stray { name: name.to_owned(), meant })
}

/// The name that differs by a slip or two.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distances =
        known.map(|known| (strsim::damerau_levenshtein(&name.to_uppercase(), &known.to_uppercase()), known));
    let (distance, known) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= 1 + name.len() / 8).then_some(known)
}

/// `. Did you mean …?` for serde's text on a name that it does not know, which lists those there are; nothing else.
pub(super) fn meant_in(text: &str) -> String {
    if !text.starts_with("unknown field") && !text.starts_with("unknown variant") {
        return String::new();
    }
    let mut quoted = text.split('`').skip(1).step_by(2);
    let name = quoted.next().unwrap_or_default();
    nearest(name, quoted).map(|known| format!(". Did you mean {known}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_told_from_the_variable_of_another_program() {
        let meant = |name: &str| stray(name).map(|stray| stray.meant);
        assert_eq!(meant("NETBOX_PROXMOX_LISTN"), Some(Some("NETBOX_PROXMOX_LISTEN")));
        assert_eq!(meant("NETBOX_PROXMOX_COLOUR_OF_THE_SKY"), Some(None), "with our full name");
        assert_eq!(meant("PROXMOX_URLS"), Some(Some("PROXMOX_URL")));
        assert_eq!(meant("PROXMOX_FINGER_PRINT"), Some(Some("PROXMOX_FINGERPRINT")));
        assert_eq!(meant("NETBOX_TOCKEN"), Some(Some("NETBOX_TOKEN")));
        for others in ["NETBOX_ROOT", "PROXMOX_VE_ENDPOINT", "NETBOX_URL", "HTTPS_PROXY", "PATH"] {
            assert_eq!(meant(others), None, "{others}");
        }
    }

    #[test]
    fn what_serde_does_not_know() {
        let text = "unknown field `disk_bas`, expected one of `configure`, `destroy`, `disk_base`";
        assert_eq!(meant_in(text), ". Did you mean disk_base?");
        assert_eq!(meant_in("unknown field `colour`, expected `destroy`"), "");
        assert_eq!(meant_in("invalid type: string `disk_bas`, expected `disk_base`"), "");
    }
}
