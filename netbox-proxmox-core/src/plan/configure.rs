//! Rows 2 and 3, CPU, memory and SSH keys, and all else that goes into one change of the configuration.

use proxmox_api::{GuestType, PowerState};

use super::draft::Draft;
use super::{interfaces, labels, options};
use crate::action::Action;
use crate::event::{Aspect, Change};
use crate::guest::Template;
use crate::option::GuestOption;
use crate::part::Part;
use crate::report::mib;
use crate::settings::{InterfaceSettings, Settings};

/// Plans the change; gives what is to be written back once the guest is as it should be.
pub(super) fn plan(draft: &mut Draft<'_>) -> Vec<Action> {
    let mut set = Settings::default();
    labels::plan(draft, &mut set);
    vcpus(draft, &mut set);
    memory(draft, &mut set);
    swap(draft, &mut set);
    ssh_keys(draft, &mut set);
    let macs = interfaces::plan(draft, &mut set);
    options::plan(draft, &mut set);
    if !set.is_empty() {
        let report = hidden(draft, &set).map(|fields| draft.reporter.hidden_by_cicustom(&fields));
        report.into_iter().for_each(|report| draft.report(report));
        // A running container takes all of it at once (seen on Proxmox VE 9.1).
        if draft.current.power == Part::Given(PowerState::Running) && draft.current.kind == GuestType::Qemu {
            let report = pending(&set).map(|fields| draft.reporter.pending(&fields));
            report.into_iter().for_each(|report| draft.report(report));
        }
        let guest = draft.target.clone();
        draft.step(Action::Configure { guest, set });
    }
    macs
}

/// What a running guest takes only at its next start.
fn pending(set: &Settings) -> Option<String> {
    let hardware = [("vcpus", set.cores.is_some()), ("memory", set.memory.is_some())];
    let hardware = hardware.into_iter().filter(|(_, is)| *is).map(|(field, _)| field);
    named(hardware.chain(of_cloud_init(set).map(|(field, _)| field)))
}

/// What the guest would be told by cloud-init, and is not: `cicustom` gives it a file in place of that part.
fn hidden(draft: &Draft<'_>, set: &Settings) -> Option<String> {
    let in_file = |part: &str| draft.current.cicustom.iter().any(|it| it == part);
    named(of_cloud_init(set).filter(|(_, part)| in_file(part)).map(|(field, _)| field))
}

/// What of a change cloud-init tells the guest, and in which part of its data.
fn of_cloud_init(set: &Settings) -> impl Iterator<Item = (&'static str, &'static str)> {
    let dns = [GuestOption::Nameserver, GuestOption::Searchdomain];
    let changed = [
        ("SSH keys", "user", !set.ssh_keys.is_unknown()),
        ("user", "user", set.options.contains_key(&GuestOption::Ciuser)),
        ("DNS", "network", dns.iter().any(|option| set.options.contains_key(option))),
        ("addresses", "network", set.interfaces.iter().any(InterfaceSettings::changes_addresses)),
    ];
    changed.into_iter().filter(|(.., is)| *is).map(|(field, part, _)| (field, part))
}

fn named<'a>(fields: impl Iterator<Item = &'a str>) -> Option<String> {
    let fields: Vec<&str> = fields.collect();
    (!fields.is_empty()).then(|| fields.join(", "))
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
    draft.gated(Aspect::Vcpus, "vcpus", vcpus, found, |_| set.cores = Some(cores));
}

fn memory(draft: &mut Draft<'_>, set: &mut Settings) {
    let Part::Given(memory) = draft.guest.memory else { return };
    if draft.current.memory == Part::Given(memory) {
        return;
    }
    let found = draft.current.memory.given().map_or_else(|| "not known".to_owned(), |found| mib(*found));
    // Proxmox refuses a memory below the balloon: "balloon value too large" (seen on Proxmox VE 9.1).
    let balloon = draft.current.balloon.given().is_some_and(|balloon| *balloon > memory);
    draft.gated(Aspect::Memory, "memory", mib(memory), found, |_| {
        set.memory = Some(memory);
        set.balloon = balloon.then_some(memory);
    });
}

/// NetBox has no field for a container's swap: it is set when one is made.
fn swap(draft: &Draft<'_>, set: &mut Settings) {
    if draft.creating && draft.current.kind == GuestType::Lxc {
        set.swap = draft.policy.containers.swap.filter(|swap| draft.current.swap != Part::Given(*swap));
    }
}

/// No keys in NetBox leave those of the template; only somebody who cleared them has them removed.
fn ssh_keys(draft: &mut Draft<'_>, set: &mut Settings) {
    if draft.current.kind == GuestType::Lxc && !draft.made_from_volume() {
        return keys_of_container(draft);
    }
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
    if draft.cloud_init("SSH keys", &text) {
        draft.gated(Aspect::SshKeys, "SSH keys", text, found, |_| set.ssh_keys = wanted);
    }
}

/// The keys in a container that exists nobody sees, and Proxmox cannot change them: a person who sets others is told, and
/// whoever has a template cloned that comes with its own.
fn keys_of_container(draft: &mut Draft<'_>) {
    let cloned = draft.creating && matches!(draft.guest.template, Part::Given(Template::Guest(_)));
    if draft.guest.ssh_keys.given().is_some_and(|keys| draft.event.context.keys_at_creation.as_ref() == Some(keys)) {
        return;
    }
    if draft.event.caused(Change::changed_ssh_keys) || (cloned && draft.guest.ssh_keys.given().is_some()) {
        let report = draft.reporter.keys_of_container();
        draft.report(report);
    }
}
