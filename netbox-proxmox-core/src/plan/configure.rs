//! Rows 2, 3, 4 and 12: CPU, memory, SSH keys, addresses and the name, in one change of the configuration.

use ipnet::IpNet;
use proxmox_api::{IpConfig, IpSetting, PowerState};

use super::draft::Draft;
use crate::action::{Action, Addressing, Settings};
use crate::event::Change;
use crate::part::Part;
use crate::report::mib;

pub(super) fn plan(draft: &mut Draft<'_>) {
    let mut set = Settings::default();
    name(draft, &mut set);
    vcpus(draft, &mut set);
    memory(draft, &mut set);
    ssh_keys(draft, &mut set);
    addresses(draft, &mut set);
    if draft.creating {
        // A clone inherits its template's protection, and could then never be removed.
        if draft.current.protection != Part::Given(false) {
            set.protection = Some(false);
        }
        set.add_tag = draft.policy.tag.clone().filter(|tag| match &draft.current.tags {
            Part::Given(tags) => !tags.contains(tag),
            Part::None | Part::Unknown => true,
        });
    }
    if set.is_empty() {
        return;
    }
    if draft.current.power == Part::Given(PowerState::Running) {
        let report = pending(&set).map(|fields| draft.reporter.pending(&fields));
        report.into_iter().for_each(|report| draft.report(report));
    }
    let guest = draft.target.clone();
    draft.step(Action::Configure { guest, set });
}

/// What a running guest takes only at its next start.
fn pending(set: &Settings) -> Option<String> {
    let changed = [
        ("vcpus", set.cores.is_some()),
        ("memory", set.memory.is_some()),
        ("SSH keys", !set.ssh_keys.is_unknown()),
        ("addresses", !set.ipv4.is_unknown() || !set.ipv6.is_unknown()),
    ];
    let fields: Vec<&str> = changed.into_iter().filter(|(_, is)| *is).map(|(field, _)| field).collect();
    (!fields.is_empty()).then(|| fields.join(", "))
}

fn name(draft: &Draft<'_>, set: &mut Settings) {
    let Some(wanted) = draft.guest.proxmox_name() else { return };
    if !draft.current.name.is_unknown() && draft.current.name.given().map(String::as_str) != Some(wanted) {
        set.name = Some(wanted.to_owned());
    }
}

fn vcpus(draft: &mut Draft<'_>, set: &mut Settings) {
    let Part::Given(vcpus) = draft.guest.vcpus else { return };
    let sockets = draft.current.sockets.given().copied().unwrap_or(1).max(1);
    if vcpus % sockets != 0 {
        let report = draft.reporter.uneven_sockets(vcpus, sockets);
        return draft.report(report);
    }
    let cores = vcpus / sockets;
    if draft.current.cores == Part::Given(cores) {
        return;
    }
    let found = draft
        .current
        .cores
        .given()
        .map_or_else(|| "not known".to_owned(), |cores| cores.saturating_mul(sockets).to_string());
    draft.gated("vcpus", vcpus, found, |_| set.cores = Some(cores));
}

fn memory(draft: &mut Draft<'_>, set: &mut Settings) {
    let Part::Given(memory) = draft.guest.memory else { return };
    if draft.current.memory == Part::Given(memory) {
        return;
    }
    let found = draft.current.memory.given().map_or_else(|| "not known".to_owned(), |found| mib(*found));
    // Proxmox refuses a memory below the balloon: "balloon value too large" (seen on Proxmox VE 9.1).
    let balloon = draft.current.balloon.given().is_some_and(|balloon| *balloon > memory);
    draft.gated("memory", mib(memory), found, |_| {
        set.memory = Some(memory);
        set.balloon = balloon.then_some(memory);
    });
}

/// No keys in NetBox leave those of the template; only somebody who cleared them has them removed.
fn ssh_keys(draft: &mut Draft<'_>, set: &mut Settings) {
    let found = match &draft.current.ssh_keys {
        Part::Given(keys) => format!("{} key(s)", keys.keys().len()),
        Part::None => "no keys".to_owned(),
        Part::Unknown => "not known".to_owned(),
    };
    let wanted = match &draft.guest.ssh_keys {
        Part::Given(keys) if draft.current.ssh_keys != Part::Given(keys.clone()) => Part::Given(keys.clone()),
        Part::None | Part::Unknown
            if draft.event.caused(Change::cleared_ssh_keys) && !draft.current.ssh_keys.is_none() =>
        {
            Part::None
        }
        _ => return,
    };
    let text = wanted.given().map_or_else(|| "no keys".to_owned(), |keys| format!("{} key(s)", keys.keys().len()));
    if cloud_init(draft, "SSH keys", &text) {
        draft.gated("SSH keys", text, found, |_| set.ssh_keys = wanted);
    }
}

fn addresses(draft: &mut Draft<'_>, set: &mut Settings) {
    set.interface = draft.guest.interface.given().copied().unwrap_or(0);
    let found = match &draft.current.ipconfig {
        Part::Given(all) => Some(all.get(&set.interface).cloned().unwrap_or_default()),
        Part::None => Some(IpConfig::default()),
        Part::Unknown => None,
    };
    let v4 = found.as_ref().map(|found| (found.ip.clone(), found.gw));
    let v6 = found.as_ref().map(|found| (found.ip6.clone(), found.gw6));
    set.ipv4 = address(draft, "primary IPv4", draft.guest.ipv4, v4);
    set.ipv6 = address(draft, "primary IPv6", draft.guest.ipv6, v6);
}

/// The change that one family needs. `found` is the present setting and gateway, if somebody looked.
fn address(
    draft: &mut Draft<'_>,
    field: &str,
    wanted: Part<IpNet>,
    found: Option<(Option<IpSetting>, Option<std::net::IpAddr>)>,
) -> Part<Addressing> {
    let shown = match &found {
        None => "not known".to_owned(),
        Some((None, _)) => "not set".to_owned(),
        Some((Some(setting), gateway)) => with_gateway(setting, *gateway),
    };
    let (change, text) = match wanted {
        Part::Unknown => return Part::Unknown,
        Part::None => match found {
            Some((Some(setting), _)) if setting.is_static() => (Part::None, "not set".to_owned()),
            None if !draft.creating => (Part::None, "not set".to_owned()),
            _ => return Part::Unknown,
        },
        Part::Given(address) => {
            let rule = draft.guest.gateway.unwrap_or(draft.policy.gateway);
            let gateway = rule.gateway(&address);
            let same = |(setting, found_gateway): &(Option<IpSetting>, _)| {
                let cidr = setting.as_ref().and_then(IpSetting::cidr);
                cidr.is_some_and(|cidr| cidr.to_string() == address.to_string()) && *found_gateway == gateway
            };
            if found.as_ref().is_some_and(same) {
                return Part::Unknown;
            }
            (Part::Given(Addressing { address, gateway }), with_gateway(address, gateway))
        }
    };
    let mut result = Part::Unknown;
    if cloud_init(draft, field, &text) {
        draft.gated(field, text, shown, |_| result = change);
    }
    result
}

/// An address with its gateway, as Proxmox writes them.
fn with_gateway(address: impl ToString, gateway: Option<std::net::IpAddr>) -> String {
    let address = address.to_string();
    gateway.map_or(address.clone(), |gateway| format!("{address},gw={gateway}"))
}

/// Whether cloud-init can tell the guest; reports it otherwise.
fn cloud_init(draft: &mut Draft<'_>, field: &str, wanted: &str) -> bool {
    if draft.current.cloud_init == Part::Given(false) {
        let report = draft.reporter.no_cloud_init(field, wanted);
        draft.report(report);
        return false;
    }
    true
}
